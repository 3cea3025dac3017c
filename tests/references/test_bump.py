"""What a real registry says decides: which tags are there, which is the newest, what a digest is."""

from pathlib import Path

import pytest

from tests.engine.registry import Registry
from tests.references.pointing import COMMON, FILES, OTHER, SHARED, changed_lines, git, hubimages, make_deployment
from tests.registry.images import Publisher

OLD, NEWER, NEWEST = "0a1b2c3d4e5f", "1111111111ab", "0000000000ab"


@pytest.fixture
def root(open_registry: Registry, tmp_path: Path) -> Path:
    """The deployment repository, its images in the registry; the newest commit is not the last by its name."""
    host = open_registry.address
    image = Publisher(open_registry, "group/image")
    for day, tag in enumerate((OLD, NEWER, NEWEST), 1):
        image.image({"created": f"2026-01-0{day}T00:00:00Z"}, tag)
    image.image({"created": "2026-02-01T00:00:00Z"}, "latest", "2026.02.01")
    Publisher(open_registry, "group/image-long").image({"created": "2026-01-01T00:00:00Z"}, OLD)
    calver = Publisher(open_registry, "group/calver")
    for tag in ("2026.01.30", "2026.9.1", "2026.06.04", "v3", "2026.10.01"):
        calver.image({"created": "1970-01-01T00:00:00Z"}, tag)
    calver_hub = f"jupyterhub: {{singleuser: {{image: {{name: {host}/group/calver, tag: 2026.06.04}}}}}}\n"
    more = {"config/clusters/other/more.values.yaml": calver_hub}
    cluster = "config/clusters/other/cluster.yaml"
    files = {name: text.replace("quay.io", host) for name, text in FILES.items()}
    files[cluster] = files[cluster].rstrip() + "\n  - name: more\n    helm_chart_values_files: [more.values.yaml]\n"
    return make_deployment(tmp_path / "deployment", {**files, **more})


def test_everything_outdated_gets_its_newest_tag_a_commit_for_each_image(root: Path, open_registry: Registry) -> None:
    host = open_registry.address
    done = hubimages(root, "bump-images", "--yes", "--branch=bump")
    assert done.returncode == 0, done.stderr
    assert git(root, "log", "--format=%s", "main..bump").splitlines() == [
        f"Use {host}/group/image:{NEWEST}",
        f"Use {host}/group/calver:2026.10.01",
    ]
    assert [line.split(" +")[1].strip() for line in changed_lines(root, "main", "bump") if " +" in line] == [
        f"jupyterhub: {{singleuser: {{image: {{name: {host}/group/calver, tag: 2026.10.01}}}}}}",
        f"singleuser: {{image: {{tag: '{NEWEST}', name: {host}/group/image}}}}",
        f'tag: "{NEWEST}"  # {OLD}' if NEWEST.isdigit() else f"tag: {NEWEST}  # {OLD}",
        f"image: {host}/group/image:{NEWEST}",
    ]
    again = hubimages(root, "bump-images", "--yes")
    assert (again.returncode, again.stdout) == (0, "nothing to do: no image has a newer tag\n")


def test_a_pattern_chooses_images(root: Path, open_registry: Registry) -> None:
    done = hubimages(root, "bump-images", "--yes", f"--pattern={open_registry.address}/*/cal*")
    assert done.returncode == 0, done.stderr
    assert len(changed_lines(root)) == 2
    none = hubimages(root, "bump-images", "--yes", "--pattern=x/*")
    assert (none.returncode, none.stderr) == (
        2,
        "error: no image of this repository matches. List them with: hubimages images\n",
    )


def test_a_dry_run_changes_nothing(root: Path) -> None:
    done = hubimages(root, "bump-images", "--dry-run")
    assert (done.returncode, git(root, "status", "--porcelain")) == (0, "")
    assert done.stdout.count("\n+++ b/") == 3


def test_a_registry_that_is_silent_is_named_and_the_rest_bumped(root: Path, open_registry: Registry) -> None:
    text = (root / OTHER).read_text().replace(open_registry.address, "127.0.0.1:9")
    (root / OTHER).write_text(text)
    git(root, "commit", "-qam", "Another registry")
    done = hubimages(root, "bump-images", "--yes", "--commit")
    assert done.returncode == 0, done.stderr
    assert "note: 127.0.0.1:9/group/image was not checked: no answer from 127.0.0.1:9" in done.stdout
    only = hubimages(root, "bump-images", "--yes", "--pattern=127.0.0.1:9/*")
    assert (only.returncode, only.stdout) == (75, "")


def test_a_tag_that_the_registry_does_not_have_is_refused(root: Path, open_registry: Registry) -> None:
    done = hubimages(root, "point-hubs", f"{open_registry.address}/group/image:nothere", "--all")
    assert (done.returncode, git(root, "status", "--porcelain")) == (2, "")
    assert "Build and push it first, or add --unchecked" in done.stderr
    silent = hubimages(root, "point-hubs", "127.0.0.1:9/group/image:1", "--all")
    assert silent.returncode == 2  # nothing refers to it, which needs no registry to know
    there = hubimages(root, "point-hubs", f"{open_registry.address}/group/image:{NEWER}", "--all")
    assert (there.returncode, len(changed_lines(root))) == (0, 6)


def test_a_pinned_place_gets_the_registrys_digest(root: Path, open_registry: Registry) -> None:
    host = open_registry.address
    old = open_registry.digest("group/image", OLD)
    (root / OTHER).write_text(
        f"jupyterhub: {{singleuser: {{image: {{name: {host}/group/image, tag: '{OLD}@{old}'}}}}}}\n"
    )
    git(root, "commit", "-qam", "Pin")
    shown = hubimages(root, "point-hubs", f"{host}/group/image:{NEWER}", "--hub=other", "--dry-run")
    assert "is pinned by a digest; the new digest is looked up when the tag is written" in shown.stdout
    done = hubimages(root, "point-hubs", f"{host}/group/image:{NEWER}", "--hub=other")
    assert done.returncode == 0, done.stderr
    assert f"{NEWER}@{open_registry.digest('group/image', NEWER)}" in (root / OTHER).read_text()


def test_rolling_back_looks_whether_the_registry_still_has_the_tag(root: Path, open_registry: Registry) -> None:
    image = f"{open_registry.address}/group/image"
    assert hubimages(root, "point-hubs", f"{image}:gone", "--all", "--unchecked", "--commit").returncode == 0
    assert hubimages(root, "point-hubs", f"{image}:{NEWER}", "--all", "--commit").returncode == 0
    done = hubimages(root, "roll-back-image", "--hub=other")
    assert (done.returncode, git(root, "status", "--porcelain")) == (2, "")
    assert f"{image}:gone ran before, but the registry no longer has it" in done.stderr
    git(root, "reset", "-q", "--hard", "HEAD~")
    assert hubimages(root, "roll-back-image", "--hub=other", "--yes").returncode == 0
    assert f"tag: '{OLD}'" in (root / OTHER).read_text()


@pytest.fixture
def shared(open_registry: Registry, tmp_path: Path) -> Path:
    """A values file with several images, of which all but one have a newer tag."""
    for name, tags in {"first": ("1.0.0", "1.10.0"), "second": ("1.0.0", "1.0.1"), "third": ("1.0.0", "2.0.0")}.items():
        Publisher(open_registry, f"group/{name}").image({}, *tags)
    Publisher(open_registry, "group/fourth").image({}, "1.0.0")
    text = SHARED.replace("quay.io", open_registry.address)
    return make_deployment(tmp_path / "shared", {**FILES, COMMON: text, OTHER: "{}\n"})


def bumped(registry: Registry) -> str:
    text = SHARED.replace("quay.io", registry.address).replace('tag: "1.0.0"', 'tag: "1.10.0"')
    for name, tag in {"first": "1.10.0", "second": "1.0.1", "third": "2.0.0"}.items():
        text = text.replace(f"group/{name}:1.0.0", f"group/{name}:{tag}")
    return text


@pytest.mark.parametrize("commit", [[], ["--commit"], ["--branch=bump"]], ids=["written", "committed", "on a branch"])
def test_all_images_of_one_file_get_their_tags(commit: list[str], shared: Path, open_registry: Registry) -> None:
    shown = hubimages(shared, "bump-images", "--dry-run", *commit)
    assert (shown.returncode, git(shared, "status", "--porcelain")) == (0, "")
    done = hubimages(shared, "bump-images", "--yes", *commit)
    assert done.returncode == 0, done.stderr
    assert (shared / COMMON).read_text() == bumped(open_registry)
    assert git(shared, "rev-list", "--count", "HEAD").strip() == ("4" if commit else "1")
    (shared.parent / "shown").write_text(shown.stdout)
    theirs = make_deployment(shared.parent / "theirs", {COMMON: SHARED.replace("quay.io", open_registry.address)})
    git(theirs, "apply", str(shared.parent / "shown"))
    assert (theirs / COMMON).read_text() == bumped(open_registry)
    again = hubimages(shared, "bump-images", "--yes")
    assert (again.returncode, again.stdout) == (0, "nothing to do: no image has a newer tag\n")


def test_each_commit_has_its_image_alone_and_can_be_reverted(shared: Path, open_registry: Registry) -> None:
    assert hubimages(shared, "bump-images", "--yes", "--commit").returncode == 0
    host = open_registry.address
    for commit, name, places in (("HEAD~2", "first", 2), ("HEAD~1", "second", 2), ("HEAD", "third", 1)):
        lines = changed_lines(shared, f"{commit}~", commit)
        assert len(lines) == 2 * places
        assert all(f"{host}/group/{name}" in line for line in lines)
    git(shared, "revert", "--no-edit", "HEAD~1")
    text = (shared / COMMON).read_text()
    assert text == bumped(open_registry).replace("group/second:1.0.1", "group/second:1.0.0")


def test_a_hook_that_refuses_one_image_leaves_no_commit_of_the_others(shared: Path, open_registry: Registry) -> None:
    hook = shared / ".git/hooks/commit-msg"
    hook.write_text("#!/bin/sh\nif grep -q group/third \"$1\"; then echo 'third is frozen' >&2; exit 1; fi\n")
    hook.chmod(0o755)
    done = hubimages(shared, "bump-images", "--yes", "--branch=bump")
    assert done.returncode == 4
    assert "third is frozen" in done.stderr
    assert "are taken back" in done.stderr
    assert git(shared, "branch", "--format=%(refname:short)") == "main\n"
    assert (git(shared, "status", "--porcelain"), git(shared, "rev-list", "--count", "HEAD")) == ("", "1\n")
    hook.unlink()
    assert hubimages(shared, "bump-images", "--yes", "--branch=bump").returncode == 0
    assert (shared / COMMON).read_text() == bumped(open_registry)


def test_a_hub_goes_back_with_all_images_of_a_file(shared: Path, open_registry: Registry) -> None:
    assert hubimages(shared, "bump-images", "--yes").returncode == 0
    git(shared, "commit", "-qam", "Everything newer")
    before = SHARED.replace("quay.io", open_registry.address)
    shown = hubimages(shared, "roll-back-image", "--hub=uni", "--dry-run")
    done = hubimages(shared, "roll-back-image", "--hub=uni", "--yes", "--commit")
    assert done.returncode == 0, done.stderr
    assert shown.stdout.count(" -> 1.0.0") == done.stdout.count(" -> 1.0.0") > 2
    user_images = {line for line in before.splitlines() if "side" not in line}
    assert user_images <= set((shared / COMMON).read_text().splitlines())
    assert git(shared, "status", "--porcelain") == ""
