"""`--set` changes an answer later, by the same merge, and says how the hubs follow."""

import json

from hubimages import template
from hubimages.update.released import installed_version
from tests.update.repositories import commit, files, git, update


def test_another_registry_takes_its_host_along_and_prints_the_command_for_the_hubs(made_from):
    repo = made_from(1, registry="quay.io", image="cal-icor/our-image")
    report = json.loads(update(repo, "--json", "--set=registry=ghcr.io").stdout)
    assert {key: report["answers"][key] for key in ("registry", "registry_host")} == {
        "registry": {"before": "quay.io", "after": "ghcr.io"},
        "registry_host": {"before": "quay.io", "after": "ghcr.io"},
    }
    assert report["point_hubs"] == (
        "hubimages point-hubs ghcr.io/cal-icor/our-image:TAG --instead-of=quay.io/cal-icor/our-image"
    )
    now = template.render_files({"repo": "our-image", "registry": "ghcr.io", "image": "cal-icor/our-image"})
    after = files(repo, report["branch"])
    assert {path: data for path, (_, data) in after.items()} == {path: file.data for path, file in now.files.items()}


def test_at_the_same_version_only_the_answer_changes_on_a_branch_named_for_it(made_from):
    repo = made_from(1)
    update(repo)
    git(repo, "merge", "--quiet", f"update-to-template-{installed_version()}")
    report = json.loads(update(repo, "--json", "--set=license=MIT").stdout)
    assert report["branch"] == "change-answers"
    assert {"changes LICENSE", "changes .hubimages.yaml"} <= set(report["changed"])
    assert report["changes"] == []
    assert git(repo, "log", "-1", "--format=%B", "change-answers") == (
        "Change answers to the hubimages template\n\nlicense: MIT"
    )


def test_the_name_that_the_owner_wrote_into_the_noxfile_is_what_hubs_leave(made_from):
    repo = made_from(1)
    path = repo / "noxfile.py"
    path.write_text(path.read_text().replace("quay.io/your-organisation/our-image", "quay.io/cal-icor/base"))
    commit(repo)
    report = json.loads(update(repo, "--json", "--set=image=cal-icor/new", code=1).stdout)
    assert [each["file"] for each in report["conflicts"]] == ["noxfile.py"]
    assert report["point_hubs"] == "hubimages point-hubs quay.io/cal-icor/new:TAG --instead-of=quay.io/cal-icor/base"


def test_the_builder_changes_and_the_owners_step_stays(made_from):
    repo = made_from(1)
    path = repo / ".github/workflows/test.yaml"
    path.write_text(path.read_text().replace("    steps:\n", "    steps:\n      - run: echo ours\n", 1))
    commit(repo)
    report = json.loads(update(repo, "--json", "--set=builder=repo2docker-action").stdout)
    after = files(repo, report["branch"])
    assert b"repo2docker-action@" in after[".github/workflows/build.yaml"][1]
    assert b"echo ours" in after[".github/workflows/test.yaml"][1]


def test_the_same_answer_again_is_nothing_to_do(made_from):
    repo = made_from(1)
    update(repo)
    git(repo, "merge", "--quiet", f"update-to-template-{installed_version()}")
    assert update(repo, "--set=registry=quay.io").stdout.startswith("Nothing to do: ")


def test_new_questions_get_their_defaults_and_are_listed(made_from):
    repo = made_from(1)
    known = set(template.read_answers(repo))
    report = json.loads(update(repo, "--json").stdout)
    new = {key for key, change in report["answers"].items() if change["before"] is None}
    assert new == {question.key for question in template.questions()} - known
