"""Find, replace, add and remove in YAML text without touching another byte. Text in, text out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hubimages.yaml_text.nodes import (
    AliasNode,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Visits,
    effective,
    pair_of,
    resolved,
)
from hubimages.yaml_text.tree import Path, Tree, compose, data
from hubimages.yaml_text.unreadable import UnreadableYamlError

if TYPE_CHECKING:
    from hubimages.yaml_text.finding import Scalar, scalars
    from hubimages.yaml_text.insert import add_item, add_key
    from hubimages.yaml_text.loading import load, load_all, load_as_ruamel, load_texts
    from hubimages.yaml_text.quoting import as_text
    from hubimages.yaml_text.removing import remove
    from hubimages.yaml_text.replacing import replace

__all__ = [
    "AliasNode",
    "MappingNode",
    "Node",
    "Path",
    "Scalar",
    "ScalarNode",
    "SequenceNode",
    "Tree",
    "UnreadableYamlError",
    "Visits",
    "add_item",
    "add_key",
    "as_text",
    "compose",
    "data",
    "effective",
    "load",
    "load_all",
    "load_as_ruamel",
    "load_texts",
    "pair_of",
    "remove",
    "replace",
    "resolved",
    "scalars",
]

# Imported when first used: listing images writes nothing, and these imports would take a tenth of its time.
LATER = {
    "Scalar": "finding",
    "add_item": "insert",
    "add_key": "insert",
    "as_text": "quoting",
    "load": "loading",
    "load_all": "loading",
    "load_as_ruamel": "loading",
    "load_texts": "loading",
    "remove": "removing",
    "replace": "replacing",
    "scalars": "finding",
}


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{LATER[name]}"), name)
