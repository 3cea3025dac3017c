"""The tasks of imagebuilding hubs: make one, check one, preview its form."""

import contextlib
import os
from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import command, operator_errors
from hubimages.display import DISPLAY
from hubimages.errors import BadInputError
from hubimages.findings import FOUND, fails

CHARTS_FOLDER = "HUBIMAGES_CHARTS"
HUB_HELP = {
    "repo": "the deployment repository, or any directory in it",
    "cluster": "name of the cluster: a directory in config/clusters",
    "hub": "name of the hub",
}


def port_number(text: str) -> int:
    """Return the number of a port. Raises BadInputError."""
    if not text.isdecimal():
        raise BadInputError(f"--port={text}: a port is a number from 1 to 65535")
    return int(text)


def chart_versions(given: list[str], *, plain: bool) -> dict[str, str]:
    """Return the version of each chart. Raises BadInputError."""
    from hubimages.imagebuilding import REPOSITORIES

    if given and not plain:
        raise BadInputError("--chart-version needs --values: in a deployment repository Chart.yaml has the versions")
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
        "values": "a plain z2jh values file, existing or new, instead of a hub in a cluster.yaml",
        "set_": "answer a question, for example --set registry=quay.io; can be repeated",
        "answers": "a YAML or JSON file with answers, one `key: value` per line; --set overrides it",
        "save_answers": "write all answers, without the password, to this new file for --answers",
        "password_file": "a file with the registry's password; default: $HUBIMAGES_REGISTRY_PASSWORD or a prompt",
        "branch": "commit on this new branch, which starts at HEAD",
        "commit": "commit only these edits; other changes stay as they are",
        "open_pr": "commit, push the branch and open a pull request",
        "dry_run": "show the plan and change nothing; needs no network, password or sops",
        "yes": "use the default answer to every question that has one",
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
    save_answers: str | None = None,
    password_file: str | None = None,
    branch: str | None = None,
    commit: bool = False,
    open_pr: bool = False,
    dry_run: bool = False,
    yes: bool = False,
) -> None:
    """Make a hub on which users build their own images.

    Writes its values, its entry in cluster.yaml and the registry's password, encrypted by sops, and prints the steps to
    do by hand. Adds to existing files without changing their present values. Asks for missing answers.
    """
    from hubimages import imagebuilding
    from hubimages.repository.delivery import Delivery

    if not hub or not (cluster or values):
        raise BadInputError("--cluster and --hub are required (with --values only --hub): they are part of image names")
    raw = imagebuilding.given_answers(set_ or [], Path(answers) if answers else None)
    where = imagebuilding.Where(Path(repo), cluster or "", hub, Path(values) if values else None)
    delivery = Delivery(branch, commit or branch is not None or open_pr, open_pr, command())
    done = imagebuilding.make_hub(
        where,
        raw,
        imagebuilding.from_terminal(yes=yes),
        delivery,
        password_file=Path(password_file) if password_file else None,
        dry_run=dry_run,
        save_answers=Path(save_answers) if save_answers else None,
    )
    console.result(done)


@task(
    iterable=["values", "chart_version"],
    auto_shortflags=False,
    help={
        "cluster": "the hub's cluster: a directory in config/clusters",
        "hub": "name of the hub in cluster.yaml",
        "all_": "check every hub of the repository on which users build images",
        "values": "a plain values file of Zero to JupyterHub or binderhub-service instead of a repository; "
        "can be repeated",
        "repo": "the deployment repository, or any directory in it",
        "charts": f"folder with charts (NAME/ or NAME-VERSION.tgz) to use first; default: ${CHARTS_FOLDER}",
        "chart_version": "with --values: NAME=VERSION of jupyterhub or binderhub-service; can be repeated",
        "strict": "also fail for warnings, except those of style",
        "offline": "do not ask chart repositories; use only charts in the folder or fetched before",
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
    strict: bool = False,
    offline: bool = False,
    json: bool = False,
) -> None:
    """Check hubs on which users build images, before they are deployed.

    Merges values as Helm does, renders them with the hub's charts, validates them with Kubernetes' schemas, runs every
    choice of the form through KubeSpawner, and compares the settings of hub, BinderHub and registry. Each finding has
    file, line, reason and remedy. Errors do not work (exit code 1); warnings are risk or advice.
    """
    from hubimages import imagebuilding

    root = imagebuilding.root_of(Path(repo)).resolve()
    if sum((bool(cluster or hub), all_, bool(values))) != 1 or bool(cluster) != bool(hub):
        raise BadInputError("name what to check: --cluster=NAME --hub=NAME, --all, or --values=FILE")
    if values:
        hubs = [imagebuilding.plain_hub([Path(file) for file in values])]
    else:
        hubs = (
            [imagebuilding.find_hub(root, cluster, hub)] if cluster and hub else list(imagebuilding.building_hubs(root))
        )
    folder = charts or os.environ.get(CHARTS_FOLDER)
    if folder and not Path(folder).is_dir():
        raise BadInputError(f"charts folder {folder} does not exist")
    sources = imagebuilding.ChartSources(
        Path(folder).resolve() if folder else None,
        offline=offline,
        versions=chart_versions(chart_version or [], plain=bool(values)),
    )
    made = imagebuilding.check_hubs(hubs, sources)
    console.result(imagebuilding.as_json(made) if json else imagebuilding.as_text(made))
    if fails(made.findings, strict=strict):
        raise Exit(code=FOUND)


@task(
    auto_shortflags=False,
    iterable=["values"],
    help={
        **HUB_HELP,
        "values": "a plain z2jh values file; can be repeated, in the order for Helm",
        "port": "port on this machine, default 8000",
        "local": "do not start images, even if a container engine runs",
        "binderhub": "a virtual environment with BinderHub and repo2docker, for builds",
        "registry": "127.0.0.1:PORT of a registry for built images; default: keep them in the engine",
        "repositories": "a directory whose ORGANISATION/NAME replace repositories on GitHub",
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
    """Preview a hub's form on this machine, before it is deployed.

    A JupyterHub shows the form that users will get, at an address on loopback that logs you in. With a container engine
    it starts the chosen image, with BinderHub it builds images. Ctrl-C stops it.
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
    with imagebuilding.running(form, options) as shown, contextlib.suppress(KeyboardInterrupt):
        for note in shown.notes:
            console.step(note)
        console.result(shown.address)
        with DISPLAY.paused():
            shown.wait()
    console.step("stopped")
