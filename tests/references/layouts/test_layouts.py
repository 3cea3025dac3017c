"""Which hubs run an image, in each layout, and what a bump changes there."""

from pathlib import Path

import pytest

from hubimages.errors import BadInputError
from hubimages.references import Selection, find_references, plan_point
from hubimages.repository.delivery import Delivery
from tests.references.deployment import deployment, inventory_of, run_by
from tests.references.layouts.specimens import IMAGE, LAYOUTS


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
    inventory = find_references(root)
    for each in inventory.references:
        if not each.hubs or each.image is None:
            continue
        others = [hub for hub in inventory.hubs if hub not in each.hubs and hub.partition("/")[0] in each.hubs]
        chosen = Selection(hubs=each.hubs, files=(each.file,) if others else ())  # `X` means `X/prod`, too
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
        ("bio: [nowhere.yaml]\n", "bio: no file nowhere.yaml in the repository. Write its path from the top"),
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


def test_values_files_of_a_command_that_the_repository_does_not_have_are_named(tmp_path: Path) -> None:
    files = {
        "deploy.sh": "helm upgrade jhub jupyterhub/jupyterhub -f hub.yaml \\\n  -f secret.yaml,config/$REGION.yaml\n",
        "hub.yaml": IMAGE % 1,
    }
    reason = "values file that is not in this repository"
    assert [(each.file, each.line, each.reason) for each in inventory_of(tmp_path, files).not_read] == [
        ("deploy.sh", 1, f"{reason} ({name})") for name in ("secret.yaml", "config/$REGION.yaml")
    ]


def test_a_variable_that_a_script_sets_twice_is_another_hubs_each_time(tmp_path: Path) -> None:
    files = {
        "jobs.yaml": "staging:\n  env:\n    HUB: staging\nprod:\n  env:\n    HUB: prod\nrun: |\n"
        "  helm upgrade hub-$HUB jupyterhub/jupyterhub -f $HUB.yaml\n",
        "staging.yaml": IMAGE % 1, "prod.yaml": IMAGE % 2, "old.yaml": IMAGE % 3,
    }  # fmt: skip
    assert run_by(inventory_of(tmp_path, files)) == [
        ("old.yaml:1", "quay.io/a/b:v3", ("old",)),
        ("prod.yaml:1", "quay.io/a/b:v2", ("hub-prod",)),
        ("staging.yaml:1", "quay.io/a/b:v1", ("hub-staging",)),
    ]


def test_values_for_a_chart_under_another_name_are_a_hubs(tmp_path: Path) -> None:
    chart = "name: chart\ndependencies: [{name: jupyterhub, alias: ours, version: 4.0.0}]\n"
    files = {
        "chart/Chart.yaml": chart, "chart/values.yaml": "ours: {singleuser: {image: {name: quay.io/a/b, tag: v1}}}\n",
        "config/prod.yaml": "ours: {singleuser: {image: {tag: v2}}}\n",
        "config/support.yaml": "grafana: {image: {repository: a/g, tag: v3}}\n",
    }  # fmt: skip
    guessed = inventory_of(tmp_path / "guessed", files)
    assert run_by(guessed)[-2] == ("config/prod.yaml:1", "quay.io/a/b:v2", ("config/prod",))
    deployed = {**files, "deploy.sh": "ENV=${1:?}\nhelm upgrade hub-$ENV ./chart -f config/$ENV.yaml\n"}
    assert run_by(inventory_of(tmp_path / "deployed", deployed)) == [
        ("chart/values.yaml:1", "quay.io/a/b:v1", ()),
        ("config/prod.yaml:1", "quay.io/a/b:v2", ("hub-prod",)),
        ("config/support.yaml:1", "a/g:v3", ()),
    ]


def test_a_variable_that_is_a_whole_path_can_be_any_file(tmp_path: Path) -> None:
    files = {
        "deploy.sh": "helm upgrade hub-$HUB jupyterhub/jupyterhub -f hubs/$HUB.yaml -f $secrets\n",
        "hubs/bio.yaml": IMAGE % 1, "other.yaml": IMAGE % 2,
    }  # fmt: skip
    inventory = inventory_of(tmp_path, files)
    assert (inventory.hubs, [each.reason for each in inventory.not_read]) == (
        ("hub-bio", "other"), ["values file that is not in this repository ($secrets)"]
    )  # fmt: skip
