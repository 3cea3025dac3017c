"""JupyterHub in the image has the major version of the hub, and that is not an old one."""

from collections.abc import Iterator

from hubimages.environment.specs import EnvironmentFile, Spec
from hubimages.environment.surroundings import RECORD, Surroundings
from hubimages.environment.versions import admits, release_of
from hubimages.findings import WARNING, Finding

NAMES = ("jupyterhub-singleuser", "jupyterhub", "jupyterhub-base")


def jupyterhub(here: Surroundings) -> Iterator[Finding]:
    """A major version that is not the hub's, in the environment file or in what repo2docker installs."""
    hub = release_of(here.hub_version)[:1]
    if not hub:
        return
    where = f"the hub runs JupyterHub {hub[0]} ({here.hub_version_from})"
    asked = _asked(here)
    for spec in asked:
        if admits(spec.version, hub) is False:
            remedy = f"write {spec.name}{'==' if spec.pip else '='}{hub[0]}.*"
            yield Finding("hub-version", f"{spec.text!r}: {where}", remedy, _file(here), spec.line)
    got = release_of(here.choice.jupyterhub or "")[:1]
    if got and got != hub and not any(spec.version for spec in asked):
        message = (
            f"the image gets JupyterHub {here.choice.jupyterhub} of repo2docker {here.choice.version}, and {where}"
        )
        remedy = f"add jupyterhub-singleuser={hub[0]}.* to the environment file"
        yield Finding("hub-version", message, remedy, _file(here), asked[0].line if asked else None)


def behind(here: Surroundings) -> Iterator[Finding]:
    """In a generated repository, a major version that is older than that of the current Zero to JupyterHub chart."""
    if not here.hub_version_from.endswith(RECORD) or not here.hub_version:
        return
    asked = [spec for spec in _asked(here) if release_of(spec.version)]
    image = release_of(asked[0].version) if asked else release_of(here.choice.jupyterhub or here.hub_version)
    current = release_of(_default())
    if max(image[:1], release_of(here.hub_version)[:1]) < current[:1]:  # a newer hub is the other rule's
        message = (
            f"this image has JupyterHub {image[0]}, and hubs run {current[0]} (the current Zero to JupyterHub chart)"
        )
        remedy = f"when your hub has it: hubimages update-image-repo . --set jupyterhub_version={current[0]}"
        yield Finding("hub-behind", message, remedy, _file(here), asked[0].line if asked else None, grade=WARNING)


def _default() -> str:
    """The template's default, which the project keeps at the version of the current chart."""
    from hubimages import template

    return next(question.choices[0] for question in template.questions() if question.key == "jupyterhub_version")


def _asked(here: Surroundings) -> list[Spec]:
    file = here.environment
    if not isinstance(file, EnvironmentFile) or here.choice.kind not in ("conda", "docker", "juliaproject"):
        return []
    return [spec for spec in file.specs if spec.name in NAMES]


def _file(here: Surroundings) -> str | None:
    return here.environment.path if isinstance(here.environment, EnvironmentFile) else None
