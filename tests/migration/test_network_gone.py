"""The network goes away in the middle of a run: a message for each image, nothing half done, the next run finishes."""

from pathlib import Path

import pytest

from tests.dying import Life, git_server, mortal
from tests.histories import git, make
from tests.migration import fleet
from tests.migration.test_extract_images import problems, run
from tests.serving import serving

NUMBERS = range(3)
ALL = range(16)  # requests: more than a whole run makes


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("gone") / "own.git"
    make(place, fleet.history()[:4])
    return place


@pytest.mark.parametrize(
    "requests", [pytest.param(each, marks=[] if each == 6 else [pytest.mark.deep]) for each in ALL]
)
def test_the_git_server_goes_away_and_the_next_run_pushes_the_rest(source: Path, tmp_path: Path, requests: int) -> None:
    for number in NUMBERS:
        git("init", "--quiet", "--bare", "--initial-branch=main", tmp_path / f"remotes/hub{number:02}-image.git")
    manifest = fleet.manifest(tmp_path / "m.yaml", source, defaults="template: false", images=NUMBERS)
    life = Life(requests)
    with serving(mortal(git_server(tmp_path / "remotes"), life)) as address:
        remote = f"http://{address}/{{repository}}.git"
        done = run(manifest, tmp_path / "out", remote=remote, push=True)
        assert life.requests is not None
        assert bool(problems(done)) == (life.requests < 0)
        for name, (code, told) in problems(done).items():
            assert code == 75, told
            assert told.count("try again later") == 1
            assert told.count(f"http://{address}/{name}.git") >= 1
            assert len(told.splitlines()) == 1, told
        for one in done.outcomes:  # what is there is whole, and what is published is what is there
            place = tmp_path / "out" / one.repository
            published = git("-C", tmp_path / f"remotes/{one.repository}.git", "for-each-ref", "--format=%(objectname)")
            if place.exists():
                git("-C", place, "fsck", "--strict", "--no-dangling")
                assert published in ("", git("-C", place, "rev-parse", "main"))
            assert bool(one.pushed_to) <= bool(published)
        life.requests = None
        again = run(manifest, tmp_path / "out", remote=remote, push=True)
    assert problems(again) == {}
    for one in again.outcomes:
        pushed = git("-C", tmp_path / f"remotes/{one.repository}.git", "rev-parse", "main")
        assert pushed == git("-C", tmp_path / "out" / one.repository, "rev-parse", "main")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"hub{each:02}-image" for each in NUMBERS]
