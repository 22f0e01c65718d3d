"""Networks of the user's own: what a constructor is given, how its code is run, and what is refused before training."""

from __future__ import annotations

import importlib.metadata
import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from eegcli import models
from eegcli.errors import InputError, UnavailableError, UsageError
from eegcli.models.checks import check_network
from eegcli.models.code import read_code
from eegcli.models.foreign import ForeignNetwork, build_foreign
from eegcli.models.probe import probe
from eegcli.models.weights import reinitialise, stored
from eegcli.registry import foreign_named
from tests.kit.own import NET, own

SHAPE = {"n_chans": 8, "n_times": 64, "n_outputs": 2, "sfreq": 64.0}
HEAD = "import torch\nfrom torch import nn\n\n\n"  # four lines


def module(init: str, forward: str, signature: str = "n_chans, n_times, n_outputs") -> str:
    """A file with a network: `init` stands in its line 8, `forward` in its line 11."""
    return (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self, {signature}):\n        super().__init__()\n        {init}\n\n"
        f"    def forward(self, x):\n        {forward}\n"
    )


LINEAR = "self.layer = nn.Linear(n_chans, n_outputs)"
MEAN = "return self.layer(x.mean(-1))"


def code_of(folder: Path, text: str, name: str = "mynet.py"):
    named = foreign_named(f"{own(folder, text, name)}:Net")
    assert named is not None
    return read_code(named)


def probed(folder: Path, text: str, *, batch_of_one: bool = False, n_outputs: int = 2) -> list[str]:
    code = code_of(folder, text)
    return probe(
        code,
        lambda: build_foreign(code, {"n_chans": 8, "n_times": 64}, n_outputs=n_outputs, sfreq=64.0),
        device=torch.device("cpu"),
        batch_of_one=batch_of_one,
    )


@pytest.mark.slow
def test_it_has_the_properties_of_a_network(tmp_path):
    check_network(f"{own(tmp_path)}:Net")


def test_a_good_network_is_probed_without_a_word_and_leaves_no_trace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, modules, state = list(sys.path), set(sys.modules), torch.random.get_rng_state()
    assert probed(tmp_path, NET, batch_of_one=True) == []
    assert sys.path == path and Path.cwd() == tmp_path
    assert torch.equal(state, torch.random.get_rng_state())
    assert not [name for name in set(sys.modules) - modules if "mynet" in name]


@pytest.mark.parametrize(
    ("signature", "given"),
    [
        ("n_chans, n_times, n_outputs, sfreq", {"n_chans": 8, "n_times": 64, "n_outputs": 2, "sfreq": 64.0}),
        ("n_chans, n_outputs", {"n_chans": 8, "n_outputs": 2}),
        ("n_outputs=None, *, n_chans=None, width=3", {"n_chans": 8, "n_outputs": 2, "width": 3}),
        ("n_chans, n_outputs, input_window_seconds", {"n_chans": 8, "n_outputs": 2, "input_window_seconds": 1.0}),
        ("n_chans, n_outputs, chs_info=None", {"n_chans": 8, "n_outputs": 2, "chs_info": None}),
    ],
)
def test_a_constructor_is_given_what_its_signature_has(tmp_path, signature, given):
    text = module("self.given = {k: v for k, v in locals().items() if k not in ('self', '__class__')}; " + LINEAR, MEAN, signature)
    network = stored(models.build(f"{own(tmp_path, text)}:Net", **SHAPE))
    assert network.given == given


def test_a_constructor_of_any_keywords_is_given_all_four_and_every_option(tmp_path):
    text = module("self.given = given; self.layer = nn.Linear(given['n_chans'], given['n_outputs'])", MEAN, "**given")
    assert stored(models.build(f"{own(tmp_path, text)}:Net", **SHAPE, depth=3)).given == {**SHAPE, "depth": 3}


def test_names_of_channels_are_given_where_they_are_asked_for(tmp_path):
    code = code_of(
        tmp_path,
        module("self.names = [one['ch_name'] for one in chs_info]; self.layer = nn.Linear(2, n_outputs)", MEAN, "chs_info, n_outputs"),
    )
    network = build_foreign(code, {"n_chans": 2, "n_times": 64}, n_outputs=2, sfreq=64.0, ch_names=("Fz", "Pz"))
    assert stored(network).names == ["Fz", "Pz"]
    with pytest.raises(UsageError, match="needs chs_info, which only windows have"):
        build_foreign(code, {"n_chans": 2, "n_times": 64}, n_outputs=2, sfreq=64.0)


@pytest.mark.parametrize(("n_times", "sfreq"), [(29, 100.0), (57, 100.0), (115, 100.0), (513, 256.0), (1000, 333.3)])
def test_seconds_give_the_samples_again(tmp_path, n_times, sfreq):
    """0.29 s times 100 Hz are 28.999..., which braindecode cuts off and refuses."""
    text = module("self.n = int(input_window_seconds * sfreq); " + LINEAR, MEAN, "n_chans, n_outputs, sfreq, input_window_seconds")
    made = models.build(f"{own(tmp_path, text)}:Net", n_chans=8, n_times=n_times, n_outputs=2, sfreq=sfreq)
    assert stored(made).n == n_times


@pytest.mark.parametrize(
    ("signature", "options", "said", "hint"),
    [
        ("n_chans, depth, n_outputs", {}, "needs depth, which windows do not say", "--set depth=VALUE"),
        ("n_chans, n_outputs, width=3", {"wdith": 4}, "has no option 'wdith'", "It has: width"),
        ("n_chans, n_outputs", {"input_window_seconds": 4}, "is that of the windows", None),
        ("n_chans, n_outputs, size, /", {}, "takes n_chans by its position", None),
    ],
)
def test_arguments_that_do_not_fit_the_signature_are_named(tmp_path, signature, options, said, hint):
    with pytest.raises(UsageError, match=said) as caught:
        models.build(f"{own(tmp_path, module(LINEAR, MEAN, signature))}:Net", **SHAPE, **options)
    assert hint is None or hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import torch\n\ndef (:\n", "line 3: SyntaxError: invalid syntax"),
        ("x = 1\n  y = 2\n", "line 2: IndentationError"),
        (b"x = '\xff'\n".decode("latin-1") + "\0", "SyntaxError"),
        (f"{HEAD}import nothing_of_this_name\n", "line 5: ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        (f"{HEAD}open(__file__)\n", "line 5: NameError: name '__file__' is not defined"),
        (f"{HEAD}raise SystemExit(0)\n", "line 5: SystemExit"),
        (f"{HEAD}import sys\nsys.path.insert(0, 'elsewhere')\n", "ImportError: changes sys.path"),
        (HEAD, ": has no Net"),
        (f"{HEAD}Net = 3\n", ": Net is no class or function"),
        (f"{HEAD}Net = nn.Linear(8, 2)\n", ": Net is a network already"),
        (f"{HEAD}class Net:\n    pass\n", ": Net is no class of torch.nn.Module"),
        (f"{HEAD}def Net(n_chans):\n    return 'text'\n", ": Net gives a str, and no torch.nn.Module"),
        (module("raise ValueError('too\\nmany')", MEAN), "line 8: ValueError: too many"),
        (module(LINEAR, "return self.layer(x)"), r"line 11: RuntimeError: mat1 and mat2 shapes cannot be multiplied \(16x64 and 8x2\)"),
        (module(LINEAR, "return self.lyer(x)"), "line 11: AttributeError: 'Net' object has no attribute 'lyer'"),
        (module("self.w = open('weights.txt').read(); " + LINEAR, MEAN), "line 8: FileNotFoundError"),
        (module(LINEAR, "import mynet_part; " + MEAN), "line 11: imports mynet_part, which lies beside it"),
    ],
)
def test_a_file_that_fails_says_so_with_its_own_line(tmp_path, monkeypatch, text, said):
    own(tmp_path, "", "mynet_part.py")
    (tmp_path / "weights.txt").write_text("1")
    monkeypatch.chdir(tmp_path)  # where the file that it opens lies: a reader of the run has no such folder
    with pytest.raises(InputError, match=f"mynet.py(, |: ){said.removeprefix(': ')}" if said.startswith(": ") else said) as caught:
        probed(tmp_path, text)
    assert caught.value.exit_code == 3 and "\n" not in caught.value.message


@pytest.mark.parametrize(
    "statement", ["import part", "from part import f", "from part.deep import f", "from . import part", "from .part import f"]
)
@pytest.mark.parametrize("place", ["part.py", "part/__init__.py", "part/deep.py"])
def test_what_lies_beside_the_file_is_refused_when_it_is_named(tmp_path, monkeypatch, statement, place):
    own(tmp_path, "f = 1", place)
    monkeypatch.syspath_prepend(tmp_path)  # as `python -m eegcli` has it
    with pytest.raises(InputError, match=r"line 5: imports .*part.*, which lies beside it; a run stores this file alone"):
        code_of(tmp_path, f"{HEAD}{statement}\n")


def test_a_module_that_was_imported_from_beside_before_is_refused_all_the_same(tmp_path, monkeypatch):
    own(tmp_path, "f = 1", "part_of_mine.py")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "part_of_mine", __import__("part_of_mine"))
    with pytest.raises(InputError, match="part_of_mine, which lies beside it"):
        code_of(tmp_path, f"{HEAD}import part_of_mine\n")


def test_a_file_beside_of_the_name_of_an_installed_package_is_not_meant(tmp_path, monkeypatch):
    own(tmp_path, "raise RuntimeError", "numpy.py")
    own(tmp_path, "raise RuntimeError", "random.py")
    monkeypatch.syspath_prepend(tmp_path)
    assert probed(tmp_path, f"import numpy, random\n{NET}") == []


def test_a_file_of_the_name_of_a_module_of_python_shadows_nothing(tmp_path):
    models.build(f"{own(tmp_path, NET, 'random.py')}:Net", **SHAPE)
    assert sys.modules["random"] is random and hasattr(random, "Random")


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
@pytest.mark.parametrize(
    ("init", "forward", "said"),
    [
        (LINEAR, "return self.layer(x.mean(-1))[:, :, None]", r"gives \(2, 2, 1\) for 2 windows"),
        (LINEAR, "return self.layer(x.mean(-1))[:, :1]", r"gives \(2, 1\) for 2 windows"),
        (LINEAR, "return self.layer(x.mean(-1)).mean(0)", r"gives \(2,\) for 2 windows"),
        (LINEAR, "return self.layer(x.mean(-1)), x", "gives a tuple, and one tensor is needed"),
        (LINEAR, "return self.layer(x.mean(-1)).double()", "gives outputs of float64"),
        (LINEAR, "return self.layer(x.mean(-1)) / 0", "gives outputs that are not finite"),
        (LINEAR, "return self.layer(x.mean(-1)) / (0 if self.training else 1)", "not finite in training"),
        (LINEAR, "x /= 10; return self.layer(x.mean(-1))", "changes its input in place"),
        (LINEAR + ".double()", "return self.layer(x.double().mean(-1)).float()", "has layer.weight of float64"),
        (
            LINEAR + "; self.twin = nn.Linear(n_chans, n_outputs); self.twin.weight = self.layer.weight",
            MEAN,
            "layer.weight and twin.weight",
        ),
        (LINEAR + "; self.register_buffer('part', self.layer.weight.data[:1])", MEAN, "part and layer.weight"),
        (LINEAR + "; self.layer = nn.utils.weight_norm(self.layer)", MEAN, "cannot be copied, as explanations do"),
        (LINEAR + "; self.register_buffer('odd', torch.eye(2).to_sparse())", MEAN, "has weights that cannot be stored: odd is sparse"),
        ("pass", "return x[:, :2, 0]", "has no weights to train"),
        ("self.layers = [nn.Linear(n_chans, n_outputs)]", "return self.layers[0](x.mean(-1))", "has no weights to train"),
        (LINEAR + "; self.requires_grad_(False)", MEAN, "has no weights to train"),
        (LINEAR, "return torch.from_numpy(self.layer(x.mean(-1)).detach().numpy())", "do not depend on its weights"),
        (LINEAR, "return nn.functional.dropout(self.layer(x.mean(-1)))", "other outputs for the same windows in evaluation mode"),
        (LINEAR, "return self.layer(x.mean(-1) - x.mean((0, 2)))", "other outputs for a window beside other windows"),
        (
            LINEAR + "; self.basis = torch.randn(n_chans, n_chans)",
            "return self.layer(x.mean(-1) @ self.basis)",
            "after its weights were stored and read",
        ),
        (
            LINEAR + "; import numpy; self.layer.weight.data = torch.tensor(numpy.random.randn(n_outputs, n_chans)).float()",
            MEAN,
            "has other weights for the same seed",
        ),
    ],
)
def test_what_could_not_be_trained_or_read_again_is_refused_before_training(tmp_path, init, forward, said):
    with pytest.raises(InputError, match=said):
        probed(tmp_path, module(init, forward))


def test_a_batch_of_one_is_tried_where_there_will_be_one(tmp_path):
    text = module(LINEAR + "; self.norm = nn.BatchNorm1d(n_chans)", "return self.layer(self.norm(x.mean(-1)))")
    assert probed(tmp_path, text) == []
    with pytest.raises(InputError, match=r"line 11: ValueError: Expected more than 1 value.*for a batch of one window") as caught:
        probed(tmp_path, text, batch_of_one=True)
    assert "--batch-size" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("init", "forward", "said"),
    [
        (LINEAR, "return self.layer(x.mean(-1)).softmax(1)", "gives what a softmax gives"),
        (LINEAR, "return self.layer(x.mean(-1)).sigmoid()", "gives what a sigmoid gives"),
        (LINEAR + "; self.idle = nn.Linear(2, 2)", MEAN, "never uses some of its weights: idle.weight, idle.bias"),
    ],
)
def test_what_works_and_is_not_meant_is_said(tmp_path, init, forward, said):
    (remark,) = probed(tmp_path, module(init, forward))
    assert said in remark


@pytest.mark.parametrize(
    ("init", "forward"),
    [
        (LINEAR, "return torch.relu(self.layer(x.mean(-1)))"),  # from 0 to 1 for faint windows alone
        (LINEAR, "return self.layer(x.mean(-1)).log_softmax(1)"),  # of which the softmax is the same again
        (
            LINEAR + "; self.first = nn.Linear(n_chans, n_chans); [nn.init.zeros_(one) for one in self.layer.parameters()]",
            "return self.layer(self.first(x.mean(-1)))",
        ),
        (LINEAR, "assert x.abs().max() < 1000; return self.layer(x.mean(-1))"),
    ],
)
def test_outputs_that_are_no_probabilities_are_not_taken_for_them(tmp_path, init, forward):
    assert probed(tmp_path, module(init, forward)) == []


def test_a_number_between_0_and_1_is_no_probability(tmp_path):
    text = module("self.layer = nn.Linear(n_chans, 1)", "return self.layer(x.mean(-1)).sigmoid()")
    assert probed(tmp_path, text, n_outputs=1) == []


def test_what_a_file_sets_for_all_of_torch_reaches_nothing_else(tmp_path):
    text = NET.replace(
        "import torch\n", "import torch\ntorch.manual_seed(7)\ntorch.set_default_dtype(torch.float64)\ntorch.set_num_threads(2)\n"
    )
    before = torch.random.get_rng_state(), torch.get_default_dtype(), torch.get_num_threads()
    assert probed(tmp_path, text) == []
    after = torch.random.get_rng_state(), torch.get_default_dtype(), torch.get_num_threads()
    assert torch.equal(before[0], after[0]) and before[1:] == after[1:] == (torch.float32, 1)


@pytest.mark.parametrize("place", ["file", "constructor"])
@pytest.mark.parametrize(
    "statement",
    [
        "os.chdir('/')",
        "torch.set_grad_enabled(False)",
        "torch.set_default_dtype(torch.float16)",
        "torch.set_default_device('meta')",
        "torch.set_num_threads(3)",
        "os.system('echo from a shell')",
        "os.write(1, b'from a library')",
    ],
)
def test_what_code_sets_for_the_whole_process_reaches_nothing_else(place, statement, tmp_path, monkeypatch, capfd):
    """Gone to another folder, evaluate missed the run's own files, and said that they were lost."""
    monkeypatch.chdir(tmp_path)
    state = (Path.cwd(), torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_default_device(), torch.get_num_threads())
    text = module(f"{statement}; {LINEAR}.to('cpu', torch.float32)" if place == "constructor" else LINEAR, MEAN)
    text = text.replace("import torch\n", f"import os; import torch; {statement}\n" if place == "file" else "import os; import torch\n")
    code = code_of(tmp_path, text)
    if (place, statement) != ("constructor", "torch.set_default_device('meta')"):  # a network without weights, and its own fault
        build_foreign(code, {"n_chans": 8, "n_times": 64}, n_outputs=2, sfreq=64.0)
    assert state == (Path.cwd(), torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_default_device(), torch.get_num_threads())
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_numbers_that_a_file_draws_when_it_is_run_are_those_of_every_process(tmp_path, library):
    drawn = {"numpy": "torch.tensor(__import__('numpy').random.randn(8, 8)).float()", "torch": "torch.randn(8, 8)"}[library]
    text = module(LINEAR, "return self.layer(x.mean(-1) @ BASIS)").replace("class Net", f"BASIS = {drawn}\n\n\nclass Net")
    if library == "numpy":
        with pytest.raises(InputError, match="after its weights were stored and read"):
            probed(tmp_path, text)
        return
    assert probed(tmp_path, text) == []
    script = "import sys, torch; from eegcli import models; torch.manual_seed(int(sys.argv[2])); network = models.build(sys.argv[1], n_chans=8, n_times=64, n_outputs=2, sfreq=64.0); print(sys.modules[type(network.network).__module__].BASIS.sum().item())"
    sums = {
        subprocess.run([sys.executable, "-c", script, f"{tmp_path}/mynet.py:Net", seed], capture_output=True, text=True, check=True).stdout
        for seed in "12"
    }
    assert len(sums) == 1


def test_a_network_that_sets_a_seed_itself_is_told_of(tmp_path):
    (remark,) = probed(tmp_path, module("torch.manual_seed(0); " + LINEAR, MEAN))
    assert "has the same weights for every seed" in remark


def test_buffers_are_of_any_type(tmp_path):
    buffers = "; self.register_buffer('n', torch.tensor(3)); self.register_buffer('b', torch.ones(n_chans, dtype=torch.float64))"
    assert probed(tmp_path, module(LINEAR + buffers, "return self.layer((x.mean(-1) * self.b).float())")) == []


def test_layers_without_a_size_get_it(tmp_path):
    text = module("self.layer = nn.LazyLinear(n_outputs)", MEAN)
    assert probed(tmp_path, text) == []
    assert stored(models.build(f"{own(tmp_path, text)}:Net", **SHAPE)).layer.weight.shape == (2, 8)


def test_two_files_of_one_name_do_not_mix(tmp_path):
    paths = [own(tmp_path / name, NET.replace("n_filters=6", f"n_filters={n}")) for name, n in (("a", 3), ("b", 5), ("c", 3))]
    made = [stored(models.build(f"{path}:Net", **SHAPE)) for path in paths]
    assert [network.filters.out_channels for network in made] == [3, 5, 3]
    Path(paths[0]).write_text(NET.replace("n_filters=6", "n_filters=4"))
    assert stored(models.build(f"{paths[0]}:Net", **SHAPE)).filters.out_channels == 4


def test_untrained_networks_are_made_as_the_constructor_makes_them(tmp_path):
    """Weights that begin at 7 begin there again: drawn by their layer they would not."""
    text = module(
        LINEAR + "; nn.init.constant_(self.layer.weight, 7.0); self.free = nn.Parameter(torch.rand(3))",
        "return self.layer(x.mean(-1)) + self.free.sum()",
    )
    path, shape = own(tmp_path, text), dict(SHAPE)
    torch.manual_seed(3)
    expected = stored(models.build(f"{path}:Net", **shape)).state_dict()
    trained = models.build(f"{path}:Net", **shape)
    with torch.no_grad():
        for weights in trained.parameters():
            weights.add_(1.0)
    before = torch.random.get_rng_state()
    reinitialise(torch.nn.Sequential(trained), seed=3)
    assert torch.equal(before, torch.random.get_rng_state())
    assert bool((expected["layer.weight"] == 7.0).all())
    for name, value in stored(trained).state_dict().items():
        assert torch.equal(value, expected[name])


def test_a_unit_is_that_of_the_outputs(tmp_path):
    network = models.build(f"{own(tmp_path)}:Net", **{**SHAPE, "n_outputs": 1}).eval()
    assert isinstance(network, ForeignNetwork)
    x = torch.randn(4, 8, 64)
    with torch.no_grad():
        plain = network(x)
        network.unit = 40.0, 2.5
        torch.testing.assert_close(network(x), plain * 2.5 + 40.0)


def test_a_package_that_is_not_installed_is_named():
    with pytest.raises(UnavailableError, match="nothing_there is not installed"):
        models.build("nothing_there.nets:Net", **SHAPE)


def test_a_module_is_known_by_its_distribution_version_and_source():
    named = foreign_named("torch.nn:Linear")
    assert named is not None
    identity = read_code(named).identity
    assert (identity["distribution"], identity["version"]) == ("torch", importlib.metadata.version("torch"))
    assert len(str(identity["sha256"])) == 64
