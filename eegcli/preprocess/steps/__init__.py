"""The steps of preprocessing: each a pure function on a Signal, in a file of its name."""
