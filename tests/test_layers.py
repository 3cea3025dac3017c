"""Guards the direction of imports: a module may use what is below it, never what is above or beside it.

What stands low can then be read, tested and changed without knowing what stands on it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "hubimages"

LAYERS = (
    ("__main__", "demo"),
    ("program",),
    ("tasks", "command_line"),
    # the tasks of one job each
    (
        "tasks_doctor",
        "tasks_registry",
        "tasks_hub_image",
        "tasks_hub_check",
        "tasks_images",
        "tasks_imagebuilding",
        "tasks_live_hub",
        "tasks_point",
    ),
    ("task",),
    ("extract", "build", "doctor"),  # put a history on top of a rendered template; run the contract that it carries
    ("template", "hub_image", "user_image", "imagebuilding", "live_hub"),
    ("delivery",),
    ("pull_request",),
    ("changes",),  # commits of file edits in a deployment repository
    ("yaml_text", "registry"),
    ("git", "file_edit", "staging", "container_engine"),
    ("run", "image_ref", "web_address", "findings"),
    ("console",),
    ("errors",),
    ("__init__",),
)
LEVEL = {name: level for level, names in enumerate(reversed(LAYERS)) for name in names}


def imported(module: Path) -> Iterator[str]:
    """The parts of the package that a module imports, at its top or later."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            if top == PACKAGE.name and rest:
                part = rest.split(".")[0]
                yield part if (PACKAGE / part).is_dir() or (PACKAGE / f"{part}.py").is_file() else "__init__"


def test_imports_run_strictly_downwards() -> None:
    upwards = []
    for module in PACKAGE.rglob("*.py"):
        here = module.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for part in set(imported(module)) - {here}:
            if LEVEL[part] >= LEVEL[here]:
                upwards.append(f"{module.relative_to(PACKAGE)} imports {part}")
    assert upwards == []
