"""Every reference that is found can be bumped: one line changes, and Helm reads the new tag there and nothing else.

`HUBIMAGES_DEPLOYMENTS` names folders of clones of real deployment repositories, as PATH does: they are only read.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import pytest

from hubimages.references import Inventory, Place, Reference, find_references
from hubimages.references.change.retag import Target, edits_in_turn
from hubimages.references.find.scan import references_in
from hubimages.repository.file_edit import FileEdit
from tests.references.deployment import CLUSTERS, deployment
from tests.references.pointing import FILES
from tests.references.test_instead_of import FORMS, written

REAL = [folder for folder in os.environ.get("HUBIMAGES_DEPLOYMENTS", "").split(os.pathsep) if folder]
# A commit that is no number, three that Helm reads as numbers without quotes, a date, a word that is true.
TAGS = ("e4c1f2a9b7d0", "5115e56", "1.10", "0123456", "2026.07.01", "on")
Leaves = dict[tuple[str | int, ...], Any]
DIGEST, NEW_DIGEST = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
MORE = {
    "hubs/a/hubploy.yaml": "images:\n  images:\n    - name: quay.io/g/a:0a1b2c3d4e5f\n      path: image/\n",
    "hubs/b/hubploy.yaml": "images:\n  image_name: quay.io/g/b:0a1b2c3d4e5f\n  registry: {provider: gcloud}\n",
    "images/Dockerfile": "ARG TAG=1.0\nFROM quay.io/g/base:$TAG\nFROM jupyterhub/k8s-hub:3.3.8 AS hub\n",
    ".env": "JUPYTERHUB_SINGLEUSER_IMAGE='quay.io/g/a:1' # here\nexport IMAGE=quay.io/g/b\n",
    "chart/templates/pod.yaml": "{{ if .Values.x }}\n  - image: quay.io/g/a:1\n    name: quay.io/g/a\n{{ end }}\n",
    "several.yaml": f"image: a/b:1\n---\nimage: a/b:1@{DIGEST}\n--- # last\n{{image: {{name: a/b, tag: !!str 1.0}}}}",
    "digests.yaml": f"a: {{image: a/b@{DIGEST}}}\nb: {{image: {{name: a/b, tag: '1', digest: {DIGEST}}}}}\n",
    "emoji.yaml": "\ufeffname: \U0001f600 \u2028 x\r\nimage: \U0001f600\r\nx: {image: 'a/b:1'}\r\nimages: [a/b:1]",
    "escapes.yaml": 'image:\n  name: "a\\/b"\n  tag:\n    "1.\\x30" # on its own line\nother: {"image": "a\\/b:1"}\n',
    "tabs and spaces ä.yaml": "image:\t\n  tag:\t1.0\t# tab\n  name:  a/b \n'image' : &x a/c:1\nbuild_image: *x\n",
    "config/clusters/split/cluster.yaml": "name: split\nhubs:\n"
    "- {name: prod, helm_chart_values_files: [names.yaml, tags.yaml]}\n"
    "- {name: staging, helm_chart_values_files: [tags.yaml, names.yaml]}\n",
    "config/clusters/split/names.yaml": "singleuser: {image: {name: a/b}}\nhub: {image: {name: quay.io/a/hub}}\n",
    "config/clusters/split/tags.yaml": "singleuser: {image: {tag: '1'}}\nproxy: {chp: {image: {tag: 4.6.2}}}\n",
    "lists.yaml": "initContainers:\n- image: busybox\n- {image: a/b:1, name: x}\nprePuller:\n  extraImages:\n"
    "    x: {name: a/b, tag: 1}\nextraEnv:\n- {name: KERNEL_IMAGE, value: a/b:1}\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with every form, most of them with both line ends."""
    ends = (("lf", "\n"), ("crlf", "\r\n"))
    forms = {f"{name}/{form}.yaml": written(pair[0], end) for name, end in ends for form, pair in FORMS.items()}
    return deployment(tmp_path_factory.mktemp("every") / "deployment", {**FILES, **CLUSTERS, **MORE, **forms})


def test_every_reference_of_a_repository_with_all_forms_can_be_bumped(made: Path) -> None:
    inventory = find_references(made)
    assert {str(each.form) for each in inventory.references} == {
        "string", "pair", "tag-only", "name-only", "Dockerfile", "environment",
    }  # fmt: skip
    assert {file for file in (*FILES, *MORE) if "cluster.yaml" not in file and "staging" not in file} <= {
        each.file for each in inventory.references
    }
    without_tag = [each for each in inventory.references if each.tag_place is None]
    assert [(each.file, each.repository) for each in without_tag] == [
        ("config/clusters/split/names.yaml", "quay.io/a/hub"),
        ("emoji.yaml", ""),  # an invalid text that names no image
    ]
    assert len(every_bump(made, inventory)) == len(inventory.references) - 2


if REAL:

    @pytest.mark.parametrize("folder", REAL)
    def test_every_reference_of_a_real_repository_can_be_bumped(folder: str) -> None:
        inventory = find_references(Path(folder))
        bumped = every_bump(Path(folder), inventory)
        print(f"{folder}: {len(bumped)} of {len(inventory.references)} references bumped")  # noqa: T201
        assert bumped == [each for each in inventory.references if each.tag_place is not None]


def every_bump(root: Path, inventory: Inventory) -> list[Reference]:
    """Bump every reference by itself, writing nothing; those for which it went as it should."""
    done = []
    for number, reference in enumerate(inventory.references):
        if reference.tag_place is None:
            continue
        tag = TAGS[number % len(TAGS)] if reference.tag != TAGS[number % len(TAGS)] else "v9"
        sharing = [each for each in inventory.references if each.tag_place == reference.tag_place]
        (edits,) = edits_in_turn(root, [{each: Target(tag, NEW_DIGEST if each.digest else "") for each in sharing}])
        digests = {reference.digest_place.line} if reference.digest_place and reference.digest else set()
        lines = digests | {reference.tag_place.line}
        assert sum(changed_lines(edit) for edit in edits) == len(lines), (reference, edits)
        assert is_read_as(edits[0], reference.tag_place, reference, tag), (reference, edits[0].diff())
        done.append(reference)
    return done


def changed_lines(edit: FileEdit) -> int:
    """How many lines are others, none having come or gone."""
    assert edit.before is not None
    assert edit.after is not None
    before, after = edit.before.split("\n"), edit.after.split("\n")
    assert len(before) == len(after)
    return sum(old != new for old, new in zip(before, after, strict=True))


def is_read_as(edit: FileEdit, place: Place, reference: Reference, tag: str) -> bool:
    """Whether Helm reads the tag at the place, the rest being as before; where Helm reads nothing, whether we do."""
    assert edit.before is not None
    assert edit.after is not None
    before, after = helms_leaves(edit.before), helms_leaves(edit.after)
    if not place.path or place.document or before is None:
        line = reference.line if reference.form == "Dockerfile" else place.line
        return any(each.line == line and each.tag == tag for each in references_in(edit.path, edit.after))
    if after is None:
        return False
    new = {path: after[path] for path in after if after[path] != before[path]}
    digest = reference.digest_place.path if reference.digest_place else ()
    text = str(new.pop(place.path))
    shared = {place.path, *reference.also, digest}
    return list(before) == list(after) and tag in text.rpartition(":")[2] + text and set(new) <= shared


def helms_leaves(text: str) -> Leaves | None:
    """What Helm reads, by path; None where it refuses the text, a template say."""
    try:
        return dict(leaves(helm_python.values_from_yaml(text), ()))
    except helm_python.HelmError:
        return None


def leaves(data: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every path to something that is neither mapping nor list, and that."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list) and data:
        for number, value in enumerate(data):
            yield from leaves(value, (*path, number))
    else:
        yield path, data
