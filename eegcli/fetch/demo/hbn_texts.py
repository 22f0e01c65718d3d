"""HBN's sidecars: the structure, codes and HED strings of the public data set, described in our own words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from eegcli.fetch.demo.head import REFERENCE
from eegcli.fetch.demo.paradigm import SFREQ, Course
from eegcli.version import __version__

TASK = "RestingState"
BIDS_VERSION, HED_VERSION = "1.9.0", "8.3.0"

_OPEN_EYES = "A recorded voice asks the participant to open the eyes"

EEG: Mapping[str, Any] = {
    "TaskName": TASK,
    "SamplingFrequency": int(SFREQ),
    "PowerLineFrequency": 60,
    "EEGReference": REFERENCE,
    "RecordingType": "continuous",
    "SoftwareFilters": "n/a",
    "InstitutionName": "none: simulated by eegcli",
    "InstitutionAddress": "n/a",
    "Manufacturer": "Electrical Geodesics (simulated)",
    "ManufacturersModelName": "HydroCel Geodesic Sensor Net 128 (simulated subset of 27 electrodes and Cz)",
    "TaskDescription": "Rest before a fixation cross. A recorded voice asks in turn for open eyes (20 s) and closed eyes (40 s).",
    "Instructions": "Look at the cross. Open or close the eyes when the voice asks for it.",
}

EVENTS: Mapping[str, Any] = {
    "onset": {"LongName": "Onset", "Description": "When the event begins, from the start of the recording.", "Units": "seconds"},
    "duration": {"Description": "Not given (n/a): an event lasts until the next one.", "Units": "seconds"},
    "sample": {"Description": "When the event begins, in samples from the start of the recording."},
    "value": {
        "Description": "Name of the event.",
        # The public sidecars describe both cues by the same words: kept, since readers must go by name or by HED.
        "Levels": {
            "instructed_toOpenEyes": _OPEN_EYES,
            "instructed_toCloseEyes": _OPEN_EYES,
            "resting_start": "The resting-state recording begins",
        },
        "HED": {
            "instructed_toOpenEyes": "Sensory-event, Instructional, Cue, (Auditory-presentation, Loudspeaker, ((Human-agent, Female), (Speak, (Sentence, Label/now-open-your-eyes))))",
            "instructed_toCloseEyes": "Sensory-event, Instructional, Cue, (Auditory-presentation, Loudspeaker, ((Human-agent, Female), (Speak, (Sentence, Label/now-close-your-eyes))))",
            "resting_start": "(Def/resting-start, Onset)",
        },
    },
    "event_code": {
        "Description": "The code that the recorder stored for the event.",
        "Levels": {"20": _OPEN_EYES, "30": _OPEN_EYES, "90": "The resting-state recording begins"},
    },
    "hed_definitions": {
        "Description": "What the HED strings above refer to.",
        "HED": {
            "resting_state_def": "(Definition/resting-start, ((Visual-presentation, (Foreground-view, (Black, Cross), (Center-of, Computer-screen)), (Background-view, White)), Recording))"
        },
    },
}

ABOUT = """\
# Simulated resting-state EEG in the form of the Healthy Brain Network

No person was recorded. `eegcli fetch demo` computed these signals from dipoles in a spherical head, with the layout, events, sidecars
and participant columns of the HBN-EEG data sets (OpenNeuro ds005505 and its sisters), so that a pipeline can be learnt and tested here.
"""
README = (
    ABOUT
    + """
Males have more 6-8 Hz power over frontal and more 9-11 Hz power over posterior electrodes than females. This is planted:
`demo-truth.json` says how much, where and in whom. Nothing else depends on sex, and no questionnaire score depends on the signals.
"""
)

CHANGES = f"{__version__}\n  - Simulated by eegcli {__version__}\n"

DESCRIPTION: Mapping[str, Any] = {
    "Name": "eegcli demo: simulated HBN resting state",
    "BIDSVersion": BIDS_VERSION,
    "HEDVersion": HED_VERSION,
    "DatasetType": "raw",
    "License": "CC0",
    "Authors": ["eegcli"],
    "HowToAcknowledge": "Simulated data; cite HBN-EEG (https://doi.org/10.1101/2024.10.03.615261) for the form they imitate.",
    "GeneratedBy": [{"Name": "eegcli", "Version": __version__, "Description": "fetch demo"}],
}


def as_json(value: Mapping[str, Any]) -> bytes:
    """A sidecar's bytes; keys stay in the order they are written in."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def recording_json(n_times: int, n_channels: int) -> bytes:
    """The sidecar of one recording."""
    return as_json(
        {
            "PowerLineFrequency": 60,
            "TaskName": TASK,
            "EEGChannelCount": n_channels,
            "EEGReference": REFERENCE,
            "RecordingType": "continuous",
            "RecordingDuration": round(n_times / SFREQ, 3),
            "SamplingFrequency": int(SFREQ),
            "SoftwareFilters": "n/a",
        }
    )


def channels_tsv(ch_names: Sequence[str]) -> bytes:
    """The channels of one recording: names, types, units."""
    return ("name\ttype\tunits\n" + "".join(f"{name}\tEEG\tuV\n" for name in ch_names)).encode()


def events_tsv(course: Course) -> bytes:
    """The events of one recording; HBN gives no durations."""
    rows = [f"{round(event.sample / SFREQ, 4):.10g}\tn/a\t{event.sample:.10g}\t{event.value}\t{event.code}\n" for event in course.events]
    return ("onset\tduration\tsample\tvalue\tevent_code\n" + "".join(rows)).encode()
