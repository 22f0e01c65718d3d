"""What makes a channel bad: each criterion a pure function on arrays, in a file of its name."""
