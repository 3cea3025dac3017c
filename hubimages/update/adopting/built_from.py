"""Find what a step of a workflow builds an image from, to notice a build of another folder than the template's."""

import posixpath
import re
import shlex
from collections.abc import Collection

from hubimages.template import IMAGE_FILES
from hubimages.update.adopting.evidence import Found
from hubimages.update.adopting.workflow import EXPRESSION, Step, Text, Workflow

DOCKERFILE = "Dockerfile"
# https://docs.docker.com/build/ci/github-actions/ and https://github.com/redhat-actions/buildah-build
CONTEXT = ("docker/build-push-action", "redhat-actions/buildah-build")
FILES = ("file", "containerfiles", "dockerfiles")
COMMAND = re.compile(
    r"(?<![\w-])(?P<program>(?:docker(?:\s+buildx)?|podman)\s+build|buildah\s+(?:bud|build)|(?:jupyter-)?repo2docker)"
    r"[ \t](?P<words>[^\n]*)"
)
CHANGE = re.compile(r"(?:^|[;&\n])[ \t]*cd[ \t]+([^\s;&]+)")
END = re.compile(r"\s(?:&&|\|\||[;|]).*")
WORKSPACE = re.compile(r"\$\{\{\s*github\.workspace\s*\}\}|\$\{?GITHUB_WORKSPACE\}?|\{\{defaultContext\}\}:?")


def built_from(workflow: Workflow, step: Step, paths: Collection[str]) -> Found | None:
    """Return the Dockerfile, or for repo2docker the folder with a slash at its end, that a step builds an image from.

    None if the step does not say so, or names what is not among the `paths` of the repository. The folder is "" for
    the top.
    """
    if step.uses.value.startswith(CONTEXT):
        given = step.inputs.get("context", Text(".", step.uses.line))
        file = next((step.inputs[name] for name in FILES if name in step.inputs), None)
        folder = _inside(given.value)
        named = _inside(file.value) if file else posixpath.join(folder or "", DOCKERFILE)
        if named is None or folder is None or named not in paths:
            return None
        return Found("source", named, workflow.file, (file or given).line)
    text = step.run.value.replace("\\\n", "  ")  # as many characters, and one line less
    for command in COMMAND.finditer(text):
        moves = [step.directory, *(move[1] for move in CHANGE.finditer(text[: command.start()]))]
        try:
            words = shlex.split(END.sub("", command["words"]))
        except ValueError:
            continue
        source = _of_repo2docker if "repo2docker" in command["program"] else _of_docker
        found = source(words, posixpath.join(*moves), paths)
        if found is not None:
            line = step.run.first + step.run.value[: command.start()].count("\n")
            return Found("source", found, workflow.file, line)
    return None


def is_elsewhere(source: Found, folder: str) -> bool:
    """Return True if the template's build, which reads the `folder` of the image, reads something else."""
    if source.value.endswith("/") or not source.value:  # repo2docker finds binder/ by itself
        return source.value not in ("", folder)
    return source.value != f"{folder}{DOCKERFILE}"


def _of_docker(words: list[str], directory: str, paths: Collection[str]) -> str | None:
    """The Dockerfile of a command: the one that it names, or that of a folder among its words."""
    for word, value in zip(words, [*words[1:], ""], strict=True):
        name = value if word in ("-f", "--file") else word.partition("=")[2] if word.startswith("--file=") else ""
        if name:
            file = _inside(posixpath.join(directory, name))
            return file if file in paths else None
    folders = [_inside(posixpath.join(directory, word)) for word in words if not word.startswith("-")]
    files = [posixpath.join(folder, DOCKERFILE) for folder in folders if folder is not None]
    return next((file for file in reversed(files) if file in paths), None)


def _of_repo2docker(words: list[str], directory: str, paths: Collection[str]) -> str | None:
    """The folder that repo2docker builds: that of --subdir, or one among its words."""
    names = [word for word in words if not word.startswith("-")] + [
        word.partition("=")[2] for word in words if word.startswith("--subdir=")
    ]
    folders = [_inside(posixpath.join(directory, name)) for name in names]
    has_image = [each for each in folders if each and any(f"{each}/{name}" in paths for name in IMAGE_FILES)]
    return f"{has_image[-1]}/" if has_image else None


def _inside(path: str) -> str | None:
    """A path from the top of the repository, "" for the top itself; None if only a run knows it, or it leads out."""
    path = WORKSPACE.sub("./", path.strip())
    if "$" in path or "://" in path or EXPRESSION.search(path):
        return None
    path = posixpath.normpath(path or ".").lstrip("/")
    return None if path.startswith("..") else "" if path == "." else path
