"""Find the workflows that build the image, and what they say about its name, its registry and its tags."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from hubimages.update.adopting.built_from import built_from, is_elsewhere
from hubimages.update.adopting.evidence import Found
from hubimages.update.adopting.workflow import EXPRESSION, Step, Text, Workflow

ACTION = "jupyterhub/repo2docker-action"
# Actions that build an image, and programs that do it in a step. `docker tag` and `docker push` alone build nothing.
BUILDING_ACTIONS = (ACTION, "docker/build-push-action", "docker/bake-action", "redhat-actions/buildah-build")
BUILDING = re.compile(
    r"(?<![\w-])(docker(\s+buildx)?\s+build|jupyter-repo2docker|repo2docker(?=\s[^\n]{0,1000}-)"
    r"|podman build|buildah bud)"
)
SHARED = re.compile(
    r"(build|push)[\w-]{0,100}image|image[\w-]{0,100}(build|push)|build[\w-]{0,100}(push|test)", re.IGNORECASE
)
BINDER = re.compile(r"mybinder\.org/(v2|badge)|binder/badge|mybinder\.org/badge_logo")
LINKS = "comments with a link to mybinder.org"
LATER = re.compile(r"create-pr|open-pr|create-pull-request")

PUSHED = re.compile(r"docker\s+push\s+[\"']?(\S+?)[\"']?(?=\s|$)", re.MULTILINE)
TAGGED = re.compile(r"(?:^|\s)(?:-t|--tag|--image-name)[=\s]+[\"']?(\S+?)[\"']?(?=\s|$)", re.MULTILINE)
HOST = re.compile(r"[a-z0-9.-]+\.[a-z]{2,}(:[0-9]+)?|localhost(:[0-9]+)?")
BETWEEN = re.compile(r",(?![^{}]*\}\})")  # a comma that is not in an expression of GitHub
CACHE = re.compile(r"[-/]?(build)?cache$")
GOOGLE = re.compile(r"gar_|wif_|workload_identity", re.IGNORECASE)
AZURE_LOGIN = re.compile(r"az acr login\s+(?:--name|-n)[=\s]+[\"']?([\w-]+)")


@dataclass(frozen=True)
class Reading:
    """What the workflows say. `unread` names what only GitHub knows; `superseded` gives each build's reason.

    `elsewhere` has the workflows that build another image of the repository, with what they build it from.
    """

    found: tuple[Found, ...]
    superseded: dict[str, str]
    unread: tuple[Found, ...]
    later: tuple[Found, ...]  # what follows the push of an image, such as a pull request elsewhere
    elsewhere: dict[str, Found] = field(default_factory=dict)

    @property
    def only_elsewhere(self) -> bool:
        """True if every workflow that builds an image builds another one than the template would."""
        return bool(self.elsewhere) and all(reason == LINKS for reason in self.superseded.values())


def read_builds(workflows: Sequence[Workflow], owner: str, paths: Collection[str] = (), folder: str = "") -> Reading:
    """Return what the workflows of a repository say; `owner` is its OWNER/NAME on GitHub, "" if unknown.

    `paths` are the files of the repository, `folder` is that of the image.
    """
    elsewhere = {each.file: source for each in workflows if (source := _elsewhere(each, paths, folder))}
    workflows = [each for each in workflows if each.file not in elsewhere]
    reasons = {each.file: reason for each in workflows if (reason := why_superseded(each))}
    for _ in workflows:  # a workflow that calls one of these builds, too
        for each in workflows:
            for step in each.steps:
                called = step.uses.value.removeprefix("./")
                if step.uses.value.startswith("./") and called in reasons and each.file not in reasons:
                    reasons[each.file] = f"calls {called}"
    found: list[Found] = []
    for workflow in workflows:
        builds = workflow.file in reasons
        for step in workflow.steps:
            found += _images(workflow, step, owner)
            found += _of_step(workflow, step) if builds else []
        if builds:
            found += _schedule(workflow)
        if line := next(
            (number for number, text in enumerate(workflow.text.splitlines(), 1) if BINDER.search(text)), 0
        ):
            found.append(Found("binder_badge", "yes", workflow.file, line))
            reasons.setdefault(workflow.file, LINKS)
    unread = tuple(each for each in found if "$" in each.value)
    later = tuple(
        Found("configuration_repository", step.uses.value, workflow.file, step.uses.line)
        for workflow in workflows
        for step in workflow.steps
        if workflow.file in reasons and LATER.search(step.uses.value)
    )
    return Reading(tuple(each for each in found if "$" not in each.value), reasons, unread, later, elsewhere)


def why_superseded(workflow: Workflow) -> str:
    """Return why the template's workflows do what this one does; "" if they do not."""
    return next(filter(None, map(_why, workflow.steps)), "")


def _why(step: Step) -> str:
    """Return with what a step builds an image, as the reason to replace its workflow; "" if it builds none."""
    uses = step.uses.value
    if uses.startswith(BUILDING_ACTIONS):
        return f"builds the image with {uses.partition('@')[0]}"
    if ".github/workflows/" in uses and not uses.startswith("./") and SHARED.search(uses.rpartition("/")[2]):
        return f"builds the image with {uses.partition('@')[0]}"
    if building := BUILDING.search(step.run.value):
        return f"builds the image with {' '.join(building[0].split())}"
    return ""


def _elsewhere(workflow: Workflow, paths: Collection[str], folder: str) -> Found | None:
    """Return what the workflow builds its images from, if none of them is the image of the folder."""
    sources = [built_from(workflow, step, paths) for step in workflow.steps if _why(step)]
    others = [source for source in sources if source is not None and is_elsewhere(source, folder)]
    return others[0] if others and len(others) == len(sources) else None


def _of_step(workflow: Workflow, step: Step) -> Iterator[Found]:
    """What a step of a build says about other answers than the image's name."""
    uses, inputs, file = step.uses.value, step.inputs, workflow.file
    if uses.startswith(ACTION):
        yield Found("builder", "repo2docker-action", file, step.uses.line)
        off = inputs.get("LATEST_TAG_OFF")
        if off is not None and off.value.lower() in ("true", "1", "yes"):
            yield Found("latest_tag", "no", file, off.line)
        elif inputs.get("NO_PUSH", Text("", 0)).value.lower() not in ("true", "1", "yes"):
            yield Found(
                "latest_tag", "yes", file, step.uses.line, "the action pushes `latest` unless LATEST_TAG_OFF is set"
            )
        if "APPENDIX_FILE" in inputs:
            yield Found("appendix", "yes", file, inputs["APPENDIX_FILE"].line)
    if "linux/arm64" in (platforms := inputs.get("platforms", Text("", 0))).value:
        yield Found("arm64", "yes", file, platforms.line)
    if "--platform" in step.run.value and "linux/arm64" in step.run.value:
        yield Found("arm64", "yes", file, step.run.line)
    yield from _registry(file, step)


def _registry(file: str, step: Step) -> Iterator[Found]:
    """What a login says about the registry."""
    uses, inputs = step.uses.value, step.inputs
    google = next((each for name, each in inputs.items() if GOOGLE.match(name)), None)
    if google is not None:
        yield Found("registry", "google-artifact-registry", file, google.line)
    elif uses.startswith("aws-actions/amazon-ecr-login"):
        public = inputs.get("registry-type", Text("", 0)).value == "public"
        yield Found("registry", "amazon-ecr-public" if public else "amazon-ecr", file, step.uses.line)
    elif login := AZURE_LOGIN.search(step.run.value):
        yield Found("registry_host", f"{login[1]}.azurecr.io", file, step.run.line)


def _images(workflow: Workflow, step: Step, owner: str) -> Iterator[Found]:
    """The names under which a step pushes or builds."""
    uses, inputs, file = step.uses.value, step.inputs, workflow.file
    named: list[tuple[str, int]] = []
    if uses.startswith(ACTION):
        host = inputs.get("DOCKER_REGISTRY", Text("docker.io", step.uses.line))
        yield Found("host", step.resolved(host.value, owner), file, host.line)
        if "IMAGE_NAME" in inputs:
            name = inputs["IMAGE_NAME"]
            named.append((name.value if _has_host(name.value) else f"{host.value}/{name.value}", name.line))
    elif uses.startswith("docker/build-push-action"):
        named += _listed(inputs.get("tags"))
    elif uses.startswith("docker/metadata-action"):
        named += _listed(inputs.get("images"))
    elif ".github/workflows/" in uses:
        named += [
            pair
            for key, each in inputs.items()
            if key.lower() in ("image", "image_name", "image-name")
            for pair in _lines(each)
        ]
    for pattern in (PUSHED, TAGGED):
        for match in pattern.finditer(step.run.value) if "docker" in step.run.value else ():
            named.append((match[1], step.run.first + step.run.value[: match.start(1)].count("\n")))
    for text, line in named:
        reference = plain(step.resolved(text, owner)).lower()
        if CACHE.search(reference):
            continue
        if reference and not reference.startswith("$"):
            reference = reference if _has_host(reference) else f"docker.io/{reference}"
            yield Found("reference", reference, file, line)
        elif "${{" in text and not re.search(r"steps\.|needs\.", text):
            yield Found("reference", step.resolved(text, owner), file, line)


def _lines(text: Text | None) -> list[tuple[str, int]]:
    """The lines of an input, each with its own line in the file."""
    if text is None or not text.value.strip():
        return []
    return [(line.strip(), text.first + number) for number, line in enumerate(text.value.splitlines()) if line.strip()]


def _listed(text: Text | None) -> Iterator[tuple[str, int]]:
    """The items of an input that takes them on lines of their own or between commas, as the actions of Docker do."""
    for line, number in _lines(text):
        # https://github.com/docker/metadata-action#images-input: name=..., enable=...
        for item in BETWEEN.split(line):
            key, is_set, value = item.strip().partition("=")
            if item.strip() and (not is_set or key == "name"):
                yield (value if is_set else key, number)


def plain(reference: str) -> str:
    """Return a reference without tag and digest."""
    kept = EXPRESSION.sub(lambda found: found[0].replace(" ", ""), reference.strip())
    kept = kept.partition("@")[0].strip(",")
    above, slash, last = kept.rpartition("/")
    return f"{above}{slash}{last.partition(':')[0]}"


def _has_host(name: str) -> bool:
    first, slash, _ = name.partition("/")
    return bool(slash) and ("$" in first or bool(HOST.fullmatch(first.lower())))


def _schedule(workflow: Workflow) -> Iterator[Found]:
    """How often the workflow builds without a change."""
    for cron in workflow.crons:
        fields = cron.value.split()
        if len(fields) == 5:
            value = "monthly" if fields[2] != "*" and fields[4] == "*" else "weekly"
            yield Found("refresh", value, workflow.file, cron.line)
