"""An HTTP proxy that does harm: it stands before a server, and answers of the server pass through a rule of the test."""

from __future__ import annotations

import http.client
import socket
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """A request: its path, what range it wants, and how often this path was asked for before."""

    method: str
    path: str
    range: str | None
    before: int
    number: int  # of all requests


@dataclass(frozen=True)
class Fault:
    """Faults of an answer: status, cuts, delays. Several may come together."""

    status: int | None = None  # in place of the server's answer
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None  # bytes of the body, then the connection ends
    drop: bool = False  # no answer at all
    delay: float = 0.0  # s before the answer
    bytes_per_second: float | None = None
    length_by: int = 0  # added to Content-Length
    stall_after: int | None = None  # bytes of the body, then nothing for as long as the client waits


Rule = Callable[[Asked], Fault | None]


class Proxy:
    """Listens on a port of its own; `rule` decides, `asked` is what came, `sent` counts bytes of bodies by path."""

    def __init__(self, host: str, port: int, rule: Rule | None = None) -> None:
        self.upstream = (host, port)
        self.rule: Rule = rule or (lambda _: None)
        self.asked: list[Asked] = []
        self.sent: Counter[str] = Counter()
        self.lock = threading.Lock()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True

            def handle(self) -> None:
                while outer._answer(self.rfile, self.wfile, self.connection):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 64

            def handle_error(self, *_):  # a client that went away is what is tested
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        self._local = threading.local()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def paths(self, method: str = "GET") -> list[str]:
        return [asked.path for asked in self.asked if asked.method == method]

    def _answer(self, rfile, wfile, connection) -> bool:
        line = rfile.readline().decode("latin-1")
        if not line.strip():
            return False
        method, path, _ = line.split(" ", 2)
        headers: dict[str, str] = {}
        while (header := rfile.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        with self.lock:
            before = sum(asked.path == path and asked.method == method for asked in self.asked) if len(self.asked) < 5000 else 0
            asked = Asked(method, path, headers.get("range"), before, len(self.asked))
            self.asked.append(asked)
        fault = self.rule(asked) or Fault()
        if fault.delay:
            time.sleep(fault.delay)
        if fault.drop:
            return False
        if fault.status is not None:
            length = {"Content-Length": str(len(fault.body))} | fault.headers
            self._head(wfile, fault.status, length)
            wfile.write(b"" if method == "HEAD" else fault.body)
            wfile.flush()
            return True
        return self._relay(wfile, asked, headers, fault)

    def _relay(self, wfile, asked: Asked, headers: dict[str, str], fault: Fault) -> bool:
        upstream = getattr(self._local, "connection", None)
        if upstream is None:
            upstream = self._local.connection = http.client.HTTPConnection(*self.upstream, timeout=120)
            upstream.connect()
            upstream.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        upstream.request(asked.method, asked.path, headers={name: value for name, value in headers.items() if name != "connection"})
        answer = upstream.getresponse()
        length = int(answer.headers.get("Content-Length") or 0)
        out = {name: value for name, value in answer.headers.items() if name.lower() not in ("connection", "transfer-encoding")}
        body = b""
        if "Content-Length" not in answer.headers and asked.method != "HEAD":
            body = answer.read()
            length = len(body)
        self._head(wfile, answer.status, out | {"Content-Length": str(length + fault.length_by)})
        if asked.method == "HEAD":
            answer.read()
            return True
        done = 0
        limit = min(value for value in (fault.cut_after, fault.stall_after, length) if value is not None)
        while done < limit:
            chunk = body[done:limit] if body else answer.read(min(64 << 10, limit - done))
            if not chunk:
                break
            if done + len(chunk) >= limit:  # counted before the client can have the last byte
                self._count(asked.path, done + len(chunk))
            step = len(chunk) if fault.bytes_per_second is None else max(1, int(fault.bytes_per_second / 20))
            for start in range(0, len(chunk), step):
                wfile.write(chunk[start : start + step])
                wfile.flush()
                if fault.bytes_per_second is not None:
                    time.sleep(1 / 20)
            done += len(chunk)
        if done < limit:
            self._count(asked.path, done)
        if fault.stall_after is not None and done < length:
            time.sleep(20)
        if done < length or fault.length_by:
            self._local.connection = None
            upstream.close()
            return False
        return True

    def _count(self, path: str, n_bytes: int) -> None:
        with self.lock:
            self.sent[path] += n_bytes

    @staticmethod
    def _head(wfile, status: int, headers: dict[str, str]) -> None:
        text = f"HTTP/1.1 {status} {http.client.responses.get(status, '')}\r\n"
        wfile.write((text + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n").encode("latin-1"))
        wfile.flush()


def parse_range(text: str | None) -> tuple[int, int] | None:
    """First and last byte of ``bytes=a-b``."""
    if text is None:
        return None
    first, _, last = text.removeprefix("bytes=").partition("-")
    return int(first), int(last)
