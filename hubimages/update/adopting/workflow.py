"""Read a GitHub workflow: its steps, with the environment that their expressions name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hubimages import yaml_text

ROUNDS, LONGEST = 5, 1000  # characters of a value
EXPRESSION = re.compile(r"\$\{\{((?:(?!\}\}|\$\{\{).){0,1000})\}\}", re.DOTALL)
VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")


@dataclass(frozen=True)
class Text:
    """A text of a workflow, and its line; `first` is that of its first line, which a block has below its key."""

    value: str
    line: int
    first: int = 0


@dataclass(frozen=True)
class Step:
    """One step, or a job that calls a reusable workflow: what it uses, with which inputs, or what it runs."""

    line: int
    uses: Text = Text("", 0)
    inputs: Mapping[str, Text] = field(default_factory=dict)
    run: Text = Text("", 0)
    environment: Mapping[str, Text] = field(default_factory=dict)
    directory: str = ""  # in which `run` starts

    def resolved(self, text: str, owner: str) -> str:
        """Return a text with the expressions that the workflow itself answers; others stay as they are."""

        def expression(found: re.Match[str]) -> str:
            name = found[1].strip()
            if name.startswith("env.") and name[4:] in self.environment:
                value = self.environment[name[4:]].value
                return found[0] if found[0] in seen or len(value) > LONGEST else value
            if name == "github.repository_owner" and owner:
                return owner.partition("/")[0]
            return owner if name == "github.repository" and owner else found[0]

        def variable(found: re.Match[str]) -> str:
            value = self.environment.get(found[1])
            return value.value if value is not None and "$" not in value.value else found[0]

        seen = {f"${{{{ env.{key} }}}}" for key, each in self.environment.items() if f"env.{key}" in each.value}
        for _ in range(ROUNDS):  # a value can have expressions, also of one that has its own
            before, text = text, EXPRESSION.sub(expression, text)
            if text == before or len(text) > LONGEST * LONGEST:
                break
        return VARIABLE.sub(variable, text)


@dataclass(frozen=True)
class Workflow:
    """A workflow of a repository."""

    file: str
    text: str
    steps: tuple[Step, ...]
    crons: tuple[Text, ...]

    def line_of(self, pattern: re.Pattern[str]) -> int:
        """Return the first line in which a pattern is found; 0 without one."""
        return next((number for number, line in enumerate(self.text.splitlines(), 1) if pattern.search(line)), 0)


def read_workflow(file: str, text: str) -> Workflow:
    """Return a workflow. Raises UnreadableYamlError."""
    top = _mapping(yaml_text.compose(text).find(()))
    steps: list[Step] = []
    for _, job_node in _pairs(top.get("jobs")):
        job = _mapping(job_node)
        environment = {**_texts(top.get("env")), **_texts(job.get("env"))}
        directory = _directory(_defaults(job)) or _directory(_defaults(top))
        if "uses" in job:
            inputs = {**_texts(job.get("secrets")), **_texts(job.get("with"))}
            steps.append(Step(job["uses"].line, _text(job["uses"]), inputs, environment=environment))
        for node in _items(job.get("steps")):
            one = _mapping(node)
            steps.append(
                Step(
                    node.line,
                    _text(one.get("uses")),
                    _texts(one.get("with")),
                    _text(one.get("run")),
                    {**environment, **_texts(one.get("env"))},
                    _directory(one) or directory,
                )
            )
    schedule = _items(_mapping(top.get("on")).get("schedule"))
    crons = tuple(_text(_mapping(node).get("cron")) for node in schedule)
    return Workflow(file, text, tuple(steps), crons)


def _defaults(of: Mapping[str, yaml_text.Node]) -> dict[str, yaml_text.Node]:
    return _mapping(_mapping(of.get("defaults")).get("run"))


def _directory(of: Mapping[str, yaml_text.Node]) -> str:
    return _text(of.get("working-directory")).value


def _mapping(node: yaml_text.Node | None) -> dict[str, yaml_text.Node]:
    node = yaml_text.resolved(node) if node is not None else None
    if not isinstance(node, yaml_text.MappingNode):
        return {}
    return {name: value for name, (_, value) in yaml_text.effective(node).items()}


def _pairs(node: yaml_text.Node | None) -> Iterator[tuple[str, yaml_text.Node]]:
    yield from _mapping(node).items()


def _items(node: yaml_text.Node | None) -> list[yaml_text.Node]:
    node = yaml_text.resolved(node) if node is not None else None
    return list(node.items) if isinstance(node, yaml_text.SequenceNode) else []


def _text(node: yaml_text.Node | None) -> Text:
    node = yaml_text.resolved(node) if node is not None else None
    if not isinstance(node, yaml_text.ScalarNode):
        return Text("", 0)
    return Text(node.value, node.line, node.line + (node.style in ("literal", "folded")))


def _texts(node: yaml_text.Node | None) -> dict[str, Text]:
    return {name: _text(value) for name, value in _pairs(node)}
