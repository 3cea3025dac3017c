"""Keys that charts and programs use for images, registries in keys of their own, and files in other formats."""

import json
from pathlib import Path

import pytest

from tests.references.deployment import inventory_of, references_in, run_by

KEYS = {
    "a registry beside the name": ("image: {registry: quay.io, name: a/b, tag: v1}\n", ["quay.io/a/b:v1"]),
    "a registry beside the repository": ("image: {registry: quay.io, repository: a/b, tag: v1}\n", ["quay.io/a/b:v1"]),
    "a registry beside a name with one": (
        "image: {registry: docker.io, name: quay.io/a/b, tag: v1}\n", ["quay.io/a/b:v1"]
    ),
    "an empty registry": ("image: {registry: '', name: a/b, tag: v1}\n", ["a/b:v1"]),
    "a version": ("image: {repository: quay.io/a/b, version: v1}\n", ["quay.io/a/b:v1"]),
    "a repo": ("image: {repo: quay.io/a/b, tag: v1}\n", ["quay.io/a/b:v1"]),
    "a key that says nothing of an image": ("quotaEnforcer: {repository: a/b, tag: v1}\n", ["a/b:v1"]),
    "a repo under such a key": ("exporter: {repo: quay.io/a/b, version: v1}\n", ["quay.io/a/b:v1"]),
    "an image beside its tag": ("lab: {image: R/lab, tag: v1}\n".replace("R", "quay.io/a"), ["quay.io/a/lab:v1"]),
    "variables of name and tag": ("env: {USER_IMAGE: quay.io/a/b, USER_IMAGE_TAG: v1}\n", ["quay.io/a/b:v1"]),
    "variables of name and tag in a list": (
        "env:\n- {name: USER_IMAGE, value: quay.io/a/b}\n- {name: USER_TAG, value: v1}\n", ["quay.io/a/b:v1"]
    ),
    "a variable with a mapping": ("variables: {USER_IMAGE: {value: quay.io/a/b:1}}\n", ["quay.io/a/b:1"]),
    "allowed images": (
        "DockerSpawner: {allowed_images: {R: quay.io/a/r:1, Python: quay.io/a/p:2}}\n",
        ["quay.io/a/p:2", "quay.io/a/r:1"],
    ),
    "an image spec": ("image_spec: quay.io/a/b:1\n", ["quay.io/a/b:1"]),
    "an argument": ("args:\n- --exposer-image=quay.io/a/b:1\n", ["quay.io/a/b:1"]),
    "an ImageStream": ("from: {kind: DockerImage, name: quay.io/a/b:1}\n# image\n", ["quay.io/a/b:1"]),
    "a JSON patch": (
        "- {op: replace, path: /spec/values/singleuser/image, value: quay.io/a/b:1}\n", ["quay.io/a/b:1"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KEYS)
def test_a_reference_is_found_under_keys_that_charts_and_programs_use(kind: str, tmp_path: Path) -> None:
    text, images = KEYS[kind]
    assert [image for _, _, image in references_in(tmp_path, text)] == images


def test_chart_dependencies_and_sources_are_no_images(tmp_path: Path) -> None:
    text = """\
        dependencies: [{name: jupyterhub, version: 4.0.0, repository: https://hub.jupyter.org/helm-chart}]
        source: {repository: https://github.com/a/b, tag: v1}
        chart: {repository: oci://quay.io/a/charts, tag: v1}
        image: {registry: "{{ registry }}", name: a/b, tag: v1}
        """
    assert references_in(tmp_path, text) == []


def cluster(*files: str) -> dict[str, str]:
    return {"c/cluster.yaml": f"name: c\nhubs: [{{name: prod, helm_chart_values_files: [{', '.join(files)}]}}]\n"}


def test_a_registry_in_another_file_of_the_hub_is_part_of_the_name(tmp_path: Path) -> None:
    files = {
        **cluster("a.yaml", "b.yaml"),
        "c/a.yaml": "singleuser: {image: {repository: a/b, tag: v1}}\n",
        "c/b.yaml": "singleuser: {image: {registry: quay.io}}\n",
    }
    assert run_by(inventory_of(tmp_path, files)) == [("c/a.yaml:1", "quay.io/a/b:v1", ("c/prod",))]


def test_a_name_with_a_tag_and_a_tag_in_another_file_are_invalid_together(tmp_path: Path) -> None:
    files = {
        **cluster("a.yaml", "b.yaml"),
        "c/a.yaml": "singleuser: {image: {repository: quay.io/a/b:1}}\n",
        "c/b.yaml": "singleuser: {image: {tag: v2}}\n",
    }
    (found,) = [each for each in inventory_of(tmp_path, files).references if each.file == "c/b.yaml"]
    assert found.invalid == "the name has a tag, and there is a tag beside it"


def test_only_the_first_document_of_a_values_file_counts(tmp_path: Path) -> None:
    files = {**cluster("a.yaml"), "c/a.yaml": "image: quay.io/a/b:1\n---\nimage: quay.io/a/c:2\n"}
    assert run_by(inventory_of(tmp_path, files)) == [
        ("c/a.yaml:1", "quay.io/a/b:1", ("c/prod",)),
        ("c/a.yaml:3", "quay.io/a/c:2", ()),
    ]


@pytest.mark.parametrize(
    "later",
    [
        "singleuser: {image: {tag: null}}", "singleuser: {image: {name: ~}}", "singleuser: {image: }",
        "singleuser: null", "singleuser: {image: {name: quay.io/a/other}}",
    ],
)  # fmt: skip
def test_null_in_a_later_file_takes_a_value_away(later: str, tmp_path: Path) -> None:
    files = {
        **cluster("a.yaml", "b.yaml"),
        "c/a.yaml": "singleuser: {image: {name: quay.io/a/b, tag: v1}}\n",
        "c/b.yaml": f"{later}\n",
    }
    assert run_by(inventory_of(tmp_path, files))[0] == ("c/a.yaml:1", "quay.io/a/b:v1", ())


def test_a_name_that_null_takes_away_does_not_come_back_from_an_earlier_file(tmp_path: Path) -> None:
    files = {
        **cluster("a.yaml", "b.yaml", "d.yaml"),
        "c/a.yaml": "singleuser: {image: {name: quay.io/a/b}}\n",
        "c/b.yaml": "singleuser: {image: {name: null}}\n",
        "c/d.yaml": "singleuser: {image: {tag: v1}}\n",
    }
    found = {each.file: str(each.image) for each in inventory_of(tmp_path, files).references}
    assert found["c/d.yaml"] == "None"


def test_a_duplicate_key_loses_the_first_value_and_is_named(tmp_path: Path) -> None:
    text = "singleuser:\n  image: quay.io/a/b:1\nsingleuser:\n  image: quay.io/a/c:2\n"
    inventory = inventory_of(tmp_path, {"values.yaml": text})
    assert [str(each.image) for each in inventory.references] == ["quay.io/a/c:2"]
    assert [(each.line, each.reason) for each in inventory.not_read] == [
        (1, "duplicate key `singleuser`; the last one counts (line 3)"),
        (2, "image that no key explains (quay.io/a/b:1)"),
    ]


def test_hubs_and_clusters_whose_names_are_numbers_are_there(tmp_path: Path) -> None:
    files = {
        "c/cluster.yaml": "name: 2024\nhubs: [{name: 0123, helm_chart_values_files: [a.yaml]}, {name: 1.10}]\n",
        "c/a.yaml": "image: quay.io/a/b:1\n",
    }
    inventory = inventory_of(tmp_path, files)
    assert (inventory.hubs, inventory.references[0].hubs) == (("2024/0123", "2024/1.10"), ("2024/0123",))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_as_powershell_writes_it(encoding: str, tmp_path: Path) -> None:
    mark = "\ufeff" if encoding != "utf-16" else ""
    inventory = inventory_of(tmp_path, {"other.yaml": "a: 1\n"})
    root = tmp_path / "deployment"
    (root / "values.yaml").write_bytes(f"{mark}singleuser:\r\n  image: quay.io/a/b:1\r\n".encode(encoding))
    from hubimages.references import find_references

    inventory = find_references(root)
    assert [(each.line, str(each.image)) for each in inventory.references] == [(2, "quay.io/a/b:1")]


def test_values_in_json_that_a_cluster_names_are_read(tmp_path: Path) -> None:
    values = {"singleuser": {"image": {"name": "quay.io/a/b", "tag": "1"}}}
    files = {**cluster("a.json"), "c/a.json": json.dumps(values, indent=1), "package.json": '{"image": "a/b:1"}'}
    assert run_by(inventory_of(tmp_path, files)) == [("c/a.json:5", "quay.io/a/b:1", ("c/prod",))]
