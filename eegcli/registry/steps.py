"""Table of preprocessing steps."""

from __future__ import annotations

STEPS: dict[str, str] = {
    "remove-baseline": "eegcli.preprocess.steps.remove_baseline:remove_baseline",
    "drop-channels": "eegcli.preprocess.steps.drop_channels:drop_channels",
    "recover-reference": "eegcli.preprocess.steps.recover_reference:recover_reference",
    "crop": "eegcli.preprocess.steps.crop:crop",
    "filter": "eegcli.preprocess.steps.filter:filter",
    "resample": "eegcli.preprocess.steps.resample:resample",
    "remove-drifts": "eegcli.preprocess.steps.remove_drifts:remove_drifts",
    "asr": "eegcli.preprocess.steps.asr:asr",
    "reference": "eegcli.preprocess.steps.reference:reference",
    "bad-channels": "eegcli.preprocess.steps.bad_channels:bad_channels",
    "interpolate": "eegcli.preprocess.steps.interpolate:interpolate",
    "keep-segments": "eegcli.preprocess.steps.keep_segments:keep_segments",
    "pick": "eegcli.preprocess.steps.pick:pick",
}
