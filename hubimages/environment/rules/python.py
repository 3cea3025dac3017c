"""The Python version: the one asked for is the one that repo2docker installs."""

import re
from collections.abc import Iterator

from hubimages.environment.buildpack import Problem
from hubimages.environment.specs import EnvironmentFile
from hubimages.environment.surroundings import Surroundings
from hubimages.environment.versions import admits, release_of
from hubimages.findings import WARNING, Finding

OLDEST = (3, 7)  # older ones get an environment beside the server's (CondaBuildPack.kernel_env_cutoff_version)
UNSUPPORTED = re.compile(r"Python version (\S+) on (\S+) is not supported")


def is_about_python(problem: Problem) -> bool:
    """Return whether `version` tells this problem."""
    return bool(UNSUPPORTED.match(problem.message)) or (
        problem.at == "python" and problem.message.startswith("KeyError")
    )


def version(here: Surroundings) -> Iterator[Finding]:
    """The version that is refused, not read, or taken without being asked for."""
    if here.choice.kind == "conda" and isinstance(here.environment, EnvironmentFile):
        yield from of_environment_file(here, here.environment)
    elif here.choice.kind == "r" and isinstance(here.environment, EnvironmentFile) and here.choice.python:
        for spec in here.environment.named("python")[:1]:
            if admits(spec.version, release_of(here.choice.python)) is False:
                message = f"with R from runtime.txt, the build begins with Python {here.choice.python}, then changes it"
                remedy = "to build with one Python from the start, take R from conda (r-base) and remove runtime.txt"
                yield Finding("python-not-read", message, remedy, here.environment.path, spec.line, WARNING)
    elif here.choice.kind in ("python", "pipfile"):
        file = {"pipfile": here.path("Pipfile")}.get(here.choice.kind, here.path("runtime.txt"))
        file = file if (here.root / file).exists() else None  # type: ignore[assignment]
        yield from unsupported(here, file, None)
        if here.choice.kind == "python" and not here.has("runtime.txt") and here.choice.python:
            yield taken(
                here, None, None, "nothing names a Python version", "add a runtime.txt with python-3.12, for example"
            )


def of_environment_file(here: Surroundings, file: EnvironmentFile) -> Iterator[Finding]:
    """Findings on the python line of an environment file."""
    asked = file.named("python")
    read = next((spec for spec in asked if re.match(r"python\s*=+\s*[\d.]", spec.text)), None)
    line = read.line if read else asked[0].line if asked else None
    refused = list(unsupported(here, file.path, line))
    if refused:
        yield from refused
        return
    if here.choice.python is None:
        for problem in here.choice.problems:
            if is_about_python(problem):
                text = read.text if read else "python"
                yield Finding(
                    "python-unknown",
                    f"repo2docker has no Python for {text!r}",
                    "write python=3.12, for example",
                    file.path,
                    line,
                )
        return
    got = release_of(here.choice.python)
    default = f"repo2docker takes its default, Python {here.choice.python}"
    if read is not None:
        if len(release_of(read.version)) == 1:
            yield taken(here, file.path, read.line, f"{read.text!r} names no minor version", _write(here))
        elif got < OLDEST:
            message = f"repo2docker installs Python {here.choice.python} beside a newer one, which runs the server"
            yield Finding("python-old", message, "take a newer one", file.path, read.line, WARNING)
        return
    versioned = [spec for spec in asked if re.search(r"\d", spec.version)]
    for spec in versioned[:1]:
        fits = admits(spec.version, got)
        grade_error = fits is False
        message = f"repo2docker does not read the version in {spec.text!r}: {default}"
        message += ", which the line does not admit" if grade_error else ", which may change with its next release"
        remedy = f"write {_readable(spec.version, spec.text) or 'python=3.12'}"
        if grade_error:
            yield Finding("python-not-read", message, remedy, file.path, spec.line)
        else:
            yield Finding("python-not-read", message, remedy, file.path, spec.line, WARNING)
    if not versioned:
        what = "python has no version" if asked else "there is no python line"
        yield taken(here, file.path, line, what, _write(here))


def unsupported(here: Surroundings, file: str | None, line: int | None) -> Iterator[Finding]:
    """A version that repo2docker does not have, once for all platforms."""
    found = [match for each in here.choice.problems if (match := UNSUPPORTED.match(each.message))]
    if found:
        platforms = " and ".join(dict.fromkeys(match[2] for match in found))
        message = f"repo2docker {here.choice.version} has no Python {found[0][1]} for {platforms}"
        yield Finding("python-not-supported", message, "take another version, or a repo2docker that has it", file, line)


def taken(here: Surroundings, file: str | None, line: int | None, what: str, remedy: str) -> Finding:
    """The finding that the default is taken in silence."""
    message = (
        f"{what}: repo2docker takes its default, Python {here.choice.python}, which may change with its next release"
    )
    return Finding("python-default", message, remedy, file, line, WARNING)


def _write(here: Surroundings) -> str:
    return f"write python={here.choice.python}, or the version that you want"


def _readable(version: str, text: str) -> str:
    """Return a form that repo2docker reads; empty if more than one minor version is meant."""
    if re.fullmatch(r"\s*+=*+\s*+\d+\.\d+(\.\d+)*(\.\*)?", version):
        return "python=" + ".".join(str(each) for each in release_of(version))
    found = re.match(r"\s*(?:~=|>=)\s*(\d+\.\d+)", version)
    return f"python={found[1]}" if found else ""
