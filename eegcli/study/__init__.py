"""Study design: target, groups of windows, sets, events and segments."""
