"""Find every regular expression of the code, from its source, and what each is used for."""

import ast
import importlib.util
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[3]
TEMPLATE = "<<cookiecutter.repo>>"
# Code that reads what others wrote, of the package and of what it puts into repositories.
FOLDERS = ("hubimages", "freshness", f"{TEMPLATE}/.github/image_build", f"{TEMPLATE}/image-contract")
FILES = ("hooks/answer_rules.py", "hubimages_filters.py", "hubimages_template.py")  # post_gen_project.py is a template
WAYS = {"match": "match", "fullmatch": "fullmatch", "search": "search"}  # all others look for every match
CALLS = frozenset({"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"})
# Where expressions are handed on in tables, or to functions: the one way in which they are used.
HANDED_ON = {
    "hubimages/environment/rules/files.py": "match",
    "hubimages/extract/hazards.py": "match",
    "hubimages/imagebuilding/registry_kinds.py": "fullmatch",
    "hubimages/registry/rights/providers.py": "fullmatch",
    "hubimages/yaml_text/removing.py": "match",
}
PUT_IN = "name"  # for the parts of an expression that are only known when it runs


@dataclass(frozen=True)
class Expression:
    """A regular expression: where it is written, its pattern, and the ways in which it is used."""

    file: str
    name: str  # of the constant, or the function that it is in
    pattern: re.Pattern[Any]
    ways: frozenset[str]

    @property
    def place(self) -> str:
        return f"{self.file}:{self.name}"


@dataclass(frozen=True)
class Unknown:
    """A call whose pattern only the running program knows."""

    file: str
    name: str
    source: str


@cache
def every(files: tuple[str, ...] = ()) -> tuple[tuple[Expression, ...], tuple[Unknown, ...]]:
    """Return the expressions of the code, or of some files, and the calls whose expression is not in the source."""
    trees = {file: ast.parse((ROOT / file).read_text(encoding="utf-8")) for file in sources()}
    uses = _uses(trees)
    found = [each for file in files or trees for each in _in_file(file, trees[file], uses)]
    return (
        tuple(each for each in found if isinstance(each, Expression)),
        tuple(each for each in found if isinstance(each, Unknown)),
    )


def sources() -> list[str]:
    """Return the files of the code, relative to the repository."""
    inside = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path.relative_to(ROOT).as_posix() for path in (*inside, *(ROOT / file for file in FILES))]


def _uses(trees: Mapping[str, ast.AST]) -> Mapping[tuple[str, str], set[str]]:
    """Return which methods are called on a module's constant, in that module and in those that import it."""
    uses: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file, tree in trees.items():
        module = Path(file).stem
        imported = {
            alias.asname or alias.name: ((node.module or "").rpartition(".")[2], alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                uses[imported.get(node.value.id, (module, node.value.id))].add(node.attr)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
                holder = node.value.value
                if isinstance(holder, ast.Name):  # module.CONSTANT.match
                    uses[imported.get(holder.id, ("", holder.id))[1], node.value.attr].add(node.attr)
    return uses


def _in_file(file: str, tree: ast.Module, uses: Mapping[tuple[str, str], set[str]]) -> Iterator[Expression | Unknown]:
    module: ModuleType | None = None
    for call, names in _calls(tree):
        assert isinstance(call.func, ast.Attribute)
        module = module or imported(file)
        name = names[-1] if names else "<module>"
        written = next((word.value for word in call.keywords if word.arg == "pattern"), None) or call.args[0]
        try:
            text = value(written, vars(module))
        except Exception:
            yield Unknown(file, name, ast.unparse(written))
            continue
        if isinstance(text, re.Pattern):
            continue
        pattern = re.compile(text, value(_flags(call), vars(module)))
        if call.func.attr != "compile":
            ways = {WAYS.get(call.func.attr, "finditer")}
        else:
            called = uses.get((Path(file).stem, name), set()) & (CALLS - {"compile"})
            ways = {WAYS.get(each, "finditer") for each in called} or {HANDED_ON.get(file, "finditer")}
        yield Expression(file, name, pattern, frozenset(ways))


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, tuple[str, ...]]]:
    """Yield the calls of `re`, each with the functions and the constant that it is in."""
    waiting: list[tuple[ast.AST, tuple[str, ...]]] = [(tree, ())]
    while waiting:
        node, names = waiting.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = (*names, node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and len(names) < 2:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            names = (*names, target.id) if isinstance(target, ast.Name) and target.id.isupper() else names
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {f"re.{name}" for name in CALLS}:
            yield node, names
        waiting += [(child, names) for child in ast.iter_child_nodes(node)]


def _flags(call: ast.Call) -> ast.expr:
    assert isinstance(call.func, ast.Attribute)
    place = {"compile": 1, "split": 3, "sub": 4, "subn": 4}.get(call.func.attr, 2)
    named = next((word.value for word in call.keywords if word.arg == "flags"), None)
    return named or (call.args[place] if len(call.args) > place else ast.Constant(0))


def value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression in a module; what a text gets put in at run time is `name` here."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_part(part, names) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return value(node.left, names) + value(node.right, names)
    return eval(compile(ast.Expression(ast.fix_missing_locations(node)), "<pattern>", "eval"), dict(names))


def _part(part: ast.expr, names: Mapping[str, Any]) -> str:
    if not isinstance(part, ast.FormattedValue):
        return str(value(part, names))
    try:
        return str(value(part.value, names))
    except NameError:
        return PUT_IN


def imported(file: str) -> ModuleType:
    """Return the module of a file, which for the package is the module itself."""
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if file.startswith(("hubimages/", "freshness/")):
        return importlib.import_module(name)
    folder = str((ROOT / file).parent.parent if "image_build" in file else (ROOT / file).parent)
    unique = f"image_build.{Path(file).stem}" if "image_build" in file else f"of_the_template_{Path(file).stem}"
    before = list(sys.path)
    sys.path.insert(0, folder)
    try:
        if "image_build" in file:
            return importlib.import_module(unique)
        found = importlib.util.spec_from_file_location(unique, ROOT / file)
        assert found is not None and found.loader is not None
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        return module
    finally:
        sys.path[:] = before
