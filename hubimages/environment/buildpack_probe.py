"""Ask the installed repo2docker what it would build from the current directory; print the answer as JSON.

A program of its own, since repo2docker reads the current directory, and buildpack.py runs it. No engine is needed.
"""

import ast
import importlib
import importlib.metadata
import importlib.util
import json
import logging
import re
import sys
import textwrap
import types
from pathlib import Path
from typing import Any

DOCKER = "DockerBuildPack"


def import_buildpacks() -> tuple[types.ModuleType, list[str]]:
    """Return repo2docker's buildpacks and their names in the order in which it tries them.

    Importing repo2docker as a whole takes twice as long: its `__init__` imports the application, with the engine and
    what fetches repositories. So the order is read from app.py, and what only a build uses is imported when used. A
    repo2docker that is written in another form is imported as it is.
    """
    found = importlib.util.find_spec("repo2docker")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("repo2docker")
    home = Path(found.origin).parent
    names = order_in(home.joinpath("app.py").read_text(encoding="utf-8"))
    before = set(sys.modules)
    try:
        import_late("jinja2")
        import_late("requests")
        sys.modules["repo2docker"] = package("repo2docker", [str(home)])
        sys.modules["docker"] = package("docker", [])
        sys.modules["docker.utils"] = package("docker.utils", [])
        build = types.ModuleType("docker.utils.build")
        build.exclude_paths = None  # type: ignore[attr-defined] # of a build's context
        sys.modules["docker.utils.build"] = build
        module = importlib.import_module("repo2docker.buildpacks")
        if names and all(hasattr(module, name) for name in names):
            return module, names
    except (ImportError, AttributeError):
        pass
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("repo2docker", "docker", "jinja2", "requests"):
            del sys.modules[name]
    application = importlib.import_module("repo2docker.app").Repo2Docker
    names = [each.__name__ for each in application.class_traits()["buildpacks"].default()]
    return importlib.import_module("repo2docker.buildpacks"), names


def package(name: str, path: list[str]) -> types.ModuleType:
    """Return a package without content of its own."""
    made = types.ModuleType(name)
    made.__path__ = path
    return made


def import_late(name: str) -> None:
    """Make a module's import wait until something of it is used."""
    if importlib.util.find_spec(name) is None:
        raise ModuleNotFoundError(name)
    waiting = types.ModuleType(name)

    def use(attribute: str) -> Any:
        if sys.modules.get(name) is waiting:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    waiting.__getattr__ = use  # type: ignore[method-assign]
    sys.modules[name] = waiting


def order_in(source: str) -> list[str]:
    """Return the names in `buildpacks = List([...])` of a class; empty if there is no such line."""
    found = re.search(r"^([ \t]+)buildpacks = List\(.*?^\1\)", source, re.MULTILINE | re.DOTALL)  # or else look at all
    for node in ast.walk(ast.parse(textwrap.dedent(found[0]) if found else source)):
        if not (
            isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call)
        ):
            continue
        given = node.value.args[:1]
        if node.targets[0].id == "buildpacks" and given and isinstance(given[0], ast.List):
            return [each.id for each in given[0].elts if isinstance(each, ast.Name)]
    return []


def attempt(answer: dict[str, Any], key: str, read: Any) -> None:
    """Put what `read` returns into the answer, or the reason why repo2docker fails into its `problems`."""
    try:
        answer[key] = read()
    except Exception as error:
        text = f"{type(error).__name__}: {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        answer["problems"].append({"at": key, "message": text, "line": None if line is None else line + 1})


def choose(module: types.ModuleType, names: list[str], answer: dict[str, Any]) -> Any:
    """Return the buildpack that repo2docker would choose; None if it fails."""
    chosen: list[Any] = []

    def detect() -> str:
        for name in names:
            pack = getattr(module, name)(base_image="")
            if pack.detect():
                chosen.append(pack)
                return name
        chosen.append(module.PythonBuildPack(base_image=""))
        answer["default"] = True
        return "PythonBuildPack"

    attempt(answer, "buildpack", detect)
    return chosen[0] if chosen else None


def read_pack(pack: Any, platforms: list[str], answer: dict[str, Any]) -> None:
    """Put what the buildpack reads from the directory into the answer."""
    attempt(answer, "environment_file", lambda: getattr(pack, "environment_yaml_path", None))
    before = len(answer["problems"])
    attempt(answer, "python", lambda: str(pack.python_version) if hasattr(type(pack), "python_version") else None)
    attempt(answer, "r", lambda: r_version(pack, answer["buildpack"]))
    if len(answer["problems"]) > before:
        return
    for platform in platforms:
        fresh = type(pack)(base_image="")
        fresh.platform = platform
        attempt(answer, f"files for {platform}", lambda fresh=fresh: sorted(fresh.get_build_script_files()))
    pack.platform = platforms[0]
    attempt(answer, "installing", lambda: read_files(pack))
    answer["always"] = always(answer.get(f"files for {platforms[0]}") or [])
    answer["jupyterhub"] = jupyterhub_of(answer.get(f"files for {platforms[0]}") or [])


def r_version(pack: Any, name: str) -> str | None:
    """Return the R version; None if the image has no R, empty if it is the newest."""
    oldest = getattr(sys.modules.get("repo2docker.buildpacks.r"), "RSPM_CUTOFF_DATE", None)
    if name == "RBuildPack" and oldest and pack.checkpoint_date and pack.checkpoint_date < oldest:
        raise ValueError(f"the snapshot date {pack.checkpoint_date} of runtime.txt is before {oldest}")
    if name == "RBuildPack" or getattr(pack, "uses_r", False) is True:
        return str(pack.r_version or "")
    return None


def read_files(pack: Any) -> list[str]:
    """Return the files that the build's steps read."""
    steps = [*pack.get_preassemble_scripts(), *pack.get_assemble_scripts()]
    words = {word.strip("\"'") for _, script in steps for word in script.split()}
    return sorted({*map(str, pack.get_preassemble_script_files()), *(word for word in words if Path(word).is_file())})


def always(files: list[str]) -> list[str]:
    """Return the packages that the environment of these locks was made for."""
    module = importlib.import_module("repo2docker.buildpacks.conda")
    for name in files:
        found = re.fullmatch(r"conda/(environment\.py-[\d.]+)-linux-\w+\.lock", name)
        place = Path(str(module.__file__)).parent / (f"{found[1]}.yml" if found else "")
        if place.is_file():
            entries = re.findall(r"^- ([^#\n]*[^#\s])", place.read_text(encoding="utf-8"), re.MULTILINE)
            return [entry for entry in entries if entry != "conda-forge"]
    return []


def jupyterhub_of(files: list[str]) -> str | None:
    """Return the version of jupyterhub-singleuser in the lock that repo2docker starts from."""
    module = importlib.import_module("repo2docker.buildpacks.conda")
    for name in files:
        place = Path(str(module.__file__)).parent.parent / name
        if name.endswith(".lock") and place.is_file():
            found = re.search(r"/jupyterhub-(?:singleuser|base)-(\d[\w.]*)-", place.read_text(encoding="utf-8"))
            if found:
                return found[1]
    return None


def main() -> None:
    """Print the answer for the platforms given as arguments."""
    logging.disable(logging.CRITICAL)
    try:
        module, names = import_buildpacks()
    except ModuleNotFoundError as error:
        print(json.dumps({"missing": error.name or str(error)}))
        return
    answer: dict[str, Any] = {"version": importlib.metadata.version("jupyter-repo2docker"), "problems": []}
    pack = choose(module, names, answer)
    if pack is not None and answer["buildpack"] != DOCKER:
        read_pack(pack, sys.argv[1:], answer)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
