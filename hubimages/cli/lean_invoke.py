"""Import invoke without the parts that no task uses, which take a third of its time."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

MOCK = "unittest.mock"  # for invoke's MockContext; brings asyncio and ssl
OWN_YAML = "invoke.vendor.yaml"  # invoke's copy of PyYAML, which is also installed as a dependency of ours


@contextmanager
def lean_invoke() -> Iterator[None]:
    """Import invoke inside of this: with the installed PyYAML, without unittest.mock and without garbage collection."""
    import yaml

    sys.modules.setdefault(OWN_YAML, yaml)
    stand_in = ModuleType(MOCK)
    stand_in.Mock = object  # type: ignore[attr-defined]
    sys.modules.setdefault(MOCK, stand_in)
    gc.disable()
    try:
        yield
    finally:
        if sys.modules.get(MOCK) is stand_in:
            del sys.modules[MOCK]
        gc.enable()
        gc.freeze()  # modules and classes stay: later collections need not look at them
