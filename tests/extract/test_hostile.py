"""A source made by somebody who means harm: nothing of it is executed, and nothing is written outside of DEST."""

import shutil

import pytest

from hubimages.errors import HubImagesError, ProgramFailedError, RefusedError
from tests.extract.taking import IMAGE, at, image, take
from tests.histories import Commit, commit_object, git, make, states


@pytest.fixture
def trap(tmp_path):
    """A program that leaves a trace when it is run; and the trace."""
    program, trace = tmp_path / "trap", tmp_path / "trace"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {trace}\nexit 1\n')
    program.chmod(0o755)
    return program, trace


def settings(program) -> str:
    return f"""
[core]
    fsmonitor = {program}
    sshCommand = {program}
    hooksPath = {program.parent / "hooks"}
    alternateRefsCommand = {program}
    pager = {program}
    editor = {program}
    askPass = {program}
    gitProxy = {program}
    attributesFile = {program.parent / "attributes"}
[alias]
    rev-parse = !{program}
    rev-list = !{program}
    cat-file = !{program}
[protocol]
    allow = always
[protocol "ext"]
    allow = always
[uploadpack]
    packObjectsHook = {program}
[diff]
    external = {program}
[diff "x"]
    command = {program}
    textconv = {program}
[filter "x"]
    smudge = {program}
    clean = {program}
    process = {program}
    required = true
[credential]
    helper = !{program}
[gpg]
    program = {program}
[log]
    showSignature = true
[pager]
    log = {program}
    rev-list = {program}
"""


def armed(tmp_path, program):
    """A work tree whose every setting and hook is a trap."""
    (tmp_path / "attributes").write_text("* filter=x diff=x\n")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change", "post-update"):
        (hooks / name).symlink_to(program)
    content = {**image("1"), f"{IMAGE}/.gitattributes": "* filter=x diff=x\n", ".gitattributes": "* filter=x diff=x\n"}
    make(tmp_path / "bare", [Commit("add", [], content), Commit("last", ["add"], {**content, **image("2")})])
    git("clone", "--quiet", tmp_path / "bare", tmp_path / "s")
    with (tmp_path / "s/.git/config").open("a") as config:
        config.write(settings(program))
    for place in (tmp_path / "s/.git/hooks",):
        place.mkdir(exist_ok=True)
        for name in ("post-checkout", "reference-transaction", "post-index-change"):
            (place / name).symlink_to(program)
    return tmp_path / "s"


def test_nothing_that_a_source_configures_is_executed(tmp_path, trap):
    program, trace = trap
    source = armed(tmp_path, program)
    take(source, tmp_path / "d")
    take(f"file://{source}", tmp_path / "e")
    expected = {".gitattributes": "* filter=x diff=x"}
    assert states(tmp_path / "d") == states(tmp_path / "e") == {
        "last": {**at("2"), **expected}, "add": {**at("1"), **expected},
    }  # fmt: skip
    assert not trace.exists()
    assert str(program) not in (tmp_path / "d/.git/config").read_text()


@pytest.mark.parametrize("how", ["\tpromisor\n", "\tpromisor = 1\n", "[extensions]\n\tpartialClone = evil\n", ""])
@pytest.mark.parametrize("address", ["ext::{} x", "ssh://host/x", "file://{}"])
def test_a_source_that_lacks_objects_makes_git_fetch_them_from_nowhere(tmp_path, trap, address, how):
    program, trace = trap
    source = armed(tmp_path, program)
    blob = git("-C", source, "rev-parse", f"HEAD:{IMAGE}/Dockerfile")
    with (source / ".git/config").open("a") as config:
        config.write(f'[remote "evil"]\n\turl = {address.format(program)}\n\tuploadpack = {program}\n{how}')
    for directory in (source / ".git/objects").iterdir():
        shutil.rmtree(directory)
    for ref in (None, blob, "HEAD", "main~1", "v1"):
        with pytest.raises(HubImagesError):
            take(source, tmp_path / "d", ref=ref)
    assert not trace.exists()
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("source", [
    "ext::sh -c 'touch {}'", "--upload-pack=touch {}", "-oProxyCommand=touch {}", "ssh://-oProxyCommand=touch%20{}/x",
    "-oProxyCommand=touch {}:x", "ssh://h/-x", "ext::touch% {}", "host::touch {}",
])  # fmt: skip
def test_an_address_runs_nothing(tmp_path, source):
    with pytest.raises(HubImagesError):
        take(source.format(tmp_path / "trace"), tmp_path / "d")
    with pytest.raises(HubImagesError):
        make(tmp_path / "s", [Commit("add", [], image("1"))])
        take(tmp_path / "s", tmp_path / "d", origin=source.format(tmp_path / "trace"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]


@pytest.mark.parametrize("name", [".git", ".GIT", "..", ".", "git~1"])
def test_a_tree_that_would_write_where_it_must_not_is_refused(tmp_path, name):
    make(tmp_path / "s", [Commit("add", [], image("1"))])
    blob = git("-C", tmp_path / "s", "hash-object", "-w", "--stdin", stdin=b"#!/bin/sh\ntouch /tmp/x")

    def tree(*entries: tuple[str, str, str]) -> str:
        content = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in entries)
        return git("-C", tmp_path / "s", "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=content)

    inner = tree(("100755", "post-checkout", blob))
    hub = tree(("40000", name, inner), ("100644", "Dockerfile", blob))
    top = tree(("40000", "images", tree(("40000", "hub", hub))))
    commit_object(tmp_path / "s", f"tree {top}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm\n".encode())
    with pytest.raises((ProgramFailedError, RefusedError)):
        take(tmp_path / "s", tmp_path / "d")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]


def test_a_symlink_in_the_image_is_a_link_and_never_followed(tmp_path):
    content = {f"{IMAGE}/link": str(tmp_path / "outside"), f"{IMAGE}/Dockerfile": "FROM x"}
    make(tmp_path / "s", [Commit("add", [], content, modes={f"{IMAGE}/link": "120000"})])
    (tmp_path / "outside").mkdir()
    take(tmp_path / "s", tmp_path / "d")
    assert (tmp_path / "d/link").is_symlink()
    assert list((tmp_path / "outside").iterdir()) == []


def test_git_lfs_of_the_users_does_not_fetch_or_fail_at_the_checkout(tmp_path, home):
    (home / ".gitconfig").write_text(
        '[filter "lfs"]\n\tsmudge = test "$GIT_LFS_SKIP_SMUDGE" = 1 && cat\n\tclean = cat\n\trequired = true\n'
    )
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1"
    make(tmp_path / "s", [Commit("add", [], {**image("1"), f"{IMAGE}/data": pointer,
                                             f"{IMAGE}/.gitattributes": "data filter=lfs\n"})])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d")
    assert (tmp_path / "d/data").read_text() == pointer
    assert [warning.split(":")[0] for warning in result.warnings] == ["data"]
