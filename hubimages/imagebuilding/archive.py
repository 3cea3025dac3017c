"""Unpack the archive of a chart, with limits: it comes from a repository of charts, or from people's own folders."""

import gzip
import zlib
from pathlib import Path

from hubimages.errors import BadInputError
from hubimages.unpacking import extract_all

MOST_BYTES = 100 << 20  # unpacked, as Helm's own limit: https://github.com/helm/helm/blob/main/pkg/chart/loader
MOST_ENTRIES = 10_000


def unpack(archive: Path, target: Path) -> None:
    """Put the chart of an archive at `target`, whose name is the chart's.

    Raises BadInputError if it is no archive, if it has links or leads out of the chart, and if it is too large.
    """
    import tarfile

    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            members: list[tarfile.TarInfo] = []
            for member in tar:
                if tar.offset > MOST_BYTES or len(members) >= MOST_ENTRIES:
                    raise BadInputError(
                        f"{archive} has more than {MOST_BYTES >> 20} MB or {MOST_ENTRIES} files, as no chart has"
                    )
                if member.name == target.name or member.name.startswith(f"{target.name}/"):
                    if not (member.isreg() or member.isdir()):  # `helm package` writes no others
                        raise BadInputError(
                            f"{archive} is no archive of the chart {target.name}: {member.name} is a link or a device"
                        )
                    members.append(member)
            extract_all(tar, target.parent, members)
    except (
        tarfile.TarError,
        gzip.BadGzipFile,
        zlib.error,
        EOFError,
        LookupError,
        ValueError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise BadInputError(f"{archive} is no archive of the chart {target.name}: {error}") from error
