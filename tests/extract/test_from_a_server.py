"""From git's own server, as from any: only what is needed is sent, where the server can leave things out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.extract.taking import at, image, take
from tests.histories import Commit, git, make, states
from tests.serving import git_daemon


@pytest.fixture(params=["true", "false"], ids=["with filters", "without filters"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a repository behind git daemon."""
    bare = tmp_path / "hubs.git"
    make(bare, [
        Commit("add", [], {"docs/page": "x" * 5000, **image("1")}),
        Commit("docs", ["add"], {"docs/page": "y" * 5000, **image("1")}),
        Commit("last", ["docs"], {"docs/page": "z" * 5000, **image("2")}),
    ])  # fmt: skip
    git("-C", bare, "config", "uploadpack.allowFilter", str(request.param))
    with git_daemon() as address:
        yield f"git://{address}{bare}"


def test_from_a_server_the_same_comes_whether_or_not_it_can_leave_contents_out(served: str, tmp_path: Path) -> None:
    result = take(served, tmp_path / "from-server")
    assert states(tmp_path / "from-server") == {"last": at("2"), "add": at("1")}
    assert result.head == take(tmp_path / "hubs.git", tmp_path / "from-path").head
