"""A login that another program's settings have reaches its server, and nothing else: no argument, file or message.

Proxies, git's helpers and headers, Helm's list of repositories, Docker's helpers, pip: each refuses or breaks.
"""

import base64
import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from hubimages.hub_image.building import pinned
from tests import deployments
from tests.deployments import AT_ROOT
from tests.engine import process
from tests.faults.tasks.image_repos import HISTORY
from tests.histories import git
from tests.histories import make as make_history
from tests.hostile.secrets import ENVIRONMENT, USER, has_secret, in_address, places, secret, spied
from tests.serving import serving

KINDS = ("refuses", "breaks", "fails", "is gone", "is no address")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    for name in ("temporary", "home", "there"):
        (tmp_path / name).mkdir()
    named = {"TMPDIR": str(tmp_path / "temporary"), "HOME": str(tmp_path / "home")}
    kept = {name: value for name, value in os.environ.items() if name not in ("DOCKER_CONFIG", "GIT_CONFIG_GLOBAL")}
    return {**kept, **ENVIRONMENT, **named, "XDG_CACHE_HOME": str(tmp_path / "home/cache")}


def basic(name: str) -> str:
    return "Basic " + base64.b64encode(f"{USER}:{secret(name)}".encode()).decode()


class Proxy(BaseHTTPRequestHandler):
    """A proxy, or another server, that behaves as `kind` says; `seen` are the logins that it was given."""

    kind, seen = "", list[str | None]()

    def _answer(self) -> None:
        self.seen.append(self.headers["Proxy-Authorization"])
        if self.kind == "breaks":
            self.connection.close()
            return
        body = f"{self.path} {self.headers['Proxy-Authorization']}".encode() if self.kind == "fails" else b""
        self.send_response({"refuses": 407, "wants a login": 401}.get(self.kind, 502))
        for name in ("Proxy-Authenticate", "WWW-Authenticate"):
            self.send_header(name, 'Basic realm="here"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_CONNECT = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def proxy(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[str | None]]]:
    """The address of a proxy with a login in it, and the logins that it sees."""
    kind = type("Kind", (Proxy,), {"kind": request.param, "seen": []})
    with serving(kind) as address:
        where = {"is gone": f"127.0.0.1:{process.free_port()}", "is no address": "127.0.0.1:none"}
        yield f"http://{in_address('proxy')}@{where.get(request.param, address)}", kind.seen


def tasks_through_a_proxy(there: Path) -> dict[str, list[str]]:
    deployments.make(there / "hubs", AT_ROOT, helm="http://charts.example.org/")
    (there / "hubs/config.yaml").write_text("image: {name: quay.io/group/image, tag: '1'}\n")
    return {
        "bump-hub-image": ["--repo=hubs", "--chart-version=latest", "--dry-run"],
        "check-images": ["--repo=hubs", "--json"],
        "find-images": ["http://git.example.org/hubs.git"], "image-contents": ["quay.io/group/image:1"],
        "extract-image": ["https://git.example.org/hubs.git", "image", "made", "--yes"],
    }  # fmt: skip


TASKS = ("bump-hub-image", "image-contents", "check-images", "find-images", "extract-image")


@pytest.mark.parametrize(
    ("task", "proxy"),
    [
        pytest.param(
            task, kind, marks=[] if (task, kind) in [(TASKS[0], KINDS[0]), (TASKS[3], KINDS[0])] else pytest.mark.deep
        )
        for task in TASKS
        for kind in KINDS
    ],
    indirect=["proxy"],
)
def test_the_login_of_a_proxy(
    task: str, proxy: tuple[str, list[str | None]], tmp_path: Path, env: dict[str, str], request: pytest.FixtureRequest
) -> None:
    git("config", "--file", tmp_path / "home/.gitconfig", "user.name", "Ada")
    git("config", "--file", tmp_path / "home/.gitconfig", "user.email", "ada@example.org")
    address, seen = proxy
    words = tasks_through_a_proxy(tmp_path / "there")[task]
    more = dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY"), address) | {"no_proxy": "", "NO_PROXY": ""}
    done = spied(task, *words, cwd=tmp_path / "there", env={**env, **more}, log=tmp_path / "log")
    assert done.code in (2, 4, 75, 77), done.said
    assert "Traceback" not in done.said
    assert done.leaks() == []
    assert places(tmp_path / "there") == []
    assert places(tmp_path / "temporary") == []
    kind = request.node.callspec.id
    if task in ("find-images", "extract-image"):  # git asks without its login first, and decodes it twice
        assert any(map(has_secret, filter(None, seen))) or kind != "find-images-refuses"
    elif "is " not in kind:
        assert set(seen) == {basic("proxy")}


@pytest.mark.parametrize(
    "kind", ["helper", *(pytest.param(each, marks=pytest.mark.deep) for each in ("header", "instead"))]
)
def test_the_logins_of_git(kind: str, guarded: str, tmp_path: Path, env: dict[str, str]) -> None:
    """A helper, a header or another address, with the right login and with a wrong one."""
    make_history(tmp_path / "served/hubs.git", HISTORY)
    helper, settings_file = tmp_path / "home/helper", tmp_path / "home/.gitconfig"
    for name, code in (("address", 0), ("wrong", 77)):
        told = f"username={USER}\\npassword=%s\\n"
        helper.write_text(f"#!/bin/sh\ntest \"$1\" = get && printf '{told}' '{secret(name)}'\n")
        helper.chmod(0o755)
        settings = {
            "helper": ("credential.helper", helper),
            "header": ("http.extraHeader", f"Authorization: {basic(name)}"),
            "instead": (f"url.http://{in_address(name)}@{guarded}/.insteadOf", f"http://{guarded}/"),
        }
        settings_file.unlink(missing_ok=True)
        git("config", "--file", settings_file, *settings[kind])
        words = ("find-images", f"http://{guarded}/hubs.git")
        done = spied(*words, cwd=tmp_path / "there", env=env, log=tmp_path / f"log-{name}")
        assert done.code == code, done.said
        # git hands an address to its own programs.
        assert [line for line in done.leaks() if kind != "instead" or line not in done.of_git.splitlines()] == []
        assert places(tmp_path / "there") == []
        assert places(tmp_path / "temporary") == []


HELM = """\
repositories:
- {{name: other, url: 'http://127.0.0.1:1/', username: robot, password: '{other}'}}
- {{name: ours, url: '{address}', username: robot, password: {password}}}
"""


TAG, *PASSWORDS = (f"!{secret('helm')}", f"'{secret('helm')}'", secret("helm"), f"*{secret('helm')}", "[", "'\udc80'")


@pytest.mark.parametrize("password", [TAG, *(pytest.param(each, marks=pytest.mark.deep) for each in PASSWORDS)])
def test_the_logins_of_helm(password: str, tmp_path: Path, env: dict[str, str]) -> None:
    kept = tmp_path / "home/.config/helm/repositories.yaml"
    kept.parent.mkdir(parents=True)
    with serving(type("Kind", (Proxy,), {"kind": "fails", "seen": []})) as server:
        text = HELM.format(
            other=secret("other"), address=f"http://{in_address('address')}@{server}/", password=password
        )
        kept.write_bytes(text.encode(errors="surrogateescape"))
        git("config", "--file", tmp_path / "home/.gitconfig", "user.name", "Ada")
        git("config", "--file", tmp_path / "home/.gitconfig", "user.email", "ada@example.org")
        deployments.make(tmp_path / "there/hubs", AT_ROOT, helm='"@ours"')
        words = ("bump-hub-image", "--repo=hubs", "--chart-version=latest", "--dry-run")
        done = spied(*words, cwd=tmp_path / "there", env=env, log=tmp_path / "log")
    assert done.code == (75 if secret("helm") in password and password[0] in "'S" else 2), done.said
    assert done.leaks() == []
    assert "Traceback" not in done.said


ENDINGS = ("echo broken >&2; exit 3", "echo; echo x; exit 1", "exit 0", "kill -9 $$")


@pytest.mark.parametrize("ending", ["exit 1", *(pytest.param(each, marks=pytest.mark.deep) for each in ENDINGS)])
def test_the_logins_of_dockers_helpers(ending: str, tmp_path: Path, env: dict[str, str]) -> None:
    """A helper that says the login and fails afterwards, and a file whose keys have a login."""
    folder = tmp_path / "home/bin"
    folder.mkdir()
    helper = folder / "docker-credential-odd"
    said = json.dumps({"ServerURL": "x", "Username": USER, "Secret": secret("helper")})
    helper.write_text(f"#!/bin/sh\ncat > /dev/null\necho '{said}'\n{ending}\n")
    helper.chmod(0o755)
    config = tmp_path / "home/.docker/config.json"
    config.parent.mkdir()
    env = {**env, "PATH": f"{folder}:{env['PATH']}"}
    with serving(type("Kind", (Proxy,), {"kind": "wants a login", "seen": []})) as server:
        keys = {f"https://{in_address('key')}@{server}/v1/": {}, f"{USER}:{secret('key')}@quay.io": {"auth": "é"}}
        config.write_text(json.dumps({"auths": keys, "credHelpers": {server: "odd"}}))
        for words in (("image-contents", f"{server}/group/image:1"), ("doctor",)):
            done = spied(*words, cwd=tmp_path / "there", env=env, log=tmp_path / "log")
            assert done.leaks() == []
            assert "Traceback" not in done.said
            assert "docker-credential-odd" in done.said or ending == "exit 0"


@pytest.mark.deep
def test_the_login_of_an_index_that_pip_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(type("Kind", (Proxy,), {"kind": "refuses", "seen": []})) as server:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://{in_address('index')}@{server}/simple")
        monkeypatch.setenv("PIP_RETRIES", "0")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        with pytest.raises(pinned.NoAnswerError, match=r"chartpress 0\.0\.1 could not be installed") as caught:
            pinned.install("0.0.1", "requirements.txt", lambda question: True)
    assert not has_secret(str(caught.value))
