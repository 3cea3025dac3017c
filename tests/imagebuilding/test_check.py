"""The check as people run it: what is reported, what is noted as not checked, where charts come from."""

import copy
import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from hubimages import systems
from hubimages.errors import BadInputError, NotInstalledError, ProgramFailedError
from hubimages.imagebuilding.chart_repository import cache_folder
from hubimages.imagebuilding.charts import ChartSources
from hubimages.imagebuilding.check import all_hubs as check
from hubimages.imagebuilding.check import binderhub_table, helm, option_names, regular_expressions, report
from hubimages.imagebuilding.check.kubernetes import pod
from hubimages.imagebuilding.hubs import find_hub, plain_hub
from hubimages.imagebuilding.layer import FileLine
from hubimages.run import environment
from tests import needs
from tests.imagebuilding import good_hubs, small_charts
from tests.imagebuilding.conftest import Deployment

needs.installed("kubespawner", "imagebuilding")
OFFLINE = ChartSources(offline=True)


def checked(root: Path, sources: ChartSources = OFFLINE) -> check.HubsReport:
    return check.check_hubs([find_hub(root, "earth", "staging")], sources, today=good_hubs.TODAY)


def own(charts: Path) -> ChartSources:
    return ChartSources(charts, offline=True)


def codes(made: check.HubsReport) -> list[str]:
    return [finding.code for finding in made.findings]


def test_charts_come_from_their_repository_once_and_then_from_the_cache(
    deployment: Deployment, repository: str, published: Path
) -> None:
    hub = good_hubs.merged(good_hubs.OF_HUB, {"jupyterhub": {"hub": {"colour": {}}}})
    root = deployment(hub, good_hubs.SECRET, repository=repository)
    made = checked(root, ChartSources())
    assert codes(made) == ["schema"]
    assert made.not_checked == ("layer manifests: nothing was rendered for earth/staging",)
    assert sorted(file.name.rsplit("-", 1)[0] for file in cache_folder().iterdir()) == sorted(
        f"{name}-{version}" for name, version in small_charts.VERSIONS.items()
    )
    index = (published / "index.yaml").read_bytes()
    (published / "index.yaml").unlink()
    try:
        assert codes(checked(root, ChartSources())) == ["schema"]
    finally:
        (published / "index.yaml").write_bytes(index)


def test_without_charts_the_other_layers_run_and_the_report_says_so(deployment: Deployment) -> None:
    hub = copy.deepcopy(good_hubs.OF_HUB)
    hub["binderhub-service"]["config"]["DockerRegistry"]["url"] = "quay.io"
    root = deployment(hub, good_hubs.SECRET)  # its charts are published at an address where nothing answers
    made = checked(root, ChartSources())
    assert codes(made) == ["registry-url-scheme"]
    assert len(made.not_checked) == len(small_charts.VERSIONS) + 1
    assert made.not_checked[0].startswith(
        "chart jupyterhub: no answer from 127.0.0.1:9, try again later: Connection refused"
    )
    assert made.not_checked[-1] == "layer manifests: nothing was rendered for earth/staging"


def test_an_archive_that_is_not_what_the_index_promises_is_not_used(
    deployment: Deployment, repository: str, published: Path
) -> None:
    index = (published / "index.yaml").read_text()
    (published / "index.yaml").write_text(index.replace("digest: ", "digest: 0"))
    try:
        made = checked(deployment(good_hubs.OF_HUB, good_hubs.SECRET, repository=repository), ChartSources())
    finally:
        (published / "index.yaml").write_text(index)
    assert "does not match its digest" in made.not_checked[0]
    assert codes(made) == []


def test_a_finding_names_the_line_of_the_file_that_has_the_value(deployment: Deployment, own_charts: Path) -> None:
    hub = copy.deepcopy(good_hubs.OF_HUB)
    hub["binderhub-service"]["config"]["BinderHub"]["image_prefix"] = "quay.io/example-hubs/earth"
    root = deployment(hub, good_hubs.SECRET)
    (finding,) = checked(root, ChartSources(own_charts, offline=True)).findings
    file = "config/clusters/earth/staging.values.yaml"
    lines = (root / file).read_text().splitlines()
    assert finding.place == FileLine(file, 1 + next(n for n, line in enumerate(lines) if "image_prefix" in line))
    assert finding.hubs == ("earth/staging",)
    assert str(finding).splitlines()[0] == (
        f"{file}:{finding.place.line}: warning: prefix-ending: image_prefix 'quay.io/example-hubs/earth' must end "
        "with '-' on quay.io"
    )


def test_what_two_hubs_have_from_one_file_stands_once(deployment: Deployment, own_charts: Path) -> None:
    hub = copy.deepcopy(good_hubs.OF_HUB)
    hub["binderhub-service"]["config"]["DockerRegistry"]["url"] = "quay.io"
    root = deployment(hub, good_hubs.SECRET)
    listing = root / "config/clusters/earth/cluster.yaml"
    entry = listing.read_text().partition("hubs:\n")[2]
    listing.write_text(listing.read_text() + entry.replace("name: staging", "name: copy"))
    made = check.check_hubs(check.building_hubs(root), ChartSources(own_charts, offline=True))
    assert made.hubs == ("earth/staging", "earth/copy")
    shared = [finding for finding in made.findings if finding.code in ("registry-url-scheme", "prefix-shared")]
    assert [(finding.code, finding.hubs) for finding in shared] == [
        ("prefix-shared", ("earth/staging", "earth/copy")),
        ("registry-url-scheme", ("earth/staging", "earth/copy")),
    ]


def test_many_hubs_at_once_give_the_findings_of_each_alone(deployment: Deployment, own_charts: Path) -> None:
    hub = copy.deepcopy(good_hubs.OF_HUB)
    hub["binderhub-service"]["config"]["DockerRegistry"]["url"] = "quay.io"
    root = deployment(hub, good_hubs.SECRET)
    listing = root / "config/clusters/earth/cluster.yaml"
    entry = listing.read_text().partition("hubs:\n")[2]
    names = [f"copy{number}" for number in range(7)]  # more than are read ahead
    bad = entry.replace("name: staging", "name: bad").replace("staging.values.yaml", "no.values.yaml")
    listing.write_text(listing.read_text() + "".join(entry.replace("name: staging", f"name: {n}") for n in names) + bad)
    sources = ChartSources(own_charts, offline=True)
    hubs = [find_hub(root, "earth", name) for name in ("staging", *names, "bad")]
    together = check.check_hubs(hubs, sources, today=good_hubs.TODAY)
    assert [(one.code, one.hubs) for one in together.findings if one.code == "values-unreadable"] == [
        ("values-unreadable", ("earth/bad",))
    ]
    for hub_alone in hubs[:-1]:
        alone = check.check_hubs([hub_alone], sources, today=good_hubs.TODAY)
        assert [replace(one, hubs=()) for one in alone.findings] == [
            replace(one, hubs=()) for one in together.findings if hub_alone.label in one.hubs
        ]


def test_a_crash_of_helm_is_one_error_with_its_last_words(
    deployment: Deployment, own_charts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "helm_process.py"
    program.write_text("import sys\nsys.stdin.buffer.read(1)\nsys.exit('fatal error: out of memory')\n")
    monkeypatch.setattr(helm, "PROGRAM", program)
    with pytest.raises(ProgramFailedError, match=r"helm failed \(exit code 1\):\n    fatal error: out of memory"):
        checked(deployment(good_hubs.OF_HUB, good_hubs.SECRET), own(own_charts))


def test_options_read_from_jupyterhubs_source_are_options_of_its_classes() -> None:
    for name, module in option_names.HUB_CLASSES.items():
        written = option_names._written_options(module, name)
        assert len(written) > 20
        assert written <= option_names._hub_options(module, name)


def test_a_secret_file_that_is_not_encrypted_is_found_and_not_shown(deployment: Deployment, own_charts: Path) -> None:
    root = deployment(good_hubs.OF_HUB, good_hubs.SECRET)
    clear = {"binderhub-service": {"buildPodsRegistryCredentials": {"password": "hunter2"},
                                   "config": {"DockerRegistry": {"password": "hunter2"}}},
             "jupyterhub": {"imagePullSecret": {"create": True, "registry": "quay.io", "username": "u",
                                                "password": "hunter2"}}}  # fmt: skip
    good_hubs.write(root / "config/clusters/earth" / good_hubs.ENC, clear)
    made = checked(root, ChartSources(own_charts, offline=True))
    assert codes(made).count("password-in-clear") == 3
    assert codes(made).count("secret-file-in-clear") == 1
    assert "hunter2" not in report.as_text(made) + report.as_json(made)


@pytest.mark.parametrize("library", ["_gojsonnet", "_jsonnet"])
def test_values_that_jsonnet_makes_count(
    library: str, deployment: Deployment, own_charts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(library)
    for other in {"_gojsonnet", "_jsonnet"} - {library}:
        monkeypatch.setitem(sys.modules, other, None)
    hub = copy.deepcopy(good_hubs.OF_HUB)
    del hub["binderhub-service"]["extraEnv"]
    root = deployment(hub, good_hubs.SECRET)
    assert codes(checked(root, ChartSources(own_charts, offline=True))) == ["hub-api-url-missing"]
    (root / "helm-charts/basehub/values.jsonnet").write_text(
        "local hub = std.extVar('VARS_2I2C_HUB_NAME');\n"
        "{'binderhub-service': {extraEnv: [{name: 'JUPYTERHUB_API_URL',\n"
        "  value: 'http://hub.%s.svc.cluster.local:8081/hub/api' % hub}]}}\n"
    )
    assert codes(checked(root, ChartSources(own_charts, offline=True))) == []


def test_the_version_of_fancy_profiles_is_read_at_the_commit_in_the_hub_images_tag(
    deployment: Deployment, own_charts: Path
) -> None:
    from hubimages.run import run

    root = deployment(good_hubs.OF_HUB, good_hubs.SECRET)
    (root / "helm-charts/images/hub").mkdir(parents=True)
    (root / "helm-charts/chartpress.yaml").write_text(
        "charts:\n- name: basehub\n  imagePrefix: quay.io/example/pilot-\n  images:\n"
        "    hub: {valuesPath: jupyterhub.hub.image, buildArgs: {REQUIREMENTS_FILE: requirements.txt}}\n"
    )
    requirements = root / "helm-charts/images/hub/requirements.txt"
    run("git", "init", "-q", cwd=root)
    tags = []
    for version in ("0.5.1", "0.6.0"):
        requirements.write_text(f"jupyterhub-fancy-profiles=={version}\n")
        run("git", "add", "-A", cwd=root)
        run("git", "commit", "-qm", version, cwd=root)
        tags.append("0.0.1-0.dev.git.7.h" + run("git", "rev-parse", "--short=9", "HEAD", cwd=root).decode().strip())
    found = []
    for tag in tags:
        chart = good_hubs.merged(
            good_hubs.OF_CHART, {"jupyterhub": {"hub": {"image": {"name": "quay.io/example/pilot-hub", "tag": tag}}}}
        )
        good_hubs.write(root / "helm-charts/basehub/values.yaml", chart)
        found.append(codes(checked(root, ChartSources(own_charts, offline=True))))
    assert found == [["fancy-profiles-old"], []]


def test_a_hub_image_of_an_unknown_version_is_noted_as_not_checked(deployment: Deployment, own_charts: Path) -> None:
    image = {"jupyterhub": {"hub": {"image": {"name": "quay.io/example/other", "tag": "1.0"}}}}
    made = checked(deployment(good_hubs.merged(good_hubs.OF_HUB, image), good_hubs.SECRET), own(own_charts))
    assert codes(made) == []
    assert made.not_checked == (
        "the version of jupyterhub-fancy-profiles in the hub image quay.io/example/other:1.0: unknown from its tag and "
        "this repository (BinderHub's auth needs 0.6.0 or newer)",
    )


def test_the_documents_old_hub_image_is_too_old_in_each_of_its_versions(
    deployment: Deployment, own_charts: Path
) -> None:
    image = {"name": "quay.io/2i2c/dynamic-image-building-experiment", "tag": "0.0.1-0.dev.git.8889.hb2bbe6ab"}
    hub = good_hubs.merged(good_hubs.OF_HUB, {"jupyterhub": {"hub": {"image": image}}})
    made = checked(deployment(hub, good_hubs.SECRET), own(own_charts))
    assert codes(made) == ["fancy-profiles-old"]
    assert "has jupyterhub-fancy-profiles 0.3.6 or older" in made.findings[0].message


def test_a_key_that_stands_twice_is_found_with_both_lines(deployment: Deployment, own_charts: Path) -> None:
    root = deployment(good_hubs.OF_HUB, good_hubs.SECRET)
    file = root / "config/clusters/earth/staging.values.yaml"
    before = file.read_text()
    file.write_text(before + "dask-gateway:\n  enabled: false\n")
    first = 1 + before.splitlines().index("dask-gateway:")
    found = [finding for finding in checked(root, own(own_charts)).findings if finding.code == "key-twice"]
    assert [(finding.place.line, finding.message) for finding in found] == [
        (len(before.splitlines()) + 1, f"duplicate key dask-gateway, first in line {first}")
    ]


@pytest.mark.parametrize(
    ("gone", "named"),
    [
        (("jupyterhub", "kubespawner", "traitlets"), "jupyterhub, jupyterhub-kubespawner are"),  # beside another extra
        (("kubernetes_validate",), "kubernetes-validate is"),
        (("helm_python",), "helm-python-sdk is"),
    ],
    ids=["jupyterhub", "kubernetes", "helm"],
)
def test_a_check_without_a_library_that_a_layer_needs_is_refused(
    gone: tuple[str, ...], named: str, deployment: Deployment, own_charts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in gone:
        monkeypatch.setitem(sys.modules, module, None)
    root = deployment(good_hubs.OF_HUB, good_hubs.SECRET)
    with pytest.raises(NotInstalledError) as refused:
        checked(root, own(own_charts))
    assert str(refused.value) == f"{named} not installed: {systems.install_line('imagebuilding')}"
    assert refused.value.exit_code == 69


def test_without_jsonnet_a_service_that_it_may_define_is_no_finding(
    deployment: Deployment, own_charts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("_gojsonnet", "_jsonnet"):
        monkeypatch.setitem(sys.modules, library, None)  # as where neither package is installed
    scopes = {"jupyterhub": {"hub": {"loadRoles": {"user": {"scopes": ["self", "access:services!service=quota"]}}}}}
    root = deployment(good_hubs.merged(good_hubs.OF_HUB, scopes), good_hubs.SECRET)
    (root / "helm-charts/basehub/values.jsonnet").write_text("{jupyterhub: {hub: {services: {quota: {}}}}}")
    made = checked(root, own(own_charts))
    assert codes(made) == []
    assert made.not_checked == (
        f"helm-charts/basehub/values.jsonnet: the package gojsonnet is not installed "
        f"({systems.install_line('imagebuilding')})",
    )


def test_without_a_version_the_newest_release_is_taken_and_named(
    published: Path, repository: str, tmp_path: Path
) -> None:
    index = published / "index.yaml"
    before = index.read_text()
    charts = yaml.safe_load(before)
    entry = charts["entries"]["jupyterhub"][0]
    later = {
        **entry,
        "version": f"{entry['version']}-0.dev.git.1.h1",
        "created": "2026-02-01T00:00:00Z",
        "urls": ["no"],
    }
    charts["entries"]["jupyterhub"].insert(0, later)
    index.write_text(yaml.safe_dump(charts))
    good_hubs.write(tmp_path / "z2jh.yaml", good_hubs.merged(good_hubs.OF_CHART, good_hubs.OF_HUB))
    hub = plain_hub([tmp_path / "z2jh.yaml"])
    addresses = dict.fromkeys(("jupyterhub", "binderhub-service"), repository)
    try:
        newest = check.check_hubs([hub], ChartSources(repositories=addresses))
        wrong = check.check_hubs([hub], ChartSources(repositories=addresses, versions={"jupyterhub": "0.1"}))
    finally:
        index.write_text(before)
    named = f"chart jupyterhub: used {entry['version']}, the newest"
    assert newest.not_checked[0] == f"{named} (choose another with --chart-version=jupyterhub=VERSION)"
    assert wrong.not_checked[0] == f"chart jupyterhub: {repository} has no chart jupyterhub 0.1"


def test_a_hub_that_cannot_be_read_is_a_finding_among_others_and_the_others_are_checked(
    deployment: Deployment, own_charts: Path
) -> None:
    root = deployment(good_hubs.OF_HUB, good_hubs.SECRET)
    (root / "config/clusters/mars/prod.values.yaml").write_text("dynamic_image_building: [\n")
    made = check.check_hubs(check.building_hubs(root), own(own_charts), today=good_hubs.TODAY)
    assert made.hubs == ("earth/staging", "mars/prod")
    assert [(finding.code, finding.hubs) for finding in made.findings] == [("values-unreadable", ("mars/prod",))]
    assert made.findings[0].message.startswith("config/clusters/mars/prod.values.yaml:2: ")


def test_addresses_that_cannot_be_taken_apart_are_findings(deployment: Deployment, own_charts: Path) -> None:
    hub = copy.deepcopy(good_hubs.OF_HUB)
    hub["jupyterhub"]["hub"]["services"] = {"binder": {"url": "http://[binderhub:8090"}}
    hub["binderhub-service"]["extraEnv"][0]["value"] = "http://hub:port/hub/api"
    hub["binderhub-service"]["config"]["DockerRegistry"]["url"] = "https://[quay.io"
    found = codes(checked(deployment(hub, good_hubs.SECRET), own(own_charts)))
    assert sorted(found) == ["binder-service-port", "hub-api-url-wrong", "registry-host-differs"]


def test_json_has_every_finding_and_what_was_not_checked(deployment: Deployment) -> None:
    hub = copy.deepcopy(good_hubs.OF_HUB)
    hub["binderhub-service"]["config"]["DockerRegistry"]["url"] = "quay.io"
    made = json.loads(report.as_json(checked(deployment(hub, good_hubs.SECRET))))
    assert sorted(made) == ["findings", "hubs", "kinds", "not_checked", "version"]
    assert made["version"] == 1
    (finding,) = made["findings"]
    assert sorted(finding) == ["code", "file", "grade", "hubs", "layer", "line", "message", "remedy", "why"]
    assert (finding["code"], finding["layer"]) == ("registry-url-scheme", "rules")


def test_a_plain_file_that_does_not_exist_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="does not exist"):
        plain_hub([tmp_path / "no.yaml"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # BinderHub's own
def test_binderhubs_options_are_those_of_the_installed_binderhub() -> None:
    if importlib.util.find_spec("binderhub") is None:
        needs.BINDERHUB.missing()
    installed = binderhub_table.of_installed()
    if installed["commit"] != binderhub_table.read()["commit"]:
        pytest.skip(f"another commit of BinderHub is installed: {installed['commit']}")
    assert installed == binderhub_table.read()


def test_the_table_has_the_options_that_the_documents_set() -> None:
    known = binderhub_table.options()
    assert {"image_prefix", "use_registry", "base_url", "auth_enabled", "enable_api_only_mode"} <= set(
        known["BinderHub"]
    )
    assert {"build_image", "node_selector", "push_secret", "docker_host"} <= set(known["KubernetesBuildExecutor"])
    assert {"url", "username", "password"} <= set(known["DockerRegistry"])


def test_a_chart_override_replaces_the_charts_of_one_hub_and_a_missing_one_is_found(
    deployment: Deployment, own_charts: Path
) -> None:
    root = deployment(good_hubs.OF_HUB, good_hubs.SECRET)
    listing = root / "config/clusters/earth/cluster.yaml"
    listing.write_text(
        listing.read_text().replace("helm_chart: basehub", "helm_chart: basehub\n  chart_override: c.yaml")
    )
    assert codes(checked(root, own(own_charts))) == ["chart-override-missing"]
    chart = (root / "helm-charts/basehub/Chart.yaml").read_text()
    (listing.parent / "c.yaml").write_text(chart.replace(small_charts.VERSIONS["dask-gateway"], "2025.9.9"))
    made = checked(root, own(own_charts))
    assert codes(made) == []
    assert made.not_checked == ("chart dask-gateway 2025.9.9: used version 2026.3.0 from the folder instead",)


@pytest.mark.parametrize(
    ("path", "value", "strict", "code", "grade"),
    [
        ("url", "quay.io", False, 1, "error"),
        ("url", "https://quay.io/v2", False, 0, "warning"),
        ("url", "https://quay.io/v2", True, 1, "warning"),
    ],
)
def test_errors_fail_the_command_and_warnings_only_with_strict(
    path: str, value: str, strict: bool, code: int, grade: str, deployment: Deployment, own_charts: Path
) -> None:
    hub = copy.deepcopy(good_hubs.OF_HUB)
    hub["binderhub-service"]["config"]["DockerRegistry"][path] = value
    root = deployment(hub, good_hubs.SECRET)
    argv = [sys.executable, "-m", "hubimages", "check-imagebuilding-hub", "--cluster=earth", "--hub=staging", "--json"]
    argv += ["--offline", f"--charts={own_charts}", f"--repo={root}", *(["--strict"] if strict else [])]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment())
    found = [one for one in json.loads(done.stdout)["findings"] if one["code"].startswith("registry-url")]
    assert (done.returncode, [one["grade"] for one in found]) == (code, [grade])


@pytest.mark.parametrize(
    ("regex", "said"),
    [
        ("^.+:.+$", ""),
        ("^(?P<image>.+):.+$", "JavaScript writes named groups"),
        ("(?i)^.+:.+$", "JavaScript has no flags"),
        (r"\A.+:.+\Z", "are the letters A and Z"),
        ("^.++:.+$", "JavaScript has no possessive quantifiers"),
    ],
)
def test_without_node_what_only_python_takes_is_found_by_its_text(
    regex: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    regular_expressions.javascript_error.cache_clear()
    found = regular_expressions.javascript_error(regex)
    regular_expressions.javascript_error.cache_clear()
    assert (said in found, bool(found)) == (True, bool(said))


@pytest.mark.parametrize("text", ["1", "1.5", "500m", "8Gi", "1e3", "2k", "1E"])
def test_quantities_are_read_as_kubernetes_reads_them(text: str) -> None:
    assert pod.quantity(text) is not None
    assert [pod.quantity(wrong) for wrong in ("8 GB", "8GB", "two", "", "1K", True)] == [None] * 6
    assert pod.quantity("1Gi") == 1024**3
    assert pod.quantity("1G") == 1000**3
    assert pod.quantity("1e3") == 1000
    assert pod.quantity("1500m") == Decimal("1.5")
