"""What is an image reference in a values file, and what is not."""

from pathlib import Path
from textwrap import dedent

import pytest

from hubimages.references import Form, NotRead, find_references
from hubimages.references.find import yaml_files
from hubimages.references.listing import summary
from hubimages.yaml_text import UnreadableYamlError, scalars
from tests.references.deployment import inventory_of, references_in

HEX = "9cb7ae26ffbe"

FORMS = {
    "name and tag, under any prefix": (
        """\
        basehub:
          jupyterhub:
            singleuser:
              image:
                name: quay.io/a/b
                tag: 2026.01.30
        """,
        [(6, "basehub.jupyterhub.singleuser.image.tag", "quay.io/a/b:2026.01.30")],
    ),
    "tag before name, with another key between": (
        "hub:\n  image:\n    tag: 1.2.3\n    pullPolicy: Always\n    name: a/b\n",
        [(3, "hub.image.tag", "a/b:1.2.3")],
    ),
    "repository and tag": (
        "image: {repository: ghcr.io/a/b, tag: v1}\n",
        [(1, "image.tag", "ghcr.io/a/b:v1")],
    ),
    "registry, repository and tag": (
        "image:\n  registry: ghcr.io\n  repository: a/b\n  tag: v1\n",
        [(4, "image.tag", "ghcr.io/a/b:v1")],
    ),
    "one text": ("singleuser:\n  image: a/b:1\n", [(2, "singleuser.image", "a/b:1")]),
    "a digest": (
        f"singleuser:\n  image: a/b@sha256:{'0' * 64}\n",
        [(2, "singleuser.image", f"a/b@sha256:{'0' * 64}")],
    ),
    "a digest behind the tag of a pair": (
        f"image:\n  repository: quay.io/a/b\n  tag: main@sha256:{'0' * 64}\n",
        [(3, "image.tag", f"quay.io/a/b:main@sha256:{'0' * 64}")],
    ),
    "a digest as a key of its own": (
        f"image:\n  repository: quay.io/a/b\n  tag: main\n  digest: sha256:{'0' * 64}\n",
        [(3, "image.tag", f"quay.io/a/b:main@sha256:{'0' * 64}")],
    ),
    "a registry with a port": ("image: localhost:5000/a/b:1\n", [(1, "image", "localhost:5000/a/b:1")]),
    "without a tag": (
        "initContainers:\n- name: x\n  image: busybox\n",
        [(3, "initContainers[0].image", "busybox")],
    ),
    "profile overrides, choices and the unlisted choice's containers": (
        """\
        singleuser:
          profileList:
          - display_name: CPU only
            kubespawner_override:
              image: a/default:1
            profile_options:
              image:
                unlisted_choice:
                  enabled: true
                  kubespawner_override:
                    image: "{value}"
                    init_containers:
                    - name: init
                      image: a/init:1
                choices:
                  scipy:
                    display_name: SciPy
                    kubespawner_override:
                      image: a/scipy:1
        """,
        [
            (5, "singleuser.profileList[0].kubespawner_override.image", "a/default:1"),
            (
                14,
                "singleuser.profileList[0].profile_options.image.unlisted_choice.kubespawner_override"
                ".init_containers[0].image",
                "a/init:1",
            ),
            (
                19,
                "singleuser.profileList[0].profile_options.image.choices.scipy.kubespawner_override.image",
                "a/scipy:1",
            ),
        ],
    ),
    "images to be pulled before": (
        "prePuller:\n  extraImages:\n    scipy:\n      name: a/scipy\n      tag: '1'\n",
        [(5, "prePuller.extraImages.scipy.tag", "a/scipy:1")],
    ),
    "hubploy, with a list": (
        "images:\n  images:\n  - name: us-docker.pkg.dev/p/r/a:9cb7ae26ffbe\n    path: image\n",
        [(3, "images.images[0].name", "us-docker.pkg.dev/p/r/a:9cb7ae26ffbe")],
    ),
    "hubploy, with one image": (
        "images:\n  image_name: us-docker.pkg.dev/p/r/a:9cb7ae26ffbe\n",
        [(2, "images.image_name", "us-docker.pkg.dev/p/r/a:9cb7ae26ffbe")],
    ),
    "environment variables, as a mapping, as a list, as texts": (
        """\
        extraEnv:
          JUPYTERHUB_SINGLEUSER_IMAGE: quay.io/a/b:1
          IMAGE_COLOUR: blue
        env:
        - name: BASE_IMAGE
          value: quay.io/a/c:2
        environment:
        - JUPYTERHUB_SINGLEUSER_IMAGE=quay.io/a/d:3
        """,
        [
            (2, "extraEnv.JUPYTERHUB_SINGLEUSER_IMAGE", "quay.io/a/b:1"),
            (6, "env[0].value", "quay.io/a/c:2"),
            (8, "environment[0]", "quay.io/a/d:3"),
        ],
    ),
    "name and tag in keys beside each other": (
        "jupyterhub_singleuser_image_name: quay.io/a/b\njupyterhub_singleuser_image_tag: '2026'\n",
        [(2, "jupyterhub_singleuser_image_tag", "quay.io/a/b:2026")],
    ),
    "kustomize": (
        "images:\n- name: old\n  newName: quay.io/a/b\n  newTag: '1'\n",
        [(4, "images[0].newTag", "quay.io/a/b:1")],
    ),
    "keys that end in image": (
        "KubernetesBuildExecutor:\n  build_image: quay.io/a/repo2docker:1\npauseImage: {name: a/pause, tag: '3'}\n",
        [
            (2, "KubernetesBuildExecutor.build_image", "quay.io/a/repo2docker:1"),
            (3, "pauseImage.tag", "a/pause:3"),
        ],
    ),
    "a list of texts": ("extraImages:\n- quay.io/a/b:1\n", [(2, "extraImages[0]", "quay.io/a/b:1")]),
    "several documents": ("image: a/b:1\n---\nimage: a/c:2\n", [(1, "image", "a/b:1"), (3, "image", "a/c:2")]),
    "block scalars and values on the next line": (
        'image:\n  "a/b:1"\nhub:\n  image: >-\n    a/c:2\n',
        [(2, "image", "a/b:1"), (4, "hub.image", "a/c:2")],
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_reference_is_found_in_every_form(form: str, tmp_path: Path) -> None:
    text, expected = FORMS[form]
    assert references_in(tmp_path, text) == expected


NO_REFERENCES = {
    "placeholders": """\
        image: "{value}"
        hub: {image: {name: a/b, tag: set-by-chartpress}}
        a: {image: a/b:PLACEHOLDER}
        b: {image: {name: a/b, tag: set_automatically_by_cicd}}
        c: {image: $(JUPYTER_IMAGE)}
        d: {image: "{{ .Values.image }}"}
        e: {image: {name: "", tag: ""}}
        f: {image: "quay.io/a/<name>:1"}
        """,
    "prose": """\
        description: quay.io/repository/isciences/tops-school:latest
        validation_message: Must be an image of form <image-name>:<tag>
        display_name: Custom image
        name: a/b:1
        note: |
          We used image quay.io/a/b once.
        """,
    "other keys that sound like one": """\
        image_pull_policy: Always
        imagePullSecrets: [{name: image-pull-secret}]
        image_prefix: quay.io/a/b-
        imageRegistry: quay.io
        prePuller: {pullProfileListImages: false}
        logo_image: https://example.org/a.png
        backgroundImage: static/logo.svg
        profile_options: {image: {display_name: Image}}
        chart: {repository: https://example.org/charts, tag: v1}
        """,
}


@pytest.mark.parametrize("kind", NO_REFERENCES)
def test_what_is_no_reference_is_not_found(kind: str, tmp_path: Path) -> None:
    assert references_in(tmp_path, NO_REFERENCES[kind]) == []


def test_placeholders_are_counted(tmp_path: Path) -> None:
    assert len(inventory_of(tmp_path, {"values.yaml": NO_REFERENCES["placeholders"]}).placeholders) == 7


def test_each_kind_of_file_tells_the_lines_of_its_placeholders(tmp_path: Path) -> None:
    inventory = inventory_of(tmp_path, {
        "Dockerfile": "FROM debian:12\nFROM ${BASE}\n",
        "app.yaml": "helm:\n  values: |\n    a: 1\n    image: ${IMAGE}\n",
        "deploy.sh": "x=1\nIMAGE='{value}'\n",
        "hub.env": "A=1\nIMAGE=__IMAGE__\n",
        "values.yaml": "a:\n  image:\n    name: quay.io/a/b\n    tag: set-by-chartpress\n",
    })  # fmt: skip
    assert inventory.placeholders == (
        ("Dockerfile", 2), ("app.yaml", 4), ("deploy.sh", 2), ("hub.env", 2), ("values.yaml", 4),
    )  # fmt: skip
    last = summary(inventory).splitlines()
    assert (
        "not counted: 5 placeholders that a program fills in, Dockerfile:2, app.yaml:4, deploy.sh:2 and 2 more" in last
    )


def test_what_chartpress_builds_is_not_what_runs(tmp_path: Path) -> None:
    text = "charts:\n- name: hub\n  images:\n    hub:\n      imageName: quay.io/a/b\n"
    assert references_in(tmp_path, text, "chartpress.yaml") == []


def test_a_scalar_is_one_reference_with_all_paths_that_aliases_and_merge_keys_give_it(tmp_path: Path) -> None:
    text = """\
        one: &one
          image: &image
            name: a/b
            tag: "1"
        two: *one
        three:
          <<: *one
          cpu: 2
        four:
          image:
            <<: *image
            tag: "2"
        five:
          image: &text a/c:3
        six:
          image: *text
        """
    found = [
        (each.line, each.values_path, [".".join(map(str, path)) for path in each.also], str(each.image))
        for each in inventory_of(tmp_path, {"values.yaml": text}).references
    ]
    assert found == [
        (4, "one.image.tag", ["two.image.tag", "three.image.tag"], "a/b:1"),
        (12, "four.image.tag", [], "a/b:2"),
        (14, "five.image", ["six.image"], "a/c:3"),
    ]


def test_profile_and_choice_are_named_as_kubespawner_and_its_users_do(tmp_path: Path) -> None:
    text = """\
        hub:
          config:
            KubeSpawner:
              profile_list:
              - display_name: "GPU: one, please"
                kubespawner_override: {image: a/b:1}
              - display_name: CPU
                slug: small
                profile_options:
                  image:
                    choices:
                      r:
                        display_name: R and RStudio
                        kubespawner_override: {image: a/r:1}
        """
    found = [
        (each.profile, each.choice, each.title) for each in inventory_of(tmp_path, {"values.yaml": text}).references
    ]
    assert found == [("gpu-one-please", "", "GPU: one, please"), ("small", "r", "CPU / R and RStudio")]


def test_the_place_of_a_tag_is_exactly_its_characters_whatever_stands_before_it(tmp_path: Path) -> None:
    text = "\ufeff# 🚀\u2028\r\nimage: &a !!str 'a/b:1.0'  # c\r\nhub:\r\n  image: {name: a/c, tag: \"2\"}\r\n"
    inventory = inventory_of(tmp_path, {"values.yaml": text})
    places = [each.tag_place for each in inventory.references if each.tag_place]
    assert [text[place.start : place.end] for place in places] == ["'a/b:1.0'", '"2"']
    assert [(place.value, place.text, place.line) for place in places] == [("a/b:1.0", "1.0", 2), ("2", "2", 4)]


RETAGGED = {
    "image: a/b:1\n": [("a/b:1", "a/b:2")],
    "image: a/b\n": [("a/b", "a/b:2")],
    f"image: a/b:1@sha256:{'0' * 64}\n": [(f"a/b:1@sha256:{'0' * 64}", "a/b:2")],
    f"image: a/b@sha256:{'0' * 64}\n": [(f"a/b@sha256:{'0' * 64}", "a/b:2")],
    "image: localhost:5000/b\n": [("localhost:5000/b", "localhost:5000/b:2")],
    "image: {name: a/b, tag: '1'}\n": [("1", "2")],
    f"image: {{name: a/b, tag: '1@sha256:{'0' * 64}'}}\n": [(f"1@sha256:{'0' * 64}", "2")],
    f"image: {{name: a/b, tag: '1', digest: 'sha256:{'0' * 64}'}}\n": [("1", "2"), (f"sha256:{'0' * 64}", "")],
    "environment: [X_IMAGE=a/b:1]\n": [("X_IMAGE=a/b:1", "X_IMAGE=a/b:2")],
}


@pytest.mark.parametrize("text", RETAGGED)
def test_another_tag_changes_the_tag_and_drops_the_digest(text: str, tmp_path: Path) -> None:
    (reference,) = inventory_of(tmp_path, {"values.yaml": text}).references
    assert [(place.value, value) for place, value in reference.retagged("2")] == RETAGGED[text]


def test_tags_that_helm_reads_as_something_else_are_known(tmp_path: Path) -> None:
    tags = ["1.10", "5115e56", "on", "2026.01.30", "'1.10'", "12", "0x10", "v1"]
    text = "".join(f"k{number}: {{image: {{name: a/b, tag: {tag}}}}}\n" for number, tag in enumerate(tags))
    found = [each.misread for each in inventory_of(tmp_path, {"values.yaml": text}).references]
    assert found == ["number 1.1", "number 5.115e+59", "boolean true", "", "", "number 12", "number 16", ""]


def test_images_in_programs_are_references_and_duplicate_keys_are_named(tmp_path: Path) -> None:
    text = """\
        hub:
          image: {name: a/b, tag: v1, tag: v2}
          extraConfig:
            init: |
              # a comment
              c.KubeSpawner.init_containers = [{"image": "quay.io/a/tools:4.1.0"}]
        """
    inventory = inventory_of(tmp_path, {"values.yaml": text})
    found = [(each.line, each.values_path, str(each.image), each.form) for each in inventory.references]
    assert found == [
        (2, "hub.image.tag", "a/b:v2", Form.PAIR),
        (6, "hub.extraConfig.init", "quay.io/a/tools:4.1.0", Form.CODE),
    ]
    assert list(inventory.not_read) == [NotRead("values.yaml", 2, "duplicate key `tag`; the last one counts (line 2)")]


def test_aliases_that_stand_for_billions_of_places_end_the_reading_of_the_file_not_of_the_repository(
    tmp_path: Path,
) -> None:
    bomb = "a0: &a0 [{image: a/b:1}]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    inventory = inventory_of(tmp_path, {"bomb.yaml": bomb, "values.yaml": "image: a/c:1\n"})
    assert [str(each.image) for each in inventory.references] == ["a/c:1"]
    assert [(each.file, each.reason) for each in inventory.not_read] == [
        ("bomb.yaml", "not YAML (its aliases expand to too many nodes); read line by line")
    ]


def test_the_form_of_each_reference_is_told(tmp_path: Path) -> None:
    text = (
        "a: {image: a/b:1}\nb: {image: {name: a/b, tag: v1}}\nc: {image: {tag: v1}}\nd: {image: {name: a/b}}\n"
        "e: {X_IMAGE: a/b:1}\n"
    )
    found = [each.form for each in inventory_of(tmp_path, {"values.yaml": text}).references]
    assert found == [Form.STRING, Form.PAIR, Form.TAG_ONLY, Form.NAME_ONLY, Form.ENVIRONMENT]


def bomb(first: str, one: str, *, levels: int = 12) -> str:
    """Twelve lines that stand for 10**11 places."""
    lines = [f"a0: &a0 {first}\n"]
    lines += [f"a{n}: &a{n} {one.format(', '.join([f'*a{n - 1}'] * 10))}\n" for n in range(1, levels)]
    return "".join(lines)


@pytest.mark.parametrize(
    ("first", "one"), [("[]", "[{}]"), ("{x: 1}", "{{<<: [{}]}}")], ids=["of empty lists", "of merge keys"]
)
def test_no_kind_of_aliases_and_merge_keys_takes_for_ever(first: str, one: str, tmp_path: Path) -> None:
    files = {
        "values.yaml": "image: a/b:1\n" + bomb(first, one),
        "config/clusters/uni/cluster.yaml": bomb(first, one) + "name: uni\nhubs: *a11\n",
        "other.yaml": "image: a/b:2\n",
    }
    inventory = inventory_of(tmp_path, files)
    assert [(each.file, each.tag, each.parsed) for each in inventory.references] == [
        ("other.yaml", "2", True),
        ("values.yaml", "1", False),
    ]
    assert [each.file for each in inventory.not_read] == ["config/clusters/uni/cluster.yaml", "values.yaml"]
    with pytest.raises(UnreadableYamlError, match="its aliases expand to too many nodes"):
        scalars(files["values.yaml"])


# References whose own lines do not say what they are.
OUT_OF_SIGHT = {
    "a name of its own below a list of images": "images:\n  first:\n    name: a/b\n",
    "an image below a label": "images:\n  first: a/b:1\n  second: c/d:2\n",
    "items of a list": "images:\n- a/b:1\n- c/d:2\n",
    "items of an anchored list": "x: &all\n- a/b:1\ndeep:\n  prePulled:\n    images: *all\n",
    "a mapping with an alias": "x: &it {name: a/b}\ndeep: {deeper: {image: *it}}\n",
    "a merge key": "x: &it {name: a/b, tag: 1.2.3}\ndeep: {image: {<<: *it}}\n",
    "a version of a repository": "deep:\n  quotaEnforcer:\n    repository: quay.io/a/b\n    version: v1\n",
    "a name with a version": "deep:\n  enforcer:\n    name: quay.io/a/b\n    version: v1\nimage: c/d:1\n",
}


@pytest.mark.parametrize("form", [*FORMS, *OUT_OF_SIGHT])
def test_parts_of_a_file_that_are_left_out_hold_no_reference(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = dedent(FORMS[form][0] if form in FORMS else OUT_OF_SIGHT[form])
    found = inventory_of(tmp_path, {"values.yaml": text})
    monkeypatch.setattr(yaml_files._Finder, "has_word", lambda *_: True)

    assert found == find_references(tmp_path / "deployment")
