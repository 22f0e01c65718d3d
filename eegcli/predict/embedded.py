"""Embeddings of predicted windows: tables per window and subject, and a figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from eegcli.artifacts.embeddings import COLUMN, EMBEDDINGS, FIGURE, OF_SUBJECTS, means_of, subject_rows
from eegcli.artifacts.fitted_windows import Fittable
from eegcli.artifacts.run import Run
from eegcli.artifacts.table import concatenate, write_table, writing_table
from eegcli.engine.aligned import aligned, recentred_by
from eegcli.engine.embedding import embed
from eegcli.engine.embedding_figure import draw_embeddings
from eegcli.errors import counted
from eegcli.predict.seen import SeenWindows, seen_by
from eegcli.predict.tables import SEEN
from eegcli.predict.voters import Voters
from eegcli.reporter import Reporter
from eegcli.stats.components import principal_components
from eegcli.stats.votes import Ballot
from eegcli.study.outputs import DESCRIBING


def write_embeddings(
    output: Path,
    run: Run,
    windows: Fittable,
    voters: Voters,
    ballot: Ballot,
    seen: SeenWindows,
    *,
    device: torch.device,
    reporter: Reporter,
) -> None:
    """Write the vectors before the last layer of each network, and draw those of the first.

    Parameters
    ----------
    output : Path
        Folder of the predictions.
    run : Run
    windows : Windows, RemoteWindows or FittedWindows
        As the run takes them.
    voters : Voters
    ballot : Ballot
        Votes of all networks together: by them points are coloured.
    seen : SeenWindows
    device : torch.device
    reporter : Reporter

    Raises
    ------
    InputError
        If a network does not end with a linear layer.
    """
    how = run.networks[0].description.align
    x, moved = aligned(windows, how, run.people), recentred_by(windows, how, run.people)
    rows = np.arange(len(windows))
    described = {name: windows.table[name] for name in DESCRIBING if name in windows.table}
    persons = voters.people.number(windows.table)
    of_subjects = []
    with writing_table(output / EMBEDDINGS) as append:
        for number, network in enumerate(run):
            vectors = embed(network.model(), x, rows, device=device, reporter=reporter, subject=moved)
            which = {"fold": np.full(len(rows), network.fold), "seed": np.full(len(rows), network.seed)}
            flags = {SEEN: seen_by([run], [windows], [network.fold]).column(len(rows))}
            append({**described, "window": rows, **which, **flags, COLUMN: vectors})
            if voters.persons_known:
                kept = {name: described[name] for name in ("dataset", "subject")}
                of_subjects.append(subject_rows({**kept, **which, **flags}, vectors, persons))
            if not number:
                _, members = np.unique(voters.number, return_inverse=True)
                points = means_of(vectors, members, len(ballot.first))
                values = ballot.mean[:, 0] if run.kind == "regression" else ballot.vote.astype(float)
                draw_embeddings(
                    output / FIGURE,
                    principal_components(vectors),
                    points,
                    values,
                    classes=run.classes,
                    faint=np.zeros(len(points), dtype=bool),
                    name=f"predicted {run.target}",
                    title=_title(run, voters, len(points)),
                )
    if of_subjects:
        write_table(output / OF_SUBJECTS, concatenate(of_subjects))


def _title(run: Run, voters: Voters, n: int) -> str:
    which = " (the first network)" if len(run.networks) > 1 else ""
    notes = [note for note in (run.caveat, run.metrics["control"]) if note]
    what = f"{run.metrics['arch']} on {run.target}{which}: mean vector before the last layer of {counted(n, voters.unit)}"
    return "; ".join([what, "components of these very windows, without labels", *notes])
