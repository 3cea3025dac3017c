"""Many image repositories at a glance: real git, a real registry, a real deployment repository; the API is played."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hubimages.fleet import Where, look_at, write_overview
from hubimages.fleet.address import targets
from hubimages.fleet.github import Page
from hubimages.fleet.glance.facts import Facts, Overview, Used
from hubimages.fleet.glance.newest import newest_tag
from hubimages.repository.opening import deployment_repository
from hubimages.update import installed_version
from tests import command
from tests.engine.plugin import serve
from tests.engine.registry import Registry
from tests.fleet.conftest import QUICK
from tests.fleet.hosting import Hosting, git
from tests.registry.images import Publisher
from tests.update.repositories import make_from_release

if TYPE_CHECKING:
    from playwright.sync_api import Page as WebPage

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def open_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A real registry that asks for no password."""
    yield from serve(tmp_path_factory.mktemp("open"))


def run(workflow: int, name: str, conclusion: str | None, number: int) -> dict[str, Any]:
    page = f"https://github.com/org/image/actions/runs/{number}"
    return {
        "id": number,
        "workflow_id": workflow,
        "name": name,
        "conclusion": conclusion,
        "html_url": page,
        "url": page,
    }


@pytest.fixture
def fleet(hosting: Hosting, open_registry: Registry, tmp_path: Path) -> Path:
    """org/image from the first template, with two images; org/hand without a record; a deployment repository."""
    work, bare = tmp_path / "image", hosting.make("org/image", {})
    make_from_release(work, 1)
    name = f"{open_registry.address}/org/image"
    noxfile = work / "noxfile.py"
    text = noxfile.read_text()
    before = next(line for line in text.splitlines() if line.startswith('IMAGE = os.environ.get("IMAGE", '))
    noxfile.write_text(text.replace(before, f'IMAGE = os.environ.get("IMAGE", "{name}")'))
    git(work, "commit", "-q", "-am", "Name the image")
    old = git(work, "rev-parse", "HEAD")[:12]
    git(work, "commit", "-q", "--allow-empty", "-m", "Another build")
    new = git(work, "rev-parse", "HEAD")[:12]
    git(work, "push", "-q", "--force", str(bare), "main")
    publisher = Publisher(open_registry, "org/image")
    publisher.image({"created": "2026-06-02T00:00:00Z"}, old, "latest")  # made anew after the other one
    publisher.image({"created": "2026-06-01T00:00:00Z"}, new)
    hosting.make("org/hand", {"environment.yml": "dependencies: []\n"})
    hosting.pulls["org/image"] = [
        {
            "title": "Use R 4.5",
            "state": "open",
            "html_url": "https://github.com/org/image/pull/1",
            "url": "/1",
            "number": 1,
        },
        {
            "title": "Old",
            "state": "closed",
            "html_url": "https://github.com/org/image/pull/2",
            "url": "/2",
            "number": 2,
        },
    ]
    hosting.runs["org/image"] = [
        run(1, "Build", None, 9), run(1, "Build", "failure", 8), run(1, "Build", "success", 7),
        run(2, "Test", "success", 6), run(2, "Test", "failure", 5), run(3, "Binder", "cancelled", 4),
    ]  # fmt: skip
    deployment = tmp_path / "deployment"
    for hub, tag in {"one": new, "two": old, "three": new}.items():
        (deployment / "hubs").mkdir(parents=True, exist_ok=True)
        (deployment / f"hubs/{hub}.yaml").write_text(f"singleuser: {{image: {{name: {name}, tag: '{tag}'}}}}\n")
    git(deployment, "init", "-q", "-b", "main")
    (deployment / "hubs.yaml").write_text("".join(f"{hub}: [hubs/{hub}.yaml]\n" for hub in ("one", "two", "three")))
    git(deployment, "add", "--all")
    git(deployment, "commit", "-q", "-m", "Start")
    return deployment


def test_each_repository_has_template_newest_image_hubs_requests_and_failures(
    hosting: Hosting, fleet: Path, open_registry: Registry, tmp_path: Path
) -> None:
    repositories = targets(f"https://github.com/org/{name}" for name in ("image", "hand", "gone"))
    where = Where(tmp_path / "cache", (fleet,), fleet / "hubs.yaml")
    overview = look_at(repositories, where, QUICK)
    image, hand, gone = overview.repositories
    old, new = git(hosting.bare("org/image"), "log", "-2", "--format=%H", "--reverse").split()
    assert image == Facts(
        "org/image", "https://github.com/org/image", "https://github.com/hubimages/hubimages", 1,
        f"{open_registry.address}/org/image", new[:12], datetime(2026, 6, 1, tzinfo=UTC),
        tuple(sorted((Used(new[:12], ("one", "three")), Used(old[:12], ("two",))), key=lambda used: used.tag)),
        (Page("Use R 4.5", "https://github.com/org/image/pull/1"),),
        (Page("Build", "https://github.com/org/image/actions/runs/8"),),
    )  # fmt: skip
    assert (image.hubs, image.behind) == (("one", "three", "two"), ("two",))
    assert hand.unknown == (
        "org/hand has no .hubimages.yaml in its commit: it was not made from the hubimages template. To link it: "
        "hubimages adopt-image-repo",
    )
    assert (hand.pull_requests, hand.failing, hand.failed) == ((), (), False)
    assert (gone.failed, gone.exit_code, overview.exit_code) == (True, 2, 2)


def test_the_task_prints_lines_json_and_the_page(hosting: Hosting, fleet: Path, tmp_path: Path) -> None:
    (tmp_path / "repos").write_text("org/image\norg/hand\n")
    where = ("--repos=repos", f"--repo={fleet}", f"--hubs={fleet / 'hubs.yaml'}", f"--cache={tmp_path / 'cache'}")

    def image_repos(*more: str) -> subprocess.CompletedProcess[str]:
        done = command.hubimages("image-repos", *where, *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done

    done = image_repos()
    first = done.stdout.splitlines()[0].split("\t")
    assert first[:2] == ["org/image", f"1 of {installed_version()}" if installed_version() > 1 else "1"]
    assert first[4:] == ["3, 1 behind", "1", "Build", ""]
    assert done.stderr.splitlines()[-1].endswith("1 with open pull requests, 1 with failing workflows")
    told = json.loads(image_repos("--json", "--html=page.html", "--offline").stdout)
    row = told["repositories"][0]
    assert (told["version"], row["repository"], row["newest_tag"], row["made"]) == (1, "org/image", "", None)
    assert row["unknown"] == ["the registry, because of --offline"]
    assert row["failing"] == [{"title": "Build", "address": "https://github.com/org/image/actions/runs/8"}]
    assert "Use R 4.5" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("tags", "newest", "why"),
    [
        (["{old}", "{new}", "latest"], "{new}", ""),
        (["{new}-20260101", "{new}-20260301", "{new}", "{old}-20261201"], "{new}-20260301", ""),
        (["v1.2.0-{old}", "v1.1.0-{new}"], "v1.1.0-{new}", ""),
        (["2026.01.30", "2026.06.04", "2025.12.01"], "2026.06.04", ""),
        (["1.9.0", "1.10.0", "2.0.0-rc1"], "1.10.0", ""),
        (["0a1b2c3d4e5f", "111111111aaa"], "111111111aaa", ""),
        ([f"{number:012x}ab" for number in range(50)], "", "50 tags without an order"),
        (["build-x7", "build-q9"], "build-q9", ""),
        (["latest", "main"], "", "no tag that does not move"),
        ([], "", "no tag that does not move"),
    ],
)
def test_the_newest_tag_is_that_of_the_latest_commit_or_in_the_usual_order_or_made_last(
    tags: list[str], newest: str, why: str, tmp_path: Path
) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    for message in ("old", "new"):
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", message)
    new, old = git(tmp_path, "log", "--format=%H").split()
    filled = [tag.format(old=old[:12], new=new[:12]) for tag in tags]

    def dates(asked: Any) -> dict[str, datetime]:
        return {tag: datetime(2026, 1, 1 + position, tzinfo=UTC) for position, tag in enumerate(asked)}

    found = newest_tag(filled, deployment_repository(tmp_path), dates)
    assert found == (newest.format(old=old[:12], new=new[:12]), why)


EVIL = "<script>document.title='stolen'</script>"


@pytest.fixture
def opened(tmp_path: Path, web_page: "WebPage") -> "WebPage":
    """The page about three repositories, open in a browser that may ask nobody for anything."""
    facts = (
        Facts("org/b", "https://github.com/org/b", "t", 1, "quay.io/org/b", "new", datetime(2026, 6, 1, tzinfo=UTC),
              (Used("new", ("one",)), Used("old", ("two", "three"))), (Page(EVIL, "https://example.org/1"),), ()),
        Facts("org/a", "https://github.com/org/a", "t", 2, "quay.io/org/a", "x", datetime(2026, 1, 1, tzinfo=UTC),
              failing=(Page("Build", "https://example.org/2"),)),
        Facts("hand", "/srv/hand", unknown=(EVIL,)),
    )  # fmt: skip
    place = tmp_path / "repositories.html"
    write_overview(place, Overview(facts, 2, True, NOW))
    asked: list[str] = []
    web_page.on("request", lambda request: asked.append(request.url))
    web_page.goto(place.as_uri())
    assert asked == [place.as_uri()]
    return web_page


def names(opened: "WebPage") -> list[str]:
    rows = opened.locator("tbody tr:visible td:first-child")
    return [text.split()[0] for text in rows.all_inner_texts()]


def test_the_page_sorts_filters_and_shows_text_as_text(opened: "WebPage") -> None:
    assert opened.title() == "Image repositories"
    assert names(opened) == ["org/b", "org/a", "hand"]
    opened.locator("thead button", has_text="Repository").click()
    assert names(opened) == ["hand", "org/a", "org/b"]
    opened.locator("thead button", has_text="Newest image").click()
    assert names(opened) == ["hand", "org/a", "org/b"]  # the oldest first
    opened.locator('select[data-filter="template"]').select_option("1")
    assert names(opened) == ["org/b"]
    opened.locator("[data-clear]").click()
    opened.locator('input[type="search"]').fill("three")
    assert names(opened) == ["org/b"]
    assert opened.locator("tbody .floats", has_text="behind").count() == 1
    assert "1 of 2" in opened.locator("tbody tr:visible").inner_text()
