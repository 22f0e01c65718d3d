"""Servers on loopback: S3 (moto) and plain nginx."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

START_SECONDS = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """A web server that lists its folders; `root` is what it shows."""

    def __init__(self, folder: Path, json_index: bool = False) -> None:
        self.root = folder / "www"
        self.root.mkdir(parents=True)
        self.port = free_port()
        index = "autoindex on;" + ("autoindex_format json;" if json_index else "")
        places = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if Path("/root").owner() == "root" and _is_root() else ""
        (folder / "nginx.conf").write_text(
            f"daemon off; {user} pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; events {{}}\n"
            f"http {{ access_log off; sendfile on; keepalive_requests 1000000; {places} charset utf-8;\n"
            f" server {{ listen 127.0.0.1:{self.port}; root {self.root}; {index} }} }}\n"
        )
        self.process = subprocess.Popen(
            ["nginx", "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"], stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise RuntimeError(f"nginx does not answer: {(folder / 'error.log').read_text()}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def _is_root() -> bool:
    import os

    return os.geteuid() == 0


@contextlib.contextmanager
def nginx(folder: Path, **options: bool) -> Iterator[Nginx]:
    if shutil.which("nginx") is None:
        pytest.skip("no nginx")
    server = Nginx(folder, **options)
    try:
        yield server
    finally:
        server.stop()


class Bucketful:
    """A server of S3 in this process; objects are put in from within, without a request."""

    def __init__(self) -> None:
        from moto.server import ThreadedMotoServer

        self.server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self.server.start()
        self.host, self.port = self.server.get_host_and_port()
        self._buckets: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def put(self, bucket: str, objects: Mapping[str, bytes]) -> None:
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.s3.models import get_canned_acl, s3_backends

        backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        if bucket not in self._buckets:
            backend.create_bucket(bucket, "us-east-1")
            self._buckets.add(bucket)
        for key, value in objects.items():
            backend.put_object(bucket, key, value).set_acl(get_canned_acl("public-read"))

    def delete(self, bucket: str, key: str) -> None:
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.s3.models import s3_backends

        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].delete_object(bucket, key)

    def stop(self) -> None:
        self.server.stop()
