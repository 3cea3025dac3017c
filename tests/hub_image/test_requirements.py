"""Lines of requirements files: pinned, put in their place, and carried over from one file to another."""

import subprocess
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image.experiments.requirements import Difference, check, difference
from hubimages.hub_image.experiments.requirements_file import check_included, entries, entry, put

COMMIT = "7d80b0000d8b11e639f3fe0f63d0711e057a15df"


@pytest.mark.parametrize(
    "spec",
    [
        "oauthenticator",
        "oauthenticator==17.3.0",
        "jupyterhub[extra] >=5,<6",
        "nullauthenticator ; python_version > '3.9'",
        f"git+https://github.com/jupyterhub/oauthenticator.git@{COMMIT}",
        f"oauthenticator[azuread] @ git+https://github.com/jupyterhub/oauthenticator@{COMMIT}",
        f"git+ssh://git@github.com/jupyterhub/oauthenticator@{COMMIT}#egg=oauthenticator",
        "oauthenticator @ https://example.org/oauthenticator-17-py3-none-any.whl",
    ],
)
def test_a_requirement_that_gives_the_same_image_again_is_taken_as_it_is(spec: str) -> None:
    assert check(f" {spec} ", ask=False) == spec


@pytest.mark.parametrize("revision", ["@main", "@17.1.0", "@7d80b00", "@feature/groups", "", "@"])
def test_a_git_requirement_without_a_full_commit_is_refused(revision: str) -> None:
    with pytest.raises(BadInputError, match="write the full commit id, 40 characters, after @"):
        check(f"git+https://github.com/jupyterhub/oauthenticator.git{revision}", ask=False)


@pytest.mark.parametrize(
    "spec", ["", "-r other.txt", "two words", "a==1\nb==2", "https://example.org/a.whl", "--index-url x", "a b @ git+x"]
)
def test_what_is_no_requirement_is_refused(spec: str) -> None:
    with pytest.raises(BadInputError, match="is not a requirement"):
        check(spec, ask=False)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadInputError) as refused:
        check(f"git+https://robot:secret@example.org/a/b@{COMMIT}", ask=False)
    assert "secret" not in str(refused.value)


def test_the_commit_that_a_branch_or_a_tag_stands_for_is_named(tmp_path: Path) -> None:
    def git(*args: str) -> str:
        return subprocess.run(["git", *args], cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "First")
    git("tag", "-a", "-m", "Release", "1.0")
    first = git("rev-parse", "HEAD")
    git("commit", "-q", "--allow-empty", "-m", "Second")
    second = git("rev-parse", "HEAD")
    for revision, commit in (("main", second), ("1.0", first)):
        with pytest.raises(BadInputError, match=f"'{revision}' can change, .* it is {commit} now: write @{commit}"):
            check(f"git+file://{tmp_path}@{revision}", ask=True)
    with pytest.raises(BadInputError, match=f"without a commit it can change, .* it is {second} now"):
        check(f"git+file://{tmp_path}", ask=True)
    with pytest.raises(BadInputError, match="write the full commit id"):
        check(f"git+file://{tmp_path}@absent", ask=True)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Foo_Bar.baz==1  # why", "foo-bar-baz"),
        ("# foo==1", ""),
        ("-e .", ""),
        ("-e git+https://github.com/a/thing@main#egg=thing", "thing"),
        ("https://example.org/dist/some_tool-1.0-py3-none-any.whl", "some-tool"),
        ("./vendored/other-1.0-py3-none-any.whl", "other"),
        ("./vendored/plugin", ""),
        ("-r base.txt", ""),
        ("--extra-index-url https://pypi.example.org/simple", ""),
        ("tool[extra]>=1 ; python_version < '3.13'", "tool"),
        ("tool==1 --hash=sha256:aa --hash=sha256:bb", "tool"),
        ("tool==1 \\\n    --hash=sha256:aa", "tool"),
        (f"git+https://github.com/jupyterhub/oauthenticator.git@{COMMIT}", "oauthenticator"),
        (f"git+https://github.com/a/b@{COMMIT}#egg=other_name&subdirectory=x", "other-name"),
        (f"other @ git+https://github.com/a/b@{COMMIT}", "other"),
    ],
)
def test_the_project_of_a_line(line: str, name: str) -> None:
    assert entry(line).project == name


def test_a_requirement_takes_the_place_of_the_same_project_and_nothing_else_changes() -> None:
    before = "# Hub image\n\nJupyterHub.Fancy_Profiles==0.4.1\nquotas==0.1"
    new = f"git+https://github.com/2i2c-org/jupyterhub-fancy-profiles@{COMMIT}"
    assert put(before, [new, "extra==1"]) == f"# Hub image\n\n{new}\nquotas==0.1\nextra==1\n"
    assert put("", ["extra==1"]) == "extra==1\n"
    assert put("a==1\r\n", ["b==1"]) == "a==1\r\nb==1\r\n"


def test_only_what_the_experiment_itself_changed_is_moved() -> None:
    began = "a==1\nb==1\nc==1\n"
    experiment = "a==1  # as before\nb==2\nd==1\n"
    main = "a==9\nb==1\nc==1\n"
    assert difference(began, experiment, main) == Difference(["b==2", "d==1"], [], ["c==1"])


def test_what_both_sides_changed_is_not_decided_for_the_user() -> None:
    found = difference("a==1\n", "a==2\n", "a==3\n")
    assert (found.moved, found.clashing) == ([], ["a"])


FILE = """\
--extra-index-url https://pypi.example.org/simple
-c https://example.org/constraints.txt
-r base.txt   # shared
-e ./plugins/ours

oauthenticator==17.2.0 ; python_version >= '3.9'  # pinned
https://example.org/dist/tool-1.0-py3-none-any.whl
long-name[one,\\
two]==1.0
Fancy_Profiles==0.4
"""


def test_every_line_stays_as_it_is_but_for_those_replaced() -> None:
    assert "".join(line.text for line in entries(FILE)) == FILE
    after = put(FILE, ["oauthenticator==17.3.0", "fancy-profiles==0.6", "new==1", "long_name==2"])
    assert (
        after
        == FILE.replace("oauthenticator==17.2.0 ; python_version >= '3.9'  # pinned", "oauthenticator==17.3.0")
        .replace("Fancy_Profiles==0.4", "fancy-profiles==0.6")
        .replace("long-name[one,\\\ntwo]==1.0", "long_name==2")
        + "new==1\n"
    )


@pytest.mark.parametrize("text", ["", "a", "a\r\nb\r\n", "\ufeffa==1\n", "a \\\n", "# x \\\nb\n", "\n\n# only\n", FILE])
def test_reading_a_file_and_writing_it_again_gives_the_same_bytes(text: str) -> None:
    assert "".join(line.text for line in entries(text)) == text
    assert put(text, []) == text


def test_hashed_requirements_are_refused() -> None:
    hashed = "a==1 \\\n    --hash=sha256:aa\n"
    with pytest.raises(RefusedError, match="has hashes"):
        put(hashed, ["b==1"], "requirements.txt")


def test_several_lines_for_one_project_are_refused() -> None:
    text = "a==1 ; python_version < '3.9'\na==2 ; python_version >= '3.9'\n"
    with pytest.raises(RefusedError, match="has 2 lines for a"):
        put(text, ["a==3"])


def test_a_project_that_an_included_file_asks_for_is_refused() -> None:
    files = {"hub/base.txt": "-r more.txt\n", "hub/more.txt": "tool==1\n"}
    with pytest.raises(RefusedError, match=r"hub/more.txt, which hub/base.txt includes, has tool==1"):
        check_included("hub/requirements.txt", "-r base.txt\n", ["tool==2"], files.get)
    check_included("hub/requirements.txt", "-r base.txt\n", ["other==2"], files.get)


def test_options_that_only_the_experiment_has_are_moved_too() -> None:
    found = difference("a==1\n", "--extra-index-url https://x.example.org\na==1\n", "a==1\n")
    assert found.moved == ["--extra-index-url https://x.example.org"]
    assert put("a==1\n", found.moved) == "a==1\n--extra-index-url https://x.example.org\n"


@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated", "ignore:Creating a LegacyVersion")  # an older pip
def test_pip_itself_reads_what_is_written(tmp_path: Path) -> None:
    pip = pytest.importorskip("pip._internal.req.req_file", reason="pip is not installed here: python -m ensurepip")
    from pip._internal.network.session import PipSession

    text = put(
        FILE.replace("-r base.txt   # shared\n", "").replace("-c https://example.org/constraints.txt\n", ""), ["new==1"]
    )
    (tmp_path / "requirements.txt").write_text(text)
    parsed = pip.parse_requirements(str(tmp_path / "requirements.txt"), session=PipSession())
    read = [one.requirement for one in parsed]
    assert read == [
        "./plugins/ours", "oauthenticator==17.2.0 ; python_version >= '3.9'",
        "https://example.org/dist/tool-1.0-py3-none-any.whl", "long-name[one,two]==1.0", "Fancy_Profiles==0.4",
        "new==1",
    ]  # fmt: skip
