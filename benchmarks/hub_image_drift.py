"""How long were a hub image and its chart out of step in a repository's history, and what would have said so?

    python benchmarks/hub_image_drift.py REPOSITORY ...

Every state of the default branch is read as the check reads it, and counts for the days that it lasted.
"""

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from table import Row, machine, show

from hubimages.errors import BadInputError
from hubimages.hub_image.check.agreement import Agreement, compare
from hubimages.hub_image.dependencies import Reader
from hubimages.hub_image.reading import CONFIG, read_config
from hubimages.repository.git import Repo

DAY = 86_400
MATTER = ("chartpress.yaml", "Dockerfile", "Chart.yaml", "requirements.yaml")
Pair = tuple[str, str]


def reader_at(repo: Repo, commit: str) -> Reader:
    """Return a function that reads the files of a commit."""

    def read(path: str) -> str | None:
        name = f"{commit}:{path}"
        if next(iter(repo.batch_check([name])))[1] != "blob":
            return None
        return next(iter(repo.contents([name]))).decode(errors="replace")

    return read


def pair_at(repo: Repo, commit: str) -> Pair | None:
    """Return the chart's version and the image's tag; None if there is no hub image yet, or it cannot be read."""
    files = repo.text("ls-tree", "-r", "--name-only", commit).splitlines()
    for config in (file for file in files if file == CONFIG or file.endswith(f"/{CONFIG}")):
        try:
            charts = read_config(config, reader_at(repo, commit))
            for chart in charts:
                for base in (base for image in chart.images for base in image.bases or () if base.is_hub):
                    for dependency in chart.dependencies:
                        return dependency.version.scalar.value, base.reference().tag
        except BadInputError:
            continue
    return None


def states(repo: Repo) -> Iterator[tuple[int, Pair | None]]:
    """Yield when each state of the default branch began (seconds), in order; the last one is its end."""
    log = repo.text("log", "--first-parent", "-m", "--reverse", "--format=%x01%H %ct", "--name-only", "HEAD")
    for entry in log.split("\1")[1:]:
        head, *files = entry.split("\n")
        commit, time = head.split()
        if any(file.rpartition("/")[2].startswith(MATTER) for file in files):
            yield int(time), pair_at(repo, commit)
    yield int(repo.text("log", "-1", "--format=%ct", "HEAD")), None


def main() -> None:
    """Print a row for each repository, and one for each pair that is not in step."""
    parser = argparse.ArgumentParser(description="Count the days in which a hub image and its chart were out of step.")
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY", help="clones; they are only read")
    load, rows = os.getloadavg()[0], []
    for name in parser.parse_args().repositories:
        git_dir = Path(name) / ".git" if (Path(name) / ".git").exists() else Path(name)
        days: Counter[str] = Counter()
        pairs: Counter[Pair] = Counter()
        before: tuple[int, Pair | None] | None = None
        for now in states(Repo(git_dir)):
            if before and before[1]:
                lasted = (now[0] - before[0]) / DAY
                answer, _ = compare(*before[1])
                days["all"] += lasted  # type: ignore[assignment]
                days[answer.value] += lasted  # type: ignore[assignment]
                days["differ as text"] += lasted if before[1][0] != before[1][1] else 0  # type: ignore[assignment]
                if answer is not Agreement.AGREE:
                    pairs[before[1]] += lasted  # type: ignore[assignment]
            before = now
        text, out = days.pop("differ as text", 0), sum(pairs.values())
        short = Path(name).resolve().name
        every = days.pop("all", 0)
        rows.append(Row(f"{short}: out of step, of {every:.0f} days", f"{text:.1f} as text", f"{out:.1f}", "", "", ""))
        for (chart, image), count in pairs.items():
            why = compare(chart, image)[1]
            rows.append(Row(f"{short}: {chart} with {image}, {why}", "", f"{count:.1f} days", "", "", ""))
    show([*machine(load), "days of the default branch; theirs: compared as text"], rows)


if __name__ == "__main__":
    main()
