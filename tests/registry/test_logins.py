"""hubimages finds logins where Docker keeps them, and never shows them."""

import json
import os
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, LoginError, NotInstalledError
from hubimages.image_ref import ImageRef
from hubimages.registry import HiddenError, Registries
from hubimages.registry.http import logins
from hubimages.registry.http.logins import DockerConfiguration, Login, StoredLogins, containers_files, strip
from tests.registry.conftest import Configure
from tests.registry.scripted import Reply, error, scripted

ADA = Login("ada", "pass:word")


def login(host: str) -> Login | None:
    return DockerConfiguration.read().login(host)


def helper(home: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Put a credential helper `test` on PATH, and return the file to which it writes its input."""
    folder, given = home / "helpers", home / "given"
    folder.mkdir()
    program = folder / "docker-credential-test"
    program.write_text(f'#!/bin/sh\nprintf "%s " "$@" > {given}\ncat >> {given}\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return given


def test_a_helper_that_never_ends_is_ended_and_named(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(credsStore="test")
    monkeypatch.setattr(logins, "PATIENCE", 0.3)
    helper(tmp_path, monkeypatch, f'echo $$ > {tmp_path}/id; echo \'{{"Username": "ada", \'; exec sleep 60')
    remedy = r"docker-credential-test gave no login for quay\.io within 0\.3 s .*`docker-credential-test list`"
    with pytest.raises(LoginError, match=remedy):
        login("quay.io")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "id").read_text()), 0)


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("quay.io", "quay.io"),
        ("https://quay.io", "quay.io"),
        ("https://quay.io/v1/", "quay.io"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("docker.io", "docker.io"),
        ("127.0.0.1:5000", "127.0.0.1:5000"),
    ],
)
def test_a_login_is_found_under_every_key_that_docker_writes(configure: Configure, key: str, host: str) -> None:
    configure({key: "ada:pass:word"})
    assert login(host) == ADA
    assert login("example.org") is None
    assert login("127.0.0.1") is None


def test_the_directory_can_be_named_by_the_environment(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text('{"auths": {"quay.io": {"username": "ada", "password": "pass:word"}}}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert login("quay.io") == ADA
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    assert login("quay.io") is None


def test_tokens_are_logins_too_and_an_empty_entry_is_none(configure: Configure) -> None:
    tokens = {
        "a.example": {"auth": "YWRhOg==", "identitytoken": "i"},
        "b.example": {"registrytoken": "r"},
        "c.example": {},
    }
    configure(auths=tokens)
    assert login("a.example") == Login("ada", "", identity_token="i")
    assert login("b.example") == Login("", "", registry_token="r")
    assert login("c.example") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"auths": [1]}', '{"credHelpers": 1}', "\x00"])
def test_a_configuration_that_cannot_be_read_is_named(configure: Configure, home: Path, content: str) -> None:
    (home / ".docker/config.json").write_text(content)
    with pytest.raises(BadInputError, match=r"\.docker/config\.json"):
        login("quay.io")


def test_an_entry_that_cannot_be_read_names_the_host_and_not_its_content(configure: Configure) -> None:
    configure(auths={"quay.io": {"auth": "c2VjcmV0!"}})
    with pytest.raises(BadInputError, match=r"the login for quay\.io cannot be read; docker login quay\.io") as raised:
        login("quay.io")
    assert "c2VjcmV0" not in str(raised.value)


def test_the_helper_of_a_host_is_asked_by_stdin(
    configure: Configure, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    given = helper(home, monkeypatch, """echo '{"ServerURL": "x", "Username": "ada", "Secret": "pass:word"}'""")
    configure(credHelpers={"us-docker.pkg.dev": "test"})
    assert login("us-docker.pkg.dev") == ADA
    assert given.read_text() == "get us-docker.pkg.dev"
    assert login("quay.io") is None
    assert "pass:word" not in "".join(capfd.readouterr())


def test_the_store_is_asked_for_every_host_by_dockers_own_key(
    configure: Configure, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = helper(home, monkeypatch, """echo '{"Username": "<token>", "Secret": "i"}'""")
    configure(credsStore="test")
    assert login("docker.io") == Login("", "", identity_token="i")
    assert given.read_text() == "get https://index.docker.io/v1/"


def test_a_helper_without_a_login_has_none(configure: Configure, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper(home, monkeypatch, "echo 'credentials not found in native keychain'; exit 1")
    configure(credsStore="test")
    assert login("quay.io") is None


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'ERROR: gcloud crashed: run gcloud auth login' >&2; exit 1", "gcloud crashed: run gcloud auth login"),
        ("exit 3", "exit code 3"),
        ("""echo '{"Username": "u", "Secret": "s"}'; exit 3""", "exit code 3$"),
        ("echo nonsense", "no login for quay.io that can be read"),
        ("echo '[]'", "no login for quay.io that can be read"),
    ],
)
def test_a_helper_that_fails_says_why(
    configure: Configure, home: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    helper(home, monkeypatch, script)
    configure(credHelpers={"quay.io": "test"})
    with pytest.raises(LoginError, match=said):
        login("quay.io")


def test_a_helper_that_is_not_installed_is_named(configure: Configure) -> None:
    configure(credHelpers={"quay.io": "nowhere"})
    with pytest.raises(NotInstalledError, match="docker-credential-nowhere"):
        login("quay.io")


def test_a_login_does_not_show_its_secret() -> None:
    shown = repr([Login("ada", "one", "two", "three"), DockerConfiguration(Path("c"), {"quay.io": {"auth": "four"}})])
    assert not [secret for secret in ("one", "two", "three", "four") if secret in shown]


def test_public_images_are_seen_without_the_helper_and_others_say_that_it_is_missing(configure: Configure) -> None:
    def answer(asked: object, *, public: bool) -> Reply:
        if asked.path == "/token":  # type: ignore[attr-defined]
            return Reply(200, b'{"token": "t"}')
        host = asked.headers["Host"]  # type: ignore[attr-defined]
        if asked.login != "Bearer t":  # type: ignore[attr-defined]
            return error(401, WWW_Authenticate=f'Bearer realm="http://{host}/token",service="s"')
        return Reply(200, json.dumps({"tags": ["1"]}).encode()) if public else error(403, "DENIED", "no")

    for public in (True, False):
        with scripted(lambda asked, public=public: answer(asked, public=public)) as server, Registries() as registries:
            configure(credHelpers={server.host: "nowhere"})
            image = ImageRef(server.host, "a/b")
            if public:
                assert registries.tags(image) == ["1"]
            else:
                with pytest.raises(HiddenError, match="docker-credential-nowhere"):
                    registries.tags(image)


def podman(file: Path, **logins: str) -> None:
    """Write logins as `podman login` and `skopeo login` do."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        json.dumps({"auths": {key: {"auth": b64encode(text.encode()).decode()} for key, text in logins.items()}})
    )


def test_logins_are_found_where_podman_and_skopeo_keep_them(
    configure: Configure, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure({"a.example": "docker:1"})
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "settings"))
    podman(home / "run/containers/auth.json", **{"a.example": "run:2", "b.example": "run:2"})
    podman(home / "settings/containers/auth.json", **{"b.example": "kept:3", "c.example": "kept:3"})
    hosts = ("a.example", "b.example", "c.example", "d.example")
    found = {host: StoredLogins()(host, "o/n") for host in hosts}
    assert found == {
        "a.example": Login("docker", "1"), "b.example": Login("run", "2"), "c.example": Login("kept", "3"),
        "d.example": None,
    }  # fmt: skip
    podman(home / "named.json", **{"b.example": "named:4"})
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(home / "named.json"))
    assert [StoredLogins()(host, "o/n") for host in hosts] == [Login("docker", "1"), Login("named", "4"), None, None]


def test_without_a_runtime_directory_podmans_file_of_the_user_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    files = [Path("/run/containers", str(os.getuid()), "auth.json"), Path.home() / ".config/containers/auth.json"]
    assert containers_files() == files


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("organisation/image", Login("robot", "1")),
        ("organisation/special", Login("special", "2")),
        ("organisation/special/deep", Login("special", "2")),
        ("organisation-two/image", Login("all", "3")),
        ("other/image", Login("all", "3")),
    ],
)
def test_the_most_exact_key_with_a_path_is_the_login(
    configure: Configure, home: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: Login
) -> None:
    configure({})
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(home / "auth.json"))
    keys = {"quay.io/organisation": "robot:1", "quay.io/organisation/special": "special:2", "quay.io": "all:3"}
    podman(home / "auth.json", **keys)
    assert StoredLogins()("quay.io", name) == expected


def test_a_login_for_one_organisation_is_not_sent_for_another(configure: Configure) -> None:
    configure({"quay.io/organisation": "robot:1"})
    logins = StoredLogins()
    assert logins("quay.io", "organisation/image") == Login("robot", "1")
    assert logins("quay.io", "other/image") is None


def test_a_registry_gets_the_login_of_the_repository_that_is_asked_for(configure: Configure) -> None:
    sent: dict[str, str] = {}

    def answer(asked: object) -> Reply:
        path, given = asked.path, asked.login  # type: ignore[attr-defined]
        if not given:
            return error(401, WWW_Authenticate='Basic realm="a"')
        sent[path.split("/")[2]] = given
        return Reply(200, b'{"tags": ["1"]}')

    with scripted(answer) as server, Registries() as registries:
        configure({f"{server.host}/one": "a:1", f"{server.host}/two": "b:2"})
        for name in ("one/x", "two/x"):
            assert registries.tags(ImageRef(server.host, name)) == ["1"]
    assert sent == {"one": Login("a", "1").basic(), "two": Login("b", "2").basic()}


def test_podmans_file_that_cannot_be_read_is_named(
    configure: Configure, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure({})
    (home / "auth.json").write_text("{")
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(home / "auth.json"))
    with pytest.raises(BadInputError, match=r"the logins in .*/auth\.json cannot be read"):
        StoredLogins()("quay.io", "o/n")


@pytest.mark.parametrize(("key", "host"), [
    ("quay.io", "quay.io"), ("quay.io/", "quay.io"), ("quay.io/v1/", "quay.io"), ("quay.io/v2", "quay.io"),
    ("quay.io/organisation", "quay.io/organisation"), ("quay.io/v1/x", "quay.io/v1/x"),
    ("https://quay.io/x/y", "quay.io"), ("https://quay.io/x://y", "quay.io"),
    ("https://u:a@b@quay.io/v1/", "quay.io"), ("u:p@quay.io", "quay.io"),
])  # fmt: skip
def test_a_key_with_a_path_is_for_a_part_of_the_registry_unless_older_versions_wrote_it(key: str, host: str) -> None:
    assert strip(key) == host


def test_the_places_of_logins_are_known_without_reading_one() -> None:
    kept = DockerConfiguration(Path("c"), {"https://quay.io/v1/": {}, "a.example": {}}, {"a.example": "gcloud"})
    assert kept.places() == {"quay.io": "c", "a.example": "docker-credential-gcloud"}
    assert replace(kept, store="pass").places() == {
        "quay.io": "docker-credential-pass", "a.example": "docker-credential-gcloud",
    }  # fmt: skip


def test_a_helper_is_asked_once_for_a_host_and_its_failure_is_said_each_time(
    configure: Configure, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = home / "asked"
    for script, kept in (("""echo '{"Username": "ada", "Secret": "pass:word"}'""", ADA), ("exit 3", None)):
        folder = home / "helpers"
        if not folder.exists():
            helper(home, monkeypatch, script)
        program = folder / "docker-credential-test"
        program.write_text(f"#!/bin/sh\necho >> {asked}\n{script}\n")
        configure(credHelpers={"quay.io": "test"})
        logins = StoredLogins()
        asked.write_text("")
        for name in ("", "a/b"):
            if kept:
                assert logins("quay.io", name) == kept
            else:
                with pytest.raises(LoginError, match="exit code 3"):
                    logins("quay.io", name)
        assert asked.read_text() == "\n"


@pytest.mark.parametrize("said", ["command not found", "credentials are locked", r"\377 broken"])
def test_a_helper_that_says_something_else_than_that_it_has_none_has_failed(
    configure: Configure, home: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    helper(home, monkeypatch, f"printf '{said}'; exit 1")
    configure(credsStore="test")
    with pytest.raises(LoginError, match=r"gives no login for quay\.io: "):
        login("quay.io")


def test_a_helper_that_gives_no_secret_has_no_login(
    configure: Configure, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = helper(home, monkeypatch, """echo '{"Username": "ada", "Secret": ""}'""")
    configure(credsStore="test")
    assert login("docker.io") is None
    assert given.read_text() == "get https://index.docker.io/v1/"


def test_a_configuration_may_begin_with_a_byte_order_mark_and_a_secret_end_with_zeros(
    configure: Configure, home: Path
) -> None:
    auth = b64encode(b"ada:\0pass:word\0\0").decode()
    text = json.dumps({"auths": {"quay.io": {"auth": auth}}})
    (home / ".docker/config.json").write_text(text, encoding="utf-8-sig")
    assert login("quay.io") == Login("ada", "\0pass:word")
