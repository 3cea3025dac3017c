"""Make an imagebuilding hub: its values, secret and entry in cluster.yaml, and the steps to do by hand."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hubimages import markdown
from hubimages.errors import BadInputError
from hubimages.imagebuilding import hubs
from hubimages.imagebuilding.layer import read_layer
from hubimages.imagebuilding.new import secret
from hubimages.imagebuilding.new.answers import PROVIDERS, Ask, complete, save
from hubimages.imagebuilding.new.hub_values import has_form
from hubimages.imagebuilding.new.places import Places, beside, on_2i2c
from hubimages.imagebuilding.new.plan import HubPlan, plan
from hubimages.imagebuilding.values import Values
from hubimages.repository import changes, file_edit
from hubimages.repository.delivery import Delivery
from hubimages.repository.file_edit import read_text
from hubimages.repository.git import Repo
from hubimages.repository.pull_request import PullRequest, check_can_open, open_pull_request, pending


@dataclass(frozen=True)
class Where:
    """Where to make a hub: in a cluster of the repository, or in a plain z2jh file."""

    directory: Path
    cluster: str
    hub: str
    values: Path | None


def make_hub(
    where: Where,
    raw: Mapping[str, Any],
    ask: Ask,
    delivery: Delivery,
    *,
    password_file: Path | None,
    dry_run: bool,
    save_answers: Path | None = None,
) -> str:
    """Make the hub and return the text to show; with `dry_run` only return the plan.

    Everything is checked before the password is asked for, and nothing is written before it is encrypted. Raises what
    `plan`, `complete`, `secret` and `changes` raise.
    """
    if where.values is not None and not where.values.exists() and (where.directory / where.values).exists():
        raise BadInputError(f"values file {where.values} does not exist")
    root, repo = root_of(where.values.absolute().parent if where.values is not None else where.directory)
    if where.values is None:
        places = on_2i2c(root, where.cluster, where.hub)
    else:
        file = where.values.absolute()
        name = (file.parent.resolve() / file.name).relative_to(root).as_posix()
        places = beside(root, name, where.cluster, where.hub)
    have = places.have()
    known = known_answers(places, have)
    answers = complete(raw, cluster=where.cluster, hub=where.hub, known=known, ask=ask, wants=wants(places, have))
    planned = plan(places, answers, have)
    check_delivery(planned, repo, replace(delivery, open_pr=False) if dry_run else delivery)
    if dry_run:
        return planned.show()
    if save_answers is not None:
        save(save_answers, answers)
    planned.check()
    what = f"{answers.target.secret_name} for {answers.target.host}"
    password = secret.read_password(what, file=password_file) if planned.secret_parts else ""
    return apply(planned.with_secrets(password), repo, delivery)


def wants(places: Places, have: Values) -> tuple[str, ...]:
    """Return the optional questions that this hub needs."""
    asked = ["display_name"] if places.basehub else []
    if not have.text("jupyterhub", "hub", "config", "JupyterHub", "authenticator_class"):
        asked.append("authenticator")
    if not has_form(have):
        asked.append("hub_image")
    return tuple(asked)


def known_answers(places: Places, have: Values) -> dict[str, str]:
    """Return the defaults from the repository: Dask if it is on, and the provider in cluster.yaml."""
    dask = {"dask": "yes"} if have.get("dask-gateway", "enabled") is True else {}
    if not places.basehub:
        return dask
    listing = read_layer(read_text(places.root, hubs.cluster_file(places.cluster)), places.cluster).data
    provider = str(listing.get("provider") or "")
    return {**dask, **({"provider": provider} if provider in PROVIDERS else {})}


def check_delivery(plan: HubPlan, repo: Repo | None, delivery: Delivery) -> None:
    """Raise an error if the edits cannot be written or committed."""
    if repo is None:
        if delivery.commit:
            raise BadInputError(f"{plan.places.root} is not in a git repository. Leave out --commit and --branch")
        return
    paths = [*(edit.path for edit in plan.edits), *(part.path for part in plan.secret_parts)]
    changes.check_files(repo, paths, commit=delivery.commit)
    changes.check_clean(repo, paths)
    if delivery.commit:
        # files of an interrupted run are not edited again, so the commit would not have them
        changes.check_clean(repo, [part.path for part in (*plan.places.parts, *plan.places.secrets)])
        changes.check_can_commit(repo, branch=delivery.branch)
    if delivery.open_pr:
        check_can_open(repo, delivery.branch)


def apply(plan: HubPlan, repo: Repo | None, delivery: Delivery) -> str:
    """Write the plan, all or nothing, commit it if asked to, and return the text to show."""
    lines = [f"kept {path}, which already has the secret" for path in plan.kept]
    lines += [f"wrote {edit.path}" for edit in plan.edits]
    if not plan.edits:
        lines.append("nothing to write: the hub's files are complete")
    elif repo is None:
        file_edit.apply(plan.places.root, plan.edits)
    elif not delivery.commit:
        changes.write(repo, plan.edits)
    else:
        base = check_can_open(repo, delivery.branch) if delivery.open_pr else ""
        title = f"Add imagebuilding hub {markdown.name(f'{plan.places.cluster}/{plan.places.hub}')}"
        body = plan.told(markdown=True)
        asked = PullRequest(base, delivery.branch or "", title, body, command=delivery.command, is_all=True)
        with pending(repo, asked) if delivery.open_pr else nullcontext():
            with changes.on_branch(repo, delivery.branch):
                lines.append(f"committed {changes.commit(repo, changes.Commit(title, plan.edits))[:12]}")
            if delivery.open_pr:
                lines.append(open_pull_request(repo, asked))
    return "\n".join([*lines, "", plan.told()])


def root_of(directory: Path) -> tuple[Path, Repo | None]:
    """Return the top of a directory's repository, and the repository; outside of one, the directory and None."""
    if not directory.is_dir():
        raise BadInputError(f"directory {directory} does not exist")
    try:
        repo = changes.deployment_repository(directory)
    except changes.NoRepositoryError:
        return directory.resolve(), None
    assert repo.work_tree is not None
    return repo.work_tree.resolve(), repo
