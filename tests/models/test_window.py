"""Windows that are too small: the message names the smallest that fits, and `--fit-window` shortens kernels and pools by its rule."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from eegcli import registry
from eegcli.errors import InputError
from eegcli.models import build, fitted_options, resolved_options
from eegcli.models.checks import cases
from eegcli.models.window import smallest_window

LIMITED = [
    ("deap-cnn", "stats99", {"n_chans": 2, "n_features": 2}),
    ("vgg", "raw", {"n_chans": 8, "n_times": 8}),
    ("vgg", "topomap", {"n_bands": 1, "height": 8, "width": 8}),
    ("vgg", "fft", {"n_chans": 8, "n_bins": 8}),
    ("scnn", "raw", {"n_chans": 18, "n_times": 110}),
    ("scnn", "fft", {"n_chans": 18, "n_bins": 110}),
    ("eegnet", "raw", {"n_chans": 1, "n_times": 27}),
    ("eegnet-lab", "raw", {"n_chans": 1, "n_times": 32}),
    ("deepconvnet", "raw", {"n_chans": 1, "n_times": 76}),
    ("shallow", "raw", {"n_chans": 1, "n_times": 99}),
    ("ctnet", "raw", {"n_chans": 1, "n_times": 64}),
    ("deap-cnn", "raw", {"n_chans": 2, "n_times": 2}),
    ("deap-cnn", "stats99", {"n_chans": 2, "n_features": 2}),
    ("conv1d-ecg", "raw", {"n_chans": 1, "n_times": 1402}),
    ("lasagne-cnn", "raw", {"n_chans": 1, "n_times": 2}),
    ("cnn-lstm", "raw", {"n_chans": 1, "n_times": 28}),
]
IDS = [f"{name}-{representation}" for name, representation, _ in LIMITED]
WORDS = {"n_chans": "channels", "n_times": "samples", "n_bins": "bins", "n_bands": "bands", "n_features": "features"}


def make(name: str, representation: str, sizes: dict[str, int], **options) -> nn.Module:
    with torch.device("meta"):
        return build(name, representation=representation, n_outputs=1, sfreq=128.0, **sizes, **options)


def in_words(sizes: dict[str, int]) -> str:
    return (
        " x ".join(f"{size} {WORDS.get(axis, axis)}" for axis, size in sizes.items())
        .replace("1 channels", "1 channel")
        .replace("1 bands", "1 band")
    )


@pytest.mark.parametrize(("name", "representation", "smallest"), LIMITED, ids=IDS)
def test_the_smallest_window_fits_and_one_less_is_refused_with_its_name(name, representation, smallest):
    make(name, representation, smallest)
    for axis, size in smallest.items():
        if size == 1:
            continue
        sizes = {other: 300 if other.startswith("n_chans") else 2000 for other in smallest} | {axis: size - 1}
        with pytest.raises(InputError) as error:
            make(name, representation, sizes)
        assert error.value.message.endswith(f"; the smallest that fits is {in_words(smallest)}")
        assert "--fit-window" in error.value.hint and "--length" in error.value.hint


def test_every_network_that_has_lengths_is_among_those_whose_smallest_window_is_tested():
    limited = {(name, representation) for name, representation, _ in LIMITED} | {("scnn", "topomap")}
    for case in cases(registry.MODELS):
        entry = registry.MODELS[case.name]
        if entry.lengths:
            assert (case.name, case.representation) in limited


def test_where_axes_depend_on_each_other_one_that_grows_is_named():
    # Bands stand side by side in one image: 1 x 24 x 62 fits, as would 3 x 24 x 21.
    with pytest.raises(InputError, match="the smallest that fits is 1 band x 24 height x 62 width"):
        make("scnn", "topomap", {"n_bands": 1, "height": 24, "width": 24})


def test_no_window_fits_a_network_that_refuses_all():
    from eegcli.models.layers import WindowTooSmall

    def never(**_sizes):
        raise WindowTooSmall("no")

    assert smallest_window(never, {"n_chans": 3, "n_times": 5}) is None


@pytest.mark.parametrize(("name", "representation", "smallest"), LIMITED, ids=IDS)
def test_a_window_that_fits_changes_nothing(name, representation, smallest):
    assert fitted_options(name, representation=representation, n_outputs=2, sfreq=128.0, **smallest) == {}


@pytest.mark.parametrize(
    ("name", "sizes", "expected"),
    [
        # The last pool alone, times 6/8: 20 samples and the one that each even kernel adds are 21, then 5, then 6.
        ("eegnet", {"n_chans": 8, "n_times": 20}, {"pools": (4, 6), "kernels": (64, 12)}),
        # Third block of channels: 12 - 2 = 10, 5, 3, 1; nothing is left to pool.
        ("scnn", {"n_chans": 12, "n_times": 256}, {"kernel_chans": (3, 3, 1, 1, 1, 1), "pool_chans": (2, 2, 1, 1)}),
        ("vgg", {"n_chans": 4, "n_times": 256}, {"pool_chans": (2, 2, 1)}),
        ("vgg", {"n_chans": 1, "n_times": 3}, {"pool_chans": (1, 1, 1), "pool_times": (2, 1, 1)}),
        ("deap-cnn", {"n_chans": 1, "n_times": 9}, {"pool_chans": 1}),
    ],
)
def test_the_last_blocks_are_shortened_first_by_the_largest_factor_that_fits(name, sizes, expected):
    assert fitted_options(name, n_outputs=2, sfreq=128.0, **sizes) == expected


@pytest.mark.parametrize("n_times", [98, 60, 30, 5])
def test_all_lengths_of_a_block_are_scaled_by_one_factor_found_by_trying_all(n_times):
    # ShallowFBCSPNet has one block: kernel 25, pool 75 in steps of 15, of which kernel + pool - 1 samples are needed.
    factors = sorted({part / whole for whole in (25, 75, 15) for part in range(1, whole + 1)}, reverse=True)

    def lengths(factor: float) -> dict[str, int]:
        return {name: max(1, int(factor * whole + 1e-9)) for name, whole in (("kernel", 25), ("pool", 75), ("pool_stride", 15))}

    expected = next(one for one in map(lengths, factors) if one["kernel"] + one["pool"] - 1 <= n_times)
    assert fitted_options("shallow", n_chans=4, n_times=n_times, n_outputs=2, sfreq=250.0) == expected


@pytest.mark.parametrize(("name", "representation", "smallest"), LIMITED, ids=IDS)
def test_a_fitted_network_is_never_wider_than_needed_and_runs(name, representation, smallest):
    sizes = {axis: max(1, size // 2) for axis, size in smallest.items()}
    if sizes == smallest or not registry.MODELS[name].lengths:
        return
    changed = fitted_options(name, representation=representation, n_outputs=2, sfreq=128.0, **sizes)
    usual = resolved_options(name, representation)
    for option, value in changed.items():
        pairs = zip(value, usual[option], strict=True) if isinstance(value, tuple) else [(value, usual[option])]
        assert all(1 <= now <= before for now, before in pairs)
    network = make(name, representation, sizes, **changed)
    assert network(torch.zeros(2, *sizes.values(), device="meta")).shape == (2, 1)


def test_options_that_were_asked_for_are_the_ones_that_are_shortened():
    changed = fitted_options("eegnet-lab", n_chans=2, n_times=20, n_outputs=2, sfreq=125.0, pools=(2, 16))
    # Ten samples are left after the first pool, and one more by the second kernel, which is even at 15 * 11/16.
    assert changed == {"pools": (2, 11), "kernels": (51, 10)}


def test_a_window_without_a_way_to_fit_is_refused_all_the_same():
    with pytest.raises(InputError, match="lasagne-cnn: windows of 4 channels x 1 samples are too small"):
        fitted_options("lasagne-cnn", n_chans=4, n_times=1, n_outputs=2, sfreq=256.0)
