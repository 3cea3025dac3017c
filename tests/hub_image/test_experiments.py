"""Experimental hub images on real repositories, without building any: plans, lists and ends."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image.experiments.end import plan_end_experiment
from hubimages.hub_image.experiments.listing import Use, hub_experiments
from hubimages.hub_image.experiments.new import NewExperiment, plan_new_experiment
from tests.hub_image.trials import Deployment, deployment

TRIAL = """\
      trial:
        buildArgs:
          REQUIREMENTS_FILE: trial-requirements.txt
        contextPath: images/hub
        dockerfilePath: images/hub/Dockerfile
"""
REQUIREMENTS = (
    "# The experiment trial, beside requirements.txt\n# Image lives at quay.io\n\nfancy==0.7.0\nquotas==0.1.4\nnew==1\n"
)


@pytest.fixture
def hub(tmp_path: Path) -> Deployment:
    return deployment(tmp_path / "repo")


def plan(made: Deployment, *specs: str, name: str = "trial") -> NewExperiment:
    return plan_new_experiment(made.path, name, specs or ["new==1"], look_up=False)


def with_trial(hub: Deployment, *, weeks: int = 0, monkeypatch: pytest.MonkeyPatch | None = None) -> Deployment:
    """The repository with an experiment that was committed some weeks ago."""
    hub.write("images/hub/trial-requirements.txt", REQUIREMENTS)
    hub.write("chartpress.yaml", hub.read("chartpress.yaml") + TRIAL)
    if monkeypatch:
        monkeypatch.setenv("GIT_COMMITTER_DATE", (datetime.now(UTC) - timedelta(weeks=weeks, hours=1)).isoformat())
    hub.commit("Try it")
    return hub


def use(hub: Deployment, tag: str = "x") -> None:
    (hub.path / "hubs").mkdir()
    text = f"# quay.io/2i2c/pilot-trial\nhub:\n  image:\n    name: quay.io/2i2c/pilot-trial\n    tag: {tag}\n"
    (hub.path / "hubs/ucla.values.yaml").write_text(text)
    hub.commit("Have a hub use it")


def test_the_plan_is_two_files_and_neither_values_nor_chart(hub: Deployment) -> None:
    shown = plan(hub, "fancy==0.7.0", "new==1").show()
    assert shown == (
        "--- /dev/null\n+++ b/helm-charts/images/hub/trial-requirements.txt\n@@ -0,0 +1,6 @@\n"
        + "".join(f"+{line}\n" for line in REQUIREMENTS.splitlines())
        + "--- a/helm-charts/chartpress.yaml\n+++ b/helm-charts/chartpress.yaml\n@@ -7,3 +7,8 @@\n"
        "         valuesPath: jupyterhub.hub.image\n         buildArgs:\n"
        "           REQUIREMENTS_FILE: requirements.txt\n"
        + "".join(f"+{line}\n" for line in TRIAL.splitlines())
        + "$ git commit -m 'Add the experimental hub image trial'\n"
        "$ chartpress --push  # in a copy, for trial alone\n"
        "# trial has no valuesPath in helm-charts/chartpress.yaml:11, and no values file names it: no hub runs it "
        "until its name and tag are written there\n"
        "# once: make the repository quay.io/2i2c/pilot-trial in the registry, public, so that clusters can pull it\n"
        "jupyterhub:\n  hub:\n    image:\n      name: quay.io/2i2c/pilot-trial\n"
        '      tag: "TAG"'
    )
    assert hub.git("status", "--porcelain") == ""


def test_a_plan_that_an_earlier_run_wrote_or_committed_is_taken_up(hub: Deployment) -> None:
    first = plan(hub, "fancy==0.7.0", "new==1")
    hub.write("images/hub/trial-requirements.txt", REQUIREMENTS)
    assert plan(hub, "fancy==0.7.0", "new==1").edits == first.edits, "killed while it wrote"
    hub.write("chartpress.yaml", hub.read("chartpress.yaml") + TRIAL)
    assert plan(hub, "fancy==0.7.0", "new==1").edits == first.edits, "killed before its commit"
    hub.commit()
    assert plan(hub, "fancy==0.7.0", "new==1").edits == []


@pytest.mark.parametrize(
    ("name", "specs", "message"),
    [
        ("Trial", ["new==1"], "'Trial' is not a valid image name"),
        ("../x", ["new==1"], "is not a valid image name"),
        ("trial", ["git+https://github.com/a/b@main"], "'main' can change, and the image could not be built again"),
        ("trial", ["not one"], "'not one' is not a requirement"),
        ("trial", [], "an experiment needs something to try"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(
    hub: Deployment, name: str, specs: list[str], message: str
) -> None:
    with pytest.raises(BadInputError, match=message):
        plan_new_experiment(hub.path, name, specs, look_up=False)
    assert hub.git("status", "--porcelain") == ""


def test_another_image_of_the_name_and_other_requirements_are_refused(hub: Deployment) -> None:
    with pytest.raises(RefusedError, match=r"chartpress.yaml:7: there is an image hub already"):
        plan(hub, name="hub")
    hub.write("images/hub/trial-requirements.txt", "mine==1\n")
    hub.commit()
    with pytest.raises(RefusedError, match="exists already, with other requirements"):
        plan(hub)


def test_edits_that_chartpress_would_not_see_and_a_shallow_clone_are_refused(hub: Deployment, tmp_path: Path) -> None:
    hub.write("images/hub/extra.txt", "x")
    with pytest.raises(RefusedError, match=r"images/hub/extra\.txt: uncommitted changes"):
        plan(hub)
    hub.git("clone", "-q", "--depth=1", f"file://{hub.path}", str(tmp_path / "shallow"))
    with pytest.raises(RefusedError, match="shallow clone, in which chartpress makes wrong tags"):
        plan(Deployment(tmp_path / "shallow"))


def test_a_dockerfile_without_an_argument_for_requirements_is_told_how_to_get_one(hub: Deployment) -> None:
    hub.edit("chartpress.yaml", "        buildArgs:\n          REQUIREMENTS_FILE: requirements.txt\n", "")
    hub.commit()
    with pytest.raises(BadInputError, match="has no build argument for its requirements"):
        plan(hub)
    assert hub_experiments(hub.path).experiments == []


@pytest.mark.parametrize("values_path", ["", "        valuesPath: {}\n", "        valuesPath: jupyterhub.hub.image\n"])
def test_experiments_are_found_whatever_their_values_path(hub: Deployment, values_path: str) -> None:
    with_trial(hub)
    hub.write("chartpress.yaml", hub.read("chartpress.yaml") + values_path)
    found = hub_experiments(hub.path)
    assert [one.image.name for one in found.experiments] == ["trial"]
    assert found.main.name == "hub"


def test_experiments_are_listed_with_age_and_users(hub: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    with_trial(hub, weeks=3, monkeypatch=monkeypatch)
    use(hub)
    found = hub_experiments(hub.path)
    assert str(found) == "trial: quay.io/2i2c/pilot-trial, 3 weeks old, used by hubs/ucla.values.yaml:4"
    assert found.exit_code == 0
    read = json.loads(found.as_json())
    assert list(read) == ["version", "experiments", "findings", "not_checked"]
    assert read["experiments"][0]["uses"] == [{"file": "hubs/ucla.values.yaml", "line": 4}]
    assert read["experiments"][0]["days"] == 21


def test_an_experiment_older_than_four_weeks_is_a_finding(hub: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    with_trial(hub, weeks=5, monkeypatch=monkeypatch)
    done = subprocess.run(
        [sys.executable, "-m", "hubimages", "hub-experiments", f"--repo={hub.path}", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    (finding,) = json.loads(done.stdout)["findings"]
    assert (done.returncode, finding["code"], finding["file"]) == (1, "old-experiment", "helm-charts/chartpress.yaml")
    assert finding["message"] == "experiment trial is 5 weeks old; the limit is 4 weeks"


def test_the_entry_of_an_experiment_in_another_chartpress_file_is_no_use_of_it(hub: Deployment) -> None:
    with_trial(hub)
    named = "      trial:\n        imageName: quay.io/2i2c/pilot-trial\n"
    hub.write("cp.yaml", hub.read("chartpress.yaml").replace("      trial:\n", named))
    hub.commit("Keep another configuration")
    found = hub_experiments(hub.path, config="helm-charts/cp.yaml")
    assert [(one.image.name, list(one.uses)) for one in found.experiments] == [("trial", [])]


def test_an_end_is_refused_while_a_hub_uses_it(hub: Deployment) -> None:
    with_trial(hub)
    use(hub)
    (hub.path / "hubs/new.values.yaml").write_text("image: quay.io/2i2c/pilot-trial:1\n")  # not yet known to git
    with pytest.raises(RefusedError, match=r"hubs use trial: hubs/new.values.yaml:1, hubs/ucla.values.yaml:4. Remove"):
        plan_end_experiment(hub.path, "trial")


def test_an_end_takes_entry_and_file_away_and_nothing_else(hub: Deployment) -> None:
    before = hub.git("rev-parse", "HEAD^{tree}")
    with_trial(hub)
    (hub.path / "mine.txt").write_text("not committed")
    plan_end_experiment(hub.path, "trial").apply()
    assert hub.git("rev-parse", "HEAD^{tree}") == before
    assert hub.git("status", "--porcelain") == "?? mine.txt"
    again = plan_end_experiment(hub.path, "trial")
    assert (
        again.apply() == f"trial is not in this repository any more; {hub.git('rev-parse', '--short', 'HEAD')} ended it"
    )
    assert hub.git("log", "--format=%s", "HEAD~1..") == "End the experimental hub image trial"
    with pytest.raises(BadInputError, match="has no experiment 'tria' of hub"):
        plan_end_experiment(hub.path, "tria")


def test_an_end_that_was_killed_before_its_commit_is_finished_by_the_next(hub: Deployment) -> None:
    before = hub.git("rev-parse", "HEAD^{tree}")
    with_trial(hub)
    (hub.path / "helm-charts/images/hub/trial-requirements.txt").unlink()
    hub.edit("chartpress.yaml", TRIAL, "")
    plan_end_experiment(hub.path, "trial").apply()
    assert (hub.git("rev-parse", "HEAD^{tree}"), hub.git("status", "--porcelain")) == (before, "")


def test_a_roll_out_moves_what_was_tried_and_the_experiment_stays_while_it_is_used(hub: Deployment) -> None:
    with_trial(hub)
    use(hub)
    said = plan_end_experiment(hub.path, "trial", roll_out=True).apply()
    assert (
        hub.read("images/hub/requirements.txt") == "# Image lives at quay.io\n\nfancy==0.7.0\nquotas==0.1.4\nnew==1\n"
    )
    assert hub.git("log", "-1", "--format=%s", "--name-only").split("\n\n") == [
        "Roll out the experiment trial to hub",
        "helm-charts/images/hub/requirements.txt",
    ]
    assert said.splitlines() == [
        "next: run hubimages rebuild-hub-image --image hub, then deploy all hubs",
        "hubs still use trial: hubs/ucla.values.yaml:4",
        "when they run the new image: remove those lines, then run hubimages end-hub-experiment trial",
    ]
    hub.git("rm", "-q", "hubs/ucla.values.yaml")
    hub.commit()
    plan_end_experiment(hub.path, "trial", roll_out=True).apply()
    assert "trial" not in hub.read("chartpress.yaml")
    assert hub.git("log", "-1", "--format=%s") == "End the experimental hub image trial"


def test_a_roll_out_leaves_what_the_main_image_has_newer(hub: Deployment) -> None:
    with_trial(hub)
    hub.edit("images/hub/requirements.txt", "quotas==0.1.4", "quotas==0.2.0")
    hub.commit()
    plan_end_experiment(hub.path, "trial", roll_out=True).apply()
    assert hub.read("images/hub/requirements.txt").splitlines()[2:] == ["fancy==0.7.0", "quotas==0.2.0", "new==1"]


def test_a_roll_out_that_clashes_is_left_to_a_person(hub: Deployment) -> None:
    with_trial(hub)
    hub.edit("images/hub/requirements.txt", "fancy==0.6.0", "fancy==0.6.5")
    hub.commit()
    with pytest.raises(RefusedError, match="in what the experiment changed, too: fancy"):
        plan_end_experiment(hub.path, "trial", roll_out=True)


def test_a_name_in_other_text_is_no_use_and_one_in_two_parts_is(hub: Deployment) -> None:
    with_trial(hub)
    (hub.path / "a.yaml").write_text("title: how we made quay.io/2i2c/pilot-trial\n")
    (hub.path / "b.yaml").write_text("hub:\n  image: {registry: quay.io, repository: 2i2c/pilot-trial, tag: x}\n")
    (hub.path / "c.yaml").write_text("<<<<<<< HEAD\nhub: {image: 'quay.io/2i2c/pilot-trial:1'\n")  # cannot be read
    hub.commit()
    (found,) = hub_experiments(hub.path).experiments
    assert found.uses == [Use("b.yaml", 2), Use("c.yaml", 2)]


def test_an_end_says_why_a_repository_can_have_no_experiment(hub: Deployment) -> None:
    hub.edit("chartpress.yaml", "        buildArgs:\n          REQUIREMENTS_FILE: requirements.txt\n", "")
    hub.commit()
    with pytest.raises(BadInputError, match="has no build argument for its requirements"):
        plan_end_experiment(hub.path, "trial")


def test_comments_and_longer_names_are_no_use_of_an_image(hub: Deployment) -> None:
    with_trial(hub)
    (hub.path / "a.yaml").write_text("x: quay.io/2i2c/pilot-trial-two:1\ny: 1  # quay.io/2i2c/pilot-trial:1\n")
    (hub.path / "b.yaml").write_text("image: 'quay.io/2i2c/pilot-trial:1'\n")
    hub.commit()
    (found,) = hub_experiments(hub.path).experiments
    assert found.uses == [Use("b.yaml", 1)]
