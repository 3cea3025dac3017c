"""`hubimages images` and `hubimages check-images` as processes: both streams, exit codes, JSON."""

import json
import subprocess
from pathlib import Path

import pytest

from hubimages.display import DISPLAY
from hubimages.references.find.scan import _shown
from tests import command
from tests.references.deployment import CLUSTERS, deployment

COMMON = "config/clusters/leap/common.values.yaml"
FILES = {
    **CLUSTERS,
    COMMON: """\
        basehub:
          jupyterhub:
            singleuser:
              image: {name: quay.io/a/b, tag: 2026.01.30}
              profileList:
              - display_name: CPU
                kubespawner_override: {image: "quay.io/a/c:latest"}
        """,
    "config/clusters/leap/staging.values.yaml": "basehub: {jupyterhub: {singleuser: {image: {tag: 2026.06.04}}}}\n",
    "config/clusters/leap/prod.values.yaml": "basehub: {}\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return deployment(tmp_path / "deployment", FILES)


def hubimages(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return command.hubimages(*args, cwd=cwd)


def test_images_into_a_pipe_is_one_line_per_reference_with_tabs_and_the_summary_on_stderr(
    repository: Path, tmp_path: Path
) -> None:
    done = hubimages("images", f"--repo={repository}", cwd=tmp_path)
    assert (done.returncode, [line.split("\t") for line in done.stdout.splitlines()]) == (
        0,
        [
            ["quay.io/2i2c/pilot-hub:0.0.1-0.dev.git.16666.h2707c010b", "VERSION.git.N.hex",
             "helm-charts/basehub/values.yaml:5", "jupyterhub.hub.image.tag", "leap/prod, leap/staging"],
            ["quay.io/a/b:2026.01.30", "YYYY.MM.DD", f"{COMMON}:4",
             "basehub.jupyterhub.singleuser.image.tag", "leap/prod"],
            ["quay.io/a/b:2026.06.04", "YYYY.MM.DD", "config/clusters/leap/staging.values.yaml:1",
             "basehub.jupyterhub.singleuser.image.tag", "leap/staging"],
            ["quay.io/a/c:latest", "latest", f"{COMMON}:7",
             "basehub.jupyterhub.singleuser.profileList[0].kubespawner_override.image", "leap/prod, leap/staging"],
        ],
    )  # fmt: skip
    assert done.stderr.splitlines() == [
        "4 references to 3 images in 3 files; 2 of 2 hubs use them",
        "values file that is not in this repository: config/clusters/leap/cluster.yaml:3",
        "encrypted (SOPS): config/clusters/leap/enc-staging.secret.values.yaml",
    ]


def test_images_as_json_has_everything_and_nothing_on_stderr(repository: Path, tmp_path: Path) -> None:
    done = hubimages("images", "--json", "--repo", str(repository), cwd=tmp_path)
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr, report["version"]) == (0, "", 1)
    assert report["references"][0] == {
        "file": COMMON,
        "line": 4,
        "path": "basehub.jupyterhub.singleuser.image.tag",
        "also": [],
        "hubs": ["leap/prod"],
        "read_by": ["leap/prod", "leap/staging"],
        "registry": "quay.io",
        "name": "a/b",
        "tag": "2026.01.30",
        "digest": "",
        "shape": "YYYY.MM.DD",
        "form": "pair",
        "profile": "",
        "choice": "",
        "parsed": True,
        "invalid": "",
        "owner": "",
        "tag_from": "",
        "names": [],
    }
    missing = {
        "file": "config/clusters/leap/cluster.yaml",
        "line": 3,
        "reason": "values file that is not in this repository (config/clusters/leap/support.values.yaml)",
    }
    encrypted = {
        "file": "config/clusters/leap/enc-staging.secret.values.yaml",
        "line": 0,
        "reason": "encrypted (SOPS)",
    }
    assert (report["not_read"], report["hubs"], report["placeholders"], report["other_kinds"]) == (
        [missing, encrypted],
        ["leap/prod", "leap/staging"],
        0,
        {},
    )


def test_check_images_prints_findings_on_stdout_and_fails_for_warnings_with_strict(
    repository: Path, tmp_path: Path
) -> None:
    done = hubimages("check-images", "--offline", "--repo", str(repository), cwd=tmp_path)
    strict = hubimages("check-images", "--offline", "--strict", "--repo", str(repository), cwd=tmp_path)
    assert (strict.returncode, strict.stdout) == (1, done.stdout)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            f"{COMMON}:7: warning: quay.io/a/c: tag `latest` moves: "
            "pin a tag that does not move, so that a restart cannot change the image",
            "config/clusters/leap/staging.values.yaml:1: warning: quay.io/a/b runs at 2 tags: 2026.01.30 (leap/prod), "
            "2026.06.04 (leap/staging): point all hubs at one: hubimages point-hubs quay.io/a/b:TAG --all",
            "not checked: the registries, because of --offline",
            "2 warnings in 4 references: 1 floating-tag, 1 skew",
        ],
    )


def test_check_images_as_json_and_without_findings_ends_with_0(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"values.yaml": "image: quay.io/a/b:1.0.0\n"})
    done = hubimages("check-images", "--offline", "--json", cwd=root)
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (
        0,
        {"version": 1, "findings": [], "not_checked": ["the registries, because of --offline"]},
        "",
    )


def test_a_repository_without_any_reference_is_the_wrong_one(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"README.md": "Nothing here.\n"})
    done = hubimages("images", cwd=root)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no file of `.` names an image. Name a clone ")
    (root / "values.yaml").write_text("image: {name: a/b, tag: '{{ tag }}'}\n")
    assert hubimages("images", cwd=root).returncode == 0  # a program fills it in


def test_a_repository_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    done = hubimages("images", "--repo=nowhere", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: `nowhere` is not a directory. Name a clone of the deployment repository with --repo\n"


def test_how_many_files_were_read_is_known_all_the_time(tmp_path: Path) -> None:
    counted = []
    for _ in _shown(["a.yaml", "b.yaml", "c.yaml"]):
        assert DISPLAY.activity is not None
        counted.append((DISPLAY.activity.name, DISPLAY.activity.done, DISPLAY.activity.total))
    assert counted == [("reading files", number, 3) for number in range(3)]
    assert DISPLAY.activity is None
