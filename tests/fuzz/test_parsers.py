"""Whatever a parser is given, it takes it or raises one of our errors, and it ends.

A little is tried each time; `nox -s deep` tries much, and `nox -s fuzz` for as long as one likes.
"""

import ast
import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hubimages
from tests.examples import examples
from tests.fuzz.limits import limited
from tests.fuzz.modules import CALLS, COVERED, NOT_FUZZED
from tests.fuzz.mutating import mutated
from tests.fuzz.parsers import PARSERS, Parser

PACKAGE = Path(hubimages.__file__).parent
NAMES = [each.name for each in PARSERS]
DEEP = 400  # inputs for each parser
PART_OF_ANOTHER = {"jupyterhub/Chart.yaml"}  # seeds that only some of their parsers take


def holds(parser: Parser, number: int) -> None:
    content = mutated(random.Random(number), parser.seeds)
    with limited():
        parser(content)


@pytest.mark.parametrize("parser", PARSERS, ids=NAMES)
@settings(parent=examples(4, 1000))
@given(number=st.integers(0, 2**64))
def test_a_parser_takes_its_input_or_raises_one_of_our_errors(parser: Parser, number: int) -> None:
    holds(parser, number)


@pytest.mark.deep
@pytest.mark.parametrize("parser", PARSERS, ids=NAMES)
def test_a_parser_takes_much_bad_input(parser: Parser) -> None:
    for number in range(DEEP):
        holds(parser, number)


@pytest.mark.parametrize("parser", PARSERS, ids=NAMES)
def test_a_parser_takes_at_least_one_of_its_seeds(parser: Parser) -> None:
    assert any(parser(seed) for seed in parser.seeds)


@cache
def calls_by_module() -> dict[str, set[str]]:
    """What each module of the package calls, as its code names it."""
    return {
        module.relative_to(PACKAGE).as_posix(): {
            ast.unparse(node.func) for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)
        }
        for module in PACKAGE.rglob("*.py")
    }


def test_every_module_that_parses_is_fuzzed_or_says_why_not() -> None:
    found = {name: sorted(calls & CALLS) for name, calls in calls_by_module().items() if calls & CALLS}
    known = COVERED.keys() | NOT_FUZZED.keys()
    assert {name: used for name, used in found.items() if name not in known} == {}
    assert sorted(known - found.keys()) == []
    assert COVERED.keys().isdisjoint(NOT_FUZZED)


def test_what_covers_a_module_is_one_of_the_parsers() -> None:
    assert {name for names in COVERED.values() for name in names} <= {*NAMES, "registry"}


def test_json_and_plain_yaml_are_read_by_one_function_each() -> None:
    """Their libraries raise more than one kind of error; what is here reads what hubimages wrote itself."""
    own = {name for name, why in NOT_FUZZED.items() if why.startswith("own: ")} | {
        "json_text.py",
        "yaml_text/loading.py",
    }
    libraries = {"json.loads", "json.load", "yaml.load", "yaml.load_all", "yaml.safe_load"}
    assert {name for name, calls in calls_by_module().items() if calls & libraries} <= own
