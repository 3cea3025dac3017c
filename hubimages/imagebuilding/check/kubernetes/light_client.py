"""Import KubeSpawner and JupyterHub without the parts that make no pod and know no scope.

KubeSpawner's client (kubernetes_asyncio) is generated: it imports about 800 modules, one for each object and API of
Kubernetes, and KubeSpawner makes a pod of some 30 of them. Imported when first used, they cost a third of the time.
JupyterHub's database and the HTTP client, another half of it, are never used here, and classes stand in for theirs.
"""

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

PACKAGE = "kubernetes_asyncio"
LISTS = tuple(f"{PACKAGE}.client{part}" for part in ("", ".api", ".models"))  # modules that only import others
WHOLE = tuple(f"{PACKAGE}.{part}" for part in ("dynamic", "stream", "utils"))  # parts that KubeSpawner does not use
UNUSED = ("jupyterhub.orm", "sqlalchemy", "aiohttp", "multiprocessing.pool", "urllib3")
IMPORTED = re.compile(r"^from ([\w.]+) import (\w+)(?: as (\w+))?$", re.MULTILINE)


@contextmanager
def imported_when_used() -> Iterator[None]:
    """Within the block, import the parts of the client so that each is loaded when it is first used, and the database
    and the HTTP client not at all, unless they are imported already.
    """
    finder = _Finder(tuple(name for name in UNUSED if name not in sys.modules))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        _forget_stand_ins()


def _forget_stand_ins() -> None:
    """Let whoever imports one of the modules from now on get the module itself."""
    for name, module in [*sys.modules.items()]:
        if type(module) is _StandIns:  # isinstance would load a module that is not loaded yet
            del sys.modules[name]
            parent, _, last = name.rpartition(".")
            if parent in sys.modules and vars(sys.modules[parent]).get(last) is module:
                delattr(sys.modules[parent], last)


class _StandIns(ModuleType):
    """A module in which any name is a class, also one of an exception."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (Exception,), {})
        setattr(self, name, made)
        return made


class _StandInLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIns(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Load nothing."""


class _Finder(MetaPathFinder):
    """Finds the modules that only import others, and those that are not used."""

    def __init__(self, unused: tuple[str, ...]) -> None:
        self.unused = unused

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if any(fullname == name or fullname.startswith(f"{name}.") for name in self.unused):
            return ModuleSpec(fullname, _StandInLoader(), is_package=True)
        if fullname not in LISTS and fullname not in WHOLE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader):
            return spec
        spec.loader = importlib.util.LazyLoader(spec.loader) if fullname in WHOLE else _NamesLoader(spec.loader)
        return spec


class _NamesLoader(Loader):
    """Loads a module of `from MODULE import NAME` lines by its names only; any other module as it is."""

    def __init__(self, loader: SourceFileLoader) -> None:
        self.loader = loader

    def exec_module(self, module: ModuleType) -> None:
        homes = {alias or name: (home, name) for home, name, alias in IMPORTED.findall(self._source(module))}
        if not homes:
            self.loader.exec_module(module)
            return

        def find(name: str) -> Any:
            if name in homes:
                home, original = homes[name]
                found = getattr(importlib.import_module(home), original)
            elif importlib.util.find_spec(f"{module.__name__}.{name}"):
                found = importlib.import_module(f"{module.__name__}.{name}")
            else:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            setattr(module, name, found)
            return found

        module.__getattr__ = find  # type: ignore[method-assign]  # PEP 562

    def _source(self, module: ModuleType) -> str:
        return self.loader.get_source(module.__name__) or ""
