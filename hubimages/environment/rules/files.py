"""Files that repo2docker does not read although somebody may think so."""

import re
from collections.abc import Iterator

from hubimages.environment.specs import EnvironmentFile
from hubimages.environment.surroundings import ENVIRONMENT, READ, Surroundings
from hubimages.findings import ERROR, WARNING, Finding

# What packages can be installed from. Which of these a build reads is repo2docker's answer.
OF_PACKAGES = (*ENVIRONMENT, "requirements.txt", "Pipfile", "Pipfile.lock", "install.R")
SHORTEST = 7  # letters of a name in which one wrong letter is a slip and not another name
ENDINGS = re.compile(r"\.(txt|sh|bash|yml|yaml|bak)$", re.IGNORECASE)


def not_read(here: Surroundings) -> Iterator[Finding]:
    """Files at the top beside binder/, and files of packages that the chosen buildpack does not read."""
    if here.directory:
        for name in READ:
            if (here.root / name).is_file() and name != "Dockerfile":
                message = f"it is not read: repo2docker reads only {here.directory}/"
                yield Finding(
                    "not-read", message, f"move it to {here.directory}/, or remove one of the two", name, None, WARNING
                )
    if here.choice.is_default:
        where = f"{here.directory}/" if here.directory else "the directory"
        message = f"{where} has no file that names packages, so the image has only what repo2docker always installs"
        yield Finding("nothing-read", message, "add an environment.yml", None, None, WARNING)
    yield from beside(here)
    yield from other_spelling(here)


def beside(here: Surroundings) -> Iterator[Finding]:
    """Files of packages that the chosen buildpack does not read."""
    reads = here.choice.reads
    if reads is None or here.choice.is_default:
        return
    because = next((path for path in reads if path.rpartition("/")[2] in OF_PACKAGES), "")
    if here.choice.kind == "r" and here.has("runtime.txt"):
        because = here.path("runtime.txt")
    for name in OF_PACKAGES:
        path = here.path(name)
        if path in reads or not here.has(name) or _is_named(here, name) or name == "environment.yaml":
            continue
        message = f"its packages are not installed: {here.choice.buildpack}"
        message += f", which {because} chooses, does not read it" if because else " does not read it"
        remedy, grade = f"move its packages to {because or 'a file that it reads'}", WARNING
        if name == "requirements.txt" and here.choice.kind == "conda":
            remedy = f"list them below `pip:` in {because}, or add `- -r {name}` there"
        elif name == "install.R":
            remedy = "add a runtime.txt such as r-4.4-2025-06-01, or list R packages as r-NAME in environment.yml"
            grade = ERROR if here.choice.kind == "python" else WARNING
        yield Finding("not-read", message, remedy, path, None, grade)
    if here.choice.kind in ("conda", "juliaproject", "nix") and here.has("runtime.txt"):
        message = f"it is not read: with {because or here.choice.buildpack}, it does not choose the version"
        remedy = "name the version in the environment file, and remove runtime.txt"
        yield Finding("not-read", message, remedy, here.path("runtime.txt"), None, WARNING)


def _is_named(here: Surroundings, name: str) -> bool:
    """Return whether the environment file or a script uses the file."""
    file, option = here.environment, re.compile(rf"\s*+-(?:r|-requirement)[ =]*+\S*{re.escape(name)}\s*+$")
    if isinstance(file, EnvironmentFile) and any(option.match(spec.text) for spec in file.specs):
        return True
    return any(name in (here.text(script) or "") for script in ("postBuild", "start"))


def other_spelling(here: Surroundings) -> Iterator[Finding]:
    """`environment.yaml`, which not every tool and no old repo2docker reads."""
    if not here.has("environment.yaml"):
        return
    path = here.path("environment.yaml")
    if here.has("environment.yml"):
        message = f"it is not read: {here.path('environment.yml')} is read in its place"
        yield Finding("not-read", message, "remove one of the two", path, None, WARNING)
    elif here.choice.kind == "conda":
        message = f"repo2docker {here.choice.version} reads this name, but other tools read environment.yml only"
        yield Finding("environment-yaml", message, "rename it to environment.yml", path, None, WARNING)
    elif here.choice.kind in ("python", "docker") and here.choice.environment_file is None and here.choice.is_default:
        yield Finding(
            "not-read",
            f"repo2docker {here.choice.version} does not read this name",
            "rename it to environment.yml",
            path,
        )


def wrong_names(here: Surroundings) -> Iterator[Finding]:
    """Files whose name is nearly that of a file that repo2docker reads."""
    folder = here.root / here.directory
    names = sorted(each.name for each in folder.iterdir() if each.is_file())
    for name in names:
        meant = _meant(name)
        if meant is None or meant in names or (here.choice.kind == "docker" and meant != "Dockerfile"):
            continue
        if any(name in text for path, text in here.texts.items() if path != here.path(name)):
            continue  # something runs or reads it
        yield Finding(
            "wrong-name",
            f"repo2docker does not read a file of this name; {meant} is read",
            f"rename it to {meant}, if that is meant",
            here.path(name),
            None,
            WARNING,
        )


def _meant(name: str) -> str | None:
    if name in READ or name.startswith("."):
        return None
    for known in READ:
        if known == "REQUIRE":
            continue
        if name.lower() == known.lower() or ENDINGS.sub("", name) == known:
            return known
        if len(known) >= SHORTEST and _one_slip(name.lower(), known.lower()):
            return known
    return None


def _one_slip(name: str, known: str) -> bool:
    """Return whether one letter is wrong, missing or too many, or two are swapped. A digit is no slip."""
    if name == known or abs(len(name) - len(known)) > 1:
        return False
    start = next(
        (at for at, (one, other) in enumerate(zip(name, known, strict=False)) if one != other),
        min(len(name), len(known)),
    )
    rest, known_rest = name[start:], known[start:]
    if rest[:1].isdigit():
        return False
    swapped = rest[1:2] + rest[:1] + rest[2:] == known_rest
    return swapped or rest[1:] == known_rest[1:] or rest[1:] == known_rest or rest == known_rest[1:]
