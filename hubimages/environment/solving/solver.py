"""Solve with py-rattler, the library of pixi."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hubimages import systems
from hubimages.environment.solving.request import ARCHITECTURES, Request
from hubimages.errors import BadInputError, NoAnswerError, NotInstalledError
from hubimages.run import disk_failure

# The oldest that the base image of repo2docker (Ubuntu 22.04) and those of pangeo and docker-stacks have.
GLIBC = "2.35"


@dataclass(frozen=True)
class Solution:
    """What one platform gets: py-rattler's records, or the solver's explanation of why nothing fits."""

    platform: str
    records: Sequence[Any] = field(default=(), repr=False)  # thousands, and asyncio asks for the repr of a result
    conflict: str = ""


@dataclass(frozen=True)
class Answer:
    """The solution for each platform, and the pip packages that the channels have."""

    solutions: Sequence[Solution]
    also_in_conda: Sequence[str] = ()


def solve(request: Request, extra: str = "solve") -> Answer:
    """Return the solutions. Raises NoAnswerError without channels, StorageError if py-rattler cannot write its cache,
    BadInputError for a bad spec, and NotInstalledError, which names the `extra` of the task.
    """
    try:
        import rattler
        from rattler import exceptions
    except ImportError as error:
        raise NotInstalledError(f"py-rattler is not installed. Run {systems.install_line(extra)}") from error
    try:
        specs = [rattler.MatchSpec(text) for text in request.conda]
    except exceptions.InvalidMatchSpecError as error:
        raise BadInputError(f"{request.file}: {_one_line(error)}") from error
    return asyncio.run(_solve_all(rattler, exceptions, request, specs))


async def _solve_all(rattler: Any, exceptions: Any, request: Request, specs: list[Any]) -> Answer:
    try:
        return await _ask(rattler, exceptions, request, specs, rattler.Gateway())
    except NoAnswerError as error:
        if "304 Not Modified" not in str(error):
            raise
        # py-rattler 0.28 does not accept this answer for the index of a sharded channel, which web servers without
        # ETag give from the second time on. The index in one piece is there as well.
        whole = rattler.Gateway(default_config=rattler.SourceConfig(sharded_enabled=False))
        return await _ask(rattler, exceptions, request, specs, whole)


async def _ask(rattler: Any, exceptions: Any, request: Request, specs: list[Any], gateway: Any) -> Answer:
    channels = [rattler.Channel(name) for name in request.channels]
    solutions = []
    try:
        for platform in request.platforms:
            solutions.append(await _solve(rattler, exceptions, gateway, channels, specs, platform))
        also = await _also_in_conda(rattler, gateway, channels, request)
    except (
        exceptions.GatewayError,
        exceptions.FetchRepoDataError,
        exceptions.IoError,
    ) as error:
        said = _one_line(error)
        raise disk_failure(said) or NoAnswerError(f"the channels cannot be read: {said}") from error
    return Answer(solutions, also)


async def _solve(
    rattler: Any, exceptions: Any, gateway: Any, channels: list[Any], specs: list[Any], platform: str
) -> Solution:
    try:
        records = await rattler.solve(
            sources=channels,
            specs=specs,
            gateway=gateway,
            platforms=[platform, "noarch"],
            virtual_packages=virtual_packages(rattler, platform),
        )
    except exceptions.SolverError as error:
        return Solution(platform, conflict=str(error).strip())
    return Solution(platform, sorted(records, key=lambda record: record.name.normalized))


async def _also_in_conda(rattler: Any, gateway: Any, channels: list[Any], request: Request) -> list[str]:
    names = sorted({spec.name for spec in request.pip if spec.name})
    if not names:
        return []
    platforms = [request.platforms[0], "noarch"]
    found = await gateway.query(channels, platforms, [rattler.MatchSpec(name) for name in names], recursive=False)
    return sorted({record.name.normalized for records in found for record in records} & set(names))


def virtual_packages(rattler: Any, platform: str) -> list[Any]:
    """Return what the base image is for the solver: Linux, its C library and its architecture."""
    told = (
        ("__unix", "0", "0"),
        ("__linux", "5.15", "0"),
        ("__glibc", GLIBC, "0"),
        ("__archspec", "1", ARCHITECTURES[platform]),
    )
    return [
        rattler.GenericVirtualPackage(rattler.PackageName(name), rattler.Version(version), rattler.BuildString(build))
        for name, version, build in told
    ]


def _one_line(error: Exception) -> str:
    """Return an error's text with its causes, in one line."""
    parts = [str(error).strip()]
    while error.__cause__ is not None:
        error = error.__cause__  # type: ignore[assignment]
        parts.append(str(error).strip())
    return " ".join(" ".join(parts).split())[:400]
