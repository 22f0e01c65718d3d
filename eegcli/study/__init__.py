"""What a study is about: target, groups of windows, sets, events and segments."""
