"""The schemas of check-jsonschema, checked in this process: a library in Rust takes a hundredth of its time."""

import importlib.util
import json
from functools import cache
from pathlib import Path

import jsonschema_rs
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.nodes import ScalarNode


class Constructor(SafeConstructor):
    """Reads a date as the text that JSON has."""


def text(_: SafeConstructor, node: ScalarNode) -> str:
    return str(node.value)


Constructor.add_constructor("tag:yaml.org,2002:timestamp", text)


@cache
def validator(schema: str) -> jsonschema_rs.Validator:
    spec = importlib.util.find_spec("check_jsonschema")
    assert spec is not None and spec.submodule_search_locations is not None
    file = Path(spec.submodule_search_locations[0], "builtin_schemas/vendor", f"{schema}.json")
    return jsonschema_rs.validator_for(json.loads(file.read_text("utf-8")), validate_formats=True)


def problems(schema: str, *files: str | Path) -> list[str]:
    """Return what is wrong in YAML files, one line each; `schema` is a name as in `github-workflows`."""
    reader = YAML(typ="safe")
    reader.Constructor = Constructor
    return [
        f"{file}: {'/'.join(map(str, error.instance_path))}: {error.message}"
        for file in map(Path, files)
        for error in validator(schema).iter_errors(reader.load(file.read_bytes()))
    ]
