"""extract-images makes of every image what extract-image makes, in one pass; run again, it does what is left."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hubimages import extract, migration
from hubimages.errors import BadInputError, RefusedError
from hubimages.migration import Options, Run
from tests import command
from tests.histories import Commit, git, make
from tests.migration import fleet
from tests.sample import some

WHEN = "1700000000 +0000"


def run(manifest: Path, dest: Path, *, remote: str | None = None, **options: Any) -> Run:
    return migration.extract_images(migration.read_manifest(manifest, remote), dest, Options(**options))


def states(done: Run) -> list[str]:
    return [one.state for one in done.outcomes]


def problems(done: Run) -> dict[str, tuple[int, str]]:
    return {one.repository: (one.exit_code, one.problem) for one in done.outcomes if one.problem}


def record(dest: Path) -> dict[str, Any]:
    text = (dest / ".git/hubimages/extraction.json").read_text()
    return dict(json.loads(text.replace(json.loads(text)["dest"], "DEST")))


def add(source: Path, files: fleet.Files, message: str) -> str:
    """Commit on top of a bare repository's main."""
    stream = (
        f"commit refs/heads/main\nauthor Cy <cy@example.org> {WHEN}\ncommitter Cy <cy@example.org> {WHEN}\n".encode()
    )
    stream += b"data %d\n%s\nfrom refs/heads/main^0\n" % (len(message), message.encode())
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        stream += f"M 100644 inline {name}\ndata {len(data)}\n".encode() + data + b"\n"
    git("-C", source, "fast-import", "--quiet", stdin=stream)
    return git("-C", source, "rev-parse", "main")


def commit(repo: Path, name: str, text: str) -> str:
    (repo / name).write_text(text)
    git("-C", repo, "add", name)
    git("-C", repo, "commit", "--quiet", "--message", f"Edit {name}")
    return git("-C", repo, "rev-parse", "main")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fleet.deployment(tmp_path_factory.mktemp("fleet") / "deployment.git")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A deployment repository that the test changes."""
    make(tmp_path / "own.git", fleet.history()[:4])
    return tmp_path / "own.git"


@pytest.mark.parametrize("way", some(["path", "address"], 0))
def test_every_image_becomes_what_extract_image_makes(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_DATE", WHEN)
    monkeypatch.setenv("GIT_COMMITTER_DATE", WHEN)
    given = str(source) if way == "path" else source.as_uri()
    numbers = range(fleet.NUMBER) if way == "path" else range(0, fleet.NUMBER, 4)
    manifest = fleet.manifest(tmp_path / "images.yaml", given, defaults="template: false", images=numbers)
    done = run(manifest, tmp_path / "out")
    assert (states(done), problems(done)) == (["made"] * len(numbers), {})
    for number in numbers:
        ours, alone = tmp_path / "out" / f"hub{number:02}-image", tmp_path / "alone" / f"hub{number:02}-image"
        extract.extract(extract.Request(given, fleet.place(number), alone, template=False), lambda _: True)
        for question in ("for-each-ref", "rev-list --objects --all", "status --porcelain", "config --list --local"):
            assert git("-C", ours, *question.split()) == git("-C", alone, *question.split()), (number, question)
        assert (ours / ".git/hubimages/commit-map").read_text() == (alone / ".git/hubimages/commit-map").read_text()
        assert record(ours) == record(alone)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"hub{each:02}-image" for each in numbers]
    moved, copied = record(tmp_path / "out/hub12-image"), record(tmp_path / "out/hub04-image")
    assert [one["path"] for one in moved["former_paths"]] == ["old/hub12"]
    assert copied["copied_from"] == ["deployments/hub03/image"]


def test_with_the_template_the_commits_are_those_of_extract_image_too(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_DATE", WHEN)
    monkeypatch.setenv("GIT_COMMITTER_DATE", WHEN)
    manifest = fleet.manifest(tmp_path / "m.yaml", source, defaults="registry: ghcr.io", images=range(3))
    assert states(run(manifest, tmp_path / "out")) == ["made"] * 3
    for number in (0, 2):
        alone = tmp_path / "alone" / f"hub{number:02}-image"
        answers = {"registry": "ghcr.io"}
        extract.extract(extract.Request(str(source), fleet.place(number), alone, answers=answers), lambda _: True)
        ours = tmp_path / "out" / alone.name
        assert git("-C", ours, "rev-parse", "main") == git("-C", alone, "rev-parse", "main")
        assert record(ours) == record(alone)
        assert 'registry: "ghcr.io"' in (ours / ".hubimages.yaml").read_text()


def test_a_second_run_does_nothing_and_a_third_what_is_missing_or_changed(own: Path, tmp_path: Path) -> None:
    manifest = fleet.manifest(tmp_path / "m.yaml", own, defaults="template: false", images=range(3))
    out = tmp_path / "out"
    assert states(run(manifest, out)) == ["made"] * 3
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    again = run(manifest, out)
    assert states(again) == ["unchanged"] * 3
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
    assert again.outcomes[0].report["commits_kept"] == 2

    subprocess.run(["rm", "-r", out / "hub01-image"], check=True)
    edited = commit(out / "hub00-image", "NOTES.md", "of the owners\n")
    add(own, {f"{fleet.place(0)}/apt.txt": "tool-of-0\nnano\n", "README.md": "x"}, "Use nano")
    third = run(manifest, out)
    assert states(third) == ["updated", "made", "unchanged"]
    zero = out / "hub00-image"
    assert (zero / "apt.txt").read_text() == "tool-of-0\nnano\n"
    assert (zero / "NOTES.md").read_text() == "of the owners\n"
    assert git("-C", zero, "rev-parse", "main^1") == edited
    assert git("-C", zero, "log", "-1", "--format=%s", "main^2") == "Use nano"
    assert git("-C", zero, "status", "--porcelain") == ""
    assert record(zero)["head"] == git("-C", zero, "rev-parse", "main")
    assert states(run(manifest, out)) == ["unchanged"] * 3


def test_both_sides_changed_the_same_line_stops_that_image_alone(own: Path, tmp_path: Path) -> None:
    manifest = fleet.manifest(tmp_path / "m.yaml", own, defaults="template: false", images=range(2))
    out = tmp_path / "out"
    run(manifest, out)
    head = commit(out / "hub00-image", "apt.txt", "emacs\n")
    add(own, {f"{fleet.place(each)}/apt.txt": f"nano{each}\n" for each in range(2)}, "Use nano")
    done = run(manifest, out)
    assert (states(done), done.exit_code) == (["failed", "updated"], 3)
    assert "both changed apt.txt" in problems(done)["hub00-image"][1]
    assert git("-C", out / "hub00-image", "rev-parse", "main") == head
    assert (out / "hub01-image/apt.txt").read_text() == "nano1\n"


def test_edits_that_are_not_committed_are_safe(own: Path, tmp_path: Path) -> None:
    manifest = fleet.manifest(tmp_path / "m.yaml", own, defaults="template: false", images=range(1))
    run(manifest, tmp_path / "out")
    apt = tmp_path / "out/hub00-image/apt.txt"
    apt.write_text("mine\n")
    add(own, {f"{fleet.place(0)}/apt.txt": "theirs\n"}, "Edit")
    done = run(manifest, tmp_path / "out")
    assert problems(done)["hub00-image"][0] == RefusedError.exit_code
    assert apt.read_text() == "mine\n"


def test_other_options_make_an_untouched_repository_anew_and_leave_a_touched_one(own: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(fleet.manifest(tmp_path / "m.yaml", own, defaults="template: false", images=range(2)), out)
    kept = commit(out / "hub01-image", "NOTES.md", "mine\n")
    manifest = fleet.manifest(
        tmp_path / "m.yaml", own, defaults="template: false\nkeep_messages: true", images=range(2)
    )
    done = run(manifest, out)
    assert (states(done), done.exit_code) == (["made anew", "failed"], 3)
    assert record(out / "hub00-image")["messages"] == {}
    assert json.loads((out / "hub00-image/.git/hubimages/extraction.json").read_text())["dest"] == str(
        out / "hub00-image"
    )
    assert git("-C", out / "hub01-image", "rev-parse", "main") == kept


def test_what_is_in_the_place_of_a_repository_stays_and_the_others_are_made(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out/hub01-image").mkdir(parents=True)
    (tmp_path / "out/hub01-image/mine").write_text("x")
    manifest = fleet.manifest(tmp_path / "m.yaml", source, defaults="template: false", images=range(3))
    done = run(manifest, tmp_path / "out")
    assert states(done) == ["made", "failed", "made"]
    assert problems(done)["hub01-image"] == (
        3,
        f"{tmp_path}/out/hub01-image exists, and extract-images did not make it. Move it away, or name another DEST",
    )
    assert [path.name for path in (tmp_path / "out/hub01-image").iterdir()] == ["mine"]


def test_former_paths_of_the_manifest_are_those_that_are_followed(source: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "m.yaml"
    text = fleet.manifest(manifest, source, defaults="template: false", images=range(0, 9, 3)).read_text()
    text = text.replace("    repository: hub00-image", "    repository: hub00-image\n    former_paths: []")
    text = text.replace("    repository: hub03-image", "    repository: hub03-image\n    former_paths: [old/hub03]")
    manifest.write_text(text)
    done = run(manifest, tmp_path / "out")
    assert [[each["path"] for each in one.report["former_paths"]] for one in done.outcomes] == [
        [], ["old/hub03"], ["old/hub06"],
    ]  # fmt: skip


def test_a_dry_run_shows_all_and_writes_nothing(source: Path, tmp_path: Path) -> None:
    manifest = fleet.manifest(tmp_path / "m.yaml", source, defaults="remote: /srv/{repository}.git", images=range(2))
    done = run(manifest, tmp_path / "out", dry_run=True)
    assert states(done) == ["would be made"] * 2
    assert f"would make {tmp_path}/out/hub00-image" in str(done)
    assert "former path    old/hub00, 1 commit" in str(done)
    assert not (tmp_path / "out").exists()


HUB = "directory: {0}\n    repository: a"
MISTAKES = {
    f"{HUB}\n    ref: main": "{m}:4: an image has no key `ref`. The keys are directory, repository, ",
    f"{HUB}\n  - directory: {{1}}\n    repository: A": (
        "{m}:4: {1} has the repository A, as {0} in line 2. Choose another name"
    ),
    f"{HUB}\n  - directory: {{0}}\n    repository: b": "{m}:4: {0} is in line 2, too. Remove one",
    f"directory: deployments\n    repository: b\n  - {HUB}": (
        "{m}:4: {0} is inside of deployments in line 2. Skip one of them"
    ),
    "directory: deployments/hub99/image\n    repository: a": (
        "{m}:2: no deployments/hub99/image in {s} at main, nor in its history"
    ),
    "repository: a": "{m}:2: an image needs a `directory`",
    "directory: {0}\n    repository: a/b": "{m}:3: repo: ",
    f"{HUB}\n    visibility: open": "{m}:4: visibility is private or public, not open",
    f"{HUB}\n    answers: {{{{regsitry: quay.io}}}}": (
        "{m}:4: the template has no question 'regsitry'. Did you mean 'registry'?"
    ),
    f"{HUB}\n    image: quay.io/UPPER": "{m}:4: 'quay.io/UPPER' is not an image reference",
    f"{HUB}\n    drop_paths: [/etc]": "{m}:4: --drop-path '/etc' is no path of the image's repository",
    f"{HUB}\n    strip_blobs_bigger_than: large": "{m}:4: --strip-blobs-bigger-than large is no size",
    f"{HUB}\n    replace_text: nowhere.txt": "{m}:4: --replace-text ",
    f"{HUB}\n    skip: maybe": "{m}:4: `skip` is true or false",
    f"{HUB}\n    repository: b": "{m}:4: the key repository is there twice. Remove one",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_the_manifest_is_one_line_with_its_place_and_nothing_is_made(
    source: Path, tmp_path: Path, text: str
) -> None:
    manifest = tmp_path / "m.yaml"
    first, second = fleet.place(0), fleet.place(1)
    body = text.format(first, second)
    manifest.write_text(f"images:\n  - {body}\nsource: {source}\n")
    with pytest.raises(BadInputError) as caught:
        run(manifest, tmp_path / "out")
    lines = str(caught.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(MISTAKES[text].format(first, second, m=manifest, s=source))
    assert not (tmp_path / "out").exists()


def test_all_mistakes_are_named_at_once(source: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "m.yaml"
    manifest.write_text(f"source: {source}\nrefs: x\nimages:\n  - directory: a\n    repo: b\n")
    with pytest.raises(BadInputError) as caught:
        migration.read_manifest(manifest)
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        f"{manifest}:2", f"{manifest}:5", f"{manifest}:4",
    ]  # fmt: skip


def test_what_find_images_writes_is_a_manifest_wherever_it_is_used(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source.parent)
    found = migration.find_images(source.name, None)
    manifest = tmp_path / "m.yaml"
    manifest.write_text(migration.new_manifest(found))
    read = migration.read_manifest(manifest)
    assert [one.directory for one in read.wanted] == [fleet.place(each) for each in range(fleet.NUMBER)]
    assert read.entries[0].former_paths == ("old/hub00",)
    assert read.source == str(source)


def test_the_command_prints_a_table_and_ends_with_the_code_of_what_failed(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out/hub01-image").mkdir(parents=True)
    (tmp_path / "out/hub01-image/mine").write_text("x")
    manifest = fleet.manifest(tmp_path / "m.yaml", source, defaults="template: false", images=range(2))
    words = ("extract-images", manifest, tmp_path / "out")
    done = command.hubimages(*words, cwd=tmp_path)
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert lines[1].split() == ["hub00-image", "made", "2", "1", "2", "1", fleet.place(0)] or lines[1].startswith(
        "hub00-image"
    )
    assert lines[2].split()[:2] == ["hub01-image", "FAILED"]
    assert lines[-1].endswith(": 1 made, 1 failed")
    assert "made: hub00-image" in done.stderr
    again = command.hubimages(*words, "--json", cwd=tmp_path)
    facts = json.loads(again.stdout)
    assert [(one["repository"], one["state"], one["exit_code"]) for one in facts["images"]] == [
        ("hub00-image", "unchanged", 0), ("hub01-image", "failed", 3),
    ]  # fmt: skip


def test_histories_of_one_commit_and_of_none_at_the_tip(tmp_path: Path) -> None:
    first = {**fleet.image(1, "gone"), **fleet.image(2, "stays"), "README.md": "x"}
    make(tmp_path / "s.git", [
        Commit("a", [], first), Commit("b", ["a"], {**fleet.image(2, "stays"), "README.md": "x"}),
    ])  # fmt: skip
    manifest = tmp_path / "m.yaml"
    manifest.write_text(
        f"source: {tmp_path}/s.git\ndefaults: {{template: false}}\nimages:\n"
        "  - {directory: gone, repository: one}\n  - {directory: ./stays/, repository: two}\n"
    )
    done = run(manifest, tmp_path / "out")
    assert [one.report["commits_kept"] for one in done.outcomes] == [1, 1]
    assert done.outcomes[0].report["notes"][0].startswith("gone is gone at the tip")


def test_a_file_of_120_mb_in_an_old_commit_comes_along_and_is_said(tmp_path: Path) -> None:
    source = fleet.deployment(tmp_path / "large.git", large=fleet.LARGE)
    manifest = fleet.manifest(tmp_path / "m.yaml", source, defaults="template: false", images=range(3, 6))
    done = run(manifest, tmp_path / "out")
    said = [[line for line in one.report["warnings"] if "MiB" in line] for one in done.outcomes]
    assert said == [[], ["data.bin has 120 MiB in the history: GitHub refuses a push with it"], []]
    assert fleet.SECRET in git("-C", tmp_path / "out/hub03-image", "log", "-p", "main")
    assert fleet.SECRET in git("-C", tmp_path / "out/hub05-image", "log", "--format=%B", "main")
    assert fleet.SECRET not in git("-C", tmp_path / "out/hub04-image", "log", "-p", "--format=", "main")
