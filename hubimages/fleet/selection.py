"""Which repositories a person means: those of a file, of an organisation on GitHub, or made from a template."""

from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError
from hubimages.fleet.address import Target, read_addresses
from hubimages.fleet.github import FleetGitHub
from hubimages.fleet.programs import Programs
from hubimages.repository.proposals.github import host as github_host
from hubimages.template import RECORD


def select(repos: str | None, github: str | None, made_from: str | None) -> tuple[Target, ...]:
    """Return the repositories; `made_from` alone has GitHub's code search find them by their records.

    With another source it does not select here: whether a repository was made from the template is in its files.
    Raises BadInputError if there is no source or two.
    """
    if repos and github:
        raise BadInputError("--repos and --github both name the repositories. Leave one out")
    if repos:
        return read_addresses(Path(repos))
    asked = FleetGitHub(github_host(), console.step, Programs().wait)
    if github:
        owner, _, pattern = github.partition("/")
        if not owner:
            raise BadInputError(f"--github={github}: write ORG or ORG/PATTERN")
        repositories, archived = asked.repositories(owner, pattern or "*")
        if archived:
            console.step(f"left out, because archived: {', '.join(archived)}")
        return repositories
    if made_from:
        found = asked.with_file(RECORD, made_from.removesuffix(".git"))
        if not found:
            raise BadInputError(f"GitHub's code search finds no {RECORD} that names {made_from}")
        return found
    raise BadInputError("name the repositories with --repos=FILE, --github=ORG or --made-from=ADDRESS")
