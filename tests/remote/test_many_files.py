"""Many files side by side: one that fails costs no other, and none is written where it may not be."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from eegcli.errors import UnavailableError
from eegcli.remote.client import Client
from eegcli.remote.download import Fetched
from eegcli.remote.file import RemoteFile
from eegcli.remote.limits import Limits
from eegcli.remote.transfer import fetch_files
from eegcli.reporter import Silent
from tests.kit.proxy import Asked, Fault, Proxy
from tests.kit.servers import Nginx
from tests.kit.transfers import BLOCK, client, left_behind, sha256


def many(web: Nginx, folder: Path, sizes: list[int], url: str) -> dict[str, bytes]:
    contents = {f"sub-{index % 50:02d}/eeg/{index:04d}.tsv": random.Random(index).randbytes(size) for index, size in enumerate(sizes)}
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return contents


def test_two_thousand_small_and_twenty_large_files_survive_a_bad_line(web, folder_of, tmp_path):
    chance = random.Random(5)

    def rule(asked: Asked) -> Fault | None:
        if asked.number % 10 or asked.before % 3 == 2:  # three wrong answers in a row are believed
            return None
        return chance.choice(
            [Fault(cut_after=chance.randrange(60)), Fault(status=503), Fault(status=429), Fault(drop=True), Fault(length_by=-3)]
        )

    with Proxy("127.0.0.1", web.port, rule) as proxy:
        contents = many(web, folder_of, [*range(2000), *(6 * BLOCK + index for index in range(20))], proxy.url)
        files = [RemoteFile(path, len(content), None, None, f"{proxy.url}/{folder_of.name}/{path}") for path, content in contents.items()]
        told: list[Fetched] = []
        results = fetch_files(
            files, tmp_path, jobs=8, reporter=Silent(), block=BLOCK, settled=told.append,
            client=Client(Limits(tries=10, pause_seconds=0.005, read_seconds=5)),
        )  # fmt: skip
    assert [result.file for result in results] == files and len(told) == len(files)
    assert [result.error for result in results if result.error] == []
    for result in results:
        assert result.sha256 == sha256(contents[result.file.path])
        assert result.target.read_bytes() == contents[result.file.path]
    assert len(left_behind(tmp_path)) == 2020


def test_a_wrong_answer_after_late_ones_is_asked_for_again(web, folder_of, tmp_path):
    faults = [Fault(status=503), Fault(drop=True), Fault(length_by=-3)]
    with Proxy("127.0.0.1", web.port, lambda asked: faults[asked.before] if asked.before < len(faults) else None) as proxy:
        ((path, content),) = many(web, folder_of, [521], proxy.url).items()
        file = RemoteFile(path, len(content), None, None, f"{proxy.url}/{folder_of.name}/{path}")
        (result,) = fetch_files([file], tmp_path, reporter=Silent(), client=Client(Limits(tries=10, pause_seconds=0.005, read_seconds=5)))
    assert result.error is None and result.target.read_bytes() == content


def test_a_file_that_fails_never_stops_the_others(web, folder_of, tmp_path):
    contents = many(web, folder_of, [10, 20, 30], web.url)
    files = [RemoteFile(path, len(content), None, None, f"{web.url}/{folder_of.name}/{path}") for path, content in contents.items()]
    files.insert(1, RemoteFile("gone", 10, None, None, f"{web.url}/{folder_of.name}/gone"))
    results = fetch_files(files, tmp_path, reporter=Silent(), client=client())
    assert [result.ok for result in results] == [True, False, True, True]
    assert results[1].error.cause == "gone"


@pytest.mark.parametrize("path", ["../evil", "/evil", "a/../../evil", "a\\..\\evil", "a\0b", "a//b", "./a", "C:/evil"])
def test_a_name_that_leads_out_of_the_folder_is_refused(web, folder_of, tmp_path, path):
    (folder_of / "good").write_bytes(b"good")
    url = f"{web.url}/{folder_of.name}/good"
    results = fetch_files(
        [RemoteFile(path, 4, None, None, url), RemoteFile("good", 4, None, None, url)], tmp_path / "in", reporter=Silent()
    )
    assert [result.error.cause if result.error else None for result in results] == ["refused", None]
    assert left_behind(tmp_path) == ["good"]


@pytest.mark.parametrize("link", ["sub-01", "sub-01/eeg", "sub-01/eeg/a.set"])
def test_a_link_in_the_way_is_not_followed(web, folder_of, tmp_path, link):
    (folder_of / "a.set").write_bytes(b"remote")
    (tmp_path / "outside").mkdir()
    (tmp_path / "in" / link).parent.mkdir(parents=True)
    (tmp_path / "in" / link).symlink_to(tmp_path / "outside")
    file = RemoteFile("sub-01/eeg/a.set", 6, None, None, f"{web.url}/{folder_of.name}/a.set")
    assert fetch_files([file], tmp_path / "in", reporter=Silent())[0].error.cause == "refused"
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_one_error(web, folder_of, tmp_path):
    contents = many(web, folder_of, [10] * 5, web.url)
    files = [RemoteFile(path, len(content), None, None, f"{web.url}/{folder_of.name}/{path}") for path, content in contents.items()]
    with pytest.raises(UnavailableError):
        fetch_files(files, Path("/proc/nowhere"), reporter=Silent())
