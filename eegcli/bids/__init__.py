"""BIDS: recordings, participants, channels, events, sidecars; the only importer of mne-bids."""
