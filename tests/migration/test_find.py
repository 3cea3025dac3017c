"""find-images names every image directory that a repository has or had, and what is known about it."""

import json
import subprocess
from pathlib import Path

import pytest

from hubimages import migration
from hubimages.errors import BadInputError, RefusedError
from tests import command
from tests.histories import Commit, git, make

ENVIRONMENT = "dependencies:\n  - python=3.12\n  - numpy\n"
HUBPLOY = "images:\n  image_name: quay.io/example/biology\ncluster:\n  provider: gcloud\n"
CHARTPRESS = (
    "charts:\n  - name: hub\n    imagePrefix: quay.io/example/\n    images:\n      web:\n"
    "        contextPath: images/web\n        valuesPath: web.image\n"
)


@pytest.fixture
def deployments(tmp_path: Path) -> Path:
    """A clone with an image that moved, one that went, one that chartpress builds, and look-alikes."""
    biology = {"environment.yml": ENVIRONMENT, "apt.txt": "vim\n"}
    rest = {
        "README.md": "x",
        "docs/requirements.txt": "sphinx\n",
        "deployments/template/{{name}}/image/environment.yml": ENVIRONMENT,
    }
    chart = {
        "chartpress.yaml": CHARTPRESS,
        "hub/Chart.yaml": "apiVersion: v2\nname: hub\nversion: 1.0.0\n",
        "hub/values.yaml": "web:\n  image:\n    name: a\n    tag: b\n",
        "images/web/Dockerfile": "FROM debian:12\n",
    }

    def image(place: str, **more: str) -> dict[str, str]:
        return {f"{place}/{name}": text for name, text in {**biology, **more}.items()}

    hub = {
        "deployments/biology/hubploy.yaml": HUBPLOY,
        "deployments/biology/config/prod.yaml": (
            "jupyterhub:\n  singleuser:\n    image:\n      name: quay.io/example/biology\n      tag: abc\n"
        ),
    }
    make(tmp_path / "bare", [
        Commit("first", [], {**rest, **image("images/biology")}),
        Commit("old", ["first"], {**rest, **image("images/biology"), "old/r/install.R": "1\n"}, author="Bo <b@b.org>"),
        Commit("move", ["old"], {**rest, **image("deployments/biology/image"), "old/r/install.R": "1\n"}),
        Commit("gone to its own repository", ["move"], {**rest, **image("deployments/biology/image")}),
        Commit("last", ["gone to its own repository"], {
            **rest, **chart, **hub, **image("deployments/biology/image", postBuild="#!/bin/sh\n"),
            "deployments/biology/image/tests/Dockerfile": "FROM debian:12\n",
        }),
    ])  # fmt: skip
    git("clone", "--quiet", tmp_path / "bare", tmp_path / "clone")
    return tmp_path / "clone"


def test_every_image_directory_is_found_with_its_history_its_builder_and_its_hubs(deployments: Path) -> None:
    found = migration.find_images(str(deployments), None)
    assert [
        (one.history.directory, one.history.commits, one.history.authors, one.history.former_paths, one.repository)
        for one in found.images
    ] == [
        ("deployments/biology/image", 2, 1, ("images/biology",), "biology-image"),
        ("images/web", 1, 1, (), "web-image"),
        ("old/r", 1, 1, (), "r-image"),
    ]
    biology, web, old = found.images
    assert (biology.history.files, biology.history.brought_in, biology.history.size) == (4, 1, 69)
    assert [(str(one), one.image) for one in biology.builders] == [
        ("deployments/biology/hubploy.yaml:2", "quay.io/example/biology")
    ]
    assert biology.hubs == ("biology/prod",)
    assert [(str(one), one.image) for one in web.builders] == [("chartpress.yaml:6", "quay.io/example/web")]
    assert old.history.gone.endswith(", 2020-09-13, gone to its own repository")
    assert [one.skip for one in found.images] == [False, False, True]


def test_what_only_looks_like_an_image_is_named_with_the_reason(deployments: Path) -> None:
    assert migration.find_images(str(deployments), None).left_out == {
        "docs": "only requirements.txt, which other directories have, too",
        "images/biology": "a former path of deployments/biology/image",
        "deployments/template/{{name}}/image": "a template",
        "deployments/biology/image/tests": "inside of deployments/biology/image",
    }


def test_a_repository_without_a_work_tree_tells_all_but_the_hubs(deployments: Path) -> None:
    found = migration.find_images(f"file://{deployments}", None)
    assert [(one.history.directory, one.history.commits) for one in found.images] == [
        ("deployments/biology/image", 2), ("images/web", 1), ("old/r", 1),
    ]  # fmt: skip
    assert [one.hubs for one in found.images] == [(), (), ()]
    assert found.not_read == ("the hubs that run the images: SOURCE has no work tree. Give a clone",)


def test_a_builder_that_cannot_be_read_is_named_and_the_images_are_found(deployments: Path) -> None:
    (deployments / "chartpress.yaml").write_text("charts: [")
    git("-C", deployments, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-am", "broken")
    found = migration.find_images(str(deployments), None)
    assert [one.history.directory for one in found.images] == ["deployments/biology/image", "images/web", "old/r"]
    (said,) = found.not_read
    assert said.startswith("chartpress.yaml")


def test_two_directories_of_one_name_get_different_repositories(tmp_path: Path) -> None:
    make(tmp_path / "s", [
        Commit("add", [], {f"{place}/Dockerfile": "FROM x\n" for place in ("a/hub", "b/hub", "image")}),
    ])  # fmt: skip
    found = migration.find_images(str(tmp_path / "s"), None)
    assert [one.repository for one in found.images] == ["a-hub-image", "b-hub-image", "image-image"]


def test_a_dockerfile_from_the_published_hub_image_is_a_hub_image_and_skipped(tmp_path: Path) -> None:
    make(tmp_path / "s", [
        Commit("add", [], {"hub/Dockerfile": "FROM jupyterhub/k8s-hub:3.3.7\n", "user/Dockerfile": "FROM x:1\n"}),
    ])  # fmt: skip
    hub, user = migration.find_images(str(tmp_path / "s"), None).images
    assert (hub.is_hub_image, hub.skip, user.is_hub_image, user.skip) == (True, True, False, False)


def test_a_tag_without_a_name_makes_no_hub_run_what_a_pipeline_names(tmp_path: Path) -> None:
    make(tmp_path / "bare", [
        Commit("add", [], {
            "user/Dockerfile": "FROM x:1\n", "Makefile": "build:\n\tdocker build user\n",
            "hubs/a/hubploy.yaml": HUBPLOY, "hubs/a/config/prod.yaml": "jupyterhub: {hub: {image: {tag: v1}}}\n",
        }),
    ])  # fmt: skip
    git("clone", "--quiet", tmp_path / "bare", tmp_path / "clone")
    (user,) = migration.find_images(str(tmp_path / "clone"), None).images
    assert ([str(one) for one in user.builders], user.hubs) == (["Makefile:2"], ())


def hubimages(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return command.hubimages(*args)


def test_the_manifest_has_the_facts_as_comments(deployments: Path) -> None:
    done = hubimages("find-images", deployments)
    assert done.returncode == 0, done.stderr
    commit = git("-C", deployments, "rev-parse", "--short=12", "HEAD")
    gone = git("-C", deployments, "log", "-1", "--format=%h", "--", "old/r")
    assert (
        done.stdout
        == f"""\
# The image directories of {deployments}, main at {commit}.
# Edit the names. Take `skip` away from what is to move, and set it, or remove the entry, for what is not.
# `defaults` holds answers to the template's questions for all images, such as registry: quay.io.
source: {deployments}
ref: main
defaults:
  answers: {{}}
images:
  - directory: deployments/biology/image
    # 2 commits, 1 of them from former paths, 1 author, 2020-09-13; 4 files, 69 bytes: apt.txt, environment.yml, postBuild
    # built by deployments/biology/hubploy.yaml:2 as quay.io/example/biology
    # run by biology/prod
    repository: biology-image
    former_paths:
      - images/biology
  - directory: images/web
    # 1 commit, 1 author, 2020-09-13; 1 file, 15 bytes: Dockerfile
    # built by chartpress.yaml:6 as quay.io/example/web
    repository: web-image
  - directory: old/r
    # 1 commit, 1 author, 2020-09-13; 1 file, 2 bytes: install.R
    # no longer there since {gone}, 2020-09-13, gone to its own repository
    repository: r-image
    skip: true
"""  # noqa: E501
    )
    assert "3 images in the history of main" in done.stderr
    assert "left out: docs: only requirements.txt" in done.stderr


def test_an_update_adds_what_is_new_and_keeps_every_byte_of_a_person(deployments: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "images.yaml"
    written = (
        "# ours\nsource: x   # the clone\nimages:\n- {directory: deployments/biology/image, repository: bio}\n"
        "- directory: old/r\n  repository: r\n- directory: never/was\n  repository: never\n"
    )
    manifest.write_text(written)
    dry = hubimages("find-images", deployments, "--update", manifest, "--dry-run")
    assert manifest.read_text() == written
    assert "+- directory: images/web\n" in dry.stdout
    done = hubimages("find-images", deployments, "--update", manifest)
    assert done.returncode == 0, done.stderr
    assert manifest.read_text() == written + (
        "- directory: images/web\n  # 1 commit, 1 author, 2020-09-13; 1 file, 15 bytes: Dockerfile\n"
        "  # built by chartpress.yaml:6 as quay.io/example/web\n  repository: web-image\n"
    )
    gone = git("-C", deployments, "log", "-1", "--format=%h", "--", "old/r")
    assert done.stdout.splitlines() == [
        "new: images/web",
        f"no longer there, but not skipped: old/r, since {gone}, 2020-09-13, gone to its own repository",
        "not found: never/was",
    ]
    again = manifest.read_text()
    hubimages("find-images", deployments, "--update", manifest)
    assert manifest.read_text() == again


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "line 1"),
        ("a: 1\n", "is no manifest: it has no list `images`"),
        ("images:\n  - repository: x\n", "entry 1 of `images` has no `directory`"),
        ("images:\n  - directory: a\n  - directory: a\n", "two entries of `images` have the directory a"),
    ],
)
def test_what_is_no_manifest_is_refused_and_not_changed(
    text: str, said: str, deployments: Path, tmp_path: Path
) -> None:
    manifest = tmp_path / "images.yaml"
    manifest.write_text(text)
    done = hubimages("find-images", deployments, "--update", manifest)
    assert (done.returncode, said in done.stderr, manifest.read_text()) == (2, True, text), done.stderr


@pytest.mark.parametrize("given", ["images.yml", "."])
def test_a_manifest_that_is_not_there_or_a_directory_is_told_what_makes_one(given: str, tmp_path: Path) -> None:
    done = hubimages("extract-images", tmp_path / given, tmp_path / "out", "--dry-run")
    says = f"no manifest '{tmp_path / given}'. Make one: hubimages find-images SOURCE > images.yaml, and edit it"
    assert (done.returncode, done.stderr) == (2, f"error: {says}\n")


def test_bad_input_has_the_exit_code_of_its_kind(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="there is no such directory"):
        migration.find_images(str(tmp_path / "none"), None)
    make(tmp_path / "s", [Commit("one", [], {"a": "1"}), Commit("two", ["one"], {"a": "2"})])
    with pytest.raises(BadInputError, match="no branch, tag or commit 'nosuch'"):
        migration.find_images(str(tmp_path / "s"), "nosuch")
    git("clone", "--quiet", "--depth=1", f"file://{tmp_path / 's'}", tmp_path / "shallow")
    with pytest.raises(RefusedError, match="shallow clone"):
        migration.find_images(str(tmp_path / "shallow"), None)


def test_the_json_has_every_fact(deployments: Path) -> None:
    done = hubimages("find-images", deployments, "--json")
    facts = json.loads(done.stdout)
    assert (facts["version"], facts["ref"], facts["not_read"]) == (1, "main", [])
    assert [(one["directory"], one["repository"], one["skip"]) for one in facts["images"]] == [
        ("deployments/biology/image", "biology-image", False),
        ("images/web", "web-image", False),
        ("old/r", "r-image", True),
    ]
    assert facts["images"][0]["hubs"] == ["biology/prod"]
