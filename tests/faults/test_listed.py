"""Every task that writes has its faults tried here, or a place where others try them."""

from pathlib import Path

from hubimages.cli.program import contexts
from tests.command import ROOT
from tests.faults.counts import counts
from tests.faults.page import FILE, written
from tests.faults.sample import SAMPLE
from tests.faults.tasks import ELSEWHERE, READ_ONLY, SCENARIOS

# Options with which a task writes something.
FILES = {"dry-run", "html", "markdown", "write", "fix", "update", "save-answers"}
WRITING = {"commit", "branch", "open-pr", "push"} | FILES


def test_every_task_is_listed_once() -> None:
    tried = {each.task for each in SCENARIOS}
    lists = [tried, set(ELSEWHERE), set(READ_ONLY)]
    assert set().union(*lists) == set(contexts())
    assert sum(map(len, lists)) == len(contexts()), "a task is in two lists"


def test_no_task_with_an_option_that_writes_counts_as_read_only() -> None:
    writing = {
        name
        for name, context in contexts().items()
        if {each.replace("_", "-").strip("-") for each in context.args} & WRITING
    }
    assert writing & READ_ONLY == set()


def test_where_others_try_a_task_there_are_tests() -> None:
    assert [place for place in ELSEWHERE.values() if not Path(ROOT, place).exists()] == []


def test_the_sample_names_scenarios() -> None:
    assert {name for name, _ in SAMPLE.values()} <= {each.name for each in SCENARIOS}


def test_the_page_about_faults_has_what_was_counted() -> None:
    assert FILE.read_text() == written(FILE.read_text())


def test_each_fault_of_each_task_was_tried_or_cannot_meet_it() -> None:
    found = counts()
    every = {(each.name, fault) for each in SCENARIOS for fault in SAMPLE if fault not in each.reasons}
    assert {(name, fault) for name, fault in every if not found.get(name, {}).get(fault)} == set()


def test_counts_are_of_scenarios_and_faults_that_there_are() -> None:
    assert set(counts()) <= {each.name for each in SCENARIOS}
    assert {fault for each in counts().values() for fault in each} <= set(SAMPLE)
