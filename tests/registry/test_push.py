"""The right to push: what each registry's answer means, and the message for it."""

import json
from pathlib import Path

import pytest

from hubimages.errors import HubImagesError, LoginError, NoAnswerError
from hubimages.image_ref import ImageRef
from hubimages.registry import (
    LoginRefusedError,
    NameRefusedError,
    NoRightError,
    NotThereError,
    Registries,
    Right,
    login_state,
)
from hubimages.registry.rights.push import describe
from tests.registry.conftest import Configure
from tests.registry.scripted import Asked, Reply, Scripted, error, scripted, tags
from tests.registry.test_answers import QUICK

BEGUN = Reply(202, b"", {"Location": "/v2/a/b/blobs/uploads/1?_state=x"})
API = {"Docker-Distribution-Api-Version": "registry/2.0"}
LOGIN = "Basic YWRhOnNlY3JldA=="  # ada:secret


def token_registry(asked: Asked, *, push: Reply, realm: str = "/token", shown: Reply | None = None) -> Reply:
    """Answer as a registry with tokens: accept the login, and answer a push with the given reply."""
    if asked.path == realm:
        return Reply(200, b'{"token": "t"}') if asked.login in ("", LOGIN) else error(401)
    if asked.login != "Bearer t":
        return error(401, WWW_Authenticate=f'Bearer realm="http://{asked.headers["Host"]}{realm}",service="s"')
    return push if asked.method == "POST" else shown or Reply(204)


def state_of(configure: Configure, login: str, **registry: Reply | str) -> tuple[Right, str, Scripted]:
    with scripted(lambda asked: token_registry(asked, **registry)) as server:  # type: ignore[arg-type]
        configure({server.host: login} if login else {})
        with Registries(limits=QUICK) as registries:
            state = login_state(registries, server.image)
    assert state.image == server.image.at()
    return state.right, str(state), server


@pytest.mark.parametrize(
    ("login", "push", "right"),
    [
        ("ada:secret", BEGUN, Right.MAY_PUSH),
        ("", error(401), Right.NOT_LOGGED_IN),
        ("", error(403, "DENIED"), Right.NOT_LOGGED_IN),
        ("ada:wrong", BEGUN, Right.LOGIN_REFUSED),
        ("ada:secret", error(401, "UNAUTHORIZED", "insufficient_scope"), Right.NO_RIGHT),
        ("ada:secret", error(403, "DENIED", "permission_denied: write_package"), Right.NO_RIGHT),
        ("ada:secret", error(403, "DENIED", "Your authorization token has expired."), Right.LOGIN_REFUSED),
        ("ada:secret", error(404, "NAME_UNKNOWN", "no such repository"), Right.NO_REPOSITORY),
        ("ada:secret", error(400, "NAME_INVALID", "too long"), Right.NAME_REFUSED),
        ("ada:secret", error(405, "UNSUPPORTED", "a mirror"), Right.NO_RIGHT),
    ],
)  # fmt: skip
def test_each_answer_to_the_beginning_of_a_push_has_its_meaning(
    configure: Configure, login: str, push: Reply, right: Right
) -> None:
    assert state_of(configure, login, push=push)[0] is right


@pytest.mark.parametrize("push", [error(500), error(429, Retry_After="99"), error(418), Reply(200)])
def test_an_answer_that_says_nothing_of_the_right_is_none(configure: Configure, push: Reply) -> None:
    with pytest.raises(NoAnswerError):
        state_of(configure, "ada:secret", push=push)


def test_the_upload_is_cancelled_and_nothing_else_is_sent(configure: Configure) -> None:
    _, text, server = state_of(configure, "ada:secret", push=BEGUN)
    assert text == f"may push to {server.host}/a/b as ada"
    assert [line for line in server.lines if "token" not in line and not line.startswith("GET")] == [
        "POST /v2/a/b/blobs/uploads/",  # and once more with the token
        "POST /v2/a/b/blobs/uploads/",
        "DELETE /v2/a/b/blobs/uploads/1",
    ]


@pytest.mark.parametrize(
    ("shown", "push", "right"),
    [
        (error(401, "UNAUTHORIZED"), BEGUN, Right.NO_REPOSITORY),
        (error(404, "NAME_UNKNOWN", **API), BEGUN, Right.NO_REPOSITORY),
        (tags("1"), error(401, "UNAUTHORIZED"), Right.NO_RIGHT),
        (tags("1"), BEGUN, Right.MAY_PUSH),
    ],
)
def test_a_quay_is_not_asked_for_the_right_to_push_where_that_would_create_the_repository(
    configure: Configure, shown: Reply, push: Reply, right: Right
) -> None:
    got, _, server = state_of(configure, "ada:secret", push=push, shown=shown, realm="/v2/auth")
    assert got is right
    scopes = [scope for each in server.asked for scope in each.query.get("scope", [])]
    assert any("push" in scope for scope in scopes) is (right is not Right.NO_REPOSITORY)


def words(right: Right, image: str, username: str = "ada") -> str:
    return str(describe(right, ImageRef.parse(image), username))


def test_who_lacks_the_right_is_told_whom_to_ask_for_which_one() -> None:
    told = {
        "quay.io/org/hub": "an administrator of org on quay.io for the Write permission on the repository",
        "ghcr.io/org/hub": "an owner of org on GitHub for the Write role in the package's settings",
        "us-docker.pkg.dev/prj/repo/hub": "the owner of the Google Cloud project prj for "
        "roles/artifactregistry.writer on the repository repo",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/hub": "the owner of the AWS account 123456789012 for "
        "ecr:InitiateLayerUpload",
        "public.ecr.aws/x1y2/hub": "the owner of the AWS account behind x1y2 for ecr-public:InitiateLayerUpload",
        "teamhub.azurecr.io/hub": "the owner of the Azure subscription for the role AcrPush on the registry teamhub",
        "org/hub": "an owner of org on Docker Hub for Read & Write on the repository",
        "registry.example.org/org/hub": "whoever runs registry.example.org for the right to push to org/hub",
    }
    for image, whom in told.items():
        host, name = ImageRef.parse(image).host, ImageRef.parse(image).name
        said = words(Right.NO_RIGHT, image)
        assert said.startswith(f"logged in to {host} as ada, without the right to push {name}: ask {whom}"), said


def test_who_is_not_logged_in_is_told_the_command_that_does_it() -> None:
    told = {
        "quay.io/org/hub": "docker login quay.io",
        "ghcr.io/org/hub": "gh auth refresh --scopes write:packages && gh auth token | "
        "docker login ghcr.io --username USER --password-stdin",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/hub": "aws ecr get-login-password --region eu-west-1 | "
        "docker login --username AWS --password-stdin 123456789012.dkr.ecr.eu-west-1.amazonaws.com",
        "public.ecr.aws/x1y2/hub": "aws ecr-public get-login-password --region us-east-1 | "
        "docker login --username AWS --password-stdin public.ecr.aws",
        "teamhub.azurecr.io/hub": "az login && az acr login --name teamhub",
        "org/hub": "docker login",
    }
    for image, command in told.items():
        assert words(Right.NOT_LOGGED_IN, image, "") == f"not logged in to {ImageRef.parse(image).host}: {command}"


def test_a_repository_that_a_push_does_not_create_comes_with_the_command_that_does() -> None:
    assert words(Right.NO_REPOSITORY, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/hub").endswith(
        ": aws ecr create-repository --region eu-west-1 --repository-name hub"
    )
    assert words(Right.NO_REPOSITORY, "europe-west4-docker.pkg.dev/prj/repo/hub").endswith(
        ": gcloud artifacts repositories create repo --project prj --location europe-west4 --repository-format docker"
    )
    assert "create it at https://quay.io/new/ and make it public" in words(Right.NO_REPOSITORY, "quay.io/org/hub")


GCLOUD = "#!/bin/sh\necho ada@example.org\n"


@pytest.mark.parametrize(
    ("gcloud", "helper", "application", "steps"),
    [
        ("", "", False, "install Google's command line (https://cloud.google.com/sdk/docs/install), then "
         "gcloud auth login, then gcloud auth configure-docker us-docker.pkg.dev (once on each machine), then "
         "gcloud auth application-default login (for programs that use Google's libraries)"),
        ("#!/bin/sh\n", "gcloud", True, "gcloud auth login"),
        (GCLOUD, "", True, "gcloud auth configure-docker us-docker.pkg.dev (once on each machine)"),
        (GCLOUD, "gcloud", False, "gcloud auth application-default login (for programs that use Google's libraries)"),
        (GCLOUD, "gcloud", True, "gcloud auth login && gcloud auth configure-docker us-docker.pkg.dev"),
    ],
)  # fmt: skip
def test_for_google_only_the_steps_that_are_missing_are_named(
    configure: Configure, home: Path, monkeypatch: pytest.MonkeyPatch,
    gcloud: str, helper: str, application: bool, steps: str,
) -> None:  # fmt: skip
    folder = home / "bin"
    folder.mkdir()
    if gcloud:
        (folder / "gcloud").write_text(gcloud)
        (folder / "gcloud").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))  # the machine may have a gcloud of its own
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.delenv("CLOUDSDK_CONFIG", raising=False)
    configure(credHelpers={"us-docker.pkg.dev": helper} if helper else {})
    if application:
        file = home / ".config/gcloud/application_default_credentials.json"
        file.parent.mkdir(parents=True)
        file.write_text("{}")
    assert words(Right.NOT_LOGGED_IN, "us-docker.pkg.dev/p/r/i", "") == f"not logged in to us-docker.pkg.dev: {steps}"


@pytest.mark.parametrize(
    ("right", "kind", "code"),
    [
        (Right.NOT_LOGGED_IN, LoginError, 77), (Right.LOGIN_REFUSED, LoginRefusedError, 77),
        (Right.NO_RIGHT, NoRightError, 77), (Right.NO_REPOSITORY, NotThereError, 2),
        (Right.NAME_REFUSED, NameRefusedError, 2),
    ],
)  # fmt: skip
def test_every_state_but_the_good_one_is_an_error_when_checked(
    right: Right, kind: type[HubImagesError], code: int
) -> None:
    state = describe(right, ImageRef.parse("quay.io/org/hub"), "ada")
    with pytest.raises(kind) as raised:
        state.check()
    assert (str(raised.value), raised.value.exit_code) == (str(state), code)
    describe(Right.MAY_PUSH, ImageRef.parse("quay.io/org/hub"), "ada").check()


def test_a_helper_that_is_missing_means_not_logged_in_and_is_named(configure: Configure) -> None:
    with scripted(lambda asked: token_registry(asked, push=BEGUN)) as server:
        configure(credHelpers={server.host: "nowhere"})
        with Registries() as registries:
            state = login_state(registries, server.image)
    assert state.right is Right.NOT_LOGGED_IN
    assert "docker-credential-nowhere" in state.message
    assert json.dumps(server.lines) == "[]"
