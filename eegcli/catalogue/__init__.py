"""Facts on public data sets: releases, known-bad recordings, quirks; each a table with a source in every row."""
