"""Remove the previews of pull requests that were closed some time ago, where the registry does not do so by itself."""

import json
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

import nox

# A preview can still be tried for so long after its pull request is closed.
DAYS = 7
PREVIEW = re.compile(r"pr-([1-9]\d*)-[0-9a-f]{12}")  # all that tags.py gives a preview
BATCH = 100  # https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_BatchDeleteImage.html


def remove(session: nox.Session, image: str) -> None:
    """Remove old previews of an image, given by its name with host. Everything else in the registry stays."""
    host, _, name = image.partition("/")
    unset = [each for each in ("GH_TOKEN", "GITHUB_REPOSITORY") if not os.environ.get(each)]
    if unset:
        session.error(f"set {' and '.join(unset)}: GitHub is asked which pull requests are closed")
    if not image.endswith("-preview"):
        session.error(f"nothing was removed: {image} is not the name of previews")
    try:
        removed = list({"ghcr.io": from_github, "public.ecr.aws": from_amazon}[host](session, name))
    except OSError as error:  # HTTPError is one
        session.error(f"GitHub did not answer properly: {error}")
    session.log(f"removed {', '.join(removed)}" if removed else "there is no preview to remove")


def is_old(tag: str) -> bool:
    """Return whether a tag is that of a preview, and its pull request was closed more than DAYS days ago."""
    found = PREVIEW.fullmatch(tag)
    return bool(found) and was_closed(int(found[1]))


@cache
def was_closed(number: int) -> bool:
    """Return whether a pull request was closed more than DAYS days ago. One that is not there counts as open."""
    try:
        when = ask(f"/repos/{os.environ['GITHUB_REPOSITORY']}/pulls/{number}")["closed_at"]
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return False
    return bool(when) and datetime.fromisoformat(when.replace("Z", "+00:00")) < datetime.now(timezone.utc) - timedelta(days=DAYS)


def ask(path: str, method: str = "GET") -> Any:
    """Return GitHub's answer. Raises HTTPError."""
    address = os.environ.get("GITHUB_API_URL", "https://api.github.com") + path
    headers = {"Authorization": f"Bearer {os.environ['GH_TOKEN']}", "Accept": "application/vnd.github+json"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers, method=method), timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def from_github(session: nox.Session, name: str) -> Iterator[str]:
    """Remove versions of a package on ghcr.io all of whose tags are old previews; yield the tags.

    The last version cannot be removed without the package: https://docs.github.com/en/rest/packages/packages
    """
    owner, _, package = name.partition("/")
    kind = "orgs" if ask(f"/users/{owner}")["type"] == "Organization" else "users"
    place = f"/{kind}/{owner}/packages/container/{urllib.parse.quote(package, safe='')}/versions"
    versions: list[dict] = []
    try:
        while len(page := ask(f"{place}?per_page=100&page={len(versions) // 100 + 1}")) == 100:
            versions += page
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return  # no preview has been pushed yet
        raise
    versions += page
    tags = {version["id"]: version["metadata"]["container"]["tags"] for version in versions}
    old = [number for number, names in tags.items() if names and all(map(is_old, names))]
    for number in old if len(old) < len(tags) else old[1:]:  # the newest comes first
        ask(f"{place}/{number}", "DELETE")
        yield from tags[number]


def from_amazon(session: nox.Session, name: str) -> Iterator[str]:
    """Remove the tags of old previews from a repository on ECR Public, which has no lifecycle policies; yield them."""
    repository = ("--region", "us-east-1", "--repository-name", name.partition("/")[2])
    details = aws(session, "describe-images", *repository)["imageDetails"]
    old = sorted(tag for image in details for tag in image.get("imageTags", []) if is_old(tag))
    for start in range(0, len(old), BATCH):
        batch = old[start : start + BATCH]
        failures = aws(session, "batch-delete-image", *repository, "--image-ids", *(f"imageTag={tag}" for tag in batch))["failures"]
        if failures:
            session.error(f"not removed: {'; '.join(reasons(failures))}")
        yield from batch


def reasons(failures: Iterable[dict]) -> Iterator[str]:
    """Yield why images were not removed."""
    for each in failures:
        yield f"{each.get('imageId', {}).get('imageTag')}: {each.get('failureReason')}"


def aws(session: nox.Session, *words: str) -> dict:
    """Return the answer of Amazon's command line."""
    done = subprocess.run(["aws", "ecr-public", *words, "--output", "json"], capture_output=True, text=True, check=False)
    if done.returncode:
        session.error(f"aws ecr-public {words[0]} failed: {done.stderr.strip()}")
    return json.loads(done.stdout)
