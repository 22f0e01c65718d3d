"""Parallel work: processes, threads, executors, shards, stop signals; no torch."""
