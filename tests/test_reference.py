"""The pages that are made from the code say what the code does: the reference, and the drawing of the design."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from hubimages import errors
from hubimages.cli.program import contexts

CHECKOUT = Path(__file__).parent.parent


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, CHECKOUT / f"docs/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def make_reference() -> ModuleType:
    return script("make_reference")


def test_the_committed_drawing_is_the_one_made_from_the_imports() -> None:
    committed = (CHECKOUT / "docs/design.md").read_text()
    assert committed == script("make_drawing").with_drawing(committed), "run `nox -s docs` and commit docs/design.md"


def test_the_list_of_messages_has_those_of_every_file(capsys: pytest.CaptureFixture[str]) -> None:
    messages = script("list_messages")
    messages.main()
    listed = {line.partition(":")[0] for line in capsys.readouterr().out.splitlines()}
    raising = {
        str(file.relative_to(CHECKOUT))
        for place in messages.PLACES
        for file in place.rglob("*.py")
        if "BadInputError(f" in file.read_text()
    }
    assert raising | {"<<cookiecutter.repo>>/noxfile.py", "hooks/answer_rules.py"} <= listed


def test_the_committed_reference_is_the_one_made_from_the_code(make_reference: ModuleType) -> None:
    committed = (CHECKOUT / "docs/reference.md").read_text()
    assert committed == make_reference.page(), "run `nox -s docs` and commit docs/reference.md"


def test_the_reference_leaves_nothing_out() -> None:
    committed = (CHECKOUT / "docs/reference.md").read_text()
    for name, context in contexts().items():
        section = committed.split(f"\n### {name}\n")[1].split("\n#")[0]
        for argument in context.args.values():
            assert argument.names[0].upper().replace("-", "_") in section or f"`--{argument.names[0]}" in section
    for kind in errors.HubImagesError.__subclasses__():
        if kind.__module__ == errors.__name__:
            assert f"\n| {kind.exit_code} | " in committed
    for key in json.loads((CHECKOUT / "cookiecutter.json").read_text()):
        assert key.startswith("_") or f"\n| `{key}` | " in committed
