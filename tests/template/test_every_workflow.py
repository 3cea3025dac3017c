"""Every workflow that any combination of answers gives passes the checkers there are, each different text once."""

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from hubimages import template
from tests import schemas
from tests.serving import serving
from tests.template import node_programs
from tests.template.all_workflows import ADDED, KEYS, Renderer, combinations, different_workflows, parsed
from tests.template.published import PUBLISHED

PROGRAMS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every different workflow as a file, in a folder of its own."""
    folder = tmp_path_factory.mktemp("workflows")
    for number, (name, text) in enumerate(different_workflows()):
        directory = folder / f"{number}/.github/workflows"
        directory.mkdir(parents=True)
        (directory / name).write_text(text)
    return sorted(map(str, folder.rglob("*.yaml")))


def steps(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Every step, with its job's name."""
    for name, job in parsed(text)["jobs"].items():
        for step in job["steps"]:
            yield name, step


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"registry": "amazon-ecr", "starter": "docker-stacks", "arm64": "yes", "date_tag": "yes"},
        {"registry": "ghcr.io", "builder": "repo2docker-action", "preview": "yes", "configuration_repository": "a/b"},
        {"registry": "azure-container-registry", "binder_badge": "yes", "latest_tag": "yes", "lock": "weekly"},
        {"update_workflow": "weekly"},
    ],
    ids=str,
)
def test_the_workflows_rendered_here_are_those_that_cookiecutter_renders(answers):
    made = template.render_files(answers, PUBLISHED).files
    folder = ".github/workflows/"
    whole = {name.removeprefix(folder): file.data.decode() for name, file in made.items() if name.startswith(folder)}
    assert Renderer().render(answers) == whole


def test_every_question_that_a_workflow_asks_is_combined():
    folder = template.template_directory()
    source = "".join(
        path.read_text()
        for path in [*folder.glob("<<cookiecutter.repo>>/.github/workflows/*"), *folder.glob("templates/*")]
    )
    asked = set(re.findall(r"cookiecutter\.([a-z]\w*)", source))
    assert asked <= {*KEYS, *itertools.chain(*ADDED), "registry_host", "image", "repo"}
    refused = 6 * 2 * 3 * 2**5  # arm64 with repo2docker-action
    assert len(list(combinations())) == 6 * 2 * 2 * 3 * 2**6 - refused + len(ADDED)


@pytest.mark.parametrize("alike", [("environment.yml", "r"), ("docker-stacks", "pangeo-onbuild", "pixi")])
def test_starters_that_are_combined_as_one_have_the_same_workflows(alike):
    different = {str(Renderer().render({"starter": starter, "preview": "yes"})) for starter in alike}
    assert len(different) == 1


def test_every_workflow_looks_hand_written():
    trace = re.compile(r"<<|<%|%>|<#|#>|cookiecutter|\n\n\n|[ \t]$|\n\n\Z|[^\n]\Z", re.MULTILINE)
    found = {(name, *trace.findall(text)): answers for (name, text), answers in different_workflows().items()}
    assert {key: answers for key, answers in found.items() if key[1:]} == {}


def test_zizmor_finds_nothing(files):
    argv = [PROGRAMS / "zizmor", "--offline", "--no-progress", "--quiet", *files]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_githubs_schema_is_kept():
    validator = schemas.validator("github-workflows")
    for name, text in different_workflows():
        assert [error.message for error in validator.iter_errors(parsed(text))] == [], name


@pytest.fixture(scope="session")
def node() -> Path:
    """The folder with GitHub's programs."""
    return node_programs.bundled()


def parse(node: Path, *names: str) -> list[str]:
    argv = ["node", str(node / "parse.cjs"), *names]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()[:-1]


def test_githubs_own_parser_takes_every_workflow(node, files):
    assert parse(node, *files) == []


def test_githubs_own_parser_would_find_mistakes(node, tmp_path):
    ((_, text), *_) = different_workflows()
    (tmp_path / "key.yaml").write_text(text.replace("runs-on:", "runs-onn:", 1))
    (tmp_path / "expression.yaml").write_text(text.replace("github.ref", "gihtub.ref", 1))
    found = "\n".join(parse(node, str(tmp_path / "key.yaml"), str(tmp_path / "expression.yaml")))
    assert "key.yaml" in found
    assert "expression.yaml" in found


def test_every_action_is_pinned_by_commit_with_a_comment():
    pinned = re.compile(r"[\w.-]+/[\w.-]+(?:/[\w.-]+)*@[0-9a-f]{40} # (v\d+\.\d+\.\d+|newest commit of master)")
    uses = {use for _, text in different_workflows() for use in re.findall(r"uses: (.*)", text)}
    assert len(uses) > 8
    assert [use for use in sorted(uses) if not pinned.fullmatch(use)] == []
    names = [use.partition("@")[0] for use in uses]
    assert len(names) == len(set(names)), "one action, two versions"


def test_no_expression_stands_in_a_shell_script_or_in_javascript():
    for _, text in different_workflows():
        for _, step in steps(text):
            script = step.get("run") or step.get("with", {}).get("script", "")  # type: ignore[union-attr]
            assert "${{" not in script


def test_every_shell_script_is_valid():
    for script in {step["run"] for _, text in different_workflows() for _, step in steps(text) if "run" in step}:
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_rights_are_given_to_jobs_and_are_the_least():
    for (name, text), answers in different_workflows().items():
        workflow = parsed(text)
        assert workflow["permissions"] == {}
        by_registry = {"ghcr.io": ({"packages": "write"}, {"packages": "read"}), "quay.io": ({}, {})}
        push, look = by_registry.get(answers.get("registry", "quay.io"), ({"id-token": "write"},) * 2)
        pushing, nothing = {"contents": "read", **push}, {"contents": "read"}
        rights = {"build": pushing, "join": pushing, "preview": pushing, "test": nothing, "arm64": nothing}
        rights |= {"result": {}, "elsewhere": {}, "point-hubs": {"contents": "read", **look}}
        rights |= {"comment": {"pull-requests": "write"}, "link": {"pull-requests": "write"}}
        rights |= {"lock": {"contents": "write", "pull-requests": "write", "actions": "write"}}
        rights |= {"previews": {"contents": "read", "pull-requests": "read", **push}}
        rights["update"] = {"contents": "write", "pull-requests": "write"}
        if answers.get("attest", "no") != "no":  # only the job that has the image as hubs name it
            attested = "join" if answers.get("arm64") == "yes" else "build"
            rights[attested] = {**rights[attested], "id-token": "write", "attestations": "write"}
        for job, given in {job: value["permissions"] for job, value in workflow["jobs"].items()}.items():
            assert given == rights[job], (name, job)


def test_a_preview_has_no_setting_of_mains():
    for (name, text), answers in different_workflows().items():
        if name != "test.yaml":
            continue
        used = set(re.findall(r"(?:secrets|vars)\.(\w+)", text)) - {"GITHUB_TOKEN"}
        shared = {"AZURE_TENANT_ID"}  # the directory, which is no secret and gives no right
        assert all("_PREVIEW_" in each for each in used - shared)
        assert bool(used) == (answers.get("preview") == "yes" and answers.get("registry") != "ghcr.io")


def test_no_workflow_runs_with_the_rights_of_the_target_of_a_pull_request():
    assert not any("pull_request_target" in text or "workflow_run" in text for _, text in different_workflows())


def test_what_is_built_is_tested_before_it_is_pushed():
    for name, text in different_workflows():
        jobs = itertools.groupby(steps(text), key=lambda found: found[0])
        for job, all_steps in ((job, [step for _, step in found]) for job, found in jobs):
            runs = [step.get("run", step.get("uses", "")) for step in all_steps]
            if job not in ("build", "preview"):
                assert not any(run.startswith("nox") and "push" in run for run in runs)
                continue
            pushes = [number for number, run in enumerate(runs) if run in ("nox -s build -- --push", "nox -s push")]
            logins = [number for number, step in enumerate(all_steps) if step["name"].startswith("Log in")]
            assert len(pushes) == 1, name
            assert runs[3] == "nox -s settings"
            assert max(logins) < pushes[0]
            with_action = [step for step in all_steps if "repo2docker-action" in step.get("uses", "")]
            assert all(step["with"]["NO_PUSH"] == "true" for step in with_action)  # type: ignore[index]
            assert len(with_action) == (runs[pushes[0]] == "nox -s push")


# The scripts of actions/github-script


@contextmanager
def github_api(comments: list[dict[str, object]]) -> Iterator[tuple[str, list[tuple[str, str, object]]]]:
    """A server that has a pull request's comments and takes others; its address, and what it was asked to change."""
    changes: list[tuple[str, str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.command != "GET":
                changes.append((self.command, self.path, json.loads(body)["body"]))
            self.send_response(200 if self.command != "POST" else 201)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(comments if self.command == "GET" else {}).encode())

        do_POST = do_PATCH = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with serving(Handler) as address:
        yield f"http://{address}", changes


def run_script(node: Path, folder: Path, address: str, workflow: str, *, fork: bool = False) -> str:
    """Run a workflow's script as the action does; the page of the run."""
    (script,) = [step["with"]["script"] for _, step in steps(workflow) if "github-script" in step.get("uses", "")]  # type: ignore[index]
    (folder / "script.js").write_text(script)
    head = {"ref": "a/branch_(new)", "repo": {"full_name": "somebody/fork" if fork else "our-org/our-image"}}
    pull_request = {"number": 7, "head": head, "base": {"repo": {"full_name": "our-org/our-image"}}}
    (folder / "event.json").write_text(json.dumps({"pull_request": pull_request, "number": 7}))
    (folder / "summary.md").touch()
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "GITHUB_API_URL": address,
        "GITHUB_REPOSITORY": "our-org/our-image",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_ACTOR": "ada",
        "IMAGE": "quay.io/our-org/our-image:pr-7-0123456789ab",
    }
    argv = ["node", str(node / "script.cjs"), str(folder / "script.js")]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return (folder / "summary.md").read_text()


def test_the_preview_is_told_in_one_comment_that_is_kept_up_to_date(node, tmp_path):
    workflow = Renderer().render({"preview": "yes"})["test.yaml"]
    theirs = {"id": 1, "user": {"type": "User"}, "body": "<!-- preview --> I quote"}
    with github_api([theirs]) as (address, changes):
        run_script(node, tmp_path, address, workflow)
    ((method, path, body),) = changes
    assert (method, path) == ("POST", "/repos/our-org/our-image/issues/7/comments")
    assert str(body).startswith("<!-- preview -->\n")
    assert "*Other image*:\n\n```\nquay.io/our-org/our-image:pr-7-0123456789ab\n```\n" in str(body)
    with github_api([theirs, {"id": 42, "user": {"type": "Bot"}, "body": str(body)}]) as (address, changes):
        run_script(node, tmp_path, address, workflow)
    assert changes == [("PATCH", "/repos/our-org/our-image/issues/comments/42", body)]


def test_the_link_to_binder_is_a_comment_and_from_a_fork_on_the_page_of_the_run(node, tmp_path):
    ((_, workflow),) = [key for key in different_workflows() if key[0] == "binder.yaml"]
    with github_api([]) as (address, changes):
        assert run_script(node, tmp_path, address, workflow) == ""
        ((method, path, body),) = changes
        page = run_script(node, tmp_path, address, workflow, fork=True)
        assert len(changes) == 1
    assert (method, path) == ("POST", "/repos/our-org/our-image/issues/7/comments")
    assert "(https://mybinder.org/v2/gh/our-org/our-image/a%2Fbranch_%28new%29)" in str(body)
    assert "(https://mybinder.org/v2/gh/somebody/fork/a%2Fbranch_%28new%29)" in page
