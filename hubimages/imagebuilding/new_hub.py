"""Make an imagebuilding hub: its values, its secret, its entry in cluster.yaml, and what is left to do by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hubimages import changes, file_edit
from hubimages.errors import BadInputError, RefusedError
from hubimages.file_edit import FileEdit, read_text
from hubimages.git import Repo
from hubimages.imagebuilding import hubs, secret
from hubimages.imagebuilding.answers import PROVIDERS, Answers, Ask, complete
from hubimages.imagebuilding.layer import read_layer
from hubimages.imagebuilding.new_hub_places import Part, Places, beside, check_prefix, on_2i2c
from hubimages.imagebuilding.new_hub_text import Conflict, conflicts, fresh, missing, put
from hubimages.imagebuilding.new_hub_values import CLASSES, builds, has_form, secrets, wanted
from hubimages.imagebuilding.values import Values
from hubimages.pull_request import PullRequest, check_can_open, open_pull_request
from hubimages.yaml_text import add_item


@dataclass(frozen=True)
class Plan:
    """What will be written: edits of files in clear, and the secret files that sops makes. `steps` are the person's."""

    places: Places
    answers: Answers
    edits: tuple[FileEdit, ...]
    secret_parts: tuple[Part, ...]
    steps: tuple[str, ...]

    def show(self) -> str:
        """The diffs, the commands, and the steps left; nothing secret is in them."""
        commands = [f"$ {secret.command(part.path)}\n" for part in self.secret_parts]
        return file_edit.show(self.edits) + "".join(commands) + "\n" + self.told()

    def told(self) -> str:
        """What is left to do by hand, numbered."""
        lines = ["By hand, before the hub is deployed:"]
        lines += [f"{number}. {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join(lines)

    def with_secrets(self, password: str) -> "Plan":
        """The plan with its secret files, encrypted. Raises what `secret.encrypt` raises."""
        if self.answers.target.account == "_json_key":
            password = secret.check_json_key(password)
        values = secrets(self.answers, password)
        made = [
            FileEdit(part.path, None, secret.encrypt(self.places.root, part.path, part.content(values)))
            for part in self.secret_parts
        ]
        return replace(self, edits=(*self.edits, *made))

    def check(self) -> None:
        """Raise NotInstalledError where there is no sops, before a password is asked for."""
        for part in self.secret_parts:
            keys = [".".join(path) for path, _ in secret.leaves(part.content(secrets(self.answers, "")))]
            secret.check_sops(part.path, keys)


def plan(places: Places, answers: Answers, have: Values) -> Plan:
    """The plan for a new hub; nothing is written.

    Raises RefusedError for a prefix or domain that another hub has, for values in the hub's own files that say
    something else, for a secret file that is there, and where sops has no rule for it.
    """
    own = [part.path for part in (*places.parts, *places.secrets)]
    check_prefix(places.root, answers.target.prefix, own)
    check_profiles(places, have)
    values = missing(wanted(answers, have, hub_api=places.hub_api, basehub=places.basehub), have.data)
    edits = [edit for part in places.parts if (edit := part_edit(places, part, values)) is not None]
    if places.basehub:
        edits.append(cluster_edit(places, answers))
    parts = [part for part in places.secrets if part.content(secrets(answers, ""))]
    for part in parts:
        if (places.root / part.path).exists():
            raise RefusedError(f"{part.path} is there already: remove it, or add to it with sops {part.path}")
        secret.creation_rule(places.root, part.path)
    return Plan(places, answers, tuple(edits), tuple(parts), tuple(steps(places, answers, have, parts)))


def check_profiles(places: Places, have: Values) -> None:
    """Raise RefusedError for a profile list that is there, but without the box: what it offers is its owner's."""
    there = have.sequence("jupyterhub", "singleuser", "profileList")
    if there and not builds(there):
        place = have.place("jupyterhub", "singleuser", "profileList")
        raise RefusedError(
            f"{place.file}:{place.line}: there is a profile list already, without the box; in the profile_options of "
            "one of its profiles add dynamic_image_building and unlisted_choice, both enabled, to the option `image`"
        )


def part_edit(places: Places, part: Part, values: dict[str, Any]) -> FileEdit | None:
    """The edit of one file; None where nothing goes into it. Raises RefusedError with what stands in the way."""
    new = part.content(values)
    if not new:
        return None
    if not (places.root / part.path).is_file():
        below = () if part.at_top else ("binderhub-service",)
        return FileEdit(part.path, None, fresh(new, below=below))
    before = read_text(places.root, part.path)
    against: list[Conflict] = conflicts(before, new)
    if against:
        listed = "".join(
            f"\n-  {'.'.join(one.path)}: {one.found!r}\n+  {'.'.join(one.path)}: {one.needed!r}" for one in against
        )
        raise RefusedError(f"{part.path}: nothing was written, since values in it are not those needed:{listed}")
    return FileEdit(part.path, before, put(before, new))


def cluster_edit(places: Places, answers: Answers) -> FileEdit:
    """The hub's entry at the end of its cluster's list. Raises RefusedError for a domain that is taken."""
    file = hubs.cluster_file(places.cluster)
    for one in hubs.cluster_hubs(places.root, places.cluster):
        if one.domain == answers.domain:
            raise RefusedError(f"{one.place.file}:{one.place.line}: the hub {one.name} has {answers.domain} already")
    folder = f"{hubs.CLUSTERS}/{places.cluster}/"
    files = [*places.common, *(part.path for part in (*places.parts, *places.secrets))]
    entry = {
        "name": places.hub,
        "display_name": answers.display_name,
        "domain": answers.domain,
        "helm_chart": places.chart,
        "helm_chart_values_files": [file.removeprefix(folder) for file in files],
    }
    before = read_text(places.root, file)
    return FileEdit(file, before, add_item(before, ("hubs",), entry))


def steps(places: Places, answers: Answers, have: Values, parts: Sequence[Part]) -> list[str]:
    """What a person still has to do, for exactly this registry and hub."""
    found = list(answers.target.steps)
    if answers.authenticator:
        name, _ = CLASSES[answers.authenticator]
        where = places.secrets[-1]
        key = f"{'' if where.at_top else 'jupyterhub.'}hub.config.{name}"
        found.append(
            f"Register the hub with {answers.authenticator}, callback https://{answers.domain}/hub/oauth_callback, and "
            f"add {key}.client_id and .client_secret: sops {where.path}"
        )
        if not answers.given.get("allowed"):
            found.append(f"Say who may log in: {key}.allow_all, or its allowed_... settings.")
    if places.basehub and have.get("nfs", "pv", "serverIP") is None:
        found.append(
            f"Make the disk for home directories, and write nfs.pv.serverIP and jupyterhub-home-nfs into "
            f"{places.parts[0].path}"
        )
    found.append(f"Point {answers.domain} at the cluster's ingress.")
    if not places.basehub:
        listed = [part.path for part in (*places.parts, *parts) if "binderhub-service" in part.sections]
        found.append(
            "Install the charts into one namespace, each with its files and secrets (helm secrets, or sops --decrypt): "
            f"binderhub-service with {', '.join(listed)}; the hub's service is called http://binderhub:8090."
        )
    return found


@dataclass(frozen=True)
class Where:
    """Where a hub is to be made: in a cluster of the repository, or in a plain z2jh file."""

    directory: Path
    cluster: str
    hub: str
    values: Path | None


@dataclass(frozen=True)
class Delivery:
    """What happens to the edits."""

    branch: str | None
    commit: bool
    open_pr: bool = False


def make(
    where: Where, raw: Mapping[str, Any], ask: Ask, delivery: Delivery, *, password_file: Path | None, dry_run: bool
) -> str:
    """Make the hub, or with `dry_run` say what would be done; returns what to show.

    Everything that can be refused is refused before the password is asked for, and nothing is written before it is
    encrypted. Raises what `plan`, `complete`, `secret` and `changes` raise.
    """
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
    if dry_run:
        return planned.show()
    check_delivery(planned, repo, delivery)
    planned.check()
    password = secret.read_password(f"{answers.target.secret_name} for {answers.target.host}", file=password_file)
    return apply(planned.with_secrets(password), repo, delivery)


def wants(places: Places, have: Values) -> tuple[str, ...]:
    """Of the questions that not every hub needs, those that this one does."""
    asked = ["display_name"] if places.basehub else []
    if not have.text("jupyterhub", "hub", "config", "JupyterHub", "authenticator_class"):
        asked.append("authenticator")
    if not has_form(have):
        asked.append("hub_image")
    return tuple(asked)


def known_answers(places: Places, have: Values) -> dict[str, str]:
    """Recommended answers that the repository gives: Dask where it is on; the provider that cluster.yaml names."""
    dask = {"dask": "yes"} if have.get("dask-gateway", "enabled") is True else {}
    if not places.basehub:
        return dask
    listing = read_layer(read_text(places.root, hubs.cluster_file(places.cluster)), places.cluster).data
    provider = str(listing.get("provider") or "")
    return {**dask, **({"provider": provider} if provider in PROVIDERS else {})}


def check_delivery(plan: Plan, repo: Repo | None, delivery: Delivery) -> None:
    """Raise an error where the edits could not be written or committed."""
    if repo is None:
        if delivery.commit:
            raise BadInputError(f"{plan.places.root} is not in a git repository: leave out --commit and --branch")
        return
    changes.check_clean(repo, [edit.path for edit in plan.edits])
    if delivery.commit:
        changes.check_can_commit(repo, branch=delivery.branch)
    if delivery.open_pr:
        check_can_open(repo, delivery.branch)


def apply(plan: Plan, repo: Repo | None, delivery: Delivery) -> str:
    """Write the plan, all of it or nothing, and commit it where that is wanted; returns what is left to do."""
    lines = [f"wrote {edit.path}" for edit in plan.edits]
    if repo is None:
        file_edit.apply(plan.places.root, plan.edits)
    elif not delivery.commit:
        changes.write(repo, plan.edits)
    else:
        base = check_can_open(repo, delivery.branch) if delivery.open_pr else ""
        title = f"Add imagebuilding hub {plan.places.cluster}/{plan.places.hub}"
        if delivery.branch:
            changes.switch(repo, delivery.branch)
        lines.append(f"committed {changes.commit(repo, changes.Commit(title, plan.edits))[:12]}")
        if delivery.open_pr and delivery.branch:
            lines.append(open_pull_request(repo, PullRequest(base, delivery.branch, title, plan.told())))
    return "\n".join([*lines, "", plan.told()])


def root_of(directory: Path) -> tuple[Path, Repo | None]:
    """The top of the repository that a directory is in, and the repository; the directory alone where there is none."""
    if not directory.is_dir():
        raise BadInputError(f"no directory {directory}")
    try:
        repo = changes.deployment_repository(directory)
    except BadInputError:
        return directory.resolve(), None
    assert repo.work_tree is not None
    return repo.work_tree.resolve(), repo
