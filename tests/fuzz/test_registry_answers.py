"""Whatever a registry or a Helm repository answers, there is a result or one of our errors, and an end."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from hubimages.contents.published.manifest import configuration_of, resolve
from hubimages.contents.sbom.referrers import attached
from hubimages.errors import HubImagesError
from hubimages.image_ref import ImageRef
from hubimages.imagebuilding.chart_repository import fetch
from hubimages.registry import Registries, created, labels, platforms
from tests.fuzz.limits import limited
from tests.fuzz.mutating import mutated
from tests.fuzz.seeds import DIGEST, INDEXES, REGISTRY
from tests.registry.scripted import QUICK, Asked, Reply, scripted

CHALLENGES = (
    b'Bearer realm="http://{host}/token",service="x",scope="y"',
    b'Basic realm="x"',
    b'Bearer realm="http://["',
    b"Bearer",
)
STATUSES = (200, 200, 200, 200, 401, 404, 403, 400, 307)


def hostile(chance: random.Random) -> Callable[[Asked], Reply]:
    """Return a registry that answers each request with something else."""

    def answer(asked: Asked) -> Reply:
        status = chance.choice(STATUSES)
        challenge = mutated(chance, CHALLENGES).replace(b"{host}", asked.headers["Host"].encode())
        headers = {
            "WWW-Authenticate": challenge,
            "Link": mutated(chance, REGISTRY[2:3]),
            "Location": mutated(chance, (b"/v2/a/b/x", b"x")),
        }
        headers |= {"Docker-Content-Digest": mutated(chance, (DIGEST.encode(),)), "ETag": mutated(chance, (b"x",))}
        lines = {
            name: value.decode("latin-1").translate({10: " ", 13: " ", 0: " "})[:2000]
            for name, value in headers.items()
            if value
        }
        return Reply(status, mutated(chance, (*REGISTRY, *INDEXES)), lines if chance.random() < 0.7 else {})

    return answer


def ask_all(host: str) -> None:
    image = ImageRef(host, "a/b", "1")
    with Registries.anonymous(limits=QUICK) as registries:
        questions: tuple[Callable[[], object], ...] = (
            lambda: registries.tags(image), lambda: registries.digest(image), lambda: created(registries, image),
            lambda: labels(registries, image), lambda: platforms(registries, image),
            lambda: configuration_of(registries, resolve(registries, image)), lambda: attached(registries, image, DIGEST),
            lambda: fetch("jupyterhub", "", f"http://{host}/"),
        )  # fmt: skip
        for question in questions:
            try:
                question()
            except HubImagesError:
                continue


def answers_many(first: int, number: int) -> None:
    for seed in range(first, first + number):
        with scripted(hostile(random.Random(seed))) as server, limited():
            ask_all(server.host)


def test_a_registry_that_answers_anything_gets_one_of_our_errors(home: Path) -> None:
    answers_many(0, 8)


@pytest.mark.deep
def test_a_registry_that_answers_anything_many_times_gets_one_of_our_errors(home: Path) -> None:
    answers_many(1000, 400)
