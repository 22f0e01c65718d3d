"""Statistics over windows and subjects: metrics, intervals, votes, spectra."""
