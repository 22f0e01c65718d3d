"""A bucket on loopback whose answers wait: ranges of files below a folder, by HTTP and as S3 by path. Prints its port; ends with its standard input.

python benchmarks/_serve.py FOLDER SECONDS
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Handler(BaseHTTPRequestHandler):
    """Answers HEAD and GET."""

    protocol_version = "HTTP/1.1"
    root, seconds = Path(), 0.0

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer with the head alone."""
        self._answer(body=False)

    def do_GET(self) -> None:
        """Answer with a file, or with a range of it."""
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        time.sleep(self.seconds)
        path = self.root / unquote(urlsplit(self.path).path).strip("/")
        if not path.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        status = path.stat()
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        start, stop = (int(span[1]), min(int(span[2]) + 1, status.st_size)) if span else (0, status.st_size)
        self.send_response(206 if span else 200)
        self.send_header("ETag", f'"{status.st_size:x}-{status.st_mtime_ns:x}"')
        self.send_header("Content-Length", str(stop - start))
        if span:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{status.st_size}")
        self.end_headers()
        if body:
            self.wfile.flush()
            with path.open("rb") as file:
                while start < stop:
                    start += os.sendfile(self.connection.fileno(), file.fileno(), start, stop - start)


def main(folder: str, seconds: float) -> None:
    """Serve until standard input ends."""
    Handler.root, Handler.seconds = Path(folder), seconds
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
