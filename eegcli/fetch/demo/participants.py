"""HBN's participants.tsv and its sidecar for the simulated cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eegcli.fetch.demo.cohort import Person
from eegcli.fetch.demo.hbn_texts import TASK, as_json

SCORES = ("p_factor", "attention", "internalizing", "externalizing")
TASKS = (
    TASK,
    "DespicableMe",
    "FunwithFractals",
    "ThePresent",
    "DiaryOfAWimpyKid",
    "contrastChangeDetection_1",
    "contrastChangeDetection_2",
    "contrastChangeDetection_3",
    "surroundSupp_1",
    "surroundSupp_2",
    "seqLearning6target",
    "seqLearning8target",
    "symbolSearch",
)
COLUMNS = ("participant_id", "release_number", "sex", "age", "ehq_total", "commercial_use", "full_pheno", *SCORES, *TASKS)
RIGHT_HANDED_SHARE = 0.88  # of the participants of HBN's first release with a handedness score
MISSING_SHARE = 0.03

_MEANINGS: Mapping[str, Mapping[str, Any]] = {
    "participant_id": {"Description": "Simulated participant"},
    "release_number": {"Description": "Release that the participant belongs to"},
    "sex": {"LongName": "Sex", "Description": "Sex", "Levels": {"F": "Female", "M": "Male"}},
    "age": {"LongName": "Age", "Description": "Age", "Units": "years"},
    "ehq_total": {"LongName": "Handedness", "Description": "Edinburgh Handedness Questionnaire, from -100 (left) to +100 (right)"},
    "commercial_use": {"Description": "May the data be used commercially?", "Levels": {"Yes": "They may", "No": "They may not"}},
    "full_pheno": {"Description": "Is there a complete phenotypic record?"},
    "p_factor": {"Description": "General factor of psychopathology; here random, related to nothing"},
    "attention": {"Description": "Attention problems; here random, related to nothing"},
    "internalizing": {"Description": "Internalizing problems; here random, related to nothing"},
    "externalizing": {"Description": "Externalizing problems; here random, related to nothing"},
    **{task: {"Description": f"Availability of the task {task}"} for task in TASKS},
}


def participants_json() -> bytes:
    """Describe the columns of participants.tsv."""
    return as_json(_MEANINGS)


def participants_tsv(people: Sequence[Person], *, seed: int) -> bytes:
    """A row for every person but the one that the fault `unlisted` leaves out, in the order of their labels."""
    listed = sorted((person for person in people if person.fault != "unlisted"), key=lambda person: person.label)
    lines = ["\t".join(COLUMNS), *("\t".join(_row(person, seed)) for person in listed)]
    return ("\n".join(lines) + "\n").encode()


def _row(person: Person, seed: int) -> list[str]:
    rng = np.random.default_rng([seed, 5, person.index])
    right_handed, handedness = rng.random() < RIGHT_HANDED_SHARE, rng.beta(4, 1)
    scores = np.clip(rng.normal(0, 0.85, len(SCORES)), -2.4, 2.4)
    full, missing = rng.random() > 0.04, rng.random() < MISSING_SHARE
    ehq = round(float(100.05 * handedness if right_handed else -100.05 * handedness), 2)
    return [
        f"sub-{person.label}",
        "demo",
        person.sex,
        f"{person.age:g}",
        f"{ehq:g}",
        "Yes",
        "Yes" if full else "No",
        *("n/a" if missing else f"{score:.3f}" for score in scores),
        "available",
        *["unavailable"] * (len(TASKS) - 1),
    ]
