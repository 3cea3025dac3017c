"""Scan a history: every blob and every message of it, each once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from hubimages import console
from hubimages.repository.git import Repo
from hubimages.scanning.baseline import Baseline
from hubimages.scanning.blobs import Blob, Contents, contents
from hubimages.scanning.engines import encrypted
from hubimages.scanning.engines.blob import Verdict
from hubimages.scanning.engines.processes import Order, examine_all
from hubimages.scanning.engines.text import Hit
from hubimages.scanning.finding import DECRYPTED, LARGE, NOT_SCANNED, Finding, Report, ordered
from hubimages.scanning.programs import Program
from hubimages.scanning.scanners import Scanners, find_scanners

LARGEST = 50 * 1024 * 1024  # bytes
OWN = "hubimages"


def scan(
    repository: Repo,
    refs: Sequence[str],
    *,
    scanners: Scanners | None = None,
    baseline: Baseline | None = None,
    largest: int = LARGEST,
) -> Report:
    """Return what is in the history of the refs that should not be published.

    `refs`: refs or commits, with `^` those whose history is left out; `scanners`: those of this machine if None;
    `baseline`: the user's own if None; `largest`: bytes, above which a file is a finding and is not read. Nothing is
    written but the baseline. Raises NotInstalledError without any scanner.
    """
    scanners = scanners or find_scanners()
    if baseline is None:
        with Baseline() as own:
            return scan(repository, refs, scanners=scanners, baseline=own, largest=largest)
    there = contents(repository, refs)
    small = {**{name: blob for name, blob in there.blobs.items() if blob.size <= largest}, **there.messages}
    verdicts, examined = _verdicts(repository, small, scanners, baseline)
    at_tips = _at_tips(repository, refs)
    findings = _findings(there, small, verdicts, at_tips)
    findings += [
        Finding(LARGE, blob.id, 1, blob.commit, blob.paths[0], tuple(blob.paths[1:]), blob.id in at_tips)
        for blob in there.blobs.values()
        if blob.size > largest
    ]
    states = Counter(verdict.state for verdict in verdicts.values() if verdict)
    return Report(
        findings=ordered(findings),
        commits=there.commits,
        blobs=len(there.blobs),
        messages=len(there.messages),
        examined=examined,
        scanners=scanners.names,
        not_searched={
            kind: states[state]
            for state, kind in (("archive", "archives, which are not unpacked"), ("encrypted", "encrypted files"))
            if states[state]
        },
        note=f"nothing is kept for the next scan: {baseline.problem}" if baseline.problem else "",
    )


def _verdicts(
    repository: Repo, blobs: Mapping[str, Blob], scanners: Scanners, baseline: Baseline
) -> tuple[dict[str, Verdict | None], int]:
    """Return the verdict on every blob, and how many blobs were not known yet. None: given up."""
    names = {blob.id: blob.name for blob in blobs.values()}
    engine = f"{OWN} {scanners.plugins}"
    found: dict[str, Verdict | None] = dict(baseline.known(engine, names))
    new = [Order(blob.id, blob.name, blob.text) for blob in blobs.values() if blob.id not in found]
    done: list[tuple[str, str, Verdict]] = []
    with console.counting("scanning files and messages", len(new)) as one_more:
        for order, verdict in examine_all(repository, new, baseline.salt, plugins=bool(scanners.plugins)):
            found[order.key] = verdict
            if verdict is not None and verdict.state != "missing":
                done.append((order.key, order.name, verdict))
            one_more()
    baseline.keep(engine, done)
    for program in scanners.programs:
        _ask_program(program, repository, blobs, found, baseline)
    return found, len(new)


def _ask_program(
    program: Program,
    repository: Repo,
    blobs: Mapping[str, Blob],
    found: dict[str, Verdict | None],
    baseline: Baseline,
) -> None:
    """Add what a program finds on lines where nothing was found yet."""
    readable = {name: blob for name, blob in blobs.items() if (one := found[name]) and not one.state}
    known = baseline.known(program.name, {blob.id: blob.name for blob in readable.values()})
    new = {name: blob for name, blob in readable.items() if name not in known}
    hits = program.hits(repository, list(new.values()), baseline.salt)
    fresh = {name: Verdict(tuple(hits.get(name, ()))) for name in new}
    baseline.keep(program.name, ((name, new[name].name, verdict) for name, verdict in fresh.items()))
    for name, verdict in {**known, **fresh}.items():
        before = found[name]
        assert before is not None
        lines = {hit.line for hit in before.hits}
        found[name] = Verdict((*before.hits, *(hit for hit in verdict.hits if hit.line not in lines)), before.state)


def _findings(
    there: Contents, blobs: Mapping[str, Blob], verdicts: Mapping[str, Verdict | None], at_tips: set[str]
) -> list[Finding]:
    """Return one finding for every secret, at the first place that has it."""
    places: dict[tuple[str, str], list[tuple[Blob, Hit]]] = {}
    decrypted = _decrypted(there, verdicts)
    for name, blob in blobs.items():
        verdict = verdicts[name]
        if verdict is None or verdict.state == "missing":
            places[NOT_SCANNED, name] = [(blob, Hit(NOT_SCANNED, 1))]
            continue
        hits = [*([Hit(DECRYPTED, 1)] if name in decrypted else []), *verdict.hits]
        for hit in hits:
            places.setdefault((hit.kind, hit.same or name), []).append((blob, hit))
    return [
        Finding(
            hit.kind,
            blob.id,
            hit.line,
            blob.commit,
            blob.paths[0] if blob.paths else "",
            _others(found),
            any(each.id in at_tips for each, _ in found),
        )
        for found in places.values()
        for blob, hit in found[:1]
    ]


def _others(found: Sequence[tuple[Blob, Hit]]) -> tuple[str, ...]:
    """Return the further places of a secret, each path and line once."""
    places = [
        (f"{path}:{hit.line}" if path else f"message of {blob.commit[:12]}")
        for blob, hit in found
        for path in (blob.paths or [""])
    ]
    return tuple(dict.fromkeys(place for place in places if place != places[0]))


def _decrypted(there: Contents, verdicts: Mapping[str, Verdict | None]) -> set[str]:
    """Return the blobs that are the plaintext of an encrypted file: at a path that other commits have encrypted."""
    paths = {
        path
        for name, blob in there.blobs.items()
        if (verdict := verdicts.get(name)) and verdict.state == "encrypted"
        for path in blob.paths
    }
    return {
        name
        for name, blob in there.blobs.items()
        if blob.size
        and (verdict := verdicts.get(name))
        and verdict.state != "encrypted"
        and (verdict.state == "decrypted" or any(path in paths or encrypted.is_named_so(path) for path in blob.paths))
    }


def _at_tips(repository: Repo, refs: Iterable[str]) -> set[str]:
    """Return the blobs in the last tree of each ref."""
    found: set[str] = set()
    for ref in (ref for ref in refs if not ref.startswith("^")):
        listed = repository.read("ls-tree", "-r", "-z", "--full-tree", ref)
        found |= {line.split(b"\t")[0].split(b" ")[2].decode() for line in listed.split(b"\0") if line}
    return found
