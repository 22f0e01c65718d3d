"""The training engine: feed, objective, loop, checkpoint, inference, device and cost; no artifact is written here."""
