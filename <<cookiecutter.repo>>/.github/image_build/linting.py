"""Find mistakes in the files that the image is built from, and in the workflows.

What breaks the image or leaks a secret is an error. Everything else is a warning, which does not fail.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import nox
from nox.command import CommandFailed

from image_build import sources

YAML_RULES = ("--config-file", os.path.relpath(Path(__file__).with_name("yamllint.yaml")))
# Findings with which a stranger's pull request, or a log, gets at a secret: https://docs.zizmor.sh/audits/
LEAKS = {
    "bot-conditions", "dangerous-triggers", "github-env", "hardcoded-container-credentials", "insecure-commands",
    "overprovisioned-secrets", "secrets-inherit", "template-injection", "unredacted-secrets",
}
# Rules of hadolint that report style as an error; DL3008 and DL3059 do not suit images that are rebuilt.
DOCKERFILE_RULES = [word for rule in ("DL3004", "DL3020", "DL4000") for word in ("--warning", rule)]
DOCKERFILE_RULES += ["--ignore", "DL3008", "--ignore", "DL3059", "--failure-threshold", "error"]
SHELL = re.compile(rb"#!\s*(/usr/bin/env\s+(-S\s+)?|\S*/)?(sh|bash|dash|ksh)\b")


def check_files(session: nox.Session) -> None:
    """Check all files, and fail at the end if any has an error."""
    names, place = sources.tracked(), sources.directory()
    failed = [
        check_environment(session),
        check_yaml(session, [name for name in names if name.endswith((".yml", ".yaml"))], place),
        check_workflows(session, [name for name in names if re.match(r"\.github/workflows/[^/]+\.ya?ml$", name)]),
        check_dockerfile(session, place / "Dockerfile"),
        *(check_script(session, place / name) for name in ("start", "postBuild")),
    ]
    if any(failed):
        session.error("there are errors, see above")


def passes(session: nox.Session, *argv: str) -> bool:
    """Run a program that shows its own findings. Return whether it found no error."""
    try:
        session.run(*argv)
    except CommandFailed:
        return False
    return True


def check_yaml(session: nox.Session, names: Iterable[str], place: Path) -> bool:
    """Check YAML. Only files that repo2docker or GitHub reads can have errors: others may be Helm's or Jinja's."""
    ours = [name for name in names if name.startswith(".github/") or Path(name) == place / "environment.yml"]
    others = [name for name in names if name not in ours]
    if others:
        session.run("yamllint", *YAML_RULES, *others, success_codes=[0, 1])
    failed = bool(ours) and not passes(session, "yamllint", *YAML_RULES, *ours)
    return failed


def check_environment(session: nox.Session) -> bool:
    """Check environment.yml and its neighbours with `hubimages check-environment`, which reads them as repo2docker does."""
    program = shutil.which("hubimages", path=session.bin) or shutil.which("hubimages")
    if program is None:
        session.warn("not checked: how repo2docker reads environment.yml. Install it: pip install 'hubimages[environment]'")
        return False
    try:
        session.run(program, "check-environment", ".", external=True)
    except CommandFailed:
        return True
    return False


def check_workflows(session: nox.Session, names: Iterable[str]) -> bool:
    """Check workflows: GitHub's schema, and zizmor's findings, of which only leaks are errors."""
    files = list(names)
    if not files:
        return False
    valid = passes(session, "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)
    argv = ("zizmor", "--offline", "--quiet", "--format", "json", *files)
    said = str(session.run(*argv, silent=True, success_codes=range(20)))
    start = re.search(r"^\[", said, re.MULTILINE)
    try:
        found = json.loads(said[start.start() :]) if start else None
    except ValueError:
        found = None
    if found is None:
        session.warn(f"zizmor cannot read the workflows: {said.strip()}")
        return not valid
    leaks = False
    for finding in found:
        leak = finding["ident"] in LEAKS
        leaks = leaks or leak
        place = finding["locations"][-1]
        (name,) = place["symbolic"]["key"].values()
        file = name["verbatim_path"] if isinstance(name, dict) else name
        line = place["concrete"]["location"]["start_point"]["row"] + 1
        grade = "error" if leak else "warning"
        session.warn(f"{file}:{line}: {grade}: {finding['desc']} ({finding['ident']}). See {finding['url']}")
    return leaks or not valid


def check_dockerfile(session: nox.Session, file: Path) -> bool:
    """Check the Dockerfile with hadolint."""
    return file.is_file() and not passes(session, "hadolint", *DOCKERFILE_RULES, str(file))


def check_script(session: nox.Session, file: Path) -> bool:
    """Check a shell script with shellcheck. Other languages pass."""
    if not file.is_file():
        return False
    first = file.read_bytes().split(b"\n", 1)[0]
    if first.startswith(b"#!") and not SHELL.match(first):
        return False
    shell = [] if first.startswith(b"#!") else ["--shell", "sh"]
    return not passes(session, "shellcheck", "--severity", "error", *shell, str(file))
