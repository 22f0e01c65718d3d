"""Sources elsewhere: the texts that users write, and the listings of servers."""

from __future__ import annotations

import datetime
import hashlib
import json

import pytest

from eegcli.catalogue.releases import all_hbn_releases
from eegcli.errors import EegcliError, InputError, UnavailableError, UsageError
from eegcli.remote.client import Client
from eegcli.remote.limits import Limits
from eegcli.remote.signing import Credentials, signed
from eegcli.remote.sources import is_remote, open_source, open_sources
from eegcli.remote.transfer import fetch_files
from eegcli.reporter import Silent
from tests.kit.proxy import Fault, Proxy
from tests.kit.servers import free_port, nginx

DESCRIPTION = json.dumps({"Name": "n", "DatasetDOI": "doi:10.18112/openneuro.ds005505.v1.0.1"}).encode()
QUICK = Limits(tries=2, pause_seconds=0.01, connect_seconds=1, read_seconds=2)


@pytest.mark.parametrize(
    ("text", "url", "prefix"),
    [
        ("ds005505", "https://s3.amazonaws.com/openneuro.org", "ds005505"),
        ("ds005505@1.0.1", "https://s3.amazonaws.com/openneuro.org", "ds005505"),
        ("hbn:R1", "https://s3.amazonaws.com/openneuro.org", "ds005505"),
        ("hbn:r11", "https://s3.amazonaws.com/openneuro.org", "ds005516"),
        ("hbn:NC", "https://data.nemar.org", "nm000103"),
        ("nm000103", "https://data.nemar.org", "nm000103"),
        ("s3://nmdatasets/NeurIPS25/R1_mini_L100_bdf", "https://s3.amazonaws.com/nmdatasets", "NeurIPS25/R1_mini_L100_bdf"),
        ("https://s3.amazonaws.com/openneuro.org/ds005505", "https://s3.amazonaws.com/openneuro.org", "ds005505"),
        ("https://my.bucket.s3.eu-west-1.amazonaws.com/a/b/", "https://my.bucket.s3.eu-west-1.amazonaws.com", "a/b"),
        ("https://example.org/data/ds1", "https://example.org/data/ds1", ""),
    ],
)
def test_a_source_is_understood_without_asking_anyone(text, url, prefix):
    source = open_source(text)
    assert (source.url, source.prefix) == (url, prefix)
    assert is_remote(text)


@pytest.mark.parametrize("text", ["demo", "ds00550", "./ds005505", "hbn/R1", "somewhere"])
def test_what_is_no_source_is_left_to_others(text):
    assert not is_remote(text)
    with pytest.raises(UsageError):
        open_source(text)


def test_hbn_is_all_releases_and_some_can_be_chosen():
    assert [source.name for source in open_sources("hbn")] == [f"R{number}" for number in range(1, 12)]
    assert [source.name for source in open_sources("hbn", release=["R2", "NC"])] == ["R2", "NC"]
    assert [source.prefix for source in open_sources("hbn", release=("R5", "R1"))] == ["ds005505", "ds005509"]
    assert [source.name for source in open_sources("hbn:R2,R3")] == ["R2", "R3"]
    with pytest.raises(UsageError, match="R12"):
        open_sources("hbn:R12")
    with pytest.raises(UsageError, match="several"):
        open_source("hbn")


def test_the_catalogue_agrees_with_the_metadata_trees(hbn):
    from eegcli.bids.scan import find_recordings

    for item in all_hbn_releases():
        if item.release in hbn:
            found = find_recordings(hbn[item.release])
            resting = [recording for recording in found if recording.task == "RestingState"]
            assert item.bytes == sum(recording.size for recording in found)
            assert (item.resting_recordings, item.resting_bytes) == (len(resting), sum(recording.size for recording in resting))
        assert item.source


def test_amazon_s_own_example_of_a_signature():
    # Amazon S3 API Reference, "Signature Calculations for the Authorization Header", example GET Object
    headers = signed(
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt",
        {"Range": "bytes=0-9"},
        Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        "us-east-1",
        now=datetime.datetime(2013, 5, 24),
    )
    assert headers["Authorization"].endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    # the same document, example GET Bucket (List Objects)
    headers = signed(
        "GET",
        "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
        {},
        Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        "us-east-1",
        now=datetime.datetime(2013, 5, 24),
    )
    assert headers["Authorization"].endswith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")


def test_a_bucket_is_listed_page_by_page_with_any_name(s3):
    names = [f"sub-01/eeg/{index:04d} é+&%.tsv" for index in range(1100)]
    s3.put("pages", {f"a b/{name}": name.encode() for name in names} | {"other/x": b"", "a b/": b"", "a bc": b""})
    files = open_source("s3://pages/a b", endpoint_url=s3.url).files()
    assert [file.path for file in files] == names
    assert files[7].bytes == len(names[7].encode())
    assert files[7].md5 == hashlib.md5(names[7].encode(), usedforsecurity=False).hexdigest()


def test_names_of_a_bucket_become_names_of_files(s3, tmp_path):
    names = ["sub-01/eeg/é+&%20 =~#?.tsv", "sub-01/eeg/a'(b)*!.tsv", "plain"]
    s3.put("odd", {f"p/{name}": name.encode() for name in names})
    results = fetch_files(open_source("s3://odd/p", endpoint_url=s3.url).files(), tmp_path, reporter=Silent())
    assert [result.error for result in results] == [None] * 3
    assert all((tmp_path / name).read_bytes() == name.encode() for name in names)


def test_requests_are_signed_if_there_are_credentials_and_only_then(s3, monkeypatch):
    s3.put("signing", {"p/a": b"a"})
    seen = []
    with Proxy(s3.host, s3.port) as proxy:
        relay = proxy._relay
        proxy._relay = lambda wfile, asked, headers, fault: (
            seen.append(headers.get("authorization", "")),
            relay(wfile, asked, headers, fault),
        )[1]
        open_source("s3://signing/p", endpoint_url=proxy.url).files()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        assert [file.path for file in open_source("s3://signing/p", endpoint_url=proxy.url).files()] == ["a"]
    assert seen[0] == "" and seen[1].startswith("AWS4-HMAC-SHA256 Credential=AKID/") and "/eu-west-1/s3/" in seen[1]


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_the_endpoint_comes_from_the_environment(s3, monkeypatch, variable):
    s3.put("env", {"p/a": b"a"})
    monkeypatch.setenv(variable, s3.url)
    assert [file.path for file in open_source("s3://env/p").files()] == ["a"]


def test_a_proxy_of_the_environment_is_used_but_for_those_it_leaves_out(web, folder_of, monkeypatch):
    (folder_of / "a.txt").write_text("a")
    with Proxy("127.0.0.1", web.port) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert len(open_source(f"http://localhost:{web.port}/{folder_of.name}").files()) == 1
        assert proxy.asked[0].path.startswith(f"http://localhost:{web.port}/")
        monkeypatch.setenv("no_proxy", "localhost")
        before = len(proxy.asked)
        open_source(f"http://localhost:{web.port}/{folder_of.name}").files()
        assert len(proxy.asked) == before


def test_the_version_asked_for_is_the_one_served_or_refused(s3):
    s3.put("openneuro.org", {"ds000001/dataset_description.json": DESCRIPTION, "ds000001/CHANGES": b"1.0.1 2025-01-06\n  - x\n"})
    assert len(open_source("ds000001@1.0.1", endpoint_url=s3.url).files()) == 2
    with pytest.raises(InputError, match=r"serves version 1\.0\.1") as caught:
        open_source("ds000001@1.0.0", endpoint_url=s3.url).files()
    assert "ds000001@1.0.1" in caught.value.hint
    s3.put("openneuro.org", {"ds000002/CHANGES": b"2.1.0 2025-01-06\n\n1.0.0 2024-01-01\n"})
    assert open_source("ds000002@2.1.0", endpoint_url=s3.url).files()


def test_names_that_lead_out_and_names_that_are_two_things_are_set_apart(s3):
    s3.put("evil", {f"p/{name}": b"" for name in ("../x", "a/../../x", "good/a", "good", "a\\b", "b//c", "n\nl")})
    files, refused = open_source("s3://evil/p", endpoint_url=s3.url).listing
    assert [file.path for file in files] == ["good/a"]
    assert {item.name for item in refused} == {"../x", "a/../../x", "good", "a\\b", "b//c", "n\nl"}


def test_a_bucket_that_is_none_and_a_prefix_that_is_empty(s3, web, folder_of):
    with pytest.raises(EegcliError) as caught:
        open_source("s3://no-such-bucket/p", endpoint_url=s3.url).files()
    assert caught.value.cause == "gone"
    s3.put("empty", {"a/b": b""})
    with pytest.raises(EegcliError, match="nothing there"):
        open_source("s3://empty/c", endpoint_url=s3.url).files()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>a login page</html>",
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><ListBucketResult>&a;</ListBucketResult>",
        b"no xml",
        b"",
        b"<ListBucketResult>",
        b"<Other/>",
    ],
)
def test_an_answer_that_is_no_listing_is_said_to_be_none(web, body):
    with Proxy("127.0.0.1", web.port, lambda _: Fault(status=200, body=body)) as proxy, pytest.raises(InputError, match="not a bucket"):
        open_source("s3://b/p", endpoint_url=proxy.url, client=Client(QUICK)).files()


def test_a_server_that_is_not_there_is_one_error():
    with pytest.raises(UnavailableError, match="127") as caught:
        open_source("s3://b/p", endpoint_url=f"http://127.0.0.1:{free_port()}", client=Client(QUICK)).files()
    assert caught.value.exit_code == 6 and "--endpoint-url" in caught.value.hint


def make_site(folder) -> dict[str, bytes]:
    contents = {
        "dataset_description.json": b"{}",
        "participants.tsv": b"participant_id\nsub-01\n",
        "sub-01/eeg/sub-01_task-a b_eeg.set": b"x" * 70_000,
        "sub-01/ses-1/eeg/sub-01_ses-1_task-é_channels.tsv": b"name\n",
        "sub-02/eeg/sub-02_task-rest_run-10_desc-a-very-long-name-that-nginx-cuts-in-its-index_eeg.json": b"{}",
    }
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "derivatives/deep").mkdir(parents=True)
    (folder / "derivatives/deep/x").write_text("x")
    return contents


@pytest.mark.parametrize("json_index", [False, True])
def test_a_web_server_s_index_is_walked_through(tmp_path, json_index):
    with nginx(tmp_path / "server", json_index=json_index) as server:
        contents = make_site(server.root)
        files = open_source(server.url).files()
        assert {file.path: file.bytes for file in files} == {path: len(content) for path, content in contents.items()}
        results = fetch_files(files, tmp_path / "out", reporter=Silent())
        assert {result.file.path: result.target.read_bytes() for result in results} == contents


APACHE = b"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN"><html><body><h1>Index of /ds</h1><table>
<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=S;O=A">Size</a></th></tr>
<tr><td><a href="/">Parent Directory</a></td><td>&nbsp;</td><td align="right">  - </td></tr>
<tr><td><a href="README">README</a></td><td align="right">2025-01-01 10:00  </td><td align="right">1.2K</td></tr>
<tr><td><a href="../../etc/passwd">x</a></td></tr><tr><td><a href="http://elsewhere.example/ds/evil">x</a></td></tr>
<tr><td><a href="%2e%2e%2fevil">x</a></td></tr><tr><td><a href="sub-01/eeg/deep">x</a></td></tr>
</table></body></html>"""


def test_only_links_to_what_lies_in_the_folder_are_followed_and_rounded_sizes_are_none(web):
    page = Fault(status=200, body=APACHE, headers={"Content-Type": "text/html"})
    with Proxy("127.0.0.1", web.port, lambda _: page) as proxy:
        files, refused = open_source(f"{proxy.url}/ds").listing
        assert [(file.path, file.bytes) for file in files] == [("README", None)]
        assert [item.name for item in refused] == ["../evil"]
        assert proxy.paths() == ["/ds/"]


def test_nemar_s_manifest_is_read_and_its_checksums_hold(web, folder_of, tmp_path):
    content, text = b"x" * 1000, b"{}"
    sha256 = hashlib.sha256(content).hexdigest()
    git = hashlib.sha1(b"blob 2\0{}", usedforsecurity=False).hexdigest()
    (folder_of / "nm000103").mkdir()
    (folder_of / "data").write_bytes(content)
    (folder_of / "text").write_bytes(text)
    base = f"{web.url}/{folder_of.name}"
    files = [
        {"path": "sub-01/eeg/a.set", "size": 1000, "url": f"{base}/data", "checksum_algorithm": "sha256", "checksum": sha256},
        {"path": "dataset_description.json", "size": 2, "url": f"{base}/text", "checksum_algorithm": "git", "checksum": git},
    ]
    index = {"dataset_id": "nm000103", "latest": "v1.0.2", "versions": [{"version": "v1.0.2", "manifest_url": "v1.0.2.json"}]}
    (folder_of / "nm000103/index.html").write_text(json.dumps(index))
    (folder_of / "nm000103/v1.0.2.json").write_text(json.dumps({"files": files}))
    listed = open_source("nm000103", endpoint_url=base).files()
    assert [(file.path, file.sha256, file.checksum) for file in listed] == [
        ("dataset_description.json", None, f"git:{git}"),
        ("sub-01/eeg/a.set", sha256, None),
    ]
    assert [result.error for result in fetch_files(listed, tmp_path, reporter=Silent())] == [None, None]
    with pytest.raises(InputError, match="no such version"):
        open_source("nm000103@9.9.9", endpoint_url=base).files()
    (folder_of / "nm000103/v1.0.2.json").write_text(json.dumps({"files": [{"path": "a", "url": "https://elsewhere.example/a"}]}))
    with pytest.raises(InputError, match="another server"):
        open_source("nm000103", endpoint_url=base).files()
    (folder_of / "nm000103/index.html").write_text("<html>")
    with pytest.raises(InputError, match="unknown form"):
        open_source("nm000103", endpoint_url=base).files()


def test_a_bucket_of_amazon_is_found_in_its_region(web, monkeypatch):
    from eegcli.remote.sources import s3 as module

    moved = Fault(status=301, headers={"x-amz-bucket-region": "eu-central-1"})
    with Proxy("127.0.0.1", web.port, lambda _: moved) as proxy:
        assert module.locate(Client(QUICK), f"{proxy.url}/bucket", "us-east-1") == (f"{proxy.url}/bucket", "us-east-1")
        monkeypatch.setattr(module, "AMAZON", proxy.url)
        assert module.locate(Client(QUICK), f"{proxy.url}/bucket", "us-east-1") == (
            "https://s3.eu-central-1.amazonaws.com/bucket",
            "eu-central-1",
        )
