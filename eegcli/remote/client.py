"""HTTP: connections that are kept, time-outs, proxies, signatures; one request, one answer, no retries."""

from __future__ import annotations

import contextlib
import email.utils
import os
import time
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3

from eegcli.errors import UnavailableError
from eegcli.remote.errors import CHANGED, DENIED, GONE, TransferError, TryAgain
from eegcli.remote.limits import Limits
from eegcli.remote.signing import Credentials, signed
from eegcli.version import __version__

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
MAX_REDIRECTS = 3
MAX_TEXT = 64 << 20  # bytes of a listing or a small file that is read into memory
FIRST_TRIES = 4
_CHUNK = 256 << 10


class Client:
    """HTTP client that asks servers for files.

    Parameters
    ----------
    limits : Limits
        Time-outs.
    connections : int
        Kept open to one host.
    """

    def __init__(self, limits: Limits | None = None, connections: int = 8) -> None:
        self.limits = limits or Limits()
        self._connections = connections
        self._credentials = Credentials.from_environment()
        self._proxies = urllib.request.getproxies()
        self._pools: dict[str | None, urllib3.PoolManager] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        # Each process connects for itself; credentials are those of its environment, and are never in a pickle.
        return Client, (self.limits, self._connections)

    @contextlib.contextmanager
    def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        region: str | None = None,
        hosts: Collection[str] = (),
        accept: Collection[int] = (200, 206),
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Ask for a URL; the answer's body is not read yet.

        Parameters
        ----------
        url : str
            Percent-encoded.
        headers : mapping, optional
            E.g. ``Range``.
        method : str
            ``GET`` or ``HEAD``.
        region : str, optional
            Sign for this region of S3, if there are credentials.
        hosts : collection of str
            Hosts that a redirect may lead to beside the URL's own.
        accept : collection of int
            Status codes that are given back; others raise.

        Raises
        ------
        TryAgain
            If the connection failed or the server is busy.
        TransferError
            If the server says no.
        """
        response = self._follow(url, headers or {}, method, region, {urlsplit(url).netloc, *hosts})
        whole = False
        try:
            if response.status not in accept:
                _refuse(url, response)
            with _as_try_again(url):
                yield response
            whole = True
        finally:
            # What is left unread would be taken for the next answer on this connection.
            if whole and response.length_remaining in (0, None):
                response.release_conn()
            else:
                response.close()

    def read(self, url: str, *, region: str | None = None, hosts: Collection[str] = (), most: int = MAX_TEXT) -> tuple[bytes, str]:
        """Read a small file's bytes and content type; busy servers are asked again.

        Raises
        ------
        TransferError
            If the server says no, or the file is larger than `most`.
        UnavailableError
            If the server cannot be reached.
        """
        failures = 0
        while True:
            try:
                with self.get(url, region=region, hosts=hosts) as response:
                    body = b"".join(self.chunks(url, response, most=most))
                    return body, response.headers.get("Content-Type", "")
            except TryAgain as problem:
                failures += 1
                # Who cannot connect at all should hear it soon; a server that is busy will have time again.
                if failures >= (self.limits.tries if problem.busy else min(FIRST_TRIES, self.limits.tries)):
                    raise UnavailableError(
                        f"{url}: {problem}", hint="Look at the network, HTTPS_PROXY and --endpoint-url; then run the same command again."
                    ) from problem
                time.sleep(self.limits.pause(failures, problem.after))

    def chunks(self, url: str, response: urllib3.BaseHTTPResponse, *, most: int | None = None) -> Iterator[bytes]:
        """Stream the body of an answer, as it comes; a connection that trickles is given up.

        Raises
        ------
        TryAgain
            If the body breaks off or trickles.
        TransferError
            If there is more than `most`.
        """
        total, mark, marked = 0, 0, time.monotonic()
        while True:
            chunk = response.read1(_CHUNK, decode_content=False)
            if not chunk:
                break
            total += len(chunk)
            if most is not None and total > most:
                raise TransferError(f"{url}: more than {most:,} bytes", cause=CHANGED)
            yield chunk
            now = time.monotonic()
            if now - marked >= self.limits.slow_seconds:
                if total - mark < self.limits.slow_bytes:
                    raise TryAgain(f"only {total - mark} bytes in {now - marked:.0f} s")
                mark, marked = total, now
        if response.length_remaining:
            raise TryAgain(f"the connection was cut {response.length_remaining:,} bytes too early")

    def _follow(self, url: str, headers: Mapping[str, str], method: str, region: str | None, allowed: set[str]) -> urllib3.BaseHTTPResponse:
        for _ in range(MAX_REDIRECTS + 1):
            own = signed(method, url, headers, self._credentials, region) if region and self._credentials else headers
            complete = {"User-Agent": f"eegcli/{__version__}", "Accept-Encoding": "identity", **own}
            with _as_try_again(url):
                response = self._pool(url).request(method, url, headers=complete, preload_content=False, redirect=False, retries=False)
            target = response.headers.get("Location")
            if response.status not in (301, 302, 303, 307, 308) or not target:
                return response
            response.drain_conn()
            response.release_conn()
            target = urljoin(url, target)
            if urlsplit(target).netloc not in allowed or urlsplit(target).scheme not in (urlsplit(url).scheme, "https"):
                raise TransferError(f"{url}: leads to another server ({urlsplit(target).netloc}), which is not followed", cause=DENIED)
            url = target
        raise TransferError(f"{url}: redirected in a circle", cause=DENIED)

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        proxy = self._proxies.get(parts.scheme) or self._proxies.get("all")
        if proxy and urllib.request.proxy_bypass(parts.netloc):
            proxy = None
        if proxy not in self._pools:
            self._pools[proxy] = self._make_pool(proxy)
        return self._pools[proxy]

    def _make_pool(self, proxy: str | None) -> urllib3.PoolManager:
        timeout = urllib3.Timeout(connect=self.limits.connect_seconds, read=self.limits.read_seconds)
        authorities = os.environ.get("AWS_CA_BUNDLE") or None  # OpenSSL itself reads SSL_CERT_FILE and SSL_CERT_DIR
        if proxy is None:
            return urllib3.PoolManager(maxsize=self._connections, timeout=timeout, ca_certs=authorities)
        parts = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
        headers = urllib3.make_headers(proxy_basic_auth=f"{parts.username}:{parts.password or ''}") if parts.username else None
        address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        return urllib3.ProxyManager(address, proxy_headers=headers, maxsize=self._connections, timeout=timeout, ca_certs=authorities)


@contextlib.contextmanager
def _as_try_again(url: str) -> Iterator[None]:
    try:
        yield
    except urllib3.exceptions.LocationValueError as error:
        raise TransferError(f"{url}: no address ({error})", cause=DENIED) from error
    except (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError) as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise UnavailableError(
                f"{urlsplit(url).netloc}: its certificate cannot be verified",
                hint="Set SSL_CERT_FILE or AWS_CA_BUNDLE to your site's authorities.",
            ) from error
        raise TryAgain(_told(error)) from error


def _told(error: Exception) -> str:
    reason = error
    while isinstance(getattr(reason, "reason", None), Exception):
        reason = reason.reason  # type: ignore[attr-defined]
    text = " ".join(str(reason).split())
    return text.rpartition("object at ")[2].partition(": ")[2] or text or type(reason).__name__


def _refuse(url: str, response: urllib3.BaseHTTPResponse) -> None:
    status = response.status
    if status in BUSY:
        raise TryAgain(f"the server says {status}", after=_seconds(response.headers.get("Retry-After")), busy=True)
    if status in (404, 410):
        raise TransferError(f"{url}: not there ({status})", cause=GONE)
    if status in (401, 403):
        hint = "Without credentials, S3 says 403 for what does not exist, too. Check the address, or set AWS_ACCESS_KEY_ID."
        raise TransferError(f"{url}: not there, or not public ({status})", hint=hint, cause=DENIED)
    if status in (412, 416):
        raise TransferError(f"{url}: changed on the server since it was listed", hint="Run the same command again.", cause=CHANGED)
    raise TransferError(f"{url}: the server says {status}", cause=DENIED)


def _seconds(text: str | None) -> float | None:
    """Retry-After: seconds, or a date."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    with contextlib.suppress(TypeError, ValueError):
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return None
