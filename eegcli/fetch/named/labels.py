"""Labels of BIDS made of what names say: one stated rule, and a refusal where two texts would become one label."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from eegcli.errors import InputError, listed
from eegcli.reporter import Reporter
from eegcli.study.plain_label import plain_label

RULE = "letters and digits are kept, accents and all other characters dropped"
WORDS = {"sub": "subject", "ses": "session", "task": "task", "acq": "acquisition", "run": "run"}
_SHOWN = 5


def label_of(entity: str, text: str) -> str:
    """Make a label of a text: without its prefix (``sub-``), and of letters and digits alone, as BIDS wants it.

    Raises
    ------
    InputError
        If nothing is left, or a run is no number.
    """
    plain = unicodedata.normalize("NFKD", text.removeprefix(f"{entity}-"))
    label = re.sub(r"[^A-Za-z0-9]", "", plain)
    if not label:
        raise InputError(f"the {WORDS[entity]} {text!r} has no letter and no digit", hint="BIDS labels are letters and digits.")
    if entity == "run" and not label.isdigit():
        raise InputError(f"the run {text!r} is no number, which BIDS wants it to be", hint="Call it {acq} or {task} in the pattern.")
    return label


def check_labels(entity: str, texts: Iterable[str], reporter: Reporter) -> None:
    """Check that different texts become different labels, and say which were changed.

    Raises
    ------
    InputError
        If two become one, or differ in capital letters alone, which some disks do not tell apart.
    """
    distinct = sorted(set(texts))
    labels: dict[str, list[str]] = defaultdict(list)
    for text in distinct:
        labels[label_of(entity, text).lower()].append(text)
    word = WORDS[entity]
    for both in labels.values():
        if len(both) > 1:
            raise InputError(
                f"the {word}s {' and '.join(map(repr, both))} would both become {entity}-{label_of(entity, both[0])}",
                hint=f"Of a label {RULE}; rename the files so that these differ.",
            )
    changed = [f"{text!r} becomes {label}" for text in distinct if (label := label_of(entity, text)) != text.removeprefix(f"{entity}-")]
    if changed:
        reporter.warn(
            f"{len(changed)} {word} labels are changed, since BIDS has letters and digits only ({RULE}): {listed(changed, _SHOWN)}"
        )
    alike: dict[str, list[str]] = defaultdict(list)
    for text in distinct:
        alike[plain_label(label_of(entity, text))].append(text)
    for both in alike.values():
        if len(both) > 1:
            reporter.warn(f"the {word}s {' and '.join(both)} differ in zeros alone and are taken for different ones")
