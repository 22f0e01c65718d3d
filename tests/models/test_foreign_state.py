"""State of a network of one's own that training changes: it is stored with the weights, or the network is refused."""

from __future__ import annotations

import pytest

from eegcli.errors import InputError
from tests.models.test_foreign import LINEAR, module, probed

HIDDEN = "return self.layer(x.mean(-1) - self.mean)"
FOLLOWED = f"self.mean = self.mean + 0.1 * (x.detach().mean((0, 2)) - self.mean) if self.training else self.mean; {HIDDEN}"


@pytest.mark.parametrize(
    ("init", "forward", "said"),
    [
        ("self.register_buffer('mean', torch.zeros(n_chans), persistent=False)", FOLLOWED, "when a training is read again"),
        ("self.mean = torch.zeros(n_chans)", FOLLOWED, "when a training is read again"),
        (
            "self.mean = 0.0",
            f"import numpy; self.mean = float(numpy.random.randn()) if self.training else 0.0; {HIDDEN}",
            "when a training goes on",
        ),
        (
            "self.mean = 0.0; self.n = 0",
            f"self.n += self.training; self.mean = self.n if self.training else 0.0; {HIDDEN}",
            "when a training goes on",
        ),
        (
            "self.n = 0",
            "self.n += self.training; return self.layer(x.mean(-1)) * (1 if self.training else 1 + self.n)",
            "when a training is read again",
        ),
        ("self.mean = 0.0", f"self.training and self.register_buffer('n', torch.zeros(1)); {HIDDEN}", "stores other weights"),
    ],
)
def test_what_training_keeps_beside_the_stored_weights_is_refused(tmp_path, init, forward, said):
    """The run that is read would be another network than the one whose validation figures it holds, without a word."""
    with pytest.raises(InputError, match=said):
        probed(tmp_path, module(f"{LINEAR}; {init}", forward))


def test_running_statistics_that_are_stored_and_masks_of_torch_are_no_such_thing(tmp_path):
    init = f"{LINEAR}; self.register_buffer('mean', torch.zeros(n_chans)); self.norm = nn.BatchNorm1d(n_chans); self.drop = nn.Dropout(0.5)"
    assert probed(tmp_path, module(init, FOLLOWED.replace("x.mean(-1)", "self.drop(self.norm(x.mean(-1)))"))) == []


@pytest.mark.parametrize(
    "init",
    [
        LINEAR + "; self.norm = nn.BatchNorm1d(n_chans)",
        LINEAR + "; self.norm = nn.Dropout(0.5)",
        LINEAR + "; self.norm = nn.utils.parametrizations.spectral_norm(nn.Linear(n_chans, n_chans))",
    ],
    ids=["batch norm", "dropout", "spectral norm"],
)
def test_what_torch_itself_keeps_from_batch_to_batch_is_stored(tmp_path, init):
    assert probed(tmp_path, module(init, "return self.layer(self.norm(x.mean(-1)))")) == []
