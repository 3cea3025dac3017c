"""Fifteen images of a deployment repository go the whole way: found, extracted, scanned, refused, cleaned, finished."""

import re
from pathlib import Path

import pytest

from hubimages import migration
from hubimages.errors import RefusedError
from hubimages.migration import Options, Run
from hubimages.registry import Registries
from hubimages.repository.delivery import Delivery
from tests.engine.registry import Registry
from tests.histories import git
from tests.migration import fleet, test_push
from tests.migration.test_extract_images import add, problems
from tests.migration.test_push import ADDRESS, GitHub
from tests.registry.images import Publisher

organisation = test_push.organisation  # the fixture


def name_of(number: int) -> str:
    return f"hub{number:02}-image"


def run(manifest: Path, out: Path, **options: object) -> Run:
    wanted = migration.read_manifest(manifest, ADDRESS)
    return migration.extract_images(wanted, out, Options(push=True, create=True, **options))  # type: ignore[arg-type]


def history(repo: Path) -> str:
    """Every file version and message of main, as text."""
    objects = git("-C", repo, "rev-list", "--objects", "--no-object-names", "main")
    return git("-C", repo, "cat-file", "--batch", stdin=objects.encode() + b"\n")


@pytest.mark.parametrize(
    ("numbers", "large"),
    [
        ((0, 3, 4, 5, 7), 60 * 1024 * 1024),
        pytest.param(tuple(range(fleet.NUMBER)), fleet.LARGE, marks=pytest.mark.deep),
    ],
)
def test_the_whole_path(  # noqa: PLR0915 - it is one path
    tmp_path: Path,
    organisation: GitHub,
    open_registry: Registry,
    numbers: tuple[int, ...],
    large: int,
) -> None:
    group, names = f"path{len(numbers)}", [name_of(number) for number in numbers]
    source = fleet.deployment(tmp_path / "deployment.git", large=large)

    # find-images; a person edits the manifest
    text = migration.new_manifest(migration.find_images(str(source), None))
    image = f"image: {open_registry.address}/{group}/{{repository}}"
    edited = text.replace("  answers: {}\n", f"  template: false\n  {image}\n  description: An image\n")
    assert edited.count("repository: hub") == fleet.NUMBER
    assert "skip: true" not in edited
    edited = edited.replace("repository: hub00-image\n", "repository: hub00-image\n    template: true\n")
    for name in {name_of(number) for number in range(fleet.NUMBER)} - set(names):
        edited = edited.replace(f"repository: {name}\n", f"repository: {name}\n    skip: true\n")
    manifest, out = tmp_path / "images.yaml", tmp_path / "out"
    manifest.write_text(edited)

    # extract-images: what may not be published is not, and its repository is not created
    done = run(manifest, out)
    kept_back = ["hub03-image", "hub04-image", "hub05-image"]
    assert {name: code for name, (code, _) in problems(done).items()} == dict.fromkeys(kept_back, 3)
    assert sorted(organisation.made) == [name for name in names if name not in kept_back]
    assert all(facts["private"] for facts in organisation.made.values())
    told = "\n".join(problem for _, problem in problems(done).values())
    assert fleet.SECRET not in told + done.as_json()
    assert "revoke it first" in told
    findings = {name: re.findall(r"--accept '(\S+)=REASON'", problem) for name, (_, problem) in problems(done).items()}
    assert [len(found) for found in findings.values()] == [1, 2, 1]
    assert findings["hub04-image"][0].startswith("large-file:")

    # the secret in a file and the large file are removed, the one in a message is accepted
    manifest.write_text(
        edited.replace("repository: hub03-image\n", "repository: hub03-image\n    drop_paths: [settings.py]\n")
        .replace("repository: hub04-image\n", "repository: hub04-image\n    strip_blobs_bigger_than: 50M\n")
    )  # fmt: skip
    accepted = {findings["hub05-image"][0]: "revoked on Monday"}
    assert findings["hub04-image"][1:] == findings["hub05-image"]
    done = run(manifest, out, accepts=accepted)
    assert problems(done) == {}
    assert [one.repository for one in done.outcomes if one.state == "made anew"] == kept_back[:2]
    assert [one.repository for one in done.outcomes if one.pushed_to] == kept_back
    assert sorted(organisation.made) == names
    remotes = {name: organisation.place / f"{name}.git" for name in names}
    assert [name for name in names if fleet.SECRET in history(remotes[name])] == kept_back[1:]
    sizes = git("-C", remotes["hub04-image"], "cat-file", "--batch-all-objects", "--batch-check=%(objectsize)").split()
    assert max(map(int, sizes)) < 10_000
    for number, name in list(zip(numbers, names, strict=True))[1:]:
        tree = git("-C", source, "rev-parse", f"main:{fleet.place(number)}")
        assert git("-C", remotes[name], "rev-parse", "main^{tree}") == tree, name

    # meanwhile an old directory changes
    add(source, {f"{fleet.place(7)}/apt.txt": "nano\n", f"{fleet.place(3)}/apt.txt": "nano\n"}, "Use nano")
    git("clone", "--quiet", source, tmp_path / "clone")
    with pytest.raises(RefusedError, match=r"hub03-image: .* lacks 1 commit"):
        plan(tmp_path / "clone", manifest)
    done = run(manifest, out, accepts=accepted)
    assert problems(done) == {}
    assert [one.repository for one in done.outcomes if one.state == "updated"] == ["hub03-image", "hub07-image"]
    assert git("-C", remotes["hub07-image"], "show", "main:apt.txt") == "nano"

    # finish-migration, once each repository has built its image
    with pytest.raises(RefusedError, match=r"hub00-image: .* has no tag in the registry yet"):
        plan(tmp_path / "clone", manifest)
    for name in names:
        tag = git("-C", remotes[name], "rev-parse", "main")[:12]
        Publisher(open_registry, f"{group}/{name}").image({"created": "2026-01-01T00:00:00Z", "config": {}}, tag)
    plan(tmp_path / "clone", manifest).apply()
    left = git("-C", tmp_path / "clone", "ls-tree", "-r", "--name-only", "HEAD", "deployments/").split("\n")
    gone = tuple(f"{fleet.place(each)}/" for each in numbers)
    assert [path for path in left if path.startswith(gone)] == [f"{fleet.place(each)}/README.md" for each in numbers]
    for number, name in zip(numbers, names, strict=True):
        values = (tmp_path / f"clone/deployments/hub{number:02}/config/prod.yaml").read_text()
        assert f"name: {open_registry.address}/{group}/{name}\n" in values
        assert "path:" not in (tmp_path / f"clone/deployments/hub{number:02}/hubploy.yaml").read_text()
    assert git("-C", tmp_path / "clone", "status", "--porcelain") == ""


def plan(clone: Path, manifest: Path) -> migration.FinishPlan:
    wanted = migration.read_manifest(manifest, ADDRESS)
    return migration.plan_finish(clone, wanted, Delivery(commit=True), Registries())
