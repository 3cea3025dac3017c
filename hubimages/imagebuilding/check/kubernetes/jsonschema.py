"""Import jsonschema without a part that takes a second to import and that nothing here uses."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

GRAMMAR = "rfc3987_syntax"  # for the format `iri`, which no schema of Kubernetes has; jupyter_server installs it


@contextmanager
def without_grammar() -> Iterator[None]:
    """Import jsonschema within the block as if that package were not installed: 0.1 s instead of 1.3 s.

    KubeSpawner's Kubernetes client also imports jsonschema, so both imports need this block.
    """
    if GRAMMAR in sys.modules or "jsonschema" in sys.modules:
        yield
        return
    sys.modules[GRAMMAR] = None  # type: ignore[assignment]  # documented: the import then fails as not installed
    try:
        yield
    finally:
        sys.modules.pop(GRAMMAR, None)
