"""An image that has moved gets its new name where the old one stood, in every form; nothing else changes."""

import subprocess
from pathlib import Path

import pytest

from hubimages.references import find_references
from tests.references.pointing import changed_lines, git, hubimages, make_deployment

OLD, NEW = "gcr.io/proj/image", "quay.io/group/image"
ARGS = ("point-hubs", f"{NEW}:f5e4d3c2b1a0", f"--instead-of={OLD}", "--unchecked")
DIGEST, OTHER_DIGEST = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"

# Each form before and after; the name that begins another name and the prose stay.
FORMS = {
    "string": (f"image: '{OLD}:a1' # {OLD}:a1", f"image: '{NEW}:f5e4d3c2b1a0' # {OLD}:a1"),
    "string without a tag": (f"image: {OLD}", f"image: {NEW}:f5e4d3c2b1a0"),
    "string in flow": (f"x: {{image: {OLD}:a1}}", f"x: {{image: {NEW}:f5e4d3c2b1a0}}"),
    "block": (f"image: >-\n  {OLD}:a1", f"image: >-\n  {NEW}:f5e4d3c2b1a0"),
    "pair": (f"image:\n  name: {OLD}\n  tag: a1", f"image:\n  name: {NEW}\n  tag: f5e4d3c2b1a0"),
    "pair the other way": (
        f"image: {{tag: 'a1', repository: \"{OLD}\"}}",
        f"image: {{tag: 'f5e4d3c2b1a0', repository: \"{NEW}\"}}",
    ),
    "registry of its own": (
        "image: {registry: gcr.io, repository: proj/image, tag: a1}",
        "image: {registry: quay.io, repository: group/image, tag: f5e4d3c2b1a0}",
    ),
    "registry that is empty": (
        f"image: {{registry: ~, repository: {OLD}, tag: a1, digest: ''}}",
        f"image: {{registry: ~, repository: {NEW}, tag: f5e4d3c2b1a0, digest: ''}}",
    ),
    "keys with a prefix": (
        f"node_image_name: {OLD}\nnode_image_tag: a1",
        f"node_image_name: {NEW}\nnode_image_tag: f5e4d3c2b1a0",
    ),
    "environment": (f"- MY_IMAGE={OLD}:a1", f"- MY_IMAGE={NEW}:f5e4d3c2b1a0"),
    "merge key": (
        f"image: &base\n  name: {OLD}\n  tag: a1\nthe:\n  image:\n    <<: *base\n    tag: b2",
        f"image: &base\n  name: {NEW}\n  tag: f5e4d3c2b1a0\nthe:\n  image:\n    <<: *base\n    tag: f5e4d3c2b1a0",
    ),
    "alias of the name": (
        f"anchor: &name {OLD}\nimage: {{name: *name, tag: a1}}",
        f"anchor: &name {NEW}\nimage: {{name: *name, tag: f5e4d3c2b1a0}}",
    ),
    "a name that goes on": (
        f"a: {{image: '{OLD}-long:a1'}}\nimage: {OLD}:a1",
        f"a: {{image: '{OLD}-long:a1'}}\nimage: {NEW}:f5e4d3c2b1a0",
    ),
    "no YAML": (
        f"{{{{ if x }}}}\nimage:\n  repository: {OLD}\n  tag: a1\n# and\nimage: {OLD}:a1",
        f"{{{{ if x }}}}\nimage:\n  repository: {NEW}\n  tag: f5e4d3c2b1a0\n# and\nimage: {NEW}:f5e4d3c2b1a0",
    ),
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_name_and_tag_change_in_their_places_in_every_form(ends: str, tmp_path: Path) -> None:
    before, after = ({f"{form}.yaml": written(pair[side], ends) for form, pair in FORMS.items()} for side in (0, 1))
    root = make_deployment(tmp_path / "deployment", before)
    done = hubimages(root, *ARGS, "--all")
    assert done.returncode == 0, done.stderr
    assert {file: (root / file).read_bytes().decode() for file in after} == after
    again = hubimages(root, *ARGS, "--all")
    assert (again.returncode, again.stdout.splitlines()[0][:13]) == (0, "nothing to do")


def written(text: str, ends: str) -> str:
    return f"\ufeff{text}\n".replace("\n", ends)


CLUSTER = "config/clusters/uni/cluster.yaml"
HUBS = {
    CLUSTER: "name: uni\nhubs:\n- {name: prod, helm_chart_values_files: [common.yaml, prod.yaml]}\n"
    "- {name: staging, helm_chart_values_files: [common.yaml, staging.yaml]}\n",
    "config/clusters/uni/common.yaml": f"singleuser: {{image: {{name: {OLD}}}}}\n",
    "config/clusters/uni/prod.yaml": "singleuser: {image: {tag: a1}}\n",
    "config/clusters/uni/staging.yaml": "singleuser: {image: {tag: b2}}\n",
}


def test_a_name_that_hubs_share_takes_all_of_them_along_and_says_so(tmp_path: Path) -> None:
    root = make_deployment(tmp_path / "deployment", HUBS)
    refused = hubimages(root, *ARGS, "--hub=uni/prod")
    assert (refused.returncode, git(root, "status", "--porcelain")) == (3, "")
    assert "note: other hubs share these places and change, too: uni/staging" in refused.stderr
    assert hubimages(root, *ARGS, "--hub=uni", "--commit").returncode == 0
    assert {(str(each.image), each.hubs) for each in find_references(root).references} == {
        (f"{NEW}:f5e4d3c2b1a0", ("uni/prod",)),
        (f"{NEW}:f5e4d3c2b1a0", ("uni/staging",)),
    }
    assert len(changed_lines(root, "HEAD~")) == 6
    assert git(root, "log", "-1", "--format=%B").startswith(
        f"Use {NEW}:f5e4d3c2b1a0\n\nWas {OLD}:a1, {OLD}:b2. Hubs: uni/prod, uni/staging."
    )


def test_a_registry_that_two_images_share_is_refused(tmp_path: Path) -> None:
    text = "r: &r gcr.io\na:\n  image: {registry: *r, repository: proj/image, tag: a1}\n"
    text += "b:\n  image: {registry: *r, repository: proj/second, tag: a1}\n"
    root = make_deployment(tmp_path / "deployment", {"values.yaml": text})
    done = hubimages(root, *ARGS, "--all")
    assert (done.returncode, git(root, "status", "--porcelain")) == (3, "")
    assert "values.yaml:5: gcr.io/proj/second (no hub) shares a text with gcr.io/proj/image" in done.stderr


def test_a_pinned_place_needs_the_new_digest(tmp_path: Path) -> None:
    text = f"a: {{image: '{OLD}:a1@{DIGEST}'}}\nb: {{image: {{name: {OLD}, tag: a1, digest: '{DIGEST}'}}}}\n"
    root = make_deployment(tmp_path / "deployment", {"values.yaml": text})
    refused = hubimages(root, *ARGS, "--all")
    assert (refused.returncode, git(root, "status", "--porcelain")) == (3, "")
    new = f"{NEW}:f5e4d3c2b1a0@{OTHER_DIGEST}"
    assert hubimages(root, "point-hubs", new, f"--instead-of={OLD}", "--unchecked", "--all").returncode == 0
    assert (root / "values.yaml").read_text() == (
        f"a: {{image: '{new}'}}\nb: {{image: {{name: {NEW}, tag: f5e4d3c2b1a0, digest: '{OTHER_DIGEST}'}}}}\n"
    )


def test_dockerfiles_that_are_named_get_the_name_too(tmp_path: Path) -> None:
    text = f"ARG TAG=a1\nARG BASE={OLD}:a1\nFROM {OLD}:$TAG\nFROM $BASE\nFROM {OLD}:a1 AS last\n"
    root = make_deployment(tmp_path / "deployment", {"Dockerfile": text, "v.yaml": f"image: {OLD}:a1\n"})
    assert hubimages(root, *ARGS, "--file=Dockerfile").returncode == 0
    new = f"{NEW}:f5e4d3c2b1a0"
    assert (root / "Dockerfile").read_text() == (
        f"ARG TAG=f5e4d3c2b1a0\nARG BASE={new}\nFROM {NEW}:$TAG\nFROM $BASE\nFROM {new} AS last\n"
    )
    assert (root / "v.yaml").read_text() == f"image: {OLD}:a1\n"


def test_with_a_tag_only_what_is_at_it_changes(tmp_path: Path) -> None:
    text = f"a: {{image: '{NEW}:a1'}}\nb: {{image: '{NEW}:b2'}}\n"
    root = make_deployment(tmp_path / "deployment", {"values.yaml": text})
    args = ["point-hubs", f"{NEW}:c3", "--unchecked", "--all"]
    wrong = hubimages(root, *args, f"--instead-of={NEW}:x9")
    assert (wrong.returncode, wrong.stderr) == (2, f"error: no reference to {NEW}:x9; there is {NEW}:a1, {NEW}:b2\n")
    assert hubimages(root, *args, f"--instead-of={NEW}:a1").returncode == 0
    assert (root / "values.yaml").read_text() == text.replace(":a1", ":c3")


def test_an_image_that_nothing_refers_to_is_one_line(tmp_path: Path) -> None:
    root = make_deployment(tmp_path / "deployment", {"values.yaml": f"image: {OLD}:a1\n"})
    done = hubimages(root, "point-hubs", f"{NEW}:c3", "--unchecked", "--instead-of=gcr.io/proj/imgae")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"no reference to gcr.io/proj/imgae. Did you mean {OLD}?" in done.stderr
    plain = hubimages(root, "point-hubs", f"{NEW}:c3", "--unchecked")
    assert "To replace another image by this one, add --instead-of=IMAGE" in plain.stderr
    assert subprocess.run(["git", "-C", str(root), "diff", "--quiet"], check=False).returncode == 0
