"""Our image references are those that Docker accepts."""

import pytest

from tests.engine.engine import Engine
from tests.test_image_ref import BAD, SHA

GOOD = [
    "python", "python:3.11", "library/python", "quay.io/2i2c/a:5115e56", "localhost:5000/a:b", "a/b__c/d---e.f_g",
    "Registry/a", "a:" + "t" * 128, "index.docker.io/jupyterhub/k8s-hub:4.0.0", "a:_b", "a:B-c.D",
]  # fmt: skip


def refusal(engine: Engine, text: str) -> bool:
    """Return True if Docker's client refuses the text before it looks for the image."""
    done = engine.try_docker("tag", "an-image-that-nobody-has:0", text)
    assert done.returncode
    return b"No such image" not in done.stderr and b"not found" not in done.stderr


def test_docker_takes_what_we_take_and_refuses_what_we_refuse(engine: Engine) -> None:
    assert [text for text in GOOD if refusal(engine, text)] == []
    # no image can be tagged with a digest, and a newline at the end is removed before Docker parses
    asked = [text for text in BAD if "@" not in text]
    assert [text for text in asked if not refusal(engine, text)] == []


@pytest.mark.parametrize(
    ("text", "refused"), [(f"python@{SHA}", False), (f"python@{SHA[:-1]}", True), (f"a@{SHA}0", True)]
)
def test_docker_knows_a_digest_by_its_length(engine: Engine, text: str, refused: bool) -> None:
    said = engine.try_docker("create", "--pull", "never", text).stderr
    assert (b"invalid reference format" in said or b"invalid checksum digest" in said) is refused, said
