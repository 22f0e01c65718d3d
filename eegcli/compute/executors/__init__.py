"""Executors: processes on this machine, a dask cluster, or Slurm jobs."""
