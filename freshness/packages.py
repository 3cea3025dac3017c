"""Tools that are pinned, on PyPI and npm, and the versions of Python that repo2docker has."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from packaging.version import InvalidVersion, Version

from freshness.findings import Behind, Edit, Unknown, read
from freshness.sources import Sources, get, get_json, why
from hubimages.errors import HubImagesError, NoAnswerError

REPO2DOCKER = "jupyter-repo2docker"
PINS = re.compile(
    r'^([A-Za-z0-9][\w.-]*)==([\w.]+)$|"([A-Za-z0-9][\w.-]*)==([\w.]+)"|\[([a-z0-9-]+)==([\w.]+)\]', re.MULTILINE
)
FILES = (
    "<<cookiecutter.repo>>/.github/requirements-*.txt",
    ".ci/requirements.txt",
    "pyproject.toml",
    ".pre-commit-config.yaml",
)
# Its private interface is used: a person reads what changed in it.
BY_HAND = {
    "git-filter-repo": "hubimages/extract/rewrite.py uses its private interface: test it before you change the pin"
}
PROXY = re.compile(r'^PROXY, PROXY_VERSION = "([\w-]+)", "([\w.]+)"$', re.MULTILINE)
LOCKS = re.compile(r"repo2docker/buildpacks/conda/environment\.py-(3\.\d+)-linux-64\.lock")
CHOICES = re.compile(r'"python_version": (\[[^\]]*\])')
QUESTIONS = "cookiecutter.json"


def pins(root: Path) -> dict[tuple[str, str], list[str]]:
    """Return the files that pin each version of a package from PyPI."""
    found: dict[tuple[str, str], list[str]] = {}
    for pattern in FILES:
        for file in sorted(root.glob(pattern)):
            path = str(file.relative_to(root))
            for match in PINS.finditer(read(root, path)):
                name, version = (word for word in match.groups() if word)
                files = found.setdefault((name, version), [])
                files.extend([path] if path not in files else [])
    return found


def check_tools(root: Path, sources: Sources) -> Iterator[Behind | Unknown | None]:
    """Compare each pin with the newest release."""
    for (name, version), files in pins(root).items():
        address = f"{sources.pypi}/pypi/{name}/json"
        try:
            newest = _newest(get_json(address), address)
        except HubImagesError as error:
            yield Unknown(name, why(error))
            continue
        yield _tool(name, version, newest, files, f"{sources.pypi}/project/{name}/")
    if found := PROXY.search(read(root, "noxfile.py")):
        yield _proxy(found, sources)


def _proxy(found: re.Match[str], sources: Sources) -> Behind | Unknown | None:
    name, version = found.groups()
    try:
        newest = str(get_json(f"{sources.npm}/{name}/latest")["version"])
    except HubImagesError as error:
        return Unknown(name, why(error))
    edits = (Edit("noxfile.py", f'"{name}", "{version}"', f'"{name}", "{newest}"'),)
    return None if Version(newest) <= Version(version) else Behind(name, version, newest, sources.npm, edits)


def _newest(about: dict[str, dict[str, list[dict[str, object]]]], address: str) -> str:
    """The newest release that has files and is not withdrawn. Raises NoAnswerError if there is none."""
    releases = {}
    for text, files in about["releases"].items():
        try:
            version = Version(text)
        except InvalidVersion:
            continue
        if not version.is_prerelease and any(not file.get("yanked") for file in files):
            releases[version] = text
    if not releases:
        raise NoAnswerError(f"{address} names no release")
    return releases[max(releases)]


def _tool(name: str, version: str, newest: str, files: list[str], source: str) -> Behind | None:
    if Version(newest) <= Version(version):
        return None
    if name in BY_HAND:
        return Behind(name, version, newest, source, remedy=BY_HAND[name])
    edits = tuple(Edit(path, f"{name}=={version}", f"{name}=={newest}") for path in files)
    return Behind(name, version, newest, source, edits, f"`{name}` {newest} (was {version}).")


def check_pythons(root: Path, sources: Sources) -> Iterator[Behind | Unknown | None]:
    """Compare the choices of `python_version` with what the newest repo2docker has."""
    what = "python_version"
    try:
        version, has = _pythons(sources)
    except HubImagesError as error:
        yield Unknown(what, why(error))
        return
    found = CHOICES.search(read(root, QUESTIONS))
    assert found is not None
    choices = json.loads(found[1])
    source = f"{REPO2DOCKER} {version}"
    for missing in sorted(has - set(choices), key=Version):
        if Version(missing) > max(map(Version, choices)):
            new = json.dumps([choices[0], missing, *choices[1:]])
            edits = (Edit(QUESTIONS, found[0], f'"python_version": {new}'),)
            yield Behind(what, f"choices up to {max(choices, key=Version)}", missing, source, edits,
                         f"`python_version` has the new choice {missing}. Yours stays.")  # fmt: skip
            return
    if gone := sorted(set(choices) - has):
        remedy = "A choice is never taken away: look whether repo2docker still builds it"
        yield Behind(what, f"choice {', '.join(gone)}", "not there any more", source, remedy=remedy)
        return
    yield None


def _pythons(sources: Sources) -> tuple[str, set[str]]:
    """The newest repo2docker, and the versions of Python that it has locked environments for."""
    address = f"{sources.pypi}/pypi/{REPO2DOCKER}/json"
    about = get_json(address)
    version = _newest(about, address)
    wheel = next((file["url"] for file in about["releases"][version] if file["packagetype"] == "bdist_wheel"), None)
    if wheel is None:
        raise NoAnswerError(f"{address} names no wheel of {version}")
    try:
        names = zipfile.ZipFile(io.BytesIO(get(wheel).content)).namelist()
    except zipfile.BadZipFile as error:
        raise NoAnswerError(f"{wheel} is no wheel") from error
    has = {found[1] for name in names if (found := LOCKS.fullmatch(name))}
    if not has:
        raise NoAnswerError(f"{REPO2DOCKER} {version} has no locked environments where it used to have them")
    return version, has
