"""The error that every function of this folder raises for text that is no YAML."""

from hubimages.errors import BadInputError


class UnreadableYamlError(BadInputError):
    """The text is not YAML that Helm can read: a template, a tab, a bad escape; `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem
