"""Names in a deployment repository that mean harm: pages, terminals and pull requests show them and do nothing else."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.command import hubimages
from tests.fleet.hosting import Hosting, answering, git
from tests.hostile.texts import PINGS, TEXTS, body_problems, page_problems, terminal_problems

IMAGE = "quay.io/group/image"


def deployment(root: Path, names: Sequence[str]) -> Path:
    """Make a repository of one cluster whose hubs, files, tags, authors and messages have these names."""
    cluster = root / "config/clusters/uni"
    cluster.mkdir(parents=True)
    hubs = []
    for number, name in enumerate(names):
        file = f"{name.replace(chr(10), ' ')[:60].replace('/', '∕')}.{number}.values.yaml"
        image = {"name": IMAGE, "tag": "1.0.0"}
        values = {
            "singleuser": {
                "image": image,
                "profileList": [
                    {"display_name": name, "slug": name, "kubespawner_override": {"image": f"{IMAGE}:1.0.0"}}
                ],
            }
        }
        (cluster / file).write_text(json.dumps(values, indent=1))
        hubs.append({"name": name, "display_name": name, "domain": name, "helm_chart_values_files": [file]})
    (cluster / "cluster.yaml").write_text(json.dumps({"name": names[0], "hubs": hubs}, indent=1))
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "--all")
    git(
        root,
        "commit",
        "-q",
        f"--author={names[1].replace('<', '').replace('>', '').strip()} <a@example.org>",
        "-m",
        names[2],
    )
    return root


@pytest.fixture
def hosted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosting]:
    hosting = Hosting(tmp_path / "served")
    git(tmp_path, "config", "--global", f"url.{hosting.served}/.insteadOf", "https://github.com/")
    with answering(hosting) as address:
        monkeypatch.setenv("GITHUB_API_URL", address)
        monkeypatch.setenv("GH_TOKEN", "ghp_of-this-test")
        yield hosting


def harmless(count: int) -> list[str]:
    return [f"evil-{number}" for number in range(count)]


@pytest.mark.parametrize("task", ["check-images", pytest.param("images", marks=pytest.mark.deep)])
def test_the_page_of_a_repository_has_no_content_of_theirs_that_acts(task: str, tmp_path: Path) -> None:
    pages = []
    for kind, names in (("hostile", TEXTS), ("harmless", harmless(len(TEXTS)))):
        root = deployment(tmp_path / kind, names)
        done = hubimages(task, f"--repo={root}", "--offline", f"--html={kind}.html", cwd=tmp_path)
        assert "Traceback" not in done.stderr
        assert terminal_problems(done.stdout, done.stderr) == []
        pages.append((tmp_path / f"{kind}.html").read_text())
    assert page_problems(*pages) == []


def test_a_pull_request_mentions_nobody_and_shows_names_as_code(hosted: Hosting, tmp_path: Path) -> None:
    root = deployment(tmp_path / "d", TEXTS)
    bare = hosted.bare("org/deployment")
    bare.parent.mkdir(parents=True)
    git(tmp_path, "clone", "-q", "--bare", str(root), str(bare))
    git(root, "remote", "add", "origin", "https://github.com/org/deployment.git")
    words = ("point-hubs", f"{IMAGE}:2.0.0", "--all", f"--repo={root}", "--unchecked", "--open-pr", "--yes")
    done = hubimages(*words, cwd=tmp_path, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    assert terminal_problems(done.stdout, done.stderr) == []
    (pull,) = hosted.pulls["org/deployment"]
    assert body_problems(pull["body"]) == []
    assert body_problems(pull["title"]) == []
    assert "evil" in pull["body"]
    message = git(bare, "log", "-1", "--format=%B", pull["head"]["ref"])
    assert terminal_problems(message) == []
    assert PINGS.findall(re.sub(r"`[^`]*`", "", message)) == []
    assert message.splitlines()[0] == f"Use {IMAGE}:2.0.0"
    assert len(message.splitlines()) == 3
