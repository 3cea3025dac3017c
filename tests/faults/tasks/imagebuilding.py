"""The task that makes a hub on which users build images, with a password that the real sops encrypts."""

import re

from tests.faults.tasks.deployments import cut_pull_request, on_github, requests
from tests.faults.world import Scenario, State, World
from tests.imagebuilding import small_charts
from tests.imagebuilding.test_new_hub import BASEHUB, CLUSTER, COMMON, LAKE, PASSWORD, answers, repository, with_key

# What sops writes differs from run to run.
ENCRYPTED = re.compile(
    rb"ENC\[[^]]*\]|-----BEGIN PGP MESSAGE-----.*?-----END PGP MESSAGE-----|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.S
)


ANSWERS = "answers.yaml"
SAVE = f"--save-answers={ANSWERS}"


def encrypted(content: bytes) -> bytes:
    return ENCRYPTED.sub(b"SECRET", content)


def deployment(world: World) -> None:
    """A deployment repository with a hub, rules of sops, and a file with the registry's password."""
    path, folder, fingerprint = world.given["encryption"]
    world.env |= {"GNUPGHOME": folder, "PATH": path}
    files = {
        "config/clusters/north/cluster.yaml": CLUSTER,
        "config/clusters/north/common.values.yaml": COMMON,
        "config/clusters/north/lake.values.yaml": LAKE,
        ".sops.yaml": "creation_rules:\n  - path_regex: .*secret.*\n    pgp: NONE\n",
    }
    root = repository(world.there / "hubs", files)
    small_charts.write_basehub(root / "helm-charts/basehub", BASEHUB, "http://127.0.0.1:9/")
    with_key(root, fingerprint)
    (root / "mine.txt").write_text("mine\n")
    (world.home / "password").write_text(PASSWORD)


def words(world: World, *more: str) -> tuple[str, ...]:
    given = [f"--set={key}={value}" for key, value in answers().items()]
    password = f"--password-file={world.home}/password"
    where = ("--repo=hubs", "--cluster=north", "--hub=ocean")
    return ("new-imagebuilding-hub", *where, password, *given, "--yes", *more)


NO_PAST = {"clock in the past": "gpg refuses a key of the future"}


def with_answers(world: World, before: State, after: State, now: State) -> bool:
    """The answers come first: a person may have typed them. The repository is as before or as after.

    Without a commit, each file of it is, after SIGKILL.
    """
    rest = {path: text for path, text in now.items() if path != ANSWERS}
    if world.has_died:
        return all(text in (before.get(path), after.get(path)) for path, text in rest.items() if path != "hubs/.git")
    return any(rest == {path: text for path, text in each.items() if path != ANSWERS} for each in (before, after))


IMAGEBUILDING = (
    Scenario(
        "new-imagebuilding-hub", lambda w: words(w, SAVE), deployment, fixtures=("encryption",),
        normal=encrypted, most=6, steps=with_answers, again=(0, 3), without=NO_PAST,
    ),
    Scenario(
        "new-imagebuilding-hub --commit", lambda w: words(w, SAVE, "--commit"), deployment, fixtures=("encryption",),
        normal=encrypted, most=6, steps=with_answers, again=(0, 3), without=NO_PAST,
    ),
    Scenario(
        "new-imagebuilding-hub --open-pr", lambda w: words(w, "--branch=ocean", "--open-pr"),
        on_github(deployment, "hubs"), fixtures=("encryption",), normal=encrypted, most=4, steps=cut_pull_request,
        again=(0, 3), without=NO_PAST,
        server="git github", beyond=requests,
    ),
)  # fmt: skip
