"""Warn of what the move breaks: files of the image, and about it, that lead to what stays behind."""

import posixpath
import re
from collections.abc import Iterator, Sequence

from hubimages import yaml_text
from hubimages.extract.combine import files
from hubimages.extract.history.image_directory import DOCKERFILE
from hubimages.extract.history.trees import Files
from hubimages.repository.git import Repo

LFS_POINTER = b"version https://git-lfs.github.com/spec/v1"
LARGEST_POINTER = 1024  # bytes, by the specification of git-lfs
MEBIBYTE = 1024 * 1024
GITHUB_WARNS, GITHUB_REFUSES = 50 * MEBIBYTE, 100 * MEBIBYTE
COPY = re.compile(r"\s*(?:COPY|ADD)\s+(?:--\S+\s+)*(?P<what>.+)", re.IGNORECASE)
# `#` begins a comment, and `-r`, `-c` and `-e` take a path (https://pip.pypa.io/en/stable/reference/requirements-file-format/).
REQUIREMENTS = re.compile(r"(.*[-_.])?(requirements|constraints|reqs?)([-_.].*)?\.(txt|in)", re.IGNORECASE)
OPTION = r"(?:-r|--requirement|-c|--constraint|-e|--editable)[ =]?\s*+"
REQUIRED = re.compile(rf"\s*+(?:{OPTION})?(?P<what>[^\s#]*\.\./?[^\s#]*)")
REQUIRED_IN_YAML = re.compile(rf"\s*+-\s++[\"']?(?:{OPTION})?(?P<what>[^\s#\"']*\.\./?[^\s#\"']*)")
SOURCED = re.compile(
    r"(?:.*?[;&|]\s*|\s*)(?:RUN\s+)?(?:source|\.|bash|sh|cp|cat|python3?)\s++(?P<what>[^;&|#]*\.\./[^;&|#]*)"
)
SCRIPTS = frozenset({"postBuild", "start", "preBuild", "entrypoint"})


def find(repo: Repo, commit: str, path: str, tree: str) -> list[str]:
    """Return one line for everything at the commit that will not work in its own repository."""
    entries = files(repo, tree)
    found = [*submodules(entries), *symlinks(repo, entries), *paths_above(repo, entries, path)]
    found += [
        *lfs_pointers(repo, commit, entries),
        *build_settings(repo, commit, path),
        *ignored_files(repo, commit, path),
    ]
    return found


def submodules(entries: Files) -> Iterator[str]:
    """Yield the submodules, whose addresses are in `.gitmodules` at the top of SOURCE."""
    for path, (mode, name) in entries.items():
        if mode == "160000":
            yield f"{path} is a submodule at commit {name[:12]}. Add it again: git submodule add ADDRESS {path}"


def symlinks(repo: Repo, entries: Files) -> Iterator[str]:
    """Yield the symlinks that lead out of the directory, or nowhere."""
    links = [(path, name) for path, (mode, name) in entries.items() if mode == "120000"]
    for (path, _), content in zip(links, repo.contents([name for _, name in links]), strict=True):
        target = content.decode(errors="surrogateescape")
        reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if target.startswith("/"):
            continue  # a path in the container, not in the repository
        if reached.startswith(".."):
            yield f"{path} is a symlink to {target}, outside of the image directory. Replace it with a copy"
        elif reached not in entries and not any(other.startswith(reached + "/") for other in entries):
            yield f"{path} is a symlink to {target}, which does not exist"


def paths_above(repo: Repo, entries: Files, place: str) -> Iterator[str]:
    """Yield the lines of the image's files that name a path outside of the directory, or from the top of SOURCE."""
    read = [(path, name) for path, (mode, name) in entries.items() if mode.startswith("100") and patterns_for(path)]
    for (path, _), content in zip(read, repo.contents([name for _, name in read]), strict=True):
        text = joined_lines(content.decode(errors="replace"))
        is_dockerfile = DOCKERFILE.fullmatch(posixpath.basename(path)) is not None
        for number, line in text:
            for pattern in patterns_for(path, line):
                found = pattern.match(line)
                if found and any(leads_out(path, word, from_top=is_dockerfile) for word in found["what"].split()):
                    yield f"{path}:{number} leads out of the image directory: {line.strip()}"
                    break
            if is_dockerfile and place and (found := COPY.match(line)) and "--from" not in line:
                words = [word.strip("\"',[]") for word in found["what"].split()[:-1]]
                if any(word == place or word.startswith((place + "/", f"./{place}/")) for word in words):
                    yield f"{path}:{number} is built from the top of SOURCE. Correct it by hand: {line.strip()}"


def joined_lines(text: str) -> list[tuple[int, str]]:
    """Return (number, line) with continued lines as one."""
    lines: list[tuple[int, str]] = []
    open_line = ""
    begin = 0
    for number, line in enumerate(text.splitlines(), 1):
        begin = begin if open_line else number
        if line.rstrip().endswith("\\") and not line.lstrip().startswith("#"):
            open_line += line.rstrip()[:-1] + " "
            continue
        lines.append((begin, open_line + line))
        open_line = ""
    return [*lines, (begin, open_line)] if open_line else lines


def patterns_for(path: str, line: str = "#!") -> Sequence["re.Pattern[str]"]:
    """Return what to look for in a file, by its name."""
    base = posixpath.basename(path)
    if DOCKERFILE.fullmatch(base):
        return (COPY, SOURCED)
    if REQUIREMENTS.fullmatch(base):
        return (REQUIRED,)
    if base.endswith((".yml", ".yaml")):
        return (REQUIRED_IN_YAML,)
    if base.endswith((".sh", ".bash")) or base in SCRIPTS:
        return (SOURCED,)
    return ()


def leads_out(path: str, word: str, *, from_top: bool) -> bool:
    """Return True for a relative path that leaves the image directory; a Dockerfile's paths are from the top of it."""
    word = word.strip("\"',[]").removeprefix("file:").partition("[")[0]
    if word.startswith(("/", "$", "~", "-")) or "://" in word or ".." not in word.split("/"):
        return False
    above = "" if from_top else posixpath.dirname(path)
    return posixpath.normpath(posixpath.join(above, word)).startswith("..")


def lfs_pointers(repo: Repo, commit: str, entries: Files) -> Iterator[str]:
    """Yield the files kept in git-lfs: their contents, and patterns in the old `.gitattributes`, stay behind."""
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
    where = "" if ".gitattributes" in entries else ", and no .gitattributes tracks them: git lfs track PATTERN"
    yield (
        f"{shown}: kept in git-lfs, only the pointers come along{where}. Copy the contents: "
        f"git -C OLD lfs fetch origin {commit[:12]} && git lfs push --all origin"
    )


def chartpress_files(repo: Repo, commit: str) -> Iterator[tuple[str, str]]:
    """Yield (path, blob) of every chartpress.yaml of a commit."""
    for path, (_, name) in files(repo, commit).items():
        if posixpath.basename(path) == "chartpress.yaml":
            yield path, name


def build_settings(repo: Repo, commit: str, path: str) -> Iterator[str]:
    """Yield what a chartpress.yaml of SOURCE says about the build of this image."""
    found = list(chartpress_files(repo, commit))
    texts = repo.contents([name for _, name in found])
    for (name, _), text in zip(found, texts, strict=True):
        if posixpath.basename(path).encode(errors="surrogateescape") in text and b"images" in text:
            yield from chartpress_settings(name, text, path)


def chartpress_settings(name: str, text: bytes, path: str) -> Iterator[str]:
    """Yield the build arguments, and the build context where it is not the image directory, of one chartpress.yaml."""
    try:
        document = yaml_text.load_as_ruamel(text)
    except yaml_text.UnreadableYamlError:
        yield f"{name} cannot be read. Look there for build arguments of this image"
        return
    charts = document.get("charts", []) if isinstance(document, dict) else []
    for chart in charts if isinstance(charts, list) else []:
        images = chart.get("images") if isinstance(chart, dict) else None
        for image, given in (images if isinstance(images, dict) else {}).items():
            settings = given if isinstance(given, dict) else {}
            above = posixpath.dirname(name)
            context = posixpath.normpath(posixpath.join(above, str(settings.get("contextPath", f"images/{image}"))))
            recipe = settings.get("dockerfilePath")
            dockerfile = posixpath.normpath(posixpath.join(above, str(recipe))) if recipe else f"{context}/Dockerfile"
            if context != path and dockerfile.startswith(path + "/"):
                yield (
                    f"{name} builds {image} from {context if context != '.' else 'the top of SOURCE'}, not from the "
                    f"image directory. Correct {dockerfile} by hand"
                )
            elif context != path:
                continue
            arguments = settings.get("buildArgs")
            if isinstance(arguments, dict) and arguments:
                shown = ", ".join(f"{key}={value}" for key, value in arguments.items())
                yield f"{name} builds {image} with build arguments, which are not set here: {shown}"


def ignored_files(repo: Repo, commit: str, path: str) -> Iterator[str]:
    """Yield the lines of `.gitattributes` and `.dockerignore` at the top of SOURCE that hold for the image's files."""
    names = [".gitattributes", ".dockerignore"]
    found = repo.batch_check([f"{commit}:{name}" for name in names])
    there = [(name, blob) for name, (blob, kind, _) in zip(names, found, strict=True) if kind == "blob"]
    for (name, _), content in zip(there, repo.contents([blob for _, blob in there]), strict=True):
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            pattern = line.split()[0] if line.split() else "#"
            if pattern.startswith(("#", "[")):
                continue
            anchored = pattern.lstrip("!").strip("/")
            if "/" not in anchored or f"{path}/".startswith(anchored.partition("*")[0]) or anchored.startswith(path):
                yield f"{name}:{number} at the top of SOURCE stays behind: {line.strip()}"


def large_files(repo: Repo, blobs: Sequence[tuple[str, int]], commits: Sequence[str]) -> list[str]:
    """Return the files of the history over the sizes at which GitHub warns (50 MiB) and refuses a push (100 MiB)."""
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
        lines.append(f"{paths.get(name, name[:12])} has {size / MEBIBYTE:.0f} MiB in the history: {limit}")
    return lines
