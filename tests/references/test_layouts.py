"""Which hubs run an image, in layouts that are neither 2i2c's nor Berkeley's, and what a bump changes there."""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import helm_python
import pytest

from hubimages.errors import BadInputError
from hubimages.references import Selection, find_references, plan_point
from hubimages.repository.delivery import Delivery
from tests.references.deployment import deployment, inventory_of, run_by

Data = dict[str, Any]
Read = Callable[[str], Data]
IMAGE = "singleuser: {image: {name: quay.io/a/b, tag: v%s}}\n"
CHART = (
    "name: hub\ndependencies: [{name: jupyterhub, version: 4.0.0, repository: https://hub.jupyter.org/helm-chart}]\n"
)

ARGO = {
    "apps/bio.yaml": """\
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: bio}
        spec:
          sources:
          - repoURL: https://hub.jupyter.org/helm-chart/
            chart: jupyterhub
            helm:
              valueFiles: [$here/values/common.yaml, $here/values/bio.yaml]
              valuesObject:
                singleuser:
                  image: {tag: v3}
          - {repoURL: https://example.org/this.git, ref: here}
        """,
    "values/common.yaml": IMAGE % 1,
    "values/bio.yaml": "singleuser: {image: {tag: v2}}\n",
}
ARGO_PARAMETERS = {
    "app.yaml": """\
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: chem}
        spec:
          source:
            chart: jupyterhub
            helm:
              values: |
                singleuser:
                  image: {name: quay.io/a/b, tag: v1}
              parameters:
              - name: singleuser.image.tag
                value: v2
        """,
}
APPLICATION_SET = {
    "set.yaml": """\
        apiVersion: argoproj.io/v1alpha1
        kind: ApplicationSet
        metadata: {name: hubs}
        spec:
          generators:
          - list:
              elements:
              - {hub: bio}
              - {hub: chem}
          template:
            metadata: {name: '{{hub}}-hub'}
            spec:
              source:
                path: chart
                helm: {valueFiles: ['hubs/{{ .hub }}.yaml']}
        """,
    "chart/Chart.yaml": CHART,
    "chart/values.yaml": "jupyterhub: {singleuser: {image: {name: quay.io/a/b, tag: v1}}}\n",
    "chart/hubs/bio.yaml": "jupyterhub: {singleuser: {image: {tag: v2}}}\n",
    "chart/hubs/chem.yaml": "jupyterhub: {hub: {image: {name: quay.io/a/hub, tag: v3}}}\n",
}
APPLICATION_SET_GIT = {
    "set.yaml": """\
        apiVersion: argoproj.io/v1alpha1
        kind: ApplicationSet
        metadata: {name: hubs}
        spec:
          goTemplate: true
          generators:
          - git:
              directories: [{path: hubs/*}, {path: hubs/old, exclude: true}]
          template:
            metadata: {name: '{{.path.basename}}'}
            spec:
              source: {path: '{{.path.path}}', helm: {valueFiles: [values.yaml]}}
        """,
    **{f"hubs/{hub}/Chart.yaml": CHART for hub in ("bio", "old")},
    "hubs/bio/values.yaml": "jupyterhub: {singleuser: {image: quay.io/a/b:v1}}\n",
    "hubs/old/values.yaml": "jupyterhub: {singleuser: {image: quay.io/a/c:v1}}\n",
}
RELEASE = """\
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: {name: hub}
    spec:
      chart: {spec: {chart: jupyterhub, version: 4.x}}
      valuesFrom:
      - {kind: ConfigMap, name: hub-values}
      - {kind: ConfigMap, name: made, valuesKey: more.yaml}
      values:
        singleuser:
          image:
            tag: v3
    """
FLUX = {
    "release.yaml": RELEASE,
    "map.yaml": f"kind: ConfigMap\nmetadata: {{name: hub-values}}\ndata:\n  values.yaml: |\n    {IMAGE % 1}",
    "kustomization.yaml": "resources: [release.yaml, map.yaml]\n"
    "configMapGenerator:\n- {name: made, files: [more.yaml]}\n",
    "more.yaml": "singleuser: {image: {tag: v2}}\nhub: {image: {name: quay.io/a/hub, tag: v9}}\n",
}
FLUX_OVERLAYS = {
    "base/release.yaml": RELEASE.replace("tag: v3", "name: quay.io/a/b\n            tag: v3").replace(
        "valuesFrom:\n      - {kind: ConfigMap, name: hub-values}\n      - {kind: ConfigMap, name: made, valuesKey: "
        "more.yaml}\n", "interval: 1h\n"
    ),
    "base/kustomization.yaml": "resources: [release.yaml]\n",
    "overlays/prod/kustomization.yaml": "resources: [../../base]\npatches: [{path: patch.yaml}]\n",
    "overlays/prod/patch.yaml": "kind: HelmRelease\nmetadata: {name: hub}\n"
    "spec: {values: {singleuser: {image: {tag: v4}}}}\n",
    "overlays/staging/kustomization.yaml": "resources: [../../base]\n",
}  # fmt: skip
HELMFILE = {
    "helmfile.yaml": """\
        environments:
          staging: {values: [{size: small}]}
          prod: {values: [{size: large}]}
        ---
        releases:
        {{- if true }}
        - name: bio
          chart: jupyterhub/jupyterhub
          values:
          - values/bio.yaml
          - values/{{ .Environment.Name }}.yaml
          - singleuser: {image: {tag: v3}}
        {{- end }}
        - name: chem
          chart: jupyterhub/jupyterhub
          values:
          - singleuser: {image: {name: quay.io/a/c, tag: v4}, host: {{ requiredEnv "HOST" }}}
          - values/chem.yaml
          set:
          - {name: hub.image.tag, value: v6}
        """,
    "values/bio.yaml": IMAGE % 1,
    "values/prod.yaml": "singleuser: {image: {tag: v2}}\nhub: {image: {name: quay.io/a/hub, tag: v5}}\n",
    "values/chem.yaml": "hub: {image: {name: quay.io/a/hub, tag: v7}}\n",
}
KUSTOMIZE = {
    "hub/kustomization.yaml": """\
        helmCharts:
        - name: jupyterhub
          releaseName: hub
          valuesFile: values.yaml
          additionalValuesFiles: [more.yaml]
          valuesInline:
            singleuser:
              image: {tag: v3}
        images:
        - {name: quay.io/a/other, newTag: v9}
        """,
    "hub/values.yaml": IMAGE % 1,
    "hub/more.yaml": "singleuser: {image: {tag: v2}}\n",
}
UMBRELLA = {
    "hub/Chart.yaml": CHART,
    "hub/values.yaml": "jupyterhub: {singleuser: {image: {name: quay.io/a/b, tag: v1}}}\n",
    "hub/values-bio.yaml": "jupyterhub: {singleuser: {image: {tag: v2}}}\n",
    "hub/values-chem.yaml": "jupyterhub: {hub: {image: {name: quay.io/a/hub, tag: v3}}}\n",
}
COMPOSE = {
    "basic/docker-compose.yml": """\
        services:
          hub:
            image: quay.io/jupyterhub/jupyterhub:5
            environment: {DOCKER_NOTEBOOK_IMAGE: quay.io/a/b:v1}
        """,
    "basic/docker-compose.override.yml": "services: {hub: {environment: {DOCKER_NOTEBOOK_IMAGE: quay.io/a/b:v2}}}\n",
    "basic/jupyterhub_config.py": 'c.DockerSpawner.image = "quay.io/a/c:v3"\n',
    "db/docker-compose.yml": "services: {db: {image: postgres:16}}\n",
}
SCRIPT = {
    "deploy.sh": "RELEASE=jhub\nhelm upgrade --install $RELEASE jupyterhub/jupyterhub \\\n"
    "  --namespace $RELEASE --values config.yaml \\\n  --values=secret.yaml -f gpu/more.yaml\n",
    "config.yaml": IMAGE % 1,
    "gpu/more.yaml": "singleuser: {image: {tag: v2}}\n",
    "unused.yaml": IMAGE % 9,
}
TERRAFORM = {
    "main.tf": 'resource "helm_release" "hub" {\n  chart = "jupyterhub"\n'
    '  values = [file("${path.module}/values.yaml"), templatefile("more.yaml", {})]\n}\n',
    "values.yaml": IMAGE % 1,
    "more.yaml": "singleuser: {image: {tag: v2}}\n",
}

# files: (the references that hubs run, the hubs that are guessed, the reference that is bumped)
LAYOUTS: Mapping[str, tuple[Mapping[str, str], list[tuple[str, str, tuple[str, ...]]], tuple[str, ...]]] = {
    "an Application with values files and valuesObject": (ARGO, [("apps/bio.yaml:12", "quay.io/a/b:v3", ("bio",))], ()),
    "an Application with parameters": (ARGO_PARAMETERS, [("app.yaml:13", "quay.io/a/b:v2", ("chem",))], ()),
    "an ApplicationSet with a list": (
        APPLICATION_SET,
        [
            ("chart/hubs/bio.yaml:1", "quay.io/a/b:v2", ("bio-hub",)),
            ("chart/hubs/chem.yaml:1", "quay.io/a/hub:v3", ("chem-hub",)),
            ("chart/values.yaml:1", "quay.io/a/b:v1", ("chem-hub",)),
        ],
        (),
    ),
    "an ApplicationSet over directories": (
        APPLICATION_SET_GIT, [
            ("hubs/bio/values.yaml:1", "quay.io/a/b:v1", ("bio",)),
            ("hubs/old/values.yaml:1", "quay.io/a/c:v1", ("hubs/old",)),
        ],
        ("hubs/old",),
    ),
    "a HelmRelease with values from ConfigMaps": (
        FLUX, [("more.yaml:2", "quay.io/a/hub:v9", ("hub",)), ("release.yaml:12", "quay.io/a/b:v3", ("hub",))], ()
    ),
    "a HelmRelease in overlays": (
        FLUX_OVERLAYS,
        [
            ("base/release.yaml:11", "quay.io/a/b:v3", ("overlays/staging/hub",)),
            ("overlays/prod/patch.yaml:3", "quay.io/a/b:v4", ("overlays/prod/hub",)),
        ],
        (),
    ),
    "a Helmfile with environments": (
        HELMFILE,
        [
            ("helmfile.yaml:12", "quay.io/a/b:v3", ("prod/bio", "staging/bio")),
            ("helmfile.yaml:17", "quay.io/a/c:v4", ("chem",)),
            ("helmfile.yaml:20", "quay.io/a/hub:v6", ("chem",)),
            ("values/prod.yaml:2", "quay.io/a/hub:v5", ("prod/bio",)),
        ],
        (),
    ),
    "helmCharts of a kustomization": (
        KUSTOMIZE, [("hub/kustomization.yaml:8", "quay.io/a/b:v3", ("hub",))], ()
    ),
    "a chart with a values file for each hub": (
        UMBRELLA,
        [
            ("hub/values-bio.yaml:1", "quay.io/a/b:v2", ("hub/bio",)),
            ("hub/values-chem.yaml:1", "quay.io/a/hub:v3", ("hub/chem",)),
            ("hub/values.yaml:1", "quay.io/a/b:v1", ("hub/chem",)),
        ],
        ("hub/bio", "hub/chem"),
    ),
    "docker-compose": (
        COMPOSE,
        [
            ("basic/docker-compose.override.yml:1", "quay.io/a/b:v2", ("basic",)),
            ("basic/docker-compose.yml:3", "quay.io/jupyterhub/jupyterhub:5", ("basic",)),
            ("basic/jupyterhub_config.py:1", "quay.io/a/c:v3", ("basic",)),
        ],
        (),
    ),
    "a script": (SCRIPT, [("gpu/more.yaml:1", "quay.io/a/b:v2", ("jhub",))], ("unused",)),
    "Terraform": (TERRAFORM, [("more.yaml:1", "quay.io/a/b:v2", ("hub",))], ()),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_hubs_run_what_their_tool_makes_of_the_values(layout: str, tmp_path: Path) -> None:
    files, expected, guessed = LAYOUTS[layout]
    inventory = inventory_of(tmp_path, files)
    own = [each for each in run_by(inventory) if each[2] and not set(each[2]) <= {"unused"}]
    assert (own, inventory.guessed) == (expected, guessed)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_bump_changes_one_line_for_the_same_hubs(layout: str, tmp_path: Path) -> None:
    files, _, _ = LAYOUTS[layout]
    root = deployment(tmp_path / "deployment", files)
    for each in find_references(root).references:
        if not each.hubs or each.image is None:
            continue
        chosen = Selection(hubs=each.hubs)
        plan = plan_point(root, each.image.at("9.10"), chosen, Delivery(), registries=None)
        assert plan is not None
        (edit,) = plan.changes[0].edits
        before, after = str(edit.before), str(edit.after)
        lines = zip(before.split("\n"), after.split("\n"), strict=True)
        assert sum(old != new for old, new in lines) == 1
        (root / edit.path).write_text(after)
        found = [one for one in find_references(root).references if one.tag == "9.10" and one.hubs]
        assert [(one.repository, one.hubs) for one in found] == [(each.repository, each.hubs)]
        (root / edit.path).write_text(before)


def merged(*layers: Data) -> Data:
    """The documented merge of all these tools: mappings key by key, everything else as a whole."""
    whole: Data = {}
    for layer in layers:
        for key, value in copy.deepcopy(layer).items():
            both = isinstance(value, dict) and isinstance(whole.get(key), dict)
            whole[key] = merged(whole[key], value) if both else value
    return whole


PROBE = {
    "Chart.yaml": "apiVersion: v2\nname: probe\nversion: 0.1.0\n",
    "templates/image.yaml": "image: {{ .Values.singleuser.image.name }}:{{ .Values.singleuser.image.tag }}\n",
}


def rendered(folder: Path, values: Data) -> str:
    """Return the image that Helm's own renderer writes into a manifest from these values."""
    for name, text in PROBE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    with helm_python.Chart.load(str(folder)) as chart:
        (text,) = chart.render(values, name="hub", namespace="hub").values()
    return str(yaml(text)["image"])


def yaml(text: str) -> Data:
    return dict(helm_python.values_from_yaml(text))


def _split(values: Data) -> Data:
    """Return values whose image is one text with name and tag apart, as the chart of this test reads them."""
    name, _, tag = values["singleuser"]["image"].rpartition(":")
    return {"singleuser": {"image": {"name": name, "tag": tag}}}


# layout: (the values as the tool merges them, where the tag is in them, the image)
MERGES: Mapping[str, Callable[[Read], Data]] = {
    "an Application with values files and valuesObject": lambda read: merged(
        read("values/common.yaml"), read("values/bio.yaml"),
        read("apps/bio.yaml")["spec"]["sources"][0]["helm"]["valuesObject"],
    ),
    "an Application with parameters": lambda read: merged(
        yaml(read("app.yaml")["spec"]["source"]["helm"]["values"]),
        {"singleuser": {"image": {"tag": read("app.yaml")["spec"]["source"]["helm"]["parameters"][0]["value"]}}},
    ),
    "a HelmRelease with values from ConfigMaps": lambda read: merged(
        yaml(read("map.yaml")["data"]["values.yaml"]), read("more.yaml"), read("release.yaml")["spec"]["values"]
    ),
    "helmCharts of a kustomization": lambda read: merged(
        read("hub/values.yaml"), read("hub/more.yaml"), read("hub/kustomization.yaml")["helmCharts"][0]["valuesInline"]
    ),
    "a HelmRelease in overlays": lambda read: merged(
        read("base/release.yaml")["spec"]["values"], read("overlays/prod/patch.yaml")["spec"]["values"]
    ),
    "an ApplicationSet over directories": lambda read: _split(read("hubs/bio/values.yaml")["jupyterhub"]),
    "an ApplicationSet with a list": lambda read: merged(read("chart/values.yaml"), read("chart/hubs/bio.yaml"))[
        "jupyterhub"
    ],
    "a chart with a values file for each hub": lambda read: merged(
        read("hub/values.yaml"), read("hub/values-bio.yaml")
    )["jupyterhub"],
    "a script": lambda read: merged(read("config.yaml"), read("gpu/more.yaml")),
    "Terraform": lambda read: merged(read("values.yaml"), read("more.yaml")),
}  # fmt: skip


# The hub that the merge above is of, where a layout has several with the image.
FIRST = {
    "a HelmRelease in overlays": "prod", "an ApplicationSet with a list": "bio",
    "a chart with a values file for each hub": "bio",
}  # fmt: skip


@pytest.mark.parametrize("layout", MERGES)
def test_helm_renders_the_new_tag_from_the_values_as_the_tool_merges_them(layout: str, tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", LAYOUTS[layout][0])
    reference = next(
        each for each in find_references(root).references
        if set(each.hubs) - {"unused"} and "a/b" in each.name and FIRST.get(layout, "") in " ".join(each.hubs)
    )  # fmt: skip

    def image() -> str:
        return rendered(tmp_path / "probe", MERGES[layout](lambda file: yaml((root / file).read_text())))

    assert image() == str(reference.image)
    assert reference.image is not None
    chosen = Selection(hubs=reference.hubs)
    plan = plan_point(root, reference.image.at("1.10"), chosen, Delivery(), registries=None)
    assert plan is not None
    plan.apply()
    assert image() == "quay.io/a/b:1.10"


def test_hubs_that_a_file_lists_override_every_guess(tmp_path: Path) -> None:
    files = {
        "a.yaml": IMAGE % 1, "b.yaml": "singleuser: {image: {tag: v2}}\n", "other.yaml": IMAGE % 3,
        "hubs.yml": "bio: [a.yaml, b.yaml]\nchem: a.yaml\n",
    }  # fmt: skip
    root = deployment(tmp_path / "deployment", files)
    inventory = find_references(root, root / "hubs.yml")
    assert (inventory.hubs, inventory.guessed) == (("bio", "chem"), ())
    assert run_by(inventory) == [
        ("a.yaml:1", "quay.io/a/b:v1", ("chem",)),
        ("b.yaml:1", "quay.io/a/b:v2", ("bio",)),
        ("other.yaml:1", "quay.io/a/b:v3", ()),
    ]
    plan = plan_point(
        root, inventory.references[0].image.at("v9"),  # type: ignore[union-attr]
        Selection(hubs=("chem",), hubs_file=root / "hubs.yml"), Delivery(), registries=None,
    )  # fmt: skip
    assert plan is not None
    assert [edit.path for edit in plan.changes[0].edits] == ["a.yaml"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bio: [nowhere.yaml]\n", "bio: no file nowhere.yaml in the repository"),
        ("", "no hubs. Write one line per hub"),
        ("- bio\n", "no hubs. Write one line per hub"),
        ("bio: {a: b}\n", "bio needs a list of values files"),
        ("bio: [\n", "not YAML"),
    ],
)
def test_a_list_of_hubs_that_cannot_be_used_is_bad_input(text: str, message: str, tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"a.yaml": IMAGE % 1})
    (root / "hubs.yml").write_text(text)
    with pytest.raises(BadInputError, match="--hubs") as error:
        find_references(root, root / "hubs.yml")
    assert message in str(error.value)


def test_hubploy_tags_an_image_without_a_tag_by_the_last_commit_of_its_directory(tmp_path: Path) -> None:
    from hubimages.references import check_images
    from tests.references.pointing import git

    files = {
        "deployments/stat/hubploy.yaml": "images: {image_name: quay.io/a/stat}\n",
        "deployments/stat/config/prod.yaml": "jupyterhub: {}\n",
        "deployments/stat/image/Dockerfile": "FROM quay.io/jupyter/base-notebook:2026-01-01\n",
    }
    root = deployment(tmp_path / "deployment", files)
    inventory = find_references(root)
    commit = git(root, "log", "-n1", "--format=%h").strip()
    found = [each for each in inventory.references if each.file.endswith("hubploy.yaml")]
    assert [each.tag_from for each in found] == [f"hubploy: commit {commit} of deployments/stat/image"]
    assert [finding.code for finding in check_images(inventory, online=False).findings] == []


def test_a_tag_without_a_name_says_the_names_that_other_files_have_at_its_path(tmp_path: Path) -> None:
    files = {
        "tags.yaml": "jupyterhub: {singleuser: {image: {tag: v1}}}\n",
        "names.yaml": "singleuser: {image: {name: quay.io/a/b, tag: v0}}\n"
        "hub: {image: {name: quay.io/a/hub, tag: v0}}\n",
    }
    (found,) = [each for each in inventory_of(tmp_path, files).references if each.file == "tags.yaml"]
    assert (found.name, found.names) == ("", ("quay.io/a/b",))


def test_a_link_to_a_directory_is_no_submodule(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"hubs/values.yaml": "image: a/b:1\n"})
    (root / "link").symlink_to("hubs")
    assert [(each.file, each.reason) for each in find_references(root).not_read] == [
        ("link", "symbolic link to a directory; its files are read at their own paths")
    ]
