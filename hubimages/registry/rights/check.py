"""Check an image repository's registry: the image's name, the login, the right to push, pulls without a login."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubimages import findings
from hubimages.errors import BadInputError, LoginError, NoAnswerError
from hubimages.findings import Finding
from hubimages.image_ref import ImageRef
from hubimages.registry.client import Registries
from hubimages.registry.http.logins import Login, StoredLogins
from hubimages.registry.http.transport import Limits
from hubimages.registry.problems import NotThereError
from hubimages.registry.rights.image_repository import FILE, PLACEHOLDERS, ImageRepository, read_image_repository
from hubimages.registry.rights.providers import Provider, provider
from hubimages.registry.rights.push import LoginState, Right, is_shown, login_state

CODES = {
    Right.NOT_LOGGED_IN: "not-logged-in",
    Right.LOGIN_REFUSED: "login-refused",
    Right.NO_RIGHT: "no-right-to-push",
    Right.NO_REPOSITORY: "no-repository",
    Right.NAME_REFUSED: "name-refused",
}


@dataclass
class RegistryReport:
    """The results for one image: what is fine, the findings, and what was not checked."""

    image: str
    good: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    no_answer: bool = False

    @property
    def exit_code(self) -> int:
        """Return 1 if there is a finding, else 75 if the registry did not answer, else 0."""
        return findings.exit_code(bool(self.findings), self.no_answer)

    def __str__(self) -> str:
        lines = [self.image]
        lines += [f"  ok           {text}" for text in self.good]
        lines += [f"  found        {finding}" for finding in self.findings]
        lines += [f"  not checked  {text}" for text in self.not_checked]
        return "\n".join(lines)

    def as_json(self) -> str:
        """Return the report as one JSON object."""
        return findings.as_json(self.findings, self.not_checked, {"image": self.image})


def check_registry(directory: Path, environment: Mapping[str, str], limits: Limits | None = None) -> RegistryReport:
    """Check the registry of the repository in a directory. `environment` may hold the settings that its workflow has.

    Raises BadInputError if it is not an image repository made from the template.
    """
    repository = read_image_repository(directory, environment)
    report = RegistryReport(repository.image)
    check_settings(repository, environment, report)
    image = check_name(repository, report)
    if image is None:
        report.not_checked.append("the registry, since the image has no valid name")
        return report

    stored = StoredLogins()

    def find_login(host: str, name: str) -> Login | None:
        return settings_login(image, environment) or stored(host, name)

    with Registries(find_login, limits=limits) as ours, Registries.anonymous(limits=limits) as everybody:
        try:
            ours.check_is_registry(image.host)
            report.good.append(f"{image.host} answers")
            state = login_state(ours, image)
            report_right(state, repository, environment, report)
            check_pulls(ours, everybody, image, state, report)
        except NoAnswerError as error:
            report.no_answer = True
            report.not_checked.append(str(error))
    return report


def check_name(repository: ImageRepository, report: RegistryReport) -> ImageRef | None:
    """Return the image if its registry allows the name, else None. Adds what is wrong to the report."""

    def found(code: str, message: str, remedy: str) -> None:
        report.findings.append(Finding(code, message, remedy, FILE if repository.line else None, repository.line))

    change = "write the image's name after IMAGE =" if repository.line else "IMAGE is set in the environment"
    if any(word in repository.image for word in PLACEHOLDERS):
        found("image-not-named", f"IMAGE is still {repository.image}", change)
        return None
    try:
        image = ImageRef.parse(repository.image)
    except BadInputError as error:
        found("name-refused", str(error), f"{change}; {provider(repository.image.partition('/')[0]).rule}")
        return None
    kind = provider(image.host)
    if image.tag or image.digest:
        found(
            "name-refused",
            f"IMAGE is {repository.image}, with a tag or digest",
            "leave it out: each commit has its own",
        )
        return None
    if not kind.name.fullmatch(image.name):
        message = f"{kind.title} does not accept the name {image.name}"
        found("name-refused", message, f"{change}; it must be {kind.rule}")
        return None
    if kind.refusal:
        found("registry-unfit", f"{image} is in {kind.title}", kind.fill(kind.refusal, image.host, image.name))
    return image


def check_settings(repository: ImageRepository, environment: Mapping[str, str], report: RegistryReport) -> None:
    """Report missing settings of the workflow. Outside a workflow they cannot be read."""
    missing = {name: kind for name, kind in repository.settings.items() if not environment.get(name)}
    in_workflow = environment.get("GITHUB_ACTIONS") == "true"
    if missing and not in_workflow and len(missing) == len(repository.settings):
        kinds = ", ".join(f"the {kind} {name}" for name, kind in missing.items())
        report.not_checked.append(f"{kinds}: only GitHub knows whether they are set")
        return
    for name, kind in missing.items():
        remedy = f"set it: {place(kind, environment)}" if in_workflow else f"export {name}, or neither of them"
        report.findings.append(Finding("setting-missing", f"the {kind} {name} is not set", remedy))


def place(kind: str, environment: Mapping[str, str]) -> str:
    """Return the page on which a setting of the workflow is set."""
    server = environment.get("GITHUB_SERVER_URL", "https://github.com")
    return f"{server}/{environment.get('GITHUB_REPOSITORY', 'OWNER/NAME')}/settings/{kind}s/actions"


def settings_login(image: ImageRef, environment: Mapping[str, str]) -> Login | None:
    """Return the login of QUAY_USERNAME and QUAY_PASSWORD in the environment; None if they do not apply."""
    username, password = environment.get("QUAY_USERNAME"), environment.get("QUAY_PASSWORD")
    return Login(username, password) if username and password and image.host.startswith("quay.") else None


def report_right(
    state: LoginState, repository: ImageRepository, environment: Mapping[str, str], report: RegistryReport
) -> None:
    """Report whether the login may push, and whose login it is."""
    by_settings = settings_login(state.image, environment) is not None
    if state.right is Right.MAY_PUSH:
        report.good.append(f"{state} without a login" if not state.username and not by_settings else str(state))
    else:
        remedy = state.remedy
        if by_settings and state.right is Right.LOGIN_REFUSED:
            remedy = f"QUAY_USERNAME and QUAY_PASSWORD do not match: {place('secret', environment)}"
        report.findings.append(Finding(CODES[state.right], state.message, remedy))
    if repository.settings and not by_settings and environment.get("GITHUB_ACTIONS") != "true":
        report.not_checked.append("the workflow's own login: this checked yours")


def check_pulls(
    ours: Registries, everybody: Registries, image: ImageRef, state: LoginState, report: RegistryReport
) -> None:
    """Report whether the image can be pulled without a login."""
    kind = provider(image.host)
    try:
        tags = everybody.tags(image)
        if tags:
            everybody.digest(image.at(tag=tags[-1]))
        report.good.append(f"{image} can be pulled without a login")
    except (NotThereError, LoginError) as error:
        if state.right in (Right.NO_REPOSITORY, Right.NAME_REFUSED) or not visible(ours, image):
            report.not_checked.append(
                f"pulls without a login: there is no image yet, or none that this login sees ({error})"
            )
        else:
            report_private(kind, image, report)


def visible(ours: Registries, image: ImageRef) -> bool:
    """Return True if the user's login sees the repository."""
    try:
        return is_shown(ours, image)
    except LoginError:
        return False


def report_private(kind: Provider, image: ImageRef, report: RegistryReport) -> None:
    """Report a private image: a finding, unless the cluster's nodes pull with their own identity."""
    remedy = kind.fill(kind.public, image.host, image.name)
    message = f"{image} cannot be pulled without a login"
    if kind.nodes_log_in:
        report.not_checked.append(f"the cluster's right to pull: {message}; {remedy}")
    else:
        report.findings.append(Finding("private", message, remedy))
