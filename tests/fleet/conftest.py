"""An organisation with repositories, and runs over them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hubimages.fleet import Command, Report, Request, Wanted, run_each
from hubimages.fleet.address import targets
from hubimages.repository.proposals.github import Pace
from hubimages.repository.pull_request import TOKENS
from tests.fleet.hosting import Hosting, answering, git

SECRET = "ghp_a-secret-of-this-test"
QUICK = Pace(requests=0, writes=0, limited=0.05)


@pytest.fixture
def hosting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosting]:
    """github.com, for git and for its API, with a token."""
    hosting = Hosting(tmp_path / "served")
    hosting.served.mkdir()
    git(tmp_path, "config", "--global", f"url.{hosting.served}/.insteadOf", "https://github.com/")
    for name in (*TOKENS, "GH_HOST", "GITHUB_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)
    with answering(hosting) as address:
        monkeypatch.setenv("GITHUB_API_URL", address)
        monkeypatch.setenv("GH_TOKEN", SECRET)
        yield hosting


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Report]:
    """Run a program in repositories of github.com, named OWNER/REPO, or at any address."""

    def run(names: list[str], *words: str, place: str = "", **more: Any) -> Report:
        wanted = Wanted(**{key: more.pop(key) for key in ("commit", "push", "open_pr", "dry_run") if key in more})
        asked = {"branch": "use-313", "message": "Use Python 3.13\n\nFor all images.", "yes": True, **more}
        if place:
            asked = {"yes": True, **more}
        request = Request(Command(words, place), wanted, tmp_path / "cache", **asked)
        addresses = [name if name.startswith(("/", "http")) else f"https://github.com/{name}.git" for name in names]
        return run_each(targets(addresses), request, QUICK)

    return run


def rows(report: Report) -> list[tuple[str, str, str]]:
    """The table's rows."""
    return [(each.repository, each.state, each.detail) for each in report.outcomes]
