"""Which hubs run a reference, in the layouts that people have, and what their files are put together to."""

from pathlib import Path

from hubimages.references import is_hub
from tests.references.deployment import CLUSTERS, inventory_of, run_by

COMMON = "config/clusters/leap/common.values.yaml"
STAGING = "config/clusters/leap/staging.values.yaml"
PROD = "config/clusters/leap/prod.values.yaml"
CHART = "helm-charts/basehub/values.yaml"


def test_a_clusters_hubs_run_what_their_values_files_and_charts_say(tmp_path: Path) -> None:
    files = {
        **CLUSTERS,
        COMMON: "basehub:\n  jupyterhub:\n    singleuser:\n      image: {name: a/b, tag: v1}\n",
        STAGING: "basehub:\n  jupyterhub:\n    hub:\n      image: {name: a/hub, tag: v2}\n",
        PROD: "basehub: {}\n",
        "config/clusters/leap/support.values.yaml": "grafana:\n  image: {repository: a/grafana, tag: v3}\n",
    }
    inventory = inventory_of(tmp_path, files)
    assert inventory.hubs == ("leap/prod", "leap/staging")
    assert run_by(inventory) == [
        (f"{COMMON}:4", "a/b:v1", ("leap/prod", "leap/staging")),
        (f"{STAGING}:4", "a/hub:v2", ("leap/staging",)),
        ("config/clusters/leap/support.values.yaml:2", "a/grafana:v3", ()),
        (f"{CHART}:5", "quay.io/2i2c/pilot-hub:0.0.1-0.dev.git.16666.h2707c010b", ("leap/prod",)),
    ]
    assert [(each.file, each.reason) for each in inventory.not_read] == [
        ("config/clusters/leap/enc-staging.secret.values.yaml", "encrypted (SOPS)")
    ]


def test_a_tag_alone_is_put_together_with_the_name_in_the_files_before_it(tmp_path: Path) -> None:
    files = {
        **CLUSTERS,
        COMMON: "basehub: {jupyterhub: {singleuser: {image: {name: a/b, tag: v1}}, hub: {image: {tag: v9}}}}\n",
        STAGING: "basehub: {jupyterhub: {singleuser: {image: {tag: v2}}}}\n",
        PROD: "basehub: {jupyterhub: {proxy: {chp: {image: {tag: v5}}}}}\n",
    }
    assert run_by(inventory_of(tmp_path, files)) == [
        (f"{COMMON}:1", "quay.io/2i2c/pilot-hub:v9", ("leap/prod", "leap/staging")),
        (f"{COMMON}:1", "a/b:v1", ("leap/prod",)),
        (f"{PROD}:1", ":v5", ("leap/prod",)),
        (f"{STAGING}:1", "a/b:v2", ("leap/staging",)),
        (f"{CHART}:5", "quay.io/2i2c/pilot-hub:0.0.1-0.dev.git.16666.h2707c010b", ()),
    ]


def test_a_name_alone_is_put_together_with_the_tag_and_one_tag_can_be_two_images(tmp_path: Path) -> None:
    files = {
        **CLUSTERS,
        COMMON: "basehub: {jupyterhub: {singleuser: {image: {tag: v1}}}}\n",
        STAGING: "basehub: {jupyterhub: {singleuser: {image: {name: a/new}}}}\n",
        PROD: "basehub: {jupyterhub: {singleuser: {image: {name: a/old}}}}\n",
    }
    found = [each for each in inventory_of(tmp_path, files).references if each.file != CHART]
    assert [(each.file, str(each.image), each.hubs) for each in found] == [
        (COMMON, "a/new:v1", ("leap/staging",)),
        (COMMON, "a/old:v1", ("leap/prod",)),
    ]
    names = [each.name_place.file for each in found if each.name_place]
    assert names == [STAGING, PROD]


def test_a_name_over_a_pair_keeps_the_pairs_tag(tmp_path: Path) -> None:
    files = {
        **CLUSTERS,
        COMMON: "basehub: {jupyterhub: {singleuser: {image: {name: a/b, tag: v1}}}}\n",
        STAGING: "basehub: {jupyterhub: {singleuser: {image: {name: a/other}}}}\n",
        PROD: "{}\n",
    }
    found = [each for each in inventory_of(tmp_path, files).references if each.file != CHART]
    assert [(each.file, str(each.image), each.hubs, each.tag_place and each.tag_place.file) for each in found] == [
        (COMMON, "a/b:v1", ("leap/prod",), COMMON),
        (STAGING, "a/other:v1", ("leap/staging",), COMMON),
    ]


def test_lists_and_nulls_replace_what_was_there_as_helm_does(tmp_path: Path) -> None:
    profile = "{display_name: CPU, kubespawner_override: {image: a/b:v%s}}"
    files = {
        **CLUSTERS,
        COMMON: "basehub: {jupyterhub: {singleuser: {profileList: [%s], image: {name: a/c, tag: v3}}}}\n"
        % (profile % 1),
        STAGING: "basehub: {jupyterhub: {singleuser: {profileList: [%s]}}}\n" % (profile % 2),
        PROD: "basehub: {jupyterhub: {singleuser: {profileList: [], image: null}}}\n",
    }
    found = [each for each in inventory_of(tmp_path, files).references if each.file != CHART]
    assert [(each.file, str(each.image), each.hubs, each.read_by) for each in found] == [
        (COMMON, "a/c:v3", ("leap/staging",), ("leap/prod", "leap/staging")),
        (COMMON, "a/b:v1", (), ("leap/prod", "leap/staging")),
        (STAGING, "a/b:v2", ("leap/staging",), ("leap/staging",)),
    ]


def test_hubploys_deployments_are_hubs_for_each_of_their_environments(tmp_path: Path) -> None:
    files = {
        "deployments/stat20/hubploy.yaml": "images:\n  images:\n  - name: us-docker.pkg.dev/p/r/stat20:9cb7ae26ffbe\n",
        "deployments/stat20/config/common.yaml": "jupyterhub:\n  hub:\n    initContainers:\n    - image: alpine/git\n",
        "deployments/stat20/config/staging.yaml": "jupyterhub:\n  hub:\n    extraContainers:\n    - image: a/b:1\n",
        "deployments/stat20/config/prod.yaml": "jupyterhub: {}\n",
        "deployments/stat20/secrets/prod.yaml": "a: ENC[AES256_GCM,data:x]\nsops: {}\n",
        "deployments/template/{{cookiecutter.hub_name}}/hubploy.yaml": (
            "images:\n  images:\n  - name: us-docker.pkg.dev/p/r/base:9cb7ae26ffbe\n"
            "cluster:\n  gcloud:\n    project: {{cookiecutter.project}}-{{x}}\n"
        ),
        "hub/Chart.yaml": "name: hub\n",
        "hub/values.yaml": "jupyterhub: {hub: {image: {name: a/hub, tag: v1}}}\n",
    }
    inventory = inventory_of(tmp_path, files)
    both = ("stat20/prod", "stat20/staging")
    assert inventory.hubs == both
    assert run_by(inventory) == [
        ("deployments/stat20/config/common.yaml:4", "alpine/git", both),
        ("deployments/stat20/config/staging.yaml:4", "a/b:1", ("stat20/staging",)),
        ("deployments/stat20/hubploy.yaml:3", "us-docker.pkg.dev/p/r/stat20:9cb7ae26ffbe", both),
        (
            "deployments/template/{{cookiecutter.hub_name}}/hubploy.yaml:3",
            "us-docker.pkg.dev/p/r/base:9cb7ae26ffbe",
            (),
        ),
        ("hub/values.yaml:1", "a/hub:v1", both),
    ]
    assert [each.file for each in inventory.references if not each.parsed] == [
        "deployments/template/{{cookiecutter.hub_name}}/hubploy.yaml"
    ]


def test_plain_values_files_are_hubs_on_top_of_what_their_directory_shares(tmp_path: Path) -> None:
    files = {
        "hubs/common.yaml": "jupyterhub: {singleuser: {image: {name: a/b, tag: v1}}}\n",
        "hubs/staging.yaml": "jupyterhub: {singleuser: {image: {tag: v2}}}\n",
        "hubs/prod.yaml": "jupyterhub: {singleuser: {profileList: [{kubespawner_override: {image: a/c:1}}]}}\n",
        "single/values.yaml": "singleuser: {image: {name: a/d, tag: v1}}\n",
        "docker-compose.yaml": "services: {db: {image: postgres:14.5}}\n",
    }
    inventory = inventory_of(tmp_path, files)
    assert inventory.hubs == ("hubs/prod", "hubs/staging", "single")
    assert run_by(inventory) == [
        ("docker-compose.yaml:1", "postgres:14.5", ()),
        ("hubs/common.yaml:1", "a/b:v1", ("hubs/prod",)),
        ("hubs/prod.yaml:1", "a/c:1", ("hubs/prod",)),
        ("hubs/staging.yaml:1", "a/b:v2", ("hubs/staging",)),
        ("single/values.yaml:1", "a/d:v1", ("single",)),
    ]


def test_a_hub_is_meant_by_its_whole_name_or_that_of_its_cluster() -> None:
    hubs = ["leap/prod", "leap/staging", "leap-old/prod", "single"]
    assert [hub for hub in hubs if is_hub(hub, "leap")] == ["leap/prod", "leap/staging"]
    assert [hub for hub in hubs if is_hub(hub, "leap/prod")] == ["leap/prod"]
    assert [hub for hub in hubs if is_hub(hub, "prod")] == []


def test_a_file_that_only_takes_containers_away_counts_too(tmp_path: Path) -> None:
    folder = "config/clusters/uni"
    files = {
        f"{folder}/cluster.yaml": "name: uni\nhubs:\n- {name: a, helm_chart_values_files: [common.yaml]}\n"
        "- {name: b, helm_chart_values_files: [common.yaml, b.yaml]}\n",
        f"{folder}/common.yaml": "singleuser:\n  initContainers:\n  - image: a/b:1\n",
        f"{folder}/b.yaml": "singleuser:\n  initContainers: []\n",
    }
    assert run_by(inventory_of(tmp_path, files)) == [(f"{folder}/common.yaml:3", "a/b:1", ("uni/a",))]
