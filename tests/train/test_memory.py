"""Memory of a training: what runs out names what fits, and ``--batch-size auto`` finds it."""

from __future__ import annotations

import pytest
import torch

from eegcli.engine.update import Update
from eegcli.errors import UnavailableError, UsageError
from eegcli.files.atomic import read_json
from eegcli.settings import TrainSettings
from eegcli.train import batch_size
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import contents, run

FITS = 9  # windows


@pytest.fixture
def small_memory(monkeypatch):
    """Memory of a device in which batches of more than nine windows do not fit."""
    step = Update.step

    def limited(self, batch, number):
        if len(batch) > FITS:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return step(self, batch, number)

    monkeypatch.setattr(Update, "step", limited)


@pytest.mark.usefixtures("small_memory")
def test_out_of_memory_names_the_batch_size_that_fits(make_windows):
    with pytest.raises(UnavailableError, match="cpu: out of memory with 64 windows in a batch") as error:
        run(make_windows(), arch="eegnet", batch_size=64)
    assert "--batch-size 8 fits" in error.value.hint
    assert error.value.exit_code == 6


@pytest.mark.usefixtures("small_memory")
def test_a_batch_size_that_is_found_is_stored_as_a_number_and_used_again(make_windows, monkeypatch):
    windows, heard = make_windows(), CapturingReporter()
    found = run(windows, arch="eegnet", batch_size="auto", reporter=heard)
    assert "--batch-size auto: 8" in heard.messages
    assert read_json(found.output / "settings.json")["settings"]["batch_size"] == 8
    assert read_json(found.output / "metrics.json")["training"]["batch_size"] == 8
    assert contents(found.output) == contents(run(windows, "named", arch="eegnet", batch_size=8).output)
    monkeypatch.undo()  # now all would fit
    heard = CapturingReporter()
    run(windows, arch="eegnet", batch_size="auto", reporter=heard)
    assert any("finished; nothing to do" in message for message in heard.messages)


def test_where_all_fits_auto_is_the_architectures_own(make_windows):
    metrics = read_json(run(make_windows(), arch="eegnet", batch_size="auto").output / "metrics.json")
    assert metrics["training"]["batch_size"] == 64


def test_on_a_cpu_a_size_is_not_tried_whose_expected_memory_is_not_free(make_windows, monkeypatch):
    monkeypatch.setattr(batch_size, "free_memory", lambda: 3_000_000)
    monkeypatch.setattr(batch_size, "expected_bytes", lambda *_, hyper, **__: 100_000 * hyper.batch_size)
    metrics = read_json(run(make_windows(), arch="eegnet", batch_size="auto").output / "metrics.json")
    assert metrics["training"]["batch_size"] == 16


def test_where_not_one_window_fits_it_says_so(make_windows, monkeypatch):
    def step(self, batch, number):
        raise MemoryError

    monkeypatch.setattr(Update, "step", step)
    with pytest.raises(UnavailableError, match="out of memory with 1 window in a batch") as error:
        run(make_windows(), arch="eegnet", batch_size="auto")
    assert "Not even one window fits" in error.value.hint


def test_other_errors_are_no_lack_of_memory(make_windows, monkeypatch):
    def step(self, batch, number):
        raise RuntimeError("sizes do not match")

    monkeypatch.setattr(Update, "step", step)
    with pytest.raises(RuntimeError, match="sizes do not match"):
        run(make_windows(), arch="eegnet")


def test_a_closed_form_has_no_batches(make_windows):
    heard = CapturingReporter()
    run(make_windows(), arch="logistic", batch_size="auto", reporter=heard)
    assert any("--batch-size is not used" in message for message in heard.messages)


@pytest.mark.parametrize("text", ["0", "-3", "half", "1.5"])
def test_what_is_no_batch_size_is_refused(text):
    from eegcli.settings.parse import batch_size

    with pytest.raises((ValueError, UsageError)):
        batch_size(text)
    assert batch_size("auto") == "auto"
    assert TrainSettings(batch_size=batch_size("12")).batch_size == 12
