"""A value under an image's key that Kubernetes refuses is found, and can be mended."""

from pathlib import Path

import pytest

from hubimages.image_ref import ImageRef
from hubimages.references import Selection, check_images, find_references, plan_point
from hubimages.repository.delivery import Delivery
from tests.references.deployment import deployment, inventory_of

# text: (what the reference names, why it is invalid, the text after it was pointed at tag v2)
INVALID = {
    'image: "quay.io/a/b:f7222fce8b16 "\n': (
        "quay.io/a/b:f7222fce8b16", "it ends with a space", 'image: "quay.io/a/b:v2"\n'
    ),
    "image: ' quay.io/a/b:1'\n": ("quay.io/a/b:1", "it begins with a space", "image: 'quay.io/a/b:v2'\n"),
    "image: |\n  quay.io/a/b:1\n": ("quay.io/a/b:1", "it ends with a line end", "image: |-\n  quay.io/a/b:v2\n"),
    "image: >\n  quay.io/a/b:1\n": ("quay.io/a/b:1", "it ends with a line end", "image: >-\n  quay.io/a/b:v2\n"),
    'image: "quay.io/a/b:1\\u00a0"\n': ("quay.io/a/b:1", "it ends with a no-break space", 'image: "quay.io/a/b:v2"\n'),
    'image: "quay.io/a/b:1\\u200b"\n': (
        "quay.io/a/b:1", "it ends with an invisible character", 'image: "quay.io/a/b:v2"\n'
    ),
    'image: "quay.io/a/b: 1"\n': ("quay.io/a/b:1", "it has a space in it", 'image: "quay.io/a/b:v2"\n'),
    "image: quay.io/A/B:1\n": ("quay.io/a/b:1", "the name has capitals", "image: quay.io/a/b:v2\n"),
    "image: quay.io/a/b:1.0+x\n": ("quay.io/a/b:1.0+x", "the tag '1.0+x' has +", "image: quay.io/a/b:v2\n"),
    "image: quay.io/a/b:1:2\n": ("quay.io/a/b:2", "it has two tags", "image: quay.io/a/b:v2\n"),
    "image: quay.io/a/b@sha256:12\n": ("quay.io/a/b", "'sha256:12' is not a digest", "image: quay.io/a/b:v2\n"),
    'image: {name: quay.io/a/b, tag: "<script>"}\n': (
        "quay.io/a/b:<script>", "the tag '<script>' has < >", 'image: {name: quay.io/a/b, tag: "v2"}\n'
    ),
    "image: {name: quay.io/a/b, tag: 'v1 '}\n": (
        "quay.io/a/b:v1", "it ends with a space", "image: {name: quay.io/a/b, tag: 'v2'}\n"
    ),
    "image: {name: quay.io/a/b, tag: 1.0+x}\n": (
        "quay.io/a/b:1.0+x", "the tag '1.0+x' has +", "image: {name: quay.io/a/b, tag: v2}\n"
    ),
    f"image: {{name: quay.io/a/b, tag: sha256:{'0' * 64}}}\n": (
        f"quay.io/a/b:sha256:{'0' * 64}", "the tag is a digest, which needs a key of its own or an @",
        "image: {name: quay.io/a/b, tag: v2}\n",
    ),
    "image: {name: quay.io/a/b:1, tag: v1}\n": (
        "quay.io/a/b:v1", "the name has a tag, and there is a tag beside it", "image: {name: quay.io/a/b, tag: v2}\n"
    ),
    "image: {name: quay.io/A/b, tag: v1}\n": (
        "quay.io/a/b:v1", "the name has capitals", "image: {name: quay.io/a/b, tag: v2}\n"
    ),
    "image:\n  name: 'quay.io/a/b '\n  tag: v1\n": (
        "quay.io/a/b:v1", "it ends with a space", "image:\n  name: 'quay.io/a/b'\n  tag: v2\n"
    ),
    "build_image: 'quay.io/a/b:1 '\n": ("quay.io/a/b:1", "it ends with a space", "build_image: 'quay.io/a/b:v2'\n"),
    "a: {extraImages: {x: {name: quay.io/a/b, tag: 'v1\t'}}}\n".replace("'", '"').replace("\t", "\\t"): (
        "quay.io/a/b:v1", "it ends with a tab", 'a: {extraImages: {x: {name: quay.io/a/b, tag: "v2"}}}\n'
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", INVALID)
def test_an_invalid_reference_is_found_named_and_mended(text: str, tmp_path: Path) -> None:
    image, why, after = INVALID[text]
    root = deployment(tmp_path / "deployment", {"values.yaml": text})
    inventory = find_references(root)
    assert [(str(each.image), each.invalid) for each in inventory.references] == [(image, why)]
    assert inventory.placeholders == ()
    (finding,) = check_images(inventory, online=False).findings
    assert (finding.code, finding.line) == ("invalid-reference", inventory.references[0].line)
    assert why in finding.message
    assert "InvalidImageName" in finding.message
    plan = plan_point(root, ImageRef("quay.io", "a/b", "v2"), Selection(), Delivery(), registries=None)
    assert plan is not None
    plan.apply()
    assert (root / "values.yaml").read_text() == after
    assert [(str(each.image), each.invalid) for each in find_references(root).references] == [("quay.io/a/b:v2", "")]


def test_a_tag_that_is_right_already_is_written_without_the_mistake(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"values.yaml": 'image: "quay.io/a/b:v1 "\n'})
    plan = plan_point(root, ImageRef("quay.io", "a/b", "v1"), Selection(), Delivery(), registries=None)
    assert plan is not None
    plan.apply()
    assert (root / "values.yaml").read_text() == 'image: "quay.io/a/b:v1"\n'


NO_IMAGE = {
    "image: Choose one of these\n": "it has a space in it, and 'Choose one of these' is not the name of an image",
    "image: Not:A:Reference\n": "'Not:A' is not the name of an image",
    'image: "<script>"\n': "'<script>' is not the name of an image",
    "image: a//b:1\n": "'a//b' is not the name of an image",
    "image: 'a/b: '\n": "it ends with a space, and the tag is empty",
}


@pytest.mark.parametrize("text", NO_IMAGE)
def test_what_names_no_image_is_a_finding_too(text: str, tmp_path: Path) -> None:
    inventory = inventory_of(tmp_path, {"values.yaml": text})
    assert [each.invalid for each in inventory.references] == [NO_IMAGE[text]]


PLACEHOLDERS = (
    "{value}", "{{ .Values.image }}", "${IMAGE}", "$(IMAGE)", "$IMAGE", "%(image)s", "@image@", "__IMAGE__", "<image>",
    "a/b:<tag>", "quay.io/<your-org>/<image-name>:<tag>", "<lab-repository-name>:<lab-tag>", "a/b:<< image.tag >>",
    "set-by-chartpress", "a/b:set-by-chartpress", "PLACEHOLDER", "CHANGE_ME", "TODO", "xxx", "IMAGE_NAME", "a/b:TAG",
    "{% image %}", "((image))", "to-be-filled", "a/b:set-on-deployment", "set_in_ci",
)  # fmt: skip


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_placeholders_are_those_of_a_list(text: str, tmp_path: Path) -> None:
    inventory = inventory_of(tmp_path, {"values.yaml": f'image: "{text}"\n'})
    assert (inventory.references, inventory.placeholders, inventory.not_read) == ((), (("values.yaml", 1),), ())


def test_the_name_of_what_a_workflow_builds_is_no_reference(tmp_path: Path) -> None:
    text = "jobs:\n  a:\n    steps:\n    - uses: jupyterhub/repo2docker-action@v1\n      with: {IMAGE_NAME: a/built}\n"
    text += "    - uses: x/run@v1\n      with:\n        image: a/run:1\n    container: {image: a/container}\n"
    found = inventory_of(tmp_path, {".github/workflows/build.yaml": text, "values.yaml": "with: {image: a/b}\n"})
    assert [each.repository for each in found.references] == ["a/run", "a/container", "a/b"]
    assert found.not_read == ()


def test_an_empty_image_that_chartpress_sets_is_named(tmp_path: Path) -> None:
    files = {
        "chartpress.yaml": "charts:\n- name: hub\n  images:\n    hub: {valuesPath: jupyterhub.hub.image}\n",
        "hub/Chart.yaml": "name: hub\n",
        "hub/values.yaml": "jupyterhub:\n  hub:\n    image:\n      name:\n      tag:\n"
        "  proxy: {image: {name: ~, tag: null}}\n",
    }
    assert [(each.line, each.reason) for each in inventory_of(tmp_path, files).not_read] == [
        (5, "empty tag (jupyterhub.hub.image: chartpress sets it, see chartpress.yaml)")
    ]


def test_an_empty_tag_says_what_sets_it(tmp_path: Path) -> None:
    files = {
        "charts/chartpress.yaml": "charts:\n- name: hub\n  images:\n    hub: {valuesPath: jupyterhub.hub.image}\n",
        "charts/hub/Chart.yaml": "name: hub\ndependencies: [{name: jupyterhub, version: 4.0.0}]\n",
        "charts/hub/values.yaml": "jupyterhub:\n  hub:\n    image: {name: quay.io/a/hub, tag: ''}\n"
        "  singleuser:\n    image: {name: quay.io/a/user, tag: }\nother:\n  image: {name: quay.io/a/other, tag: ''}\n",
        "charts/hub/values-prod.yaml": "jupyterhub: {singleuser: {image: {tag: v1}}}\n",
    }
    inventory = inventory_of(tmp_path, files)
    assert [(each.line, each.reason) for each in inventory.not_read] == [
        (3, "empty tag (quay.io/a/hub: chartpress sets it, see charts/chartpress.yaml)"),
        (5, "empty tag (quay.io/a/user: charts/hub/prod set it, in charts/hub/values-prod.yaml)"),
        (7, "empty tag (quay.io/a/other: nothing in this repository sets it, and the chart decides)"),
    ]
    assert [(str(each.image), each.hubs) for each in inventory.references] == [
        ("quay.io/a/user:v1", ("charts/hub/prod",))
    ]
