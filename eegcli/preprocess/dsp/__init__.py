"""Array mathematics of preprocessing: FIR filters, splines, medians."""
