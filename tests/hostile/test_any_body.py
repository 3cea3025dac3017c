"""Whatever a repository says, the text of a pull request mentions nobody, closes nothing and shows no image of theirs.

Each text goes through the task's own code to a server on loopback that answers as GitHub.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hubimages import hub_image
from hubimages.fleet import Report
from hubimages.hub_image.building.chartpress import Built
from hubimages.hub_image.bump.report import Outcome
from hubimages.image_ref import ImageRef
from hubimages.migration.entries import Entry
from hubimages.migration.finishing.plan import Finished, FinishPlan
from hubimages.migration.finishing.ready import Ready
from hubimages.repository.changes import deployment_repository
from hubimages.repository.delivery import Delivery
from hubimages.repository.pull_request import PullRequest, open_pull_request
from hubimages.update import plan_update, propose_update
from hubimages.update.ready import repository
from tests import deployments
from tests.deployments import AT_ROOT, NEW
from tests.fleet.conftest import QUICK, hosting, run  # noqa: F401  # fixtures
from tests.fleet.hosting import Hosting, git
from tests.hostile.secrets import has_secret, in_address
from tests.hostile.texts import TEXTS, body_problems, terminal_problems
from tests.update.repositories import make_from_release

Run = Callable[..., Report]
EVIL = (
    *TEXTS,
    "Fixes owner/evil#1",
    "closes https://github.com/owner/evil/issues/1",
    "``",
    "~~~",
    "evil\n===",
    "> evil",
)
WORDS = st.sampled_from(EVIL) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
TEXT = st.builds(
    lambda parts, between, often: between.join(parts) * often,
    st.lists(WORDS, min_size=1, max_size=5), st.sampled_from([" ", "\n", "\n\n", ""]), st.sampled_from([1, 1, 1, 3000]),
)  # fmt: skip
often = pytest.mark.parametrize("examples", [4, pytest.param(300, marks=pytest.mark.deep)])


def of_any(examples: int, check: Callable[..., None], *kinds: "st.SearchStrategy[str]") -> None:
    """Check with made-up texts: the same in each run."""
    some = settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    some(given(*kinds)(check))()


def problems(pull: dict[str, str]) -> list[str]:
    """What is wrong with a pull request as GitHub has it."""
    found = body_problems(pull["body"]) + terminal_problems(pull["title"])
    lengths = {name: len(pull[name]) for name, most in (("title", 256), ("body", 65_536)) if len(pull[name]) > most}
    return found + [f"too long: {lengths}"] * bool(lengths) + ["two lines"] * ("\n" in pull["title"])


@often
def test_what_each_prints_and_commits_in_a_repository(examples: int, hosting: Hosting, run: Run) -> None:  # noqa: F811
    numbers = count()

    def check(message: str, said: str) -> None:
        name = f"org/r{next(numbers)}"
        hosting.make(name, {"a": "old\n"})
        hosting.commit(name, {"message": f"Evil {message}", "said": said}, "More")
        words = "cat said; echo new > a; git switch -qc own; git commit -q --cleanup=verbatim -aF message"
        run([name], "sh", "-c", words, open_pr=True)
        (pull,) = hosting.pulls[name]
        assert problems(pull) == []

    of_any(examples, check, TEXT, TEXT)


@often
def test_what_an_updated_repository_records(examples: int, hosting: Hosting, tmp_path: Path) -> None:  # noqa: F811
    place = make_from_release(tmp_path / "our-image", 1)
    bare = hosting.bare("org/our-image")
    bare.mkdir(parents=True)
    git(bare, "init", "-q", "--bare", "-b", "main")
    git(place, "remote", "add", "origin", "https://github.com/org/our-image.git")
    git(place, "push", "-q", "-u", "origin", "main")
    plan = plan_update(place)
    assert plan.merge is not None
    merge = plan.merge

    def check(one: str, other: str) -> None:
        hosting.pulls.clear()
        record = replace(plan.record, template=one)
        hostile = replace(
            plan,
            repo=repository(place),
            record=record,
            answers={"key": (None, other)},
            warnings=(other,),
            reference=one,
            merge=replace(merge, stays_deleted=(one, other)),
        )
        propose_update(hostile, QUICK)
        (pull,) = hosting.pulls["org/our-image"]
        assert problems(pull) == []

    of_any(examples, check, TEXT, TEXT)


@often
def test_what_a_finished_migration_names(examples: int, hosting: Hosting, tmp_path: Path) -> None:  # noqa: F811
    hosting.make("org/hubs", {"a": "old\n"})
    git(tmp_path, "clone", "-q", "https://github.com/org/hubs.git", "hubs")
    git(tmp_path / "hubs", "switch", "-qc", "moved")
    repo = deployment_repository(tmp_path / "hubs")
    image = ImageRef.parse("quay.io/org/image:1.0")

    def check(one: str, other: str) -> None:
        hosting.pulls.clear()
        entry = Entry(1, one, repository="image", remote="https://github.com/org/image.git")
        ready = Ready(entry, one, image, 3, "0" * 40, [])
        moved = [Finished(ready, [], [one, other], [other], [one] * 20)]
        plan = FinishPlan(repo, moved, [], [other], Delivery("moved", True, True))
        open_pull_request(repo, PullRequest("main", "moved", plan.title(), plan.body()))
        (pull,) = hosting.pulls["org/hubs"]
        assert problems(pull) == []

    of_any(examples, check, TEXT, TEXT)


@often
def test_what_a_bump_notes(examples: int, hosting: Hosting, tmp_path: Path) -> None:  # noqa: F811
    place = deployments.make(tmp_path / "hubs", AT_ROOT)
    git(tmp_path, "clone", "-q", "--bare", str(place), str(hosting.bare("org/hubs")))
    git(place, "remote", "add", "origin", "https://github.com/org/hubs.git")
    git(place, "switch", "-qc", "bump")
    request = hub_image.BumpRequest(place, NEW, branch="bump", open_pr=True)
    publication = hub_image.plan_bump(request, dry_run=True).publication

    def check(one: str, other: str) -> None:
        hosting.pulls.clear()
        built = Built(publication.images[0], one, "1")
        Outcome(publication, (built,), (), (), (one, other), (other,)).with_pull_request("Bump", "main", request)
        (pull,) = hosting.pulls["org/hubs"]
        assert problems(pull) == []

    of_any(examples, check, TEXT, TEXT)


def test_no_login_and_no_half_line_reaches_github(hosting: Hosting, tmp_path: Path) -> None:  # noqa: F811
    hosting.make("org/hubs", {"a": "old\n"})
    git(tmp_path, "clone", "-q", "https://github.com/org/hubs.git", "hubs")
    git(tmp_path / "hubs", "switch", "-qc", "new")
    line = f"- `@team` https://{in_address('body')}@charts.example.org/ and more\n"
    repo = deployment_repository(tmp_path / "hubs")
    open_pull_request(repo, PullRequest("main", "new", f"Use\n{line}", line * 2000))
    (pull,) = hosting.pulls["org/hubs"]
    assert not has_secret(pull["body"] + pull["title"])
    assert 65_000 < len(pull["body"]) <= 65_536
    assert pull["body"].endswith(" and more")
    assert problems({**pull, "body": "evil"}) == []
