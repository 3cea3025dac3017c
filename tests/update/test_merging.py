"""What the template changed, renamed, removed and added, merged with what its owner changed."""

import json
from pathlib import Path

import pytest

from tests.update.repositories import blob, commit, files, git, update, work_tree

TEXT = "".join(f"line {number} of a file that both sides have\n" for number in range(40))


def told(repo: Path, *words: str, code: int = 0) -> dict:
    """The update as JSON; the earlier template is at an address that is not this project's."""
    return json.loads(update(repo, "--json", "--yes", *words, code=code).stdout)


def kinds(report: dict) -> dict[str, str]:
    return {each["file"]: each["kind"] for each in report["conflicts"]}


def test_the_earlier_template_is_fetched_from_the_address_and_commit_recorded(earlier):
    repo = earlier({"noxfile.py": "# an earlier noxfile\n", "gone.txt": "of the earlier template\n", "start": "x\n"})
    report = told(repo)
    assert {"removes gone.txt", "changes noxfile.py"} <= set(report["changed"])
    assert "gone.txt" not in files(repo, report["branch"])
    assert b"earlier noxfile" not in blob(repo, f"{report['branch']}:noxfile.py")


def test_a_file_that_the_template_renamed_takes_the_owners_change_along(earlier):
    repo = earlier(moved={"checks/contract.py": "image-contract/test_contract.py"})
    path = repo / "checks/contract.py"
    path.write_text(path.read_text() + "\n# ours\n")
    commit(repo)
    report = told(repo)
    after = files(repo, report["branch"])
    assert "renames checks/contract.py to image-contract/test_contract.py" in report["changed"]
    assert "checks/contract.py" not in after
    assert after["image-contract/test_contract.py"][1].endswith(b"\n# ours\n")


def test_a_file_that_the_owner_renamed_gets_the_templates_change(earlier):
    old = TEXT.replace("line 20", "line twenty")
    repo = earlier({"noxfile.py": _like("noxfile.py", "import os\n", "import os  # earlier\n"), "x.txt": old})
    (repo / "noxfile.py").rename(repo / "sessions.py")
    commit(repo)
    after = files(repo, told(repo)["branch"])
    assert "noxfile.py" not in after
    assert b"# earlier" not in after["sessions.py"][1]


def test_sessions_at_the_end_of_the_noxfile_are_no_conflict_when_the_last_function_changes(earlier):
    last = "    report.summarise(session, reference, digest, pushed, to_pull)\n"
    repo = earlier({"noxfile.py": _like("noxfile.py", last, last.replace("to_pull", "[]"))})
    ours = "\n\n@nox.session\ndef notebooks(session: nox.Session) -> None:\n    session.log('ours')\n"
    path = repo / "noxfile.py"
    path.write_text(path.read_text() + ours)
    commit(repo)
    report = told(repo)
    merged = blob(repo, f"{report['branch']}:noxfile.py").decode()
    assert (report["conflicts"], merged.endswith(ours), last in merged) == ([], True, True)


def _like(path: str, now: str, then: str) -> str:
    """A file of the installed template, with what it was before."""
    from hubimages.template import template_directory

    text = (template_directory() / "<<cookiecutter.repo>>" / path).read_text()
    assert now in text
    return text.replace(now, then, 1)


def test_what_the_owner_deleted_stays_deleted_though_the_template_changed_it(earlier):
    repo = earlier({"image-tests/README.md": "Earlier.\n"})
    (repo / "image-tests/README.md").unlink()
    commit(repo)
    report = told(repo)
    assert report["stays_deleted"] == ["image-tests/README.md"]
    assert report["conflicts"] == []
    assert "image-tests/README.md" not in files(repo, report["branch"])


def test_what_the_owner_deleted_stays_deleted_though_the_template_renamed_it(earlier):
    repo = earlier(moved={"checks/contract.py": "image-contract/test_contract.py"})
    (repo / "checks/contract.py").unlink()
    commit(repo)
    report = told(repo)
    assert report["conflicts"] == []
    assert not {"image-contract/test_contract.py", "checks/contract.py"} & files(repo, report["branch"]).keys()


def test_what_the_template_removed_goes_unless_the_owner_changed_it(earlier):
    repo = earlier({"one.txt": TEXT, "two.txt": TEXT.replace("line", "row")})
    (repo / "two.txt").write_text(TEXT.replace("line", "row") + "ours\n")
    commit(repo)
    report = told(repo, code=1)
    assert kinds(report) == {"two.txt": "modify/delete"}
    assert not (repo / "one.txt").exists()
    assert (repo / "two.txt").read_text().endswith("ours\n")


def test_what_both_added_is_a_conflict_unless_it_is_the_same(earlier):
    repo = earlier({".dockerignore": None, "image-tests/README.md": None})
    now = earlier(name="now")
    (repo / ".dockerignore").write_text("our own\n")
    (repo / "image-tests/README.md").write_bytes((now / "image-tests/README.md").read_bytes())
    commit(repo)
    report = told(repo, code=1)
    assert kinds(report) == {".dockerignore": "add/add"}
    assert "our own\n" in (repo / ".dockerignore").read_text()


@pytest.mark.parametrize("renamed", [False, True])
def test_a_file_with_the_owners_line_ends_gets_the_templates_change_with_them(renamed, earlier):
    now = "image-contract/test_contract.py"
    place = "checks/contract.py" if renamed else now
    then = _like(now, '"""', '"""Earlier. ')
    repo = earlier({now: then}, moved={place: now} if renamed else None)
    path = repo / place
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"# ours\r\n")
    commit(repo)
    report = told(repo)
    after = blob(repo, f"{report['branch']}:{now}")
    assert b"Earlier. " not in after
    assert after.endswith(b"\r\n# ours\r\n")
    assert after.count(b"\n") == after.count(b"\r\n")


def test_a_new_file_goes_into_the_folder_that_the_owner_renamed(earlier):
    repo = earlier({"image-tests/README.md": None})
    (repo / "image-tests").rename(repo / "our-tests")
    commit(repo)
    report = told(repo)
    assert "our-tests/README.md" in files(repo, report["branch"])
    assert not [path for path in files(repo, report["branch"]) if path.startswith("image-tests/")]


def test_modes_of_both_sides_are_kept(earlier):
    repo = earlier({"image-tests/README.md": "Earlier.\n"})
    (repo / "image-tests/README.md").chmod(0o755)
    commit(repo)
    mode, text = files(repo, told(repo)["branch"])["image-tests/README.md"]
    assert mode == "100755"
    assert text != b"Earlier.\n"


def test_a_persons_git_configuration_does_not_change_the_merge(earlier):
    repo = earlier(moved={"checks/contract.py": "image-contract/test_contract.py"})
    path = repo / "checks/contract.py"
    path.write_text(path.read_text() + "\n# ours\n")
    commit(repo)
    for name, value in {
        "merge.renames": "false", "diff.renames": "false", "merge.directoryRenames": "false", "core.autocrlf": "true",
        "core.quotePath": "true", "color.ui": "always", "diff.noprefix": "true", "log.showSignature": "true",
    }.items():  # fmt: skip
        git(repo, "config", name, value)
    report = told(repo)
    assert blob(repo, f"{report['branch']}:image-contract/test_contract.py").endswith(b"\n# ours\n")


def test_conflicts_are_left_as_git_leaves_them_and_go_on_and_back(earlier):
    repo = earlier({"image-tests/README.md": "Earlier.\n", "gone.txt": "x\n"})
    (repo / "image-tests/README.md").write_text("Ours.\n")
    head = commit(repo)
    before = work_tree(repo)
    done = update(repo, "--yes", code=1)
    branch = git(repo, "branch", "--show-current")
    assert branch.startswith("update-to-template-")
    assert "  conflict in image-tests/README.md: you and the template changed the same lines" in done.stdout
    assert git(repo, "diff", "--name-only", "--diff-filter=U") == "image-tests/README.md"
    assert "<<<<<<< HEAD\nOurs.\n=======\n" in (repo / "image-tests/README.md").read_text()
    assert not (repo / "gone.txt").exists()
    assert git(repo, "rev-parse", "HEAD") == head
    assert "A cherry-pick is in progress".lower() in update(repo, "--yes", code=3).stderr.lower()
    back = next(line for line in done.stdout.splitlines() if line.startswith("Go back: ")).removeprefix("Go back: ")
    for command in back.split(" && "):
        git(repo, *command.split()[3:])
    assert git(repo, "status", "--porcelain", "--branch") == "## main"
    assert git(repo, "for-each-ref", "--format=%(refname) %(objectname)") == f"refs/heads/main {head}"
    assert work_tree(repo) == before

    lines = update(repo, "--yes", code=1).stdout.splitlines()
    (repo / "image-tests/README.md").write_text("Both.\n")
    start = next(number for number, line in enumerate(lines) if line.startswith("Go on: "))
    for command in lines[start + 1].split(" && "):
        git(repo, *command.split()[3:])
    assert git(repo, "log", "--format=%an %s", "-2") == (
        f"Ada Lovelace Update to version {branch.rpartition('-')[2]} of the hubimages template\nAda Lovelace Change it"
    )
    assert git(repo, "status", "--porcelain") == ""
    assert update(repo).stdout.startswith("Nothing to do: ")
