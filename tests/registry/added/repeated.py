"""A check that is added by a test: windows that occur more than once, in whichever set."""

from __future__ import annotations

import numpy as np

from eegcli.checks.finding import Evidence, Finding


def repeated(evidence: Evidence) -> Finding:
    hashes = evidence.windows["content_hash"].astype(str)
    count = len(hashes) - len(np.unique(hashes))
    return Finding("repeated windows", "suspect" if count else "ok", count, why="they count twice", hint="Cut the windows again.")
