"""Configurations: the same artifact is recognised after a new setting, a new release, and under the rule of 0.1.0."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import xxhash

from eegcli import settings as declared
from eegcli.artifacts.configuration import added_with, settings_from
from eegcli.artifacts.folder import DONE, SETTINGS, is_finished, open_folder
from eegcli.errors import ArtifactError, InputError
from eegcli.files.atomic import plain
from eegcli.preprocess.definition import Added, added_options
from eegcli.preprocess.sequence import options_of, sequence_of_steps
from eegcli.registry import STEPS
from eegcli.settings import EpochSettings, EvaluateSettings, ExplainSettings, FetchSettings, PreprocessSettings, TrainSettings
from tests.kit.marks import restate
from tests.kit.releases import raise_version, with_field

PINNED = json.loads(Path(__file__).with_name("added_with.json").read_text())
KINDS = {
    "dataset": FetchSettings(source="demo"),
    "recordings": PreprocessSettings(steps=({"step": "filter", "l_freq": 1.0},)),
    "windows": EpochSettings(length=4.0),
    "run": TrainSettings(split=(0.5, 0.25, 0.25), classes=("F", "M")),
    "evaluation": EvaluateSettings(vote_windows=3),
    "explanation": ExplainSettings(n_windows=5),
}
INPUTS = {"some": "abc"}
kinds = pytest.mark.parametrize("kind", KINDS)


def begin(path: Path, kind: str, settings: Any, **options: Any):
    return open_folder(path, kind, settings, inputs=INPUTS, version=1, **options)


def finish(path: Path, kind: str, settings: Any) -> Path:
    begin(path, kind, settings).finish()
    (path / "work.bin").write_bytes(b"x")
    return path


def finished(path: Path, kind: str, settings: Any) -> bool:
    """Both ways of asking."""
    answers = (is_finished(path, kind, settings, inputs=INPUTS, version=1), begin(path, kind, settings).finished)
    assert len(set(answers)) == 1
    return answers[0]


@kinds
@pytest.mark.parametrize("default", ["fp32", None, 0, 1.5, (), ("a", "b")])
def test_a_new_setting_that_is_left_at_its_default_leaves_everything_finished(tmp_path, kind, default):
    path = finish(tmp_path / "a", kind, KINDS[kind])
    before = (path / SETTINGS).read_bytes(), (path / DONE).read_bytes()

    assert finished(path, kind, with_field(KINDS[kind], default))

    assert ((path / SETTINGS).read_bytes(), (path / DONE).read_bytes()) == before


@kinds
def test_the_digest_is_the_same_with_and_without_a_setting_at_its_default(tmp_path, kind):
    assert begin(tmp_path / "a", kind, KINDS[kind]).digest == begin(tmp_path / "b", kind, with_field(KINDS[kind], "fp32")).digest


@kinds
def test_a_new_setting_that_is_used_is_another_configuration_and_is_named(tmp_path, kind):
    path = finish(tmp_path / "a", kind, KINDS[kind])
    used = replace(with_field(KINDS[kind], "fp32"), warp="bf16")

    assert not is_finished(path, kind, used, inputs=INPUTS, version=1)
    with pytest.raises(InputError, match=r"holds another configuration \(warp: fp32 there, bf16 here\)"):
        begin(path, kind, used)


@kinds
def test_a_default_that_changes_is_a_changed_setting(tmp_path, kind):
    without = finish(tmp_path / "without", kind, KINDS[kind])
    old = finish(tmp_path / "old", kind, with_field(KINDS[kind], "fp32"))
    changed = with_field(KINDS[kind], "bf16", added_with="fp32")

    for path in (without, old):
        with pytest.raises(InputError, match=r"warp: fp32 there, bf16 here"):
            begin(path, kind, changed)
        assert finished(path, kind, replace(changed, warp="fp32"))
    assert begin(tmp_path / "new", kind, changed).digest != json.loads((old / SETTINGS).read_text())["digest"]


@kinds
def test_a_default_that_changes_unmarked_is_noticed_where_the_setting_is_stored(tmp_path, kind):
    old = finish(tmp_path / "old", kind, with_field(KINDS[kind], "fp32"))
    with pytest.raises(InputError, match=r"warp: fp32 there, bf16 here"):
        begin(old, kind, with_field(KINDS[kind], "bf16"))


@kinds
def test_a_setting_that_has_become_free_decides_nothing(tmp_path, kind):
    path = finish(tmp_path / "a", kind, replace(with_field(KINDS[kind], "fp32"), warp="bf16"))
    assert finished(path, kind, with_field(KINDS[kind], "fp32", free=True))


@kinds
def test_another_release_leaves_everything_finished(tmp_path, kind, monkeypatch):
    path = finish(tmp_path / "a", kind, KINDS[kind])
    digest = json.loads((path / DONE).read_text())["digest"]

    raise_version(monkeypatch)

    assert finished(path, kind, KINDS[kind])
    assert begin(tmp_path / "b", kind, KINDS[kind]).digest == digest


def write_as_0_1_0(path: Path, kind: str, settings: Any) -> str:
    """An artifact as 0.1.0 wrote it: the program's version and every setting in the digest. Written here once more, from that code."""
    values = {f.name: getattr(settings, f.name) for f in dataclasses.fields(settings) if not f.metadata.get("free")}
    configuration = {"eegcli": "0.1.0", "inputs": INPUTS, "kind": kind, "schema": 1, "settings": plain(values), "stage_version": 1}
    digest = xxhash.xxh3_128_hexdigest(json.dumps(configuration, sort_keys=True, ensure_ascii=False).encode())
    path.mkdir()
    (path / SETTINGS).write_text(json.dumps({**configuration, "digest": digest}))
    (path / DONE).write_text(json.dumps({"digest": digest, "kind": kind}))
    return digest


@kinds
def test_what_0_1_0_finished_stays_finished_and_keeps_its_digest(tmp_path, kind):
    digest = write_as_0_1_0(tmp_path / "a", kind, KINDS[kind])
    for settings in (KINDS[kind], with_field(KINDS[kind], "fp32")):
        assert finished(tmp_path / "a", kind, settings)
        assert begin(tmp_path / "a", kind, settings).digest == digest


@kinds
def test_what_0_1_0_began_is_gone_on_with(tmp_path, kind):
    digest = write_as_0_1_0(tmp_path / "a", kind, KINDS[kind])
    (tmp_path / "a" / DONE).unlink()
    (tmp_path / "a" / "half.bin").write_bytes(b"x")

    folder = begin(tmp_path / "a", kind, KINDS[kind])
    assert (folder.finished, folder.digest) == (False, digest)
    folder.finish()

    assert finished(tmp_path / "a", kind, KINDS[kind])
    assert (tmp_path / "a" / "half.bin").exists()


def test_a_done_mark_of_another_configuration_finishes_nothing(tmp_path):
    write_as_0_1_0(tmp_path / "a", "windows", KINDS["windows"])
    (tmp_path / "a" / DONE).write_text(json.dumps({"digest": "another"}))
    assert not finished(tmp_path / "a", "windows", KINDS["windows"])


def test_the_settings_on_disk_are_all_there_and_name_no_release(tmp_path):
    begin(tmp_path / "a", "windows", EpochSettings())
    stored = json.loads((tmp_path / "a" / SETTINGS).read_text())
    assert set(stored) == {"digest", "inputs", "kind", "schema", "settings", "stage_version"}
    assert set(stored["settings"]) == {f.name for f in dataclasses.fields(EpochSettings) if not f.metadata.get("free")}
    assert stored["settings"]["length"] == 2.0


@dataclass(frozen=True, kw_only=True)
class Later(TrainSettings):
    warp: str = field(default="bf16", metadata={"added_with": "fp32"})


def test_settings_that_a_run_lacks_are_those_that_they_came_with():
    settings = settings_from(Later, {"settings": plain({"target": "age", "split": (2, 2, 2), "classes": ("a", "b")})}, "run")
    assert (settings.target, settings.split, settings.classes) == ("age", (2, 2, 2), ("a", "b"))
    assert settings.warp == "fp32", "it behaves as it did"
    assert settings.arch == TrainSettings().arch


def test_every_settings_object_comes_back_from_its_file(tmp_path):
    for kind, settings in KINDS.items():
        begin(tmp_path / kind, kind, settings)
        stored = json.loads((tmp_path / kind / SETTINGS).read_text())
        back = settings_from(type(settings), stored, kind)
        bound = [f.name for f in dataclasses.fields(settings) if not f.metadata.get("free")]
        assert {name: getattr(back, name) for name in bound} == {name: getattr(settings, name) for name in bound}


@dataclass(frozen=True, kw_only=True)
class Anything(declared.PreprocessSettings):
    value: Any = None


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ((False,), (0,)),
        ([1], [True]),
        (((1,),), ((True,),)),
        (({"a": 1}, 2), ({"a": True}, 2)),
        ((1, 2), (1,)),
        (INF, None),
        (INF, -INF),
        (NAN, None),
        (NAN, INF),
        ((INF,), (None,)),
    ],
)
def test_values_that_only_look_alike_are_another_configuration(there, here, tmp_path):
    path = finish(tmp_path / "a", "recordings", Anything(value=there))
    assert finished(path, "recordings", Anything(value=there))
    assert not is_finished(path, "recordings", Anything(value=here), inputs=INPUTS, version=1)
    with pytest.raises(InputError, match="holds another configuration"):
        begin(path, "recordings", Anything(value=here))
    assert begin(tmp_path / "b", "recordings", Anything(value=here)).digest != json.loads((path / SETTINGS).read_text())["digest"]


def test_whole_numbers_and_fractions_are_the_same(tmp_path):
    assert finished(finish(tmp_path / "a", "recordings", Anything(value=(1, 2))), "recordings", Anything(value=(1.0, 2)))


@dataclass(frozen=True)
class Unbounded:
    """Settings of somebody who takes any number; ours take finite ones."""

    lr: float | None = None
    target: str = ""
    split: tuple[float, ...] | str = ()


def test_a_number_that_is_not_finite_comes_back_as_it_was():
    stored = {"settings": {"lr": "inf", "target": "inf", "split": ["-inf", 1.0]}}
    back = settings_from(Unbounded, stored, "run")
    assert (back.lr, back.target, back.split) == (INF, "inf", (-INF, 1.0))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("split_unit", ["x"]),
        ("split_unit", "week"),
        ("cv", "two"),
        ("cv", 2.5),
        ("split", {}),
        ("classes", "F"),
        ("seeds", True),
        ("arch", None),
    ],
)
def test_a_setting_of_the_wrong_type_is_named(name, value):
    with pytest.raises(ArtifactError, match=f"my-run: its settings.json is damaged \\({name} cannot be"):
        settings_from(TrainSettings, {"settings": {name: value}}, "my-run")


def test_settings_of_a_newer_version_are_one_clear_error():
    with pytest.raises(ArtifactError, match=r"my-run: made with settings that this version does not know \(antigravity, warp\)") as caught:
        settings_from(TrainSettings, {"settings": {"warp": "nine", "antigravity": 0.2}}, "my-run")
    assert caught.value.exit_code == 4
    assert "newer" in (caught.value.hint or "")


def test_settings_that_lack_what_has_no_default_are_an_error():
    with pytest.raises(ArtifactError, match="lacks source"):
        settings_from(FetchSettings, {"settings": {}}, "data")


SETTINGS_CLASSES = sorted(
    # Each is imported when it is first asked for; those that make no artifact have no configuration: doctor asks with the settings of train.
    (
        cls
        for name in declared.__all__
        if name.endswith("Settings") and issubclass(cls := getattr(declared, name), declared.Common) and cls is not declared.DoctorSettings
    ),
    key=lambda c: c.__name__,
)


@pytest.mark.parametrize("cls", SETTINGS_CLASSES, ids=lambda cls: cls.__name__)
def test_the_default_that_every_setting_was_added_with_stays(cls):
    """`added_with.json` pins them. It grows with every new setting; what stands there is never changed."""
    firsts = {f.name: added_with(f) for f in dataclasses.fields(cls) if not f.metadata.get("free")}
    now = {name: "(required)" if first is dataclasses.MISSING else plain(first) for name, first in firsts.items()}
    pinned = PINNED["settings"].get(cls.__name__, {})
    for name in now.keys() & pinned.keys():
        assert now[name] == pinned[name], (
            f"{cls.__name__}.{name} was added with the default {pinned[name]!r}. Its default may change, but finished outputs must notice: "
            f'keep the first one in the metadata of the field, "added_with": {pinned[name]!r}.'
        )
    assert not now.keys() - pinned.keys(), (
        f"{cls.__name__}: new settings; add them to {Path(__file__).with_name('added_with.json').name}: "
        + json.dumps({name: now[name] for name in sorted(now.keys() - pinned.keys())})
    )
    assert not pinned.keys() - now.keys(), (
        f"{cls.__name__}: {', '.join(sorted(pinned.keys() - now.keys()))} is gone: artifacts that hold it can no longer be recognised. "
        "If that is decided, write it into the changelog, and take it out of the file."
    )


@pytest.mark.parametrize("name", STEPS)
def test_an_option_of_a_step_that_comes_later_is_marked(name):
    """The digest of a recording holds the options that 0.1.0 had, whatever their values, and later ones where they differ."""
    options, later = set(options_of(name)), added_options(name)
    first, pinned = set(PINNED["steps"].get(name, [])), PINNED["later_options"].get(name, {})
    assert plain(later) == pinned, f"step {name}: add its later options, and the default each came with, to added_with.json: {plain(later)}"
    if name in PINNED["steps"]:
        assert options - set(later) == first, (
            f"step {name}: a new option is declared as `Annotated[float, Added(0.5)] = 0.5`, so that recordings cleaned before stay finished"
        )


def test_a_later_option_of_a_step_has_no_part_where_it_is_as_it_came(monkeypatch):
    from typing import Annotated

    import eegcli.preprocess.steps.crop as module

    before = sequence_of_steps(PreprocessSettings(steps=({"step": "crop", "tmin": 1.0},)))

    def crop(signal, *, tmin: float = 0.0, tmax: float | None = None, fade: Annotated[float, Added(0.0)] = 0.0):
        return signal

    crop.__annotations__ |= {"signal": object, "tmin": float, "tmax": float | None, "fade": Annotated[float, Added(0.0)]}
    monkeypatch.setattr(module, "STEP", replace(module.STEP, function=crop))
    options_of.cache_clear()
    added_options.cache_clear()
    try:
        after = sequence_of_steps(PreprocessSettings(steps=({"step": "crop", "tmin": 1.0},)))
        used = sequence_of_steps(PreprocessSettings(steps=({"step": "crop", "tmin": 1.0, "fade": 0.5},)))
    finally:
        options_of.cache_clear()
        added_options.cache_clear()

    assert "fade" in after[0].options
    assert [step.as_dict() for step in after] == [step.as_dict() for step in before]
    assert used[0].as_dict()["fade"] == 0.5


@pytest.mark.parametrize("value", [None, 3])
@kinds
def test_a_setting_that_this_version_does_not_know_is_a_newer_artifact(tmp_path, kind, value):
    path = finish(tmp_path / "a", kind, KINDS[kind])
    stored = json.loads((path / SETTINGS).read_text())
    stored["settings"]["invented"] = value
    (path / SETTINGS).write_text(json.dumps(stored))
    restate(path)

    assert not is_finished(path, kind, KINDS[kind], inputs=INPUTS, version=1)
    with pytest.raises(ArtifactError, match=r"settings that this version does not know \(invented\)"):
        begin(path, kind, KINDS[kind])
