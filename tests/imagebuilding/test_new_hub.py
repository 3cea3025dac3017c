"""Make imagebuilding hubs, for every registry, on both layouts: what is written, what is refused, what is kept."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hubimages.errors import BadInputError, HubImagesError, NotInstalledError, RefusedError
from hubimages.imagebuilding import hubs
from hubimages.imagebuilding.charts import ChartSources
from hubimages.imagebuilding.check import all_hubs as checking
from hubimages.imagebuilding.hubs import read_values
from hubimages.imagebuilding.new import make_hub as new_hub
from hubimages.imagebuilding.new.answers import from_terminal, given_answers
from hubimages.imagebuilding.new.hub_values import builds
from hubimages.imagebuilding.new.make_hub import Delivery, Where
from hubimages.imagebuilding.registries import KINDS, robot_name, service_account
from hubimages.imagebuilding.values import Values
from hubimages.run import environment
from tests.imagebuilding import small_charts

# The image in the answers is anybody's, and charts in a folder may have another version than is asked for.
EXPECTED = re.compile(r"quay\.io/2i2c/hub:1\.0: unknown|used version .* from the folder")
PASSWORD = "correct horse battery"
JSON_KEY = json.dumps({"type": "service_account", "private_key": "-----BEGIN\nKEY-----\n", "project_id": "p"}, indent=2)
PARTS: Mapping[str, Mapping[str, str]] = {
    "quay.io": {"organization": "our-org"},
    "google-artifact-registry": {"region": "us-central1", "project": "our-project", "repository": "built"},
    "amazon-ecr": {"account_id": "123456789012", "region": "us-west-2"},
    "ghcr.io": {"organization": "our-org"},
    "azure-container-registry": {"registry_name": "ourregistry"},
}
PREFIXES = {
    "quay.io": "quay.io/our-org/north-ocean-",
    "google-artifact-registry": "us-central1-docker.pkg.dev/our-project/built/",
    "amazon-ecr": "123456789012.dkr.ecr.us-west-2.amazonaws.com/north-ocean/",
    "ghcr.io": "ghcr.io/our-org/north-ocean-",
    "azure-container-registry": "ourregistry.azurecr.io/north-ocean/",
}
BASEHUB = """\
binderhub-service:
  enabled: false
  nodeSelector: {hub.jupyter.org/node-purpose: core}
  service: {port: 8090}
  dockerApi:
    nodeSelector: {hub.jupyter.org/node-purpose: user}
    tolerations:
      - {key: hub.jupyter.org_dedicated, value: user, effect: NoSchedule}
      - {key: hub.jupyter.org/dedicated, value: user, effect: NoSchedule}
  config:
    BinderHub: {base_url: /services/binder, use_registry: true, auth_enabled: true}
    KubernetesBuildExecutor:
      build_image: quay.io/jupyterhub/repo2docker:2026.1.0
      node_selector: {hub.jupyter.org/node-purpose: user}
jupyterhub:
  hub:
    services:
      usage-quota: {display: true}
      binder: {oauth_client_id: service-binder, display: false, url: http://binderhub:8090, oauth_no_confirm: true}
    loadRoles:
      user: {scopes: [self, access:services!service=usage-quota]}
    extraConfig:
      enable-fancy-profiles: |
        from jupyterhub_fancy_profiles import setup_ui
        setup_ui(c)
"""
CLUSTER = """\
name: north
provider: aws  # where it runs
hubs:
- name: lake  # the first
  domain: lake.example.org
  helm_chart: basehub
  helm_chart_values_files:
  - common.values.yaml
  - lake.values.yaml
"""
LAKE = "binderhub-service:\n  config:\n    BinderHub:\n      image_prefix: quay.io/our-org/north-lake-\n"
COMMON = "jupyterhub:\n  hub:\n    config:\n      JupyterHub:\n        authenticator_class: github\n"
SECRET = "config/clusters/north/enc-ocean.secret.values.yaml"
OCEAN = "config/clusters/north/ocean.values.yaml"


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    """A deployment repository on the 2i2c layout with one hub, and rules of sops without a key yet."""
    files = {
        "helm-charts/basehub/values.yaml": BASEHUB,
        "config/clusters/north/cluster.yaml": CLUSTER,
        "config/clusters/north/common.values.yaml": COMMON,
        "config/clusters/north/lake.values.yaml": LAKE,
        ".sops.yaml": "creation_rules:\n  - path_regex: .*secret.*\n    pgp: NONE\n",
    }
    return repository(tmp_path / "deployment", files)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A repository with a plain z2jh file."""
    z2jh = "# ours\nhub:\n  config:\n    JupyterHub:\n      authenticator_class: github  # kept\nfullnameOverride: ''\n"
    rules = "creation_rules:\n  - path_regex: secret\n    pgp: NONE\n"
    return repository(tmp_path / "plain", {"config.yaml": z2jh, ".sops.yaml": rules})


def repository(root: Path, files: Mapping[str, str]) -> Path:
    root.mkdir()
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Start")
    return root


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def with_key(root: Path, fingerprint: str) -> None:
    rules = root / ".sops.yaml"
    rules.write_text(rules.read_text().replace("NONE", fingerprint))
    git(root, "commit", "-q", "-am", "Encrypt for us")


def answers(kind: str = "quay.io", **more: str) -> dict[str, Any]:
    every = {"domain": "ocean.example.org", "provider": "aws", "registry": kind, "dask": "no", "display_name": "Ocean"}
    chosen = {"hub_image": "quay.io/2i2c/hub:1.0", "images": "Pangeo=pangeo/pangeo-notebook:2026.04.29"}
    return {**every, **chosen, **PARTS[kind], **more}


def for_plain(kind: str = "quay.io", **more: str) -> dict[str, Any]:
    """The same for a plain file, which has no name to display."""
    return {key: value for key, value in answers(kind, **more).items() if key != "display_name"}


def make(
    where: Where,
    raw: Mapping[str, Any],
    tmp_path: Path,
    *,
    password: str = PASSWORD,
    dry_run: bool = False,
    delivery: Delivery | None = None,
) -> str:
    (tmp_path / "password").write_text(password + "\n")
    ask, how = from_terminal(yes=False), delivery or Delivery(None, commit=False)
    return new_hub.make_hub(where, raw, ask, how, password_file=tmp_path / "password", dry_run=dry_run)


def decrypted(root: Path, path: str) -> str:
    argv = ["sops", "--decrypt", path]
    return subprocess.run(argv, cwd=root, check=True, capture_output=True, text=True).stdout


def ocean(deployment: Path) -> Values:
    return read_values(hubs.find_hub(deployment, "north", "ocean"))


@pytest.mark.parametrize("dask", ["no", "yes"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_hub_on_basehub_has_what_image_building_needs(
    kind: str, dask: str, deployment: Path, tmp_path: Path, fingerprint: str, charts: Path
) -> None:
    with_key(deployment, fingerprint)
    shutil.rmtree(deployment / "helm-charts")
    if (charts / "basehub").is_dir():  # the real one
        shutil.copytree(charts / "basehub", deployment / "helm-charts/basehub")
    else:
        small_charts.write_basehub(deployment / "helm-charts/basehub", BASEHUB, "http://127.0.0.1:9/")
    password = JSON_KEY if kind == "google-artifact-registry" else PASSWORD
    make(Where(deployment, "north", "ocean", None), answers(kind, dask=dask), tmp_path, password=password)
    check(ocean(deployment), kind, dask)
    assert findings(hubs.find_hub(deployment, "north", "ocean"), charts) == []
    assert ocean(deployment).get("jupyterhub", "hub", "loadRoles", "user", "scopes") == [
        "self", "access:services!service=usage-quota", "access:services!service=binder"
    ]  # fmt: skip
    assert [hub.files for hub in hubs.cluster_hubs(deployment, "north")][1] == (
        "config/clusters/north/common.values.yaml", OCEAN, SECRET
    )  # fmt: skip
    assert password not in git(deployment, "status", "--porcelain=v2", "--untracked-files=all")
    for file in deployment.rglob("*.yaml"):
        assert PASSWORD not in file.read_text()
        assert "BEGIN\\nKEY" not in file.read_text()


@pytest.mark.parametrize("dask", ["no", "yes"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_hub_has_what_image_building_needs(
    kind: str, dask: str, plain: Path, tmp_path: Path, fingerprint: str, charts: Path
) -> None:
    with_key(plain, fingerprint)
    file = plain / "config.yaml"
    before = file.read_text()
    password = JSON_KEY if kind == "google-artifact-registry" else PASSWORD
    make(Where(plain, "north", "ocean", file), for_plain(kind, dask=dask), tmp_path, password=password)
    made = sorted(path.name for path in plain.glob("[!.]*.yaml"))
    private = ["enc-config.secret.yaml"] if kind not in ("amazon-ecr", "google-artifact-registry") else []
    dasks = ["dask-gateway.values.yaml"] if dask == "yes" else []
    expected = ["binderhub-service.values.yaml", "config.yaml", *dasks, "enc-binderhub-service.secret.yaml", *private]
    assert made == sorted(expected)
    listed = [plain / name for name in expected]
    hub = hubs.plain_hub([file, *(one for one in listed if one != file)])
    values = read_values(hub)
    check(values, kind, dask)
    assert findings(hub, charts) == []
    assert "setup_ui(c)" in values.text("jupyterhub", "hub", "extraConfig", "enable-fancy-profiles")
    assert values.mapping("jupyterhub", "hub", "image") == {"name": "quay.io/2i2c/hub", "tag": "1.0"}
    kept = [line for line in file.read_text().splitlines() if line in before.splitlines()]
    assert kept == before.splitlines()  # comments too


def findings(hub: hubs.Hub, charts: Path) -> list[str]:
    """What check-imagebuilding-hub finds in every layer."""
    report = checking.check_hubs([hub], ChartSources(charts, offline=True), today=date(2026, 11, 1))
    assert [one for one in report.not_checked if not EXPECTED.search(one)] == []
    return [f"{one.code}: {one.message}" for one in report.findings]


def check(values: Values, kind: str, dask: str) -> None:
    """What every imagebuilding hub has, whatever its layout."""
    service, hub = "binderhub-service", ("jupyterhub", "hub")
    assert values.text(service, "config", "BinderHub", "image_prefix") == PREFIXES[kind]
    host = PREFIXES[kind].partition("/")[0]
    assert values.text(service, "config", "DockerRegistry", "url") == f"https://{host}"
    assert values.text(service, "buildPodsRegistryCredentials", "server") == f"https://{host}"
    account = values.text(service, "config", "DockerRegistry", "username")
    assert account == values.text(service, "buildPodsRegistryCredentials", "username") != ""
    if kind == "amazon-ecr":
        assert values.is_encrypted(service, "config", "ExternalRegistryHelper", "auth_token")
    else:
        assert values.is_encrypted(service, "config", "DockerRegistry", "password")
        assert values.is_encrypted(service, "buildPodsRegistryCredentials", "password")
    assert values.mapping(service, "nodeSelector") == {"hub.jupyter.org/node-purpose": "core"}
    assert values.mapping(service, "dockerApi", "storage") == {"emptyDir": {"sizeLimit": "15Gi"}}
    keys = {one["key"] for one in values.sequence(service, "dockerApi", "tolerations")}
    assert keys == {"hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated"}
    assert values.get(service, "config", "BinderHub", "auth_enabled") is True
    assert values.text(service, "config", "KubernetesBuildExecutor", "build_image").startswith("quay.io/jupyterhub/")
    named = {one["name"] for one in values.sequence(service, "extraEnv")}
    assert {"JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_URL", "JUPYTERHUB_OAUTH_ACCESS_SCOPES"} <= named
    assert values.text(*hub, "services", "binder", "url") == "http://binderhub:8090"
    assert "access:services!service=binder" in values.sequence(*hub, "loadRoles", "user", "scopes")
    assert values.text(*hub, "config", "JupyterHub", "authenticator_class") == "github"
    assert builds(values.sequence("jupyterhub", "singleuser", "profileList"))
    private = kind in ("quay.io", "ghcr.io", "azure-container-registry")
    assert bool(values.get("jupyterhub", "imagePullSecret", "create")) is private
    assert values.is_encrypted("jupyterhub", "imagePullSecret", "password") is private
    backend = values.sequence("dask-gateway", "gateway", "backend", "imagePullSecrets")
    assert backend == ([{"name": "image-pull-secret"}] if dask == "yes" and private else [])


def test_the_secret_decrypts_to_the_password_and_a_json_key_is_a_block(
    deployment: Path, tmp_path: Path, fingerprint: str
) -> None:
    with_key(deployment, fingerprint)
    kind = "google-artifact-registry"
    make(Where(deployment, "north", "ocean", None), answers(kind), tmp_path, password=JSON_KEY)
    text = decrypted(deployment, SECRET)
    assert "password: |" in text
    assert text.count('"private_key": "-----BEGIN\\nKEY-----\\n"') == 2


def test_on_basehub_only_what_is_missing_is_written_and_the_account_once(deployment: Path, tmp_path: Path) -> None:
    shown = make(Where(deployment, "north", "ocean", None), answers(), tmp_path, dry_run=True)
    added = [line[1:] for line in shown.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert '      url: &registry_url "https://quay.io"' in added
    account = "our-org+north_ocean_image_builder"
    assert [line.strip() for line in added if account in line] == [f"username: &registry_account {account}"]
    assert sum("*registry_account" in line for line in added) == 2
    assert not [line for line in added if "build_image" in line or "tolerations" in line or "auth_enabled" in line]
    assert git(deployment, "status", "--porcelain") == ""


@pytest.mark.parametrize("dask", ["yes", "no"])
def test_dask_that_the_clusters_common_file_has_on_is_completed_or_switched_off(
    dask: str, deployment: Path, tmp_path: Path
) -> None:
    common = "  custom:\n    daskhubSetup:\n      enabled: true\ndask-gateway:\n  enabled: true\n"
    (deployment / "config/clusters/north/common.values.yaml").write_text(COMMON + common)
    shown = make(Where(deployment, "north", "ocean", None), answers(dask=dask), tmp_path, dry_run=True)
    added = [line[1:] for line in shown.splitlines() if line.startswith("+")]
    off = ["dask-gateway:", "  enabled: false"]
    at = added.index("dask-gateway:")
    assert (added[at : at + 2] == off, "      enabled: false" in added) == (dask == "no", dask == "no")
    assert any("name: image-pull-secret" in line for line in added[at:]) == (dask == "yes")


def test_a_common_file_of_daskhub_hubs_is_not_listed_for_a_basehub_hub(deployment: Path, tmp_path: Path) -> None:
    listing = deployment / "config/clusters/north/cluster.yaml"
    listing.write_text(CLUSTER.replace("helm_chart: basehub", "helm_chart: daskhub"))
    (deployment / "config/clusters/north/common.values.yaml").write_text("basehub:\n  jupyterhub: {}\n")
    subprocess.run(["git", "commit", "-q", "-a", "-m", "Daskhub"], cwd=deployment, check=True)
    raw = answers(authenticator="github")
    shown = make(Where(deployment, "north", "ocean", None), raw, tmp_path, dry_run=True)
    assert "+  - ocean.values.yaml" in shown
    assert "+  - common.values.yaml" not in shown


def test_a_service_account_of_google_begins_with_a_letter_and_is_short_enough() -> None:
    assert service_account("north", "ocean") == "north-ocean-builder"
    assert service_account("2i2c", "ocean") == "hub-2i2c-ocean-builder"
    assert service_account("a-very-long-cluster", "ocean-of-it") == "a-very-long-cluster-ocean-of-i"


def test_a_plain_hub_that_has_everything_is_left_as_it_is(plain: Path, tmp_path: Path, fingerprint: str) -> None:
    with_key(plain, fingerprint)
    where = Where(plain, "north", "ocean", plain / "config.yaml")
    make(where, for_plain(dask="yes"), tmp_path)
    git(plain, "add", ".")
    git(plain, "commit", "-q", "-m", "Add")
    shown = make(where, for_plain(dask="yes"), tmp_path, delivery=Delivery(None, commit=True))
    assert "nothing to write: the hub's files are complete" in shown
    assert git(plain, "log", "-1", "--format=%s") == "Add"


def test_a_key_without_a_value_is_no_place_to_put_one_into(deployment: Path, tmp_path: Path) -> None:
    (deployment / OCEAN).write_text("binderhub-service:\n  enabled:\n  dockerApi:\n")
    git(deployment, "add", ".")
    git(deployment, "commit", "-q", "-m", "Begin")
    with pytest.raises(
        RefusedError, match=r"\n-  binderhub-service.enabled: None\n\+  binderhub-service.enabled: True$"
    ):
        make(Where(deployment, "north", "ocean", None), answers(), tmp_path)


def test_a_run_that_was_killed_between_two_files_is_finished_by_the_next(
    deployment: Path, tmp_path: Path, fingerprint: str
) -> None:
    with_key(deployment, fingerprint)
    where = Where(deployment, "north", "ocean", None)
    make(where, answers(), tmp_path)
    whole = {name: (deployment / name).read_text() for name in (OCEAN, SECRET, "config/clusters/north/cluster.yaml")}
    for left in ([SECRET], [SECRET, OCEAN]):  # they are written in this order, cluster.yaml last
        git(deployment, "stash", "-q", "--all")
        for name in left:
            (deployment / name).write_text(whole[name])
        with pytest.raises(RefusedError, match="uncommitted changes"):
            make(where, answers(), tmp_path, delivery=Delivery(None, commit=True))
        shown = make(where, answers(), tmp_path)
        assert shown.startswith(f"kept {SECRET}, which already has the secret\n")
        assert {name: (deployment / name).read_text() for name in whole} == whole


def test_a_dry_run_asks_for_no_password_and_needs_no_sops(
    deployment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", only_git(tmp_path))
    where = Where(deployment, "north", "ocean", None)
    shown = new_hub.make_hub(
        where, answers(), from_terminal(yes=False), Delivery(None, commit=False), password_file=None, dry_run=True
    )
    assert f"$ sops --encrypt --input-type yaml --output-type yaml --filename-override {SECRET} /dev/stdin" in shown
    assert "-- name: lake" not in shown
    assert "+- name: ocean\n+  display_name: Ocean\n+  domain: ocean.example.org\n" in shown


def only_git(tmp_path: Path) -> str:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").symlink_to(
        subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    )
    return str(folder)


def test_one_commit_holds_exactly_the_new_hub(deployment: Path, tmp_path: Path, fingerprint: str) -> None:
    with_key(deployment, fingerprint)
    (deployment / "notes.txt").write_text("mine")
    make(Where(deployment, "north", "ocean", None), answers(), tmp_path, delivery=Delivery("ocean", commit=True))
    assert git(deployment, "log", "-1", "--format=%s", "ocean") == "Add imagebuilding hub north/ocean"
    changed = git(deployment, "show", "--name-status", "--format=", "ocean").splitlines()
    assert changed == ["M\tconfig/clusters/north/cluster.yaml", f"A\t{SECRET}", f"A\t{OCEAN}"]
    assert git(deployment, "status", "--porcelain") == "?? notes.txt"


def test_a_file_that_is_there_is_added_to_and_its_comments_stay(deployment: Path, tmp_path: Path) -> None:
    place = deployment / OCEAN
    place.write_text("# by hand\njupyterhub:\n  singleuser:\n    defaultUrl: /lab  # ours\n")
    git(deployment, "add", ".")
    git(deployment, "commit", "-q", "-m", "Begin")
    shown = make(Where(deployment, "north", "ocean", None), answers(), tmp_path, dry_run=True)
    assert not [line for line in shown.splitlines() if line.startswith("-") and not line.startswith("---")]
    assert "     defaultUrl: /lab  # ours\n+    profileList:\n" in shown


def test_a_value_that_says_something_else_is_shown_and_refused(deployment: Path, tmp_path: Path) -> None:
    (deployment / OCEAN).write_text("binderhub-service:\n  service:\n    port: 80\n")
    git(deployment, "add", ".")
    git(deployment, "commit", "-q", "-m", "Begin")
    with pytest.raises(RefusedError) as refused:
        make(Where(deployment, "north", "ocean", None), answers(), tmp_path)
    assert str(refused.value) == (
        f"{OCEAN}: nothing was written, because it needs other values. Use those after + and run this "
        "again:\n"
        "-  binderhub-service.service.port: 80\n+  binderhub-service.service.port: 8090"
    )


def test_without_sops_nothing_is_written_and_the_command_is_given(
    deployment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", only_git(tmp_path))
    with pytest.raises(NotInstalledError) as missing:
        make(Where(deployment, "north", "ocean", None), answers(), tmp_path)
    assert "sops --encrypt --input-type yaml --output-type yaml" in str(missing.value)
    assert "binderhub-service.config.DockerRegistry.password" in str(missing.value)
    assert git(deployment, "status", "--porcelain") == ""


def test_a_sops_that_fails_leaves_everything_as_it_was(deployment: Path, tmp_path: Path, fingerprint: str) -> None:
    rules = deployment / ".sops.yaml"
    rules.write_text(rules.read_text().replace("NONE", "0" * 40))  # nobody has this key
    git(deployment, "commit", "-q", "-am", "Encrypt for nobody")
    with pytest.raises(HubImagesError) as failed:
        make(Where(deployment, "north", "ocean", None), answers(), tmp_path)
    assert (failed.value.exit_code, PASSWORD in str(failed.value)) == (4, False)
    assert git(deployment, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("change", "raw", "message"),
    [
        ({}, {"registry": "gcr.io"}, "registry: 'gcr.io' is not supported: Google shut down Container Registry"),
        ({}, {"registry": "eu.gcr.io"}, "registry: 'eu.gcr.io' is not supported"),
        ({}, {"registry": "quai.io"}, "registry: unknown registry 'quai.io'. did you mean 'quay.io'?"),
        ({}, {"domain": "https://x"}, "domain: 'https://x' is not valid"),
        ({}, {"images": "Pangeo=pangeo/pangeo-notebook"}, "images: 'pangeo/pangeo-notebook' has no tag"),
        ({}, {"images": "A b=a/b:1, A-B=c/d:2"}, "images: two of them become 'a-b'"),
        ({}, {"organization": "our org"}, "organization: 'our org' is not valid"),
        ({}, {"dask": "perhaps"}, "dask: 'perhaps' is not yes or no"),
        ({}, {"domain": "lake.example.org"}, "config/clusters/north/cluster.yaml:4: hub lake already has lake."),
        (
            {"config/clusters/north/lake.values.yaml": LAKE.replace("lake", "ocean")}, {},
            "config/clusters/north/lake.values.yaml:4: hub north/lake already has the prefix quay.io/our-org",
        ),
        ({".sops.yaml": "creation_rules:\n- {path_regex: other, pgp: A}\n"}, {}, "no creation rule in .sops.yaml"),
        ({SECRET: "a: b\n"}, {}, f"{SECRET} already exists"),
        ({OCEAN: "a: [\n"}, {}, f"{OCEAN}:2: "),
        (
            {OCEAN: "jupyterhub:\n  singleuser:\n    profileList:\n    - display_name: Small\n"}, {},
            f"{OCEAN}:3: the profile list does not let users build images",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_nothing_written(
    change: Mapping[str, str], raw: Mapping[str, str], message: str, deployment: Path, tmp_path: Path
) -> None:
    for name, text in change.items():
        (deployment / name).write_text(text)
    git(deployment, "add", ".")
    git(deployment, "commit", "-q", "--allow-empty", "-m", "Change")
    with pytest.raises((BadInputError, RefusedError)) as refused:
        make(
            Where(deployment, "north", "ocean", None),
            answers(**raw) if "registry" not in raw else {**answers(), **raw},
            tmp_path,
        )
    assert str(refused.value).startswith(message)
    assert git(deployment, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("cluster", "hub", "message"),
    [
        ("north", "lake", "config/clusters/north/cluster.yaml:4: hub lake already exists"),
        ("nort", "ocean", "no cluster 'nort' in config/clusters: did you mean 'north'?"),
        ("north", "Ocean_1", "--hub='Ocean_1' must be lowercase letters"),
    ],
)
def test_a_place_that_cannot_be_is_refused(
    cluster: str, hub: str, message: str, deployment: Path, tmp_path: Path
) -> None:
    with pytest.raises((BadInputError, RefusedError)) as refused:
        make(Where(deployment, cluster, hub, None), answers(), tmp_path)
    assert str(refused.value).startswith(message)


def test_what_is_no_key_of_google_is_refused_and_not_shown(deployment: Path, tmp_path: Path, fingerprint: str) -> None:
    with_key(deployment, fingerprint)
    with pytest.raises(BadInputError) as refused:
        make(
            Where(deployment, "north", "ocean", None), answers("google-artifact-registry"), tmp_path, password="hunter2"
        )
    assert str(refused.value) == "the password for Google must be a service account's key: the whole JSON file"
    assert git(deployment, "status", "--porcelain") == ""


def test_without_a_terminal_every_missing_answer_is_named_at_once(deployment: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as refused:
        make(Where(deployment, "north", "ocean", None), {"registry": "google-artifact-registry"}, tmp_path)
    named = [line.split("=...")[0].strip() for line in str(refused.value).splitlines() if "--set" in line]
    assert named == [
        f"--set {key}"
        for key in ("domain", "provider", "region", "project", "repository", "images", "dask", "display_name")
    ]
    assert "location of the repository, for example us-central1" in str(refused.value)  # of Google, not of AWS
    assert "--yes takes the default" in str(refused.value)


def test_a_robot_account_has_no_hyphens() -> None:
    assert robot_name("nasa-veda", "big-hub") == "nasa_veda_big_hub_image_builder"


def test_answers_come_from_a_file_and_options_go_before_it(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("domain: a.example.org\nimages:\n  Pangeo: pangeo/pangeo-notebook:1.10\n")
    given = given_answers(["domain=b.example.org"], file)
    assert given == {"domain": "b.example.org", "images": {"Pangeo": "pangeo/pangeo-notebook:1.10"}}
    with pytest.raises(BadInputError, match=r"unknown question 'domian': did you mean 'domain'\?"):
        given_answers(["domian=x"], None)


def test_the_command_line_shows_the_steps_for_the_registry_and_no_secret(deployment: Path, fingerprint: str) -> None:
    with_key(deployment, fingerprint)
    settings = [f"--set={key}={value}" for key, value in answers("azure-container-registry").items()]
    argv = [sys.executable, "-m", "hubimages", "new-imagebuilding-hub", "--cluster=north", "--hub=ocean", *settings]
    env = environment({"HUBIMAGES_REGISTRY_PASSWORD": PASSWORD, "PYTHONPATH": str(Path(__file__).parents[2])})
    done = subprocess.run(argv, cwd=deployment, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    assert "az acr token create --registry ourregistry --name north-ocean-image-builder" in done.stdout
    assert f"wrote {SECRET}" in done.stdout
    assert (deployment / SECRET).is_file()


def test_a_values_file_whose_secrets_would_be_in_the_file_of_another_chart_is_refused(
    plain: Path, tmp_path: Path
) -> None:
    """Both would be made, and the second would replace the first."""
    where = Where(plain, "north", "ocean", plain / "binderhub-service.yaml")
    with pytest.raises(BadInputError, match=r"one file for their secrets, enc-binderhub-service\.secret\.yaml"):
        make(where, answers(), tmp_path, dry_run=True)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"allowed": "our-org"}, "allowed: nothing uses this answer: the hub's values already have an authenticator"),
        ({"authenticator": "google"}, "authenticator: nothing uses this answer"),
        ({"project": "p"}, "project: nothing uses this answer: quay.io has account, organization"),
        ({"memory": "2G, lots"}, "memory: 'lots' is not a size"),
    ],
)
def test_an_answer_that_nothing_uses_is_refused(
    more: Mapping[str, str], message: str, deployment: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInputError) as refused:
        make(Where(deployment, "north", "ocean", None), answers(**more), tmp_path, dry_run=True)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("registry", "given", "account", "step"),
    [
        (
            "quay.io",
            "",
            "our-org+north_ocean_image_builder",
            "the robot account north_ocean_image_builder, with",
        ),
        ("quay.io", "our-org+builder", "our-org+builder", "create the robot account builder, unless it is there, with"),
        ("quay.io", "builder", "our-org+builder", "and add our-org+builder to it"),
        ("azure-container-registry", "builder", "builder", "az acr token create --registry ourregistry --name builder"),
    ],
)
def test_the_steps_are_about_the_account_that_the_values_have(
    registry: str, given: str, account: str, step: str, deployment: Path, tmp_path: Path
) -> None:
    raw = {**answers(registry), **({"account": given} if given else {})}
    shown = make(Where(deployment, "north", "ocean", None), raw, tmp_path, dry_run=True)
    assert re.search(r"^\+ +username: &registry_account (.*)$", shown, re.MULTILINE)[1].strip('"') == account
    assert step in shown
    assert (given == "") == ("image_builder" in shown or "image-builder" in shown)


def test_an_account_for_a_registry_with_a_fixed_one_is_refused(deployment: Path, tmp_path: Path) -> None:
    raw = {**answers("google-artifact-registry"), "account": "me"}
    with pytest.raises(BadInputError, match="account: nothing uses this answer"):
        make(Where(deployment, "north", "ocean", None), raw, tmp_path, dry_run=True)


def test_an_inherited_login_without_a_client_or_open_to_all_is_a_step(deployment: Path, tmp_path: Path) -> None:
    common = COMMON + "      GitHubOAuthenticator:\n        allow_all: true\n"
    (deployment / "config/clusters/north/common.values.yaml").write_text(common)
    shown = make(Where(deployment, "north", "ocean", None), answers(), tmp_path, dry_run=True)
    assert "add jupyterhub.hub.config.GitHubOAuthenticator.client_id and .client_secret with: sops" in shown
    assert "a login that lets everyone in (config/clusters/north/common.values.yaml:7: allow_all)" in shown


def test_an_inherited_login_with_its_client_is_no_step(deployment: Path, tmp_path: Path) -> None:
    common = COMMON + "      GitHubOAuthenticator:\n        client_id: a\n        client_secret: b\n"
    (deployment / "config/clusters/north/common.values.yaml").write_text(common)
    shown = make(Where(deployment, "north", "ocean", None), answers(), tmp_path, dry_run=True)
    assert "client_id and .client_secret" not in shown
    assert "lets everyone in" not in shown


def test_choices_of_memory_are_an_option_of_the_form(deployment: Path, tmp_path: Path) -> None:
    shown = make(Where(deployment, "north", "ocean", None), answers(memory="8G, 512M"), tmp_path, dry_run=True)
    added = [line[1:].strip() for line in shown.splitlines() if line.startswith("+")]
    at = added.index("mem-512m:")
    assert added[at : at + 5] == [
        "mem-512m:", "display_name: 512 MB of memory", "default: true", "kubespawner_override:", "mem_guarantee: 512M"
    ]  # fmt: skip
    assert "mem-8g:" in added[at:]


def test_on_aws_the_node_group_is_a_step(deployment: Path, tmp_path: Path) -> None:
    (deployment / "eksctl").mkdir()
    (deployment / "eksctl/north.jsonnet").write_text("{}")
    shown = make(Where(deployment, "north", "ocean", None), answers(), tmp_path, dry_run=True)
    assert "Add a node group for the hub in eksctl/north.jsonnet, with the label 2i2c/hub-name: ocean" in shown


def test_where_terraform_creates_registries_the_step_is_its_list(deployment: Path, tmp_path: Path) -> None:
    (deployment / "terraform/gcp").mkdir(parents=True)
    (deployment / "terraform/gcp/registry.tf").write_text("for_each = toset(var.container_repos)\n")
    raw = {**answers("google-artifact-registry"), "repository": "ocean-registry"}
    shown = make(Where(deployment, "north", "ocean", None), raw, tmp_path, dry_run=True)
    assert 'Add "ocean" to container_repos in terraform/gcp/projects/north.tfvars and run terraform apply' in shown
    assert "gcloud artifacts repositories create" not in shown


def test_a_plain_hub_needs_no_cluster_and_its_nodes_labels(plain: Path, tmp_path: Path) -> None:
    shown = make(Where(plain, "", "ocean", plain / "config.yaml"), for_plain(), tmp_path, dry_run=True)
    assert "image_prefix: quay.io/our-org/ocean-" in shown
    assert "kubectl label nodes NODE LABEL" in shown


def test_saved_answers_make_the_same_hub_without_a_question(deployment: Path, tmp_path: Path, fingerprint: str) -> None:
    with_key(deployment, fingerprint)
    (tmp_path / "password").write_text(PASSWORD)
    saved = tmp_path / "answers.yaml"
    where = Where(deployment, "north", "ocean", None)
    delivery, ask = Delivery(None, commit=False), from_terminal(yes=True)
    raw = {key: value for key, value in answers(memory="2G").items() if key not in ("images", "dask")}
    new_hub.make_hub(where, raw, ask, delivery, password_file=tmp_path / "password", dry_run=False, save_answers=saved)
    first = (deployment / OCEAN).read_text()
    assert PASSWORD not in saved.read_text()
    git(deployment, "stash", "-q", "--all")
    shown = make(where, given_answers([], saved), tmp_path)
    assert f"wrote {OCEAN}" in shown
    assert (deployment / OCEAN).read_text() == first
    git(deployment, "stash", "-q", "--all")
    new_hub.make_hub(where, raw, ask, delivery, password_file=tmp_path / "password", dry_run=False, save_answers=saved)
    saved.write_text("domain: another.example.org\n")
    git(deployment, "stash", "-q", "--all")
    with pytest.raises(RefusedError, match="already exists"):
        new_hub.make_hub(
            where, raw, ask, delivery, password_file=tmp_path / "password", dry_run=False, save_answers=saved
        )
    assert saved.read_text() == "domain: another.example.org\n"
