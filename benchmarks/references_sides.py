"""The sides that are compared: each takes one edit and gives the file's new text, in the way its users run it."""

import contextlib
import importlib
import importlib.util
import io
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from references_edits import Edit

from hubimages.yaml_text import replace, scalars

Write = Callable[[Edit], str]


@dataclass(frozen=True)
class Side:
    """One way to write a tag; `missing` says why it cannot be run here."""

    name: str
    write: Write | None
    missing: str = ""


def ours(edit: Edit) -> str:
    """Find, write, verify."""
    found = scalars(edit.text)
    return replace(edit.text, {next(scalar for scalar in found if scalar.path == edit.path): edit.value})


def ruamel(edit: Edit) -> str:
    """A round trip, as carefully set as can be: quotes kept, lines never folded, indentation of the file."""
    from ruamel.yaml import YAML

    from hubimages.yaml_text import compose
    from hubimages.yaml_text.layout import indentation

    style = indentation(edit.text, list(compose(edit.text).documents))
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    yaml.allow_duplicate_keys = True
    yaml.indent(mapping=style.mapping, sequence=style.dash + 2, offset=style.dash)
    documents = list(yaml.load_all(edit.text))
    set_at(documents[0], edit)
    stream = io.StringIO()
    yaml.dump_all(documents, stream)
    return stream.getvalue()


def set_at(data: Any, edit: Edit) -> None:
    """Put the value there."""
    *above, last = edit.path
    for step in above:
        data = data[step]
    data[last] = edit.value


def chartpress(edit: Edit) -> str:
    """The function of chartpress that writes values.yaml."""
    module = importlib.import_module("chartpress")
    path = edit.path[:-1] if edit.is_pair else edit.path
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        values = Path(folder) / "values.yaml"
        values.write_text(edit.text, newline="")
        asked = {".".join(map(str, path)): {"repository": edit.image, "tag": edit.new_tag}}
        module._update_values_file_with_modifications(folder, asked)
        return values.read_bytes().decode()


def sed(edit: Edit) -> str:
    """What the public build workflows of images do: `name:tag`, or the tag in the line below, by `sed`, everywhere."""
    with written(edit) as file:
        if edit.is_pair:
            below = run("grep", "--no-filename", "--after-context=1", edit.image, str(file))
            tags = [line.split(": ")[1] for line in below.splitlines() if "tag" in line and ": " in line]
            if not tags:
                return edit.text
            command = f"s,{tags[0]},{edit.new_tag},g"
        else:
            command = f"s,{edit.image}:{edit.old_tag},{edit.image}:{edit.new_tag},g"
        run("sed", "--in-place", "--expression", command, str(file))
        return file.read_bytes().decode()


def jq_path(edit: Edit) -> str:
    """The path in the language of jq and yq."""
    steps = (f"[{json.dumps(step)}]" if not isinstance(step, str) else f'."{step}"' for step in edit.path)
    return re.sub(r"^\[", ".[", "".join(steps))


def python_yq(program: str) -> Write:
    """`yq` of PyPI and Debian, which hands YAML to jq."""

    def write(edit: Edit) -> str:
        with written(edit) as file:
            assignment = f"{jq_path(edit)} = {json.dumps(edit.value)}"
            return run(program, "--yaml-roundtrip", "--width", "1000000", assignment, str(file))

    return write


def go_yq(program: str) -> Write:
    """`yq` of Mike Farah."""

    def write(edit: Edit) -> str:
        with written(edit) as file:
            run(program, "--inplace", f"{jq_path(edit)} = {json.dumps(edit.value)}", str(file))
            return file.read_bytes().decode()

    return write


def bump_action(checkout: Path, yq: str) -> Write:
    """The part of bump-jhub-image-action that changes the file: its own functions, with its `yq` on the path."""
    sys.path.insert(0, str(checkout))
    os.environ["PATH"] = f"{Path(yq).parent}{os.pathsep}{os.environ['PATH']}"
    parser = importlib.import_module("tag_bot.yaml_parser").YamlParser()
    update = importlib.import_module("tag_bot.utils").update_config_with_yq

    def write(edit: Edit) -> str:
        config = update(parser.yaml_string_to_object(edit.text), jq_path(edit), edit.value)
        return str(parser.object_to_yaml_str(config))

    return write


def action_side(checkout: Path | None, yq: str | None) -> Side:
    """bump-jhub-image-action, where it and what it imports are there."""
    name = "bump-jhub-image-action"
    if not checkout or not yq:
        return Side(name, None, "--bump-action CHECKOUT and --go-yq PATH")
    try:
        return Side(name, bump_action(checkout.resolve(), yq))
    except Exception as error:  # whatever it fails with at its import
        return Side(name, None, f"its own requirements ({error})")


def all_sides(action: Path | None, yq: Path | None, folder: Path) -> list[Side]:
    """Ours and every peer; what is not there is named with what it needs."""
    logging.disable()  # chartpress and the action tell what they do
    installed = importlib.util.find_spec("chartpress")
    wrapper = shutil.which("yq")
    if wrapper and "jq" not in said(wrapper, "--help"):
        wrapper = None
    link = folder / "yq"  # the action calls `yq`
    if yq:
        link.symlink_to(yq.resolve())
    return [
        Side("hubimages", ours),
        Side("ruamel.yaml, tuned", ruamel),
        Side("chartpress", chartpress if installed else None, "pip install chartpress"),
        Side("yq of PyPI, over jq", python_yq(wrapper) if wrapper else None, "pip install yq, and jq"),
        Side("yq in Go", go_yq(str(yq)) if yq else None, "--go-yq PATH"),
        action_side(action, str(link) if yq else None),
        Side("sed of the workflows", sed),
    ]


@contextlib.contextmanager
def written(edit: Edit) -> Iterator[Path]:
    """The edit's file, for a program."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "values.yaml"
        file.write_text(edit.text, newline="")
        yield file


def run(*argv: str) -> str:
    """A program's stdout."""
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout.decode()


def said(*argv: str) -> str:
    """What a program says, whatever its status."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return (done.stdout + done.stderr).decode(errors="replace")
