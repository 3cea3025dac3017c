"""Give production hubs the images that their staging hubs have run long enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hubimages.duration import in_words
from hubimages.image_ref import ImageRef
from hubimages.references.change.bump import possible
from hubimages.references.change.history import Since, since
from hubimages.references.change.kept import Kept, in_order, point
from hubimages.references.change.pairs import Pair, pairs, to_follow
from hubimages.references.change.plan import TagPlan, Wanted, notes_of
from hubimages.references.change.point import check_tag
from hubimages.references.find.scan import find_references
from hubimages.references.keep.comment import Comment
from hubimages.references.keep.covering import Covering, covering
from hubimages.references.keep.rule import FOLLOW
from hubimages.references.reference import Form, Inventory, Reference, is_user_image
from hubimages.references.selection import Selection, named
from hubimages.registry import Registries
from hubimages.repository import changes
from hubimages.repository.delivery import Delivery
from hubimages.repository.git import Repo

ROOTS = {"singleuser", "KubeSpawner", "profileList", "profile_list"}  # where the values of user images begin


@dataclass(frozen=True)
class Promoted:
    """What one run moves, and why the rest stays."""

    moves: dict[Reference, Reference] = field(default_factory=dict)  # of production: what staging has there
    kept: list[Kept] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def plan_promotion(
    directory: Path,
    staging: str | None,
    production: Sequence[str],
    wanted: Delivery,
    *,
    after: timedelta,
    registries: Registries | None,
    hubs_file: Path | None = None,
    also_automated: bool = False,
    now: datetime | None = None,
) -> TagPlan:
    """Return the plan that points each production hub at what its staging hub has run for at least `after`.

    Places are compared one by one, and choices of profile lists by their slugs. A comment (`hubimages.references.keep`)
    holds a place, or gives it another hub to follow and another time. With `registries` every tag must exist. The plan
    can be without changes. Raises BadInputError without a pair, and what `changes_of` raises.
    """
    now = now or datetime.now(UTC)
    repo = changes.deployment_repository(directory)
    inventory = find_references(directory, hubs_file)
    found = Promoted()
    covered = covering(inventory)
    together = pairs(inventory, staging, production, after)
    for pair in together:
        _compare(repo, inventory, covered, pair, now, found)
    if not also_automated:
        for each in [each for each in found.moves if each.owner]:
            new = found.moves.pop(each)
            reason = f"{each.owner} keeps it up to date"
            found.kept.append(Kept(each, new.version, reason, "To move it anyway, add --also-automated"))
    made, refused = possible(repo, inventory, _wanted(found.moves, registries))
    chosen = Selection(tuple(dict.fromkeys(each.production for each in together)))
    notes = [*found.notes, *(note for change in made for note in notes_of(inventory, change, chosen))]
    because = "\n".join(dict.fromkeys(found.reasons)) if made else ""
    kept = in_order([*found.kept, *refused])
    return TagPlan(repo, inventory, made, wanted, list(dict.fromkeys(notes)), because, kept)


def nothing_to_promote(plan: TagPlan) -> str:
    """Return what to say about a plan without changes."""
    last = "nothing to do: production runs what staging runs"
    if plan.kept:
        last = "nothing to do: no image is due, as listed"
    return "\n".join([*map(str, plan.kept), *plan.notes, last])


def _compare(repo: Repo, inventory: Inventory, covered: Covering, pair: Pair, now: datetime, found: Promoted) -> None:
    """Compare the user images of two hubs, place by place, and add what moves and what does not."""
    theirs = _places(inventory, pair.staging)
    ours = _places(inventory, pair.production)
    differ = []
    for key, each in ours.items():
        rule = covered.of(each, now)
        source, after = _source(inventory, pair, rule, each)
        here = theirs if source == pair.staging else _places(inventory, source)
        new = here.get(key)
        if new is not None and new is not each and _image(new) != _image(each):
            differ.append((each, new, source, after, rule))
    for here, hub, other in ((ours, pair.production, theirs), (theirs, pair.staging, ours)):
        alone = [each for key, each in here.items() if key not in other]
        if alone:
            places = named([f"{each.file}:{each.line} {_shown(each)}" for each in alone])
            found.notes.append(f"note: only {hub} has {places}")
    dates = since(repo, [each for pair_ in differ for each in pair_[:2]], now)
    for each, new, source, after, rule in differ:
        reason = _why_not(each, new, source, after, rule, dates, now)
        if reason is not None:
            found.kept.append(reason)
            continue
        known = found.moves.setdefault(each, new)
        if _image(known) != _image(new):
            del found.moves[each]
            what = f"its hubs would need both {known.version} and {new.version}"
            found.kept.append(Kept(each, new.version, what, "First set the tag in each hub's own values file"))
            continue
        found.reasons.append(f"{source} has run {new.image} {_for_how_long(dates[new], now)}.")


def _places(inventory: Inventory, hub: str) -> dict[tuple[object, ...], Reference]:
    """Return the user images of a hub by place; those that nothing tells apart are left out."""
    found: dict[tuple[object, ...], list[Reference]] = {}
    for each in inventory.references:
        if hub in each.hubs and each.name and each.form is not Form.DOCKERFILE and is_user_image(each):
            found.setdefault(_key(each), []).append(each)
    return {key: here[0] for key, here in found.items() if len({_image(each) for each in here}) == 1}


def _key(reference: Reference) -> tuple[object, ...]:
    """Return the place in the values of a hub, wherever these values are: without list indexes if slugs tell more."""
    steps = list(reference.path)
    start = next((at for at, step in enumerate(steps) if step in ROOTS), 0)
    inner = steps[start:]
    if reference.profile:
        inner = [step for step in inner if isinstance(step, str)]
    if inner and inner[-1] in ("name", "tag", "newTag", "digest"):
        inner = inner[:-1]  # one hub may have name and tag, another the tag alone
    return (*inner, reference.profile, reference.choice)


def _source(inventory: Inventory, pair: Pair, rule: Comment | None, reference: Reference) -> tuple[str, timedelta]:
    """Return the hub that a place follows, and for how long it waits."""
    if rule is None or rule.rule.kind != FOLLOW or rule is pair.comment:
        return pair.staging, pair.after
    return to_follow(inventory, pair.production, rule), rule.rule.after


def _why_not(
    each: Reference,
    new: Reference,
    source: str,
    after: timedelta,
    rule: Comment | None,
    dates: Mapping[Reference, Since],
    now: datetime,
) -> Kept | None:
    """Return why a place stays as it is; None if it moves."""
    remedy = f"To move it: {point(each, new.version)}"
    if rule is not None and rule.rule.kind != FOLLOW:
        return Kept(each, new.version, f"{rule.rule.text} ({rule.place})", remedy)
    theirs, ours = dates[new], dates[each]
    what = ""
    if each.repository != new.repository:
        what = f"{source} runs another image there, {new.image}"
        command = f"hubimages point-hubs {new.image} --instead-of={each.repository} --file={each.file}"
        remedy = f"To take it: {command}"
    elif new.invalid or new.floats:
        what = f"{source} runs a tag that moves or is not valid, {new.version}"
    elif not theirs.commit:
        what, remedy = f"{source} has {new.version} in the work tree, but not committed", "Commit it"
    elif ours.when > theirs.when and ours.commit != theirs.commit:
        what = f"it got its tag on {ours.when:%Y-%m-%d}, after {source} got {new.version} on {theirs.when:%Y-%m-%d}"
    elif max(now - theirs.when, timedelta()) < after and not theirs.at_least:  # a clock may be wrong
        what = f"{source} has run {new.version} {_for_how_long(theirs, now)}, less than {in_words(after)}"
        remedy = f"Wait, or change --after. {remedy}"
    return Kept(each, new.version, what, remedy) if what else None


def _wanted(moves: Mapping[Reference, Reference], registries: Registries | None) -> list[Wanted]:
    """Return what to set, by image and tag, with the digest if one of its places is pinned."""
    by_image: dict[ImageRef, list[Reference]] = {}
    for each, new in moves.items():
        by_image.setdefault(_image(new), []).append(each)
    wanted = []
    for image in sorted(by_image, key=str):
        digest = check_tag(registries, image) if registries is not None and image.tag else ""
        wanted.append(Wanted(image, by_image[image], image.digest or digest))
    return wanted


def _image(reference: Reference) -> ImageRef:
    return ImageRef(reference.host, reference.name, reference.tag, reference.digest)


def _shown(reference: Reference) -> str:
    choice = " ".join(filter(None, (reference.profile, reference.choice)))
    return f"{choice or reference.values_path} ({reference.image})"


def _for_how_long(found: Since, now: datetime) -> str:
    """Return `for 12 days, since 2026-11-03`."""
    least = "at least " if found.at_least else ""
    return f"for {least}{in_words(now - found.when)}, since {found.when:%Y-%m-%d}"
