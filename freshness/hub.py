"""The JupyterHub of the current Zero to JupyterHub chart."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from freshness.findings import Behind, Edit, Unknown, read
from freshness.sources import Sources, get, why
from hubimages.errors import HubImagesError

WHAT = "jupyterhub_version"
RELEASE = re.compile(r"(\d+)\.(\d+)\.(\d+)")  # no -beta, no development version
QUESTIONS = "cookiecutter.json"


def check(root: Path, sources: Sources) -> Iterator[Behind | Unknown | None]:
    """Compare the default with the newest release of the chart, and the choice's label with the chart's version."""
    address = f"{sources.charts}/index.yaml"
    try:
        chart, hub = newest(get(address).text)
    except HubImagesError as error:
        yield Unknown(WHAT, why(error))
        return
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        yield Unknown(WHAT, f"{address} is no index of charts with jupyterhub ({type(error).__name__})")
        return
    yield compare(read(root, QUESTIONS), chart, hub, address)


def newest(index: str) -> tuple[str, str]:
    """Return the newest release of the chart and its JupyterHub. Raises ValueError if there is none."""
    entries = yaml.load(index, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["entries"]["jupyterhub"]
    releases = [
        (tuple(map(int, found.groups())), entry["version"], entry["appVersion"])
        for entry in entries
        if (found := RELEASE.fullmatch(entry["version"])) and RELEASE.fullmatch(str(entry["appVersion"]))
    ]
    _, chart, hub = max(releases)
    return chart, hub


def compare(text: str, chart: str, hub: str, source: str) -> Behind | None:
    """Return what is behind in the questions' text."""
    questions = json.loads(text)
    choices: list[str] = questions[WHAT]
    major = hub.partition(".")[0]
    label = f"{major} (Zero to JupyterHub chart {chart.partition('.')[0]})"
    edits, owners, present = [], "", choices[0]
    if choices[0] != major:
        order = [major, *(each for each in choices if each != major)]
        edits.append(_edit(f'"{WHAT}": {json.dumps(choices)}', f'"{WHAT}": {json.dumps(order)}'))
        owners = (
            f"The default of `{WHAT}` is {major}, as in Zero to JupyterHub {chart}. Yours stays; when your hub has it: "
            f"`--set {WHAT}={major}`."
        )
    labels = questions["__prompts__"][WHAT]
    if labels.get(major) != label:
        present = labels.get(major, present) if choices[0] == major else present
        edits.append(_label(labels, major, label))
    if not edits:
        return None
    return Behind(WHAT, present, f"{hub}, chart {chart}", source, tuple(edits), owners)


def _label(labels: dict[str, str], major: str, label: str) -> Edit:
    new = f"{json.dumps(major)}: {json.dumps(label)}"
    if major in labels:
        return _edit(f"{json.dumps(major)}: {json.dumps(labels[major])}", new)
    prompt = f'"__prompt__": {json.dumps(labels["__prompt__"])}'
    return _edit(prompt, f"{prompt},\n      {new}")


def _edit(before: str, after: str) -> Edit:
    return Edit(QUESTIONS, before, after)
