"""A private chart repository gets the login in Helm's list, and no other host does; Helm itself does the same."""

import functools
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest
import yaml

from hubimages.errors import BadInputError, LoginError, NoAnswerError
from hubimages.hub_image.bump.helm_list import Access, Listed, find
from hubimages.hub_image.bump.helm_repository import Target, download_package, resolve
from hubimages.registry.http.logins import Login
from tests import deployments, needs
from tests.deployments import NEW
from tests.registry.test_transport import tls_server, with_tls
from tests.serving import serving

SECRET = "geheim:with colon"
BASIC = Login("ada", SECRET).basic()
Seen = list[tuple[str, str | None]]


@contextmanager
def server(folder: Path, *, login: str = BASIC, leads_to: str = "") -> Iterator[tuple[str, Seen]]:
    """Serve a folder to who has the login; packages come from another address, if one is given."""
    seen: Seen = []

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers["Authorization"]
            seen.append((self.path, given))
            if login and given != login:
                self.send_error(401)
            elif leads_to and self.path.endswith(".tgz"):
                self.send_response(302)
                self.send_header("Location", leads_to + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, *args: object) -> None:
            """Nothing."""

    with serving(functools.partial(Handler, directory=str(folder))) as host:
        yield f"http://{host}/", seen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a repository serves."""
    with deployments.helm_repository(tmp_path / "charts"):
        return tmp_path / "charts"


def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, **settings: object) -> None:
    file = tmp_path / "repositories.yaml"
    entry = {"name": "ours", "url": address, "username": "ada", "password": SECRET, **settings}
    file.write_text(yaml.safe_dump({"apiVersion": "v1", "repositories": [entry]}))
    monkeypatch.setenv("HELM_REPOSITORY_CONFIG", str(file))


@contextmanager
def leading_elsewhere(folder: Path, by: str) -> Iterator[tuple[str, Seen]]:
    """A repository whose index names another host for its packages, or redirects there, and what that host is asked."""
    with (
        server(folder, login="") as (other, seen),
        server(folder, leads_to=other if by == "redirect" else "") as (address, _),
    ):
        if by == "index":
            index = folder / "index.yaml"
            index.write_text(index.read_text().replace("- jupyterhub-", f"- {other}jupyterhub-"))
        yield address, seen


@pytest.mark.parametrize("by", ["@ours", "alias:ours", "its address", "its address without /"])
def test_the_login_is_for_the_repository_however_it_is_named(
    by: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(folder) as (address, seen):
        listed(tmp_path, monkeypatch, address)
        named = by if "ours" in by else address.rstrip("/") if "without" in by else address
        assert resolve("latest", named) == Target(NEW, NEW)
        assert download_package(NEW, named) == (folder / f"jupyterhub-{NEW}.tgz").read_bytes()
    assert {login for _, login in seen} == {BASIC}


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("by", ["index", "redirect"])
def test_another_host_gets_the_login_only_where_the_index_names_it_and_helm_would_send_it(
    by: str, everywhere: bool, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with leading_elsewhere(folder, by) as (address, seen):
        listed(tmp_path, monkeypatch, address, pass_credentials_all=everywhere)
        assert download_package(NEW, "@ours") == (folder / f"jupyterhub-{NEW}.tgz").read_bytes()
    assert [login for _, login in seen] == [BASIC if everywhere and by == "index" else None]


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("by", ["index", "redirect"])
def test_helm_keeps_in_its_list_what_we_read_and_sends_the_login_where_we_do(
    by: str, everywhere: bool, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = needs.HELM.program("helm")
    for name in ("CONFIG", "CACHE", "DATA"):
        monkeypatch.setenv(f"HELM_{name}_HOME", str(tmp_path / name))
    with leading_elsewhere(folder, by) as (address, seen):
        add = [program, "repo", "add", "ours", address, "--username=ada", "--password-stdin"]
        more = ["--pass-credentials"] if everywhere else []
        subprocess.run([*add, *more], input=SECRET, text=True, check=True, capture_output=True)
        pull = [program, "pull", "ours/jupyterhub", f"--version={NEW}", f"--destination={tmp_path}"]
        subprocess.run(pull, check=True, capture_output=True)
        assert download_package(NEW, "@ours") == (tmp_path / f"jupyterhub-{NEW}.tgz").read_bytes()
    (of_helm, of_ours) = [login for _, login in seen]
    assert of_helm == of_ours


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {"password": "wrong"},
            r"refuses the login in Helm's list \(status 401\)\. Correct it: helm repo add NAME ",
        ),
        ({"password": ""}, r"requires a login \(status 401\)\. Put it in Helm's list: helm repo add NAME \S+ --user"),
        ({"url": "http://127.0.0.1:1/"}, r"requires a login \(status 401\)\. Put it in Helm's list"),
    ],
)
def test_a_login_that_is_wrong_or_missing_is_said_with_the_remedy(
    settings: dict[str, str], says: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(folder) as (address, seen):
        listed(tmp_path, monkeypatch, address, **settings)
        with pytest.raises(LoginError, match=says) as raised:
            resolve("latest", address)
    assert SECRET not in str(raised.value)
    assert BASIC not in [login for _, login in seen]


def test_where_another_host_wants_the_login_the_remedy_is_helms(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(folder) as (other, _), server(folder, leads_to=other) as (address, _):
        listed(tmp_path, monkeypatch, address)
        with pytest.raises(LoginError, match=rf"is for {address} alone; .* --pass-credentials"):
            download_package(NEW, "@ours")


def test_the_settings_for_tls_are_those_of_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with with_tls(tmp_path, "http://127.0.0.1:1/") as (_, file):
        pass
    with tls_server(file, asks=False) as address, tls_server(file, asks=True) as asking:
        for place, settings, kind, says in [
            (address, {}, NoAnswerError, "its certificate or TLS is not accepted"),
            (address, {"caFile": file}, BadInputError, "does not exist"),
            (address, {"insecure_skip_tls_verify": True}, BadInputError, "does not exist"),
            (address, {"insecure_skip_tls_verify": False}, NoAnswerError, "its certificate or TLS is not accepted"),
            (address, {"caFile": str(tmp_path / "none")}, BadInputError, "TLS files in Helm's list, .* cannot be used"),
            (asking, {"caFile": file}, NoAnswerError, "no answer"),
            (asking, {"caFile": file, "certFile": file, "keyFile": file}, BadInputError, "does not exist"),
        ]:
            listed(tmp_path, monkeypatch, place, **settings)
            with pytest.raises(kind, match=says):
                resolve("latest", place)


@pytest.mark.parametrize(("one", "is_same"), [
    ("https://Example.org:443/charts", True), ("https://example.org/charts/", True),
    ("http://example.org/charts", False), ("https://example.org/other", False),
    ("https://example.org:8443/charts", False), ("https://example.org:x/", False),
])  # fmt: skip
def test_an_address_is_that_of_the_list_as_helm_compares_them(
    one: str, is_same: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(tmp_path, monkeypatch, one)
    assert (find("https://example.org/charts").setting("username") == "ada") == is_same


def test_a_list_that_cannot_be_read_matters_only_to_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repositories.yaml").write_text("[")
    monkeypatch.setenv("HELM_REPOSITORY_CONFIG", str(tmp_path / "repositories.yaml"))
    assert find("https://example.org/charts").settings == {}
    with pytest.raises(BadInputError, match="cannot be read"):
        find("@ours")


def test_what_is_no_address_is_no_answer_and_a_repr_hides_the_login() -> None:
    with closing(Access(Listed("https://example.org/", {"username": "ada", "password": SECRET}))) as access:
        with pytest.raises(NoAnswerError, match="is no address"):
            access.get("https://example.org:x/index.yaml")
        assert SECRET not in repr(access.listed)
