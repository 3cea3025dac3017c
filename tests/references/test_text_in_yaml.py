"""Images in text inside of YAML, in programs and in Terraform: found, and edited at their place and nowhere else."""

from pathlib import Path

import pytest

from hubimages.image_ref import ImageRef
from hubimages.references import Selection, find_references, plan_point
from hubimages.repository.delivery import Delivery
from tests.references.deployment import deployment, inventory_of

ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: hub}
spec:
  source:
    repoURL: https://hub.jupyter.org/helm-chart/
    chart: jupyterhub
    helm:
      values: |
        singleuser:
          image:
            name: quay.io/a/b   # ours
            tag: "1.0"
          profileList:
          - display_name: R
            kubespawner_override: {image: quay.io/a/r:1.0}
      parameters:
      - {name: hub.image.name, value: quay.io/a/hub}
      - {name: hub.image.tag, value: '2'}
"""
CONFIG_MAP = """\
kind: ConfigMap
metadata: {name: values}
data:
  values.yaml: |-
    singleuser:
      image: {name: quay.io/a/b, tag: 1.0.0}
  jupyterhub_config.py: |
    c.KubeSpawner.image = 'quay.io/a/c:2'
    c.KubeSpawner.profile_list = [
        {"display_name": "R", "kubespawner_override": {"image": "quay.io/a/r:3"}},
    ]
    c.X.image = f"quay.io/a/{name}:4"
  deeper: |
    data:
      inner.yaml: |
        image: quay.io/a/d:5
"""
# file: (text, the references as line, image and form)
FOUND = {
    "app.yaml": (ARGO, [
        (13, "quay.io/a/b:1.0", "pair"), (16, "quay.io/a/r:1.0", "string"), (19, "quay.io/a/hub:2", "tag-only"),
    ]),
    "cm.yaml": (CONFIG_MAP, [
        (6, "quay.io/a/b:1.0.0", "pair"), (8, "quay.io/a/c:2", "code"), (10, "quay.io/a/r:3", "code"),
        (16, "quay.io/a/d:5", "string"),
    ]),
    "jupyterhub_config.py": (
        "import os\n# c.DockerSpawner.image = 'quay.io/a/old:1'\nc.DockerSpawner.image = 'quay.io/a/b:1'\n"
        "c.KubeSpawner.profile_list = [{'kubespawner_override': {'image': 'quay.io/a/c:2'}}]\n"
        'image = os.environ.get("NOTEBOOK_IMAGE", "quay.io/a/d:3")\n'
        'String("image", default="quay.io/a/e:4", label="Image")\n'
        'c.DockerSpawner.allowed_images = {"x": "quay.io/a/f:5"}\n',
        [
            (3, "quay.io/a/b:1", "code"), (4, "quay.io/a/c:2", "code"), (5, "quay.io/a/d:3", "code"),
            (6, "quay.io/a/e:4", "code"),
        ],
    ),
    "main.tf": (
        'resource "helm_release" "hub" {\n  chart = "jupyterhub"\n  set {\n    name  = "singleuser.image.name"\n'
        '    value = "quay.io/a/b"\n  }\n  set {\n    name  = "singleuser.image.tag"\n    value = "1.0"\n  }\n'
        '  values = [yamlencode({ hub = { image = {\n        name = "quay.io/a/hub"\n        tag  = "2"\n  } } })]\n}\n'
        'variable "user_image" {\n  default = "quay.io/a/c:3"\n}\n',
        [(9, "quay.io/a/b:1.0", "pair"), (13, "quay.io/a/hub:2", "pair"), (17, "quay.io/a/c:3", "code")],
    ),
    "hub.tfvars": (
        'user_image = "quay.io/a/b:1"\nhub_image_name = "quay.io/a/hub"\nhub_image_tag = "2"\nos_image = "ubuntu-24"\n',
        [(1, "quay.io/a/b:1", "code"), (3, "quay.io/a/hub:2", "pair")],
    ),
    "deploy.sh": (
        "IMAGE_NAME=quay.io/a/b\nIMAGE_TAG=1.0\nhelm upgrade hub jupyterhub/jupyterhub \\\n"
        "  --set singleuser.image.name=quay.io/a/c,singleuser.image.tag=2 --set-string hub.image.tag=3\n",
        [(2, "quay.io/a/b:1.0", "pair"), (4, "quay.io/a/c:2", "pair"), (4, "None", "tag-only")],
    ),
    "default.py": (
        'JOB_IMAGE = os.getenv(\n    "JOB_IMAGE",\n    "quay.io/a/b:1",\n)\n'
        'image = (\n    "quay.io/a/c:2"\n)\nimage = Unicode(\n    "quay.io/a/d:3",\n    help="x",\n)\n'
        'other = Unicode("quay.io/a/e:4")\nimage = Unicode("quay.io/a/f:5", help="an image")\n',
        [
            (3, "quay.io/a/b:1", "code"), (6, "quay.io/a/c:2", "code"), (9, "quay.io/a/d:3", "code"),
            (13, "quay.io/a/f:5", "code"),
        ],
    ),
    "variables.tf": (
        'variable "worker_image_repository" {\n  default = "a/b"\n}\n'
        'variable "worker_image_tag" {\n  default = "1.0"\n}\n'
        "locals {\n  user_image_repository = var.worker_image_repository\n  user_image_tag = var.worker_image_tag\n}\n",
        [(5, "a/b:1.0", "pair")],
    ),
    "run.sh": (
        'sed "s|X|${USER_IMAGE:-quay.io/a/b:1}|" file\nexport SIDE_IMAGE="${SIDE_IMAGE:-quay.io/a/c:2}"\n',
        [(1, "quay.io/a/b:1", "code"), (2, "quay.io/a/c:2", "code")],
    ),
    "sidecar.yaml": (
        "transformer:\n  sidecarImage: quay.io/a/b\n  sidecarTag: v1.8.3\n  scienceContainerTag: 5.7.2\n"
        "  scienceContainerImage: quay.io/a/c\n",
        [(3, "quay.io/a/b:v1.8.3", "pair"), (4, "quay.io/a/c:5.7.2", "pair")],
    ),
    "Makefile": (
        "USER_IMAGE ?= quay.io/a/b:1\nTAG := 3\nrun:\n\tdocker run quay.io/a/c:2\n",
        [(1, "quay.io/a/b:1", "code")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("file", FOUND)
def test_what_is_in_text_and_programs_is_found_with_its_line(file: str, tmp_path: Path) -> None:
    text, expected = FOUND[file]
    references = inventory_of(tmp_path, {file: text}).references
    assert sorted((each.line, str(each.image), str(each.form)) for each in references) == sorted(expected)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("file", FOUND)
def test_each_of_them_is_edited_in_one_line(file: str, ends: str, tmp_path: Path) -> None:
    text = FOUND[file][0].replace("\n", ends)
    root = deployment(tmp_path / "deployment", {file: text})
    for each in find_references(root).references:
        if each.image is None:
            continue
        plan = plan_point(root, each.image.at("9.10"), Selection(), Delivery(), registries=None)
        assert plan is not None
        (edit,) = plan.changes[0].edits
        assert (edit.before, edit.path) == (text, file)
        assert edit.after is not None
        lines = zip(text.split("\n"), edit.after.split("\n"), strict=True)
        changed = [(old, new) for old, new in lines if old != new]
        assert len(changed) == 1, changed
        (root / file).write_bytes(edit.after.encode())
        found = {one.repository: one.tag for one in find_references(root).references}
        assert found[each.repository] == "9.10"
        (root / file).write_bytes(text.encode())


def test_a_number_in_yaml_inside_of_yaml_gets_the_quotes_that_it_needs(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"cm.yaml": CONFIG_MAP})
    for tag, written in {"1.10": '"1.10"', "5115e56": '"5115e56"', "v2": "v2"}.items():
        plan = plan_point(root, ImageRef("quay.io", "a/b", tag), Selection(), Delivery(), registries=None)
        assert plan is not None
        assert f"tag: {written}}}" in str(plan.changes[0].edits[0].after)


def test_what_cannot_be_edited_is_named_with_its_line(tmp_path: Path) -> None:
    files = {
        "folded.yaml": 'data:\n  values.yaml: "image: quay.io/a/b:1\\nother: x\\n"\n',
        "code.py": 'c.KubeSpawner.image = "quay.io/a/b:" + tag\nrun("docker pull quay.io/a/c:1")\n',
        "Makefile": "run:\n\tdocker run quay.io/a/c:2\n",
        "values.yaml": "description: image quay.io/a/prose:1\nodd: quay.io/a/odd:1\n# quay.io/a/comment:1\n",
        "pairs.yaml": "source: {repo: group/project, tag: v1}\n",
    }
    inventory = inventory_of(tmp_path, files)
    assert inventory.references == ()
    assert [(each.file, each.line, each.reason) for each in inventory.not_read] == [
        ("Makefile", 2, "image that a command names (quay.io/a/c:2)"),
        ("code.py", 1, "image put together in code (`c.KubeSpawner.image`)"),
        ("code.py", 2, "image that a command names (quay.io/a/c:1)"),
        ("folded.yaml", 2, 'image in text (data."values.yaml": quay.io/a/b:1; edit it by hand)'),
        ("pairs.yaml", 1, "two keys that look like a name and a tag (source.repo: group/project)"),
        ("values.yaml", 2, "image that no key explains (quay.io/a/odd:1)"),
    ]


NAMED = {
    "run.sh": (
        "docker run --rm -v data/x:/data oryd/oathkeeper:v1 generate\n# docker run a/old:1\n",
        [(1, "image that a command names (oryd/oathkeeper:v1)")],
    ),
    "tags.yaml": (
        "labels: {docker_image_tag: 0.13.3}\nprefectVersionTag: latest\nlogTag: web\n"
        "side: {image: a/b, imageTag: 1.0.0}\n",
        [
            (1, "tag that no name goes with (labels.docker_image_tag: 0.13.3)"),
            (2, "tag that no name goes with (prefectVersionTag: latest)"),
        ],
    ),
    "twice.yaml": (
        "images:\n  proxy: voucher/proxy:arm\n  proxy:\n",
        [(2, "duplicate key `proxy`; the last one counts (line 3)")],
    ),
}


@pytest.mark.parametrize("file", NAMED)
def test_what_no_key_says_is_named_with_its_line(file: str, tmp_path: Path) -> None:
    text, expected = NAMED[file]
    inventory = inventory_of(tmp_path, {file: text})
    assert [(each.line, each.reason) for each in inventory.not_read] == expected


def test_a_template_that_puts_an_image_together_is_counted_with_its_line(tmp_path: Path) -> None:
    text = (
        "x: {{ if }}\nimage: {{- if .x }} {{ .x }} {{- else }} a/b:1 {{- end }}\ny: {{ .y }}\n  image: a/c:{{ .z }}\n"
    )
    inventory = inventory_of(tmp_path, {"templates/pod.yaml": text})
    assert [line for _, line in inventory.placeholders] == [2, 4]
