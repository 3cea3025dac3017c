"""Requests to registries over connections that threads share: the answer as it is, or NoAnswerError.

urllib3 does HTTP: connections, TLS, redirects (the login is not sent on to another host) and the forms of
Retry-After. What is ours is how long to wait, and what to say then.
"""

import contextlib
import functools
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import (
    HTTPError,
    InsecureRequestWarning,
    InvalidHeader,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as Timeout

from hubimages import __version__
from hubimages.errors import NoAnswerError
from hubimages.registry.hosts import host_in, is_loopback

CONNECTIONS = 16  # to one host at once; more are not faster, and registries limit them
LARGEST = 32 * 1024 * 1024  # bytes of an answer; lists of tags and manifests are far below
PART = 64 * 1024  # bytes that are read at once
BUSY = (429, 503)
FAILED = (500, 502, 504)
REPEATABLE = ("GET", "HEAD")


@dataclass(frozen=True)
class Limits:
    """Time limits in seconds."""

    connect: float = 5.0
    answer: float = 20.0  # for one whole answer
    patience: float = 30.0  # for one question, including the waits that a busy registry asks for


@dataclass(frozen=True)
class Response:
    """An answer: its status, its headers (names in any case), its body, and the address that gave it.

    `unread` has the body instead where the caller wants to read it as it comes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    address: str
    unread: urllib3.BaseHTTPResponse | None = None


class Transport:
    """Sends requests; thread-safe. `close` ends all waits."""

    def __init__(self, limits: Limits | None = None, context: ssl.SSLContext | None = None) -> None:
        self.limits = limits or Limits()
        self._context = context
        self._pools: dict[tuple[str, str], urllib3.PoolManager] = {}
        self._not_before: dict[str, float] = {}
        self._lock = Lock()
        self._closed = Event()

    def close(self) -> None:
        """End all waits and close the connections."""
        self._closed.set()
        for pool in self._pools.values():
            pool.clear()

    def send(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        unread: bool = False,
        secret: bool = False,
    ) -> Response:
        """Return the registry's answer, whatever its status; with `unread` the body of a 200 is left to the caller.

        With `secret` the body is one: redirects are not followed, since urllib3 sends it on with them.

        A busy registry (429, 503) is asked again when it said it may be, and not before. Raises NoAnswerError when
        that is later than our patience, on a server's failure (5xx), and when the network gives no answer.
        """
        try:
            host = host_in(address)
        except ValueError:
            raise NoAnswerError(f"{address!r} is no address") from None
        deadline = time.monotonic() + self.limits.patience
        for attempt in range(10):
            self._wait_for_turn(host, deadline)
            response = self._once(method, address, headers, body, again=attempt == 0, unread=unread, secret=secret)
            if response is not None and response.status in BUSY:
                self._put_off(host, response, attempt, deadline)
            elif response is not None and response.status in FAILED and (attempt or method not in REPEATABLE):
                raise NoAnswerError(f"no answer from {host}, try again later: it failed with status {response.status}")
            elif response is not None and response.status not in FAILED:
                return response
            else:
                self._closed.wait(0.3)
        raise NoAnswerError(f"no answer from {host}, try again later: it is still busy after several requests")

    def _once(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        again: bool,
        unread: bool,
        secret: bool,
    ) -> Response | None:
        """One request; None where the connection broke and it may be sent again."""
        host = host_in(address)
        timeout = urllib3.Timeout(connect=self.limits.connect, read=self.limits.answer)
        retries = urllib3.Retry(total=None, connect=0, read=0, status=0, other=0, redirect=5)
        end = time.monotonic() + self.limits.answer
        try:
            answer = self._pool(address).request(
                method, address, headers={"User-Agent": f"hubimages/{__version__}", **headers}, body=body,
                timeout=timeout, retries=retries, preload_content=False, redirect=not secret,
            )  # fmt: skip
            assert answer.retries is not None  # those of the request
            for step in answer.retries.history:
                following = urljoin(address, step.redirect_location or "")
                if address.startswith("https:") and not following.startswith("https:"):
                    answer.close()
                    raise NoAnswerError(f"{host} leads to {host_in(following)} without TLS. Not followed")
                address = following
            if unread and answer.status == 200:
                return Response(answer.status, answer.headers, b"", address, answer)
            try:
                content = bytearray()
                while part := answer.read1(PART):
                    content += part
                    if len(content) > LARGEST:
                        raise NoAnswerError(f"{host} sends more than {LARGEST >> 20} MB for {address}; not read")
                    if time.monotonic() > end:
                        raise NoAnswerError(f"no answer from {host} within {self.limits.answer:.0f} s, try again later")
            except BaseException:
                answer.close()
                raise
            return Response(answer.status, answer.headers, bytes(content), address)
        except (ValueError, UnicodeError) as error:  # an address that nobody can parse
            raise NoAnswerError(f"no answer from {host} that can be used: it leads to what is no address") from error
        except HTTPError as error:
            if self._closed.is_set():
                raise NoAnswerError(f"no answer from {host}: stopped") from error
            reason = getattr(error, "reason", None) or error
            broken = not isinstance(reason, Timeout | SSLError | NameResolutionError)
            if again and broken and method in REPEATABLE:
                return None
            raise NoAnswerError(f"no answer from {host}, try again later: {explain(reason, self.limits)}") from error

    def _wait_for_turn(self, host: str, deadline: float) -> None:
        """Wait, in all threads, until the registry accepts requests again."""
        while (turn := self._not_before.get(host, 0.0)) > (now := time.monotonic()):
            if turn > deadline:
                raise NoAnswerError(f"no answer from {host}: it is busy and asks to wait {turn - now:.0f} s")
            if self._closed.wait(turn - now):
                raise NoAnswerError(f"no answer from {host}: stopped")

    def _put_off(self, host: str, response: Response, attempt: int, deadline: float) -> None:
        """Remember when the registry may be asked again. Raises NoAnswerError where we cannot wait so long."""
        pause = min(0.5 * 2**attempt, 8.0)
        given = response.headers.get("Retry-After")
        if given is not None:
            with contextlib.suppress(InvalidHeader):
                pause = max(urllib3.Retry().parse_retry_after(given), 0.05)
        turn = time.monotonic() + pause
        if turn > deadline:
            raise NoAnswerError(
                f"no answer from {host}: it is busy (status {response.status}) and asks to wait {pause:.0f} s"
            )
        with self._lock:
            self._not_before[host] = max(turn, self._not_before.get(host, turn))

    def _pool(self, address: str) -> urllib3.PoolManager:
        """Return the connections for an address, through the environment's proxy if it names one."""
        parts = urlsplit(address)
        place = (parts.scheme, parts.netloc)
        with self._lock:
            if place not in self._pools:
                direct = is_loopback(host_in(address)) or proxy_bypass(parts.hostname or "")
                proxy = "" if direct else getproxies().get(parts.scheme, "")
                named = f"http://{proxy}" if proxy and "://" not in proxy else proxy
                kind = functools.partial(through, named) if named else urllib3.PoolManager
                needs_tls = parts.scheme == "https" or named
                context = (self._context or trusted()) if needs_tls else None  # takes a while to load
                self._pools[place] = kind(maxsize=CONNECTIONS, block=True, ssl_context=context)
            return self._pools[place]


def through(proxy: str, **options: Any) -> urllib3.ProxyManager:
    """Return connections through a proxy, with the login in its address. Raises NoAnswerError if that is no address."""
    try:
        login = urllib3.util.parse_url(proxy).auth
        headers = urllib3.util.make_headers(proxy_basic_auth=unquote(login)) if login else None
        return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)
    except (HTTPError, ValueError) as error:
        raise NoAnswerError(f"the address of the proxy, {proxy}, cannot be used") from error


@functools.cache  # loading them takes longer than most questions
def trusted() -> ssl.SSLContext:
    """Return the certificate authorities of the system and of certifi, since some Pythons cannot find the system's."""
    context = ssl.create_default_context()
    with contextlib.suppress(ImportError, OSError):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def tls_context(authorities: str, certificate: str, key: str, *, verify: bool) -> ssl.SSLContext:
    """Return settings with more authorities, a certificate of ours, or without verification; "" for a file not needed.

    Raises OSError for a file that cannot be used; a key with a passphrase is such, since nobody is asked for one.
    """
    context = trusted.__wrapped__()
    if authorities:
        context.load_verify_locations(authorities)
    if certificate:
        context.load_cert_chain(certificate, key or None, password="")
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        urllib3.disable_warnings(InsecureRequestWarning)
    return context


def explain(reason: object, limits: Limits) -> str:
    """Return what went wrong in one line, without addresses of objects."""
    if isinstance(reason, NameResolutionError):
        return "no such host, or no network"
    if isinstance(reason, Timeout) and not isinstance(reason, NewConnectionError):
        return f"no data within {limits.answer:.0f} s"
    if isinstance(reason, SSLError):
        return f"its certificate or TLS is not accepted: {reason}"
    if isinstance(reason, ProtocolError) and len(reason.args) > 1:  # a text, and the error that it is about
        reason = reason.args[1]
    text = str(reason).rpartition(": ")[2]
    return re.sub(r"^\[Errno \d+\] ", "", text) or type(reason).__name__
