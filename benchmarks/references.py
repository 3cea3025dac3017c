"""Image references: ours beside what people use today, on the same files, in one run.

    python benchmarks/references.py [FOLDER] [--edits 60] [--runs 9] [--go-yq PATH] [--bump-action CHECKOUT]

Four parts: edits, the scan of a repository, the whole process, the dates of 300 tags. Without FOLDER, on 600 files
that are made for it. Every edit changes one tag at one place; Helm's own parser says what was changed. Peers that no
package registry has are given by path; what is not there is left out with a word. Slower than wished is no failure:
this measures, tests test.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import references_corpus
import references_edits
import references_judge
import references_scan
import references_sides
import registry_dates
from sides import isolate
from table import Row, compared, machine, seconds, show

from hubimages.yaml_text import UnreadableYamlError, scalars
from tests.engine.install import EngineUnavailableError

REPEAT = 5


def main() -> None:
    """Measure what was asked for, and print it."""
    options = arguments()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="hubimages-benchmark-") as directory:
        folder = options.folder or Path(directory) / "corpus"
        if not options.folder:
            references_corpus.write(folder)
        sides = references_sides.all_sides(options.bump_action, options.go_yq, Path(directory))
        texts = references_edits.read_texts(folder)
        edits = references_edits.find(texts, options.edits)
        if not edits:
            raise SystemExit(f"no image in {folder}")
        scores = references_judge.measure(sides, edits)
        rows = [edit_row(scores), *clean_rows(scores), *parse_rows(folder, texts)]
        isolate(Path(directory))
        repository = options.folder or references_scan.made(Path(directory) / "deployment")
        facts, more = references_scan.measure(repository, Path(directory), options.runs)
        rows += [*more, *date_rows(Path(directory))]
    parts = (f"{name} {version(name)}" for name in ("ruamel.yaml", "pyyaml", "helm-python-sdk"))
    files = len({edit.file for edit in edits})
    show([*machine(load), ", ".join(parts), f"{len(edits)} edits in {files} of {len(texts)} files", *facts], rows)
    print(table(scores, [side for side in sides if side.write is None]))  # noqa: T201


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare ways to change an image's tag in YAML files.")
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="YAML files; they are only read")
    parser.add_argument("--edits", type=int, default=60, help="how many, evenly spread; 0 for all (default: 60)")
    parser.add_argument("--runs", type=int, default=9, help="of scan and process (default: 9)")
    parser.add_argument("--go-yq", type=Path, metavar="PATH", help="the program of github.com/mikefarah/yq")
    parser.add_argument("--bump-action", type=Path, metavar="CHECKOUT", help="of sgibson91/bump-jhub-image-action")
    options = parser.parse_args()
    for place in (options.folder, options.bump_action):
        if place and not place.is_dir():
            parser.error(f"no such directory: {place}")
    if options.go_yq and not options.go_yq.is_file():
        parser.error(f"no such file: {options.go_yq}")
    return options


def date_rows(folder: Path) -> list[Row]:
    """The dates of 300 tags; a row that says why not, where no registry can be had."""
    try:
        return registry_dates.measure(folder, 300, REPEAT)
    except EngineUnavailableError as reason:
        return [Row(f"dates of 300 tags: left out, {reason}", "", "", "", "", "")]


def edit_row(scores: Sequence[references_judge.Score]) -> Row:
    """One tag, parsed, written and verified, beside a round trip."""
    us, ruamel = scores[0].median, scores[1].median
    return compared("one tag: parse, edit, verify / ruamel.yaml", ruamel, us, 20)


def clean_rows(scores: Sequence[references_judge.Score]) -> list[Row]:
    """Edits that change what was meant and nothing else, and the lines that others change without need."""
    us, *others = scores

    def shown(score: references_judge.Score) -> str:
        return f"{score.clean} of {len(score.seconds)}, {score.noise} other lines"

    all_clean = "met" if us.clean == len(us.seconds) else "NOT MET"
    rows = [Row("clean edits", "", shown(us), "", "all", all_clean)]
    return rows + [Row(f"clean edits, {each.side.name}", shown(each), shown(us), "", "", "") for each in others]


def parse_rows(folder: Path, texts: dict[str, str]) -> list[Row]:
    """Every scalar of every file, and of those that name an image, beside reading the bytes of all."""
    reading = median(lambda: [(folder / file).read_bytes() for file in texts])
    some = [text for text in texts.values() if "image" in text]
    rows = []
    for name, chosen in (("every file", list(texts.values())), (f"the {len(some)} with 'image'", some)):
        taken = median(lambda chosen=chosen: [parse(text) for text in chosen])  # type: ignore[misc]
        ratio = f"{taken / reading:.0f} times"
        rows.append(Row(f"all scalars of {name} / reading bytes", seconds(reading), seconds(taken), ratio, "", ""))
    return rows


def parse(text: str) -> None:
    """Find the scalars of a text that may be no YAML."""
    try:
        scalars(text)
    except UnreadableYamlError:
        return


def median(work: Callable[[], object]) -> float:
    """Seconds."""
    taken = []
    for _ in range(REPEAT):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def table(scores: Sequence[references_judge.Score], missing: Sequence[references_sides.Side]) -> str:
    """All sides, a line each."""
    cells = [("", "clean edits", "noise lines", "missed", "wrong places", "errors", "one edit")]
    for score in scores:
        counts = (f"{score.clean}/{len(score.seconds)}", score.noise, score.missed, score.wrong, score.errors)
        cells.append((score.side.name, *map(str, counts), f"{score.median * 1000:.1f} ms"))
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        "  ".join([name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))])
        for name, *rest in cells
    ]
    return "\n".join(["", *lines, *(f"{side.name}: left out, needs {side.missing}" for side in missing)])


if __name__ == "__main__":
    main()
