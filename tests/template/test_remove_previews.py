"""Old previews are removed where the registry does not do so itself, and nothing else is."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from hubimages import template
from tests.serving import serving

COMMIT = "0123456789ab"
LONG_AGO, JUST_NOW = (f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (8, 6))
# When each pull request was closed; 5 is not there.
CLOSED = {1: LONG_AGO, 2: JUST_NOW, 3: None, 4: LONG_AGO, 6: LONG_AGO}
PACKAGE = "/orgs/our-org/packages/container/our%2Fimage-preview/versions"
# The tags of each version of the package.
VERSIONS = {
    10: [f"pr-4-{COMMIT}"], 11: [f"pr-1-{COMMIT}"], 12: [f"pr-2-{COMMIT}"], 13: [f"pr-3-{COMMIT}"],
    14: [f"pr-5-{COMMIT}"], 15: ["latest"], 16: [COMMIT], 17: [], 18: [f"pr-1-{COMMIT}", "kept"],
    19: [f"pr-1-{COMMIT}-more"],
    20: [f"pr-1-{COMMIT}", f"pr-2-{COMMIT}"], 21: [f"pr-01-{COMMIT}"], 22: [f"xpr-1-{COMMIT}"], 23: ["pr-1"],
    24: [f"pr-1-{COMMIT}", f"pr-6-{COMMIT}"],
}  # fmt: skip
# Answers as https://docs.aws.amazon.com/cli/latest/reference/ecr-public/ shows it, and writes down what it is asked.
AWS = """\
#!/bin/sh
echo "$*" >> "$ASKED"
case "$2" in
  describe-images) cat "$IMAGES" ;;
  batch-delete-image) echo "{\\"imageIds\\": [], \\"failures\\": $FAILURES}" ;;
esac
"""


@contextmanager
def github(versions: dict[int, list[str]], broken: str = "") -> Iterator[tuple[str, list[str]]]:
    """Serve a repository's pull requests and a package; yield the address, and the versions that were removed."""
    removed: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            number = path.rpartition("/")[2]
            status: int = 200
            said: object = None
            if broken and path.startswith(broken):
                status = 503
            elif path == "/users/our-org":
                said = {"type": "Organization"}
            elif path.startswith("/repos/our-org/our-image/pulls/"):
                status, said = (200, {"closed_at": CLOSED[int(number)]}) if int(number) in CLOSED else (404, {})
            elif path == PACKAGE and versions:
                page = int(query.rpartition("=")[2]) - 1
                listed = [{"id": each, "metadata": {"container": {"tags": tags}}} for each, tags in versions.items()]
                said = listed[page * 100 : page * 100 + 100]
            else:
                status = 404
            self.reply(status, said)

        def do_DELETE(self) -> None:
            removed.append(self.path.removeprefix(f"{PACKAGE}/"))
            self.reply(204, None)

        def reply(self, status: int, said: object) -> None:
            assert self.headers["Authorization"] == "Bearer secret"
            body = b"" if status == 204 else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with serving(Handler) as address:
        yield f"http://{address}", removed


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a generated repository for each registry that does not remove previews itself."""
    images = {"ghcr.io": "our-org/our/image", "amazon-ecr-public": "alias/our/image"}
    folder = tmp_path_factory.mktemp("previews")
    return {
        registry: template.render({"registry": registry, "image": image, "preview": "yes"}, folder / registry)
        for registry, image in images.items()
    }


def run(repository: Path, address: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the session as the workflow does."""
    given = {"GITHUB_API_URL": address, "GITHUB_REPOSITORY": "our-org/our-image", "GH_TOKEN": "secret", **env}
    return subprocess.run(
        [sys.executable, "-m", "nox", "-s", "remove_previews"], cwd=repository, env={**os.environ, **given}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip


def test_github_loses_only_versions_all_of_whose_tags_are_old_previews(repositories: dict[str, Path]) -> None:
    many = {**VERSIONS, **{number: ["other"] for number in range(100, 200)}, 300: [f"pr-6-{COMMIT}"]}
    with github(many) as (address, removed):
        done = run(repositories["ghcr.io"], address)
    assert done.returncode == 0, done.stdout
    assert removed == ["10", "11", "24", "300"]
    assert f"removed pr-4-{COMMIT}, pr-1-{COMMIT}" in done.stdout


def test_the_last_version_of_a_package_stays_because_github_refuses_to_remove_it(repositories: dict[str, Path]) -> None:
    with github({11: [f"pr-1-{COMMIT}"], 10: [f"pr-4-{COMMIT}"]}) as (address, removed):
        assert run(repositories["ghcr.io"], address).returncode == 0
    assert removed == ["10"]


@pytest.mark.parametrize("broken", ["/repos", "/users", "/orgs"])
def test_nothing_is_removed_where_github_does_not_answer(repositories: dict[str, Path], broken: str) -> None:
    with github(VERSIONS, broken) as (address, removed):
        done = run(repositories["ghcr.io"], address)
    assert (done.returncode, removed) == (1, [])
    assert "GitHub did not answer properly" in done.stdout
    assert "Traceback" not in done.stdout


def test_without_a_preview_there_is_nothing_to_remove(repositories: dict[str, Path]) -> None:
    with github({}) as (address, _):
        done = run(repositories["ghcr.io"], address)
    assert (done.returncode, "there is no preview to remove" in done.stdout) == (0, True)
    assert "set GH_TOKEN" in run(repositories["ghcr.io"], address, GH_TOKEN="").stdout


@pytest.mark.parametrize("failures", ["[]", '[{"imageId": {"imageTag": "pr-1"}, "failureReason": "denied"}]'])
def test_amazon_loses_only_tags_that_are_old_previews(
    repositories: dict[str, Path], tmp_path: Path, failures: str
) -> None:
    (tmp_path / "aws").write_text(AWS)
    (tmp_path / "aws").chmod(0o755)
    details = [{"imageTags": tags} if tags else {"imageDigest": "sha256:0"} for tags in VERSIONS.values()]
    (tmp_path / "images").write_text(json.dumps({"imageDetails": details}))
    env = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "ASKED": str(tmp_path / "asked"),
        "IMAGES": str(tmp_path / "images"), "FAILURES": failures,
    }  # fmt: skip
    with github({}) as (address, _):
        done = run(repositories["amazon-ecr-public"], address, **env)
    where = "--region us-east-1 --repository-name our/image-preview"
    tags = f"imageTag=pr-1-{COMMIT} " * 4 + f"imageTag=pr-4-{COMMIT} imageTag=pr-6-{COMMIT}"
    assert (tmp_path / "asked").read_text().splitlines() == [
        f"ecr-public describe-images {where} --output json",
        f"ecr-public batch-delete-image {where} --image-ids {tags} --output json",
    ]
    assert (done.returncode, "not removed: pr-1: denied" in done.stdout) == (
        (0, False) if failures == "[]" else (1, True)
    )
