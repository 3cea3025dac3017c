"""Check an environment: what repo2docker takes from it, and what is wrong with it."""

from dataclasses import dataclass, field
from pathlib import Path

from hubimages import findings
from hubimages.environment import buildpack, surroundings
from hubimages.environment.buildpack import Choice
from hubimages.environment.requested import Requested, requested
from hubimages.environment.surroundings import Surroundings
from hubimages.errors import BadInputError
from hubimages.findings import Finding


@dataclass(frozen=True)
class Options:
    """What the caller adds to what the repository says."""

    hub_version: str = ""
    strict: bool = False
    solve: bool = False


@dataclass
class Report:
    """What repo2docker takes, the findings, and what was not checked."""

    choice: Choice
    directory: str
    pinned: str | None
    strict: bool = False
    findings: list[Finding] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # more results, one a line
    requested: Requested | None = None

    @property
    def exit_code(self) -> int:
        """Return 1 if the check fails, else 0."""
        return findings.exit_code(findings.fails(self.findings, strict=self.strict), no_answer=False)

    def __str__(self) -> str:
        lines = [self.reading(), *self.lines, *(str(finding) for finding in self.findings)]
        lines += [f"not checked: {text}" for text in self.not_checked]
        return "\n".join(lines)

    def reading(self) -> str:
        """Return one line on what repo2docker takes, and which repo2docker says so."""
        reader = f"repo2docker {self.choice.version}"
        if self.pinned and self.pinned != self.choice.version:
            reader += f" (installed; the repository pins {self.pinned})"
        elif self.pinned:
            reader += " (as the repository pins)"
        where = f"{self.directory}/" if self.directory else "the top directory"
        if self.choice.kind == "none":
            return f"{reader} does not build {where}"
        if self.choice.kind == "docker":
            return f"{reader} builds the Dockerfile in {where}, which decides on Python and R"
        versions = [f"Python {self.choice.python}"] if self.choice.python else []
        versions += [f"R {self.choice.r}"] if self.choice.r else []
        return f"{reader} reads {where} with {self.choice.buildpack}: {', '.join(versions) or 'no version'}"

    def as_json(self) -> str:
        """Return the report as one JSON object."""
        facts = {
            "repo2docker": {"installed": self.choice.version, "pinned": self.pinned},
            "directory": self.directory or ".",
            "buildpack": self.choice.buildpack,
            "python": self.choice.python,
            "r": self.choice.r,
            "requested": self.requested.as_json() if self.requested else None,
        }
        return findings.as_json(self.findings, self.not_checked, facts)


def check_environment(path: Path, options: Options | None = None) -> Report:
    """Check the environment of the repository at a path. Raises BadInputError, NotInstalledError."""
    options = options or Options()
    return checked(path, options)[1]


def checked(path: Path, options: Options) -> tuple[Surroundings, Report]:
    """Return what was read, and the report on it."""
    root = surroundings.find_root(path)
    platforms = ["linux/amd64", *(["linux/arm64"] if surroundings.recorded(root, "arm64") == "yes" else [])]
    with buildpack.asked(root, platforms) as question:
        from hubimages.environment.rules import RULES  # while repo2docker is imported

        directory = surroundings.find_directory(root)
        texts, unreadable = surroundings.read_texts(root, directory)
        hub_version, source = hub_version_of(root, options.hub_version)
        choice = question.answer()
    here = Surroundings(root, directory, choice, hub_version, source, texts)
    report = Report(choice, directory, buildpack.pinned_version(root), options.strict, requested=requested(here))
    report.findings = [
        Finding("unreadable", f"it cannot be read: {why}", "save it as UTF-8", path) for path, why in unreadable.items()
    ]
    for rule in RULES:
        report.findings += rule(here)
    named = any(one.file for one in report.findings)
    if choice.is_default and not (
        named or (root / surroundings.RECORD).is_file() or any(map(here.has, surroundings.READ))
    ):
        raise BadInputError(
            f"`{path}` has no file that repo2docker reads, such as environment.yml or a Dockerfile. Name the directory "
            "of an image repository"
        )
    if options.solve:
        from hubimages.environment.solving.report import add_solution

        add_solution(here, report)
    report.findings.sort(key=lambda one: (one.file or "", one.line or 0))
    if report.pinned and report.pinned != choice.version:
        report.not_checked.append(
            f"what repo2docker {report.pinned} reads, which the repository pins. "
            f"To check with it: pip install jupyter-repo2docker=={report.pinned}"
        )
    return here, report


def hub_version_of(root: Path, given: str) -> tuple[str, str]:
    """Return the hub's version, and where it stands. Raises BadInputError for one that is none."""
    if given and not given.strip()[:1].isdigit():
        raise BadInputError(
            f"--hub-version {given} is no version. Write the JupyterHub version of the hub, such as 5.4.0"
        )
    if given:
        return given, "--hub-version"
    return surroundings.recorded(root, "jupyterhub_version"), f"jupyterhub_version in {surroundings.RECORD}"
