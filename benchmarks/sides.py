"""The two sides that are compared: the recipe that is documented for people, and ours.

Both end with the image's history on top of a template's `main` in a bare repository. Only the `whole` sides render the
template, and follow former paths.
"""

import compileall
import contextlib
import io
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hubimages
from hubimages.extract import Request, Result, extract
from hubimages.template import template_directory

TEMPLATE = {  # no file that an image has, too, but the example that is replaced: the recipe would stop in a conflict
    "environment.yml": "channels:\n- conda-forge\ndependencies:\n- python=3.12\n- jupyterhub\n",
    "ABOUT-THIS-TEMPLATE.md": "# A user image\n\nBuilt and pushed by the workflow in this repository.\n",
    ".github/workflows/template-build.yaml": "on: push\njobs: {}\n",
    ".github/workflows/template-test.yaml": "on: pull_request\njobs: {}\n",
    "template-tests/test_image.py": "def test_image():\n    import jupyterhub\n",
}


@dataclass(frozen=True)
class Run:
    """One run of one side."""

    seconds: float
    tip: str  # of the extracted history, before it was merged
    in_programs: float = 0.0  # of the seconds, those in which a git ran that we started


@dataclass(frozen=True)
class Place:
    """A folder to run in, and the template that both sides build on."""

    path: Path
    template: Path

    def fresh(self, side: str) -> tuple[Path, Path]:
        """A folder for a side's next run, with nothing in it but a bare repository that has the template's `main`."""
        folder = self.path / side
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        origin = folder / "origin.git"
        shutil.copytree(self.template, origin)
        os.sync()  # or one side would wait for what the other wrote
        return folder, origin


def make_place(path: Path) -> Place:
    """Make the template's repository."""
    made, work = path / "template.git", path / "template"
    for name, text in TEMPLATE.items():
        file = work / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git("init", "--quiet", "--initial-branch=main", cwd=work)
    git("add", "--all", cwd=work)
    git("commit", "--quiet", "--message=Begin", cwd=work)
    git("clone", "--quiet", "--bare", "--template=", str(work), str(made), cwd=path)
    return Place(path, made)


def recipe(place: Place, source: str, image_dir: str) -> Run:
    """The documented steps, as a person would type them one after the other."""
    folder, origin = place.fresh("theirs")
    work = folder / "work"
    begin = time.perf_counter()
    git("clone", "--quiet", source, str(work), cwd=folder)
    git("filter-repo", "--quiet", "--subdirectory-filter", image_dir, "--force", cwd=work)
    git("remote", "add", "template", str(origin), cwd=work)
    git("fetch", "--quiet", "template", "main", cwd=work)
    branch = git("symbolic-ref", "--short", "HEAD", cwd=work)
    git("checkout", "--quiet", "-b", "onto-the-template", "FETCH_HEAD", cwd=work)
    git("rm", "--quiet", "environment.yml", cwd=work)
    git("commit", "--quiet", "--message=Remove the example", cwd=work)
    git("merge", "--quiet", "--no-edit", "--allow-unrelated-histories", branch, cwd=work)
    git("push", "--quiet", "template", "HEAD:main", cwd=work)
    return Run(time.perf_counter() - begin, git("rev-parse", f"refs/heads/{branch}", cwd=work))


def operation(place: Place, source: str, image_dir: str) -> Run:
    """Ours, called from a Python that is running: git's processes and all checks included.

    As in the recipe, nobody searches for secrets, which `--push` does: benchmarks/scan.py measures that.
    """
    folder, origin = place.fresh("ours")
    asked = Request(source, image_dir, folder / "ours", origin=str(origin), follow=False, keep_messages=True)
    with contextlib.redirect_stderr(io.StringIO()), watched() as spans:
        begin = time.perf_counter()
        result = extract(asked, lambda question: False)
        push(folder / "ours")
        seconds = time.perf_counter() - begin
    assert isinstance(result, Result)
    return Run(seconds, extracted_tip(origin, result.head), covered(spans))


def push(repository: Path, *address: str) -> None:
    """Push as the last step of an extraction says, and as the recipe does."""
    git("push", "--quiet", *(address or ("origin",)), "main", cwd=repository)


@contextlib.contextmanager
def watched() -> Iterator[list[tuple[float, float]]]:
    """Note when each git began and ended that is started in the block."""
    spans: list[tuple[float, float]] = []

    class Watched(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **more: Any) -> None:
            self.begin = time.perf_counter()
            super().__init__(*args, **more)

        def wait(self, timeout: float | None = None) -> int:
            code: int = super().wait(timeout)
            if isinstance(self.args, Sequence) and self.args[0] == "git":
                spans.append((self.begin, time.perf_counter()))
            return code

    original = subprocess.Popen
    subprocess.Popen = Watched  # type: ignore[misc]
    try:
        yield spans
    finally:
        subprocess.Popen = original  # type: ignore[misc]


def covered(spans: Sequence[tuple[float, float]]) -> float:
    """The seconds in which at least one of these spans runs."""
    total = end = 0.0
    for first, last in sorted(spans):
        total += max(0.0, last - max(first, end))
        end = max(end, last)
    return total


def command(place: Place, source: str, image_dir: str) -> Run:
    """Ours as a program: Python's start and imports included."""
    folder, origin = place.fresh("ours")
    begin = time.perf_counter()
    process = start_command(folder, origin, source, image_dir)
    _, said = process.communicate()
    push(folder / "ours")
    seconds = time.perf_counter() - begin
    if process.returncode:
        raise SystemExit(f"the extraction failed:\n{said.decode(errors='replace')}")
    return Run(seconds, extracted_tip(origin, "main"))


def start_command(folder: Path, origin: Path, source: str, image_dir: str) -> "subprocess.Popen[bytes]":
    """Start it; its result goes to `folder`/ours, to be pushed to `origin`."""
    argv = [sys.executable, "-m", "hubimages", "extract-image", source, image_dir, str(folder / "ours")]
    argv += ["--origin", str(origin), "--no-former-paths", "--keep-messages"]
    return subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def whole_recipe(place: Place, source: str, image_dir: str, former_paths: Sequence[str]) -> Run:
    """All steps of the recipe, with former paths, which a person has to find first, and the template rendered.

    Of the template's own steps, pressing GitHub's button is left out, and `-X theirs` stands for a person who resolves
    the conflicts.
    """
    folder, origin = place.fresh("theirs")
    shutil.rmtree(origin)
    git("init", "--quiet", "--bare", "--initial-branch=main", str(origin), cwd=folder)
    work, made = folder / "work", folder / "made" / "image"
    options = ["--path", image_dir, "--path-rename", f"{image_dir}/:"]
    for path in former_paths:
        options += ["--path", path, "--path-rename", f"{path}/:"]
    begin = time.perf_counter()
    git("clone", "--quiet", "--origin", "source", source, str(work), cwd=folder)
    git("filter-repo", "--quiet", *options, "--force", cwd=work)
    branch = git("symbolic-ref", "--short", "HEAD", cwd=work)
    git("branch", "--move", branch, "staging", cwd=work)  # or `git checkout main` would be ambiguous
    argv = ["cookiecutter", "--no-input", "--output-dir", str(made.parent), str(template_directory()), "repo=image"]
    subprocess.run(argv, check=True, capture_output=True)
    git("init", "--quiet", "--initial-branch=main", cwd=made)
    git("add", "--all", cwd=made)
    git("commit", "--quiet", "--message=Begin", cwd=made)
    git("push", "--quiet", str(origin), "main", cwd=made)
    git("remote", "add", "origin", str(origin), cwd=work)
    git("fetch", "--quiet", "origin", cwd=work)
    git("checkout", "--quiet", "-b", "main", "--track", "origin/main", cwd=work)  # `source` may have one, too
    git("rm", "--quiet", "environment.yml", cwd=work)
    git("commit", "--quiet", "--message=Remove unused environment.yml file", cwd=work)
    merge = ("merge", "--quiet", "--allow-unrelated-histories", "--message=Bring in the image", "-X", "theirs")
    git(*merge, "staging", cwd=work)
    git("push", "--quiet", "origin", "main", cwd=work)
    return Run(time.perf_counter() - begin, git("rev-parse", "staging", cwd=work))


def whole_command(place: Place, source: str, image_dir: str) -> Run:
    """Ours as people run it: template, former paths, messages, all checks, and the push."""
    folder, origin = place.fresh("ours")
    shutil.rmtree(origin)
    git("init", "--quiet", "--bare", "--initial-branch=main", str(origin), cwd=folder)
    argv = [sys.executable, "-m", "hubimages", "extract-image", source, image_dir, str(folder / "ours"), "--yes"]
    begin = time.perf_counter()
    done = subprocess.run(
        [*argv, "--origin", str(origin)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if not done.returncode:
        push(folder / "ours")
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"the extraction failed:\n{done.stderr.decode(errors='replace')}")
    return Run(seconds, extracted_tip(origin, "main"))


def same_tree(place: Place, theirs: str, ours: str) -> bool:
    """Return True if both sides' last `whole` runs end with the same files of the image."""
    one = git("rev-parse", f"{theirs}^{{tree}}", cwd=place.path / "theirs" / "work")
    return one == git("rev-parse", f"{ours}^{{tree}}", cwd=place.path / "ours" / "origin.git")


def extracted_tip(origin: Path, merge: str) -> str:
    """The extracted history's tip: the second parent of what was pushed."""
    return git("rev-parse", f"{merge}^2", cwd=origin)


def same_tip(place: Place, theirs: str, ours: str) -> bool:
    """Whether both sides came to the same commit; the repository of the last `recipe` is asked.

    Where the image had gone by the source's tip, ours ends at the last commit that had it, and theirs goes on.
    """
    if theirs == ours:
        return True
    work = place.path / "theirs" / "work"
    before = subprocess.run(["git", "merge-base", "--is-ancestor", ours, theirs], cwd=work, check=False)
    left = git("ls-tree", "--name-only", theirs, cwd=work).splitlines()
    return before.returncode == 0 and all(name.lower().startswith(("readme", "licen")) for name in left)


def isolate(home: Path) -> None:
    """Let no setting of the person who runs this matter: an empty home, a made-up committer, no questions.

    Both sides have bytecode, as pip leaves it.
    """
    config = home / "gitconfig"
    config.write_text(
        "[user]\nname = Ada Lovelace\nemail = ada@example.org\n[safe]\ndirectory = *\n[advice]\ndetachedHead = false\n"
    )
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for place in {*sysconfig.get_paths().values(), str(Path(hubimages.__file__).parent)}:
        if place.endswith(("site-packages", "hubimages")):
            compileall.compile_dir(place, quiet=2)
    os.environ.update(
        HOME=str(home),
        GIT_CONFIG_GLOBAL=str(config),
        GIT_CONFIG_NOSYSTEM="1",
        GIT_TERMINAL_PROMPT="0",
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # `git filter-repo`
    )


def git(*args: str, cwd: Path) -> str:
    """Run git; its stdout, stripped."""
    done = subprocess.run(["git", *args], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {' '.join(args)} failed:\n{done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="surrogateescape").strip()
