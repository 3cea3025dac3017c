"""The tasks of imagebuilding hubs: make one, check one, try its form."""

import os
from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError

CHARTS_FOLDER = "HUBIMAGES_CHARTS"
HUB_HELP = {
    "repo": "a clone of the deployment repository, or any directory in it",
    "cluster": "name of the cluster: the folder in config/clusters",
    "hub": "name of the hub",
}


def port_number(text: str) -> int:
    """The number of a port. Raises BadInputError."""
    if not text.isdecimal():
        raise BadInputError(f"--port={text}: a port is a number from 1 to 65535")
    return int(text)


def chart_versions(given: list[str], *, plain: bool) -> dict[str, str]:
    """The version of each chart. Raises BadInputError."""
    from hubimages.imagebuilding import REPOSITORIES

    if given and not plain:
        raise BadInputError("--chart-version goes with --values: a deployment repository's Chart.yaml has the versions")
    versions = {}
    for one in given:
        name, _, version = one.partition("=")
        if name not in REPOSITORIES or not version:
            raise BadInputError(f"--chart-version={one}: write NAME=VERSION, NAME one of {', '.join(REPOSITORIES)}")
        versions[name] = version
    return versions


@task(
    iterable=["set_"],
    auto_shortflags=False,
    help={
        **HUB_HELP,
        "values": "a plain z2jh values file, there already or not, instead of a hub in a cluster.yaml",
        "set_": "answer one of the questions, for example --set registry=quay.io; can be repeated",
        "answers": "a YAML or JSON file with answers, one `key: value` per line; --set goes before it",
        "password_file": "a file with the registry's password; else HUBIMAGES_REGISTRY_PASSWORD, or a prompt",
        "branch": "commit on this new branch, which starts where you are",
        "commit": "commit exactly these edits; your own changes stay as they are",
        "open_pr": "commit, push the branch and open a pull request",
        "dry_run": "show what would be done and change nothing; needs no network, no password and no sops",
        "yes": "take the recommended answer to every question that has one",
    },
)
@operator_errors
def new_imagebuilding_hub(
    c: Context,
    *,
    repo: str = ".",
    cluster: str | None = None,
    hub: str | None = None,
    values: str | None = None,
    set_: list[str] | None = None,
    answers: str | None = None,
    password_file: str | None = None,
    branch: str | None = None,
    commit: bool = False,
    open_pr: bool = False,
    dry_run: bool = False,
    yes: bool = False,
) -> None:
    """Make a hub on which users build their own images.

    Writes its values, its entry in cluster.yaml and, encrypted by sops, the registry's password, and says what is left
    to do by hand. Files that are there are added to, and nothing in them is changed. Questions without an answer are
    put to you.
    """
    from hubimages import imagebuilding

    if not cluster or not hub:
        raise BadInputError("--cluster and --hub are needed: the hub's images are named after them")
    raw = imagebuilding.given_answers(set_ or [], Path(answers) if answers else None)
    where = imagebuilding.Where(Path(repo), cluster, hub, Path(values) if values else None)
    delivery = imagebuilding.Delivery(branch, commit=commit or branch is not None or open_pr, open_pr=open_pr)
    done = imagebuilding.make_hub(
        where,
        raw,
        imagebuilding.from_terminal(yes=yes),
        delivery,
        password_file=Path(password_file) if password_file else None,
        dry_run=dry_run,
    )
    console.result(done)


@task(
    iterable=["values", "chart_version"],
    auto_shortflags=False,
    help={
        "cluster": "the hub's cluster: a folder of config/clusters",
        "hub": "the hub, as its cluster's cluster.yaml names it",
        "all_": "check every hub of the repository on which users build images",
        "values": "a plain values file of Zero to JupyterHub, or of binderhub-service, in place of a repository; "
        "can be repeated",
        "repo": "the deployment repository, or any directory in it",
        "charts": f"folder with charts (NAME/ or NAME-VERSION.tgz) to look in first; or ${CHARTS_FOLDER}",
        "chart_version": "with --values: NAME=VERSION of jupyterhub or binderhub-service; can be repeated",
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
    chart_version: list[str] | None = None,
    offline: bool = False,
    json: bool = False,
) -> None:
    """Check hubs on which users build images, before they are deployed.

    Values are merged as Helm does it, rendered with the hub's charts and given to Kubernetes' schemas; every choice of
    the form goes through KubeSpawner; and what must agree between hub, BinderHub and registry is compared. Each
    finding has its file and line, why it matters and how to mend it. Exits with 1 where there is one.
    """
    from hubimages import imagebuilding

    root = imagebuilding.root_of(Path(repo)).resolve()
    if sum((bool(cluster or hub), all_, bool(values))) != 1 or bool(cluster) != bool(hub):
        raise BadInputError("say what to check: --cluster=NAME --hub=NAME, or --all, or --values=FILE")
    if values:
        hubs = [imagebuilding.plain_hub([Path(file) for file in values])]
    else:
        hubs = (
            [imagebuilding.find_hub(root, cluster, hub)] if cluster and hub else list(imagebuilding.building_hubs(root))
        )
    folder = charts or os.environ.get(CHARTS_FOLDER)
    if folder and not Path(folder).is_dir():
        raise BadInputError(f"no folder of charts {folder}")
    sources = imagebuilding.ChartSources(
        Path(folder).resolve() if folder else None,
        offline=offline,
        versions=chart_versions(chart_version or [], plain=bool(values)),
    )
    made = imagebuilding.check_hubs(hubs, sources)
    console.result(imagebuilding.as_json(made) if json else imagebuilding.as_text(made))
    if made.findings:
        raise Exit(code=1)


@task(
    auto_shortflags=False,
    iterable=["values"],
    help={
        **HUB_HELP,
        "values": "a plain z2jh values file; can be repeated, in the order in which Helm gets them",
        "port": "port on this machine, 8000 by itself",
        "local": "start no image, even where a container engine is at hand",
        "binderhub": "a virtual environment that has BinderHub and repo2docker, for builds",
        "registry": "127.0.0.1:PORT of a registry that gets what is built; else it stays in the engine",
        "repositories": "a folder whose ORGANISATION/NAME are built in place of GitHub's",
    },
)
@operator_errors
def preview_imagebuilding_hub(
    c: Context,
    *,
    repo: str = ".",
    cluster: str | None = None,
    hub: str | None = None,
    values: list[str] | None = None,
    port: str = "8000",
    local: bool = False,
    binderhub: str | None = None,
    registry: str = "",
    repositories: str | None = None,
) -> None:
    """Try a hub's form on this machine, before it is deployed.

    A real JupyterHub shows the form that users will get, at an address on loopback that logs you in. With a container
    engine it starts what you choose, with BinderHub it builds. Ctrl-C ends it.
    """
    from hubimages import imagebuilding

    form = imagebuilding.form_of_hub(Path(repo), cluster, hub, [Path(file) for file in values or []])
    options = imagebuilding.Options(
        port=port_number(port),
        local=local,
        binderhub=Path(binderhub) if binderhub else None,
        registry=registry,
        repositories=Path(repositories) if repositories else None,
    )
    with imagebuilding.running(form, options) as shown:
        for note in shown.notes:
            console.step(note)
        console.result(shown.address)
        shown.wait()
    console.step("ended")
