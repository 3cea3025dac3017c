"""What generators, patches and programs make of values: which hub runs an image in the end, and who owns its tag."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hubimages.errors import RefusedError
from hubimages.references import Selection, find_references, plan_point
from hubimages.repository.delivery import Delivery
from tests.references.deployment import deployment, inventory_of, run_by
from tests.references.pointing import hubimages

CHART = (
    "name: hub\ndependencies: [{name: jupyterhub, version: 4.0.0, repository: https://hub.jupyter.org/helm-chart}]\n"
)
HUBS = {
    "chart/Chart.yaml": CHART,
    "chart/values.yaml": "jupyterhub: {singleuser: {image: {name: quay.io/a/b, tag: v1}}}\n",
    "chart/hubs/bio.yaml": "jupyterhub: {singleuser: {image: {tag: v2}}}\n",
    "chart/hubs/chem.yaml": "jupyterhub: {singleuser: {image: {tag: v3}}}\n",
}
ROOTED = {"environments/bio/config.json": '{"hub": "bio"}\n', "environments/chem/config.json": '{"hub": "chem"}\n'}


def application_set(generators: str, name: str = "{{hub}}-hub", file: str = "hubs/{{ .hub }}.yaml") -> str:
    """Return an ApplicationSet of the chart above; its generators are indented by four."""
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: hubs}\nspec:\n"
        f"  generators:\n{generators}"
        f"  template:\n    metadata: {{name: '{name}'}}\n"
        f"    spec:\n      source:\n        path: chart\n        helm: {{valueFiles: ['{file}']}}\n"
    )


def cluster(name: str, environment: str) -> str:
    """Return the Secret that is a cluster to Argo CD."""
    return (
        f"kind: Secret\nmetadata:\n  name: {name}\n  labels:\n    argocd.argoproj.io/secret-type: cluster\n"
        f"    environment: {environment}\nstringData: {{name: {name}, server: https://{name}.example.org}}\n"
    )


BOTH = {("bio-hub", "v2"), ("chem-hub", "v3")}
GENERATORS: Mapping[str, tuple[Mapping[str, str], set[tuple[str, str]], list[str]]] = {
    "a merge: a later generator overrides what it has the key of, and adds nothing": (
        {
            "set.yaml": application_set(
                "  - merge:\n      mergeKeys: [name]\n      generators:\n"
                "      - list: {elements: [{name: one, hub: bio}, {name: two, hub: bio}]}\n"
                "      - list: {elements: [{name: two, hub: chem}, {name: three, hub: chem}]}\n"
            )
        },
        BOTH,
        [],
    ),
    "a matrix whose second generator uses the first": (
        {
            "set.yaml": application_set(
                "  - matrix:\n      generators:\n      - list: {elements: [{field: bio}, {field: chem}]}\n"
                "      - git: {files: [{path: 'environments/{{field}}/config.json'}]}\n"
            ),
            **ROOTED,
        },
        BOTH,
        [],
    ),
    "a merge inside of a matrix": (
        {
            "set.yaml": application_set(
                "  - matrix:\n      generators:\n      - merge:\n          mergeKeys: [id]\n          generators:\n"
                "          - list: {elements: [{id: '1', hub: x}]}\n"
                "          - list: {elements: [{id: '1', hub: bio}]}\n"
                "      - list: {elements: [{stage: prod}]}\n",
                name="{{stage}}-{{hub}}",
            )
        },
        {("prod-bio", "v2")},
        [],
    ),
    "git files, with the path under a prefix": (
        {
            "set.yaml": application_set(
                "  - git: {pathParamPrefix: here, files: [{path: 'environments/*/config.json'}]}\n",
                name="{{here.path.basename}}-hub",
            ),
            **ROOTED,
        },
        BOTH,
        [],
    ),
    "git directories, with a segment of the path": (
        {
            "set.yaml": application_set(
                "  - git: {directories: [{path: 'environments/*'}, {path: environments/chem, exclude: true}]}\n",
                name="{{ index .path.segments 1 }}-hub",
                file="hubs/{{ .path.basename }}.yaml",
            ),
            **ROOTED,
        },
        {("bio-hub", "v2")},
        [],
    ),
    "elements in a text": (
        {"set.yaml": application_set("  - list:\n      elementsYaml: |\n        - hub: bio\n        - {hub: chem}\n")},
        BOTH,
        [],
    ),
    "elements that a template makes": (
        {
            "set.yaml": application_set(
                "  - list: {elementsYaml: '{{ .hubs | toJson }}'}\n", name="all", file="hubs/bio.yaml"
            )
        },
        {("all", "v2")},
        ["set.yaml:6: ApplicationSet whose hubs are not in the repository (elementsYaml)"],
    ),
    "a generator with a template of its own": (
        {
            "set.yaml": application_set(
                "  - list:\n      elements: [{hub: bio}]\n      template: {spec: {source: {path: other}}}\n"
            )
        },
        {("bio-hub", "v2")},
        ["set.yaml:6: ApplicationSet with a template of its own in list"],
    ),
    "clusters whose Secrets are in the repository": (
        {
            "set.yaml": application_set(
                "  - clusters: {selector: {matchLabels: {environment: prod}}, values: {hub: '{{name}}'}}\n",
                name="{{values.hub}}-hub",
                file="hubs/{{ .name }}.yaml",
            ),
            "bio.yaml": cluster("bio", "prod"),
            "chem.yaml": cluster("chem", "test"),
        },
        {("bio-hub", "v2")},
        [],
    ),
    "clusters that are nowhere in the repository": (
        {"set.yaml": application_set("  - clusters: {values: {hub: bio}}\n", file="hubs/{{ .values.hub }}.yaml")},
        {("set", "v2")},
        ["set.yaml:6: ApplicationSet whose clusters are not in files"],
    ),
    "a selector behind a generator": (
        {
            "set.yaml": application_set(
                "  - list: {elements: [{hub: bio, stage: prod}, {hub: chem, stage: test}]}\n"
                "    selector: {matchExpressions: [{key: stage, operator: In, values: [prod]}]}\n"
            )
        },
        {("bio-hub", "v2")},
        [],
    ),
    "a generator that asks a server": (
        {"set.yaml": application_set("  - pullRequest: {github: {owner: a, repo: b}}\n", file="hubs/bio.yaml")},
        {("set", "v2")},
        ["set.yaml:6: ApplicationSet whose hubs are not in the repository (generator pullRequest)"],
    ),
}


@pytest.mark.parametrize("kind", GENERATORS)
def test_generators_make_the_hubs_that_files_say_and_name_the_others(kind: str, tmp_path: Path) -> None:
    files, expected, named = GENERATORS[kind]
    inventory = inventory_of(tmp_path, {**HUBS, **files})
    assert {(hub, each.tag) for each in inventory.references for hub in each.hubs} == expected
    said = [f"{each.file}:{each.line}: {each.reason}" for each in inventory.not_read]
    assert [text for text in said if "ApplicationSet" in text] == named


RELEASE = """\
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: {name: hub}
    spec:
      chart: {spec: {chart: jupyterhub}}
      valuesFrom:
      - {kind: ConfigMap, name: versions, valuesKey: hub_tag, targetPath: singleuser.image.tag}
      - {kind: Secret, name: secrets, valuesKey: id, targetPath: hub.config.X.client_id}
      values:
        singleuser: {image: {name: quay.io/a/b}}
"""


def test_a_value_that_flux_puts_at_a_path_is_the_tag_of_the_name_there(tmp_path: Path) -> None:
    files = {
        "release.yaml": RELEASE,
        "map.yaml": "kind: ConfigMap\nmetadata: {name: versions}\ndata:\n  other: v0\n  hub_tag: 'v1'\n",
    }
    root = deployment(tmp_path / "deployment", files)
    inventory = find_references(root)
    assert run_by(inventory) == [("map.yaml:5", "quay.io/a/b:v1", ("hub",))]
    assert [each.reason for each in inventory.not_read] == [
        "values that are not in this repository (Secret secrets, id)"
    ]
    done = hubimages(root, "point-hubs", "quay.io/a/b:v2", "--unchecked", "--all")
    assert done.returncode == 0, done.stderr
    assert (root / "map.yaml").read_text().splitlines()[3:] == ["  other: v0", "  hub_tag: 'v2'"]
    assert (root / "release.yaml").read_text() == "".join(line[4:] for line in RELEASE.splitlines(keepends=True))


def test_inline_values_override_what_flux_puts_at_a_path(tmp_path: Path) -> None:
    files = {
        "release.yaml": RELEASE.replace("{name: quay.io/a/b}", "{name: quay.io/a/b, tag: v9}"),
        "map.yaml": "kind: ConfigMap\nmetadata: {name: versions}\ndata:\n  hub_tag: v1\n",
    }
    assert run_by(inventory_of(tmp_path, files)) == [
        ("map.yaml:4", ":v1", ()),
        ("release.yaml:10", "quay.io/a/b:v9", ("hub",)),
    ]


def test_a_tag_that_flux_substitutes_is_named_with_the_place_that_sets_it(tmp_path: Path) -> None:
    files = {
        "flux.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: hub}\nspec:\n"
        "  postBuild:\n    substitute:\n      hub_tag: v1\n",
    }  # fmt: skip
    files["release.yaml"] = RELEASE.replace(
        "        singleuser: {image: {name: quay.io/a/b}}\n",
        "        singleuser:\n          image:\n            name: quay.io/a/b\n            tag: ${hub_tag}\n"
        "          host: ${host}\n        hub:\n          image: ${gone:=a/b:1}\n",
    )
    files["staging.yaml"] = files["flux.yaml"].replace("v1\n", "v2\n")
    said = [(each.line, each.reason) for each in inventory_of(tmp_path, files).not_read if "substitutes" in each.reason]
    assert said == [
        (13, "image or tag that Flux substitutes (${hub_tag}: flux.yaml:7 sets v1, staging.yaml:7 sets v2)"),
        (16, "image or tag that Flux substitutes (${gone}: nothing in this repository sets it)"),
    ]


SUBSTITUTED = RELEASE.replace(
    "{image: {name: quay.io/a/b}}", "{image: {name: quay.io/a/b, tag: '${hub_tag}'}}"
).replace("      valuesFrom:\n", "      other:\n")
SETTING = "kind: Kustomization\nmetadata: {name: hub}\nspec:\n  postBuild:\n"
BY_MAP = f"{SETTING}    substituteFrom:\n    - {{kind: ConfigMap, name: versions}}\n    - {{kind: Secret, name: x}}\n"
SUBSTITUTIONS: Mapping[str, tuple[Mapping[str, str], str]] = {
    "in a Kustomization of Flux": ({"flux.yaml": f"{SETTING}    substitute:\n      hub_tag: v1\n"}, "flux.yaml:6"),
    "in a ConfigMap that it names": (
        {"flux.yaml": BY_MAP, "map.yaml": "kind: ConfigMap\nmetadata: {name: versions}\ndata: {hub_tag: v1}\n"},
        "map.yaml:3",
    ),
}


@pytest.mark.parametrize("place", SUBSTITUTIONS)
@pytest.mark.parametrize("variable", ["${hub_tag}", "${hub_tag:=v0}"])
def test_a_tag_that_flux_substitutes_is_edited_where_it_is_set(place: str, variable: str, tmp_path: Path) -> None:
    files, where = SUBSTITUTIONS[place]
    release = {"release.yaml": SUBSTITUTED.replace("${hub_tag}", variable)}
    root = deployment(tmp_path / "deployment", {**files, **release})
    inventory = find_references(root)
    assert run_by(inventory) == [(where, "quay.io/a/b:v1", ("hub",))]
    assert [each for each in inventory.not_read if "substitutes" in each.reason] == []
    done = hubimages(root, "point-hubs", "quay.io/a/b:v2", "--unchecked", "--hub=hub")
    assert done.returncode == 0, done.stderr
    file = where.partition(":")[0]
    assert (root / file).read_text() == files[file].replace("hub_tag: v1", "hub_tag: v2")


def test_a_substituted_tag_that_a_patch_overrides_does_not_run(tmp_path: Path) -> None:
    files = {
        "base/release.yaml": SUBSTITUTED, "base/kustomization.yaml": "resources: [release.yaml]\n",
        "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml}]\n",
        "prod/patch.yaml": "kind: HelmRelease\nmetadata: {name: hub}\n"
        "spec: {values: {singleuser: {image: {tag: v9}}}}\n",
        **SUBSTITUTIONS["in a Kustomization of Flux"][0],
    }  # fmt: skip
    run = [each for each in run_by(inventory_of(tmp_path, files)) if each[2]]
    assert run == [("prod/patch.yaml:3", "quay.io/a/b:v9", ("hub",))]


DEPLOYMENT = """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: hub, labels: {app: hub}}
    spec:
      template:
        spec:
          containers:
          - {name: sidecar, image: 'quay.io/a/sidecar:v1'}
          - name: jupyterhub
            image: quay.io/a/hub:v1
"""
STRATEGIC = """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: hub}
    spec: {template: {spec: {containers: [{name: jupyterhub, image: 'quay.io/a/hub:v2'}]}}}
"""
JSON_PATCH = """\
    - op: replace
      path: /spec/template/spec/containers/1/image
      value: quay.io/a/hub:v2
"""
BASE = {"base/kustomization.yaml": "resources: [hub.yaml]\n", "base/hub.yaml": DEPLOYMENT}
SIDECAR = ("base/hub.yaml:8", "quay.io/a/sidecar:v1")
OVERLAYS: Mapping[str, tuple[Mapping[str, str], tuple[str, str]]] = {
    "a strategic merge": (
        {
            "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml}]\n",
            "prod/patch.yaml": STRATEGIC,
        },
        ("prod/patch.yaml:4", "quay.io/a/hub:v2"),
    ),
    "a strategic merge in the older key": (
        {
            "prod/kustomization.yaml": "bases: [../base]\npatchesStrategicMerge: [patch.yaml]\n",
            "prod/patch.yaml": STRATEGIC,
        },
        ("prod/patch.yaml:4", "quay.io/a/hub:v2"),
    ),
    "a JSON patch": (
        {
            "prod/kustomization.yaml": "resources: [../base]\n"
            "patches: [{path: patch.yaml, target: {kind: Deployment, name: h.*}}]\n",
            "prod/patch.yaml": JSON_PATCH,
        },
        ("prod/patch.yaml:3", "quay.io/a/hub:v2"),
    ),
    "a JSON patch inside of the kustomization": (
        {
            "prod/kustomization.yaml": "resources: [../base]\npatches:\n- target: {kind: Deployment}\n  patch: |\n"
            + JSON_PATCH
        },
        ("prod/kustomization.yaml:7", "quay.io/a/hub:v2"),
    ),
    "a patch for what has a label": (
        {
            "prod/kustomization.yaml": "resources: [../base]\n"
            "patches: [{path: patch.yaml, target: {labelSelector: 'app in (hub, proxy),!old'}}]\n",
            "prod/patch.yaml": JSON_PATCH,
        },
        ("prod/patch.yaml:3", "quay.io/a/hub:v2"),
    ),
    "images": (
        {"prod/kustomization.yaml": "resources: [../base]\nimages: [{name: quay.io/a/hub, newTag: v2}]\n"},
        ("prod/kustomization.yaml:2", "quay.io/a/hub:v2"),
    ),
}


@pytest.mark.parametrize("kind", OVERLAYS)
def test_what_an_overlay_overrides_does_not_run_and_a_bump_edits_the_overlay(kind: str, tmp_path: Path) -> None:
    files, expected = OVERLAYS[kind]
    root = deployment(tmp_path / "deployment", {**BASE, **files})
    inventory = find_references(root)
    runs = {(f"{each.file}:{each.line}", str(each.image)) for each in inventory.references if each.hubs}
    assert runs == {SIDECAR, expected}
    (reference,) = [each for each in inventory.references if each.hubs and "sidecar" not in each.name]
    assert reference.image is not None
    plan = plan_point(root, reference.image.at("v9"), Selection(hubs=("prod",)), Delivery(), registries=None)
    assert plan is not None
    assert [edit.path for edit in plan.changes[0].edits] == [expected[0].partition(":")[0]]


UPDATED = """\
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata:
      name: bio
      annotations:
        argocd-image-updater.argoproj.io/image-list: user=quay.io/a/b:~1, quay.io/a/hub
        argocd-image-updater.argoproj.io/user.helm.image-tag: singleuser.image.tag
    spec:
      source:
        path: chart
        helm:
          valuesObject:
            singleuser:
              image: {name: quay.io/a/b, tag: v1}
              profileList:
              - kubespawner_override: {image: 'quay.io/a/b:v1'}
            hub:
              image: {name: quay.io/a/hub, tag: v1}
            other: {image: {name: quay.io/a/c, tag: v1}}
"""
PROGRAM = "Argo CD Image Updater (app.yaml)"


def test_image_updater_owns_the_paths_that_it_sets_and_without_one_every_place_of_the_image(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"app.yaml": UPDATED, "chart/Chart.yaml": CHART})
    inventory = find_references(root)
    assert [(each.line, each.repository, each.owner) for each in inventory.references] == [
        (14, "quay.io/a/b", PROGRAM),
        (16, "quay.io/a/b", ""),
        (18, "quay.io/a/hub", PROGRAM),
        (19, "quay.io/a/c", ""),
    ]
    image = inventory.references[2].image
    assert image is not None
    with pytest.raises(RefusedError, match=r"Argo CD Image Updater .app.yaml. keeps this tag up to date") as error:
        plan_point(root, image.at("v2"), Selection(), Delivery(), registries=None)
    assert error.value.exit_code == 3
    done = hubimages(root, "point-hubs", str(image.at("v2")), "--unchecked", "--all", "--also-automated")
    assert done.returncode == 0, done.stderr
    assert [line for line in (root / "app.yaml").read_text().splitlines() if "v2" in line] == [
        "          image: {name: quay.io/a/hub, tag: v2}"
    ]


def test_what_image_updater_writes_back_beside_the_chart_overrides_the_chart(tmp_path: Path) -> None:
    files = {
        "app.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: bio}\n"
        "spec: {source: {path: chart}}\n",
        "chart/Chart.yaml": CHART,
        "chart/values.yaml": "jupyterhub: {singleuser: {image: {name: quay.io/a/b, tag: v1}}}\n",
        "chart/.argocd-source-bio.yaml": "helm:\n  parameters:\n  - name: jupyterhub.singleuser.image.tag\n"
        "    value: v2\n    forcestring: true\n",
    }
    assert run_by(inventory_of(tmp_path, files)) == [
        ("chart/.argocd-source-bio.yaml:4", "quay.io/a/b:v2", ("bio",)),
        ("chart/values.yaml:1", "quay.io/a/b:v1", ()),
    ]


@pytest.mark.parametrize("selector", ["app=proxy", "app!=hub", "app notin (hub)", "old", "!app", "app==hub,tier=web"])
def test_a_patch_for_another_label_overrides_nothing(selector: str, tmp_path: Path) -> None:
    files = {
        **BASE, "prod/patch.yaml": JSON_PATCH,
        "prod/kustomization.yaml": "resources: [../base]\n"
        f"patches: [{{path: patch.yaml, target: {{labelSelector: '{selector}'}}}}]\n",
    }  # fmt: skip
    assert ("base/hub.yaml:10", "quay.io/a/hub:v1", ("prod",)) in run_by(inventory_of(tmp_path, files))


UPDATER = """\
apiVersion: argocd-image-updater.argoproj.io/v1alpha1
kind: ImageUpdater
metadata: {name: all}
spec:
  applicationRefs:
  - namePattern: 'bi*'
    images:
    - alias: user
      imageName: quay.io/a/b:~1
      manifestTargets: {helm: {tag: singleuser.image.tag}}
    - {alias: hub, imageName: quay.io/a/hub}
  - namePattern: chem
    images: [{alias: other, imageName: quay.io/a/c}]
"""


def test_an_image_updater_resource_owns_what_the_annotations_would(tmp_path: Path) -> None:
    application = "".join(line for line in UPDATED.splitlines(keepends=True) if "argocd-image-updater" not in line)
    application = application.replace("      annotations:\n", "")
    files = {"app.yaml": application, "updater.yaml": UPDATER, "chart/Chart.yaml": CHART}
    program = "Argo CD Image Updater (updater.yaml)"
    assert [(each.line, each.repository, each.owner) for each in inventory_of(tmp_path, files).references] == [
        (11, "quay.io/a/b", program),
        (13, "quay.io/a/b", ""),
        (15, "quay.io/a/hub", program),
        (16, "quay.io/a/c", ""),
    ]
