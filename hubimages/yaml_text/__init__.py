"""Find scalars in YAML text, and replace them without touching another byte: text in, text out."""

from hubimages.yaml_text.insert import add_item, add_key
from hubimages.yaml_text.nodes import AliasNode, MappingNode, Node, ScalarNode, SequenceNode, effective, resolved
from hubimages.yaml_text.quoting import as_text
from hubimages.yaml_text.remove import remove
from hubimages.yaml_text.replace import replace
from hubimages.yaml_text.scalars import Scalar, scalars
from hubimages.yaml_text.tree import Path, Tree, compose, data
from hubimages.yaml_text.unreadable import UnreadableYamlError

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
    "add_item",
    "add_key",
    "as_text",
    "compose",
    "data",
    "effective",
    "remove",
    "replace",
    "resolved",
    "scalars",
]
