"""What check-images finds, by itself and in registries."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hubimages.findings import Finding
from hubimages.references import check_images
from hubimages.registry import Limits
from tests.engine import process
from tests.engine.plugin import serve
from tests.engine.registry import Registry
from tests.references.deployment import inventory_of
from tests.registry.images import Publisher


@pytest.fixture(scope="module")
def open_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A real registry that asks for no password."""
    yield from serve(tmp_path_factory.mktemp("open"))


@pytest.fixture(scope="module")
def locked_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A real registry that wants a password for everything."""
    yield from serve(tmp_path_factory.mktemp("locked"), username="robot", password="correct horse")


def found_offline(tmp_path: Path, text: str) -> list[tuple[str, int | None, str]]:
    report = check_images(inventory_of(tmp_path, {"values.yaml": text}), online=False)
    assert report.not_checked[0] == "the registries, because of --offline"
    return [(each.code, each.line, each.message) for each in report.findings]


def test_a_moving_tag_is_found_unless_a_digest_pins_it(tmp_path: Path) -> None:
    images = ["a/a:latest", "a/b", "a/c:main", f"a/d:main@sha256:{'0' * 64}"]
    text = "".join(f"k{number}: {{image: '{image}'}}\n" for number, image in enumerate(images))
    assert found_offline(tmp_path, text) == [
        ("floating-tag", 1, "a/a: tag `latest` moves"),
        ("floating-tag", 2, "a/b: no tag, which means `latest`, and that moves"),
        ("floating-tag", 3, "a/c: tag `main` moves"),
    ]


def test_one_image_at_several_tags_is_found_once_with_its_hubs(tmp_path: Path) -> None:
    files = {
        f"hubs/{name}.yaml": f"singleuser: {{image: {{name: a/b, tag: {tag}}}}}\n"
        for name, tag in (("one", "v1.0.0"), ("two", "v1.0.0"), ("three", "v2.0.0"))
    }
    report = check_images(inventory_of(tmp_path, files), online=False)
    assert list(report.findings) == [
        Finding(
            "skew",
            "a/b runs at 2 tags: v1.0.0 (hubs/one, hubs/two), v2.0.0 (hubs/three)",
            "point all hubs at one: hubimages point-hubs a/b:TAG --all",
            "hubs/three.yaml",
            1,
            "warning",
        )
    ]


def test_a_tag_that_looks_unlike_most_tags_of_the_image_is_found(tmp_path: Path) -> None:
    text = "".join(
        f"k{n}: {{image: 'a/b:{tag}'}}\n" for n, tag in enumerate(["2026.01.30", "2026.01.30", "2026-01-30"])
    )
    assert found_offline(tmp_path, text) == [
        (
            "odd-tag",
            3,
            "a/b: tag `2026-01-30` (YYYY-MM-DD) looks unlike 2 other tags of the image (YYYY.MM.DD, for example "
            "2026.01.30)",
        ),
        ("skew", 3, "a/b runs at 2 tags: 2026.01.30 (values.yaml), 2026-01-30 (values.yaml)"),
    ]


def test_a_tag_that_helm_reads_as_a_number_or_boolean_is_found(tmp_path: Path) -> None:
    tags = ["1.10", "5115e56", "'1.10'"]
    text = "".join(f"k{number}: {{image: {{name: a/b{number}, tag: {tag}}}}}\n" for number, tag in enumerate(tags))
    assert found_offline(tmp_path, text) == [
        ("tag-not-text", 1, "Helm reads tag `1.10` as the number 1.1"),
        ("tag-not-text", 2, "Helm reads tag `5115e56` as the number 5.115e+59"),
    ]


def test_googles_old_registry_is_found_with_where_to_move(tmp_path: Path) -> None:
    hosts = ["gcr.io/proj/hub", "eu.gcr.io/proj/hub", "k8s.gcr.io/pause", "us-docker.pkg.dev/p/r/a"]
    text = "".join(f"k{n}: {{image: '{host}:1.0.0'}}\n" for n, host in enumerate(hosts))
    report = check_images(inventory_of(tmp_path, {"values.yaml": text}), online=False)
    assert [(each.code, each.line, each.remedy) for each in report.findings] == [
        ("deprecated-registry", 1, moved("us-docker.pkg.dev/proj/gcr.io/hub", "gcr.io/proj/hub")),
        ("deprecated-registry", 2, moved("europe-docker.pkg.dev/proj/eu.gcr.io/hub", "eu.gcr.io/proj/hub")),
        ("deprecated-registry", 3, moved("registry.k8s.io/pause", "k8s.gcr.io/pause")),
    ]


def moved(new: str, old: str) -> str:
    return f"if {new} has the tag, move to it: hubimages point-hubs {new}:TAG --instead-of={old}"


def made(days: int) -> dict[str, str]:
    return {"created": (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days)).isoformat()}


def test_registries_say_which_tags_are_not_there_and_which_are_newer(
    tmp_path: Path, open_registry: Registry, home: Path
) -> None:
    dated = Publisher(open_registry, "check/dated")
    dated.image({}, "2026.01.30", "2026.06.04", "latest", "2026-09-09")
    commits = Publisher(open_registry, "check/commits")
    for days, tag in enumerate(["aaaaaaaaaaa1", "bbbbbbbbbbb2", "1111111"]):
        commits.image(made(days), tag)
    commits.image({"created": "1970-01-01T00:00:00Z"}, "ccccccccccc3")
    host = open_registry.address
    nobody = f"127.0.0.1:{process.free_port()}"
    text = f"""\
        a: {{image: {host}/check/dated:2026.01.30}}
        b: {{image: {host}/check/gone:v1}}
        c: {{image: {host}/check/commits:aaaaaaaaaaa1}}
        d: {{image: {{name: {host}/check/commits, tag: bbbbbbbbbbb2}}}}
        e: {{image: {nobody}/a/b:v1}}
        f: {{image: {host}/check/commits:ccccccccccc3}}
        """
    report = check_images(inventory_of(tmp_path, {"values.yaml": text}))
    assert [(each.code, each.line, each.message) for each in report.findings if each.code != "skew"] == [
        ("newer-tag", 1, f"{host}/check/dated: 2026.06.04 is newer than 2026.01.30"),
        ("no-such-tag", 2, f"{host} has no {host}/check/gone:v1"),
        ("newer-tag", 3, f"{host}/check/commits: bbbbbbbbbbb2 is newer than aaaaaaaaaaa1"),
    ]
    assert report.not_checked == (
        f"{nobody}/a/b:v1: no answer from {nobody}, try again later: Connection refused",
        f"{host}/check/commits:ccccccccccc3: whether a tag is newer: when its image was created is not known",
    )
    assert (report.no_answer, report.exit_code) == (True, 1)


def test_no_answer_and_no_finding_is_exit_code_75(tmp_path: Path, home: Path) -> None:
    nobody = f"127.0.0.1:{process.free_port()}"
    report = check_images(inventory_of(tmp_path, {"values.yaml": f"image: {nobody}/a/b:v1\n"}), limits=Limits())
    assert (report.findings, report.exit_code) == ((), 75)
    assert [entry.partition(": ")[0] for entry in report.not_checked] == [f"{nobody}/a/b:v1"]


def test_an_image_that_needs_a_login_is_found_whether_there_is_one_or_not(
    tmp_path: Path, locked_registry: Registry, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    Publisher(locked_registry, "check/private").image({}, "v1")
    host = locked_registry.address
    text = f"a: {{image: {host}/check/private:v1}}\nb: {{image: {host}/check/gone:v1}}\n"
    inventory = inventory_of(tmp_path, {"values.yaml": text})
    messages = [[(each.code, each.message) for each in check_images(inventory).findings]]
    login = {"username": locked_registry.username, "password": locked_registry.password}
    (home / ".docker").mkdir()
    (home / ".docker/config.json").write_text(json.dumps({"auths": {host: login}}))
    messages.append([(each.code, each.message) for each in check_images(inventory).findings])
    unknown = "it is private or does not exist"
    assert messages == [
        [
            ("not-public", f"{host}/check/private:v1 cannot be pulled without a login; {unknown}"),
            ("not-public", f"{host}/check/gone:v1 cannot be pulled without a login; {unknown}"),
        ],
        [
            ("not-public", f"{host}/check/private:v1 cannot be pulled without a login; your login can pull it"),
            ("no-such-tag", f"{host} has no {host}/check/gone:v1"),
        ],
    ]


def test_each_kind_of_finding_has_the_grade_that_the_documentation_says(tmp_path: Path) -> None:
    text = """\
        a: {image: 'a/a:1 '}
        b: {image: {name: a/b, tag: 1.10}}
        c: {image: gcr.io/p/c:1.0.0}
        d: {image: k8s.gcr.io/d:1.0.0}
        e: {image: a/e:latest}
        """
    report = check_images(inventory_of(tmp_path, {"values.yaml": text}), online=False)
    assert [(each.line, each.code, each.grade) for each in report.findings] == [
        (1, "invalid-reference", "error"),
        (2, "tag-not-text", "error"),
        (3, "deprecated-registry", "error"),
        (4, "deprecated-registry", "warning"),
        (5, "floating-tag", "warning"),
    ]
    assert [each["grade"] for each in json.loads(report.as_json())["findings"]] == ["error"] * 3 + ["warning"] * 2
    assert str(report).splitlines()[-1].startswith("3 errors, 2 warnings in 5 references: ")


@pytest.mark.parametrize(("strict", "code"), [(False, 0), (True, 1)])
def test_warnings_fail_the_check_with_strict_alone(*, strict: bool, code: int, tmp_path: Path) -> None:
    inventory = inventory_of(tmp_path, {"values.yaml": "image: a/e:latest\n"})
    assert check_images(inventory, online=False, strict=strict).exit_code == code
