"""The workflows of every combination of answers, rendered in this process: each different text once."""

import itertools
from collections.abc import Iterator, Mapping

from cookiecutter.main import _patch_import_path_for_repo
from cookiecutter.utils import create_env_with_context
from jinja2 import Environment, FileSystemLoader

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
OPTIONAL = {"binder.yaml": "binder_badge"}


def combinations() -> Iterator[dict[str, str]]:
    """Every combination of answers that is not refused."""
    choices = {question.key: question.choices or ("", "our-org/our-hubs") for question in template.questions()}
    choices["starter"] = ("environment.yml", "docker-stacks")  # all with a Dockerfile have the same workflows
    for chosen in itertools.product(*(choices[key] for key in KEYS)):
        answers = dict(zip(KEYS, chosen, strict=True))
        if not (answers["arm64"] == "yes" and answers["builder"] == "repo2docker-action"):
            yield answers
    rest = {key: choices[key][0] for key in KEYS}
    for registry, arm64, attest in itertools.product(("quay.io", "amazon-ecr"), ("no", "yes"), ("yes", "also-private")):
        yield {**rest, "registry": registry, "arm64": arm64, "scan": "yes", "attest": attest}


class Renderer:
    """The template in this process, compiled once; as cookiecutter sets it up."""

    def __init__(self) -> None:
        root = template.template_directory()
        with _patch_import_path_for_repo(str(root)):
            self.env: Environment = create_env_with_context({"cookiecutter": template_context()})
        self.env.loader = FileSystemLoader([root, root / "templates"])
        self.env.auto_reload = False
        names = (path.name for path in (root / FOLDER).iterdir())
        self.workflows = {name: self.env.get_template(f"{FOLDER}/{name}") for name in sorted(names)}
        self.variables = {
            key: self.env.from_string(raw[0] if isinstance(raw, list) else raw)
            for key, raw in template_context().items()
            if isinstance(raw, str | list) and (key.startswith("__") or not key.startswith("_"))
        }

    def complete(self, answers: Mapping[str, str]) -> dict[str, str]:
        """The answers with all that follows from them, in the template's order."""
        done: dict[str, str] = {"_address": PUBLISHED.address}
        answers = {**answers, "__template": PUBLISHED.address, "__commit": PUBLISHED.commit}
        for key, variable in self.variables.items():
            done[key] = answers[key] if key in answers else variable.render(cookiecutter=done)
        return done

    def render(self, answers: Mapping[str, str]) -> dict[str, str]:
        """The text of each workflow that these answers give, by the name of its file."""
        context = self.complete(answers)
        return {
            name: workflow.render(cookiecutter=context)
            for name, workflow in self.workflows.items()
            if context.get(OPTIONAL.get(name, ""), "yes") == "yes"
        }


def different_workflows() -> dict[tuple[str, str], dict[str, str]]:
    """Every different workflow, by file name and text, with the first answers that give it."""
    renderer = Renderer()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for answers in combinations():
        for name, text in renderer.render(answers).items():
            found.setdefault((name, text), answers)
    return found
