"""Streaming: recordings are fetched one by one, cleaned and forgotten, and the artifact is that of a data set that was here."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

import pytest

from eegcli import fetch
from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.table import read_table
from eegcli.errors import InputError, UnavailableError
from eegcli.preprocess.stream import delivery
from eegcli.settings import FetchSettings
from tests.kit.commands import eegcli
from tests.kit.dask import Cluster
from tests.kit.files import contents
from tests.kit.preloaded import Process
from tests.kit.serving import Served, serving
from tests.kit.streams import FAST, SUBJECTS
from tests.kit.trees import dangling, make_tree, noise, recording, tsv, write_edf


def fetched(source: str, target: Path, served: Served, reporter) -> Path:
    """The same data set, fetched first."""
    settings = FetchSettings(source=source, output=target, endpoint_url=None if "//127" in source else served.url)
    assert not fetch.run(settings, reporter=reporter).failures
    return target


@pytest.mark.parametrize(("scheme", "jobs"), [("s3", 1), ("s3", 2), ("http", 1)])
def test_a_stream_leaves_byte_for_byte_what_fetching_first_leaves(run, stream, served, tmp_path, scratch, heard, scheme, jobs):
    source = "s3://bucket/toy" if scheme == "s3" else f"{served.url}/bucket/toy"
    here = run(fetched(source, tmp_path / "toy", served, heard), **FAST)
    there = stream(source, jobs=jobs)
    assert (there.ok, there.failed, there.causes) == (here.ok, here.failed, here.causes) == (4, 1, {"truncated": 1})
    assert contents(there.output) == contents(here.output)
    assert list(open_recordings(there.output).read(2).events.value) == ["inherited"]
    assert not list(scratch.iterdir()), "nothing stays in scratch"


def test_what_is_passed_over_is_told_as_of_a_tree_that_is_here(stream, bucket, heard):
    (bucket / "sub-04/eeg/sub-04_task-a_b_eeg.edf").write_bytes(b"x")
    (bucket / "sub-04/eeg/sub-04_task-Rest_events.tsv").write_bytes(b"x")
    stream(dry_run=True)
    assert [line.partition(".")[0] for line in heard.warnings] == [
        "1 file looks like a recording but has no BIDS name: sub-04_task-a_b_eeg",
        "1 sidecar belongs to no recording: sub-04_task-Rest_events",
    ]


def test_no_raw_data_is_written_beside_the_output(stream, tmp_path):
    output = stream().output
    kept = [path for path in output.with_name("streamed-metadata").rglob("*") if path.is_file() and not path.is_symlink()]
    assert {path.suffix for path in kept} == {".json", ".tsv"}
    assert not [path for path in tmp_path.rglob("*_eeg.edf") if "served" not in path.parts and path.exists()]


def test_what_is_not_here_is_a_link_named_by_size_and_checksum(stream, tmp_path, bucket):
    stream()
    link = tmp_path / "streamed-metadata" / "toy" / "sub-01" / "eeg" / "sub-01_task-rest_eeg.edf"
    source = recording(bucket, "01").read_bytes()
    assert link.readlink().name == f"MD5E-s{len(source)}--{hashlib.md5(source).hexdigest()}.edf"
    assert "annex/objects" in link.readlink().as_posix() and not link.exists()


def test_only_what_is_chosen_is_fetched_with_the_sidecars_it_inherits(stream, served):
    result = stream(subject=("03",))
    assert result.ok == 1
    assert {path.rpartition("/")[2] for path, _ in served.asked()} == {
        "dataset_description.json",
        "participants.tsv",
        "task-rest_eeg.json",
        "sub-03_events.tsv",
        "sub-03_task-rest_eeg.edf",
    }
    served.forget()
    assert stream(subject=("03",)).skipped == 1
    assert served.asked() == [], "what is here already is not fetched again"


def test_a_fetched_recording_that_somebody_edited_is_cleaned_again(run, served, tmp_path, heard):
    """The manifest's key stands for what was fetched, and for nothing else."""
    here = fetched("s3://bucket/toy", tmp_path / "toy", served, heard)
    run(here, **FAST)
    content_of_01 = bytearray(recording(here, "01").read_bytes())
    content_of_01[-1] ^= 1
    recording(here, "01").write_bytes(content_of_01)
    again = run(here, **FAST)
    assert (again.ok, again.skipped) == (1, 3)


def test_a_recording_that_changes_at_the_source_is_cleaned_again_and_others_are_not(stream, bucket):
    stream()
    write_edf(recording(bucket, "01"), noise(seed=77))
    tsv(bucket / "sub-03" / "sub-03_events.tsv", "onset duration value\n2.0 0 other")
    again = stream()
    assert (again.ok, again.skipped) == (2, 2)
    recordings = open_recordings(again.output)
    assert list(recordings.read(2).events.value) == ["other"]


def test_a_recording_that_changes_between_listing_and_transfer_fails_alone(stream, served, bucket):
    def replace(path: str) -> None:
        if path.endswith("sub-01_task-rest_eeg.edf"):
            write_edf(recording(bucket, "01"), noise(seed=78))

    served.before = replace
    result = stream()
    assert result.causes == {"fetch": 1, "truncated": 1}
    assert "changed on the server" in result.failures[0].error
    served.before = None
    assert stream().ok == 1


def test_a_failed_transfer_is_that_recording_s_failure_and_is_retried(stream, served, bucket, tmp_path, monkeypatch):
    gone = recording(bucket, "03")
    content_before = gone.read_bytes()
    served.before = lambda path: gone.unlink(missing_ok=True) if path.endswith(gone.name) else None
    result = stream()
    assert result.causes == {"fetch": 1, "truncated": 1} and "not there (404)" in result.failures[1].error
    served.before = None
    gone.write_bytes(content_before)
    undisturbed = contents(stream(output="undisturbed-recordings").output)
    assert stream().ok == 1
    assert contents(tmp_path / "streamed-recordings") == undisturbed


def test_a_sidecar_that_cannot_be_had_costs_the_recordings_that_inherit_it(stream, served, bucket):
    sidecar = bucket / "sub-03" / "sub-03_events.tsv"
    text = sidecar.read_text()
    served.before = lambda path: sidecar.unlink(missing_ok=True) if path.endswith(sidecar.name) else None
    result = stream()
    assert [(f.name, f.cause) for f in result.failures if f.cause == "fetch"] == [("sub-03_task-rest", "fetch")]
    assert "sub-03_events.tsv" in result.failures[1].error and result.ok == 3
    served.before = None
    sidecar.write_text(text)
    assert stream().ok == 1


def test_a_dry_run_says_bytes_scratch_and_time_and_writes_nothing(stream, bucket, tmp_path, served, scratch):
    summary = stream(dry_run=True, jobs=1).summary
    sizes = {path: path.stat().st_size for path in bucket.rglob("*_eeg.*") if path.suffix in (".edf", ".vhdr", ".eeg", ".vmrk")}
    assert summary["n_recordings"] == 5 and summary["n_not_fetched"] == 0
    assert summary["bytes_to_fetch"] == sum(sizes.values())
    pairs = sorted([sum(size for path, size in sizes.items() if f"sub-{s}_" in path.name) for s in (*SUBJECTS, "05")])[-2:]
    assert summary["scratch_bytes"] == sum(pairs) + 2 * delivery.SLACK
    assert summary["seconds"] >= summary["seconds_to_fetch"]
    assert {path.name for path in tmp_path.iterdir()} == {"served", "scratch"} and not list(scratch.iterdir())
    assert not [path for path, _ in served.asked() if path.endswith((".edf", ".eeg"))]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_every_shard_streams_its_own_share(stream, served, order):
    whole = contents(stream(output="whole-recordings").output)
    served.forget()
    results = [stream(shard=f"{number}/2") for number in order]
    assert sum(result.ok for result in results) == 4 and results[-1].left == 0
    assert len(served.asked("_eeg.edf")) == 4, "no recording is fetched twice"
    assert contents(results[0].output) == whole


def test_two_streams_into_one_output_at_once_leave_what_one_leaves(stream, tmp_path, served, commands):
    whole = contents(stream(output="whole-recordings").output)
    command = ["preprocess", "s3://bucket/toy", "--stream", "--endpoint-url", served.url, "--jobs", "1"]
    command += ["-o", tmp_path / "two-recordings", "--sfreq", "64", "-q"]
    recipe = tmp_path / "fast.toml"
    recipe.write_text('[[preprocess.steps]]\nstep = "resample"\nsfreq = 64.0\n')
    both = [Process(commands, *command, "--recipe", recipe, cwd=tmp_path) for _ in range(2)]
    ends = [process.wait() for process in both]
    assert 5 in ends and set(ends) <= {5, 75}, "the one that has nothing left while the other is at work says so"
    assert contents(tmp_path / "two-recordings") == whole


def test_a_source_that_is_gone_ends_the_command_and_another_run_goes_on(stream, served, monkeypatch, tmp_path, bucket):
    for number in range(10, 20):
        write_edf(recording(bucket, f"{number}"), noise(seed=number))
    monkeypatch.setattr("eegcli.remote.limits.Limits.tries", 1, raising=False)
    from eegcli.preprocess.stream import transfer
    from eegcli.remote.client import Client
    from eegcli.remote.limits import Limits

    monkeypatch.setattr(transfer, "_client", lambda: Client(Limits(tries=1, pause_seconds=0.01)))
    seen: list[str] = []

    def vanish(path: str) -> None:
        if path.endswith(".edf"):
            seen.append(path)
            if len(set(seen)) > 3:
                raise ConnectionError

    served.before = vanish
    with pytest.raises(UnavailableError, match="no longer answers"):
        stream()
    served.before = None
    assert stream().ok > 5
    assert contents(tmp_path / "streamed-recordings") == contents(stream(output="other-recordings").output)


def command_for(served: Served, output: Path, *extra: str) -> list[str]:
    return [
        *("preprocess", "s3://bucket/toy", "--stream", "--endpoint-url", served.url),
        *("--jobs", "1", "-q", "-o", str(output), *extra),
    ]


def until(condition, seconds: float = 180.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 75)])
def test_a_stream_that_is_stopped_goes_on_and_scratch_is_tidied(stream, served, bucket, tmp_path, scratch, commands, number, code):
    for subject in range(10, 18):
        write_edf(recording(bucket, f"{subject}"), noise(seed=subject, seconds=60.0))
    served.bytes_per_second = 400_000
    output = tmp_path / "stopped-recordings"
    process = Process(commands, *command_for(served, output), cwd=tmp_path)
    until(lambda: list(output.glob("sub-*/eeg/*.json")))
    os.kill(process.pid, number)
    assert process.wait() == code
    assert bool(list(scratch.glob("eegcli-stream-*"))) == (number == signal.SIGKILL)
    there = len(list(output.glob("sub-*/eeg/*.json")))
    served.bytes_per_second = None
    assert eegcli(*command_for(served, output), cwd=tmp_path).returncode == 5
    assert 0 < there < 12 and not list(scratch.glob("eegcli-stream-*"))
    assert len(open_recordings(output)) == 13


def test_a_full_disk_ends_the_command_since_the_others_would_meet_it_too(stream, monkeypatch, served):
    def full(file, target, stopping):
        raise UnavailableError(f"{target}: the disk is full")

    monkeypatch.setattr("eegcli.preprocess.stream.fetch", full)
    with pytest.raises(UnavailableError, match="the disk is full"):
        stream()
    monkeypatch.undo()


def test_workers_of_a_dask_cluster_fetch_for_themselves(stream, tmp_path, scratch):
    pytest.importorskip("distributed")
    whole = contents(stream(output="whole-recordings").output)
    cluster = Cluster(tmp_path / "workers")
    try:
        cluster.worker("--nthreads", "1")
        result = stream(executor="dask", scheduler=cluster.address)
        assert (result.ok, result.causes) == (4, {"truncated": 1})
        refused = stream(output="small-recordings", subject=("01", "05"), executor="dask", scheduler=cluster.address, scratch_gb=0.00009)
        assert (refused.ok, refused.causes) == (1, {"fetch": 1})
    finally:
        cluster.close()
    assert contents(result.output) == whole
    assert not list(scratch.glob("eegcli-stream-*"))


def test_a_clone_streams_what_is_only_a_link_and_checks_it_against_the_link(run, tmp_path, scratch, heard):
    served_tree = make_tree(tmp_path / "served" / "openneuro.org" / "ds000001", ("01", "02", "03"))
    clone = make_tree(tmp_path / "clone" / "ds000001", ("01", "02", "03"))
    for subject, digest in (("02", None), ("03", "0" * 64)):
        source = recording(served_tree, subject).read_bytes()
        recording(clone, subject).unlink()
        key = f"SHA256E-s{len(source)}--{digest or hashlib.sha256(source).hexdigest()}.edf"
        recording(clone, subject).symlink_to(f"../../.git/annex/objects/aa/bb/{key}/{key}")
    with serving(tmp_path / "served") as served:
        result = run(clone, "clean", stream=True, endpoint_url=served.url, **FAST)
        assert len(served.asked(".edf")) <= 3
    assert result.ok == 2 and result.causes == {"fetch": 1}
    assert "SHA-256" in result.failures[0].error
    object_ = clone / recording(clone, "02").parent / recording(clone, "02").readlink()
    object_.parent.mkdir(parents=True)
    object_.write_bytes(recording(served_tree, "02").read_bytes())  # as `datalad get` does
    assert run(clone, "clean", subject=("01", "02"), **FAST, force=True).skipped == 2, "the same key is the same recording"


def test_a_data_set_that_is_all_here_needs_no_server(run, tmp_path, scratch):
    assert run(make_tree(tmp_path / "ds"), stream=True, **FAST).ok == 3


def test_a_clone_of_nobody_knows_where_is_refused_with_the_way_out(run, tmp_path, scratch):
    tree = make_tree(tmp_path / "mine", ("01",))
    dangling(recording(tree, "02"))
    with pytest.raises(InputError, match="nothing says where"):
        run(tree, stream=True)


def test_timings_say_how_long_a_worker_waited(stream):
    table = read_table(stream().output / "timing.parquet")
    assert (table["fetch"] >= 0).all() and (table["total"] >= table["fetch"]).all()
