"""No secret of a person gets into output, files, commits, pull requests or the arguments of a program.

Every task that writes runs as in tests/faults, with secrets in the environment and in the files of other programs.
"""

import base64
import json
import re
from pathlib import Path

import pytest

from tests.faults.conftest import servers as servers  # noqa: PLC0414
from tests.faults.servers import Servers
from tests.faults.tasks import SCENARIOS
from tests.faults.world import World
from tests.fuzz.expressions.known import SHORT
from tests.fuzz.parsers import PARSERS
from tests.histories import git
from tests.hostile.secrets import ENVIRONMENT, KEPT, Spied, keep_logins, places, secret, spied
from tests.hostile.texts import TEXTS

CHECKOUT = Path(__file__).parents[2]

SAMPLE = ("point-hubs --open-pr",)


@pytest.mark.parametrize(
    "name",
    [
        *SAMPLE,
        *(pytest.param(each.name, marks=pytest.mark.deep) for each in SCENARIOS if each.name not in SAMPLE),
    ],
)
def test_a_task_that_writes_lets_no_secret_out(name: str, servers: Servers, tmp_path: Path) -> None:
    scenario = next(each for each in SCENARIOS if each.name == name)
    if scenario.needs is not None:
        scenario.needs()
    servers.open()
    world = World(tmp_path / "w", servers)
    world.begin()
    scenario.make(world)
    world.fresh()
    keep_logins(world.home, servers.address("registry"), "127.0.0.1", "github.com")
    env = {**world.environment(), **ENVIRONMENT}
    done = spied(*scenario.words(world), cwd=world.there, env=env, log=tmp_path / "log")
    assert done.code == scenario.code, done.said
    assert done.programs
    assert done.leaks() == []
    assert places(world.root, but=[f"home/{each}" for each in KEPT]) == []
    assert "SECRET" not in json.dumps(servers.github.hosting.pulls)


def test_the_page_on_hostile_input_counts_what_is_tested() -> None:
    page = (CHECKOUT / "docs/hostile-input.md").read_text("utf-8")
    for told, number in (
        (r"^\| parsers \((\d+)\)", len(PARSERS)),
        (r"secrets in the environment.*\| (\d+) more \|$", len(SCENARIOS) - len(SAMPLE)),
        (r"names are (\d+) hostile texts", len(TEXTS)),
        (r"^- (\d+) of our expressions", len(SHORT)),
    ):
        assert re.findall(told, page, re.MULTILINE) == [str(number)], told


def test_the_search_finds_a_secret_wherever_one_is(tmp_path: Path) -> None:
    header = base64.b64encode(f"robot:{secret('header')}".encode()).decode()
    said, argv = f"Authorization: Basic {header}", ("git", "clone", f"https://a:{secret('argument')}@h")
    assert Spied(0, f"fine\n{said}", [argv, ("git", "status")], "").leaks() == [said, " ".join(argv)]
    repository = tmp_path / "repository"
    git("init", "--quiet", repository)
    (repository / "file").write_text("x" * 500 + secret("object"))
    git("-C", repository, "add", "file")
    (repository / "file").write_text("")
    assert places(tmp_path) == ["repository/.git/HEAD: an object"]
