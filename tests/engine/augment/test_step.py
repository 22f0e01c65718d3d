"""Augmentations as they are named: every text is read to options that are checked, and written again."""

from __future__ import annotations

import pytest

from eegcli.engine.augment.definition import Cut
from eegcli.engine.augment.step import options_of, read, require
from eegcli.errors import UsageError
from eegcli.registry import AUGMENTATIONS, REPRESENTATIONS, load


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_entry_has_a_source_known_representations_and_a_range_for_each_option(name):
    entry = AUGMENTATIONS[name]
    assert entry.summary and entry.source
    assert set(entry.representations) <= set(REPRESENTATIONS)
    assert set(load(entry.path).ranges) == set(options_of(name))
    for option, value in options_of(name).items():
        assert read([f"{name}:{option}={value}"]) == read([name]), "the default lies in its range"


def test_a_text_is_written_with_all_its_options_and_read_again():
    [step] = read([" noise : p=0.25 "])
    assert str(step) == "noise:sd=0.1,p=0.25"
    assert read([str(step)]) == (step,)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["nois"], "no augmentation is named 'nois'"),
        (["noise:sigma=1"], "--augment noise: there is no option 'sigma'"),
        (["noise:sfreq=1"], "--augment noise: there is no option 'sfreq'"),
        (["noise:sd"], "--augment noise: sd= is no number"),
        (["noise:sd=loud"], "--augment noise: sd=loud is no number"),
        (["noise:sd=0"], "--augment noise: sd must be above 0, not 0"),
        (["noise:sd=nan"], "--augment noise: sd must be above 0, not nan"),
        (["noise:sd=inf"], "--augment noise: sd must be above 0, not inf"),
        (["noise:p=1.5"], "--augment noise: p must be above 0 and at most 1, not 1.5"),
        (["mixup:alpha=-1"], "--augment mixup: alpha must be above 0, not -1"),
        (["noise", "mixup", "noise:sd=1"], "--augment noise: named twice"),
    ],
)
def test_what_cannot_be_read_is_refused(texts, message):
    with pytest.raises(UsageError, match=message):
        read(texts)


@pytest.mark.parametrize(
    ("text", "representation", "message"),
    [
        ("time-shift", "topomap", "--augment time-shift: shifts a window in time.* makes no sense for windows of topomap"),
        ("band-stop", "bands", "makes no sense for windows of bands"),
        ("channel-dropout", "bands", "makes no sense for windows of bands"),
        ("noise", "topomap", "makes no sense for windows of topomap"),
        ("time-shift:seconds=2", "raw", "a shift of 2 s leaves nothing of windows of 2 s"),
        ("time-shift:seconds=0.001", "raw", "0.001 s is less than a sample"),
        ("band-stop:width=64", "raw", "a band of 64 Hz leaves nothing of 64 Hz"),
        ("band-stop:width=0.2", "raw", "windows of 2 s tell frequencies apart by 0.5 Hz"),
        ("amplitude:low=3", "raw", "low 3 is not below high 2"),
    ],
)
def test_what_makes_no_sense_for_the_windows_is_refused(text, representation, message):
    with pytest.raises(UsageError, match=message):
        require(read([text]), representation, Cut(128.0, 256))


def test_mixup_is_for_all_windows_there_are():
    for representation in REPRESENTATIONS:
        require(read(["mixup"]), representation, Cut(128.0, 256))
