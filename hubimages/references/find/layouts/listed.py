"""The hubs that a person lists in a file: hub name to values files, in order."""

from collections.abc import Iterator
from pathlib import Path

from hubimages.errors import BadInputError
from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import View, join
from hubimages.yaml_text import MappingNode, ScalarNode, SequenceNode, UnreadableYamlError, compose, resolved

EXAMPLE = "HUB: [common.yaml, HUB.yaml]"


def hubs(view: View, file: Path) -> Iterator[Hub]:
    """Yield the hubs of the file. Raises BadInputError if it cannot be read, or names a file that is not there."""
    try:
        tree = compose(file.read_bytes().decode("utf-8"))
    except OSError as error:
        raise BadInputError(f"--hubs {file}: {error.strerror or 'cannot be read'}") from error
    except (UnicodeDecodeError, UnreadableYamlError) as error:
        raise BadInputError(f"--hubs {file}: not YAML ({error}). Write one line per hub, such as {EXAMPLE}") from error
    top = resolved(tree.documents[0]) if tree.documents else None
    if not isinstance(top, MappingNode) or not top.pairs:
        raise BadInputError(f"--hubs {file}: no hubs. Write one line per hub, such as {EXAMPLE}")
    for name, given in nodes.keys(top).items():
        if not isinstance(given, SequenceNode | ScalarNode):
            raise BadInputError(f"--hubs {file}:{given.line}: {name} needs a list of values files, such as {EXAMPLE}")
        paths = [nodes.text(given)] if isinstance(given, ScalarNode) else [nodes.text(item) for item in given.items]
        layers = []
        for path in paths:
            whole = join("", path)
            if whole not in view.known:
                raise BadInputError(
                    f"--hubs {file}:{given.line}: {name}: no file {path} in the repository. Write its path from the "
                    "top of the repository, which --repo names"
                )
            layers.append(Layer(whole))
        yield Hub(name, tuple(layers), layout=f"--hubs {file.name}")
