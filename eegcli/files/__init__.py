"""Files on disk: atomic writing, digests, scratch folders, leases and TSV tables."""
