"""Spread a run over many machines: the shards as a job matrix for GitHub Actions, and their tables joined again."""

import json
from collections.abc import Sequence
from pathlib import Path

from hubimages import console, json_text
from hubimages.errors import BadInputError, NoAnswerError
from hubimages.fleet.address import Target, shards
from hubimages.fleet.outcome import FAILED, Outcome
from hubimages.fleet.report import Report

MOST_JOBS = 256  # of a matrix: https://docs.github.com/en/actions/reference/limits


def job_matrix(repositories: Sequence[Target], number: int) -> str:
    """Return the JSON of a matrix with at most `number` jobs: each with its number and its addresses, one a line.

    The addresses are in it, so that all jobs mean the same repositories, whatever is added or renamed meanwhile.
    """
    if not 1 <= number <= MOST_JOBS:
        raise BadInputError(f"--matrix={number}: give a number from 1 to {MOST_JOBS}, which GitHub takes at most")
    if secret := next((each for each in repositories if console.censor(each.address) != each.address), None):
        raise BadInputError(f"the address of {secret.name} has a login, which a matrix would show. Take it out")
    parts = enumerate(shards(repositories, number), 1)
    jobs = [{"shard": index, "repositories": "\n".join(each.address for each in part)} for index, part in parts]
    return json.dumps({"include": jobs})


def join(folder: Path, repositories: Sequence[Target]) -> Report:
    """Return one report from the JSON reports in a folder, with a row for each of the repositories.

    A repository without a result is a failure, and so is everything in a file that cannot be read: its job was stopped.
    """
    if not folder.is_dir():
        raise BadInputError(f"no directory {folder}. Name the one with the JSON reports")
    found: dict[str, Outcome] = {}
    commands: dict[str, None] = {}
    for file in sorted(folder.glob("*.json")):
        try:
            report = json_text.loads(file.read_bytes())
            rows = [Outcome.from_json(row) for row in report["repositories"]]
            commands.setdefault(str(report["command"]))
        except json_text.NotJsonError as error:
            console.step(f"{file.name} is no report of each: {error}")
            continue
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            console.step(f"{file.name} is no report of each: {type(error).__name__}: {error}")
            continue
        found |= {row.address: row for row in rows}
    if len(commands) > 1:
        raise BadInputError(f"{folder} has reports of several commands: {', '.join(commands)}")
    wanted = [(console.censor(each.address), each.name) for each in repositories]
    missing = "no result: its job was stopped, or did not start"
    joined = tuple(
        found.get(address) or Outcome(name, address, FAILED, missing, NoAnswerError.exit_code)
        for address, name in wanted
    )
    return Report(next(iter(commands), "each"), joined)
