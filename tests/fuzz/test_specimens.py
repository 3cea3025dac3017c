"""What once ended in a traceback, never ended, or filled the memory: each is taken or refused, in bounded time."""

import gzip
import json
import tarfile
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.fuzz.limits import limited
from tests.fuzz.parsers import PARSERS
from tests.fuzz.seeds import CHART_FILES, DIGEST, LOCKS, tar

BY_NAME = {parser.name: parser for parser in PARSERS}
MILLION = 1_000_000


def long_names(kind: bytes, record: bytes) -> bytes:
    """An archive of nothing but headers for the next entry."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = kind, len(record)
    return (header.tobuf(tarfile.GNU_FORMAT) + record.ljust(512, b"\0")) * 5000


def doubling(lines: int) -> bytes:
    """A Dockerfile whose arguments double, line by line."""
    names = [f"A{number}" for number in range(lines)]
    return "".join(
        ["ARG A0=aaaaaaaaaa\n", *(f"ARG {new}=${old}${old}\n" for old, new in pairwise(names)), f"FROM ${names[-1]}\n"]
    ).encode()


def bomb(lines: int) -> bytes:
    """YAML of a few lines whose aliases stand for ten to the power of `lines` values."""
    names = [f"a{number}" for number in range(lines)]
    return "".join(
        ["a0: &a0 x\n", *(f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in pairwise(names))]
    ).encode()


DEEP_JSON = b"[" * 100_000 + b"]" * 100_000
DEEP_YAML = (
    b"[" * 30_000,  # its time grows with the square
    b"- " * 100_000,
    b"{a: " * 100_000,
    b"? " * 50_000,
    b"&a [*a]",
    b"a: &a\n  b: *a\n",
    bomb(12),
)
YAML_NAMES = [
    name for name in BY_NAME if any(word in name for word in ("YAML", "values", "Chart", "chart", "answers", "lock"))
]
JSON_NAMES = [
    name
    for name in BY_NAME
    if any(word in name for word in ("JSON", "SBOM", "attached", "registry", "logins", "reports", "report", "key"))
]
ODD_NUMBERS = (b"9" * 5000, b"-" + b"9" * 5000, b"1" * 5000 + b".5", b"0x" + b"f" * 5000, b"1e999", b"0o" + b"7" * 5000)
SPACES = b" " * 100_000

SPECIMENS: dict[str, tuple[str, bytes | Callable[[], bytes]]] = {
    "a dpkg status with spaces in a line": ("package metadata", b"Package: x" + SPACES + b"y\nVersion: 1\n"),
    "a layer with headers for headers": ("OCI layer", long_names(b"L", b"hello")),
    "a layer with attributes for attributes": ("OCI layer", long_names(b"x", b"12 path=abc\n")),
    "a layer with a path that is no UTF-8": ("OCI layer", tar({"\udcff/conda-meta": b""})),
    "a saved image whose layers are a number": ("saved image", tar({"manifest.json": b'[{"Layers": 5, "Config": "a"}]', "a": b"{}"})),
    "a Dockerfile whose arguments double": ("Dockerfile", doubling(60)),
    "a Dockerfile of here-documents without an end": ("Dockerfile", b"FROM a:b\n" + b"RUN <<EOF\n" * 5_000),
    "a Dockerfile of arguments": ("Dockerfile", b"ARG A=b\n" * 5_000 + b"FROM $A\n"),
    "an index of charts that begins again and again": ("index.yaml of charts", b"entries:\n" * 30_000),
    "an index of charts with a long number": ("index.yaml of charts", b"entries:\n  jupyterhub:\n  - version: " + b"9" * 5000 + b".0.0\n"),
    "a chart with a link to itself": ("packaged chart", gzip.compress(tar({"jupyterhub/values.yaml": "values.yaml"}))),
    "a packaged chart that unpacks to more than it may": ("packaged chart", lambda: gzip.compress(bytes(21 << 20), 1)),
    "an archive of a chart that unpacks to more than it may": ("archive of a chart", lambda: gzip.compress(tar({"jupyterhub/values.yaml": bytes(101 << 20)}), 1)),
    "an archive of a chart with 10,050 files": ("archive of a chart", lambda: gzip.compress(tar({f"jupyterhub/{number}": b"" for number in range(10_050)}), 1)),
    "an archive that is broken at its end": ("archive of a chart", gzip.compress(tar(CHART_FILES))[:-8] + b"\0" * 8),
    "a schema with bytes as a key": ("chart's folder", b"name: a\n? !!binary aGVsbG8=\n: b\n"),
    "a file of one long word": ("references in a helmfile", b"image" + b"a" * MILLION + b"{{ }}"),
    "a template of opening braces": ("references in a helmfile", b"{{ " * 100_000),
    "a template with spaces": ("references in a helmfile", b"image: {{" + SPACES + b"x"),
    "a workflow with spaces": ("workflow", b"jobs: {a: {steps: [{run: '${{" + SPACES + b"'}]}}\n"),
    "a workflow whose variables name each other": (
        "workflow", b"env: {A: '${{ env.B }}', B: '${{ env.A }}'}\njobs: {a: {steps: [{run: 'docker build -t ${{ env.A }} .'}]}}\n",
    ),
    "a workflow whose variables double": (
        "workflow",
        ("env:\n" + "".join(f"  A{n}: '{f'${{{{ env.A{n + 1} }}}}' * 40}'\n" for n in range(30)) + "jobs: {a: {steps: [{run: 'docker build -t ${{ env.A0 }} .'}]}}\n").encode(),
    ),
    "a licence with spaces": ("files of a repository to adopt", b"Copyright" + SPACES + b"\n"),
    "a message with long numbers": ("commit message", b"#" + b"9" * 6000 + b" GH-" + b"9" * 6000),
    "a version with long numbers": ("line of text", b"1:" + b"9" * 6000 + b".0"),
    "build arguments that are no mapping": ("chartpress.yaml, for extraction", b"charts: [{images: {hub: {buildArgs: abc}}}]\n"),
    "a chartpress.yaml of brackets in brackets, line by line": (
        "chartpress.yaml, for extraction", b"images:\n" + (b"- " + b"[" * 250 + b"]" * 250 + b"\n") * 1_500,
    ),
    "answers that are no mapping": ("own files in a record", b"answers: abc\n"),
    "a lock without a default environment": ("pixi.lock", LOCKS[1].replace(b"default:", b"other:")),
    "a directory of a user who does not exist": ("list of repositories", b"~nobody-of-that-name/x\n"),
    "a user whose name has a NUL": ("list of repositories", b"~\0"),
    "a lock whose packages have no hash": ("pixi.lock", LOCKS[1].replace(b"  sha256: " + b"a" * 64 + b"\n", b"")),
    "a report that is no XML": ("pytest's report", b"<a"),
    "an SBOM with a size without end": (
        "SBOM",
        json.dumps({"bomFormat": "CycloneDX", "metadata": {"component": {"properties": [
            {"name": "hubimages:contents", "value": "1"}, {"name": "hubimages:digest", "value": DIGEST},
            {"name": "hubimages:layers", "value": '[["a", 1e999, ""]]'}, {"name": "hubimages:environment", "value": "{}"},
        ]}}}).encode(),
    ),
    "a Python file of brackets": ("noxfile.py of an image repository", b"IMAGE = " + b"(" * 100_000),
    "a Python file of signs": ("noxfile.py of an image repository", b"IMAGE = " + b"-" * 100_000 + b"1"),
    "code of quotes": ("references in code", b"image = '" * 30_000),
    "a script of quotes": ("references in a script", b"helm upgrade --set image.tag='" * 3_000),
    "Terraform of braces": ("references in Terraform", b'resource "helm_release" "a" { image ' * 10_000),
    "a commit message of signs": ("text to show", "\u202e\x1b[31m\x9b".encode() * 10_000),
}  # fmt: skip


@pytest.mark.parametrize("what", SPECIMENS)
def test_a_specimen_is_taken_or_refused(what: str) -> None:
    name, content = SPECIMENS[what]
    with limited():
        BY_NAME[name](content() if callable(content) else content)


# Each function that several parsers share.
ONCE = ("YAML, edited", "values of a hub")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in ONCE else pytest.mark.deep) for name in YAML_NAMES]
)
def test_yaml_that_is_deep_or_stands_for_billions_of_values_is_taken_or_refused(name: str) -> None:
    for content in DEEP_YAML:
        with limited():
            BY_NAME[name](content)


@pytest.mark.parametrize("name", [name for name in YAML_NAMES if "answers" in name])
def test_deep_answers_are_refused_at_once(name: str) -> None:
    for content in DEEP_YAML:
        with limited(1):
            BY_NAME[name](content)


@pytest.mark.parametrize("name", JSON_NAMES)
def test_deep_json_is_taken_or_refused(name: str) -> None:
    with limited():
        for content in (
            DEEP_JSON,
            b'{"a":' * 100_000,
            b'"\\ud800"',
            b"NaN",
            b'{"auths": NaN}',
            b'{"tags": ["\\udfff"]}',
        ):
            BY_NAME[name](content)


@pytest.mark.parametrize("name", [*YAML_NAMES, *JSON_NAMES, "environment.yml", "requirements", "chartpress.yaml"])
def test_numbers_that_python_does_not_read_are_taken_or_refused(name: str) -> None:
    with limited():
        for number in ODD_NUMBERS:
            for form in (
                b"%s",
                b"a: %s\n",
                b"version: %s\n",
                b'{"version": %s}',
                b"- numpy==%s\n",
                b"%s: a\n",
                b"2001-99-99 # %s\n",
            ):
                BY_NAME[name](form % number)


@pytest.mark.parametrize("parser", PARSERS, ids=list(BY_NAME))
def test_any_encoding_is_taken_or_refused(parser: object) -> None:
    seed = parser.seeds[0]  # type: ignore[attr-defined]
    with limited():
        for content in (
            b"", b"\0", b"\xff\xfe" + seed, b"\xef\xbb\xbf" + seed, seed.replace(b"\n", b"\r\n"), seed.replace(b"\n", b"\r"),
            seed + b"\0", b"\xed\xa0\x80" + seed, seed.decode("latin-1").encode("utf-16"), b"\xe9" * 100, seed * 20,
        ):  # fmt: skip
            parser(content)  # type: ignore[operator]
