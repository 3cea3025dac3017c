"""A push of a tested image: what the registry has afterwards, and the message if it refuses."""

import json
import os
import re
import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from hubimages.run import environment
from tests.engine.answering import answering
from tests.engine.engine import DEBIAN, Engine, second_engine
from tests.engine.install import EngineUnavailableError
from tests.engine.registry import Registry
from tests.engine.small import Repository, digest, session_error
from tests.histories import git

CHANGES_THE_IMAGE = """\
import os, subprocess

def test_it():
    subprocess.run(["docker", "tag", os.environ["OTHER"], os.environ["IMAGE"]], check=True)
"""

SECRETS = "https://github.com/OWNER/NAME/settings/secrets/actions"
SET_AT = f"(on GitHub, set QUAY_PASSWORD and QUAY_USERNAME at {SECRETS})"
# A program that needs nothing else in its image.
STATIC = Path("/sbin/ldconfig")
BY_A_PROGRAM = """\
FROM scratch
COPY program /program
RUN ["/program", "-X", "-C", "/made"]
COPY README.md /
"""

pytestmark = pytest.mark.usefixtures("no_container_left")


def test_another_image_than_the_tested_one_is_not_pushed(
    repository: Repository, engine: Engine, registry: Registry
) -> None:
    repository.write({"image-contract/test_contract.py": CHANGES_THE_IMAGE})
    image = f"{registry.address}/our/small"
    told = session_error(repository.nox("build", "--", "--push", IMAGE=image, OTHER=DEBIAN))
    assert f"not pushed: {image}:{repository.tag} has changed since it was tested" in told
    assert digest(registry, "our/small", repository.tag) == ""


def test_without_a_login_nothing_is_pushed(repository: Repository, password_registry: Registry) -> None:
    told = session_error(repository.nox("build", "--", "--push", IMAGE=f"{password_registry.address}/our/small"))
    host = password_registry.address
    wrong = f"you are not logged in to {host}, or the password is wrong. Run docker login {host} {SET_AT}"
    assert f"nothing was pushed: {wrong}" in told
    assert digest(password_registry, "our/small", repository.tag) == ""


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "you are not logged in to {host}, or the password is wrong. Run docker login {host} {set_at}."),
        (403, "{host} does not allow you to push {host}/our/small:{tag}. Ask its owner for write access {set_at}."),
        (
            404,
            "{host} has no repository for {host}/our/small:{tag}, and a push does not create it. "
            "Create it (see README.md), or correct IMAGE in noxfile.py.",
        ),
        (429, "{host} did not answer properly. Try again later: nox -s push."),
        (500, "{host} did not answer properly. Try again later: nox -s push."),
    ],
)
def test_a_registry_that_refuses_is_told_with_the_remedy(repository: Repository, status: int, told: str) -> None:
    with answering(status) as refusing:
        done = repository.nox("build", "--", "--push", IMAGE=f"{refusing.address}/our/small")
    assert "nothing was pushed: " + told.format(
        host=refusing.address, tag=repository.tag, set_at=SET_AT
    ) in session_error(done)
    assert any("/v2/our/small/" in request for request in refusing.requests)


def test_a_registry_that_nobody_answers_for_is_told(repository: Repository) -> None:
    told = session_error(repository.nox("build", "--", "--push"))
    assert "nothing was pushed: 127.0.0.1:9 did not answer properly. Try again later: nox -s push." in told


def test_a_wrong_password_is_told_with_the_place_where_it_is_set(
    repository: Repository, password_registry: Registry
) -> None:
    host = password_registry.address
    names = {"REGISTRY_USERNAME": password_registry.username, "REGISTRY_PASSWORD": "wrong horse"}
    told = session_error(repository.nox("login", IMAGE=f"{host}/our/small", **names))
    assert f"{host} refused the name or password {SET_AT}." in told
    assert "wrong horse" not in told


@pytest.mark.parametrize("status", [429, 500])
def test_a_login_without_an_answer_is_no_wrong_password(repository: Repository, status: int) -> None:
    names = {"REGISTRY_USERNAME": "robot", "REGISTRY_PASSWORD": "x"}
    with answering(status, also_greeting=True) as refusing:
        told = session_error(repository.nox("login", IMAGE=f"{refusing.address}/our/small", **names))
    assert f"the login failed: {refusing.address} did not answer properly. Try again later." in told


def test_with_the_right_password_the_image_is_pushed_and_its_digest_told(
    repository: Repository, engine: Engine, password_registry: Registry
) -> None:
    name = {"IMAGE": f"{password_registry.address}/our/small"}
    password = {"REGISTRY_USERNAME": password_registry.username, "REGISTRY_PASSWORD": password_registry.password}
    try:
        assert repository.nox("login", **name, **password).returncode == 0
        done = repository.nox("build", "--", "--push", **name)
    finally:
        engine.logout(password_registry)
    assert done.returncode == 0, done.stdout
    assert f"digest  {digest(password_registry, 'our/small', repository.tag)}\n" in done.stdout


def test_a_tag_that_is_another_images_is_not_moved(
    repository: Repository, engine: Engine, registry: Registry, tmp_path: Path
) -> None:
    reference = f"{registry.address}/our/small:{repository.tag}"
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /other\n")
    engine.build(tmp_path, reference)
    engine.docker("push", reference)
    engine.docker("image", "rm", reference)
    theirs = digest(registry, "our/small", repository.tag)
    told = session_error(repository.nox("build", "--", "--push", IMAGE=f"{registry.address}/our/small"))
    taken = f"the registry already has {reference}, with another digest ({theirs}). A tag never moves"
    assert f"nothing was pushed: {taken}" in told
    assert "git commit --allow-empty" in told
    assert digest(registry, "our/small", repository.tag) == theirs


def test_what_was_pushed_can_be_pushed_again(repository: Repository, registry: Registry) -> None:
    image = {"IMAGE": f"{registry.address}/our/small"}
    assert repository.nox("build", "--", "--push", **image).returncode == 0
    before = digest(registry, "our/small", repository.tag)
    done = repository.nox("push", **image)
    assert done.returncode == 0, done.stdout
    assert f"digest  {before}\n" in done.stdout


def test_a_date_beside_the_commit_stays_and_latest_moves(
    repository: Repository, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    noxfile = (repository.path / "noxfile.py").read_text()
    image = {"IMAGE": f"{registry.address}/our/dated"}
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-03-01T23:59:58-01:00")
    repository.write({"noxfile.py": noxfile.replace('TAGS = ["commit"]', 'TAGS = ["commit", "date", "latest"]')})
    first = repository.tag
    assert repository.nox("build", "--", "--push", **image).returncode == 0
    assert registry.tags("our/dated") == sorted([first, "2026-03-02-0059", "latest"])
    pushed = digest(registry, "our/dated", first)
    assert {digest(registry, "our/dated", tag) for tag in registry.tags("our/dated")} == {pushed}
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-03-02T12:00:00Z")
    repository.write({"README.md": "changed\n"})
    assert repository.nox("build", "--", "--push", **image).returncode == 0
    moved = digest(registry, "our/dated", repository.tag)
    assert digest(registry, "our/dated", "2026-03-02-1200") == digest(registry, "our/dated", "latest") == moved
    assert digest(registry, "our/dated", "2026-03-02-0059") == pushed != moved


def test_a_preview_has_the_pull_requests_tag_and_no_other(
    repository: Repository, registry: Registry, tmp_path: Path
) -> None:
    told = tmp_path / "output"
    preview = {"PREVIEW": "pr-12", "GITHUB_OUTPUT": str(told)}
    done = repository.nox("build", "--", "--push", IMAGE=f"{registry.address}/our/preview", **preview)
    assert done.returncode == 0, done.stdout
    assert registry.tags("our/preview") == [f"pr-12-{repository.tag}"]
    tag = f"pr-12-{repository.tag}"
    pushed = [f"image={registry.address}/our/preview:{tag}", f"digest={digest(registry, 'our/preview', tag)}"]
    assert told.read_text().splitlines() == pushed


LABELLED = """\
FROM scratch
COPY README.md /
ARG NUMBER=0
LABEL number=$NUMBER
"""


def build_again(engine: Engine, repository: Repository, image: str, number: int) -> None:
    """Build the commit's image with other bytes and the same label, as another machine might."""
    label = f"org.opencontainers.image.revision={git('-C', repository.path, 'rev-parse', 'HEAD').strip()}"
    words = ("--build-arg", f"NUMBER={number}", "--label", label)
    engine.try_docker("image", "rm", "--force", f"{image}:{repository.tag}")  # or it would stay without a name
    engine.build(repository.path, f"{image}:{repository.tag}", *words)


def push_tags(engine: Engine, repository: Repository, image: str, number: int) -> str:
    build_again(engine, repository, image, number)
    done = repository.nox("push", IMAGE=image)
    assert done.returncode == 0, done.stdout
    return done.stdout


def with_tags(repository: Repository, *tags: str) -> None:
    noxfile = (repository.path / "noxfile.py").read_text()
    written = noxfile.replace('TAGS = ["commit"]', f"TAGS = {json.dumps(tags)}")
    repository.write({"noxfile.py": written, "Dockerfile": LABELLED})


def test_a_second_build_of_a_commit_is_not_refused_and_moves_no_tag(
    repository: Repository, engine: Engine, registry: Registry
) -> None:
    image = f"{registry.address}/our/dated"
    with_tags(repository, "commit")
    push_tags(engine, repository, image, 1)
    first = digest(registry, "our/dated", repository.tag)
    said = push_tags(engine, repository, image, 2)
    assert f"{image}:{repository.tag} stays: an earlier run pushed this commit's image ({first})" in said
    assert f"digest  {first}\n" in said
    assert digest(registry, "our/dated", repository.tag) == first


def test_a_tag_that_was_not_reached_is_put_on_the_image_that_is_there(
    repository: Repository, engine: Engine, registry: Registry
) -> None:
    image = f"{registry.address}/our/dated"
    with_tags(repository, "commit", "latest")
    push_tags(engine, repository, image, 1)
    older = digest(registry, "our/dated", "latest")
    repository.write({"README.md": "changed\n"})
    build_again(engine, repository, image, 2)
    engine.docker("push", f"{image}:{repository.tag}")  # a run that stopped after its first tag
    there = digest(registry, "our/dated", repository.tag)
    push_tags(engine, repository, image, 3)
    assert digest(registry, "our/dated", repository.tag) == digest(registry, "our/dated", "latest") == there != older


def test_two_commits_of_one_minute_are_both_pushed_and_the_first_keeps_the_date(
    repository: Repository, engine: Engine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = f"{registry.address}/our/dated"
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-04-01T10:00:10Z")
    with_tags(repository, "commit", "date", "latest")
    push_tags(engine, repository, image, 1)
    first, first_digest = repository.tag, digest(registry, "our/dated", repository.tag)
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-04-01T10:00:50Z")
    repository.write({"README.md": "changed\n"})
    said = push_tags(engine, repository, image, 2)
    assert f"{image}:2026-04-01-1000 stays: it is the image of commit {first}, of the same minute" in said
    assert digest(registry, "our/dated", "2026-04-01-1000") == first_digest
    assert digest(registry, "our/dated", repository.tag) == digest(registry, "our/dated", "latest") != first_digest


def test_a_repeated_older_run_does_not_move_latest_back(
    repository: Repository, engine: Engine, registry: Registry
) -> None:
    image = f"{registry.address}/our/dated"
    with_tags(repository, "commit", "latest")
    push_tags(engine, repository, image, 1)
    older = git("-C", repository.path, "rev-parse", "HEAD").strip()
    repository.write({"README.md": "changed\n"})
    push_tags(engine, repository, image, 2)
    newest = digest(registry, "our/dated", "latest")
    branch = git("-C", repository.path, "rev-parse", "HEAD").strip()
    git("-C", repository.path, "checkout", "--quiet", older)  # as a re-run of a workflow does
    try:
        said = push_tags(engine, repository, image, 3)
    finally:
        git("-C", repository.path, "checkout", "--quiet", "-B", "main", branch)
    assert f"{image}:latest stays where it is: it is the image of {branch[:12]}, which comes after this commit" in said
    assert digest(registry, "our/dated", "latest") == newest


def test_a_push_tells_what_each_node_pulls(repository: Repository, registry: Registry) -> None:
    image = {"IMAGE": f"{registry.address}/our/small"}
    (repository.path / "data").write_bytes(os.urandom(3_000_000))
    repository.write({"Dockerfile": "FROM scratch\nCOPY data /\nCOPY README.md /\n"})
    first = repository.tag
    done = repository.nox("build", "--", "--push", **image)
    assert re.findall("^ +(pull .*|update .*)$", done.stdout, re.MULTILINE) == [
        "pull    3.0 MB compressed, by layer: 3.0, 0.0"
    ]
    (repository.path / "more").write_bytes(os.urandom(1_000_000))
    repository.write({"Dockerfile": "FROM scratch\nCOPY data /\nCOPY more /\n"})
    done = repository.nox("build", "--", "--push", **image)
    assert re.findall("^ +(pull .*|update .*)$", done.stdout, re.MULTILINE) == [
        "pull    4.0 MB compressed, by layer: 3.0, 1.0",
        f"update  1.0 MB of them on a node that has {first}",
    ]


def test_a_build_tells_what_each_node_would_pull(repository: Repository, registry: Registry) -> None:
    image = {"IMAGE": f"{registry.address}/our/small"}
    (repository.path / "data").write_bytes(os.urandom(3_000_000))
    repository.write({"Dockerfile": "FROM scratch\nCOPY data /\nCOPY README.md /\n"})
    done = repository.nox("build", "--", "--push", **image)
    assert done.returncode == 0, done.stdout
    first = repository.tag
    (repository.path / "more").write_bytes(os.urandom(9_000_000))  # more than is compressed at a time
    repository.write({"Dockerfile": "FROM scratch\nCOPY data /\nCOPY more /\n"})
    done = repository.nox("build", **image)
    assert re.findall("^ +(pull .*|update .*)$", done.stdout, re.MULTILINE) == [
        "pull    about 12.0 MB compressed, by layer: 3.0, 9.0",
        f"update  about 9.0 MB of them on a node that has {first}",
    ]
    kept = json.loads((repository.path / ".nox/layer-sizes.json").read_text())
    assert [round(size / 1e6, 1) for size in kept.values()] == [3.0, 9.0]
    done = repository.nox("build", "--", "--push", **image)
    manifest = json.loads(registry.request(f"our/small/manifests/{repository.tag}")[0])
    assert [layer["size"] for layer in manifest["layers"]] == pytest.approx(list(kept.values()), rel=0.01)
    kept["sha256:made-up"] = 0
    (repository.path / ".nox/layer-sizes.json").write_text(json.dumps(kept))
    repository.write({"README.md": "changed\n"})
    assert "by layer: 3.0, 9.0" in repository.nox("build", **image).stdout
    assert "sha256:made-up" in (repository.path / ".nox/layer-sizes.json").read_text()  # nothing was compressed again


def test_an_image_over_the_limit_fails_and_is_not_pushed(repository: Repository, registry: Registry) -> None:
    noxfile = (repository.path / "noxfile.py").read_text()
    assert 'MAX_SIZE = ""\n' in noxfile
    image = {"IMAGE": f"{registry.address}/our/small"}
    (repository.path / "data").write_bytes(os.urandom(3_000_000))
    dockerfile = "FROM scratch\nCOPY data /\nCOPY README.md /\n"
    repository.write({"Dockerfile": dockerfile, "noxfile.py": noxfile.replace('MAX_SIZE = ""', "MAX_SIZE = '2 MB'")})
    for words in (["build", "--", "--push"], ["push"]):
        told = session_error(repository.nox(*words, **image))
        assert "the image is about 3.0 MB compressed, 1.0 MB over MAX_SIZE in noxfile.py (2 MB)" in told
        assert "The largest of its 2 layers: 3.0 MB (number 1), 0.0 MB (number 2)" in told
        assert "raise MAX_SIZE" in told
        assert digest(registry, "our/small", repository.tag) == ""


@pytest.mark.parametrize("size", ["2", "2 TB", "two GB", "-1 MB"])
def test_a_limit_that_is_no_size_is_told_before_the_build(repository: Repository, size: str) -> None:
    noxfile = (repository.path / "noxfile.py").read_text()
    repository.write({"noxfile.py": noxfile.replace('MAX_SIZE = ""', f"MAX_SIZE = '{size}'")})
    done = repository.nox("build")
    assert f"MAX_SIZE in noxfile.py is '{size}'. Write it as '800 MB' or '2.5 GB'" in session_error(done)
    assert "Dockerfile" not in done.stdout


def test_a_reopened_pull_request_gets_a_tag_for_its_new_merge(repository: Repository, registry: Registry) -> None:
    preview = {"PREVIEW": "pr-13", "IMAGE": f"{registry.address}/our/preview"}
    assert repository.nox("build", "--", "--push", **preview).returncode == 0
    first = repository.tag
    repository.write({"README.md": "the branch that it goes into has changed\n"})
    done = repository.nox("build", "--", "--push", **preview)
    assert done.returncode == 0, done.stdout
    assert {f"pr-13-{first}", f"pr-13-{repository.tag}"} <= set(registry.tags("our/preview"))


def test_what_python_and_nox_write_is_no_change_without_our_gitignore(
    repository: Repository, registry: Registry
) -> None:
    git("-C", repository.path, "rm", "--quiet", ".gitignore")
    repository.write({})
    (repository.path / "__pycache__").mkdir(exist_ok=True)
    (repository.path / "__pycache__/noxfile.pyc").touch()
    done = repository.nox("build", "--", "--push", IMAGE=f"{registry.address}/our/small")
    assert done.returncode == 0, done.stdout


def test_two_architectures_are_joined_by_digest_under_one_tag(
    repository: Repository, engine: Engine, registry: Registry, tmp_path: Path
) -> None:
    told = tmp_path / "output"
    image = {"IMAGE": f"{registry.address}/our/joined", "GITHUB_OUTPUT": str(told)}
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    for architecture in ("amd64", "arm64"):  # as if each was built on its own runner
        reference = f"{image['IMAGE']}:{repository.tag}-{architecture}"
        engine.build(tmp_path, reference, "--platform", f"linux/{architecture}")
        done = repository.nox("push", ARCHITECTURE=architecture, **image)
        assert done.returncode == 0, done.stdout
        engine.docker("image", "rm", reference)
    parts = dict(re.findall(r"^(a\w+64)=(sha256:\w{64})$", told.read_text(), re.MULTILINE))
    join = {**image, "AMD64": parts["amd64"], "ARM64": parts["arm64"]}
    done = repository.nox("join", **join)
    assert done.returncode == 0, done.stdout
    index = json.loads(registry.request(f"our/joined/manifests/{repository.tag}")[0])
    found = {one["platform"]["architecture"]: one["digest"] for one in index["manifests"]}
    assert found == parts
    assert f"image={image['IMAGE']}:{repository.tag}\n" in told.read_text()
    assert repository.nox("join", **join).returncode == 0  # again
    other = session_error(repository.nox("join", **{**join, "ARM64": parts["amd64"]}))
    assert ", with another digest (" in other


@pytest.mark.skipif(not STATIC.exists(), reason=f"no {STATIC} here")
def test_a_machine_with_an_empty_cache_takes_the_layers_from_the_registry(
    repository: Repository, engine: Engine, registry: Registry
) -> None:
    image = {"IMAGE": f"{registry.address}/our/cached"}
    shutil.copy(STATIC, repository.path / "program")
    repository.write({"Dockerfile": BY_A_PROGRAM})
    first = repository.nox("build", "--", "--push", **image)
    assert first.returncode == 0, first.stdout
    earlier = repository.tag
    with ExitStack() as stack:
        try:
            empty = stack.enter_context(second_engine(engine))
        except EngineUnavailableError as reason:
            pytest.skip(str(reason))
        other = replace(repository, env=environment({**repository.env, **empty.env}))
        again = other.nox("build", "--", "--push", **image)  # the same commit becomes the same image
        repository.write({"README.md": "changed\n"})
        empty.docker("image", "rm", "--force", f"{image['IMAGE']}:{earlier}")
        empty.docker("builder", "prune", "--all", "--force")
        changed = other.nox("build", "--", "--push", **image)
    for done in (again, changed):
        assert done.returncode == 0, done.stdout
        assert re.search(r"CACHED|importing cache manifest", done.stdout)
        assert re.search(r"#(\d+) \[2/3\] RUN \[\"/program\".*\n(#\1 .*\n)*?#\1 CACHED", done.stdout), done.stdout
    assert f"digest  {digest(registry, 'our/cached', earlier)}\n" in again.stdout
    # the layer of the program is reused, and only the last one is new
    layers = [
        [layer["digest"] for layer in json.loads(registry.request(f"our/cached/manifests/{tag}")[0])["layers"]]
        for tag in (earlier, repository.tag)
    ]
    assert layers[0][:2] == layers[1][:2]
    assert layers[0][2] != layers[1][2]
