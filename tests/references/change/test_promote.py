"""Production gets what its staging hub has run long enough, place by place, and nothing else."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hubimages.errors import BadInputError
from hubimages.references import plan_promotion
from hubimages.references.change.pairs import by_name
from hubimages.references.change.plan import TagPlan
from hubimages.repository.delivery import Delivery
from tests.engine.registry import Registry
from tests.references.pointing import changed_lines, git, hubimages, make_deployment, write
from tests.registry.images import Publisher

FOLDER = "config/clusters/uni"
CLUSTER = f"{FOLDER}/cluster.yaml"
STAGING, PROD, OWN = (f"{FOLDER}/{name}.values.yaml" for name in ("staging", "prod", "own"))
FILES = {
    CLUSTER: """\
name: uni
hubs:
  - name: staging
    helm_chart_values_files: [common.values.yaml, staging.values.yaml]
  - name: prod
    helm_chart_values_files: [common.values.yaml, prod.values.yaml]
  - name: bio
    helm_chart_values_files: [own.values.yaml]
""",
    f"{FOLDER}/common.values.yaml": "jupyterhub: {singleuser: {extraEnv: {A: quay.io/a/none:v1}}}\n",
}
VALUES = """\
jupyterhub:
  singleuser:
    image: {{name: quay.io/group/base, tag: "{base}"}}
    profileList:
      - display_name: Small
        slug: small
        kubespawner_override: {{image: "quay.io/group/small:{small}"}}
      - display_name: Choose
        slug: choose
        profile_options:
          image:
            choices:
              r: {{display_name: R, kubespawner_override: {{image: "quay.io/group/r:{r}"}}}}
"""
V1 = {"base": "1.0", "small": "1.0", "r": "1.0"}
V2 = {"base": "2.0", "small": "1.0", "r": "2.0"}
START = datetime(2026, 1, 1, tzinfo=UTC)


def commit(root: Path, day: int, files: dict[str, str]) -> None:
    """Commit the files as of a day of January."""
    write(root, files)
    when = (START + timedelta(days=day - 1)).isoformat()
    env = {**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    subprocess.run(["git", "-C", str(root), "commit", "-qam", f"day {day}"], check=True, env=env)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Staging and production at the same tags since the first day; staging at newer ones since the tenth."""
    old = VALUES.format(**V1)
    root = make_deployment(tmp_path / "deployment", {**FILES, STAGING: old, PROD: old, OWN: old})
    when = START.isoformat()
    env = {**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    subprocess.run(
        ["git", "-C", str(root), "commit", "-q", "--amend", "--no-edit", f"--date={when}"], check=True, env=env
    )
    commit(root, 10, {STAGING: VALUES.format(**V2)})
    return root


def plan(root: Path, day: int, after: int = 0, staging: str | None = None, *production: str) -> TagPlan:
    now = START + timedelta(days=day - 1)
    return plan_promotion(root, staging, production, Delivery(), after=timedelta(days=after), registries=None, now=now)


def moved(made: TagPlan) -> list[tuple[str, int, str]]:
    return [(each.file, each.line, str(target)) for one in made.changes for each, target in one.targets.items()]


def test_production_gets_what_staging_runs_place_by_place(root: Path) -> None:
    made = plan(root, 17)
    assert moved(made) == [(PROD, 3, "2.0"), (PROD, 13, "2.0")]
    assert made.because == "\n".join(
        f"uni/staging has run quay.io/group/{name}:2.0 for 7 days, since 2026-01-10." for name in ("base", "r")
    )
    made.apply()
    assert changed_lines(root) == [
        f'{PROD} -    image: {{name: quay.io/group/base, tag: "1.0"}}',
        f'{PROD} +    image: {{name: quay.io/group/base, tag: "2.0"}}',
        f'{PROD} -              r: {{display_name: R, kubespawner_override: {{image: "quay.io/group/r:1.0"}}}}',
        f'{PROD} +              r: {{display_name: R, kubespawner_override: {{image: "quay.io/group/r:2.0"}}}}',
    ]


@pytest.mark.parametrize(("day", "due"), [(10, False), (16, False), (17, True), (30, True)])
def test_what_has_not_run_long_enough_waits(root: Path, day: int, due: bool) -> None:
    made = plan(root, day, 7)
    assert bool(made.changes) is due
    if not due:
        first = made.kept[0]
        assert "less than 7 days" in first.reason
        assert (first.reference.file, first.newer) == (PROD, "2.0")


def test_a_clock_that_is_behind_the_commits_holds_nothing_back(root: Path) -> None:
    assert plan(root, 1).changes
    assert not plan(root, 1, 7).changes


def test_each_change_of_staging_starts_its_own_time(root: Path) -> None:
    commit(root, 14, {STAGING: VALUES.format(**{**V2, "small": "3.0"})})
    made = plan(root, 18, 7)
    assert moved(made) == [(PROD, 3, "2.0"), (PROD, 13, "2.0")]
    assert [(each.reference.line, each.newer) for each in made.kept] == [(7, "3.0")]


def test_a_merge_counts_when_it_lands(root: Path) -> None:
    git(root, "checkout", "-q", "-b", "topic", "main~1")
    commit(root, 2, {STAGING: VALUES.format(**{**V1, "small": "5.0"})})
    git(root, "checkout", "-q", "main")
    when = (START + timedelta(days=19)).isoformat()
    env = {**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    subprocess.run(["git", "-C", str(root), "merge", "-q", "--no-ff", "-m", "Merge", "topic"], check=True, env=env)
    made = plan(root, 22, 7)
    (waits,) = made.kept
    assert (waits.newer, waits.reason) == (
        "5.0", "uni/staging has run 5.0 for 2 days, since 2026-01-20, less than 7 days",
    )  # fmt: skip


def test_production_that_was_changed_later_is_not_turned_back(root: Path) -> None:
    commit(root, 12, {PROD: VALUES.format(**{**V1, "base": "3.0"})})
    made = plan(root, 30)
    assert moved(made) == [(PROD, 13, "2.0")]
    assert [each.reason for each in made.kept] == [
        "it got its tag on 2026-01-12, after uni/staging got 2.0 on 2026-01-10"
    ]


def test_what_is_not_committed_has_not_run(root: Path) -> None:
    write(root, {STAGING: VALUES.format(**{**V2, "small": "9.0"})})
    made = plan(root, 30)
    assert [(each.newer, each.reason.partition(",")[0]) for each in made.kept] == [
        ("9.0", "uni/staging has 9.0 in the work tree")
    ]


def test_another_image_is_not_taken_over_and_its_command_is_named(root: Path) -> None:
    commit(root, 11, {STAGING: VALUES.format(**V2).replace("group/small:1.0", "group/large:1.0")})
    (kept,) = plan(root, 30).kept
    assert kept.reason == "uni/staging runs another image there, quay.io/group/large:1.0"
    command = f"point-hubs quay.io/group/large:1.0 --instead-of=quay.io/group/small --file={PROD}"
    assert command in kept.remedy
    done = hubimages(root, *command.split(), "--unchecked")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("comment", "lines"),
    [
        ("# hubimages: keep until 2026-02-01: exams", [13]),
        ("# hubimages: follow staging after 3d", [3, 13]),
        ("# hubimages: follow uni/staging after 30d", [13]),
        ("# hubimages: follow bio", [13]),
    ],
)
def test_a_comment_beside_the_tag_decides(root: Path, comment: str, lines: list[int]) -> None:
    text = VALUES.format(**V1).replace('tag: "1.0"}', f'tag: "1.0"}}  {comment}', 1)
    write(root, {PROD: text})
    git(root, "commit", "-qam", "comment", "--date=2026-01-02T00:00:00Z")
    made = plan(root, 17, 5)
    assert [line for _, line, _ in moved(made)] == lines


def test_a_comment_above_a_hub_gives_it_a_hub_to_follow(root: Path) -> None:
    text = FILES[CLUSTER].replace("  - name: bio", "  # hubimages: follow prod after 2d\n  - name: bio")
    write(root, {CLUSTER: text, PROD: VALUES.format(**{**V1, "small": "4.0"})})
    commit(root, 20, {})
    assert moved(plan(root, 21, 0, None, "uni/bio")) == []
    assert moved(plan(root, 22, 0, None, "uni/bio")) == [(OWN, 7, "4.0")]


def test_names_tell_which_hubs_belong_together() -> None:
    hubs = ["leap/staging", "leap/prod", "r-staging", "r-prod", "r", "bio.stg", "bio", "u/staging", "u/demo", "stage"]
    assert by_name(hubs) == {"leap/staging": "leap/prod", "r-staging": "r-prod", "bio.stg": "bio"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--from=uni/stagin"], "uni/stagin: no such hub. Did you mean uni/staging?"),
        (["--to=prod"], "prod: no such hub. Did you mean uni/prod?"),
        (["--from=dev"], "dev: no such hub. The hubs are uni/bio, uni/prod, uni/staging"),
        (["--from=uni/prod", "--to=uni/prod"], "uni/prod is in --from and in --to. Name two hubs"),
        (["--to=uni/bio"], "uni/bio has no counterpart by name (staging and prod). Name both with --from and --to"),
        (["--after=soon"], "`soon` is no length of time"),
    ],
)
def test_bad_input_is_one_line(root: Path, options: list[str], says: str) -> None:
    done = hubimages(root, "promote-images", "--dry-run", *options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert says in done.stderr


def test_a_follow_of_no_hub_is_refused_with_its_place(root: Path) -> None:
    text = FILES[CLUSTER].replace("  - name: bio", "  # hubimages: follow prodd\n  - name: bio")
    write(root, {CLUSTER: text})
    with pytest.raises(BadInputError, match=rf"{CLUSTER}:7: `follow prodd`: no such hub"):
        plan(root, 30)


def test_the_command_asks_the_registry_and_a_second_run_has_nothing_to_do(root: Path, open_registry: Registry) -> None:
    host = open_registry.address
    for name in (STAGING, PROD, OWN):
        (root / name).write_text((root / name).read_text().replace("quay.io/group", f"{host}/promoted"))
    git(root, "commit", "-qam", "host", "--date=2026-01-11T00:00:00Z")
    refused = hubimages(root, "promote-images", "--yes")
    assert (refused.returncode, changed_lines(root)) == (2, [])
    assert f"{host} has no {host}/promoted/base:2.0" in refused.stderr
    for name in ("base", "r"):
        Publisher(open_registry, f"promoted/{name}").image({}, "2.0")
    done = hubimages(root, "promote-images", "--json", "--yes", "--commit")
    assert done.returncode == 0, done.stderr
    assert [(each["file"], each["line"]) for each in json.loads(done.stdout)["changes"]] == [(PROD, 3), (PROD, 13)]
    assert "uni/staging has run" in git(root, "log", "-1", "--format=%b")
    again = hubimages(root, "promote-images", "--yes")
    assert (again.returncode, again.stdout) == (0, "nothing to do: production runs what staging runs\n")


def test_a_place_that_two_productions_share_is_asked_about_and_named(root: Path) -> None:
    shared = FILES[CLUSTER].replace("[own.values.yaml]", "[prod.values.yaml]")
    write(root, {CLUSTER: shared})
    git(root, "commit", "-qam", "share")
    made = plan(root, 30, 0, "uni/staging", "uni/prod")
    assert any("other hubs share these places and change, too: uni/bio" in note for note in made.notes)
