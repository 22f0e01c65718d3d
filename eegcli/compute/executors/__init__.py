"""Who does the work: processes here, a dask cluster, or jobs of Slurm."""
