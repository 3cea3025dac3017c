"""Pull requests say what is different inside the images: a real registry, and a server that answers as GitHub."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from hubimages.contents import attach_contents, read_images
from tests.command import hubimages
from tests.contents.published import archive, dist, files, push
from tests.engine.registry import Registry
from tests.github import GitHub, answering
from tests.references.pointing import git, make_deployment
from tests.registry.conftest import open_registry
from tests.registry.images import Publisher

__all__ = ["open_registry"]

OLD, NEW = "2026.01.30", "2026.06.04"
CLUSTER = """\
name: uni
hubs:
  - {name: staging, helm_chart_values_files: [staging.values.yaml]}
  - {name: prod, helm_chart_values_files: [prod.values.yaml]}
"""
VERSIONS = {"Python": "3.13.1", "JupyterHub": "5.2.1", "R": "4.5.1"}
SITE = "opt/conda/lib/python3.13/site-packages"


def values(image: str, tag: str) -> str:
    return f"jupyterhub:\n  singleuser:\n    image: {{name: {image}, tag: {tag}}}\n"


@pytest.fixture
def image(open_registry: Registry, request: pytest.FixtureRequest) -> str:
    """The name of an image with two tags: of the second one package of each kind is another."""
    name = "inside/" + re.sub(r"\W+", "-", request.node.name.lower()).strip("-")[:80]
    publisher = Publisher(open_registry, name)
    push(publisher, [archive(files())], OLD)
    push(publisher, [archive(files(numpy="3.0.0", pyfiglet="1.0.4", git="1:2.47.3-0+deb13u1", dplyr="1.1.3"))], NEW)
    return f"{open_registry.address}/{name}"


class Deployment:
    """A clone of a deployment repository at an address of GitHub, and what GitHub got."""

    def __init__(self, tmp_path: Path, image: str, tags: tuple[str, str]) -> None:
        staging, prod = tags
        folder = "config/clusters/uni"
        own = {
            f"{folder}/cluster.yaml": CLUSTER,
            f"{folder}/staging.values.yaml": values(image, staging),
            f"{folder}/prod.values.yaml": values(image, prod),
        }
        first = make_deployment(tmp_path / "first", own)
        (tmp_path / "served/org").mkdir(parents=True)
        git(first, "clone", "-q", "--bare", str(first), str(tmp_path / "served/org/deployment.git"))
        git(first, "config", "--global", f"url.{tmp_path / 'served'}/.insteadOf", "https://github.com/")
        self.root, self.github, self.folder = tmp_path / "clone", GitHub(), folder
        git(first, "clone", "-q", "https://github.com/org/deployment.git", str(self.root))

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        with answering(self.github) as address:
            env = {**os.environ, "GH_TOKEN": "ghs_of-this-test", "GITHUB_API_URL": address}
            return hubimages(*words, cwd=self.root, env=env)

    def body(self, *words: str) -> str:
        """Return the text of the pull request that a command opens."""
        done = self.run(*words, "--open-pr", "--yes")
        assert done.returncode == 0, done.stderr
        (opened,) = self.github.opened
        text: str = opened["body"]
        return text


MINOR = [
    "~ R dplyr 1.1.4 -> 1.1.3 (downgrade)",
    "~ deb git 1:2.39.5-0+deb12u2 -> 1:2.47.3-0+deb13u1",
    "~ pip pyfiglet 1.0.3 -> 1.0.4",
]


def section(body: str) -> str:
    return body.partition("### What is different inside\n\n")[2]


def expected(image: str, old: str = OLD, new: str = NEW) -> str:
    facts = read_images([f"{image}:{old}", f"{image}:{new}"], say=lambda line: None, agree=lambda question: False)
    before, after = (f"{each.size} bytes" for each in facts)
    pulled = f"a node with the first image pulls {after}: 1 of 1 layer"
    return f"""\
**`{image}` `{old}` → `{new}`**

{"; ".join(f"{name} `{number}`" for name, number in VERSIONS.items())}; {before} → {after}, {pulled}.

Another major version: 1

```
~ conda numpy 2.3.0 -> 3.0.0 (major)
```

<details><summary>3 more packages: 3 changed (1 downgrade)</summary>

```
{chr(10).join(MINOR)}
```

</details>"""


def test_point_hubs_tells_majors_first_then_the_rest_folded(tmp_path: Path, image: str) -> None:
    here = Deployment(tmp_path, image, (OLD, OLD))
    body = here.body("point-hubs", f"{image}:{NEW}", "--all", "--because=Asked for in an issue.")
    places, reason, inside = body.split("\n\n", 2)
    assert places.splitlines()[1] == f"{image}:{NEW}: 2 places in 2 files, 2 hubs"
    assert reason == "Asked for in an issue."
    assert inside == f"### What is different inside\n\n{expected(image)}"


@pytest.mark.deep
def test_bump_images_tells_it(tmp_path: Path, image: str) -> None:
    body = Deployment(tmp_path, image, (OLD, OLD)).body("bump-images")
    assert section(body) == expected(image)


def test_promote_images_tells_it_and_roll_back_turns_it_round(tmp_path: Path, image: str) -> None:
    here = Deployment(tmp_path, image, (NEW, OLD))
    assert section(here.body("promote-images")) == expected(image)
    git(here.root, "switch", "-q", "main")
    here.run("point-hubs", f"{image}:{NEW}", "--hub=uni/prod", "--commit", "--unchecked")
    here.github.opened.clear()
    back = section(here.body("roll-back-image", "--hub=uni/prod"))
    assert "~ conda numpy 3.0.0 -> 2.3.0 (major, downgrade)" in back
    assert "3 changed (2 downgrades)" in back


def test_what_an_sbom_says_is_compared_without_reading_a_layer(
    tmp_path: Path, image: str, open_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "of attach-contents"))
    for tag in (OLD, NEW):
        attach_contents(f"{image}:{tag}", say=lambda line: None, agree=lambda question: True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    begun = len(open_registry.log.read_text())
    done = Deployment(tmp_path, image, (OLD, OLD)).run("point-hubs", f"{image}:{NEW}", "--all", "--open-pr")
    assert done.returncode == 0, done.stderr
    assert "no SBOM" not in done.stderr
    layers = {each["digest"] for each in json.loads(manifest(image, OLD, open_registry))["layers"]}
    asked = open_registry.log.read_text()[begun:]
    assert not [each for each in layers if f"GET /v2/{image.partition('/')[2]}/blobs/{each}" in asked]


def manifest(image: str, tag: str, registry: Registry) -> str:
    publisher = Publisher(registry, image.partition("/")[2])
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    return publisher.http.request("GET", f"{publisher.address}/manifests/{tag}", headers=accept).data.decode()


def test_an_image_that_cannot_be_read_is_a_line_and_the_pull_request_is_opened(tmp_path: Path, image: str) -> None:
    body = Deployment(tmp_path, image, ("gone", "gone")).body("point-hubs", f"{image}:{NEW}", "--all")
    host = image.partition("/")[0]
    assert section(body) == (
        f"**`{image}:gone → {image}:{NEW}`**".replace(" → ", "` → `")
        + f"\n\nNot compared. `{image}:gone: {host} has no {image}:gone. To compare them: hubimages compare-images "
        f"{image}:gone {image}:{NEW}`"
    )


@pytest.mark.deep
def test_an_image_from_500_mb_on_is_not_read_unasked(tmp_path: Path, open_registry: Registry) -> None:
    name = "inside/large"
    publisher = Publisher(open_registry, name)
    small = archive(files())
    push(publisher, [small], OLD)
    whole = json.loads(manifest(f"x/{name}", OLD, open_registry))
    whole["layers"][0]["size"] = 600_000_000  # what a manifest says is asked about, before any byte comes
    whole["layers"][0]["digest"] = publisher.blob(b"not read")
    try:
        publisher.manifest(whole, NEW)
    except AssertionError:
        pytest.skip("this registry compares sizes")
    image = f"{open_registry.address}/{name}"
    body = Deployment(tmp_path, image, (OLD, OLD)).body("point-hubs", f"{image}:{NEW}", "--all")
    assert f"Not compared. `{image}:{NEW}: no SBOM, and 600.0 MB in 1 layer to read without one." in body


@pytest.mark.deep
def test_unchecked_asks_no_registry_and_says_nothing(tmp_path: Path, image: str) -> None:
    here = Deployment(tmp_path, image, (OLD, OLD))
    assert "What is different" not in here.body("point-hubs", f"{image}:{NEW}", "--all", "--unchecked")
    done = here.run("point-hubs", f"{image}:{NEW}", "--compare", "--unchecked")
    assert (done.returncode, done.stderr) == (
        2,
        "error: --compare contradicts --unchecked, which asks no registry. Remove one\n",
    )


def test_a_dry_run_compares_with_compare_only(tmp_path: Path, image: str) -> None:
    here = Deployment(tmp_path, image, (NEW, OLD))
    assert "numpy" not in here.run("promote-images", "--dry-run").stdout
    shown = here.run("promote-images", "--dry-run", "--compare").stdout
    assert "\n  ~ conda numpy 2.3.0 -> 3.0.0 (major)\n  ~ R dplyr 1.1.4 -> 1.1.3 (downgrade)\n" in shown
    told = json.loads(here.run("promote-images", "--dry-run", "--compare", "--json").stdout)
    (one,) = told["inside"]
    assert (one["from"], one["to"]) == (f"{image}:{OLD}", f"{image}:{NEW}")
    assert [each["name"] for each in one["changed"]] == ["numpy", "dplyr", "git", "pyfiglet"]
    assert git(here.root, "status", "--porcelain") == ""


def test_a_body_has_60000_characters_at_most_and_says_what_is_left_out(tmp_path: Path, open_registry: Registry) -> None:
    image = f"{open_registry.address}/inside/many"
    publisher = Publisher(open_registry, "inside/many")
    for tag, version in ((OLD, "1.0"), (NEW, "1.1")):
        many = {
            f"{SITE}/package_{number}-{version}.dist-info/METADATA": dist(f"package-{number}", version)
            for number in range(3000)
        }
        push(publisher, [archive(many)], tag)
    body = Deployment(tmp_path, image, (OLD, OLD)).body("point-hubs", f"{image}:{NEW}", "--all")
    listed = re.findall(r"^~ pip package-\d+ 1\.0 -> 1\.1$", body, re.MULTILINE)
    left = re.search(
        r"(\d+) more lines not shown\. All of them: `hubimages compare-images \S+ \S+`\n\n</details>", body
    )
    assert left is not None
    assert 55_000 < len(body) <= 60_000
    assert len(listed) + int(left[1]) == 3000
    assert len(listed) == body.count("\n~ ")  # none is cut in the middle


def test_names_in_an_image_stay_code(tmp_path: Path, open_registry: Registry) -> None:
    image = f"{open_registry.address}/inside/evil"
    publisher = Publisher(open_registry, "inside/evil")
    push(publisher, [archive(files())], OLD)
    evil = {f"{SITE}/evil-1.dist-info/METADATA": dist("evil ```` </details> @org", "1\n ```` <b>")}
    push(publisher, [archive({**files(), **evil})], NEW, config={"Env": ["SECRET=not-for-a-pull-request"]})
    body = Deployment(tmp_path, image, (OLD, OLD)).body("point-hubs", f"{image}:{NEW}", "--all")
    assert "`````\n+ pip evil ```` </details> @org 1 ```` <b>\n`````" in body
    assert "environment variables that differ: `LANG`, `PATH`, `SECRET`;" in body
    assert "not-for-a-pull-request" not in body
