"""What a generated repository's workflows do at an event on GitHub: `on`, `if`, `needs`, rights, secrets and outputs.

Conditions and other expressions are evaluated by GitHub's own library. What GitHub's documents say about events, forks
and Dependabot is written here: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
and https://docs.github.com/en/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions
"""

import fnmatch
import json
import re
import subprocess
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.template.all_workflows import parsed

DEFAULT_TYPES = {"pull_request": ("opened", "synchronize", "reopened")}
STATUS_FUNCTION = re.compile(r"\b(always|success|failure|cancelled)\s*\(")
NAMED = re.compile(r"\b(secrets|vars)\.(\w+)")
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
PUSHES = ("nox -s build -- --push", "nox -s push", "nox -s join")
TESTS = (*PUSHES[:2], "nox -s build", "nox -s test")
WHEN_NEEDED = "steps.changes.outputs.image == 'true'"
OWNER, FORK, DEPENDABOT = "our-org/our-image", "ada/our-image", "dependabot[bot]"


@dataclass(frozen=True)
class Event:
    """Something that happens on GitHub, and who did it: own, fork (of another person), dependabot, or within a fork."""

    name: str
    origin: str = "own"
    ref: str = "refs/heads/main"
    action: str = ""
    default_branch: str = "main"
    changed: tuple[str, ...] = ("environment.yml",)
    tests_pass: bool = True
    no_cache: bool = False  # as chosen by whoever runs the workflow by hand

    @property
    def untrusted(self) -> bool:
        """GitHub gives no secrets, and a token that can only read."""
        return self.origin == "dependabot" or (self.origin == "fork" and self.name == "pull_request")

    @property
    def can_change_the_image(self) -> bool:
        """What `nox -s changes` says; tests/template/test_changes.py runs it."""
        return self.name != "pull_request" or any(not each.endswith(".md") for each in self.changed)

    @property
    def github(self) -> dict[str, Any]:
        """The `github` context."""
        repository = FORK if self.origin == "within a fork" else OWNER
        event: dict[str, Any] = {
            "repository": {"fork": self.origin == "within a fork", "default_branch": self.default_branch}
        }
        if self.name == "pull_request":
            head = FORK if self.origin == "fork" else repository
            login = DEPENDABOT if self.origin == "dependabot" else "ada"
            event["action"] = self.action
            event["pull_request"] = {"number": 7, "head": {"repo": {"full_name": head}}, "user": {"login": login}}
        actor = DEPENDABOT if self.origin == "dependabot" else "ada"
        return {"event_name": self.name, "ref": self.ref, "repository": repository, "actor": actor, "event": event,
                "server_url": "https://github.com", "sha": "0" * 40, "token": "token"}  # fmt: skip


@dataclass
class Job:
    """What a job did."""

    result: str
    rights: Mapping[str, str] = field(default_factory=dict)
    login: str = ""  # of "main" or of "previews"
    tested: tuple[str, ...] = ()  # for which architectures
    pushed: tuple[str, ...] = ()
    stopped: bool = False  # at its first step, for want of a setting


Requests = list[dict[str, Any]]
Simulation = Generator[Requests, list[str], dict[str, Job]]


def triggered(on: Mapping[str, Any], event: Event) -> bool:
    """Return whether a workflow runs at an event."""
    if event.name not in on:
        return False
    if event.name == "schedule":
        return True
    filters = on[event.name] or {}
    if event.name == "push":
        kind = "tags" if event.ref.startswith("refs/tags/") else "branches"
        other = "branches" if kind == "tags" else "tags"
        name = event.ref.split("/", 2)[2]
        if kind in filters and not any(fnmatch.fnmatch(name, pattern) for pattern in filters[kind]):
            return False
        if other in filters and kind not in filters:
            return False
        ignored = filters.get("paths-ignore", ())
        return not all(any(fnmatch.fnmatch(path, pattern) for pattern in ignored) for path in event.changed)
    types = filters.get("types", DEFAULT_TYPES.get(event.name))
    return types is None or event.action in types


def simulate(text: str, event: Event, tags: tuple[str, ...]) -> Simulation:
    """Yield the expressions to evaluate, and return each job that the event starts."""
    workflow = parsed(text)
    done: dict[str, Job] = {}
    if not triggered(workflow["on"], event):
        return done
    named = set() if event.untrusted or event.origin == "within a fork" else set(NAMED.findall(text))
    contexts: dict[str, Any] = {"github": event.github, "steps": {}, "matrix": {}}
    contexts["inputs"] = {"no_cache": event.no_cache} if event.name == "workflow_dispatch" else {}
    for kind in ("secrets", "vars"):
        contexts[kind] = {name: "set" for found, name in sorted(named) if found == kind}
    contexts["secrets"]["GITHUB_TOKEN"] = "token"
    for name, job in workflow["jobs"].items():
        needs = job.get("needs", [])
        needs = [needs] if isinstance(needs, str) else needs
        contexts["needs"] = {
            each: {"result": done[each].result, "outputs": {"image": "image" if done[each].pushed else ""}}
            for each in needs
        }
        results = [done[each].result for each in needs]
        status = "failure" if "failure" in results else "success" if set(results) <= {"success"} else "skipped"
        condition = str(job.get("if", "success()"))
        condition = condition if STATUS_FUNCTION.search(condition) else f"success() && ({condition})"
        (runs,) = yield [{"expression": condition, "contexts": contexts, "status": status}]
        done[name] = Job("skipped") if runs != "true" else (yield from run_job(job, event, contexts, tags))
    return done


def run_job(job: Mapping[str, Any], event: Event, contexts: dict[str, Any], tags: tuple[str, ...]) -> Generator[
    Requests, list[str], Job
]:  # fmt: skip
    """Return what a job does that runs."""
    granted = job.get("permissions", {})
    rights = {
        right: "read" if event.untrusted else level
        for right, level in granted.items()
        if not (event.untrusted and right == "id-token")
    }
    steps = [step for step in job["steps"] if event.can_change_the_image or step.get("if") != WHEN_NEEDED]
    runs = [str(step.get("run", "")).strip() for step in steps]
    checks = [step for step in steps if step.get("run") == "nox -s settings"]
    env = {name: str(value) for step in checks for name, value in step.get("env", {}).items()}
    result_env = next((step["env"] for step in job["steps"] if "RESULTS" in step.get("env", {})), {})
    written = [*env.items(), *job.get("env", {}).items(), *result_env.items()]
    asked = [(name, EXPRESSION.search(str(value))) for name, value in written]
    requests = [{"expression": found[1], "contexts": contexts, "status": "success"} for _, found in asked if found]
    answers = dict(zip([name for name, found in asked if found], (yield requests), strict=True))
    # A fork has neither secrets nor, on ghcr.io, the right to the image's name: the first step sees both.
    if any(not answers[name] for name in env) or (checks and event.origin in ("dependabot", "within a fork")):
        return Job("failure", rights, stopped=True)
    if result_env:
        return Job("success" if passes(job["steps"][0]["run"], answers["RESULTS"], answers["TESTED"]) else "failure")
    parts = [one["architecture"] for one in job.get("strategy", {}).get("matrix", {}).get("include", ())]
    machines = tuple(parts) or ("arm64" if job["runs-on"].endswith("-arm") else "amd64",)
    tested = machines if any(run in TESTS for run in runs) else ()
    if tested and not event.tests_pass:
        return Job("failure", rights, tested=tested)
    if runs[0].startswith("echo"):
        return Job("failure", rights)
    preview = "PREVIEW" in job.get("env", {})
    login = ("previews" if preview else "main") if any("login" in str(step.get("uses", step.get("run", ""))) or
             "auth@" in str(step.get("uses", "")) for step in steps) else ""  # fmt: skip
    pushed: tuple[str, ...] = ()
    if answers.get("REFRESH") == "true":
        tags = tuple(tag.replace("COMMIT", "COMMIT-DAY") for tag in tags if tag != "DATE")
        parts = [f"DAY-{part}" for part in parts]
    if any(run in PUSHES for run in runs):
        pushed = ("pr-NUMBER-COMMIT",) if preview else tuple(f"COMMIT-{part}" for part in parts) or tags
    return Job("success", rights, login, tested, pushed)


@cache
def passes(script: str, results: str, tested: str) -> bool:
    """Return whether the step that sums up exits with 0, run as GitHub runs it."""
    env = {"RESULTS": results, "TESTED": tested, "PATH": "/usr/bin:/bin"}
    return subprocess.run(["bash", "-e", "-c", script], env=env, check=False, capture_output=True).returncode == 0


def run_all(program: Path, simulations: Iterable[Simulation]) -> list[dict[str, Job]]:
    """Run simulations side by side, with one call of GitHub's evaluator for each round."""
    running = dict(enumerate(simulations))
    done: dict[int, dict[str, Job]] = {}
    answers: dict[int, list[str] | None] = dict.fromkeys(running)
    while running:
        asked: list[tuple[int, Requests]] = []
        for number, simulation in list(running.items()):
            try:
                sent = answers[number]
                asked.append((number, next(simulation) if sent is None else simulation.send(sent)))
            except StopIteration as end:
                done[number] = end.value
                del running[number]
        keys: dict[str, int] = {}
        for _, requests in asked:
            for request in requests:
                keys.setdefault(json.dumps(request, sort_keys=True), len(keys))
        values = evaluate(program, list(keys))
        for number, requests in asked:
            answers[number] = [values[keys[json.dumps(request, sort_keys=True)]] for request in requests]
    return [done[number] for number in sorted(done)]


def evaluate(program: Path, requests: list[str]) -> list[str]:
    """Return the values of expressions."""
    if not requests:
        return []
    done = subprocess.run(["node", str(program)], input=f"[{','.join(requests)}]", capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    values: list[str] = json.loads(done.stdout)
    return values


@dataclass(frozen=True)
class Group:
    """The concurrency group of a run: its name, and whether a new run cancels the one that is at work."""

    name: str
    cancels: bool


def groups(program: Path, text: str, events: Iterable[Event]) -> list[Group]:
    """Return the group of each event's run, its expressions evaluated by GitHub's own library."""
    concurrency = parsed(text)["concurrency"]
    written = str(concurrency["group"]), str(concurrency.get("cancel-in-progress", False))
    runs = list(events)
    asked = [
        {"expression": one, "contexts": {"github": event.github, "inputs": {"no_cache": event.no_cache}},
         "status": "success"}
        for event in runs for each in written for one in EXPRESSION.findall(each)
    ]  # fmt: skip
    values = iter(evaluate_once(program, tuple(json.dumps(each, sort_keys=True) for each in asked)))
    found = []
    for _ in runs:
        name, cancels = (EXPRESSION.sub(lambda _: next(values), each) for each in written)
        found.append(Group(name, cancels.lower() == "true"))
    return found


@cache
def evaluate_once(program: Path, requests: tuple[str, ...]) -> list[str]:
    """Return the values of expressions; of the same ones, as all registries have them, without another process."""
    return evaluate(program, list(requests))


def outcomes(found: Iterable[Group]) -> list[str]:
    """Return what becomes of runs that begin one after the other while the first is still at work.

    https://docs.github.com/en/actions/concepts/workflows-and-actions/concurrency: of a group one run is at work and one
    waits; a new one takes the place of the one that waits, and with cancel-in-progress of the one at work.
    """
    said: list[str] = []
    working: dict[str, int] = {}
    waiting: dict[str, int] = {}
    for number, group in enumerate(found):
        said.append("runs")
        if group.name not in working:
            working[group.name] = number
        elif group.cancels:
            for place in (working, waiting):
                if group.name in place:
                    said[place.pop(group.name)] = "cancelled"
            working[group.name] = number
        else:
            if group.name in waiting:
                said[waiting[group.name]] = "cancelled"
            waiting[group.name] = number
            said[number] = "runs after it"
    return said
