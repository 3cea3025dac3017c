"""Guards the direction of imports and the doors between jobs.

What stands low can be read, tested and changed without knowing what stands on it. What a job does not give in its
`__init__` can be changed without asking anybody.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "hubimages"
MOST_FILES = 15  # of one folder, beside its `__init__`

LAYERS = (
    ("__main__",),
    ("cli",),
    ("migration", "fleet"),  # many images or repositories at once
    # use a rendered template, or the contract that it carries
    ("extract", "build", "doctor", "environment", "update"),
    ("template", "hub_image", "imagebuilding", "live_hub"),
    ("references", "scanning"),
    ("contents",),
    ("repository", "yaml_text", "registry"),
    ("container_engine", "disk", "duration", "markdown", "unpacking"),
    ("run", "image_ref", "findings", "page", "json_text"),
    ("address_login", "transfer"),
    ("console",),
    ("display",),
    ("errors", "signals", "systems"),
    ("__init__",),
)
LEVEL = {name: level for level, names in enumerate(reversed(LAYERS)) for name in names}

# Not jobs: each module of `repository` is an interface by itself, and `cli` is on top of everything.
NO_DOOR = {"repository", "cli"}


@cache
def imports(module: Path) -> list[list[str]]:
    """The dotted names below the package that a module imports, at its top or later."""
    return list(_imports(module))


def _imports(module: Path) -> Iterator[list[str]]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            top, *rest = name.split(".")
            if top == PACKAGE.name and rest:
                yield rest


def is_module(parts: list[str]) -> bool:
    place = PACKAGE.joinpath(*parts)
    return place.is_dir() or place.with_suffix(".py").is_file()


def home(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_imports_run_strictly_downwards() -> None:
    upwards = []
    for module in PACKAGE.rglob("*.py"):
        for parts in imports(module):
            part = parts[0] if is_module(parts[:1]) else "__init__"
            if part != home(module) and LEVEL[part] >= LEVEL[home(module)]:
                upwards.append(f"{module.relative_to(PACKAGE)} imports {part}")
    assert upwards == []


def test_of_another_job_only_what_its_init_gives_is_imported() -> None:
    inside = [
        f"{module.relative_to(PACKAGE)} imports {'.'.join(parts)}"
        for module in PACKAGE.rglob("*.py")
        for parts in imports(module)
        if parts[0] not in {home(module), *NO_DOOR} and len(parts) > 1 and (len(parts) > 2 or is_module(parts))
    ]
    assert inside == []


def test_no_folder_has_more_files_than_one_sees_at_once() -> None:
    folders = {module.parent for module in PACKAGE.rglob("*.py")}
    files = {str(folder.relative_to(PACKAGE)): len([*folder.glob("[!_]*.py")]) for folder in folders}
    assert {folder: number for folder, number in files.items() if number > MOST_FILES} == {}
