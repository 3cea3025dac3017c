"""Which answers make a repository that works. Standard library only: cookiecutter and hubimages both read it."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from types import ModuleType

LONGEST = 300
# Git refuses `..` in a branch's name; GitHub reserves the endings.
REPO = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?<!\.git)(?<!\.wiki)(?<!\.)")
# https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication
OWNER = re.compile(r"(?=.{1,39}$)[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
# They reorder the text around them: https://trojansource.codes
REORDER = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f"
INDEX = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~-]+)*/?")
# Registries with one host for everybody.
ONE_HOST = ("quay.io", "ghcr.io", "amazon-ecr-public")
# Starters that repo2docker builds without a Dockerfile of the repository.
BY_REPO2DOCKER = ("environment.yml", "r")
# Without these the sessions and the next update do not work.
NEEDED = re.compile(
    r"\.hubimages\.yaml|noxfile\.py|\.github/(image_build/.*|requirements-[a-z0-9]+\.txt)|image-contract/.*"
)
BREAKS = "\n\r\v\f\x85\u2028\u2029"


def shown(text: str) -> str:
    """Return an answer as a message quotes it: short, and with invisible characters spelled out."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def text_problem(text: str) -> str | None:
    """Return why a text for people cannot be used."""
    if not text.strip():
        return "cannot be empty"
    for character in "" if text.isascii() and text.isprintable() else text:  # of those all can be
        reason = character_problem(character)
        if reason:
            return f"{shown(text)} contains U+{ord(character):04X}, {reason}"
    if len(text) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if text != text.strip():
        return f"{shown(text)} begins or ends with a space. Remove it"
    return None


def character_problem(character: str) -> str | None:
    """Return why a character cannot be part of a text. All letters, marks, symbols, emoji and joiners of them can."""
    number, category = ord(character), unicodedata.category(character)
    noncharacter = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF
    reasons = (
        (character in BREAKS, "a line break. Write one line"),
        (character == "\t", "a tab. Write a space"),
        (character in REORDER, "which changes the direction of the text after it. Remove it"),
        (category == "Cs", "half a character. Write the text in UTF-8"),
        (category == "Cc", "a control character. Remove it"),
        (noncharacter or character in "\ufeff\ufff9\ufffa\ufffb", "which is not a character of a text. Remove it"),
    )
    return next((reason for wrong, reason in reasons if wrong), None)


def repo_problem(repo: str) -> str | None:
    """Return why a repository cannot have a name."""
    if REPO.fullmatch(repo):
        return None
    return (
        f"{shown(repo)} is not a valid repository name. Use up to 100 letters, digits, '.', '_' and '-', "
        "with a letter or digit first, without '..', and without '.', '.git' or '.wiki' at the end"
    )


def configuration_problem(name: str) -> str | None:
    """Return why a name is not that of a repository on GitHub."""
    owner, slash, repo = name.partition("/")
    named = OWNER.fullmatch(owner) and re.fullmatch(r"[A-Za-z0-9._-]{1,100}", repo)
    if not name or (slash and named and repo not in (".", "..") and not repo.lower().endswith((".git", ".wiki"))):
        return None
    return f"{shown(name)} is not the name of a repository on GitHub. Write it as OWNER/NAME, or leave it empty"


def index_problem(address: str) -> str | None:
    """Return why an address cannot be that of a package index."""
    if not address or INDEX.fullmatch(address):
        return None
    return f"{shown(address)} is not the address of a package index. Write it as https://HOST/PATH, or leave it empty"


def size_problem(size: str) -> str | None:
    """Return why a limit is none that the generated repository reads (image_build/sizes.py)."""
    if not size or re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})? ?(MB|GB)", size):
        return None
    return f"{shown(size)} is not a size. Write it as 800 MB or 2.5 GB, or leave it empty for no limit"


def own_files_problem(paths: str) -> str | None:
    """Return why paths cannot be those of files and folders that the template leaves to the owner."""
    for path in paths.split():
        parts = path.removesuffix("/").split("/")
        if not re.fullmatch(r"[A-Za-z0-9._/-]+", path) or any(part in ("", ".", "..", ".git") for part in parts):
            what = f"{shown(path)} is not the path of a file in the repository"
            return f"{what}. Write it as README.md, a folder as image-tests/"
        if NEEDED.fullmatch(path) or path in (".github/", ".github/image_build/", "image-contract/"):
            return f"the sessions need the template's {shown(path)}. Leave it out"
    return None


def arm64_problem(answers: Mapping[str, str]) -> str | None:
    """Return what stands against ARM.

    https://github.com/pangeo-data/pangeo-docker-images/issues/396, and the addresses in
    https://github.com/jupyterhub/repo2docker/blob/main/repo2docker/buildpacks/_r_base.py
    """
    if answers["arm64"] == "yes" and answers["starter"] == "pangeo-onbuild":
        return "Pangeo's base image is for amd64 only. Start from environment.yml or docker-stacks, or answer no"
    if answers["arm64"] == "yes" and answers["starter"] == "r":
        return "repo2docker installs RStudio for amd64 only. Start from environment.yml or docker-stacks, or answer no"
    if answers["arm64"] == "yes" and answers["builder"] == "repo2docker-action":
        return "jupyterhub/repo2docker-action builds for one architecture only. Use the builder nox, or answer no"
    return None


def appendix_problem(answers: Mapping[str, str]) -> str | None:
    """Return why repo2docker would not read a file `appendix`."""
    if answers["appendix"] == "yes" and answers["starter"] not in BY_REPO2DOCKER:
        return f"the starter {answers['starter']} has a Dockerfile, which can do it after USER root. Answer no"
    return None


def refresh_problem(answers: Mapping[str, str]) -> str | None:
    """Return why building an image again would not give newer packages."""
    if answers["refresh"] != "never" and answers["starter"] == "pixi":
        return "pixi.lock decides on the packages, and nox -s lock gives newer ones. Answer never (see `lock`)"
    return None


def lock_problem(answers: Mapping[str, str]) -> str | None:
    """Return why an image would not be built from its lock."""
    if answers["lock"] != "never" and answers["builder"] == "repo2docker-action" and answers["starter"] != "pixi":
        return "jupyterhub/repo2docker-action builds environment.yml as it is. Use the builder nox, or answer never"
    return None


def machinery_problem(answers: Mapping[str, str]) -> str | None:
    """Return why a repository could not fetch the code of its sessions."""
    if answers["machinery"] == "shared" and not answers["__commit"]:
        why = answers["__problem"]
        return f"the repository could not fetch the code: {why}. Push this copy first, or answer vendored"
    return None


def scan_problem(answers: Mapping[str, str]) -> str | None:
    """Return why a repository could not list its image's packages for the scanner."""
    if answers["scan"] == "yes" and not (answers["__commit"] or answers["hubimages_index"]):
        why = answers["__problem"]
        what = f"the scanner needs hubimages, which the repository could not install: {why}"
        return f"{what}. Push this copy first, or answer no"
    return None


def follows(key: str, answers: Mapping[str, str]) -> bool:
    """Return whether the default is the only answer, or the only one with an effect, after the answers so far."""
    return {
        "registry_host": lambda: answers["registry"] in ONE_HOST,
        "python_version": lambda: answers["starter"] == "docker-stacks",
        "appendix": lambda: answers["starter"] not in BY_REPO2DOCKER,
        "refresh": lambda: answers["starter"] == "pixi",
        "lock": lambda: bool(lock_problem({**answers, "lock": "monthly"})),
        "arm64": lambda: bool(arm64_problem({**answers, "arm64": "yes"})),
        "hubimages_index": lambda: not answers["configuration_repository"],
        "own_files": lambda: True,  # a new repository has none; an adopted one gets it from what is there
    }.get(key, lambda: False)()


def problem(answers: Mapping[str, str], names: ModuleType, only: str = "") -> str | None:
    """Return the first problem with the answers, in one line. `only` names the one answer to judge.

    An answer is judged when it is there with those that its rule reads, so that a person hears of it early.
    `names` is the generated repository's own module image_name, whose rules for names also hold after an edit.
    """
    host = answers.get("registry_host", "")
    checks: dict[str, tuple[tuple[str, ...], Callable[[], str | None]]] = {
        "repo": ((), lambda: repo_problem(answers["repo"])),
        "title": ((), lambda: text_problem(answers["title"])),
        "description": ((), lambda: text_problem(answers["description"])),
        "maintainers": ((), lambda: text_problem(answers["maintainers"])),
        "registry_host": (("registry",), lambda: names.registry_host_problem(host, answers["registry"])),
        "image": (("registry_host",), lambda: names.image_problem(answers["image"], host)),
        "appendix": (("starter",), lambda: appendix_problem(answers)),
        "refresh": (("starter",), lambda: refresh_problem(answers)),
        "lock": (("starter", "builder"), lambda: lock_problem(answers)),
        "arm64": (("starter", "builder"), lambda: arm64_problem(answers)),
        "machinery": (("__commit", "__problem"), lambda: machinery_problem(answers)),
        "configuration_repository": ((), lambda: configuration_problem(answers["configuration_repository"])),
        "max_size": ((), lambda: size_problem(answers["max_size"])),
        "hubimages_index": ((), lambda: index_problem(answers["hubimages_index"])),
        "scan": (("hubimages_index", "__commit", "__problem"), lambda: scan_problem(answers)),
        "own_files": ((), lambda: own_files_problem(answers["own_files"])),
    }
    for key, (others, check) in checks.items():
        if only in ("", key) and all(each in answers for each in (key, *others)):
            found = check()
            if found:
                return f"{key}: {found}"
    return None
