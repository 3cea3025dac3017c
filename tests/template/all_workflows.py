"""The workflows of every combination of answers, rendered in this process: each different text once."""

import itertools
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, ClassVar

import yaml
from cookiecutter.main import _patch_import_path_for_repo
from cookiecutter.utils import create_env_with_context
from jinja2 import Environment, FileSystemLoader, Template, meta, nodes

from hubimages import template
from hubimages.template.questions import template_context
from tests.template.published import PUBLISHED

FOLDER = "<<cookiecutter.repo>>/.github/workflows"
# What a workflow can depend on, besides names that are typed in.
KEYS = (
    "registry", "starter", "builder", "refresh", "latest_tag", "date_tag", "preview", "binder_badge", "arm64",
    "configuration_repository",
)  # fmt: skip
# A file that is there only where a question is answered with yes.
OPTIONAL = {
    "binder.yaml": "binder_badge", "lock.yaml": "__lock", "previews.yaml": "__remove_previews",
    "update.yaml": "__updates",
}  # fmt: skip
# Answers that add a workflow or a trigger of their own, whatever the others are: combined with the few that meet them.
ADDED = (
    {"lock": "monthly"},
    {"lock": "weekly", "preview": "yes"},
    {"lock": "monthly", "starter": "docker-stacks", "arm64": "yes"},
    {"update_workflow": "monthly"},
    {"update_workflow": "weekly"},
    {"scan": "yes", "attest": "yes"},
    {"scan": "yes", "attest": "yes", "arm64": "yes", "registry": "amazon-ecr"},
    {"scan": "yes", "attest": "also-private", "registry": "ghcr.io", "configuration_repository": "our-org/our-hubs"},
    {"scan": "yes", "attest": "yes", "arm64": "yes", "builder": "nox", "refresh": "weekly"},
    {"scan": "yes", "builder": "repo2docker-action"},
)


def combinations() -> Iterator[dict[str, str]]:
    """Every combination of answers that is not refused."""
    choices = {question.key: question.choices or ("", "our-org/our-hubs") for question in template.questions()}
    choices["starter"] = ("environment.yml", "docker-stacks")  # all with a Dockerfile have the same workflows
    for chosen in itertools.product(*(choices[key] for key in KEYS)):
        answers = dict(zip(KEYS, chosen, strict=True))
        if not (answers["arm64"] == "yes" and answers["builder"] == "repo2docker-action"):
            yield answers
    yield from ADDED


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A hundred times as fast as ruamel.yaml; only `true` and `false` are booleans, as GitHub reads `on:`."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, Any]]]] = {
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool" or first in "tf"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@cache
def parsed(text: str) -> dict[str, Any]:
    """Return a workflow. It is the same object for everybody: only read it."""
    workflow: dict[str, Any] = yaml.load(text, Loader)
    return workflow


def read_by(env: Environment, text: str) -> set[str]:
    """The names of the answers that a template reads, in itself or in what it includes."""
    tree = env.parse(text)
    names = {node.attr for node in tree.find_all(nodes.Getattr)}
    for part in meta.find_referenced_templates(tree):
        names |= read_by(env, env.loader.get_source(env, part)[0])  # type: ignore[union-attr,arg-type]
    return names


class Part:
    """A variable of cookiecutter.json or a file, rendered once for all answers that are the same in what it reads."""

    def __init__(self, env: Environment, text: str) -> None:
        self.template: Template = env.from_string(text)
        self.reads = sorted(read_by(env, text))
        self.known: dict[tuple[str | None, ...], str] = {}

    def render(self, answers: Mapping[str, str]) -> str:
        values = tuple(answers.get(name) for name in self.reads)
        if values not in self.known:
            self.known[values] = self.template.render(cookiecutter=answers)
        return self.known[values]


class Renderer:
    """The template in this process, compiled once; as cookiecutter sets it up, but for one check of all answers."""

    def __init__(self) -> None:
        root = template.template_directory()
        with _patch_import_path_for_repo(str(root)):
            self.env: Environment = create_env_with_context({"cookiecutter": template_context()})
        self.check = self.env.globals["check"]
        self.env.globals["check"] = lambda answers: ""  # cookiecutter's is called after each answer
        self.env.loader = FileSystemLoader([root, root / "templates"])
        self.env.auto_reload = False
        files = sorted((root / FOLDER).iterdir())
        self.workflows = {path.name: Part(self.env, path.read_text(encoding="utf-8")) for path in files}
        self.variables = {
            key: Part(self.env, raw[0] if isinstance(raw, list) else raw)
            for key, raw in template_context().items()
            if isinstance(raw, str | list) and (key.startswith("__") or not key.startswith("_"))
        }

    def complete(self, answers: Mapping[str, str]) -> dict[str, str]:
        """The answers with all that follows from them, in the template's order."""
        done: dict[str, str] = {"_address": PUBLISHED.address}
        answers = {**answers, "__template": PUBLISHED.address, "__commit": PUBLISHED.commit}
        for key, variable in self.variables.items():
            done[key] = answers[key] if key in answers else variable.render(done)
        self.check(done)
        return done

    def render(self, answers: Mapping[str, str]) -> dict[str, str]:
        """The text of each workflow that these answers give, by the name of its file."""
        context = self.complete(answers)
        return {
            name: workflow.render(context)
            for name, workflow in self.workflows.items()
            if context.get(OPTIONAL.get(name, ""), "yes") == "yes"
        }


@cache
def different_workflows() -> dict[tuple[str, str], dict[str, str]]:
    """Every different workflow, by file name and text, with the first answers that give it."""
    renderer = Renderer()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for answers in combinations():
        for name, text in renderer.render(answers).items():
            found.setdefault((name, text), answers)
    return found
