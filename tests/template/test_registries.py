"""Every registry that can be chosen is in all places that differ from registry to registry."""

import json
from pathlib import Path

import pytest

from hubimages.template.next_steps import STEPS
from hubimages.template.rules import image_name
from hubimages.update.adopting import guessing
from tests.template import test_names

ROOT = Path(__file__).parents[2]
QUESTIONS = json.loads((ROOT / "cookiecutter.json").read_text())
AMAZON = {"amazon-ecr", "amazon-ecr-public"}  # what the templates' last branch is for


def named(file: str) -> set[str]:
    """The registries that a file of the template has a part for."""
    text = (ROOT / file).read_text()
    return {registry for registry in QUESTIONS["registry"] if f'"{registry}"' in text}


PLACES = {
    "__prompts__": set(QUESTIONS["__prompts__"]["registry"]),
    "image_name.HOSTS": set(image_name().HOSTS),
    "next_steps.STEPS": set(STEPS),
    "guessing.HOSTS": set(guessing.HOSTS),
    "README.md": named("<<cookiecutter.repo>>/README.md"),
    "login.yaml": named("templates/login.yaml") | AMAZON,
    "settings.yaml": named("templates/settings.yaml") | AMAZON,
    "good names": {registry for registry, _ in test_names.GOOD},
    "bad names": {registry for registry, *_ in test_names.BAD},
}


@pytest.mark.parametrize("place", PLACES)
def test_a_place_has_every_registry(place: str) -> None:
    assert PLACES[place] - {"__prompt__"} == set(QUESTIONS["registry"])
