"""The tasks of imagebuilding hubs."""

import os
from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.errors import BadInputError
from hubimages.task import operator_errors

CHARTS_FOLDER = "HUBIMAGES_CHARTS"


@task(
    iterable=["values"],
    auto_shortflags=False,
    help={
        "cluster": "the hub's cluster: a folder of config/clusters",
        "hub": "the hub, as its cluster's cluster.yaml names it",
        "all_": "check every hub of the repository on which users build images",
        "values": "a plain values file of Zero to JupyterHub, or of binderhub-service, in place of a repository; "
        "can be repeated",
        "repo": "the deployment repository",
        "charts": f"folder with charts (NAME/ or NAME-VERSION.tgz) to look in first; or ${CHARTS_FOLDER}",
        "offline": "ask no chart repository; only the charts in the folder and those fetched before are used",
        "json": "print one JSON object",
    },
)
@operator_errors
def check_imagebuilding_hub(
    c: Context,
    *,
    cluster: str | None = None,
    hub: str | None = None,
    all_: bool = False,
    values: list[str] | None = None,
    repo: str = ".",
    charts: str | None = None,
    offline: bool = False,
    json: bool = False,
) -> None:
    """Check hubs on which users build images, before they are deployed.

    Values are merged as Helm does it, rendered with the hub's charts and given to Kubernetes' schemas; every choice of
    the form goes through KubeSpawner; and what must agree between hub, BinderHub and registry is compared. Each
    finding has its file and line, why it matters and how to mend it. Exits with 1 where there is one.
    """
    from hubimages.imagebuilding import check, report
    from hubimages.imagebuilding.charts import ChartSources
    from hubimages.imagebuilding.hubs import find_hub, plain_hub

    root = Path(repo).resolve()
    if sum((bool(cluster or hub), all_, bool(values))) != 1 or bool(cluster) != bool(hub):
        raise BadInputError("say what to check: --cluster=NAME --hub=NAME, or --all, or --values=FILE")
    if values:
        hubs = [plain_hub([Path(file) for file in values])]
    else:
        hubs = [find_hub(root, cluster, hub)] if cluster and hub else list(check.building_hubs(root))
    folder = charts or os.environ.get(CHARTS_FOLDER)
    if folder and not Path(folder).is_dir():
        raise BadInputError(f"no folder of charts {folder}")
    made = check.check(hubs, ChartSources(Path(folder).resolve() if folder else None, offline=offline))
    console.result(report.as_json(made) if json else report.as_text(made))
    if made.findings:
        raise Exit(code=1)
