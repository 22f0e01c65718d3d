"""Names of foreign architectures: what a text names, and plug-ins that are listed without being imported."""

from __future__ import annotations

import json
import sys

import pytest

from eegcli import registry
from eegcli.artifacts.naming import part_of_name
from eegcli.errors import UsageError
from eegcli.models.checks import check_network
from eegcli.registry import Foreign
from tests.kit.commands import eegcli
from tests.kit.own import NET


@pytest.mark.parametrize(
    ("text", "meant", "name", "label"),
    [
        ("./mynet.py:Net", Foreign("Net", file="./mynet.py"), "mynet.py:Net", "mynet-Net"),
        ("mynet.py:make", Foreign("make", file="mynet.py"), "mynet.py:make", "mynet-make"),
        ("/a/b/c d.py:Net", Foreign("Net", file="/a/b/c d.py"), "c d.py:Net", "c d-Net"),
        ("nets/old:Net", Foreign("Net", file="nets/old"), "old:Net", "old-Net"),
        ("package.module:Net", Foreign("Net", module="package.module"), "package.module:Net", "package.module-Net"),
        ("braindecode:EEGNet", Foreign("EEGNet", module="braindecode.models"), "braindecode:EEGNet", "braindecode-EEGNet"),
    ],
)
def test_a_text_names_a_file_or_a_module(text, meant, name, label):
    assert registry.foreign_named(text) == meant
    assert (meant.name, registry.label_of(text)) == (name, label)
    assert registry.entry_of(text).representations == ("raw",)
    assert "/" not in part_of_name(label) and ":" not in part_of_name(label)
    again = registry.foreign_named(name)
    assert again is not None and again.name == name


@pytest.mark.parametrize("name", registry.MODELS)
def test_a_name_of_the_table_is_no_foreign_one(name):
    assert registry.foreign_named(name) is None
    assert registry.label_of(name) == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("./mynet.py", "names no network in it"),
        ("folder/mynet", "names no network in it"),
        ("./mynet.py:", "no name of a class or function"),
        ("./mynet.py:Net()", "no name of a class or function"),
        ("./mynet.py:a;b", "no name of a class or function"),
        ("os:system", "os belongs to Python"),
        ("importlib.util:find_spec", "importlib.util belongs to Python"),
        ("my-package:Net", "no name of a module"),
        (":Net", "no name of a module"),
        ("vggg", "no architecture is named 'vggg'"),
    ],
)
def test_what_can_be_no_network_is_refused_before_anything_is_read(text, said):
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        registry.entry_of(text)


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Install a package, as pip leaves it, that declares networks."""

    def install(package: str, points: str, code: str = NET) -> None:
        site = tmp_path / "site"
        (site / package).mkdir(parents=True)
        (site / package / "__init__.py").write_text("")
        (site / package / "nets.py").write_text(code)
        info = site / f"{package}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
        (info / "top_level.txt").write_text(package)
        (info / "entry_points.txt").write_text(f"[eegcli.models]\n{points}\n")
        monkeypatch.syspath_prepend(site)

    yield install
    for name in [name for name in sys.modules if name.startswith("plug_")]:
        del sys.modules[name]


def test_plug_ins_are_listed_and_not_imported(plugin):
    plugin("plug_one", "power-net = plug_one.nets:Net", code="raise RuntimeError('imported')")
    listed = json.loads(eegcli("models", "--json", check=True).stdout)["data"]["models"]
    assert {one["name"]: one["summary"] for one in listed}["power-net"] == "plug-in of plug_one 1.2 (plug_one.nets:Net)"
    assert "power-net" in eegcli("models", check=True).stdout
    assert not any(name.startswith("plug_one") for name in sys.modules)
    done = eegcli("models", "power-net", "--shape", "8x64")
    assert done.returncode == 3 and "nets.py, line 1: RuntimeError: imported" in done.stderr


@pytest.mark.exhaustive
def test_a_plug_in_is_built_by_its_name_and_passes_the_checks(plugin):
    plugin("plug_two", "power-net = plug_two.nets:Net")
    described = json.loads(eegcli("models", "power-net", "--shape", "8x64", "--json", check=True).stdout)["data"]
    assert described["n_parameters"] == 8 * 6 * 9 + 6 + 6 * 2 + 2
    assert registry.foreign_named("power-net") == Foreign("Net", module="plug_two.nets")
    check_network("power-net")


def test_a_plug_in_takes_no_name_of_the_table(plugin):
    plugin("plug_three", "vgg = plug_three.nets:Net")
    assert registry.foreign_named("vgg") is None
    assert not [line for line in eegcli("models", check=True).stdout.splitlines() if line.startswith("vgg") and "plug" in line]


def test_two_plug_ins_of_one_name_are_told_apart(plugin, tmp_path):
    plugin("plug_four", "twice = plug_four.nets:Net")
    plugin("plug_five", "twice = plug_five.nets:Net")
    with pytest.raises(UsageError, match=r"two plug-ins are named twice: plug-in of plug_f.* 1.2 .*plug-in of plug_f"):
        registry.entry_of("twice")


def test_an_unknown_name_is_met_with_the_nearest_plug_in(plugin):
    plugin("plug_six", "power-net = plug_six.nets:Net")
    done = eegcli("models", "power-nett")
    assert done.returncode == 2 and "Did you mean power-net?" in done.stderr
