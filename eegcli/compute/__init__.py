"""Where and how the work is done: processes, threads, stop signals."""
