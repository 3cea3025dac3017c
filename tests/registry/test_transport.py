"""Requests: what is sent on and what is not, how often, how long, how much; with short limits, on loopback."""

import functools
import gzip
import ipaddress
import re
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from urllib3.exceptions import IncompleteRead, NameResolutionError, NewConnectionError, ProtocolError, SSLError
from urllib3.exceptions import TimeoutError as Timeout

from hubimages import __version__
from hubimages.errors import NoAnswerError
from hubimages.registry.http import transport
from hubimages.registry.http.transport import Limits, Response, Transport, explain
from tests.registry.scripted import Asked, Reply, replies, scripted

LONG = Limits(connect=30, answer=30, patience=30)
OK = Reply(200, b"here")


def send(address: str, method: str = "GET", limits: Limits = LONG, **more: object) -> Response:
    sender = Transport(limits)
    try:
        return sender.send(method, address, {"X-Of-Ours": "1"}, **more)  # type: ignore[arg-type]
    finally:
        sender.close()


def test_an_answer_is_what_came_and_from_where() -> None:
    with scripted(lambda asked: Reply(404, b"no", {"X-A": "b"})) as server:
        found = send(f"http://{server.host}/x", "POST", body=b"sent")
    assert (found.status, found.body, found.headers["x-a"], found.unread) == (404, b"no", "b", None)
    assert found.address == f"http://{server.host}/x"
    (asked,) = server.asked
    assert (asked.body, asked.headers["X-Of-Ours"]) == (b"sent", "1")
    assert asked.headers["User-Agent"] == f"hubimages/{__version__}"


def test_an_answer_that_is_sent_with_gzip_is_unpacked() -> None:
    packed = Reply(200, gzip.compress(b"here"), {"Content-Encoding": "gzip"})
    with scripted(lambda asked: packed) as server:
        assert send(f"http://{server.host}/").body == b"here"


def test_only_the_body_of_a_success_is_left_unread() -> None:
    with scripted(lambda asked: Reply(int(asked.path[1:]), b"body")) as server:
        sender = Transport(LONG)
        left, read = (sender.send("GET", f"http://{server.host}/{status}", {}, unread=True) for status in (200, 404))
        assert (left.body, read.body, read.unread) == (b"", b"body", None)
        assert left.unread is not None
        assert left.unread.read() == b"body"
        sender.close()


def test_connections_are_used_again_and_closed_at_the_end() -> None:
    with scripted(lambda asked: Reply(int(asked.path[1:]), b"body" if asked.path == "/200" else b"")) as server:
        sender = Transport(LONG)
        for method, status in (("GET", 200), ("HEAD", 200), ("POST", 204), ("GET", 304), ("DELETE", 404)) * 4:
            sender.send(method, f"http://{server.host}/{status}", {})
        (pools,) = sender._pools.values()
        assert pools.connection_from_url(f"http://{server.host}/").num_connections == 1
        (connection,) = filter(None, pools.connection_from_url(f"http://{server.host}/").pool.queue)
        assert connection.sock.fileno() != -1
        sender.close()
        assert connection.sock is None


def test_a_redirect_is_followed_to_the_address_that_answers_and_not_with_a_secret() -> None:
    with scripted(lambda asked: OK) as other:

        def answer(asked: Asked) -> Reply:
            if asked.path == "/away":
                return Reply(307, b"", {"Location": f"http://{other.host}/y"})
            return Reply(307, b"", {"Location": "/away"})

        with scripted(answer) as server:
            found = send(f"http://{server.host}/x", "POST", body=b"public")
            assert (found.status, found.address) == (200, f"http://{other.host}/y")
            assert [each.body for each in other.asked] == [b"public"]
            assert send(f"http://{server.host}/x", "POST", body=b"secret", secret=True).status == 307
            assert [each.body for each in other.asked] == [b"public"]
            assert [each.path for each in server.asked] == ["/x", "/away", "/x"]


def test_redirects_that_never_end_are_followed_five_times() -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(302, b"", {"Location": f"/{int(asked.path[1:]) - 1}"}) if asked.path != "/0" else OK

    with scripted(answer) as server:
        assert send(f"http://{server.host}/5").body == b"here"
        with pytest.raises(NoAnswerError, match=f"^no answer from {server.host}, try again later: too many redirects$"):
            send(f"http://{server.host}/6")


@contextmanager
def with_tls(folder: Path, leads_to: str) -> Iterator[tuple[str, str]]:
    """Run an https server on loopback that redirects; yield its address and its certificate."""
    x509 = pytest.importorskip("cryptography.x509", reason="cryptography makes the certificate")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1)
    ).add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "certificate.pem"
    file.write_bytes(certificate + private)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", leads_to)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(file)
    server.socket = ours.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", str(file)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def tls_server(file: str, *, asks: bool) -> Iterator[str]:
    """Serve nothing but 404, to who trusts the certificate, and shows it where the server asks for one."""
    made = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(SimpleHTTPRequestHandler, directory="/nowhere"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(file)
    made.socket = context.wrap_socket(made.socket, server_side=True)
    thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"https://127.0.0.1:{made.server_port}/"
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


def test_tls_settings_of_its_own_are_one_transport_s(tmp_path: Path) -> None:
    def status(address: str, *files: str, verify: bool = True) -> int:
        used = Transport(context=transport.tls_context(*files, verify=verify))
        try:
            return used.send("GET", address, {}).status
        finally:
            used.close()

    with with_tls(tmp_path, "http://127.0.0.1:1/") as (_, file):
        pass
    whole = Path(file).read_text()
    begins = whole.index("-----BEGIN PRIVATE")
    (tmp_path / "certificate").write_text(whole[:begins])
    (tmp_path / "key").write_text(whole[begins:])
    pair = (str(tmp_path / "certificate"), str(tmp_path / "key"))
    with tls_server(file, asks=False) as address, tls_server(file, asks=True) as asking:
        assert status(address, file, "", "") == 404
        assert status(address, "", "", "", verify=False) == 404
        assert status(asking, file, *pair) == 404
        assert status(asking, file, file, "") == 404
        with pytest.raises(NoAnswerError, match="its certificate or TLS is not accepted"):
            status(address, "", "", "")
        with pytest.raises(NoAnswerError):
            status(asking, file, "", "")
        with pytest.raises(NoAnswerError, match="its certificate or TLS is not accepted"):
            send(address)
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )  # fmt: skip

    key = load_pem_private_key(Path(pair[1]).read_bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    (tmp_path / "locked").write_bytes(locked)
    with pytest.raises(OSError, match=r"PEM|decrypt"):
        transport.tls_context("", pair[0], str(tmp_path / "locked"), verify=True)


def test_from_https_no_answer_leads_to_http(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with scripted(lambda asked: OK) as plain, with_tls(tmp_path, f"http://{plain.host}/x") as (address, certificate):
        with pytest.raises(NoAnswerError, match="its certificate or TLS is not accepted"):
            send(address)
        monkeypatch.setattr("certifi.where", lambda: certificate)
        transport.trusted.cache_clear()
        request.addfinalizer(transport.trusted.cache_clear)
        host = address.removeprefix("https://")
        with pytest.raises(NoAnswerError, match=f"^{host} leads to {plain.host} without TLS. Not followed$"):
            send(address)


@pytest.mark.parametrize("address", ["http://[::1/", "http://[/x"])
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(NoAnswerError, match=r"is no address$"):
        send(address)


@pytest.mark.parametrize("location", ["http://[/x", "http://a:b/"])
def test_a_redirect_to_no_address_is_no_answer(location: str) -> None:
    with (
        scripted(lambda asked: Reply(302, b"", {"Location": location})) as server,
        pytest.raises(NoAnswerError, match=r"that can be used: it leads to what is no address$"),
    ):
        send(f"http://{server.host}/")


def test_an_answer_may_be_as_large_as_the_limit_and_no_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST", 2 << 20)
    with scripted(lambda asked: Reply(200, b"x" * int(asked.path[1:]))) as server:
        assert len(send(f"http://{server.host}/{2 << 20}").body) == 2 << 20
        with pytest.raises(NoAnswerError, match=f"^{server.host} sends more than 2 MB for http.*; not read$"):
            send(f"http://{server.host}/{(2 << 20) + 1}")


def test_an_answer_that_comes_byte_by_byte_has_its_time_as_a_whole() -> None:
    with scripted(lambda asked: Reply(200, b"12", pause=0.02)) as server:
        assert send(f"http://{server.host}/").body == b"12"
    with (
        scripted(lambda asked: Reply(200, b"1" * 50, pause=0.1)) as server,
        pytest.raises(NoAnswerError, match=f"^no answer from {server.host} within 0 s, try again later$"),
    ):
        send(f"http://{server.host}/", limits=Limits(answer=0.3))


@pytest.mark.parametrize(("method", "asked"), [("GET", 2), ("HEAD", 1), ("POST", 1)])
def test_an_answer_that_breaks_off_is_asked_for_once_more_where_that_changes_nothing(method: str, asked: int) -> None:
    with scripted(replies(Reply(200, b"here", cut=True), OK)) as server:
        if method == "POST":
            with pytest.raises(NoAnswerError, match=f"^no answer from {server.host}, try again later: "):
                send(f"http://{server.host}/", method)
        else:
            assert send(f"http://{server.host}/", method).status == 200
    assert len(server.asked) == asked
    with scripted(lambda _: Reply(200, b"here", cut=True)) as server, pytest.raises(NoAnswerError):
        send(f"http://{server.host}/")
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [500, 502, 504])
@pytest.mark.parametrize(("method", "count"), [("GET", 2), ("HEAD", 2), ("POST", 1), ("PUT", 1)])
def test_a_failure_is_asked_about_once_more_where_that_changes_nothing(
    status: int, method: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, sender, waited = f"try again later: it failed with status {status}$", Transport(LONG), []
    monkeypatch.setattr(sender._closed, "wait", waited.append)
    with scripted(lambda _: Reply(status)) as server, pytest.raises(NoAnswerError, match=said):
        sender.send(method, f"http://{server.host}/", {})
    sender.close()
    assert (len(server.asked), waited) == (count, [0.3] * (count - 1))


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_and_the_others_need_not_wait(status: int) -> None:
    with scripted(replies(Reply(status, b"", {"Retry-After": "0"}), OK)) as busy, scripted(lambda _: OK) as other:
        sender = Transport(LONG)
        assert sender.send("POST", f"http://{busy.host}/", {}).body == b"here"
        assert [*sender._not_before] == [busy.host]
        sender._not_before[busy.host] = time.monotonic() + 60
        assert sender.send("GET", f"http://{other.host}/", {}).body == b"here"
        with pytest.raises(
            NoAnswerError, match=f"^no answer from {busy.host}: it is busy and asks to wait [56][0-9] s$"
        ):
            sender.send("GET", f"http://{busy.host}/", {})
        assert len(busy.asked) == 2
        sender.close()


@pytest.fixture
def at_100(monkeypatch: pytest.MonkeyPatch) -> Transport:
    """A transport, at 100 seconds on the clock."""
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    return Transport()


def put_off(sender: Transport, attempt: int = 0, deadline: float = 160.0, **headers: str) -> float:
    """Have a busy answer put off the next request, and return by how much."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    sender._put_off("h", Response(429, given, b"", ""), attempt, deadline)
    return round(sender._not_before["h"] - 100, 2)


def test_without_a_time_a_busy_server_is_asked_after_pauses_that_double(at_100: Transport) -> None:
    assert [put_off(at_100, attempt) for attempt in range(7)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert put_off(Transport(), Retry_After="0") == 0.05
    assert put_off(Transport(), 1, Retry_After="soon") == 1.0


def test_a_later_time_to_ask_again_is_not_made_earlier(at_100: Transport) -> None:
    assert [put_off(at_100, Retry_After=given) for given in ("20", "1", "30")] == [20, 20, 30]


def test_a_time_behind_our_patience_is_no_answer(at_100: Transport) -> None:
    assert put_off(at_100, deadline=120.0, Retry_After="20") == 20
    with pytest.raises(NoAnswerError, match=r"^no answer from h: it is busy \(status 429\) and asks to wait 21 s$"):
        put_off(at_100, deadline=120.0, Retry_After="21")
    assert at_100._not_before == {"h": 120.0}


def test_a_request_waits_until_its_turn_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Transport()
    turn = sender._not_before["h"] = time.monotonic() + 0.02
    sender._wait_for_turn("h", turn)
    assert time.monotonic() >= turn
    sender.close()  # who waits now is stopped
    monkeypatch.setattr(time, "monotonic", lambda: 0.5)
    sender._not_before["h"] = 0.5
    for host in ("h", "other"):
        sender._wait_for_turn(host, 30.0)


def test_a_server_that_stays_busy_is_asked_ten_times() -> None:
    with scripted(lambda _: Reply(429, b"", {"Retry-After": "0"})) as server:
        said = f"^no answer from {server.host}, try again later: it is still busy after several requests$"
        with pytest.raises(NoAnswerError, match=said):
            send(f"http://{server.host}/", limits=Limits(patience=120))
    assert len(server.asked) == 10


def test_the_end_of_a_run_ends_its_waits() -> None:
    sender = Transport(Limits(patience=60))
    sender._not_before["127.0.0.1:9"] = time.monotonic() + 30
    said: list[str] = []

    def ask() -> None:
        with pytest.raises(NoAnswerError) as raised:
            sender.send("GET", "http://127.0.0.1:9/", {})
        said.append(str(raised.value))

    waiting = Thread(target=ask)
    waiting.start()
    sender.close()
    waiting.join(10)
    assert said == ["no answer from 127.0.0.1:9: stopped"]


def test_a_connection_that_breaks_at_the_end_of_a_run_is_stopped() -> None:
    with scripted(lambda _: Reply(200, b"here", cut=True)) as server:
        sender = Transport(LONG)
        sender.close()
        with pytest.raises(NoAnswerError, match=f"^no answer from {server.host}: stopped$"):
            sender.send("GET", f"http://{server.host}/", {})
    assert len(server.asked) == 1


def test_a_silent_server_is_asked_once() -> None:
    with scripted(lambda _: time.sleep(0.6) or OK) as server:  # type: ignore[func-returns-value]
        with pytest.raises(NoAnswerError, match=f"^no answer from {server.host}, try again later: no data within 0 s$"):
            send(f"http://{server.host}/", limits=Limits(connect=5, answer=0.3))
        assert len(server.asked) == 1


def test_this_machine_and_what_no_proxy_names_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with scripted(lambda asked: OK) as proxy:
        monkeypatch.setenv("http_proxy", proxy.host)
        monkeypatch.setenv("no_proxy", "192.0.2.1")
        assert send("http://one.example/x").body == b"here"
        assert [each.headers["Host"] for each in proxy.asked] == ["one.example"]
        with pytest.raises(NoAnswerError):
            send("http://192.0.2.1/x", limits=Limits(connect=0.1, answer=0.1, patience=0.1))
        with scripted(lambda asked: Reply(200, b"itself")) as server:
            assert send(f"http://{server.host}/").body == b"itself"
        assert len(proxy.asked) == 1


@pytest.mark.parametrize(("login", "sent"), [("", None), ("a:b%40%2f@", "Basic " + b64encode(b"a:b@/").decode())])
def test_a_proxy_gets_the_login_in_its_address(login: str, sent: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with scripted(lambda asked: OK) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{login}{proxy.host}")
        assert send("http://one.example/x").body == b"here"
        assert [each.headers.get("proxy-authorization") for each in proxy.asked] == [sent]


@pytest.mark.parametrize("proxy", ["http://a:b@127.0.0.1:none", "socks5://127.0.0.1:1"])
def test_a_proxy_without_an_address_is_named(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(NoAnswerError, match=re.escape(f"the address of the proxy, {proxy}, cannot be used")):
        send("http://one.example/x")


def test_connections_are_kept_for_each_server_and_scheme() -> None:
    sender = Transport()
    pools = [sender._pool(address) for address in ("http://a/x", "http://a/y", "https://a/x", "http://b/x")]
    assert [pools.index(each) for each in pools] == [0, 0, 2, 3]
    assert pools[0].connection_pool_kw["maxsize"] == transport.CONNECTIONS
    assert pools[0].connection_pool_kw["block"]
    assert [each.connection_pool_kw["ssl_context"] for each in pools[1:3]] == [None, transport.trusted()]
    sender.close()


@pytest.mark.parametrize(("reason", "said"), [
    (NameResolutionError("h", None, OSError("x")), "no such host, or no network"),  # type: ignore[arg-type]
    (NewConnectionError(None, "Failed: [Errno 111] Connection refused"), "Connection refused"),  # type: ignore[arg-type]
    (Timeout("x"), "no data within 20 s"),
    (SSLError("self-signed"), "its certificate or TLS is not accepted: self-signed"),
    (OSError("a: b: broken"), "broken"),
    (OSError(), "OSError"),
    (
        ProtocolError("Connection broken: IncompleteRead(6, 1 more)", IncompleteRead(6, 1)),
        "IncompleteRead(6 bytes read, 1 more expected)",
    ),
    (ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer")), "reset by peer"),
])  # fmt: skip
def test_what_went_wrong_is_told_in_a_few_words(reason: object, said: str) -> None:
    assert explain(reason, Limits()) == said


def test_each_request_has_its_limits_and_is_repeated_by_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    class Recorded:
        def request(self, *_: object, **more: object) -> None:
            given.update(more)
            raise ProtocolError("broken")

        def clear(self) -> None:
            """Do nothing."""

    monkeypatch.setattr(Transport, "_pool", lambda *_: Recorded())
    with pytest.raises(NoAnswerError, match="broken"):
        send("http://192.0.2.1/", "POST", Limits(connect=1.5, answer=2.5))
    assert (given["timeout"].connect_timeout, given["timeout"].read_timeout) == (1.5, 2.5)
    retries = given["retries"]
    assert (retries.total, retries.connect, retries.read, retries.other, retries.redirect) == (None, 0, 0, 0, 5)
