"""Write what was found into a manifest that a person edits, and bring one up to date without losing their edits."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from hubimages import yaml_text
from hubimages.errors import BadInputError
from hubimages.migration.find import Found, FoundImage

IN_LIST = 4  # columns before the keys of an entry; `add_item` adds them itself


def new_manifest(found: Found) -> str:
    """Return the manifest of everything that was found. The path of a clone is absolute: it holds wherever one is."""
    from ruamel.yaml import YAML

    source = str(Path(found.source).absolute()) if Path(found.source).exists() else found.source
    top = CommentedMap(source=source, ref=found.ref, defaults=CommentedMap(answers={}))
    top.yaml_set_start_comment(
        f"The image directories of {found.source}, {found.ref} at {found.commit[:12]}.\n"
        "Edit the names. Take `skip` away from what is to move, and set it, or remove the entry, for what is not.\n"
        "`defaults` holds answers to the template's questions for all images, such as registry: quay.io."
    )
    top["images"] = [entry(one, IN_LIST) for one in found.images]
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 1000
    text = StringIO()
    yaml.dump(top, text)
    return text.getvalue()


def entry(one: FoundImage, indent: int = 0) -> CommentedMap:
    """Return the manifest's entry of one image, with the facts as comments, as far in as the entry's keys."""
    made = CommentedMap(directory=one.history.directory)
    made["repository"] = one.repository
    if one.history.former_paths:
        made["former_paths"] = [path or "." for path in one.history.former_paths]
    if one.skip:
        made["skip"] = True
    made.yaml_set_comment_before_after_key("repository", before="\n".join(one.facts()), indent=indent)
    return made


def updated_manifest(text: str, name: str, found: Found) -> tuple[str, list[str]]:
    """Return the manifest with the images that it does not have yet, and a line about each difference.

    Nothing that a person wrote is changed. Raises BadInputError for a file that is no manifest.
    """
    known = directories_in(text, name)
    said = []
    for one in found.images:
        directory = one.history.directory
        if directory not in known:
            text = yaml_text.add_item(text, ("images",), entry(one))
            said.append(f"new: {directory}")
        elif one.history.gone and not known[directory].get("skip"):
            said.append(f"no longer there, but not skipped: {directory}, since {one.history.gone}")
    there = {one.history.directory for one in found.images}
    said += [f"not found: {directory}" for directory in known if directory not in there]
    return text, said


def directories_in(text: str, name: str) -> dict[str, Mapping[str, Any]]:
    """Return the entries of a manifest by their directories. Raises BadInputError."""
    try:
        loaded = yaml_text.compose(text).data()
    except yaml_text.UnreadableYamlError as error:
        raise BadInputError(f"{name}: {error}") from error
    images = loaded.get("images") if isinstance(loaded, dict) else None
    if not isinstance(images, list):
        raise BadInputError(
            f"{name} is no manifest: it has no list `images`. Write one: hubimages find-images SOURCE > {name}"
        )
    found: dict[str, Mapping[str, Any]] = {}
    for number, one in enumerate(images, 1):
        directory = one.get("directory") if isinstance(one, dict) else None
        if not isinstance(directory, str):
            raise BadInputError(f"{name}: entry {number} of `images` has no `directory`")
        if directory in found:
            raise BadInputError(f"{name}: two entries of `images` have the directory {directory}. Remove one")
        found[directory] = one
    return found
