"""Every choice of every question renders to a repository that works and looks as if it was written by hand."""

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml
from ruamel.yaml import YAML

import hubimages
from hubimages import template
from tests import schemas
from tests.sample import some
from tests.template.published import PUBLISHED

HOST_PLACES = {
    "quay.io": "quay.io",
    "ghcr.io": "ghcr.io",
    "google-artifact-registry": "docker.pkg.dev",
    "amazon-ecr": "dkr.ecr",
    "amazon-ecr-public": "public.ecr.aws",
    "azure-container-registry": "azurecr.io",
}
LOGINS = {
    "quay.io": "QUAY_PASSWORD",
    "ghcr.io": "packages: write",
    "google-artifact-registry": "GCP_SERVICE_ACCOUNT",
    "amazon-ecr": "amazon-ecr-login",
    "amazon-ecr-public": "registry-type: public",
    "azure-container-registry": "azure/login",
}
COMBINATIONS = list(
    itertools.product(
        *(question.choices for question in template.questions() if question.key in ("registry", "starter", "builder"))
    )
)
OTHER_CHOICES = [
    (question.key, choice)
    for question in template.questions()
    if question.key not in ("registry", "starter", "builder")
    for choice in question.choices
]
# Every third has all registries, starters and builders.
SOME = some([(each,) for each in COMBINATIONS], *range(0, len(COMBINATIONS), 3))
WORKFLOWS = (".github/workflows/build.yaml", ".github/workflows/test.yaml")


Render = Callable[[Mapping[str, str]], template.Rendering]


@pytest.fixture(scope="module")
def render_files() -> Iterator[Render]:
    """Render what a published copy of the template makes of answers, all in one process (test_renderer.py)."""
    with template.rendering_server(1) as (connection,):
        yield lambda answers: template.render_files(answers, PUBLISHED, started=connection)


def text(rendering: template.Rendering, name: str) -> str:
    return rendering.files[name].data.decode()


def steps(rendering: template.Rendering, name: str) -> list[dict[str, object]]:
    job, *_ = YAML(typ="safe").load(text(rendering, name))["jobs"].values()
    result: list[dict[str, object]] = job["steps"]
    return result


def check_hand_written(rendering: template.Rendering) -> None:
    """No trace of the template's own syntax, and the whitespace that a careful person leaves."""
    for name, file in rendering.files.items():
        content = file.data.decode()
        assert not re.search(r"<<|<%|%>|<#|#>|cookiecutter|(?<! )>>|>>(?! )", content), name
        assert content.endswith("\n"), name
        assert not content.endswith("\n\n"), name
        if not name.startswith("LICENSE"):
            assert ("\n\n\n\n" if name.endswith(".py") else "\n\n\n") not in content, name
        assert not re.search(r"[ \t]$|^dependencies:\n\n", content, re.MULTILINE), name
    for name in rendering.files:
        read(Path(name).suffix, text(rendering, name))


@cache  # most files are the same in most renderings
def read(suffix: str, content: str) -> None:
    """Read a file as programs do. Raises the error of a file that none can read."""
    if suffix in (".yaml", ".yml"):
        yaml.load(content, Loader=yaml.CSafeLoader)
        assert not re.search(r"^[^#\n]*\[[^]\"'\n]*\w:\w", content, re.MULTILINE)  # an older libyaml refuses it
    if suffix == ".py":
        compile(content, "rendered.py", "exec")
    if suffix == ".ipynb":
        json.loads(content)


@pytest.fixture(scope="module")
def renderings(render_files: Render) -> Mapping[tuple[str, ...], template.Rendering]:
    """The rendering of each combination, made when it is first asked for."""

    class Made(dict[tuple[str, ...], template.Rendering]):
        def __missing__(self, combination: tuple[str, ...]) -> template.Rendering:
            self[combination] = render_files(dict(zip(("registry", "starter", "builder"), combination, strict=True)))
            return self[combination]

    return Made()


@pytest.mark.parametrize("combination", SOME, ids="-".join)
def test_the_result_looks_hand_written_and_parses(renderings, combination):
    check_hand_written(renderings[combination])


@pytest.mark.parametrize(("key", "choice"), some(OTHER_CHOICES, *range(0, len(OTHER_CHOICES), 2)), ids=str)
def test_every_other_choice_renders_with_the_defaults(render_files, key, choice):
    rendering = render_files({key: choice})
    check_hand_written(rendering)
    assert rendering.answers[key] == choice


@pytest.mark.parametrize("combination", SOME, ids="-".join)
def test_only_the_chosen_registry_is_named(renderings, combination):
    registry, rendering = combination[0], renderings[combination]
    everything = text(rendering, "README.md") + "".join(text(rendering, name) for name in WORKFLOWS)
    assert LOGINS[registry] in text(rendering, WORKFLOWS[0])
    for other, host in HOST_PLACES.items():
        assert (host in everything) == (other == registry), other
    secrets = set(re.findall(r"(?:secrets|vars)\.(\w+)", everything)) - {"GITHUB_TOKEN"}
    assert all(f"`{name}`" in text(rendering, "README.md") for name in secrets)


@pytest.mark.parametrize("combination", SOME, ids="-".join)
def test_only_files_of_the_chosen_starter_and_builder_are_there(renderings, combination):
    _, starter, builder = combination
    rendering = renderings[combination]
    assert ("Dockerfile" in rendering.files) == (starter not in ("environment.yml", "r"))
    assert ("environment.yml" in rendering.files) == (starter != "pixi")
    assert ("pixi.toml" in rendering.files) == (starter == "pixi") == (".github/image_build/pixi.py" in rendering.files)
    of_r = {"apt.txt", "postBuild", "browser-tests/test_rstudio.py", ".github/requirements-browser.txt"}
    assert of_r & set(rendering.files) == (of_r if starter == "r" else set())
    tests = {name.split("/")[0] for name in rendering.files if name.endswith("test_image.py")}
    assert tests == {"image-tests" if builder == "nox" else "hub-tests"}
    assert ("start" in rendering.files) == (starter == "pangeo-onbuild")
    assert [name for name in rendering.files if "LICENSE." in name or "Dockerfile." in name] == []
    if starter == "pangeo-onbuild":
        assert rendering.files["start"].executable
    if starter == "r":
        assert rendering.files["postBuild"].executable
    assert all(("repo2docker-action" in text(rendering, name)) == (builder != "nox") for name in WORKFLOWS)


def test_dependabot_is_configured_for_what_is_there_as_github_wants_it(renderings, tmp_path):
    ecosystems = {}
    for starter in ("environment.yml", "docker-stacks", "pixi", "r"):
        text_of = text(renderings[("quay.io", starter, "nox")], ".github/dependabot.yml")
        (tmp_path / starter / ".github").mkdir(parents=True)
        (tmp_path / starter / ".github/dependabot.yml").write_text(text_of)
        ecosystems[starter] = [each["package-ecosystem"] for each in YAML(typ="safe").load(text_of)["updates"]]
    assert ecosystems["environment.yml"] == ["github-actions", "conda", "pip"]
    assert ecosystems["docker-stacks"] == ["github-actions", "docker", "conda", "pip"]
    assert ecosystems["pixi"] == ["github-actions", "docker", "pip"]
    assert ecosystems["r"] == ecosystems["environment.yml"]
    files = sorted(map(str, tmp_path.rglob("dependabot.yml")))
    assert schemas.problems("dependabot", *files) == []
    argv = [Path(sys.executable).parent / "zizmor", "--offline", "--quiet", *files]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_dependabot_leaves_to_the_hub_what_the_hub_decides(renderings):
    updates = YAML(typ="safe").load(text(renderings[("quay.io", "environment.yml", "nox")], ".github/dependabot.yml"))
    (conda,) = [each for each in updates["updates"] if each["package-ecosystem"] == "conda"]
    major, minor = "version-update:semver-major", "version-update:semver-minor"
    assert {each["dependency-name"]: each["update-types"] for each in conda["ignore"]} == {
        "python": [major, minor],
        "jupyterhub": [major],
        "jupyterhub-base": [major],
        "jupyterhub-singleuser": [major],
    }
    assert all("groups" in each for each in updates["updates"])


def test_the_action_gets_what_repo2docker_needs_and_leaves_our_tests_alone(renderings, tmp_path):
    rendering = renderings[("quay.io", "environment.yml", "repo2docker-action")]
    (step,) = [each for each in steps(rendering, WORKFLOWS[0]) if "repo2docker-action" in str(each.get("uses"))]
    assert step["env"] == {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    assert step["with"] == {
        "DOCKER_REGISTRY": "${{ steps.settings.outputs.host }}",
        "IMAGE_NAME": "${{ steps.settings.outputs.name }}",
        "REPO_DIR": "/srv/repo",
        "APPENDIX_FILE": "${{ steps.cache.outputs.appendix }}",
        "FORCE_REPO2DOCKER_VERSION": "${{ steps.cache.outputs.repo2docker }}",
        "LATEST_TAG_OFF": "true",
        "NO_PUSH": "true",
        "REPO2DOCKER_EXTRA_ARGS": "${{ steps.cache.outputs.arguments }}",
    }
    rendering.write(tmp_path / "r")
    assert not (tmp_path / "r/image-tests").exists()
    for argv in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Start"]):
        subprocess.run(["git", *argv], cwd=tmp_path / "r", check=True)
    told = {}
    for name, appendix in (("without", ""), ("with", "USER root\n")):
        (tmp_path / "r/appendix").write_text(appendix) if appendix else None
        env = {**os.environ, "GITHUB_OUTPUT": str(tmp_path / name), "IMAGE": "127.0.0.1:9/our/image", "REFRESH": "true"}
        argv = [sys.executable, "-m", "nox", "-s", "arguments"]
        subprocess.run(argv, cwd=tmp_path / "r", env=env, check=True, capture_output=True)
        told[name] = dict(line.split("=", 1) for line in (tmp_path / name).read_text().splitlines())
    pinned = text(rendering, ".github/requirements-repo2docker.txt").splitlines()[-1]
    assert {each["repo2docker"] for each in told.values()} == {pinned}
    assert {name: each["appendix"] for name, each in told.items()} == {"without": "", "with": "appendix"}
    assert "--config .github/image_build/no_cache.py" in told["with"]["arguments"]


@pytest.mark.parametrize("builder", some(["nox", "repo2docker-action"], 1))
def test_the_contract_runs_the_tests_and_notebooks_of_the_repository(renderings, builder, tmp_path):
    renderings[("quay.io", "environment.yml", builder)].write(tmp_path / "r")
    argv = [sys.executable, "-m", "pytest", "--collect-only", "-q", "image-contract"]
    done = subprocess.run(argv, cwd=tmp_path / "r", capture_output=True, text=True, check=True)
    assert "test_the_notebook_runs_from_top_to_bottom[notebooks/example.ipynb]" in done.stdout


def check_settings(
    rendering: template.Rendering, directory: Path, name: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a workflow's check of the settings as the runner does."""
    if not directory.exists():
        rendering.write(directory)
    (step,) = [step for step in steps(rendering, name) if str(step.get("run", "")).startswith("nox -s settings")]
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "Our-Org/user-image",
        "GITHUB_REPOSITORY_OWNER": "Our-Org",
        **dict.fromkeys(step.get("env", {}), ""),  # type: ignore[call-overload]
        **settings,
    }
    return subprocess.run(
        ["bash", "-e", "-c", str(step["run"])], env=env, cwd=directory, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("registry", LOGINS)
def test_workflows_run_sessions_that_the_noxfile_has(renderings, registry):
    rendering = renderings[(registry, "environment.yml", "nox")]
    sessions = set(re.findall(r"^def (\w+)\(session", text(rendering, "noxfile.py"), re.MULTILINE))
    workflows = "\n".join(text(rendering, name) for name in rendering.files if name.startswith(".github/workflows/"))
    called = set(re.findall(r"\bnox (?:-R )?-s ([\w-]+)", workflows))
    assert {"check", "build"} & called
    assert called <= sessions


@pytest.mark.parametrize("registry", some(tuple(HOST_PLACES), 0, 3))
def test_the_first_step_names_all_that_is_missing_and_where_to_set_it(renderings, registry, tmp_path):
    rendering = renderings[(registry, "environment.yml", "nox")]
    done = check_settings(rendering, tmp_path / "r", WORKFLOWS[0])
    assert done.returncode == 1
    assert "IMAGE is still" in done.stdout
    wanted = re.findall(r"- `([A-Z_]+)`", text(rendering, "README.md"))
    for name in wanted:
        assert f"{name} is not set. Set it at https://github.com/Our-Org/user-image/settings/" in done.stdout
    assert done.stdout.count("::error") == 1 + len(wanted)
    assert check_settings(rendering, tmp_path / "r", WORKFLOWS[1]).returncode == 1


@pytest.mark.parametrize(
    ("registry", "host", "image"),
    some([
        ("quay.io", "quay.io", "our-org/hub"),
        ("quay.io", "quay.io", "our-org/courses/hub"),
        ("ghcr.io", "ghcr.io", "our-org/hub"),
        ("google-artifact-registry", "europe-west1-docker.pkg.dev", "project/repository/hub"),
        ("amazon-ecr", "123456789012.dkr.ecr.us-west-2.amazonaws.com", "hub"),
        ("amazon-ecr-public", "public.ecr.aws", "alias/hub"),
        ("azure-container-registry", "ourregistry.azurecr.io", "hub"),
    ], 3, 4),
)  # fmt: skip
def test_the_first_step_passes_when_everything_is_set(render_files, registry, host, image, tmp_path):
    rendering = render_files({"registry": registry, "registry_host": host, "image": image})
    names = re.findall(r"- `([A-Z_]+)`", text(rendering, "README.md"))
    done = check_settings(rendering, tmp_path / "r", WORKFLOWS[0], **dict.fromkeys(names, "set"))
    assert (done.returncode, done.stdout) == (0, "")
    assert check_settings(rendering, tmp_path / "r", WORKFLOWS[1]).returncode == 0
    assert not re.search("your-?org|yourregistry|000000000000", text(rendering, "README.md"))
    if registry == "amazon-ecr":
        assert "--region us-west-2 --repository-name hub" in text(rendering, "README.md")


@pytest.mark.parametrize(
    ("registry", "builder", "image", "told"),
    some([
        ("amazon-ecr", "nox", "123456789012.dkr.ecr.us-west-2.amazonaws.com/hub",
         {"host": "123456789012.dkr.ecr.us-west-2.amazonaws.com", "name": "hub", "registry": "123456789012",
          "region": "us-west-2", "audience": "sts.amazonaws.com"}),
        ("azure-container-registry", "repo2docker-action", "ourregistry.azurecr.io/our/hub",
         {"host": "ourregistry.azurecr.io", "name": "our/hub", "registry": "ourregistry.azurecr.io"}),
        ("quay.io", "repo2docker-action", "quay.io/our-org/hub",
         {"host": "quay.io", "name": "our-org/hub", "registry": "quay.io"}),
        ("quay.io", "nox", "quay.io/our-org/hub", {}),
    ], 0, 3),
)  # fmt: skip
def test_the_image_is_named_in_noxfile_alone(renderings, registry, builder, image, told, tmp_path):
    """Whoever writes the name over the placeholder has nothing else to change: the first step tells it the others."""
    rendering = renderings[(registry, "environment.yml", builder)]
    placeholder = next(re.finditer(r'"IMAGE", "(.*)"', text(rendering, "noxfile.py")))[1]
    (host, _, name), workflows = placeholder.partition("/"), [text(rendering, each) for each in WORKFLOWS]
    assert not any(word in each for each in workflows for word in (name, "000000000000", "yourregistry"))
    assert not re.search("your-?org|yourregistry|000000000000", text(rendering, "README.md").partition("## Set up")[2])
    assert host
    for number, workflow in enumerate(WORKFLOWS):
        output = tmp_path / str(number)
        output.touch()
        names = dict.fromkeys(re.findall(r"- `([A-Z_]+)`", text(rendering, "README.md")), "set")
        done = check_settings(rendering, tmp_path / "r", workflow, IMAGE=image, GITHUB_OUTPUT=str(output), **names)
        assert done.returncode == 0, done.stdout
        assert dict(line.split("=") for line in output.read_text().splitlines()) == told
        used = set(re.findall(r"steps\.settings\.outputs\.(\w+)", workflows[number]))
        assert used <= set(told)
        assert ("id: settings" in workflows[number]) == bool(used)


def test_a_preview_does_not_ask_for_what_only_the_pull_request_for_hubs_needs(render_files, tmp_path):
    answers = {"image": "our-org/hub", "preview": "yes", "configuration_repository": "our-org/our-hubs"}
    rendering = render_files(answers)
    login = {"QUAY_USERNAME": "set", "QUAY_PASSWORD": "set"}
    refused = check_settings(rendering, tmp_path / "r", WORKFLOWS[0], **login)
    assert sorted(re.findall(r"(\w+) is not set", refused.stdout)) == [
        "CONFIGURATION_APP_CLIENT_ID",
        "CONFIGURATION_APP_PRIVATE_KEY",
    ]
    own = {"QUAY_PREVIEW_USERNAME": "set", "QUAY_PREVIEW_PASSWORD": "set"}
    preview = {"PREVIEW": "pr-1"}  # as test.yaml sets it for the whole job
    assert "PREVIEW: pr-${{" in text(rendering, WORKFLOWS[1])
    assert check_settings(rendering, tmp_path / "r", WORKFLOWS[0], **own, **preview).returncode == 0
    assert check_settings(rendering, tmp_path / "r", WORKFLOWS[0], **login, **preview).returncode == 1


def test_repo2docker_recognises_the_python_that_was_asked_for(render_files, tmp_path):
    rendering = render_files({"python_version": "3.12"})
    assert re.search(r"^  - python\s*=+\s*([\d.]*)$", text(rendering, "environment.yml"), re.MULTILINE)[1] == "3.12"  # type: ignore[index]


AWKWARD = {
    "repo": "Our.Image_2",
    "title": "L'image d'Ælfrïc: 100 % & #1 {ok} - @x 😀 `a` * [b] $HOME ${{ c }} %s !d",
    "description": "- yes: no # 'quoted' | > & * ? null ~ 1.10",
    "maintainers": "#no: 'comment'",
    "license": "MIT",
    "registry": "amazon-ecr",
}


def test_rendering_again_from_the_record_gives_the_same_bytes(tmp_path):
    made = template.render(AWKWARD, tmp_path / "first")
    assert template.read_answers(made)["title"] == AWKWARD["title"]
    again = template.render(template.read_answers(made), tmp_path / "second")
    assert subprocess.run(["diff", "-r", made, again], check=False).returncode == 0
    assert made.name == "Our.Image_2"


def test_rendering_over_a_rendered_repository_changes_nothing(tmp_path, home):
    made = template.render({"starter": "pangeo-onbuild"}, tmp_path)
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    answers = [f"{key}={value}" for key, value in template.read_answers(made).items()]
    source = str(template.template_directory())
    argv = [*("-m", "cookiecutter", "--no-input", "--overwrite-if-exists", "--output-dir"), str(tmp_path), source]
    subprocess.run([sys.executable, *argv, *answers], check=True, capture_output=True)
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


def test_the_record_names_every_answer_and_this_version(render_files):
    rendering = render_files({})
    record = YAML(typ="safe").load(text(rendering, ".hubimages.yaml"))
    assert record["version"] == hubimages.__version__
    assert list(record["answers"]) == [question.key for question in template.questions()]


def test_a_persons_cookiecutter_configuration_does_not_matter_and_nothing_is_written_there(home):
    (home / ".cookiecutterrc").write_text("default_context:\n  title: Mine\n  _jinja2_env_vars: {}\n")
    before = sorted(home.rglob("*"))
    assert template.render_files({}, PUBLISHED).answers["title"] == "User Image"
    assert sorted(home.rglob("*")) == before


OPTIONS = {
    "latest_tag": ("yes", "latest"),
    "date_tag": ("yes", "date"),
    "preview": ("yes", "pr-NUMBER"),
    "binder_badge": ("yes", "mybinder"),
    "appendix": ("yes", "USER root"),
    "refresh": ("weekly", "schedule: #"),
    "arm64": ("yes", "arm64"),
    "configuration_repository": ("our-org/our-hubs", "our-org/our-hubs"),
    "update_workflow": ("monthly", "UPDATE_TOKEN"),
}


def settled(rendering: template.Rendering) -> str:
    """All that is there for people to read: not the record of the answers, nor what is the same everywhere."""
    same = (".hubimages.yaml", ".github/image_build/", "LICENSE")
    return "\n".join(text(rendering, name) for name in rendering.files if not name.startswith(same))


@pytest.mark.parametrize("key", OPTIONS)
def test_an_option_leaves_a_trace_only_where_it_is_chosen(render_files, key):
    answer, trace = OPTIONS[key]
    off, on = render_files({}), render_files({key: answer})
    check_hand_written(on)
    if key not in ("latest_tag", "date_tag"):  # these are words that explain the tags, too
        assert trace not in settled(off)
    assert trace in settled(on)
    added = {
        "binder_badge": {".github/workflows/binder.yaml"}, "appendix": {"appendix"},
        "update_workflow": {".github/workflows/update.yaml"}, "arm64": {".github/image_build/joining.py"},
    }  # fmt: skip
    assert set(on.files) - set(off.files) == added.get(key, set())


def test_all_options_at_once_look_hand_written(render_files, tmp_path):
    for registry in HOST_PLACES:
        rendering = render_files({"registry": registry, **{key: value for key, (value, _) in OPTIONS.items()}})
        check_hand_written(rendering)
        secrets = set(re.findall(r"(?:secrets|vars)\.(\w+)", settled(rendering))) - {"GITHUB_TOKEN"}
        assert {name for name in secrets if f"`{name}`" not in text(rendering, "README.md")} == set()


@pytest.mark.parametrize(
    ("image", "refused"),
    some([
        ("quay.io/hub", "needs two parts: organisation/name"),
        ("quay.io/o/hub", "cannot be an organisation on quay.io"),
        ("quay.io/Our-Org/hub", "contains capital letters"),
        ("europe-west1-docker.pkg.dev/proj/repository/hub", "is not a Google Cloud project ID"),
        ("europe-west1-docker.pkg.dev/project/Repo_1/hub", "contains capital letters"),
        (
            "europe-west1-docker.pkg.dev/project/repo_1/hub",
            "is not a valid repository name in Google Artifact Registry",
        ),
        ("123456789012.dkr.ecr.us-west-2.amazonaws.com/our--hub", "is not a valid Amazon ECR name"),
        ("public.ecr.aws/hub", "needs two parts: alias/name"),
        ("docker.io/our-org/hub", "Docker Hub limits how often"),
        ("gcr.io/project/hub", "Use google-artifact-registry"),
    ], 2, 5, 8),
)  # fmt: skip
def test_a_name_that_the_registry_refuses_is_told_by_the_first_step(renderings, tmp_path, image, refused):
    rendering = renderings[("quay.io", "environment.yml", "nox")]
    done = check_settings(rendering, tmp_path / "r", WORKFLOWS[1], IMAGE=image, REGISTRY="")
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("::error::")]
    assert line.startswith(f"::error::IMAGE is {image}, which {image.split('/')[0]} would refuse: ")
    assert refused in line
    assert line.endswith(". Correct it in noxfile.py")


@pytest.mark.parametrize(
    ("registry", "image"),
    some([
        ("quay.io", "our-org/hub"),  # the host is forgotten
        ("quay.io", "hub"),
        ("quay.io", "quay.oi/our-org/hub"),
        ("quay.io", "ghcr.io/our-org/hub"),
        ("ghcr.io", "quay.io/our-org/hub"),
        ("google-artifact-registry", "quay.io/our-org/hub"),
        ("amazon-ecr", "public.ecr.aws/alias/hub"),
        ("amazon-ecr", "123456789012.dkr.ecr.cn-north-1.amazonaws.com/hub"),
        ("amazon-ecr-public", "123456789012.dkr.ecr.us-west-2.amazonaws.com/hub"),
        ("azure-container-registry", "azurecr.io/hub"),
    ], 0, 3, 7),
)  # fmt: skip
def test_a_host_that_the_workflows_do_not_log_in_to_is_told_by_the_first_step(renderings, tmp_path, registry, image):
    rendering = renderings[(registry, "environment.yml", "nox")]
    done = check_settings(rendering, tmp_path / "r", WORKFLOWS[1], IMAGE=image)
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("::error::")]
    assert line.startswith(f"::error::IMAGE is {image}, but the workflows log in to {registry}: ")
    assert f"is not a host of {registry}. It looks like " in line


def test_a_fork_is_told_that_its_token_cannot_push_to_the_owners_package(renderings, tmp_path):
    rendering = renderings[("ghcr.io", "environment.yml", "nox")]
    ours = {"IMAGE": "ghcr.io/our-org/hub", "GITHUB_REPOSITORY_OWNER": "Ada"}
    done = check_settings(rendering, tmp_path / "r", WORKFLOWS[0], **ours)
    assert (done.returncode, "can only push to ghcr.io/ada/" in done.stdout) == (1, True)


def test_a_run_that_dependabot_started_is_told_why_it_cannot_push(renderings, tmp_path):
    rendering = renderings[("quay.io", "environment.yml", "nox")]
    done = check_settings(
        rendering, tmp_path / "r", WORKFLOWS[0], IMAGE="quay.io/our-org/hub", GITHUB_ACTOR="dependabot[bot]"
    )
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("::error::")]
    assert "Dependabot started this run, so it gets no secrets" in line


@pytest.mark.parametrize(
    ("registry", "host", "image", "expected"),
    [
        ("quay.io", "quay.io", "our-org/hub", "quay.io/our-org/hub-preview"),
        (
            "google-artifact-registry",
            "us-docker.pkg.dev",
            "project/repo/hub",
            "us-docker.pkg.dev/project/repo-preview/hub",
        ),
        (
            "google-artifact-registry",
            "us-docker.pkg.dev",
            "example.com/project/repo/our/hub",
            "us-docker.pkg.dev/example.com/project/repo-preview/our/hub",
        ),
    ],
)
def test_a_preview_goes_to_a_repository_of_its_own(render_files, tmp_path, registry, host, image, expected):
    answers = {"registry": registry, "registry_host": host, "image": image, "preview": "yes"}
    render_files(answers).write(tmp_path / "r")
    program = "import noxfile; print(noxfile.IMAGE, noxfile.CACHE)"
    env = {**os.environ, "PREVIEW": "pr-1"}
    argv = [sys.executable, "-c", program]
    done = subprocess.run(argv, cwd=tmp_path / "r", env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [expected, f"{host}/{image}"]
