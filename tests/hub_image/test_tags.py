"""An image built alone gets the tag that a plain run of chartpress gives it, by the real chartpress."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from hubimages import markdown
from hubimages.errors import RefusedError
from hubimages.hub_image.building.chartpress import Built, build, find_builder, find_chartpress, needed, tags_of
from hubimages.hub_image.bump.publication import Publication
from hubimages.hub_image.bump.tags import commit_values, values_edit
from hubimages.hub_image.reading import read_layout, work_tree_reader
from hubimages.repository.changes import deployment_repository
from tests import deployments
from tests.deployments import AT_ROOT, UNDER_FOLDER, git, state

CHARTPRESS = Path(sys.executable).parent / "chartpress"


def plain_tags(repository: Path, directory: str) -> dict[str, str]:
    """Image to tag as chartpress prints them of a clone of the repository, every image with a place of its own."""
    clone = repository.parent / "plain"
    shutil.rmtree(clone, ignore_errors=True)
    shutil.copytree(repository, clone)
    config = clone / directory / "chartpress.yaml"
    charts = YAML().load(config)
    for chart in charts["charts"]:
        for name, options in chart["images"].items():
            options["valuesPath"] = name
    YAML().dump(charts, config)  # chartpress asks for the last commit, which is another thing than the file
    argv = [str(CHARTPRESS), "--list-images"]
    said = subprocess.run(argv, cwd=clone / directory, check=True, capture_output=True, text=True).stdout
    return dict(line.rsplit(":", 1) for line in said.split())


def own_tags(repository: Path) -> dict[str, str]:
    """Image to tag as they come out when each image is built alone."""
    repo = deployment_repository(repository)
    chartpress = find_chartpress(repo, None)
    found = {}
    layout = read_layout(repo)
    for chart in layout.charts:
        for image in chart.images:
            (built,) = build(repo, chart, [image], chartpress=chartpress, options=["--no-build"])
            found[built.name] = built.tag
    return found


def edit_one_image(repository: Path, directory: str) -> None:
    (repository / directory / "images/hub/Dockerfile").write_text("FROM scratch\n")
    git(repository, "commit", "-qam", "Edit the hub image")


def add_an_entry(repository: Path, directory: str) -> None:
    with (repository / directory / "chartpress.yaml").open("a") as config:
        config.write("# one more comment\n")
    git(repository, "commit", "-qam", "Edit chartpress.yaml")


def release(repository: Path, directory: str) -> None:
    git(repository, "tag", "-a", "-m", "first", "1.0.0", "HEAD~2")


def release_now(repository: Path, directory: str) -> None:
    git(repository, "tag", "2.0.0-beta.1")


def long_names(repository: Path, directory: str) -> None:
    git(repository, "config", "core.abbrev", "12")


def merge(repository: Path, directory: str) -> None:
    git(repository, "switch", "-q", "-c", "side", "HEAD~3")
    (repository / "side.txt").write_text("side\n")
    git(repository, "add", "side.txt")
    git(repository, "commit", "-qm", "Side")
    git(repository, "switch", "-q", "main")
    git(repository, "merge", "-q", "--no-edit", "side")


def linked_work_tree(repository: Path, directory: str) -> None:
    """Make the repository a work tree of another one."""
    real = repository.rename(repository.parent / "real")
    git(real, "worktree", "add", "-q", str(repository), "-b", "linked")


CHANGES = [
    [edit_one_image], [add_an_entry, edit_one_image], [release, edit_one_image], [edit_one_image, release_now],
    [release, long_names, merge],
]  # fmt: skip


@pytest.mark.parametrize(("changes", "files", "directory"), [
    *((each, AT_ROOT, ".") for each in CHANGES[3:]),
    *(pytest.param(each, AT_ROOT, ".", marks=pytest.mark.deep) for each in CHANGES[:3]),
    pytest.param(CHANGES[0], UNDER_FOLDER, "helm-charts", marks=pytest.mark.deep),
    (CHANGES[1], UNDER_FOLDER, "helm-charts"),
    *(pytest.param(each, UNDER_FOLDER, "helm-charts", marks=pytest.mark.deep) for each in CHANGES[2:]),
])  # fmt: skip
def test_an_image_built_alone_has_the_tag_of_a_plain_run(
    tmp_path: Path, files: dict[str, str], directory: str, changes: list[object]
) -> None:
    repository = deployments.make(tmp_path / "r", files)
    for change in changes:
        change(repository, directory)  # type: ignore[operator]
    before = state(repository)
    assert own_tags(repository) == plain_tags(repository, directory)
    assert state(repository) == before


def test_a_linked_work_tree_gives_the_same_tags(tmp_path: Path) -> None:
    repository = deployments.make(tmp_path / "r", AT_ROOT)
    expected = plain_tags(repository, ".")
    linked_work_tree(repository, ".")
    assert own_tags(repository) == expected


def test_the_branch_is_that_of_a_plain_run(tmp_path: Path) -> None:
    repository = deployments.make(tmp_path / "r", AT_ROOT)
    git(repository, "switch", "-q", "-c", "some/branch")
    from hubimages.hub_image.building.throwaway import throwaway

    with throwaway(deployment_repository(repository), ["images"]) as copy:
        assert git(copy, "branch", "--show-current") == "some/branch"
        assert git(copy, "rev-parse", "HEAD") == git(repository, "rev-parse", "HEAD")
        assert sorted(path.name for path in copy.iterdir()) == [".git", "images"]
    assert not copy.exists()


def test_a_copy_in_which_chartpress_ran_has_the_files_as_head_has_them(tmp_path: Path) -> None:
    repository = deployments.make(tmp_path / "r", AT_ROOT)
    from hubimages.hub_image.building.throwaway import throwaway

    repo = deployment_repository(repository)
    chart = read_layout(repo).charts[0]
    with throwaway(repo, needed(chart, chart.images)) as copy:
        before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file() and ".git" not in path.parts}
        tags = tags_of(repo, chart, chart.images, chartpress=find_chartpress(repo, None), copy=copy)
        assert {path: path.read_bytes() for path in before} == before
        assert tags == tags_of(repo, chart, chart.images, chartpress=find_chartpress(repo, None), copy=copy)


def test_two_images_at_one_place_of_values_are_refused(tmp_path: Path) -> None:
    """The second would undo the first, which is pushed and said to be in use."""
    config = AT_ROOT["chartpress.yaml"].replace(
        "postgres:\n        valuesPath: {}", "postgres:\n        valuesPath: jupyterhub.hub.image.name"
    )
    repository = deployments.make(tmp_path / "r", {**AT_ROOT, "chartpress.yaml": config})
    (repository / "hub/values.yaml").write_text("jupyterhub:\n  hub:\n    image:\n      name: a/b:1\n      tag: 'c'\n")
    git(repository, "commit", "-qam", "Values")
    repo = deployment_repository(repository)
    chart = read_layout(repo).charts[0]
    publication = Publication(repo, chart, chart.images, find_builder(None, None), True, work_tree_reader(repo))
    built = [Built(image, f"quay.io/{image.name}", "2") for image in chart.images]
    for several in (built, built[::-1]):
        with pytest.raises(RefusedError, match="and so would another image\\. Nothing was written"):
            values_edit(publication, several, [])
    alone = values_edit(publication, built[:1], [])
    assert alone is not None
    assert alone.after == "jupyterhub:\n  hub:\n    image:\n      name: quay.io/hub\n      tag: '2'\n"


def test_the_subject_for_many_images_is_short_and_the_body_has_all_of_them(tmp_path: Path) -> None:
    names = [f"image-for-course-{number}" for number in range(12)]
    listed = "".join(f"      {name}:\n        valuesPath: images.{name}\n" for name in names)
    config = f"charts:\n  - name: hub\n    imagePrefix: quay.io/org/\n    images:\n{listed}"
    values = "".join(f"  {name}:\n    name: a/b\n    tag: '1'\n" for name in names)
    files = {**AT_ROOT, "chartpress.yaml": config, "hub/values.yaml": f"images:\n{values}"}
    repository = deployments.make(tmp_path / "r", files)
    repo = deployment_repository(repository)
    chart = read_layout(repo).charts[0]
    publication = Publication(repo, chart, chart.images, find_builder(None, None), True, work_tree_reader(repo))
    commit_values(publication, [Built(image, f"quay.io/org/{image.name}", "2") for image in chart.images])
    subject, whole, *rest = git(repository, "log", "-1", "--format=%B").strip().split("\n\n")
    assert subject == "Use the new image-for-course-0, image-for-course-1, 10 more image"
    assert whole == f"Use the new {', '.join(names)} image"
    assert rest == ["\n".join(f"quay.io/org/{name}:2" for name in names)]


@pytest.mark.parametrize(
    ("own", "used", "subject"),
    [
        (["hub"], ["base"], "Build hub from the new base image"),
        (["a" * 30, "b" * 30], ["base"], f"Build {'a' * 30}, 1 more from the new base image"),
        (["hub"], [letter * 20 for letter in "abc"], f"Build hub from the new {'a' * 20}, 2 more image"),
        (["a" * 90], ["base"], f"Build {'a' * 90} from the new base image"),  # a name stays whole
    ],
)
def test_a_list_in_a_subject_has_as_many_names_as_fit(own: list[str], used: list[str], subject: str) -> None:
    whole = f"Build {', '.join(own)} from the new {', '.join(used)} image"
    expected = subject if subject == whole else f"{subject}\n\n{whole}"
    assert markdown.message("Build {} from the new {} image", own, used) == expected
