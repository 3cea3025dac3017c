"""Whatever a repository says, commits of hub images, locks and new hubs mention nobody and close nothing."""

import re
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
import yaml

from hubimages.environment import LockPlan
from hubimages.environment.lock.model import Lock
from hubimages.errors import HubImagesError
from hubimages.hub_image.building.chartpress import Built
from hubimages.hub_image.bump.publish import commit_bases
from hubimages.hub_image.bump.rebuild import RebuildRequest, plan_rebuild
from hubimages.hub_image.bump.report import Outcome
from hubimages.hub_image.bump.tags import commit_values
from hubimages.hub_image.experiments.end import plan_end_experiment
from hubimages.hub_image.experiments.new import plan_new_experiment
from hubimages.imagebuilding.new.answers import Answers, Choice
from hubimages.imagebuilding.new.make_hub import apply
from hubimages.imagebuilding.new.places import Part, Places
from hubimages.imagebuilding.new.plan import HubPlan
from hubimages.imagebuilding.registries import KINDS
from hubimages.markdown import fitting, title
from hubimages.repository.changes import commit_files, deployment_repository
from hubimages.repository.delivery import Delivery
from hubimages.repository.file_edit import FileEdit
from tests.fleet.conftest import hosting  # noqa: F401  # a fixture
from tests.fleet.hosting import Hosting, git
from tests.hostile.secrets import has_secret, in_address
from tests.hostile.test_any_body import TEXT, of_any, problems
from tests.hostile.texts import CLOSES, NAMES, PINGS, terminal_problems

FILES = {
    "hub/Chart.yaml": "apiVersion: v2\nname: hub\nversion: 0.1.0\ndependencies:\n"
    "- {name: jupyterhub, version: 4.1.0, repository: 'https://charts.example.org/'}\n",
    "hub/values.yaml": "jupyterhub: {hub: {image: {name: a, tag: b}}}\ntop: {name: a, tag: b}\n",
    "images/base/Dockerfile": "FROM jupyterhub/k8s-hub:4.1.0\nARG REQUIREMENTS_FILE\nCOPY ${REQUIREMENTS_FILE} /tmp/\n",
    "images/base/requirements.txt": "one\n",
    "images/base/trial.txt": "one\ntwo\n",
    "images/top/Dockerfile": "FROM quay.io/core/base:b\n",
}
deep = pytest.mark.parametrize("examples", [pytest.param(100, marks=pytest.mark.deep)])
sometimes = pytest.mark.parametrize("examples", [1, pytest.param(100, marks=pytest.mark.deep)])


def message_problems(message: str) -> list[str]:
    """What is wrong with the message of a commit, in which names are code."""
    plain = re.sub(r"`[^`]*`", "", message)
    return PINGS.findall(plain) + CLOSES.findall(plain) + terminal_problems(message)


def cloned(hosting: Hosting, folder: Path) -> Path:  # noqa: F811
    """A clone of org/hubs on a server that answers as GitHub."""
    hosting.make("org/hubs", FILES)
    git(folder, "clone", "-q", "https://github.com/org/hubs.git", "hubs")
    return folder / "hubs"


def commits(place: Path, base: str) -> list[str]:
    return [each for each in git(place, "log", "--format=%B%x00", f"{base}..HEAD").split("\0") if each.strip()]


def begin(place: Path, images: dict[str, dict[str, object]]) -> str:
    """Begin again with a chartpress.yaml of these images, here and on the server; return the commit."""
    git(place, "push", "-q", "--force", "origin", "main:new")
    git(place, "switch", "-qC", "new", "main")
    kept = {"charts": [{"name": "hub", "imagePrefix": "quay.io/core/", "images": images}]}
    (place / "chartpress.yaml").write_text(yaml.safe_dump(kept))
    git(place, "add", "--all")
    git(place, "commit", "-qm", "Begin")
    return git(place, "rev-parse", "HEAD").strip()


def built_in(folder: str, name: str, path: str = "", **arguments: str) -> dict[str, object]:
    where = {"contextPath": f"images/{folder}", "dockerfilePath": f"images/{folder}/Dockerfile"}
    values = {"valuesPath": path} if path else {}
    return {"imageName": f"quay.io/core/{name}", "buildArgs": arguments, **where, **values}


@sometimes
def test_what_a_rebuild_commits(examples: int, hosting: Hosting, tmp_path: Path) -> None:  # noqa: F811
    place = cloned(hosting, tmp_path)

    def check(one: str, other: str) -> None:
        hosting.pulls.clear()
        names = (one or "evil", other if other != one else f"{one}2")
        images = {
            names[0]: built_in("base", "base", "jupyterhub.hub.image"), names[1]: built_in("top", "top", "top"),
        }  # fmt: skip
        base = begin(place, images)
        (place / "images/base/requirements.txt").write_text("two\n")
        request = RebuildRequest(place, names[0], branch="new")
        plan = plan_rebuild(request)
        commit_files(plan.publication.repo, plan.message, plan.files)
        lower, upper = plan.publication.layout.images
        made = [Built(lower, "quay.io/core/base", "1"), Built(upper, f"quay.io/core/{other}", "1")]
        commit_bases(plan.publication, [upper], made[:1])
        with suppress(HubImagesError):  # what cannot be written is not committed
            commit_values(plan.publication, made)
        found = commits(place, base)
        assert len(found) in (2, 3)
        assert [message_problems(each) for each in found] == [[]] * len(found)
        Outcome(plan.publication, tuple(made), (), ()).with_pull_request(plan.message, "main", request)
        (pull,) = hosting.pulls["org/hubs"]
        assert problems(pull) == []

    of_any(examples, check, TEXT, TEXT)


@sometimes
def test_what_the_end_of_an_experiment_commits(examples: int, hosting: Hosting, tmp_path: Path) -> None:  # noqa: F811
    place = cloned(hosting, tmp_path)

    def check(one: str, other: str) -> None:
        hosting.pulls.clear()
        main, trial = other, one if one != other else f"{one}2"
        images = {
            main: built_in("base", "base", "jupyterhub.hub.image", REQUIREMENTS_FILE="requirements.txt"),
            trial: built_in("base", "trial", REQUIREMENTS_FILE="trial.txt"),
        }
        base = begin(place, images)
        plan_end_experiment(place, trial, roll_out=True, branch="new", open_pr=True).apply()
        found = commits(place, base)
        assert len(found) == 2
        assert [message_problems(each) for each in found] == [[], []]
        (pull,) = hosting.pulls["org/hubs"]
        assert problems(pull) == []
        assert plan_end_experiment(place, trial, branch="new").notes[0].endswith(" ended it")

    of_any(examples, check, TEXT, TEXT)


@deep
def test_what_a_new_experiment_commits(examples: int, hosting: Hosting, tmp_path: Path) -> None:  # noqa: F811
    place = cloned(hosting, tmp_path)

    def check(one: str) -> None:
        image = built_in("base", "base", "jupyterhub.hub.image", REQUIREMENTS_FILE="requirements.txt")
        begin(place, {"hub": {**image, "imageName": f"quay.io/core/{one}"}})
        plan = plan_new_experiment(place, "trial", ["three"], look_up=False, branch="new")
        assert message_problems(plan.message) == []
        body = plan.body(f"quay.io/core/{one}:1")
        assert problems({"title": title(plan.message.splitlines()[0]), "body": fitting(body)}) == []

    of_any(examples, check, TEXT)


@deep
def test_what_a_new_lock_commits(examples: int, hosting: Hosting, tmp_path: Path) -> None:  # noqa: F811
    place = cloned(hosting, tmp_path)
    numbers = count()

    def check(one: str, other: str) -> None:
        hosting.pulls.clear()
        number = next(numbers)
        git(place, "switch", "-q", "main")
        folder = place / NAMES[number % len(NAMES)].replace("\n", " ").replace("\r", " ")
        folder.mkdir()
        edit = FileEdit("conda-lock.yml", None, f"# {number}\n")
        plan = LockPlan(folder, edit, [(one, other, one, other)], Lock([], []))
        plan.deliver(Delivery(f"lock-{number}", True, True))
        (message,) = commits(place, "main")
        assert message_problems(message) == []
        (pull,) = hosting.pulls["org/hubs"]
        assert problems(pull) == []

    of_any(examples, check, TEXT, TEXT)


@sometimes
def test_what_a_new_imagebuilding_hub_proposes(examples: int, hosting: Hosting, tmp_path: Path) -> None:  # noqa: F811
    place = cloned(hosting, tmp_path)
    numbers = count()
    target = KINDS["quay.io"].target({"organization": "org"}, "north", "ocean")
    answers = Answers("hub.example.org", "aws", target, (Choice("a", "a/b:1"),), False, "Ocean", "github", "")

    def check(one: str, other: str) -> None:
        hosting.pulls.clear()
        number = next(numbers)
        git(place, "switch", "-q", "main")
        part = Part("new.yaml", ("jupyterhub",))
        where = Places(place, one, "ocean", (part,), (), ("new.yaml",), "basehub")
        steps = (one, f"Register https://{in_address('step')}@example.org/ {other}")
        plan = HubPlan(where, answers, (FileEdit("new.yaml", None, "a: b\n"),), (), steps)
        apply(plan, deployment_repository(place), Delivery(f"hub-{number}", True, True))
        (message,) = commits(place, "main")
        assert message_problems(message) == []
        (pull,) = hosting.pulls["org/hubs"]
        assert problems(pull) == []
        assert not has_secret(pull["body"] + pull["title"])

    of_any(examples, check, TEXT, TEXT)
