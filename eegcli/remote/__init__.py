"""Files that lie elsewhere: where they are, which there are, and how they come here whole. The only importer of network libraries."""
