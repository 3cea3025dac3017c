"""References in Dockerfiles, in templates that are read line by line, and which files are read at all."""

import subprocess
from pathlib import Path

import pytest

from hubimages.errors import BadInputError
from hubimages.references import NotRead, find_references
from tests.references.deployment import deployment, inventory_of, references_in, run_by


def test_a_dockerfile_has_the_images_of_its_from_and_copy_but_no_stages(tmp_path: Path) -> None:
    text = """\
        # syntax=docker/dockerfile:1
        ARG BASE=quay.io/jupyter/base-notebook:2026-07-28
        ARG VERSION="4.3.3"
        FROM --platform=linux/amd64 golang:1.22 AS build
        FROM jupyterhub/k8s-hub:${VERSION}
        FROM $BASE as last
        FROM build
        FROM scratch
        COPY --from=build /a /a
        COPY --from=ghcr.io/astral-sh/uv:0.5.1 /uv /bin/uv
        FROM ${UNKNOWN}
        """
    assert references_in(tmp_path, text, "images/hub/Dockerfile") == [
        (4, "", "golang:1.22"),
        (5, "", "jupyterhub/k8s-hub:4.3.3"),
        (6, "", "quay.io/jupyter/base-notebook:2026-07-28"),
        (10, "", "ghcr.io/astral-sh/uv:0.5.1"),
    ]


def test_the_tag_of_a_from_with_a_variable_stands_at_its_arg(tmp_path: Path) -> None:
    text = "ARG VERSION=4.3.3\nARG BASE=a/b:1\nARG HOST=quay.io\nFROM a/hub:$VERSION\nFROM ${BASE}\nFROM $HOST/a/c:2\n"
    inventory = inventory_of(tmp_path, {"Dockerfile": text})
    places = [each.tag_place for each in inventory.references if each.tag_place]
    assert [(place.line, text[place.start : place.end], place.text) for place in places] == [
        (1, "4.3.3", "4.3.3"),
        (2, "a/b:1", "1"),
        (6, "$HOST/a/c:2", "2"),
    ]
    edits = [each.retagged("9")[0][1] for each in inventory.references]
    assert edits == ["9", "a/b:9", "$HOST/a/c:9"]


def test_what_is_no_yaml_is_read_line_by_line_and_said_to_be(tmp_path: Path) -> None:
    template = """\
        {{- if .Values.enabled }}
        spec:
          containers:
          - name: exporter
            image: quay.io/a/exporter:v3.3  # pinned
          - image: {{ .Values.image.repository }}:{{ .Values.image.tag }}
          - image: "{{ .Values.other }}"
          image:
            name: a/b
            tag: "v1"
        description: quay.io/a/prose:1
        {{- end }}
        """
    files = {
        "templates/a.yaml": template,
        "templates/_helpers.tpl": "{{ define }}\nimage: registry.k8s.io/pause:3.10\n",
        "hub.values.yaml.j2": "image: a/c:1\n",
        ".env": "export JUPYTERHUB_SINGLEUSER_IMAGE=quay.io/a/d:1\nIMAGE_COLOUR=blue\n",
    }
    inventory = inventory_of(tmp_path, files)
    assert run_by(inventory) == [
        (".env:1", "quay.io/a/d:1", ()),
        ("hub.values.yaml.j2:1", "a/c:1", ()),
        ("templates/_helpers.tpl:2", "registry.k8s.io/pause:3.10", ()),
        ("templates/a.yaml:5", "quay.io/a/exporter:v3.3", ()),
        ("templates/a.yaml:10", "a/b:v1", ()),
    ]
    assert not any(each.parsed for each in inventory.references)
    assert [(each.file, each.line, each.reason.partition(" (")[0]) for each in inventory.not_read] == [
        ("templates/a.yaml", 1, "not YAML")
    ]
    text = (tmp_path / "deployment/templates/a.yaml").read_text()
    spans = [each.tag_place for each in inventory.references if each.file.endswith("a.yaml") and each.tag_place]
    assert [text[place.start : place.end] for place in spans] == ["quay.io/a/exporter:v3.3", "v1"]


def test_files_that_git_ignores_links_and_other_kinds_are_left_out_with_a_word(tmp_path: Path) -> None:
    root = deployment(
        tmp_path / "deployment",
        {
            ".gitignore": "ignored.yaml\n",
            "values.yaml": "image: a/b:1\n",
            "README.md": "image: a/prose:1\n",
            "deleted.yaml": "image: a/gone:1\n",
        },
    )
    (root / "ignored.yaml").write_text("image: a/ignored:1\n")
    (root / "new.yaml").write_text("image: a/new:1\n")
    (root / "deleted.yaml").unlink()
    (root / "latin.yaml").write_bytes(b"# caf\xe9\nimage: a/latin:1\n")
    (root / "link.yaml").symlink_to("values.yaml")
    inventory = find_references(root)
    assert run_by(inventory) == [("new.yaml:1", "a/new:1", ()), ("values.yaml:1", "a/b:1", ())]
    assert list(inventory.not_read) == [
        NotRead("deleted.yaml", 0, "not in the work tree: deleted, or left out by a sparse checkout"),
        NotRead("latin.yaml", 0, "not UTF-8"),
        NotRead("link.yaml", 0, "symbolic link; its target is read at its own path"),
    ]
    assert inventory.other_kinds == {".gitignore": 1, ".md": 1}


def test_the_whole_repository_is_read_from_any_directory_in_it(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"values.yaml": "image: a/b:1\n", "hubs/x.yaml": "image: a/c:1\n"})
    assert find_references(root / "hubs") == find_references(root)


def test_a_directory_outside_of_git_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "hubs").mkdir()
    (tmp_path / "hubs/values.yaml").write_text("singleuser: {image: a/b:1}\n")
    assert run_by(find_references(tmp_path)) == [("hubs/values.yaml:1", "a/b:1", ("hubs",))]


def test_a_repository_in_a_repository_is_not_read(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"values.yaml": "image: a/b:1\n"})
    inner = deployment(tmp_path / "inner", {"values.yaml": "image: a/inner:1\n"})
    subprocess.run(
        ["git", "-C", str(root), "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub"],
        check=True,
    )
    inventory = find_references(root)
    assert run_by(inventory) == [("values.yaml:1", "a/b:1", ())]
    assert list(inventory.not_read) == [NotRead("sub", 0, "submodule; read its own clone with --repo")]


def test_a_directory_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="Name a clone of the deployment repository with --repo"):
        find_references(tmp_path / "nowhere")


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"a.yaml": "image: a/b:1\n"})
    subprocess.run(["git", "clone", "-q", "--bare", str(root), str(tmp_path / "bare.git")], check=True)
    with pytest.raises(BadInputError, match="is a bare repository, without files"):
        find_references(tmp_path / "bare.git")
