"""Worker of `discovery.py`: list the resting recordings of a BIDS tree with one program, a line of JSON per round.

python _discovery_worker.py PROGRAM ROOT TASK ROUNDS
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path


def eegcli(root: Path, task: str) -> int:
    """Ours: every recording, those of one task, each with its row of participants.tsv."""
    from eegcli.bids.participants import columns_for, read_participants
    from eegcli.bids.scan import find_recordings
    from eegcli.settings import Selected

    found = find_recordings(root, Selected(task=(task,)))
    columns_for(read_participants(root), [item.subject for item in found], set())
    return len(found)


def sidecars(root: Path, _: str) -> int:
    """Ours: every sidecar that applies to each recording of the tree, of all tasks."""
    from eegcli.bids.scan import find_recordings
    from eegcli.bids.sidecars import Sidecars

    found = find_recordings(root)
    lookup = Sidecars(found[0].root)
    for item in found:
        lookup.all(item)
    return len(found)


def mne_bids(root: Path, task: str) -> int:
    """The paths of `_events.tsv`: with `.set` files that are not fetched it finds none."""
    from mne_bids import find_matching_paths

    return len(find_matching_paths(root, tasks=task, suffixes="events", extensions=".tsv"))


def pybids(root: Path, task: str, *, index_metadata: bool = True) -> int:
    """The index, then the query."""
    from bids import BIDSLayout, BIDSLayoutIndexer

    layout = BIDSLayout(root, indexer=BIDSLayoutIndexer(validate=False, index_metadata=index_metadata))
    return len(layout.get(task=task, suffix="eeg", extension=".set"))


def pybids_names(root: Path, task: str) -> int:
    """The same without the content of JSON files."""
    return pybids(root, task, index_metadata=False)


PROGRAMS: dict[str, Callable[[Path, str], int]] = {
    function.__name__: function for function in (eegcli, sidecars, mne_bids, pybids, pybids_names)
}


def main() -> None:
    """Measure; what the programs print goes to standard error."""
    program, root, task, rounds = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for _ in range(int(rounds)):
        begun = time.perf_counter()
        found = PROGRAMS[program](Path(root), task)
        print(json.dumps({"seconds": time.perf_counter() - begun, "found": found}), file=answers)


if __name__ == "__main__":
    main()
