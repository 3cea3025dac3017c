"""The text of a file while what builds an image is taken out of it."""

from collections.abc import Collection
from dataclasses import dataclass, field

from hubimages import yaml_text

Path = yaml_text.Path


@dataclass
class Edited:
    """A YAML file: its text, what was removed from it, and what a person has to look at."""

    file: str
    text: str
    removed: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    is_gone: bool = False  # nothing of use would be left, so the file goes

    def remove(self, path: Path) -> None:
        """Remove what is at a path."""
        self.text = yaml_text.remove(self.text, path)

    def remove_from_list(self, path: Path, unwanted: Collection[str]) -> None:
        """Remove the texts from the list, or the one text, at a path; without any left the key goes, too."""
        node = yaml_text.compose(self.text).find(path)
        if isinstance(node, yaml_text.ScalarNode) and node.value in unwanted:
            self.remove(path)
        if not isinstance(node, yaml_text.SequenceNode):
            return
        items = [yaml_text.resolved(item) for item in node.items]
        places = [
            number for number, item in enumerate(items)
            if isinstance(item, yaml_text.ScalarNode) and item.value in unwanted
        ]  # fmt: skip
        if places and len(places) == len(items):
            self.remove(path)
            return
        for number in reversed(places):
            self.remove((*path, number))

    def line(self, path: Path) -> int:
        """Return the line of a key or item."""
        tree = yaml_text.compose(self.text)
        node = tree.find_key(path) or tree.find(path)
        return node.line if node else 0
