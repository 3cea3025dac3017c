"""Create the repositories on GitHub, with what the manifest says about them; PyGithub talks to its API."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hubimages import console, systems
from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError, NotInstalledError, RefusedError
from hubimages.migration.entries import Entry
from hubimages.repository import pull_request
from hubimages.repository.web_address import WebAddress, web_address

if TYPE_CHECKING:
    from github import Github
    from github.Repository import Repository


def check_can_create(entries: list[Entry]) -> None:
    """Raise an error unless repositories can be created for all of these images: a token, PyGithub, addresses."""
    for entry in entries:
        address_of(entry)
    if not pull_request.token():
        raise LoginError("--create needs a token for GitHub. Set GH_TOKEN or GITHUB_TOKEN")
    if pull_request.github() is None:
        raise NotInstalledError(f"--create needs PyGithub: {systems.install_line('github')}")


def address_of(entry: Entry) -> WebAddress:
    """Return the owner and name of an image's repository on GitHub. Raises BadInputError."""
    if not entry.remote:
        raise BadInputError(
            "where are the repositories to be? Add --remote=https://github.com/OWNER/{repository}.git, or `remote` to "
            "the manifest's `defaults`"
        )
    found = web_address(entry.remote)
    if found is None or found.host not in pull_request.token_hosts():
        raise BadInputError(
            f"{console.censor(entry.remote)} is no repository on GitHub: --create cannot make it. For a GitHub "
            "Enterprise server, name its host in GH_HOST"
        )
    return found


@contextmanager
def asking(address: WebAddress) -> Iterator["Github"]:
    """Yield a client for the server of a repository; its refusals become errors with what to do."""
    import github

    base_url = pull_request.api_address(address.host)
    client = github.Github(auth=github.Auth.Token(pull_request.token()), base_url=base_url, lazy=False, retry=None)
    try:
        with pull_request.answering(base_url):
            yield client
    except github.GithubException as error:
        raise _refusal(address, error.status, error.message or "") from error
    finally:
        client.close()


def exists(entry: Entry) -> bool:
    """Return True if the image's repository is there. Raises LoginError and NoAnswerError."""
    import github

    address = address_of(entry)
    with asking(address) as client:
        try:
            client.get_repo(address.name)
        except github.UnknownObjectException:
            return False
    return True


def create(entry: Entry) -> str:
    """Create the image's repository, empty, and return its address."""
    address = address_of(entry)
    owner, _, name = address.name.partition("/")
    with asking(address) as client:
        user = client.get_user()
        place = user if user.login.lower() == owner.lower() else client.get_organization(owner)
        made = place.create_repo(
            name, private=entry.visibility != "public", description=entry.description, auto_init=False, has_wiki=False
        )
        return made.html_url


def settle(entry: Entry) -> tuple[str, ...]:
    """Set the topics and secrets that the repository lacks; return a line for each that could not be set.

    A secret's value is that of the environment variable with its name. It is encrypted for GitHub, and never shown.
    """
    if not entry.topics and not entry.secrets:
        return ()
    address = address_of(entry)
    with asking(address) as client:
        repository: Repository = client.get_repo(address.name)
        if entry.topics and not set(entry.topics) <= set(there := repository.get_topics()):
            repository.replace_topics(list(dict.fromkeys([*there, *entry.topics])))
        missing = set(entry.secrets) - {one.name for one in repository.get_secrets()} if entry.secrets else set()
        unset = []
        for name in sorted(missing):
            if os.environ.get(name):
                repository.create_secret(name, os.environ[name])
            else:
                unset.append(
                    f"secret {name} is not set: no variable has that name. gh secret set {name} --repo {address.name}"
                )
    return tuple(unset)


def _refusal(address: WebAddress, status: int, message: str) -> HubImagesError:
    owner = address.name.partition("/")[0]
    where = f"{address.host}/{address.name}"
    if status == 401:
        return LoginError("GitHub does not know the token in GH_TOKEN or GITHUB_TOKEN. Create a new one")
    if status in (403, 404):
        return LoginError(
            f"the token may not create {where}, or set its topics and secrets (it needs Administration and Secrets: "
            f"write, for {owner}): {message}"
        )
    if status == 422:
        return RefusedError(f"GitHub refuses {where}: {message}")
    return NoAnswerError(f"GitHub answered {status} for {where}, try again later: {message}")
