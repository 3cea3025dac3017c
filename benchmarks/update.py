"""Compare update-image-repo with `copier update` of the same files, in one run.

Both update a repository from the first released version of the template to the installed one, with an answer changed,
after its owner changed a few files. copier gets the two renderings as the two versions of a template: it renders files
of the same number and size, without this template's logic and its hooks. It is installed from PyPI into an environment
of its own. Neither uses the network while it is measured.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

from table import Row, machine, seconds, show

from hubimages import template
from hubimages.template import Origin
from hubimages.update.released import releases
from hubimages.update.rendering import render
from hubimages.update.sources import Source

COPIER = "copier==9.*"
MOST_SECONDS, MOST_RATIO = 2.0, 1.2
CONFIGURATION = """\
_templates_suffix: ""
_subdirectory: content
_envops: {block_start_string: "<%", block_end_string: "%>", variable_start_string: "<<", variable_end_string: ">>",
          comment_start_string: "<#", comment_end_string: "#>"}
registry: {type: str, default: quay.io}
"""
WHO = {f"GIT_{role}_{what}": "bench@localhost" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def main() -> None:
    """Print the table; exit with 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    os.environ.update(WHO, GIT_CONFIG_GLOBAL=os.devnull)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="hubimages-bench-") as temporary:
        place = Path(temporary)
        copier = install(place / "copier")
        old, new = renderings(place)
        theirs, ours = copiers(place, copier, old, new), repository(place / "ours", old)
        times: dict[str, list[Taken]] = {"theirs": [], "ours": []}
        for number in range(runs + 1):  # the first run warms the caches and does not count
            took = (once(theirs, copier_update(copier)), once(ours, hubimages_update()))
            if number:
                times["theirs"].append(took[0])
                times["ours"].append(took[1])
        median = {side: statistics.median(each.seconds for each in taken) for side, taken in times.items()}
        busy = {side: statistics.median(each.processor for each in taken) for side, taken in times.items()}
        ratio = median["ours"] / median["theirs"]
        rows = [
            Row("update", seconds(median["theirs"]), seconds(median["ours"]), f"{ratio:.2f}",
                f"at most {MOST_RATIO} of copier's", met(ratio <= MOST_RATIO)),
            Row("update, seconds", "", seconds(median["ours"]), "", f"at most {MOST_SECONDS:g} s",
                met(median["ours"] <= MOST_SECONDS)),
            Row("processor time", seconds(busy["theirs"]), seconds(busy["ours"]),
                f"{busy['ours'] / busy['theirs']:.2f}", "", ""),
        ]  # fmt: skip
        version = subprocess.run([copier, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        show([*machine(load), f"{version}; {len(new.files)} files; medians of {runs} runs"], rows)
    sys.exit(0 if all(row.verdict != "NOT MET" for row in rows) else 1)


def met(kept: bool) -> str:
    """The word for a promise."""
    return "met" if kept else "NOT MET"


def install(directory: Path) -> Path:
    """Install copier into an environment of its own; return the program."""
    venv.create(directory, with_pip=True)
    argv = [directory / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", COPIER]
    subprocess.run(argv, check=True)
    return directory / "bin/copier"


def renderings(place: Path) -> tuple[template.Rendering, template.Rendering]:
    """What the first version makes of the defaults, and what the installed one makes with another registry."""
    first = releases()[0]
    source = Source(first.extract(place / "source"), first.version, Origin("https://example.org/t", first.commit))
    old = render(source, {"repo": "our-image"}, place / "rendering")
    return old, template.render_files({"repo": "our-image", "registry": "ghcr.io"})


def owner(directory: Path) -> None:
    """Change what an owner changes, without a conflict."""
    for name, text in {".gitignore": "secret/\n", "environment.yml": "  # ours\n"}.items():
        (directory / name).write_text((directory / name).read_text() + text)
    (directory / "image-tests/test_image.py").unlink()
    (directory / "postBuild").write_text("#!/bin/sh\n")
    git(directory, "add", "--all", "--force")
    git(directory, "commit", "--quiet", "-m", "Make it ours")


def repository(directory: Path, old: template.Rendering) -> Path:
    """A repository made from the first version, and changed."""
    old.write(directory)
    git(directory, "init", "--quiet", "--initial-branch=main")
    git(directory, "add", "--all", "--force")
    git(directory, "commit", "--quiet", "-m", "Start")
    owner(directory)
    return directory


def copiers(place: Path, copier: Path, old: template.Rendering, new: template.Rendering) -> Path:
    """The same for copier: a template with two tags, and a repository made from the first."""
    source, dest = place / "template", place / "theirs"
    source.mkdir()
    git(source, "init", "--quiet", "--initial-branch=main")
    (source / "copier.yml").write_text(CONFIGURATION)
    for tag, rendering in (("1.0.0", old), ("2.0.0", new)):
        shutil.rmtree(source / "content", ignore_errors=True)
        rendering.write(source / "content")
        (source / "content/<<_copier_conf.answers_file>>").write_text("<<_copier_answers|to_nice_yaml>>")
        git(source, "add", "--all", "--force")
        git(source, "commit", "--quiet", "-m", tag)
        git(source, "tag", tag)
    subprocess.run([copier, "copy", "--quiet", "--defaults", "--vcs-ref=1.0.0", str(source), str(dest)], check=True)
    git(dest, "init", "--quiet", "--initial-branch=main")
    git(dest, "add", "--all", "--force")
    git(dest, "commit", "--quiet", "-m", "Start")
    owner(dest)
    return dest


def copier_update(copier: Path) -> list[str]:
    """What a person types for copier."""
    return [str(copier), "update", "--quiet", "--defaults", "--data=registry=ghcr.io", "--vcs-ref=2.0.0"]


def hubimages_update() -> list[str]:
    """What a person types for hubimages."""
    return [sys.executable, "-m", "hubimages", "update-image-repo", ".", "--set=registry=ghcr.io"]


@dataclass(frozen=True)
class Taken:
    """What one update took: seconds on the clock, and of all processors, programs that it starts included."""

    seconds: float
    processor: float


def once(repo: Path, argv: list[str]) -> Taken:
    """What one update of a copy of the repository takes. Fails if nothing came of it."""
    copy = repo.with_name(f"{repo.name}-copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(repo, copy, symlinks=True)
    os.sync()
    root = str(Path(__file__).parents[1])
    begin, before = time.perf_counter(), processor_time()
    done = subprocess.run(argv, cwd=copy, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": root})  # fmt: skip
    took = Taken(time.perf_counter() - begin, processor_time() - before)
    branches = [name for name in git(copy, "branch", "--format=%(refname:short)").split() if name != "main"]
    ref = branches[0] if branches else ""
    readme = git(copy, "show", f"{ref}:README.md") if ref else (copy / "README.md").read_text()
    if done.returncode or "ghcr.io/your-organisation" not in readme:
        sys.exit(f"{argv} ended with {done.returncode} and did not update:\n{done.stdout}{done.stderr}")
    return took


def processor_time() -> float:
    """The seconds of processor time of all programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def git(directory: Path, *args: str) -> str:
    """What a git command prints."""
    return subprocess.run(
        ["git", "-C", str(directory), *args], check=True, capture_output=True, text=True
    ).stdout.strip()


if __name__ == "__main__":
    main()
