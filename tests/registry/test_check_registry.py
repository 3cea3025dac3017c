"""`hubimages check-registry`: its text, its JSON and its exit codes."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hubimages import template
from hubimages.registry import Limits, check_registry
from hubimages.registry.rights.image_repository import read_image_repository
from hubimages.registry.rights.providers import PROVIDERS, provider
from tests import command
from tests.engine import process
from tests.engine.registry import Registry
from tests.registry.conftest import Configure
from tests.registry.images import Publisher
from tests.registry.scripted import Asked, Reply, error, scripted, tags

FILE = """\
import os
IMAGE = os.environ.get("IMAGE", "{image}")
SETTINGS = {settings}
raise SystemExit("nothing of this file is to be run")
"""
QUAY = {"QUAY_USERNAME": "secret", "QUAY_PASSWORD": "secret"}
QUICK = Limits(connect=1, answer=1, patience=2)
IN_A_WORKFLOW = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "org/hub", "GITHUB_SERVER_URL": "https://github.com"}


def repository(folder: Path, image: str, settings: dict[str, str] | None = None) -> Path:
    (folder / "noxfile.py").write_text(FILE.format(image=image, settings=settings or {}))
    return folder


def hubimages(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "QUAY_"))}
    return command.hubimages("check-registry", *args, env={**inherited, **environment})


def found(folder: Path, **environment: str) -> dict[str, str]:
    """Return the message and remedy of every finding by its code."""
    report = check_registry(folder, environment, QUICK)
    return {each.code: f"{each.message}: {each.remedy}" for each in report.findings}


def test_a_registry_with_everything_right_has_no_finding(
    open_registry: Registry, configure: Configure, tmp_path: Path
) -> None:
    Publisher(open_registry, "org/right").image({}, "1")
    image = f"{open_registry.address}/org/right"
    done = hubimages(str(repository(tmp_path, image)))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        image,
        f"  ok           {open_registry.address} answers",
        f"  ok           may push to {image} without a login",
        f"  ok           {image} can be pulled without a login",
    ]
    given = json.loads(hubimages(str(tmp_path), "--json").stdout)
    assert given == {"version": 1, "image": image, "findings": [], "not_checked": []}


def test_path_can_be_left_out_and_the_image_given_by_the_environment(
    open_registry: Registry, configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository(tmp_path, "quay.io/your-organisation/x"))
    done = hubimages(IMAGE=f"{open_registry.address}/org/none-yet")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"may push to {open_registry.address}/org/none-yet" in done.stdout
    assert "not checked  pulls without a login: there is no image yet" in done.stdout


@pytest.mark.parametrize(
    ("login", "code"), [("", "not-logged-in"), ("robot:wrong", "login-refused"), ("robot:correct horse", "")]
)
def test_not_logged_in_and_a_wrong_password_are_two_findings(
    locked_registry: Registry, configure: Configure, tmp_path: Path, login: str, code: str
) -> None:
    Publisher(locked_registry, "org/locked").image({}, "1")
    configure({locked_registry.address: login} if login else {})
    done = hubimages(str(repository(tmp_path, f"{locked_registry.address}/org/locked")), "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    codes = [each["code"] for each in report["findings"]]
    assert codes == ([code] if code else ["private"])  # who sees nothing cannot tell whether it is private
    if code:
        assert f"docker login {locked_registry.address}" in report["findings"][0]["remedy"]
    assert "correct horse" not in done.stdout + done.stderr
    assert "wrong" not in done.stdout + done.stderr


def test_a_missing_right_and_a_private_image_are_named_with_their_remedies(
    configure: Configure, tmp_path: Path
) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/v2/":
            return error(401, WWW_Authenticate='Basic realm="x"')
        if not asked.login:
            return error(401, WWW_Authenticate='Basic realm="x"')
        return error(403, "DENIED", "no right") if asked.method == "POST" else tags("1")

    with scripted(answer) as server:
        configure({server.host: "ada:secret"})
        told = found(repository(tmp_path, f"{server.host}/org/hub"))
    assert told == {
        "no-right-to-push": f"logged in to {server.host} as ada, without the right to push org/hub (DENIED: no right): "
        f"ask whoever runs {server.host} for the right to push to org/hub",
        "private": f"{server.host}/org/hub cannot be pulled without a login: give the cluster's nodes a login "
        "(imagePullSecrets), or make the repository public",
    }


def test_no_answer_is_no_finding_and_has_its_own_exit_code(configure: Configure, tmp_path: Path) -> None:
    host = f"127.0.0.1:{process.free_port()}"
    done = hubimages(str(repository(tmp_path, f"{host}/org/hub")), "--json")
    assert done.returncode == 75
    report = json.loads(done.stdout)
    assert report["findings"] == []
    assert report["not_checked"] == [f"no answer from {host}, try again later: Connection refused"]


@pytest.mark.parametrize("status", [404, 429, 500])
def test_a_server_that_only_says_this_is_no_answer_and_no_finding(
    configure: Configure, tmp_path: Path, status: int
) -> None:
    with scripted(lambda asked: error(status)) as server:
        report = check_registry(repository(tmp_path, f"{server.host}/org/hub"), {}, QUICK)
    assert (report.exit_code, report.findings, len(report.not_checked)) == (75, [], 1)


@pytest.mark.parametrize(
    ("image", "code", "message"),
    [
        ("quay.io/your-organisation/hub", "image-not-named", "IMAGE is still quay.io/your-organisation/hub"),
        ("quay.io/org/hub:latest", "name-refused", "with a tag or digest"),
        ("quay.io/Org/hub", "name-refused", "must be parts of lower case letters"),
        ("quay.io/hub", "name-refused", "quay.io does not accept the name hub"),
        ("quay.io/o/hub", "name-refused", "with at least two characters before the slash"),
        ("ghcr.io/hub", "name-refused", "owner/image"),
        ("us-docker.pkg.dev/prj/hub", "name-refused", "project/repository/image"),
        ("public.ecr.aws/hub", "name-refused", "alias/repository"),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/h", "name-refused", "2 to 256"),
    ],
)
def test_a_name_that_the_registry_would_refuse_is_found_without_asking_it(
    tmp_path: Path, image: str, code: str, message: str
) -> None:
    report = check_registry(repository(tmp_path, image), {}, QUICK)
    (finding,) = report.findings
    assert (finding.code, finding.file, finding.line) == (code, "noxfile.py", 2)
    assert message in str(finding)
    assert report.not_checked == ["the registry, since the image has no valid name"]
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("image", "reason", "way_over"),
    [
        ("gcr.io/prj/hub", "Google shut Container Registry down", "LOCATION-docker.pkg.dev/prj/REPOSITORY/IMAGE"),
        ("us.gcr.io/prj/hub", "Google shut Container Registry down", "LOCATION-docker.pkg.dev/prj/REPOSITORY/IMAGE"),
        ("org/hub", "limits how often a cluster's nodes may pull", "use quay.io, ghcr.io or your cloud's registry"),
        ("docker.io/org/hub", "limits how often", "use quay.io, ghcr.io or your cloud's registry"),
    ],
)
def test_registries_that_are_none_to_choose_come_with_the_reason_and_the_way_over(
    image: str, reason: str, way_over: str, tmp_path: Path
) -> None:
    from hubimages.registry.rights.check import RegistryReport, check_name

    report = RegistryReport(image)
    assert check_name(read_image_repository(repository(tmp_path, image), {}), report) is not None
    (finding,) = report.findings
    assert finding.code == "registry-unfit"
    assert reason in finding.remedy
    assert way_over in finding.remedy


def test_settings_that_the_workflow_lacks_are_named_with_the_place_to_set_them(
    open_registry: Registry, tmp_path: Path
) -> None:
    folder = repository(tmp_path, f"{open_registry.address}/org/right", {**QUAY, "A_VARIABLE": "variable"})
    report = check_registry(folder, {**IN_A_WORKFLOW, "QUAY_USERNAME": "org+robot"}, QUICK)
    assert [str(each) for each in report.findings] == [
        "the secret QUAY_PASSWORD is not set: set it: https://github.com/org/hub/settings/secrets/actions",
        "the variable A_VARIABLE is not set: set it: https://github.com/org/hub/settings/variables/actions",
    ]


def test_on_ones_own_machine_the_settings_are_named_as_not_checked(open_registry: Registry, tmp_path: Path) -> None:
    report = check_registry(repository(tmp_path, f"{open_registry.address}/org/right", QUAY), {}, QUICK)
    assert report.exit_code == 0
    assert report.not_checked[:1] == [
        "the secret QUAY_USERNAME, the secret QUAY_PASSWORD: only GitHub knows whether they are set"
    ]


def test_what_the_template_renders_today_is_understood(tmp_path: Path) -> None:
    done = template.plan_new_repository(tmp_path / "hub", {"registry": "quay.io"}, None)
    done.apply(push=False)
    report = check_registry(tmp_path / "hub", {}, QUICK)
    (finding,) = report.findings
    assert (finding.code, finding.file) == ("image-not-named", "noxfile.py")
    assert finding.line
    assert "IMAGE" in (tmp_path / "hub/noxfile.py").read_text().splitlines()[finding.line - 1]
    assert "QUAY_USERNAME" in report.not_checked[0]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no noxfile.py in"),
        ({"noxfile.py": "def broken(:"}, "cannot be read"),
        ({"noxfile.py": "import nox\n"}, "names no image"),
        ({"noxfile.py": 'IMAGE = ""\n'}, "noxfile.py:1 names no image"),
        ({"noxfile.py": 'HOST = "quay.io"\nIMAGE = f"{HOST}/org/x"\n'}, "noxfile.py:2 names no image"),
        ({"noxfile.py": 'IMAGE = os.environ.get("IMAGE", HOST + "/org/x")\n'}, "without running the file"),
        ({"noxfile.py": 'IMAGE = os.environ["IMAGE"]\n'}, "without running the file"),
        ({"noxfile.py": "\0"}, "cannot be read"),
    ],
)
def test_what_is_no_repository_of_the_template_is_refused_in_one_line(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = hubimages(str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr


@pytest.mark.parametrize("place", ["environment.yml", "quay.io/org/image"])
def test_a_file_or_an_image_in_place_of_the_repository_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "environment.yml").touch()
    done = hubimages(str(tmp_path / place))
    remedy = "Name a clone of an image repository: noxfile.py has the image"
    assert (done.returncode, done.stderr) == (2, f"error: no directory {tmp_path / place}. {remedy}\n")


@pytest.mark.parametrize(
    "line",
    ['IMAGE = "quay.io/org/x"', 'IMAGE: str = ("quay.io/"\n "org/x")', 'IMAGE = os.getenv("IMAGE", "quay.io/org/x")'],
)
def test_a_name_written_by_hand_is_understood_too(tmp_path: Path, line: str) -> None:
    (tmp_path / "noxfile.py").write_text(f"import os\n{line}\n")
    assert read_image_repository(tmp_path, {}).image == "quay.io/org/x"


def test_every_registry_of_the_template_has_rules_of_its_own() -> None:
    context: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cookiecutter.json").read_text())
    hosts = ["us-central1-docker.pkg.dev", "000000000000.dkr.ecr.us-east-1.amazonaws.com", "public.ecr.aws",
             "yourregistry.azurecr.io", "quay.io", "ghcr.io"]  # fmt: skip
    assert len({provider(host).title for host in hosts}) == len(context["registry"])
    assert {provider(host) for host in hosts} < set(PROVIDERS)


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_the_robots_login_is_taken_from_the_settings_of_the_workflow(tmp_path: Path, password: str) -> None:
    from hubimages.image_ref import ImageRef
    from hubimages.registry.rights.check import RegistryReport, report_right, settings_login
    from hubimages.registry.rights.push import Right, describe

    image = ImageRef.parse("quay.io/org/hub")
    environment = {**IN_A_WORKFLOW, "QUAY_USERNAME": "org+robot", "QUAY_PASSWORD": password}
    robot = settings_login(image, environment)
    assert robot is not None
    assert (robot.username, robot.secret) == ("org+robot", password)
    report = RegistryReport(str(image))
    state = describe(Right.LOGIN_REFUSED, image, "org+robot")
    report_right(state, read_image_repository(repository(tmp_path, str(image), QUAY), {}), environment, report)
    assert [str(each) for each in report.findings] == [
        "quay.io does not accept the login as org+robot: QUAY_USERNAME and QUAY_PASSWORD do not match: "
        "https://github.com/org/hub/settings/secrets/actions"
    ]
    assert settings_login(ImageRef.parse("ghcr.io/org/hub"), environment) is None
