"""Coverage of the intervals over simulated cohorts; made by benchmarks/coverage.py --table, read by stats/intervals/measured.py."""

N_COHORTS = 0
CELLS: dict[str, tuple[tuple[int, str, tuple[float, ...], float], ...]] = {}
CROSS_VALIDATED: dict[str, tuple[tuple[int, float, float], ...]] = {}
