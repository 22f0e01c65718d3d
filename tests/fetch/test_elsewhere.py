"""`eegcli fetch` from servers: what comes, what stays, what is written down."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import pytest

from eegcli.artifacts.table import read_table
from eegcli.bids.scan import find_recordings
from eegcli.errors import InputError, UnavailableError
from tests.kit.proxy import Fault, Proxy
from tests.kit.reporters import CapturingReporter
from tests.kit.toy import clone, data_set, here, put, rest_of, run, start


def test_the_selected_recordings_come_with_all_they_need_and_nothing_else(s3, request, tmp_path):
    files = data_set()
    result = run(put(s3, request, files), tmp_path / "out", s3.url, task=("rest",), subject=("01", "03"))
    assert here(tmp_path / "out") == rest_of(files, "01", "03")
    assert (result.n_recordings, result.n_files, result.failures) == (2, 14, ())
    assert result.skipped == {"meg": 1}
    assert [recording.stem for recording in find_recordings(tmp_path / "out")] == ["sub-01_task-rest", "sub-03_task-rest"]
    table = read_table(tmp_path / "out/fetch.parquet")
    assert set(table["path"]) == set(rest_of(files, "01", "03"))
    for path, size, digest, status, error in zip(*(table[name] for name in ("path", "bytes", "digest", "status", "error")), strict=True):
        assert (size, digest) == (len(files[path]), f"sha256:{hashlib.sha256(files[path]).hexdigest()}")
        assert (status, error) == ("ok", None)
    assert (tmp_path / "out/.bidsignore").read_text().split()[0] == "notes/"
    assert not list(tmp_path.rglob(".*eegcli*"))


def test_what_looks_like_a_recording_is_named_and_one_format_comes(s3, request, tmp_path):
    files = data_set(2, ("rest",))
    files |= {
        "sub-02/eeg/sub-02_task-a_b_eeg.set": b"x",
        "sub-01/eeg/sub-01_task-rest_eeg.edf": b"x",
        "sub-01/eeg/sub-01_task-Rest_events.tsv": b"x",
    }
    source, heard = put(s3, request, files), CapturingReporter()
    plan = run(source, tmp_path / "out", s3.url, reporter=heard, dry_run=True)
    assert plan.summary["n_recordings"] == 2 and len(heard.warnings) == 3
    assert "1 file looks like a recording but has no BIDS name: sub-02_task-a_b_eeg.set" in heard.warnings[0]
    assert "1 sidecar belongs to no recording: sub-01_task-Rest_events.tsv" in heard.warnings[1]
    assert ".edf is taken" in heard.warnings[2] and "--include '*.set' takes the other" in heard.warnings[2]
    run(source, tmp_path / "out", s3.url)
    assert {path.name for path in (tmp_path / "out/sub-01/eeg").iterdir() if "channels" not in path.name and "events" not in path.name} == {
        "sub-01_task-rest_eeg.edf"
    }


@pytest.mark.parametrize(
    ("wish", "subjects"),
    [
        ({"where": "sex == 'F' and age < 13"}, ["02", "04"]),
        ({"max_subjects": 2}, ["01", "02"]),
        ({"include": ("sub-05*",)}, ["05"]),
        ({"exclude": ("sub-0[1234]*",)}, ["05"]),
        ({"release": ("R1",), "subject": ("sub-02",)}, ["02"]),
    ],
)
def test_wishes_are_granted_before_a_signal_is_asked_for(s3, request, tmp_path, wish, subjects):
    source = put(s3, request, data_set(5, ("rest",)))
    with Proxy(s3.host, s3.port) as proxy:
        run(source, tmp_path / "out", proxy.url, **wish)
        assert sorted(path[-10:-8] for path in proxy.paths() if path.endswith(".fdt")) == sorted(
            f"{'rest_eeg.fdt'[-10:-8]}" for _ in subjects
        )
        assert {path.rpartition("/")[2][4:6] for path in proxy.paths() if path.endswith(".fdt")} == set(subjects)


def test_a_wish_that_nothing_fits_leaves_nothing_behind(s3, request, tmp_path):
    source = put(s3, request, data_set(2))
    with pytest.raises(InputError, match="no recording has task"):
        run(source, tmp_path / "out", s3.url, task=("sleep",))
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_says_what_would_come_and_asks_for_no_signal(s3, request, tmp_path):
    files = data_set()
    source = put(s3, request, files)
    with Proxy(s3.host, s3.port) as proxy:
        plan = run(source, tmp_path / "out", proxy.url, task=("rest",), dry_run=True).data()
        assert len(proxy.asked) == 1
    wanted = rest_of(files, "01", "02", "03")
    assert (plan["n_recordings"], plan["n_files"], plan["bytes"]) == (3, len(wanted), sum(map(len, wanted.values())))
    assert plan["recording_bytes"] == sum(len(content) for path, content in wanted.items() if path.endswith((".set", ".fdt")))
    assert plan["bytes_to_fetch"] == plan["bytes"] and plan["free_bytes"] > 0 and plan["seconds"] > 0
    assert list(tmp_path.iterdir()) == []
    run(source, tmp_path / "out", s3.url, task=("rest",))
    assert run(source, tmp_path / "out", s3.url, task=("rest",), dry_run=True).data()["bytes_to_fetch"] == 0


def test_a_second_run_asks_no_server_and_touches_nothing(s3, request, tmp_path):
    source = put(s3, request, data_set())
    first = run(source, tmp_path / "out", s3.url)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.name != "done.json"}
    begin = time.monotonic()
    again = run(source, tmp_path / "out", "http://127.0.0.1:1")
    assert time.monotonic() - begin < 10
    assert (again.n_files, again.bytes, again.n_recordings, again.skipped) == (
        first.n_files,
        first.bytes,
        first.n_recordings,
        first.skipped,
    )
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.name != "done.json"} == times


def test_another_selection_adds_to_what_is_here_and_fetches_only_that(s3, request, tmp_path):
    files = data_set()
    source = put(s3, request, files)
    run(source, tmp_path / "out", s3.url, task=("rest",))
    with Proxy(s3.host, s3.port) as proxy:
        run(source, tmp_path / "out", proxy.url, task=("film",))
        assert not [path for path in proxy.paths() if "task-rest" in path]
    assert len(find_recordings(tmp_path / "out")) == 6
    assert set(read_table(tmp_path / "out/fetch.parquet")["path"]) == set(here(tmp_path / "out"))


def test_a_lost_or_cut_file_is_fetched_again_and_only_that(s3, request, tmp_path):
    files = data_set()
    source = put(s3, request, files)
    run(source, tmp_path / "out", s3.url)
    lost, cut = "sub-01/eeg/sub-01_task-rest_eeg.fdt", "sub-02/eeg/sub-02_task-rest_eeg.fdt"
    (tmp_path / "out" / lost).unlink()
    (tmp_path / "out" / cut).write_bytes(b"short")
    with Proxy(s3.host, s3.port) as proxy:
        run(source, tmp_path / "out", proxy.url)
        assert sorted(path.partition("/toy/")[2] for path in proxy.paths() if path.endswith(".fdt")) == [lost, cut]
    assert here(tmp_path / "out")[lost] == files[lost] and here(tmp_path / "out")[cut] == files[cut]


def test_what_changed_on_the_server_comes_with_force(s3, request, tmp_path):
    files = data_set()
    source = put(s3, request, files)
    run(source, tmp_path / "out", s3.url)
    changed = "sub-01/eeg/sub-01_task-rest_eeg.fdt"
    put(s3, request, {changed: files[changed][::-1]})
    with Proxy(s3.host, s3.port) as proxy:
        run(source, tmp_path / "out", proxy.url, force=True)
        assert [path.partition("/toy/")[2] for path in proxy.paths() if path.endswith(".fdt")] == [changed]
    assert here(tmp_path / "out")[changed] == files[changed][::-1]


def test_another_source_in_the_same_folder_is_refused(s3, request, tmp_path):
    source = put(s3, request, data_set())
    run(source, tmp_path / "out", s3.url)
    before = here(tmp_path / "out")
    s3.put("data", {"other/toy/sub-01/eeg/sub-01_task-rest_eeg.edf": b"x"})
    with pytest.raises(InputError, match="another configuration"):
        run("s3://data/other/toy", tmp_path / "out", s3.url)
    assert here(tmp_path / "out") == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="not made by eegcli"):
        run(source, tmp_path / "mine", s3.url)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_file_that_vanished_is_one_failure_and_comes_with_the_next_run(s3, request, tmp_path):
    files = data_set()
    source = put(s3, request, files)
    gone = "sub-02/eeg/sub-02_task-rest_eeg.fdt"
    with Proxy(s3.host, s3.port, lambda asked: Fault(status=404) if asked.path.endswith(gone) else None) as proxy:
        result = run(source, tmp_path / "out", proxy.url, task=("rest",))
    assert [(failure.name, failure.cause) for failure in result.failures] == [(gone, "gone")]
    assert here(tmp_path / "out") == {path: content for path, content in rest_of(files, "01", "02", "03").items() if path != gone}
    table = read_table(tmp_path / "out/fetch.parquet")
    assert [(path, status) for path, status in zip(table["path"], table["status"], strict=True) if status != "ok"] == [(gone, "failed")]
    assert run(source, tmp_path / "out", s3.url, task=("rest",)).failures == ()
    assert here(tmp_path / "out") == rest_of(files, "01", "02", "03")


def test_names_that_lead_out_are_refused_one_by_one(s3, request, tmp_path):
    source = put(s3, request, data_set(1) | {"../evil": b"evil", "sub-01/../../evil": b"evil"})
    result = run(source, tmp_path / "in" / "out", s3.url)
    assert result.n_refused == 2 and {failure.cause for failure in result.failures} == {"refused"}
    assert not list(tmp_path.rglob("evil"))
    table = read_table(tmp_path / "in/out/fetch.parquet")
    assert sorted(path for path, status in zip(table["path"], table["status"], strict=True) if status == "refused") == [
        "../evil",
        "sub-01/../../evil",
    ]
    assert len(find_recordings(tmp_path / "in/out")) == 2


def test_a_server_that_cannot_be_reached_is_exit_6_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("eegcli.remote.limits.Limits.pause", lambda *_: 0.0)
    with pytest.raises(UnavailableError):
        run("s3://data/x", tmp_path / "out", "http://127.0.0.1:1")
    assert list(tmp_path.iterdir()) == []


def test_too_little_room_is_said_before_a_byte_comes(s3, request, tmp_path, monkeypatch):
    source = put(s3, request, data_set())
    monkeypatch.setattr("eegcli.fetch.cost.free_bytes", lambda _: 100)
    with Proxy(s3.host, s3.port) as proxy, pytest.raises(UnavailableError, match="are free"):
        run(source, tmp_path / "out", proxy.url)
    assert not [path for path in proxy.paths() if path.endswith(".fdt")]


def test_releases_of_hbn_become_data_sets_in_one_folder(s3, tmp_path):
    for number in ("ds005505", "ds005509"):
        s3.put("openneuro.org", {f"{number}/{path}": content for path, content in data_set(2, seed=int(number[2:])).items()})
    result = run("hbn", tmp_path / "hbn", s3.url, release=("R1", "R5"), task=("rest",))
    assert (result.output, result.n_recordings) == (tmp_path / "hbn", 4)
    assert sorted(path.name for path in (tmp_path / "hbn").iterdir()) == ["R1", "R5"]
    assert all((tmp_path / "hbn" / name / "fetch.parquet").is_file() for name in ("R1", "R5"))
    assert run("hbn:R1", tmp_path / "hbn/R1", s3.url, release=(), task=("rest",)).n_recordings == 2
    plan = run("hbn", tmp_path / "hbn", s3.url, release=("R1", "R5"), task=("film",), dry_run=True).data()
    assert plan["n_recordings"] == 4


def test_what_a_clone_lacks_is_fetched_from_openneuro_and_held_against_its_key(s3, tmp_path):
    files = data_set()
    s3.put("openneuro.org", {f"ds005505/{path}": content for path, content in files.items()})
    root = clone(tmp_path / "clone", files)
    plan = run(str(root), tmp_path / "out", "http://127.0.0.1:1", task=("rest",), dry_run=True).data()
    assert (plan["n_recordings"], plan["files_to_fetch"], plan["bytes_to_fetch"]) == (3, 3, 9000)
    result = run(str(root), tmp_path / "out", s3.url, task=("rest",))
    assert (result.n_recordings, result.n_not_fetched, result.failures) == (3, 0, ())
    assert here(tmp_path / "out") == rest_of(files, "01", "02", "03")
    assert all((tmp_path / "out" / path).is_symlink() != path.endswith(".fdt") for path in rest_of(files, "01", "02", "03"))
    assert all(recording.fetched for recording in find_recordings(tmp_path / "out"))
    listening = CapturingReporter()
    run(str(root), tmp_path / "out", "http://127.0.0.1:1", reporter=listening, task=("rest",))
    assert listening.messages == [f"{tmp_path / 'out'}: complete already"]


def test_other_bytes_than_those_of_the_key_are_refused(s3, tmp_path):
    files = data_set()
    root = clone(tmp_path / "clone", files)
    wrong = "sub-02/eeg/sub-02_task-rest_eeg.fdt"
    s3.put("openneuro.org", {f"ds005505/{path}": content for path, content in (files | {wrong: files[wrong][::-1]}).items()})
    result = run(str(root), tmp_path / "out", s3.url, task=("rest",))
    assert [(failure.name, failure.cause) for failure in result.failures] == [(wrong, "damaged on the way")]
    assert not (tmp_path / "out" / wrong).exists()


def test_the_hbn_trees_say_what_would_come_without_asking_anyone(hbn, tmp_path):
    # 15,119,658,544 and 51,160,216,096 bytes: the sum of the sizes in the annex keys of *_task-RestingState_eeg.set
    for release, n, size in (("R1", 136, 15_119_658_544), ("R10", 479, 51_160_216_096)):
        plan = run(str(hbn[release]), tmp_path / "out", "http://127.0.0.1:1", task=("RestingState",), dry_run=True).data()
        assert (plan["n_recordings"], plan["recording_bytes"], plan["bytes_to_fetch"]) == (n, size, size)
        assert 0 < plan["bytes"] - size < 5e6


def test_the_command_prints_the_folder_and_exit_5_where_something_is_missing(s3, request, tmp_path):
    source = put(s3, request, data_set(1) | {"../evil": b"evil"})
    done = start(source, tmp_path / "out", s3.url, "--json")
    out, err = done.communicate(timeout=180)
    answer = json.loads(out)
    assert (done.returncode, answer["status"], answer["data"]["n_refused"]) == (5, "partial", 1)
    assert [error["cause"] for error in answer["errors"]] == ["refused"] and "refused" in err
    assert answer["data"]["output"] == str(tmp_path / "out")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc")
def test_an_output_that_cannot_be_written_to_is_exit_6(s3, request):
    done = start(put(s3, request, data_set(1)), Path("/proc/out"), s3.url)
    out, err = done.communicate(timeout=180)
    assert (done.returncode, out) == (6, "") and len(err.strip().splitlines()) <= 3


def test_metadata_alone_names_the_recordings_with_their_size_and_the_whole_may_follow(s3, request, tmp_path):
    files = data_set()
    address = put(s3, request, files)
    output = tmp_path / "toy"
    result = run(address, output, s3.url, task=("rest",), metadata_only=True)
    assert (result.n_recordings, result.n_not_fetched, result.failures) == (3, 6, ())
    assert not [path for path in here(output) if path.endswith((".set", ".fdt"))]
    found = find_recordings(output)
    assert [recording.fetched for recording in found] == [False] * 3
    stem = "sub-01/eeg/sub-01_task-rest_eeg"
    assert found[0].size == len(files[f"{stem}.set"]) + len(files[f"{stem}.fdt"])

    reporter = CapturingReporter()
    run(address, output, s3.url, reporter=reporter, task=("rest",), metadata_only=True)
    assert any("complete already" in line for line in reporter.messages)

    run(address, output, s3.url, task=("rest",))
    assert here(output)[f"{stem}.fdt"] == files[f"{stem}.fdt"]
    assert all(recording.fetched for recording in find_recordings(output))
    run(address, output, s3.url, metadata_only=True)  # what is here stays; the other task is named
    assert here(output)[f"{stem}.fdt"] == files[f"{stem}.fdt"]
    assert sum(not recording.fetched for recording in find_recordings(output)) == 3


def test_a_plan_for_metadata_counts_no_signal(s3, request, tmp_path):
    files = data_set()
    address = put(s3, request, files)
    plan = run(address, tmp_path / "toy", s3.url, metadata_only=True, dry_run=True)
    wanted = [content for path, content in files.items() if path.endswith((".tsv", ".json")) or path in ("README", "CHANGES")]
    assert plan.summary["bytes"] == sum(map(len, wanted))
    assert plan.summary["n_recordings"] == 6
