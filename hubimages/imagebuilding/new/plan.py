"""The plan for a new imagebuilding hub: its edits, its secret files, and the steps that are left to a person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hubimages.errors import RefusedError
from hubimages.imagebuilding import hubs
from hubimages.imagebuilding.new import secret
from hubimages.imagebuilding.new.answers import Answers
from hubimages.imagebuilding.new.hub_values import CLASSES, builds, secrets, wanted
from hubimages.imagebuilding.new.places import Part, Places, check_prefix
from hubimages.imagebuilding.new.text import Conflict, conflicts, fresh, missing, put
from hubimages.imagebuilding.values import Values
from hubimages.repository import file_edit
from hubimages.repository.file_edit import FileEdit, read_text
from hubimages.yaml_text import add_item


@dataclass(frozen=True)
class Plan:
    """What will be written: edits of files in clear, and the secret files that sops makes. `steps` are the person's."""

    places: Places
    answers: Answers
    edits: tuple[FileEdit, ...]
    secret_parts: tuple[Part, ...]
    steps: tuple[str, ...]
    kept: tuple[str, ...] = ()  # secret files that an interrupted run left complete

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
        if not self.secret_parts:
            return self
        if self.answers.target.account == "_json_key":
            password = secret.check_json_key(password)
        values = secrets(self.answers, password)
        made = [
            FileEdit(part.path, None, secret.encrypt(self.places.root, part.path, part.content(values)))
            for part in self.secret_parts
        ]
        # the entry in cluster.yaml last: until it is there, an interrupted run can be run again
        return replace(self, edits=(*made, *self.edits))

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
    kept = [part for part in parts if secret.holds(places.root, part.path, part.content(secrets(answers, "")))]
    for part in (part for part in parts if part not in kept):
        if (places.root / part.path).exists():
            raise RefusedError(f"{part.path} is there already: remove it, or add to it with sops {part.path}")
        secret.creation_rule(places.root, part.path)
    left = tuple(part for part in parts if part not in kept)
    told = tuple(steps(places, answers, have, parts))
    return Plan(places, answers, tuple(edits), left, told, tuple(part.path for part in kept))


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
        raise RefusedError(
            f"{part.path}: nothing was written, since values in it are not those needed. Write what stands after + and "
            f"run this again:{listed}"
        )
    after = put(before, new)
    return FileEdit(part.path, before, after) if after != before else None


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
        if answers.dask and not any("jupyterhub" in part.sections and len(part.sections) > 1 for part in places.parts):
            found.append("Install dask-gateway there, too (with dask-gateway.values.yaml, where that was written).")
    return found
