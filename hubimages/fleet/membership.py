"""Which repositories were made from a template: by the record that they carry, or by GitHub's button."""

import re

from hubimages.fleet.clone import Clone
from hubimages.fleet.github import FleetGitHub
from hubimages.repository.pull_request import token, token_hosts
from hubimages.repository.web_address import web_address
from hubimages.template import RECORD

TEMPLATE = re.compile(r'^template: "?([^"\n\r]*)"?\r?$', re.MULTILINE)


def why_not(clone: Clone, template: str, github: FleetGitHub) -> str:
    """Return why a repository does not count as made from the template; "" if it does.

    Its record decides. One without a record counts if GitHub says that it was made from the template with GitHub's own
    button, which copies the files and leaves nothing in them.
    """
    found = TEMPLATE.search(clone.repo.answer("show", f"{clone.commit}:{RECORD}"))
    if found is not None:
        return "" if same_repository(found[1], template) else f"made from {found[1]}"
    web = clone.target.web
    if web is not None and web.host in token_hosts() and token() and (origin := github.template_of(web)):
        made_from = f"https://{web.host}/{origin}"
        return "" if same_repository(made_from, template) else f"made from {made_from}"
    return f"has no {RECORD}"


def same_repository(one: str, other: str) -> bool:
    """Return True if two addresses are of one repository, however they are written."""
    return _plain(one) == _plain(other)


def _plain(address: str) -> str:
    web = web_address(address)
    return f"{web.host}/{web.name}".lower() if web else address.removesuffix("/").removesuffix(".git")
