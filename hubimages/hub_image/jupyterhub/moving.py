"""What would no longer go together: after a change of tags, or with another version of the chart."""

import posixpath
from collections.abc import Collection
from typing import TYPE_CHECKING

from hubimages.errors import HubImagesError
from hubimages.findings import ERROR
from hubimages.hub_image.hubs import some, tracked_files
from hubimages.hub_image.jupyterhub.charts import jupyterhub_of_chart
from hubimages.hub_image.jupyterhub.check import Checked, Pair, check, jupyterhub_in, not_known, of_users, pairs
from hubimages.hub_image.jupyterhub.hubs import JupyterHubs, RunsJupyterHub, Versions, charts_of_hubs, jupyterhubs
from hubimages.hub_image.jupyterhub.lookup import Asker, Known, look_up
from hubimages.hub_image.jupyterhub.rule import Verdict, verdict
from hubimages.references import Inventory
from hubimages.repository.git import Repo

if TYPE_CHECKING:
    from hubimages.references import TagPlan

VERSIONED = ("Chart.yaml", "requirements.yaml", "helmfile.yaml", "helmfile.yml", "helmfile.yaml.gotmpl")


def check_plan(plan: "TagPlan", asker: Asker) -> Checked:
    """Return what does not go together once a change of tags is made, among what it changes.

    Left out are repositories that have no file for a version of the chart.
    """
    after = of_users(change.targets[each].of(each) for change in plan.changes for each in change.changed)
    if not after or not any(posixpath.basename(file) in VERSIONED for file in tracked_files(plan.repo)):
        return Checked()
    return check(plan.repo, plan.inventory, after, asker, whole=False)


def locked_out(
    repo: Repo, inventory: Inventory, places: Collection[str], version: str, address: str, asker: Asker
) -> list[str]:
    """Return a line for each image that does not go with another version of the chart, and for what is not known.

    `inventory` is that of the repository, and `places` are the files that get the version. An image that does not go
    with the present version either is left out, unless it gets worse. Raises RefusedError if somebody is asked and does
    not agree.
    """
    folders = {posixpath.dirname(place) for place in places}
    charts = charts_of_hubs(repo, inventory)
    hubs = {hub for hub, chart in charts.items() if chart.folder in folders}
    references = [each for each in of_users(inventory.references) if hubs & set(each.hubs)]
    if not references:
        return []
    try:
        new = jupyterhub_of_chart(version, address, online=asker.online)
        why = "it is newer than this hubimages, and not on this machine"
    except HubImagesError as error:
        new, why = "", str(error)
    if not new:
        return [f"not checked: which images the chart {version} locks out. Its JupyterHub is not known: {why}"]
    known = look_up(asker, sorted({each.image for each in references if each.image}, key=str))
    before = jupyterhubs(repo, inventory, Versions(charts, {}, {}), online=asker.online)
    after = JupyterHubs(dict.fromkeys(hubs, RunsJupyterHub(new, f"the chart {version}")), {})
    lines = [line for pair in pairs(references, after) if (line := _line(pair, known, before))]
    return [*lines, *(f"not checked: {line}" for line in not_known(references, after, known))]


def _line(pair: Pair, known: Known, before: JupyterHubs) -> str:
    """Return what to say about an image and the hubs for which it gets worse; empty if there are none."""
    inside = jupyterhub_in(known.facts, pair.image)
    wrong = verdict(pair.runs.version, inside) if inside else None
    if wrong is None:
        return ""
    hubs = [hub for hub in pair.hubs if _is_worse(wrong, before.of.get(hub), inside)]
    if not hubs:
        return ""
    what = "locks out" if wrong.grade == ERROR else "may not go with"
    place = f"{pair.reference.file}:{pair.reference.line}"
    return (
        f"JupyterHub {pair.runs.version} of {pair.runs.because} {what} {pair.image} ({place}), which has {inside}, on "
        f"{some(hubs)}: {wrong}"
    )


def _is_worse(wrong: Verdict, runs: RunsJupyterHub | None, inside: str) -> bool:
    now = verdict(runs.version, inside) if runs else None
    return now is None or (wrong.grade == ERROR and now.grade != ERROR)
