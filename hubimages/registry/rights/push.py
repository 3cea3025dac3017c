"""Find out whether a login may push to a repository: begin an upload and cancel it, without pushing anything.

Registries do not list rights, but answer the first request of a push (POST .../blobs/uploads/) according to the right
to push. An unfinished upload appears in no list
(https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs).
"""

import contextlib
import enum
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError, NotInstalledError
from hubimages.image_ref import ImageRef
from hubimages.registry.client import Registries, complaint
from hubimages.registry.http.challenge import challenges
from hubimages.registry.http.tokens import PUSH
from hubimages.registry.http.transport import Response
from hubimages.registry.problems import (
    HiddenError,
    LoginRefusedError,
    NameRefusedError,
    NoRightError,
    NotThereError,
)
from hubimages.registry.rights.google import missing_steps
from hubimages.registry.rights.providers import GOOGLE, GOOGLE_CONTAINER_REGISTRY, QUAY, provider

EXPIRED = re.compile(r"expired|reauthenticate", re.IGNORECASE)


class Right(enum.Enum):
    """What a registry answers to the beginning of a push."""

    MAY_PUSH = "may push"
    NOT_LOGGED_IN = "not logged in"
    LOGIN_REFUSED = "login refused"
    NO_RIGHT = "logged in without the right to push"
    NO_REPOSITORY = "no such repository"
    NAME_REFUSED = "name refused"


@dataclass(frozen=True)
class LoginState:
    """The answer for one repository: what is the case and what to do. `username` is the login's user."""

    right: Right
    image: ImageRef
    username: str = ""
    message: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.message, self.remedy)))

    def check(self) -> None:
        """Raise NotThereError, NameRefusedError or a LoginError unless the login may push to the repository."""
        kinds: dict[Right, type[HubImagesError]] = {
            Right.NOT_LOGGED_IN: LoginError,
            Right.LOGIN_REFUSED: LoginRefusedError,
            Right.NO_RIGHT: NoRightError,
            Right.NO_REPOSITORY: NotThereError,
            Right.NAME_REFUSED: NameRefusedError,
        }
        if self.right in kinds:
            raise kinds[self.right](str(self))


def login_state(registries: Registries, image: ImageRef) -> LoginState:
    """Return whether the login for the image's registry may push to its repository.

    Raises NoAnswerError if the registry's answer does not tell.
    """
    image = image.at()
    try:
        login = registries.authorizer.login(image.host, image.name)
    except (LoginError, NotInstalledError, BadInputError) as error:
        return describe(Right.NOT_LOGGED_IN, image, "", f"({error})")
    right, said = ask_right(registries, image, logged_in=login is not None)
    return describe(right, image, login.username if login else "", said)


def ask_right(registries: Registries, image: ImageRef, *, logged_in: bool) -> tuple[Right, str]:
    """Return the meaning of the registry's answer to the first request of a push, and its message."""
    try:
        if logged_in and token_creates_repository(registries, image.host) and not is_shown(registries, image):
            return Right.NO_REPOSITORY, "(or it does not show it to this login)"
        # Safe at a Quay only after the check above, since its token for a push would create the repository.
        answer = registries.exchange("POST", image, "blobs/uploads/", actions=PUSH, headers={"Content-Length": "0"})
    except LoginRefusedError:
        return Right.LOGIN_REFUSED, ""
    except NameRefusedError:
        return Right.NAME_REFUSED, ""
    said = complaint(answer)
    right = meaning(answer, said, logged_in=logged_in)
    if right is None:
        raise NoAnswerError(
            f"no answer from {image.host} about the right to push {image.name}: status {answer.status} {said}".strip()
        )
    if right is Right.MAY_PUSH:
        cancel(registries, image, answer)
    if right is Right.NO_REPOSITORY:
        registries.check_is_registry(image.host, answer)
    return right, said


def meaning(answer: Response, said: str, *, logged_in: bool) -> Right | None:
    """Return the meaning of a registry's answer to the beginning of an upload; None if it is unknown."""
    right: Right | None = None
    if answer.status in (201, 202):
        right = Right.MAY_PUSH
    elif answer.status in (401, 403) and not logged_in:
        right = Right.NOT_LOGGED_IN
    elif answer.status in (401, 403):
        right = Right.LOGIN_REFUSED if EXPIRED.search(said) else Right.NO_RIGHT
    elif answer.status == 404:
        right = Right.NO_REPOSITORY
    elif answer.status == 400 and "NAME_" in said:
        right = Right.NAME_REFUSED
    elif answer.status == 405 or "UNSUPPORTED" in said:
        right = Right.NO_RIGHT  # for example a mirror that accepts no pushes
    return right


def describe(right: Right, image: ImageRef, username: str, said: str = "") -> LoginState:
    """Return the state in words, with the remedy for its registry."""
    host, name, kind = image.host, image.name, provider(image.host)
    who = f" as {username}" if username else ""
    message = {
        Right.MAY_PUSH: f"may push to {image}{who}",
        Right.NOT_LOGGED_IN: f"not logged in to {host}",
        Right.LOGIN_REFUSED: f"{host} does not accept the login{who}",
        Right.NO_RIGHT: f"logged in to {host}{who}, without the right to push {name}",
        Right.NO_REPOSITORY: f"{host} has no repository {name} that a push could go to",
        Right.NAME_REFUSED: f"{host} does not accept the name {name}",
    }[right]
    ask_for_right = f"ask {kind.fill(kind.right, host, name)}"
    create = kind.fill(kind.new_repository, host, name) or ask_for_right
    if right in (Right.NOT_LOGGED_IN, Right.LOGIN_REFUSED):
        remedy = kind.fill(kind.login, host, name)
        if kind in (GOOGLE, GOOGLE_CONTAINER_REGISTRY):
            remedy = missing_steps(host) or remedy
    else:
        remedy = {
            Right.NO_RIGHT: ask_for_right,
            Right.NO_REPOSITORY: create,
            Right.NAME_REFUSED: f"it must be {kind.rule}",
        }.get(right, "")
    return LoginState(
        right, image, username, f"{message} {said}".strip() if right is not Right.MAY_PUSH else message, remedy
    )


def token_creates_repository(registries: Registries, host: str) -> bool:
    """Return True if the registry is a Quay (quay.io or self-hosted).

    Quay's token for a push creates the repository, as a private one, if the login may create one
    (https://github.com/quay/quay/blob/master/endpoints/v2/v2auth.py). So ask for it only if the repository exists.
    """
    offered = challenges(registries.greeting(host).headers.get("WWW-Authenticate", ""))
    realms = [each.parameters.get("realm", "") for each in offered]
    return provider(host) is QUAY or any(urlsplit(realm).path == "/v2/auth" for realm in realms)


def is_shown(registries: Registries, image: ImageRef) -> bool:
    """Return True if the registry shows the repository to the login."""
    try:
        registries.ask("GET", image, "tags/list?n=1")
    except (NotThereError, HiddenError):
        return False
    return True


def cancel(registries: Registries, image: ImageRef, begun: Response) -> None:
    """Cancel an upload; a registry without cancellation lets it expire."""
    place = urljoin(begun.address, begun.headers.get("Location", ""))
    if urlsplit(place).netloc == urlsplit(begun.address).netloc and place != begun.address:
        with contextlib.suppress(NoAnswerError):
            registries.exchange("DELETE", image, place, actions=PUSH)
