"""Image references are read as Docker reads them, and nothing is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubimages.errors import BadInputError
from hubimages.image_ref import ImageRef

SHA = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "host", "name", "tag", "digest"),
    [
        ("python", "docker.io", "library/python", "", ""),
        ("python:3.11", "docker.io", "library/python", "3.11", ""),
        ("library/python", "docker.io", "library/python", "", ""),
        ("docker.io/python", "docker.io", "library/python", "", ""),
        ("index.docker.io/jupyterhub/k8s-hub:4.0.0", "docker.io", "jupyterhub/k8s-hub", "4.0.0", ""),
        ("registry-1.docker.io/jupyterhub/k8s-hub", "docker.io", "jupyterhub/k8s-hub", "", ""),
        ("jupyterhub/k8s-hub:3.2.1-0.dev.git.6502.hd8a1d5f", "docker.io", "jupyterhub/k8s-hub",
         "3.2.1-0.dev.git.6502.hd8a1d5f", ""),
        ("quay.io/jupyter/scipy-notebook:2024-03-18", "quay.io", "jupyter/scipy-notebook", "2024-03-18", ""),
        ("quay.io/2i2c/a:5115e56", "quay.io", "2i2c/a", "5115e56", ""),
        (f"ghcr.io/org/a:1@{SHA}", "ghcr.io", "org/a", "1", SHA),
        (f"ghcr.io/org/a@{SHA}", "ghcr.io", "org/a", "", SHA),
        ("us-central1-docker.pkg.dev/a-b/c/d:e", "us-central1-docker.pkg.dev", "a-b/c/d", "e", ""),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/x:y", "123456789012.dkr.ecr.us-east-1.amazonaws.com", "x", "y",
         ""),
        ("localhost/a", "localhost", "a", "", ""),
        ("localhost:5000/a:b", "localhost:5000", "a", "b", ""),
        ("127.0.0.1:5000/a/b", "127.0.0.1:5000", "a/b", "", ""),
        ("[::1]:5000/a:b", "[::1]:5000", "a", "b", ""),
        ("Registry/a", "Registry", "a", "", ""),
        ("a/b__c/d---e.f_g", "docker.io", "a/b__c/d---e.f_g", "", ""),
        ("a:" + "t" * 128, "docker.io", "library/a", "t" * 128, ""),
    ],
)  # fmt: skip
def test_a_reference_is_taken_apart_as_docker_does_it(text: str, host: str, name: str, tag: str, digest: str) -> None:
    assert ImageRef.parse(text) == ImageRef(host, name, tag, digest)


BAD = [
    "", " ", "a ", " a", "a\n", "A", "a/B", "a//b", "/a", "a/", "a:", "a:b:c", "a:.b", "a:-b", "a:b c", "a:ü", "ä",
    "a_-b", "a___b", "a..b", "-a", "a-", "_a", "a_", "quay.io/", "quay.io:/a", "http://quay.io/a",
    "https://quay.io/a:b", "quay.io/a:" + "t" * 129, f"a@{SHA[:-1]}", f"a@{SHA}0", f"a@{SHA.upper()}", "a@", "@" + SHA,
    f"a:@{SHA}", "a@sha256:" + "g" * 64, "a@md5:" + "0" * 32, "0" * 64, "a/" * 128 + "b", "{value}", "a:{{ tag }}",
    "a:$TAG", "quay.io/org/hub-", "a:b/c:d/e:", "a\u2028b", "a:１",
]  # fmt: skip

# Docker's client takes it, and then for no host: nobody's reference is meant so.
NO_HOST = "quay_io.org/a"


@pytest.mark.parametrize("text", [*BAD, NO_HOST])
def test_what_docker_refuses_is_refused_with_the_reason_in_one_line(text: str) -> None:
    with pytest.raises(BadInputError, match="is not an image reference") as raised:
        ImageRef.parse(text)
    assert "\n" not in str(raised.value)


def test_the_shortest_usual_spelling_is_shown() -> None:
    shown = {
        "docker.io/library/python:3": "python:3",
        "index.docker.io/org/a": "org/a",
        "docker.io/library/org/a": "library/org/a",
        "docker.io/0.0/a": "docker.io/0.0/a",
        f"quay.io/org/a:1@{SHA}": f"quay.io/org/a:1@{SHA}",
    }
    assert {text: str(ImageRef.parse(text)) for text in shown} == shown
    assert ImageRef.parse("quay.io/org/a:1").at(digest=SHA) == ImageRef("quay.io", "org/a", "", SHA)


words = st.text("abz019", min_size=1, max_size=4)
separators = st.sampled_from([".", "_", "__", "-", "---"])
parts = st.tuples(words, st.lists(st.tuples(separators, words).map("".join), max_size=3)).map(
    lambda drawn: drawn[0] + "".join(drawn[1])
)
names = st.lists(st.one_of(parts, st.just("library")), min_size=1, max_size=4).map("/".join)
hosts = st.sampled_from(
    ["docker.io", "index.docker.io", "quay.io", "localhost", "127.0.0.1:5000", "A", "[::1]:1", "a:1"]
)
tags = st.one_of(st.just(""), st.text("aZ09_.-", min_size=1, max_size=128).filter(lambda tag: tag[0] not in ".-"))
digests = st.sampled_from(["", SHA, "sha512:" + "0f" * 64])


@given(hosts, names, tags, digests)
def test_what_is_shown_is_read_back_as_the_same_reference(host: str, name: str, tag: str, digest: str) -> None:
    read = ImageRef.parse(f"{host}/{name}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else ""))
    assert (read.tag, read.digest) == (tag, digest)
    assert ImageRef.parse(str(read)) == read


@given(st.text(max_size=40))
def test_any_text_is_a_reference_or_bad_input(text: str) -> None:
    try:
        read = ImageRef.parse(text)
    except BadInputError:
        return
    assert ImageRef.parse(str(read)) == read
