"""Names by which arrays of labels, subjects, channels and rates are known in files, in any case."""

from __future__ import annotations

LABEL_NAMES = ("y", "label", "labels", "target", "targets", "class", "classes", "y_true")
SUBJECT_NAMES = ("subject", "subjects", "subject_id", "subject_ids", "participant", "participants", "participant_id")
SET_NAMES = ("split", "set")
TRIAL_NAMES = ("trial", "trials", "trial_id", "epoch", "epochs")
CHANNEL_NAMES = ("ch_names", "channels", "channel_names", "chan_names", "chanlabels", "electrodes")
RATE_NAMES = ("sfreq", "fs", "srate", "sampling_rate", "sample_rate", "sampling_frequency")
