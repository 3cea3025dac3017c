"""Which hubs there are, and their values merged as Helm merges them, each with its place."""

from pathlib import Path

import pytest

from hubimages.errors import BadInputError
from hubimages.imagebuilding.hubs import find_hub, find_hubs, plain_hub, read_values
from hubimages.imagebuilding.layer import Encrypted, FileLine, read_layer
from hubimages.imagebuilding.values import merge

CLUSTER = """\
name: earth
provider: aws
hubs:
- name: staging
  domain: staging.example.org
  helm_chart: basehub
  helm_chart_values_files:
  - common.values.yaml
  - staging.values.yaml
  - enc-staging.secret.values.yaml
- name: prod
  helm_chart: daskhub
  helm_chart_values_files: [prod.values.yaml]
"""
FILES = {
    "config/clusters/earth/cluster.yaml": CLUSTER,
    "config/clusters/earth/common.values.yaml": (
        "jupyterhub:\n  hub:\n    loadRoles:\n      user:\n        scopes: [self, a]\n    replicas: 1\n"
        "binderhub-service:\n  enabled: true\n"
    ),
    "config/clusters/earth/staging.values.yaml": (
        "jupyterhub:\n  hub:\n    # only this\n    loadRoles:\n      user:\n        scopes:\n        - b\n"
        "  custom: null\n"
    ),
    "config/clusters/earth/enc-staging.secret.values.yaml": (
        "jupyterhub:\n  imagePullSecret:\n    create: ENC[AES256_GCM,data:e31klw==,iv:P=,tag:y=,type:bool]\n"
        "    password: ENC[AES256_GCM,data:D67ve,iv:P=,tag:y=,type:str]\nsops:\n  mac: ENC[AES256_GCM,data:x]\n"
    ),
    "config/clusters/earth/prod.values.yaml": "basehub:\n  jupyterhub: {a: 1}\ndask-gateway:\n  enabled: true\n",
    "helm-charts/basehub/values.yaml": (
        "jupyterhub:\n  custom:\n    x: 1\n  hub:\n    replicas: 2\n    revisionHistoryLimit: 1\n"
    ),
    "helm-charts/daskhub/values.yaml": "basehub:\n  jupyterhub:\n    b: 2\n",
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_every_hub_is_found_with_its_files_in_the_order_of_cluster_yaml(repo: Path) -> None:
    staging, prod = find_hubs(repo)
    folder = "config/clusters/earth"
    assert (staging.label, staging.chart, staging.domain, staging.provider) == (
        "earth/staging", "basehub", "staging.example.org", "aws",
    )  # fmt: skip
    assert staging.files == tuple(
        f"{folder}/{name}" for name in ("common.values.yaml", "staging.values.yaml", "enc-staging.secret.values.yaml")
    )
    assert [place.line for place in staging.listed] == [8, 9, 10]
    assert (prod.label, prod.chart, prod.prefix, prod.place) == (
        "earth/prod", "daskhub", ("basehub",), FileLine(f"{folder}/cluster.yaml", 11),
    )  # fmt: skip


def test_later_files_win_maps_are_merged_lists_replaced_and_null_removes_what_the_chart_has(repo: Path) -> None:
    values = read_values(find_hub(repo, "earth", "staging"))
    assert values.data == {
        "jupyterhub": {
            "hub": {"loadRoles": {"user": {"scopes": ["b"]}}, "replicas": 1, "revisionHistoryLimit": 1},
            "custom": None,
            "imagePullSecret": {"create": "(encrypted)", "password": "(encrypted)"},
        },
        "binderhub-service": {"enabled": True},
    }
    assert values.mapping("jupyterhub", "custom") == {}


def test_every_value_knows_its_file_and_line(repo: Path) -> None:
    values = read_values(find_hub(repo, "earth", "staging"))
    folder = "config/clusters/earth"
    hub = ("jupyterhub", "hub")
    assert values.place(*hub, "loadRoles", "user", "scopes", 0) == FileLine(f"{folder}/staging.values.yaml", 7)
    assert values.place(*hub, "replicas") == FileLine(f"{folder}/common.values.yaml", 6)
    assert values.place(*hub, "revisionHistoryLimit") == FileLine("helm-charts/basehub/values.yaml", 6)
    assert values.place("binderhub-service", "config", "BinderHub") == FileLine(f"{folder}/common.values.yaml", 7)
    assert [place.line for _, place in values.all_places(*hub, "loadRoles", "user", "scopes")] == [5, 6]


def test_encrypted_values_are_there_but_not_their_text(repo: Path) -> None:
    values = read_values(find_hub(repo, "earth", "staging"))
    password = values.get("jupyterhub", "imagePullSecret", "password")
    assert isinstance(password, Encrypted)
    assert values.get("jupyterhub", "imagePullSecret", "create").kind == "bool"
    assert "ENC[" not in repr(values)
    assert "sops" not in values.data
    assert values.place("jupyterhub", "imagePullSecret", "password").line == 4


def test_what_stands_below_basehub_in_a_daskhub_is_brought_to_the_same_shape(repo: Path) -> None:
    values = read_values(find_hub(repo, "earth", "prod"))
    assert values.data["dask-gateway"] == {"enabled": True}
    assert values.get("jupyterhub", "a") == 1
    assert values.get("jupyterhub", "b") == 2
    assert values.place("jupyterhub", "a") == FileLine("config/clusters/earth/prod.values.yaml", 2)
    assert values.get("jupyterhub", "hub", "replicas") == 2


def test_plain_files_are_brought_to_the_same_shape(tmp_path: Path) -> None:
    z2jh, binder, umbrella = (tmp_path / name for name in ("z2jh.yaml", "binder.yaml", "all.yaml"))
    z2jh.write_text("hub:\n  replicas: 1\n")
    binder.write_text("config:\n  BinderHub: {use_registry: true}\n")
    umbrella.write_text("jupyterhub:\n  hub:\n    replicas: 1\nbinderhub-service:\n  config: {}\n")
    two = read_values(plain_hub([z2jh, binder]))
    assert two.data == {
        "jupyterhub": {"hub": {"replicas": 1}},
        "binderhub-service": {"config": {"BinderHub": {"use_registry": True}}},
    }
    assert two.place("jupyterhub", "hub", "replicas") == FileLine("z2jh.yaml", 2)
    assert read_values(plain_hub([umbrella])).place("binderhub-service", "config") == FileLine("all.yaml", 5)


@pytest.mark.parametrize(
    ("cluster", "hub", "message"),
    [
        ("earht", "staging", "no cluster 'earht' in config/clusters: did you mean 'earth'?"),
        ("x", "staging", "no cluster 'x' in config/clusters; it has earth"),
        (
            "earth",
            "stagging",
            "no hub 'stagging' in config/clusters/earth/cluster.yaml: did you mean 'staging'?; it has staging, prod",
        ),
    ],
)
def test_an_unknown_cluster_or_hub_is_named_with_the_nearest(repo: Path, cluster: str, hub: str, message: str) -> None:
    with pytest.raises(BadInputError) as raised:
        find_hub(repo, cluster, hub)
    assert str(raised.value) == message


def test_invalid_yaml_is_named_with_file_and_line(repo: Path) -> None:
    path = "config/clusters/earth/staging.values.yaml"
    (repo / path).write_text("jupyterhub:\n  hub: [1,\n  x: }\n")
    with pytest.raises(BadInputError, match=f"^{path}:3: "):
        read_values(find_hub(repo, "earth", "staging"))


def test_a_listed_file_that_does_not_exist_is_named_with_the_line_that_lists_it(repo: Path) -> None:
    (repo / "config/clusters/earth/staging.values.yaml").unlink()
    with pytest.raises(BadInputError, match=r"^config/clusters/earth/cluster.yaml:9: lists .*staging.values.yaml"):
        read_values(find_hub(repo, "earth", "staging"))


def test_a_map_after_a_null_is_merged_with_the_charts_own_as_helm_does() -> None:
    layers = [read_layer("a: null\n", "1"), read_layer("a: {x: 1}\n", "2")]
    assert merge(layers, [read_layer("a: {y: 2}\nb: 3\n", "chart")]).data == {"a": {"x": 1, "y": 2}, "b": 3}


def test_anchors_and_merge_keys_give_values_with_the_place_where_they_are_written() -> None:
    layer = read_layer("a: &a\n  x: &x 1\nb:\n  <<: *a\n  y: *x\n", "f")
    assert layer.data["b"] == {"x": 1, "y": 1}
    assert layer.places["b", "x"].line == 2
    assert layer.places["b", "y"].line == 5
