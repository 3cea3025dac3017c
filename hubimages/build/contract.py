"""Run the template's contract tests on any image and read their results."""

import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

from hubimages import disk, systems, template
from hubimages.build.engine import have_image
from hubimages.container_engine import check_engine
from hubimages.errors import BadInputError, NotInstalledError, ProgramFailedError
from hubimages.run import attempt, failure

HOLDS, BROKEN, NOT_CHECKED = "holds", "broken", "not checked"
OF_A_REPOSITORY = ("test_every_requested_package_", "test_the_notebook_", "test_the_tests_of_this_repository_")


@dataclass(frozen=True)
class Clause:
    """One clause of the contract: its sentence, its state and the reason for the state."""

    code: str
    sentence: str
    state: str
    why: str


@dataclass(frozen=True)
class ContractReport:
    """The state of every clause for one image."""

    image: str
    clauses: list[Clause]

    @property
    def holds(self) -> bool:
        """Return True if no clause is broken."""
        return all(clause.state != BROKEN for clause in self.clauses)

    def __str__(self) -> str:
        width = max(len(clause.state) for clause in self.clauses)
        lines = [f"{self.image}"]
        for clause in self.clauses:
            lines.append(f"  {clause.state:{width}}  {clause.sentence}")
            lines += [f"  {'':{width}}    {line}" for line in clause.why.splitlines()]
        broken = sum(clause.state == BROKEN for clause in self.clauses)
        lines.append("the contract holds" if not broken else f"broken: {broken} of {len(self.clauses)} clauses")
        return "\n".join(lines)

    def as_json(self) -> str:
        """Return the findings as one JSON object."""
        findings = [
            {"code": one.code, "file": None, "line": None, "message": one.sentence, "remedy": one.why}
            for one in self.clauses
            if one.state == BROKEN
        ]
        not_checked = [f"{one.code}: {one.why}" for one in self.clauses if one.state == NOT_CHECKED]
        facts = {"version": 1, "image": self.image, "findings": findings, "not_checked": not_checked}
        return json.dumps(facts, indent=2, ensure_ascii=False)


def check_image(image: str, *, repository: Path | None = None, hub_version: str = "") -> ContractReport:
    """Run the contract on a local image or one in a registry, and return the report.

    `repository`: an image repository; the image must meet its `environment.yml` and pass its `image-tests/`.
    `hub_version`: the version of JupyterHub on the hub; if empty, versions are not compared. Raises NotInstalledError
    if there is no engine or no pytest, and whatever `have_image` raises.
    """
    if not image or image.startswith("-") or image != image.strip():
        raise BadInputError(f"{image!r} is not an image reference. Write it like quay.io/organisation/name:tag")
    if repository is not None and not repository.is_dir():
        raise BadInputError(f"{repository} is not a directory. Name a clone of the image repository with --repo")
    if importlib.util.find_spec("pytest") is None:
        raise NotInstalledError(f"pytest is not installed. Run {systems.install_line('test-image')}")
    check_engine()
    have_image(image)
    with disk.temporary_directory("contract") as directory:
        nothing, found = Path(directory, "nothing"), Path(directory, "found.xml")
        nothing.mkdir()
        (nothing / ".hubimages.yaml").touch()  # an image repository that asks for nothing
        place = template.template_directory() / "<<cookiecutter.repo>>" / "image-contract"
        argv = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(place), "-q"]
        argv += ["-p", "no:cacheprovider", f"--junitxml={found}", str(place / "test_contract.py")]
        env = {"IMAGE": image, "HUB_VERSION": hub_version, "REPOSITORY": str((repository or nothing).absolute())}
        done = attempt(*argv, cwd=Path(directory), env={**env, "PYTHONDONTWRITEBYTECODE": "1"})
        if done.returncode not in (0, 1) or not found.exists():
            raise failure(["pytest"], done.returncode, done.stdout + done.stderr)
        report = list(clauses(found))
        if repository is None:
            of_one = "an image repository says what to check: add --repo DIR"
            report = [replace(one, why=of_one) if one.code.startswith(OF_A_REPOSITORY) else one for one in report]
        return ContractReport(image, report)


def clauses(found: Path) -> Iterator[Clause]:
    """Yield each clause with the result that pytest recorded. The test's name is the clause's sentence."""
    try:
        report = ElementTree.parse(found)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ProgramFailedError(f"pytest wrote a report that cannot be read: {error}") from error
    for case in report.iter("testcase"):
        name = case.get("name", "")
        function, bracket, parameter = name.partition("[")
        if parameter == "none]":  # of notebooks, where there are none
            bracket = ""
        title = function.removeprefix("test_").replace("_", " ") + (f" ({parameter.rstrip(']')})" if bracket else "")
        broken = case.find("failure") if case.find("failure") is not None else case.find("error")
        skipped = case.find("skipped")
        if broken is not None:
            why = broken.get("message", "")
            yield Clause(name, title, BROKEN, why.removeprefix("AssertionError: ").removeprefix("Failed: ").strip())
        elif skipped is not None:
            yield Clause(name, title, NOT_CHECKED, skipped.get("message", ""))
        else:
            yield Clause(name, title, HOLDS, "")
