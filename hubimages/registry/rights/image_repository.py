"""Read the image's name and the workflow's settings from an image repository."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubimages.errors import BadInputError, message_of

FILE = "noxfile.py"
# What the template writes while the image's destination is not set.
PLACEHOLDERS = ("your-organisation", "000000000000.", "yourregistry.")
SETTINGS = ("LOGIN", "SETTINGS")  # the name of the table in today's template, and in its first version


@dataclass(frozen=True)
class ImageRepository:
    """The image's name in `noxfile.py`, its line, and the kind of each setting by its name."""

    directory: Path
    image: str
    line: int | None
    settings: Mapping[str, str] = field(default_factory=dict)


def read_image_repository(directory: Path, environment: Mapping[str, str]) -> ImageRepository:
    """Return the image repository in a directory. IMAGE in the environment overrides the file, as in its sessions.

    Executes nothing of the repository. Raises BadInputError if it is not made from the template.
    """
    file = directory / FILE
    try:
        if not directory.is_dir():
            raise BadInputError(f"no directory {directory}. Name a clone of an image repository: {FILE} has the image")
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise BadInputError(
            f"no {FILE} in {directory}: PATH is the directory of a repository that was made from the template"
        ) from missing
    except (OSError, ValueError, SyntaxError, MemoryError, RecursionError) as error:  # the last two for deep nesting
        raise BadInputError(f"{file} cannot be read: {message_of(error) or 'it is nested too deeply'}") from error
    named, line, settings = "", None, {}
    for name, value in _assigned(tree):
        if name == "IMAGE":
            named, line = _text(value), value.lineno
        if name in SETTINGS and isinstance(value, ast.Dict):
            settings = _texts(value)
    if environment.get("IMAGE"):
        named, line = environment["IMAGE"], None
    if not named:
        where = f"{file}:{line}" if line else str(file)
        raise BadInputError(
            f"{where} names no image that can be read without running the file: it needs a line "
            'IMAGE = "HOST/NAME", as the template writes it'
        )
    return ImageRepository(directory, named, line, settings)


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for statement in tree.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name) and statement.value:
            yield target.id, statement.value


def _text(value: ast.expr) -> str:
    """Return a text, or the default of `os.environ.get("IMAGE", "...")`; empty for anything else."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) in ("os.environ.get", "os.getenv"):
        value = value.args[1] if len(value.args) == 2 else value
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def _texts(table: ast.Dict) -> dict[str, str]:
    pairs = zip(table.keys, table.values, strict=True)
    return {
        str(key.value): str(value.value)
        for key, value in pairs
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
    }
