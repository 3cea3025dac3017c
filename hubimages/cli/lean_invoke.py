"""Import invoke without the parts that no task uses, which take a third of its time."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

STAND_INS: dict[str, dict[str, object]] = {
    "unittest.mock": {"Mock": object},  # for invoke's MockContext; brings asyncio and ssl
    "importlib.metadata": {"version": lambda name: ""},  # for invoke's `__version__`; brings email, zipfile
}
OWN_YAML = "invoke.vendor.yaml"  # invoke's copy of PyYAML, which is also installed as a dependency of ours


@contextmanager
def lean_invoke() -> Iterator[None]:
    """Import invoke inside of this: with the installed PyYAML, with stand-ins, and without garbage collection."""
    import yaml

    sys.modules.setdefault(OWN_YAML, yaml)
    stand_ins = {name: ModuleType(name) for name in STAND_INS.keys() - sys.modules.keys()}
    for name, stand_in in stand_ins.items():
        vars(stand_in).update(STAND_INS[name])
    sys.modules.update(stand_ins)
    gc.disable()
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
        gc.enable()
        gc.freeze()  # modules and classes stay: later collections need not look at them
