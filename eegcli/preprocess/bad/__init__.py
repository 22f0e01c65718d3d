"""Bad-channel criteria: each a pure function on arrays, in a file of its name."""
