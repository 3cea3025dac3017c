"""The error for text that is not YAML."""

from hubimages.errors import BadInputError


class UnreadableYamlError(BadInputError):
    """The text is not YAML that Helm can read, for example a template, a tab or a bad escape. `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem
