"""Fixtures that many tests share."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Workers share the cores, and a thread that waits for another one turns in circles: a quarter of all CPU time. Read when NumPy and PyTorch
# are imported, hence here. `make test-exhaustive` gives each of its tests two threads.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from tests.kit import figures, preloaded  # noqa: E402
from tests.kit.servers import Bucketful, Nginx, nginx  # noqa: E402
from tests.kit.shared import once_for_all_workers, one_for_all_workers  # noqa: E402

# A property holds on a slow machine, too: Hypothesis would fail an example that takes 0.2 s.
settings.register_profile("eegcli", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("eegcli")

figures.draw_small()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the slow tests out to the beginning of every worker's share, so that none of them is begun last and waited for."""
    n_workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if item.get_closest_marker("slow")]
    others = [item for item in items if not item.get_closest_marker("slow")]
    shares = [slow[number::n_workers] for number in range(n_workers)]
    size = len(items) / n_workers  # xdist deals equal shares, in this order
    dealt: list[pytest.Item] = []
    for number, share in enumerate(shares, 1):
        room = round(number * size) - len(dealt) - len(share) if number < n_workers else len(others)
        dealt += [*share, *others[:room]]
        others = others[room:]
    items[:] = dealt


@pytest.fixture
def figures_as_for_users() -> Iterator[None]:
    """Figures of this test have their full size and their layout."""
    with figures.as_for_users():
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real recordings; tests that need it are skipped where it is not."""
    folder = Path(os.environ.get("EEGCLI_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real recordings in {folder}; set EEGCLI_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def hbn(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Metadata of two HBN releases: every recording is a dangling link."""

    def extract(folder: Path) -> None:
        for accession in ("ds005505", "ds005515"):
            with tarfile.open(real_data / "hbn-meta" / f"{accession}.tgz") as archive:
                archive.extractall(folder, filter=lambda member, _: member)

    folder = once_for_all_workers(tmp_path_factory, "hbn", extract)
    return {"R1": folder / "ds005505", "R10": folder / "ds005515"}


@pytest.fixture(scope="session")
def simulated_hbn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """OpenNeuro's buckets, with all releases of a simulated HBN in them."""
    from tests.kit.hbn import make_hbn

    return once_for_all_workers(tmp_path_factory, "simulated-hbn", lambda folder: make_hbn(folder / "openneuro.org"))


@pytest.fixture(scope="session")
def full_size_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One simulated person with two closed blocks and all that HBN has: 129 channels, bad ones among them, artifacts."""
    from eegcli import fetch
    from eegcli.reporter import Silent
    from eegcli.settings import FetchSettings

    def make(folder: Path) -> None:
        asked = {"subjects": 1, "blocks": 2, "full_size": True, "artifacts": True}
        fetch.run(FetchSettings(source="demo", jobs=1, output=folder / "demo", **asked), reporter=Silent())

    return once_for_all_workers(tmp_path_factory, "full-size-demo", make) / "demo"


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for the PATH whose `eegcli` starts in 0.1 s: see `tests.kit.preloaded` for what it may be used."""

    def start() -> str:
        # Not below pytest's own folder: the address of a socket has at most 104 characters.
        folder = Path(tempfile.mkdtemp(prefix="eegcli-commands-"))
        (folder / "process").write_text(str(preloaded.start(folder)))
        return str(folder)

    def stop(folder: str) -> None:
        with contextlib.suppress(ProcessLookupError):  # Ctrl-C reaches it, too
            os.kill(int(Path(folder, "process").read_text()), signal.SIGTERM)
        shutil.rmtree(folder)

    with one_for_all_workers(tmp_path_factory, "preloaded", start, stop) as folder:
        yield Path(folder) / "bin"


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """Plain nginx."""
    with nginx(tmp_path_factory.mktemp("nginx")) as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator[Bucketful]:
    """A server of S3."""
    pytest.importorskip("moto")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = Bucketful()
    yield server
    server.stop()


@pytest.fixture
def folder_of(web: Nginx, request: pytest.FixtureRequest) -> Path:
    """A folder of nginx for this test alone."""
    folder = web.root / request.node.name.replace("[", "-").replace("]", "").replace("/", "-")[:100]
    folder.mkdir()
    return folder
