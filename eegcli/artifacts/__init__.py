"""Artifacts: HDF5 for signals, Parquet for tables, JSON for settings; the only importers of h5py and pyarrow."""
