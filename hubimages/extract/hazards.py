"""What moving the directory breaks: things in it, or about it, that lead to what stays behind."""

import posixpath
import re
from collections.abc import Iterator, Sequence

from hubimages.extract.combine import Files, files
from hubimages.extract.history.image_directory import DOCKERFILE
from hubimages.repository.git import Repo

LFS_POINTER = b"version https://git-lfs.github.com/spec/v1"
LARGEST_POINTER = 1024  # bytes, by the specification of git-lfs
MEBIBYTE = 1024 * 1024
GITHUB_WARNS, GITHUB_REFUSES = 50 * MEBIBYTE, 100 * MEBIBYTE
COPY_FROM_ABOVE = re.compile(
    rb"^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*(?P<what>[^\n]*?(?:^|[\s\"'\[,])\.\./[^\n]*)", re.IGNORECASE | re.MULTILINE
)


def find(repo: Repo, commit: str, path: str, tree: str) -> list[str]:
    """One line for everything at the commit that will not work in a repository of its own."""
    entries = files(repo, tree)
    found = [*submodules(entries), *symlinks(repo, entries), *copies_from_above(repo, entries)]
    return [*found, *lfs_pointers(repo, commit, entries), *build_arguments(repo, commit, path)]


def submodules(entries: Files) -> Iterator[str]:
    """Submodules: `.gitmodules`, which has their addresses, is at the top of the old repository."""
    for path, (mode, name) in entries.items():
        if mode == "160000":
            yield f"{path} is a submodule (commit {name[:12]}): add it again, git submodule add ADDRESS {path}"


def symlinks(repo: Repo, entries: Files) -> Iterator[str]:
    """Symlinks that lead outside of the directory, or nowhere."""
    links = [(path, name) for path, (mode, name) in entries.items() if mode == "120000"]
    for (path, _), content in zip(links, repo.contents([name for _, name in links]), strict=True):
        target = content.decode(errors="surrogateescape")
        reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if target.startswith("/"):
            continue  # a place in the container, not in the repository
        if reached.startswith(".."):
            yield f"{path} is a symlink to {target}, outside of the image directory: put a copy in its place"
        elif reached not in entries and not any(other.startswith(reached + "/") for other in entries):
            yield f"{path} is a symlink to {target}, which is not there"


def copies_from_above(repo: Repo, entries: Files) -> Iterator[str]:
    """Dockerfiles that copy from above the image directory."""
    dockerfiles = [
        (path, name)
        for path, (mode, name) in entries.items()
        if mode.startswith("100") and DOCKERFILE.fullmatch(posixpath.basename(path))
    ]
    for (path, _), content in zip(dockerfiles, repo.contents([name for _, name in dockerfiles]), strict=True):
        for line in COPY_FROM_ABOVE.finditer(content):
            shown = line[0].decode(errors="replace").strip()
            yield f"{path} copies from outside of the image directory: {shown}"


def lfs_pointers(repo: Repo, commit: str, entries: Files) -> Iterator[str]:
    """Files kept in git-lfs: their contents, and the patterns in the old `.gitattributes`, stay behind."""
    regular = [(path, name) for path, (mode, name) in entries.items() if mode.startswith("100")]
    sizes = repo.batch_check([name for _, name in regular])
    small = [
        row for row, (_, kind, size) in zip(regular, sizes, strict=True) if kind == "blob" and size < LARGEST_POINTER
    ]
    contents = repo.contents([name for _, name in small])
    pointers = [path for (path, _), content in zip(small, contents, strict=True) if content.startswith(LFS_POINTER)]
    if not pointers:
        return
    shown = ", ".join(pointers[:3]) + (f" and {len(pointers) - 3} more" if len(pointers) > 3 else "")
    where = "" if ".gitattributes" in entries else ", and there is no .gitattributes here to say so: git lfs track them"
    yield (
        f"{shown}: kept in git-lfs, only the pointers came along{where}; copy the contents, "
        f"git -C OLD lfs fetch origin {commit[:12]} && git lfs push --all origin"
    )


def chartpress_files(repo: Repo, commit: str) -> Iterator[tuple[str, str]]:
    """(path, blob) of every chartpress.yaml of a commit, wherever it is."""
    for path, (_, name) in files(repo, commit).items():
        if posixpath.basename(path) == "chartpress.yaml":
            yield path, name


def build_arguments(repo: Repo, commit: str, path: str) -> Iterator[str]:
    """Build arguments that a chartpress.yaml of the old repository gives to this image."""
    found = list(chartpress_files(repo, commit))
    texts = repo.contents([name for _, name in found])
    for (name, _), text in zip(found, texts, strict=True):
        if posixpath.basename(path).encode(errors="surrogateescape") in text and b"buildArgs" in text:
            yield from chartpress_arguments(name, text, path)


def chartpress_arguments(name: str, text: bytes, path: str) -> Iterator[str]:
    """The build arguments of the images of one chartpress.yaml whose build context is the directory."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe", pure=True).load(text)
    except YAMLError:
        yield f"{name} cannot be read: look there for build arguments of this image"
        return
    charts = document.get("charts", []) if isinstance(document, dict) else []
    for chart in charts if isinstance(charts, list) else []:
        for image, settings in (chart.get("images") or {}).items():
            context = (settings or {}).get("contextPath", f"images/{image}")
            here = posixpath.normpath(posixpath.join(posixpath.dirname(name), str(context)))
            arguments = (settings or {}).get("buildArgs")
            if here == path and arguments:
                given = ", ".join(f"{key}={value}" for key, value in arguments.items())
                yield f"{name} builds {image} with build arguments, which are not known here: {given}"


def large_files(repo: Repo, blobs: Sequence[tuple[str, int]], commits: Sequence[str]) -> list[str]:
    """Files over the sizes at which GitHub warns (50 MiB) and refuses a push (100 MiB), anywhere in the history."""
    large = {name: size for name, size in blobs if size > GITHUB_WARNS}
    if not large:
        return []
    paths: dict[str, str] = {}
    for line in repo.text("rev-list", "--objects", *commits).split("\n"):
        name, _, path = line.partition(" ")
        if name in large:
            paths[name] = path
    lines = []
    for name, size in sorted(large.items(), key=lambda item: -item[1]):
        limit = "GitHub refuses a push with it" if size > GITHUB_REFUSES else "GitHub warns about it"
        lines.append(f"{paths.get(name, name[:12])} has {size / MEBIBYTE:.0f} MiB, somewhere in the history: {limit}")
    return lines
