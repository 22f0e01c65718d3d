"""A server of the tests' own on loopback: a folder by HTTP and as a bucket of S3, slow, changing or gone as a test wishes.

Not the project's code anywhere: ranges, ETags and listings are written here once more, after RFC 9110 and the reference of ListObjectsV2.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape


@dataclass
class Served:
    """What a test can ask of its server.

    Attributes
    ----------
    root : Path
        Buckets, or folders, below it.
    url : str
    bytes_per_second : float or None
        Of all answers to GET together.
    autoindex : bool
        Whether folders are listed.
    before : callable or None
        Called with the path of each file that is asked for; it may change the file, or raise to cut the connection.
    requests : list of (str, str, str or None)
        Method, path and Range of each request for a file.
    sent : int
        Bytes of files.
    """

    root: Path
    url: str = ""
    bytes_per_second: float | None = None
    autoindex: bool = True
    ranges: bool = True
    before: Callable[[str], None] | None = None
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    sent: int = 0
    line: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0

    def forget(self) -> None:
        """Count from here on."""
        self.requests.clear()
        self.sent = 0

    def asked(self, ending: str = "", method: str = "GET") -> list[tuple[str, str | None]]:
        """Path and range of the requests for files whose path ends so."""
        return [(path, span) for verb, path, span in self.requests if verb == method and path.endswith(ending)]

    def pace(self, n_bytes: int) -> None:
        """Wait as long as one line of that speed, shared by all, would take."""
        if self.bytes_per_second is None:
            return
        with self.line:
            # A sleep that was too long is made up for by the next ones.
            self.free_at = max(self.free_at, time.monotonic() - 0.1) + n_bytes / self.bytes_per_second
            wait = self.free_at - time.monotonic()
        if wait > 0:
            time.sleep(wait)


def _etag(path: Path) -> str:
    status = path.stat()
    return _etag_of(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(10_000)
def _etag_of(path: Path, _size: int, _changed: int) -> str:
    return f'"{hashlib.md5(path.read_bytes()).hexdigest()}"'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Served

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        name = unquote(parts.path).strip("/")
        if "list-type" in query:
            self._list_bucket(self.served.root / name, query)
            return
        path = self.served.root / name
        if path.is_dir():
            self._list_folder(path, body)
            return
        self.served.requests.append((self.command, name, self.headers.get("Range")))
        if self.served.before is not None:
            try:
                self.served.before(name)
            except ConnectionError:
                self.close_connection = True
                return
        if not path.is_file():
            self._say(404, b"not there", "text/plain", body)
            return
        self._file(path, body)

    def _file(self, path: Path, body: bool) -> None:
        content, tag = path.read_bytes(), _etag(path)
        wanted = self.headers.get("If-Match")
        if wanted and wanted != tag:
            self._say(412, b"", "text/plain", body)
            return
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "") if self.served.ranges else None
        start, stop = (int(span[1]), min(int(span[2]) + 1, len(content))) if span else (0, len(content))
        self.send_response(206 if span else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(stop - start))
        if span:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(content)}")
        self.end_headers()
        if not body:
            return
        for offset in range(start, stop, 65536):
            chunk = content[offset : min(offset + 65536, stop)]
            self.served.pace(len(chunk))
            self.served.sent += len(chunk)  # before the client has it, and may look at the sum
            with contextlib.suppress(ConnectionError):
                self.wfile.write(chunk)

    def _list_folder(self, folder: Path, body: bool) -> None:
        if not self.served.autoindex:
            self._say(403, b"no listing", "text/plain", body)
            return
        lines = [
            f'<a href="{quote(item.name)}{"/" if item.is_dir() else ""}">{escape(item.name)}</a> 01-Jan-2026 00:00 '
            f"{'-' if item.is_dir() else item.stat().st_size}"
            for item in sorted(folder.iterdir())
        ]
        page = '<html><body><pre><a href="../">../</a>\n' + "\n".join(lines) + "\n</pre></body></html>"
        self._say(200, page.encode(), "text/html", body)

    def _list_bucket(self, bucket: Path, query: dict[str, list[str]]) -> None:
        prefix = query.get("prefix", [""])[0]
        keys = sorted(path.relative_to(bucket).as_posix() for path in bucket.rglob("*") if path.is_file())
        keys = [key for key in keys if key.startswith(prefix) and key > query.get("continuation-token", [""])[0]]
        page, more = keys[:1000], len(keys) > 1000
        items = "".join(
            f"<Contents><Key>{escape(quote(key))}</Key><ETag>{escape(_etag(bucket / key))}</ETag>"
            f"<Size>{(bucket / key).stat().st_size}</Size></Contents>"
            for key in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        text = (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{items}</ListBucketResult>"
        )
        self._say(200, text.encode(), "application/xml", True)

    def _say(self, status: int, content: bytes, kind: str, body: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)


@contextlib.contextmanager
def serving(root: Path, **wishes: object) -> Iterator[Served]:
    """Serve a folder; its subfolders are buckets, too."""
    served = Served(root, **wishes)  # type: ignore[arg-type]
    handler = type("Handler", (_Handler,), {"served": served})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def serving_apart(root: Path, **wishes: object) -> Iterator[str]:
    """Serve a folder from a process of its own, so that it takes no time from whom it serves; gives its address."""
    program = (
        "import sys; from pathlib import Path; from tests.kit.serving import serving\n"
        f"with serving(Path({str(root)!r}), **{wishes!r}) as served: print(served.url, flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(120)
        process.stdout.close()
