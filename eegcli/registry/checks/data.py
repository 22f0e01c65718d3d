"""Checks of the windows themselves: what makes others unreadable stands first."""

from eegcli.registry.checks.entry import DATA, CheckEntry

CHECKS_OF_DATA: dict[str, CheckEntry] = {
    "finite-values": CheckEntry("eegcli.checks.data.values:finite", ("recorded",), "a value that is NaN or infinite", DATA),
    "missing-codes": CheckEntry(
        "eegcli.checks.data.values:missing_codes", ("recorded",), "a value that stands for what was not recorded: -9999, 32767", DATA
    ),
    "axes": CheckEntry(
        "eegcli.checks.data.axes:axes", ("recorded",), "channels, samples and windows in one another's place", DATA, quick=True
    ),
    "dead-windows": CheckEntry(
        "eegcli.checks.data.gaps:dead_windows", ("recorded",), "windows in which no channel changes", DATA, quick=True
    ),
    "padding": CheckEntry(
        "eegcli.checks.data.gaps:padding",
        ("recorded",),
        "stretches within windows in which no channel changes: zeros, a last value repeated",
        DATA,
    ),
    "repeated-windows": CheckEntry("eegcli.checks.data.windows:repeated_windows", ("recorded",), "windows that are copies of others", DATA),
    "scale": CheckEntry("eegcli.checks.data.scale:scale", ("recorded",), "values that are no microvolts of scalp EEG", DATA, quick=True),
    "scale-of-recordings": CheckEntry(
        "eegcli.checks.data.scale:scale_of_recordings", ("recorded",), "recordings in another unit, or of another gain", DATA, quick=True
    ),
    "scale-of-channels": CheckEntry(
        "eegcli.checks.data.scale:scale_of_channels", ("recorded",), "electrodes in another unit, or of another gain", DATA, quick=True
    ),
    "offset": CheckEntry(
        "eegcli.checks.data.offset:offset", ("recorded",), "a constant or a slow drift that is larger than the signal", DATA
    ),
    "clipping": CheckEntry("eegcli.checks.data.values:clipping", ("recorded",), "samples at one highest or lowest value", DATA),
    "quantisation": CheckEntry(
        "eegcli.checks.data.values:quantisation", ("recorded",), "values in steps that are not small beside the signal", DATA
    ),
    "not-eeg": CheckEntry(
        "eegcli.checks.data.inputs:not_eeg",
        ("recorded",),
        "a trigger, ECG, EMG, EOG or counter among EEG channels, by values and names",
        DATA,
    ),
    "flat-channels": CheckEntry(
        "eegcli.checks.data.channels:flat_channels",
        ("recorded",),
        "channels without a signal: electrodes that were off, the reference left in",
        DATA,
        quick=True,
    ),
    "copied-channels": CheckEntry(
        "eegcli.checks.data.channels:copied_channels", ("recorded",), "channels that are the same as another, or its mirror image", DATA
    ),
    "channel-order": CheckEntry(
        "eegcli.checks.data.order:channel_order", ("recorded",), "recordings whose channels stand in another order than the cohort's", DATA
    ),
    "reference": CheckEntry(
        "eegcli.checks.data.channels:reference", ("recorded",), "recordings with another reference than the others", DATA
    ),
    "polarity": CheckEntry(
        "eegcli.checks.data.order:polarity", ("recorded",), "channels that are negated, in some recordings or in all", DATA
    ),
    "rank": CheckEntry(
        "eegcli.checks.data.channels:rank", ("recorded",), "channels that are sums of others: interpolated, components removed", DATA
    ),
    "line-noise": CheckEntry("eegcli.checks.data.spectrum:line_noise", ("recorded",), "mains that were left in", DATA),
    "sampling-rate": CheckEntry(
        "eegcli.checks.data.spectrum:sampling_rate",
        ("recorded",),
        "rhythms and mains at the wrong place: a rate that is stated wrongly",
        DATA,
    ),
    "band": CheckEntry(
        "eegcli.checks.data.spectrum:band", ("recorded",), "hardly any power where EEG has its rhythms: a filter that took them", DATA
    ),
    "outliers": CheckEntry("eegcli.checks.data.scale:outliers", ("recorded",), "windows many times as loud as their recording", DATA),
    "few-windows": CheckEntry("eegcli.checks.data.windows:few_windows", ("recorded",), "very few windows", DATA),
    "window-length": CheckEntry(
        "eegcli.checks.data.windows:short_windows", ("recorded",), "windows shorter than the rhythms of EEG", DATA, quick=True
    ),
    "overlap": CheckEntry("eegcli.checks.data.windows:overlap", ("recorded",), "windows that share most of their samples", DATA),
    "changed-windows": CheckEntry(
        "eegcli.checks.data.windows:changed_windows", ("recorded",), "windows that are not what their hashes say", DATA
    ),
}
