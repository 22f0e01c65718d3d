"""Explanation of a run: the answers of all of its networks together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eegcli.artifacts.explanation import MICROVOLT, Explanation
from eegcli.explain.answers import Answers, Asked
from eegcli.explain.pooling import pooled
from eegcli.registry import EXPLANATION_KINDS, EXPLANATIONS, load
from eegcli.study.alignment import MEANS

WHITENED = "SD"  # unit of windows that are aligned by subject: one standard deviation


def explanation_of(names: Sequence[str], answers: Sequence[Answers], asked: Asked, *, failed: frozenset[str]) -> Explanation:
    """Put the answers together.

    Parameters
    ----------
    names : sequence of str
        Methods.
    answers : sequence of Answers
        Of every network.
    asked : Asked
        What they were asked.
    failed : frozenset of str
        Methods that failed a control.
    """
    windows, taken = asked.windows, asked.run.networks[0].description
    chosen = [one.chosen for one in answers]
    n_before = np.cumsum([0, *(len(one.rows) for one in chosen)])[:-1].tolist()
    unit = WHITENED if taken.align in MEANS else MICROVOLT if windows.units == "uV" else windows.units
    methods = {}
    for name in names:
        kind = load(EXPLANATION_KINDS[EXPLANATIONS[name].kind].path)
        methods[name] = pooled(kind, [one.results[name] for one in answers], n_before)
    return Explanation(
        classes=chosen[0].classes,
        ch_names=windows.ch_names,
        sfreq=windows.sfreq,
        freqs=asked.freqs,
        window=np.concatenate([one.rows for one in chosen]),
        class_index=np.concatenate([one.class_index for one in chosen]),
        input_spectrum=np.mean([one.input_spectrum for one in answers], axis=0),
        methods=methods,
        units={name: EXPLANATIONS[name].units.replace(MICROVOLT, unit) for name in names},
        input_units=unit,
        network=np.repeat(np.arange(len(chosen)), [len(one.rows) for one in chosen]),
        subject=np.concatenate([one.subject for one in chosen]),
        failed=failed,
        axes=taken.axes,
        band_names=tuple(band.partition("=")[0] for band in windows.bands),
    )
