"""Load the plain data of a YAML text, where no position matters: whatever is wrong with it, there is one error.

PyYAML and ruamel.yaml raise more than their own errors for text that others wrote: ValueError for a date in month 13,
KeyError for `!!bool maybe`, RecursionError for deep nesting. And a few lines of aliases stand for billions of values,
on which whatever walks over the data never ends.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hubimages.yaml_text.composing import compose_documents
from hubimages.yaml_text.nodes import Node, ScalarNode, SequenceNode, Visits, resolved
from hubimages.yaml_text.unreadable import UnreadableYamlError

MOST_VALUES = 2_000_000  # behind aliases; index.yaml of the largest chart repositories has no alias
MOST_TEXT = 200_000  # of ruamel.yaml, which reads 50 kB in a second, and 10 kB of brackets in brackets
LONG_NUMBER = re.compile(r"[\da-fA-F_:]{3000}")  # in hexadecimal it has 4,300 digits or so, the most that Python writes
BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


def load(text: str) -> Any:
    """Return the first document as PyYAML reads it, at libyaml's speed. Raises UnreadableYamlError."""
    import yaml

    with _reading(yaml.YAMLError):
        return _checked(text, yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def load_all(text: str) -> list[Any]:
    """Return all documents as PyYAML reads them. Raises UnreadableYamlError."""
    import yaml

    with _reading(yaml.YAMLError):
        return [_checked(text, each) for each in yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))]


def load_texts(text: str) -> Any:
    """Return the document with every scalar as the text that it is written as. Raises UnreadableYamlError.

    A duplicate key is refused, and so is a second document.
    """
    documents = compose_documents(text)
    if len(documents) > 1:
        raise UnreadableYamlError(documents[1].line, "another document begins")
    return _texts(documents[0], Visits()) if documents else None


def _texts(node: Node, visits: Visits) -> Any:
    visits.count(node)
    here = resolved(node)
    if isinstance(here, ScalarNode):
        return here.value
    if isinstance(here, SequenceNode):
        return [_texts(each, visits) for each in here.items]
    found: dict[str, Any] = {}
    for key, value in here.pairs:
        name = resolved(key)
        if not isinstance(name, ScalarNode):
            raise UnreadableYamlError(key.line, "a mapping or sequence as key")
        if name.value in found:
            raise UnreadableYamlError(key.line, f"duplicate key {name.value!r}")
        found[name.value] = _texts(value, visits)
    return found


def load_as_ruamel(text: str | bytes) -> Any:
    """Return the first document as chartpress reads it, by YAML 1.2. Raises UnreadableYamlError."""
    if len(text) > MOST_TEXT:
        raise UnreadableYamlError(1, f"longer than {MOST_TEXT:,} characters")
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    with _reading(YAMLError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are printed with lines of the file, and a duplicate anchor is no mistake
        return _checked(text, YAML(typ="safe", pure=True).load(text))


@contextmanager
def _reading(error_of_library: type[Exception]) -> Iterator[None]:
    try:
        yield
    except UnreadableYamlError:
        raise
    except RecursionError:
        raise UnreadableYamlError(1, "nested too deeply") from None
    except (error_of_library, *BROKEN) as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        said = str(getattr(error, "problem", None) or error or type(error).__name__)
        raise UnreadableYamlError(mark.line + 1 if mark else 1, " ".join(said.split())[:160]) from None


def _checked(text: str | bytes, value: Any) -> Any:
    """Return the value. Raises UnreadableYamlError for aliases of too many values, and for a number without end."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if "*" in text or LONG_NUMBER.search(text):
        _count(value, [MOST_VALUES])
    return value


def _count(value: Any, left: list[int]) -> None:
    left[0] -= 1
    if left[0] < 0:
        raise UnreadableYamlError(1, "its aliases expand to too many values")
    if isinstance(value, int):
        str(value)  # ValueError for a number of more digits than Python writes, which others would meet later
    elif isinstance(value, dict):
        for key, inner in value.items():
            _count(key, left)
            _count(inner, left)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            _count(inner, left)
