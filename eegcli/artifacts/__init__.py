"""Artifacts: HDF5 for signals, Parquet for tables, JSON for settings; the only importers of h5py and pyarrow."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
