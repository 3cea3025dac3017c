"""The plan for a new imagebuilding hub: edits, secret files, and steps to do by hand."""

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
from hubimages.markdown import sentence
from hubimages.repository import file_edit
from hubimages.repository.file_edit import FileEdit, read_text
from hubimages.yaml_text import add_item

TERRAFORM = "terraform/gcp"


@dataclass(frozen=True)
class HubPlan:
    """What will be written: edits, and secret files from sops. `steps` are to do by hand."""

    places: Places
    answers: Answers
    edits: tuple[FileEdit, ...]
    secret_parts: tuple[Part, ...]
    steps: tuple[str, ...]
    kept: tuple[str, ...] = ()  # secret files that are complete

    def show(self) -> str:
        """Return diffs, commands and steps, without secrets."""
        commands = [f"$ {secret.command(part.path)}\n" for part in self.secret_parts]
        return file_edit.show(self.edits) + "".join(commands) + "\n" + self.told()

    def told(self, *, markdown: bool = False) -> str:
        """Return the numbered steps to do by hand, also as Markdown."""
        lines = ["To do by hand before you deploy the hub:"]
        steps = map(sentence, self.steps) if markdown else self.steps
        lines += [f"{number}. {step}" for number, step in enumerate(steps, 1)]
        return "\n".join(lines)

    def with_secrets(self, password: str) -> "HubPlan":
        """Return the plan with its encrypted secret files. Raises what `secret.encrypt` raises."""
        if not self.secret_parts:
            return self
        if self.answers.target.account == "_json_key":
            password = secret.check_json_key(password)
        values = secrets(self.answers, password)
        made = [
            FileEdit(part.path, None, secret.encrypt(self.places.root, part.path, part.content(values)))
            for part in self.secret_parts
        ]
        # the entry in cluster.yaml last: without it, an interrupted run can be repeated
        return replace(self, edits=(*made, *self.edits))

    def check(self) -> None:
        """Raise NotInstalledError if sops is not installed."""
        for part in self.secret_parts:
            keys = [".".join(path) for path, _ in secret.leaves(part.content(secrets(self.answers, "")))]
            secret.check_sops(part.path, keys)


def plan(places: Places, answers: Answers, have: Values) -> HubPlan:
    """Return the plan for a new hub; nothing is written.

    Raises RefusedError for a prefix or domain of another hub, for conflicting values in the hub's own files, for an
    existing secret file, and if sops has no rule for it.
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
            raise RefusedError(f"{part.path} already exists. Remove it, or add the secret with: sops {part.path}")
        secret.creation_rule(places.root, part.path)
    left = tuple(part for part in parts if part not in kept)
    told = tuple(steps(places, answers, have, parts))
    return HubPlan(places, answers, tuple(edits), left, told, tuple(part.path for part in kept))


def check_profiles(places: Places, have: Values) -> None:
    """Raise RefusedError for a present profile list that does not let users build images."""
    there = have.sequence("jupyterhub", "singleuser", "profileList")
    if there and not builds(there):
        place = have.place("jupyterhub", "singleuser", "profileList")
        raise RefusedError(
            f"{place.file}:{place.line}: the profile list does not let users build images. Add dynamic_image_building "
            "and unlisted_choice, both enabled, to the option `image` in the profile_options of a profile"
        )


def part_edit(places: Places, part: Part, values: dict[str, Any]) -> FileEdit | None:
    """Return the edit of one file, or None if nothing changes. Raises RefusedError with conflicting values."""
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
            f"{part.path}: nothing was written, because it needs other values. Use those after + and run this "
            f"again:{listed}"
        )
    after = put(before, new)
    return FileEdit(part.path, before, after) if after != before else None


def cluster_edit(places: Places, answers: Answers) -> FileEdit:
    """Return the edit that adds the hub to its cluster. Raises RefusedError if another hub has the domain."""
    file = hubs.cluster_file(places.cluster)
    for one in hubs.cluster_hubs(places.root, places.cluster):
        if one.domain == answers.domain:
            raise RefusedError(f"{one.place.file}:{one.place.line}: hub {one.name} already has {answers.domain}")
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
    """Return the steps to do by hand for this registry and hub."""
    found = steps_of_registry(places, answers)
    found += nodes(places, answers)
    if not answers.authenticator:
        found += inherited_login(places, answers, have)
    else:
        name, _ = CLASSES[answers.authenticator]
        where = places.secrets[-1]
        key = f"{'' if where.at_top else 'jupyterhub.'}hub.config.{name}"
        found.append(
            f"Register the hub with {answers.authenticator}, callback https://{answers.domain}/hub/oauth_callback, "
            f"and add {key}.client_id and .client_secret with: sops {where.path}"
        )
        if not answers.given.get("allowed"):
            found.append(f"Set who may log in: {key}.allow_all, or its allowed_... settings.")
    if places.basehub and have.get("nfs", "pv", "serverIP") is None:
        found.append(
            f"Create the disk for home directories, and add nfs.pv.serverIP and jupyterhub-home-nfs to "
            f"{places.parts[0].path}"
        )
    found.append(f"Point the DNS record of {answers.domain} to the cluster's ingress.")
    if not places.basehub:
        listed = [part.path for part in (*places.parts, *parts) if "binderhub-service" in part.sections]
        found.append(
            "Install the charts into one namespace, each with its files and secrets (helm secrets, or sops --decrypt): "
            f"binderhub-service with {', '.join(listed)}; the hub calls it at http://binderhub:8090."
        )
        if answers.dask and not any("jupyterhub" in part.sections and len(part.sections) > 1 for part in places.parts):
            found.append(
                "Install dask-gateway there as well, as the release dask-gateway, with dask-gateway.values.yaml: the "
                "hub calls it at http://traefik-dask-gateway."
            )
    return found


def steps_of_registry(places: Places, answers: Answers) -> list[str]:
    """Return the steps for the registry; through terraform's `container_repos` if the repository uses it."""
    found = list(answers.target.steps)
    if answers.target.kind != "google-artifact-registry":
        return found
    texts = [file.read_text("utf-8", "replace") for file in places.root.glob(f"{TERRAFORM}/*.tf")]
    uses = any("container_repos" in text for text in texts)
    if not uses:
        return found
    repository = answers.target.prefix.split("/")[2]
    name = repository.removesuffix("-registry")
    file = f"{TERRAFORM}/projects/{places.cluster or 'CLUSTER'}.tfvars"
    odd = "" if repository != name else f" (it names the repository {name}-registry: answer repository={name}-registry)"
    step = (
        f'Add "{name}" to container_repos in {file} and run terraform apply: it creates the repository, the service '
        f"account and its key, which is the password (terraform output -json registry_sa_keys){odd}."
    )
    return [found[0], step, found[-1]]


def nodes(places: Places, answers: Answers) -> list[str]:
    """Return the steps for nodes that builds and servers run on."""
    if not places.basehub:
        return [
            "Label the cluster's nodes, or their node pools: hub.jupyter.org/node-purpose=core for the hub and "
            "BinderHub, hub.jupyter.org/node-purpose=user for servers and builds (kubectl label nodes NODE LABEL)."
        ]
    if answers.provider != "aws":
        return []
    file = f"eksctl/{places.cluster}.jsonnet"
    where = f" in {file}" if (places.root / file).is_file() else ""
    return [
        f"Add a node group for the hub{where}, with the label 2i2c/hub-name: {places.hub} and the instance type "
        f"{answers.given.get('node_type', 'r5.xlarge')} for builds, and create it with eksctl."
    ]


def inherited_login(places: Places, answers: Answers, have: Values) -> list[str]:
    """Return the steps for a login that the hub inherits: its client, and who may log in."""
    config = ("jupyterhub", "hub", "config")
    kind = have.text(*config, "JupyterHub", "authenticator_class")
    name = CLASSES.get(kind, ("", ""))[0]
    found = []
    where = places.secrets[-1]
    key = f"{'' if where.at_top else 'jupyterhub.'}hub.config.{name}"
    if name and not (have.get(*config, name, "client_id") and have.get(*config, name, "client_secret")):
        found.append(
            f"Register the hub with {kind}, callback https://{answers.domain}/hub/oauth_callback, and add "
            f"{key}.client_id and .client_secret with: sops {where.path}"
        )
    for section in (name, "OAuthenticator", "Authenticator"):
        if section and have.get(*config, section, "allow_all") is True:
            at = have.place(*config, section, "allow_all")
            found.append(
                f"The hub inherits a login that lets everyone in ({at.file}:{at.line}: allow_all). If that is not "
                f"meant, set {'' if where.at_top else 'jupyterhub.'}hub.config.{section}.allow_all: false and who may "
                "log in."
            )
    return found
