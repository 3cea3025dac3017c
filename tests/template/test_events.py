"""What is built, tested and pushed, and as whom, at every event on GitHub, from every origin, for every registry.

The table in docs/workflows.md is made from this: `python -m tests.template.test_events`.
"""

import itertools
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from hubimages import template
from tests.template import node_programs
from tests.template.all_workflows import Renderer
from tests.template.github_events import Event, Job, groups, outcomes, run_all, simulate

PAGE = Path(__file__).parents[2] / "docs/workflows.md"
START, END = "<!-- events: made by tests/template/test_events.py -->", "<!-- end of events -->"
START_AT_ONCE, END_AT_ONCE = "<!-- at once: made by tests/template/test_events.py -->", "<!-- end of at once -->"
REGISTRIES = next(question.choices for question in template.questions() if question.key == "registry")
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "no choice": {},
    "`preview`": {"preview": "yes"},
    "`arm64`": {"arm64": "yes"},
    "`preview` and `arm64`": {"preview": "yes", "arm64": "yes"},
    "`refresh`": {"refresh": "monthly"},
}
MORE: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "tags": {"date_tag": "yes", "latest_tag": "yes"},
    "hubs": {"configuration_repository": "our-org/our-hubs"},
}
OTHER = "refs/heads/topic"
PULL = "refs/pull/7/merge"
ROWS: Mapping[str, tuple[Event, ...]] = {
    "push to the default branch": (
        Event("push"), Event("push", ref="refs/heads/trunk", default_branch="trunk"),
    ),
    "push to the default branch, of README.md only": (Event("push", changed=("README.md",)),),
    "push to the default branch, merged by Dependabot": (Event("push", "dependabot"),),
    "push to the default branch, in a fork": (Event("push", "within a fork"),),
    "push to another branch, or of a tag": (
        Event("push", ref=OTHER), Event("push", ref="refs/tags/main"), Event("push", "dependabot", ref=OTHER),
        Event("push", ref="refs/heads/main", default_branch="trunk"), Event("push", "within a fork", ref=OTHER),
    ),
    "run by hand on the default branch": (
        Event("workflow_dispatch"), Event("workflow_dispatch", ref="refs/heads/trunk", default_branch="trunk"),
    ),
    "run by hand with `no_cache`": (Event("workflow_dispatch", no_cache=True),),
    "the schedule": (Event("schedule"), Event("schedule", ref="refs/heads/trunk", default_branch="trunk")),
    "the schedule, in a fork": (Event("schedule", "within a fork"),),
    "run by hand on another branch": (Event("workflow_dispatch", ref=OTHER),),
    "run by hand in a fork without its own settings": (Event("workflow_dispatch", "within a fork"),),
    "pull request from a branch of the repository": tuple(
        Event("pull_request", ref=PULL, action=action) for action in ("opened", "synchronize", "reopened", "edited")
    ),
    "pull request from a fork": tuple(
        Event("pull_request", "fork", PULL, action) for action in ("opened", "synchronize", "reopened", "edited")
    ),
    "pull request from Dependabot": tuple(
        Event("pull_request", "dependabot", PULL, action) for action in ("opened", "synchronize", "reopened", "edited")
    ),
    "pull request of README.md only": tuple(
        Event("pull_request", origin, PULL, "opened", changed=("README.md",))
        for origin in ("own", "fork", "dependabot")
    ),
    "pull request within a fork": (Event("pull_request", "within a fork", PULL, "opened"),),
    "merge queue": (Event("merge_group", ref="refs/heads/gh-readonly-queue/main/pr-7"),),
    "pull request is closed, labelled, reviewed": (
        Event("pull_request", ref=PULL, action="closed"), Event("pull_request", ref=PULL, action="labeled"),
        Event("pull_request_review", ref=PULL, action="submitted"),
    ),
}  # fmt: skip


ELSEWHERE = "refs/pull/8/merge"
# Runs that begin while the first is still at work: the workflow, and the events in their order.
AT_ONCE: Mapping[str, tuple[str, tuple[Event, ...]]] = {
    "three merges in a row": ("build.yaml", (Event("push"),) * 3),
    "a merge, and a run by hand": ("build.yaml", (Event("push"), Event("workflow_dispatch", no_cache=True))),
    "the schedule, a merge, and another": ("build.yaml", (Event("schedule"), Event("push"), Event("push"))),
    "a pull request is opened, and pushed to twice": (
        "test.yaml", tuple(Event("pull_request", "own", PULL, action) for action in ("opened", *["synchronize"] * 2)),
    ),
    "two pull requests": (
        "test.yaml", tuple(Event("pull_request", "own", ref, "opened") for ref in (PULL, ELSEWHERE)),
    ),
    "a pull request, and its group in the merge queue": (
        "test.yaml", (
            Event("pull_request", "own", PULL, "opened"),
            Event("merge_group", ref="refs/heads/gh-readonly-queue/main/pr-7"),
        ),
    ),
}  # fmt: skip


def at_once(evaluator: Path) -> str:
    """The table of what becomes of runs that meet; the same for every registry and builder."""
    lines = ["| begin one after the other | the first | the second | the third |", "|---|---|---|---|"]
    for row, (name, events) in AT_ONCE.items():
        found = {
            tuple(outcomes(groups(evaluator, workflows({"registry": registry, "refresh": "monthly"})[name], events)))
            for registry in REGISTRIES
        }
        (said,) = found
        lines.append("| " + " | ".join([row, *said, *[""] * (3 - len(said))]) + " |")
    return "\n".join(lines)


def test_the_table_of_runs_that_meet_is_what_happens(evaluator: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    written = page[page.index(START_AT_ONCE) + len(START_AT_ONCE) : page.index(END_AT_ONCE)].strip()
    assert written == at_once(evaluator)


def test_no_run_that_pushes_main_is_cancelled_at_work_and_the_last_commit_gets_its_image(evaluator: Path) -> None:
    events = (Event("schedule"), Event("push"), Event("workflow_dispatch"), Event("push"))
    for builder, registry in itertools.product(("nox", "repo2docker-action"), REGISTRIES):
        text = workflows({"registry": registry, "builder": builder, "refresh": "weekly"})["build.yaml"]
        said = outcomes(groups(evaluator, text, events))
        assert (said[0], said[-1]) == ("runs", "runs after it")


def tags_of(answers: Mapping[str, str]) -> tuple[str, ...]:
    return ("COMMIT", "DATE", "latest") if answers.get("latest_tag") == "yes" else ("COMMIT",)


@cache
def renderer() -> Renderer:
    return Renderer()


def workflows(answers: Mapping[str, str]) -> dict[str, str]:
    made = renderer().render(answers)
    return {name: made[name] for name in ("build.yaml", "test.yaml")}


def cases() -> Iterator[tuple[str, Event, str, dict[str, str]]]:
    """Every row, event, column and set of answers, each registry and builder included."""
    for (column, choices), more, registry in itertools.product(COLUMNS.items(), MORE.values(), REGISTRIES):
        for builder in ("nox",) if "arm64" in choices else ("nox", "repo2docker-action"):
            answers = {**choices, **more, "registry": registry, "builder": builder}
            for row, events in ROWS.items():
                for event in events:
                    yield row, event, column, answers


@pytest.fixture(scope="session")
def evaluator() -> Path:
    return node_programs.bundled() / "evaluate.cjs"


Cells = dict[tuple[str, str], list[tuple[Event, dict[str, str], dict[str, Job]]]]


def all_cells(evaluator: Path) -> Cells:
    """Every cell of the table, with what happened in each of its cases."""
    rendered: dict[str, dict[str, str]] = {}
    listed, simulations = [], []
    for row, event, column, answers in cases():
        if str(answers) not in rendered:
            rendered[str(answers)] = workflows(answers)
        made = rendered[str(answers)]
        listed.append((row, column, event, answers))
        simulations += [simulate(text, event, tags_of(answers)) for text in made.values()]
    done = iter(run_all(evaluator, simulations))
    cells: Cells = {}
    for row, column, event, answers in listed:
        jobs = {**next(done), **next(done)}
        cells.setdefault((row, column), []).append((event, answers, jobs))
    return cells


@pytest.fixture(scope="session")
def cells(evaluator: Path) -> Cells:
    return all_cells(evaluator)


def words(answers: Mapping[str, str], jobs: Mapping[str, Job]) -> str:
    """What a cell says; tags and pull requests that another choice adds are left out."""
    ran = {name: job for name, job in jobs.items() if job.result != "skipped"}
    if not ran:
        return "nothing"
    if "elsewhere" in ran:
        return "stops, and names the branch to choose"
    if any(job.stopped for job in ran.values()):
        return "stops at its first step, and says what is missing"
    if not any(job.tested for job in ran.values()):
        assert all(job.result == "success" and not job.pushed for job in ran.values())
        return "passes without a build"
    pushed = [tag for job in ran.values() for tag in job.pushed if tag not in ("DATE", "latest")]
    logins = {job.login for job in ran.values() if job.login}
    machines = {machine for job in ran.values() for machine in job.tested}
    architectures = " on both" if machines == {"amd64", "arm64"} else ""
    assert bool(architectures) == (answers.get("arm64") == "yes")
    said = f"built and tested{architectures}"
    if pushed:
        said += f"; pushed as {', '.join(f'`{tag}`' for tag in pushed)} with {' and '.join(sorted(logins))}'s login"
    return said.replace("previews's", "the previews'")


def table(cells: Cells) -> str:
    lines = ["| event | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for row in ROWS:
        said = [{words(answers, jobs) for _, answers, jobs in cells[row, column]} for column in COLUMNS]
        lines.append(f"| {row} | " + " | ".join(" OR ".join(sorted(each)) for each in said) + " |")
    return "\n".join(lines)


def test_the_table_in_the_documents_is_what_happens(cells: Cells) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page[page.index(START) + len(START) : page.index(END)].strip() == table(cells)


def test_each_cell_is_the_same_for_every_registry_builder_and_event_of_its_kind(cells: Cells) -> None:
    different = {
        place: found
        for place, happened in cells.items()
        if len(found := {words(answers, jobs) for _, answers, jobs in happened}) != 1
    }
    assert different == {}


def test_only_trusted_events_have_a_login_and_each_has_its_own(cells: Cells) -> None:
    for (row, _), happened in cells.items():
        for event, _, jobs in happened:
            logins = {job.login for job in jobs.values() if job.login}
            if event.name == "pull_request":
                allowed = {"previews"} if event.origin == "own" else set()
            else:
                on_default = event.ref == f"refs/heads/{event.default_branch}" and event.origin == "own"
                allowed = {"main"} if event.name in ("push", "schedule", "workflow_dispatch") and on_default else set()
            assert logins <= allowed, row
            if event.untrusted:
                assert all(level == "read" for job in jobs.values() for level in job.rights.values()), row


def test_tags_and_pull_requests_for_hubs_come_with_every_push_of_main_and_with_no_other(cells: Cells) -> None:
    for (row, _), happened in cells.items():
        for _, answers, jobs in happened:
            pushed = {tag for job in jobs.values() for tag in job.pushed}
            of_main = bool({"COMMIT", "COMMIT-DAY"} & pushed)
            more = {tag for tag in pushed if tag in ("DATE", "latest")}
            wanted = (
                {"latest"} if "COMMIT-DAY" in pushed else {"DATE", "latest"}
            )  # the first image has the commit's date
            assert more == (wanted if of_main and "latest_tag" in answers else set()), row
            hubs = jobs.get("point-hubs", Job("skipped")).result
            assert (hubs == "success") == (of_main and "configuration_repository" in answers), row


def required(jobs: Mapping[str, Job], answers: Mapping[str, str]) -> Job:
    """The job whose check is called Build and test."""
    return jobs["result" if answers.get("preview") == "yes" else "test"]


@pytest.mark.parametrize("tests_pass", [True, False])
def test_the_required_check_is_never_skipped_and_fails_with_the_tests(evaluator: Path, tests_pass: bool) -> None:
    rows = [
        row
        for row in ROWS
        if row.startswith(("pull request from", "pull request of", "pull request within", "merge queue"))
    ]
    simulations, listed = [], []
    for choices, registry, row in itertools.product(COLUMNS.values(), REGISTRIES, rows):
        answers = {**choices, "registry": registry}
        text = workflows(answers)["test.yaml"]
        for event in ROWS[row]:
            if not tests_pass and not event.can_change_the_image:
                continue
            changed = Event(**{**event.__dict__, "tests_pass": tests_pass})
            listed.append((row, answers))
            simulations.append(simulate(text, changed, ("COMMIT",)))
    for (row, answers), jobs in zip(listed, run_all(evaluator, simulations), strict=True):
        assert required(jobs, answers).result == ("success" if tests_pass else "failure"), (row, answers)


if __name__ == "__main__":
    program = node_programs.bundled() / "evaluate.cjs"
    tables = {START: (END, table(all_cells(program))), START_AT_ONCE: (END_AT_ONCE, at_once(program))}
    page = PAGE.read_text(encoding="utf-8")
    for start, (end, made) in tables.items():
        page = page[: page.index(start) + len(start)] + f"\n\n{made}\n\n" + page[page.index(end) :]
    PAGE.write_text(page, encoding="utf-8")
