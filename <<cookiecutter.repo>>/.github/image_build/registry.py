"""Ask the registry, push, and check what was pushed, all through Docker and its login."""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import nox

from image_build import tags as tag_rules
from image_build.programs import Done, docker, git, git_agrees, inspect, last
from image_build.settings import where_set

REVISION = "org.opencontainers.image.revision"
NOT_LOGGED_IN = r"no basic auth|unauthorized|authentication required|\b401\b"
NO_RIGHT = r"denied|forbidden|insufficient|\b403\b"
NOT_THERE = r"not found|\b404\b|manifest unknown|name unknown|does not exist"
NO_ANSWER = r"\b(429|5\d\d)\b|too ?many ?requests|internal server error|timeout|refused|no such host|EOF"


@dataclass(frozen=True)
class Found:
    """A registry's answer about a tag: its digest, empty if there is no such tag, or why there is no answer."""

    digest: str = ""
    problem: str = ""


def look_up(reference: str) -> Found:
    """Look a tag up in the registry."""
    done = docker("buildx", "imagetools", "inspect", "--format", "{{json .Manifest}}", reference)
    if done.returncode == 0:
        return Found(json.loads(done.stdout)["digest"])
    said = done.stderr.replace(reference, "")
    return Found() if re.search(NOT_THERE, said, re.IGNORECASE) else Found(problem=last(done))


def manifest(reference: str) -> dict:
    """Return an image's manifest from the registry; empty if there is none."""
    done = docker("buildx", "imagetools", "inspect", "--raw", reference)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {}


def push_image(session: nox.Session, reference: str, image_id: str, tags: Sequence[str], settings: Mapping[str, str]) -> str:
    """Push the tested image under each tag, check the result, and return its digest in the registry."""
    if inspect(session, reference, "{{.Id}}") != image_id:
        session.error(f"not pushed: {reference} has changed since it was tested")
    name = reference.rpartition(":")[0]
    targets = [f"{name}:{tag}" for tag in tags]
    ours = {image_id, *digests(session, reference)}
    wanted = [target for target in targets if may_be_pushed(session, target, lambda there: is_one_of(there, ours))]
    if targets[0] not in wanted:  # an earlier run of this commit pushed it: the other tags are for that image
        retag(session, targets[0], wanted, settings)
        return look_up(targets[0]).digest
    for target in wanted:
        docker("tag", image_id, target)
        done = docker("push", target)
        if done.returncode:
            what = "nothing was pushed" if target == targets[0] else f"pushed as {targets[0]}, but not as {target}"
            session.error(f"{what}: {why_refused(done, target, settings)}")
    known = digests(session, reference)
    for target in wanted:
        check_pushed(session, target, known)
    return look_up(targets[0]).digest


def retag(session: nox.Session, source: str, targets: Sequence[str], settings: Mapping[str, str]) -> None:
    """Give an image in the registry more tags, and check them."""
    several = bool(listed(source))
    if targets and not several:
        docker("pull", source)
    for target in targets:
        if several:
            done = docker("buildx", "imagetools", "create", "--tag", target, source)  # copies the list as it is
        else:
            docker("tag", source, target)
            done = docker("push", target)
        if done.returncode:
            session.error(f"{source} is pushed, but not as {target}: {why_refused(done, target, settings)}")
        check_pushed(session, target, [look_up(source).digest])


def digests(session: nox.Session, reference: str) -> list[str]:
    """Return the registry digests that Docker knows for a local image."""
    known = json.loads(inspect(session, reference, "{{json .RepoDigests}}")) or []
    return [one.partition("@")[2] for one in known if one.startswith(reference.rpartition(":")[0] + "@")]


def may_be_pushed(session: nox.Session, target: str, is_ours: Callable[[str], bool]) -> bool:
    """Return whether to push under a tag, and log why not. Stop if the tag is another commit's, because hubs may run it."""
    found = look_up(target)
    if found.problem and re.search(NO_ANSWER, found.problem, re.IGNORECASE):
        host = target.split("/")[0]
        session.error(f"nothing was pushed: {host} did not answer properly. Try again later: nox -s push. {found.problem}")
    if not found.digest or is_ours(target):
        return True  # whoever may not look may not push either, and the push says why
    tag, theirs = target.rpartition(":")[2], revision(target)
    if tag_rules.moves(tag):
        newer = comes_after_this(theirs)
        if newer:
            session.warn(f"{target} stays where it is: {newer}")
        return not newer
    if theirs and theirs == git("rev-parse", "HEAD"):
        session.log(f"{target} stays: an earlier run pushed this commit's image ({found.digest})")
        return False
    if tag_rules.is_date(tag):
        session.warn(f"{target} stays: it is the image of commit {theirs[:12] or 'unknown'}, of the same minute")
        return False
    session.error(
        f"nothing was pushed: the registry already has {target}, with another digest ({found.digest}). A tag "
        "never moves, because hubs may run it. Use the image that is there, or make a new commit: "
        "git commit --allow-empty"
    )


def is_one_of(target: str, ours: set[str]) -> bool:
    """Return whether an image in the registry is one of ours, by its digest or that of its configuration."""
    return bool({look_up(target).digest, manifest(target).get("config", {}).get("digest")} & ours)


def revision(reference: str) -> str:
    """Return the commit ID in the labels of an image in the registry; empty if it has none."""
    done = docker("buildx", "imagetools", "inspect", "--format", "{{json .Image}}", reference)
    found = re.search(rf'"{re.escape(REVISION)}":\s*"([0-9a-f]{{40}})"', done.stdout)
    return found[1] if found else ""


def comes_after_this(commit: str) -> str:
    """Return why a moving tag must not move back to this commit's image; empty if it may."""
    if commit and commit != git("rev-parse", "HEAD") and git_agrees("merge-base", "--is-ancestor", "HEAD", commit):
        return f"it is the image of {commit[:12]}, which comes after this commit"
    branch = f"refs/remotes/origin/{os.environ.get('GITHUB_REF_NAME', '')}"
    if git_agrees("rev-parse", "--verify", branch) and not git_agrees("merge-base", "--is-ancestor", "HEAD", branch):
        return f"this commit is no longer on the branch {os.environ['GITHUB_REF_NAME']}"
    return ""


def check_pushed(session: nox.Session, reference: str, pushed: Sequence[str]) -> None:
    """Check that the registry now has what was pushed."""
    found = look_up(reference)
    if found.problem:
        session.error(f"pushed, but the registry does not confirm {reference}: {found.problem}")
    if found.digest not in pushed:
        session.error(f"the push of {reference} failed: the registry has {found.digest or 'nothing'}, not {', '.join(pushed)}")


def join(session: nox.Session, name: str, parts: Sequence[str], tags: Sequence[str], settings: Mapping[str, str]) -> str:
    """Put the images of several architectures, by digest, under the given tags. Return the digest of the result."""
    sources = [f"{name}@{digest}" for digest in parts]
    targets = [f"{name}:{tag}" for tag in tags]
    wanted = [target for target in targets if may_be_pushed(session, target, lambda there: listed(there) == set(parts))]
    if targets[0] not in wanted:
        retag(session, targets[0], wanted, settings)
        return look_up(targets[0]).digest
    words = [word for target in wanted for word in ("--tag", target)]
    done = docker("buildx", "imagetools", "create", *words, *sources)
    if done.returncode:
        session.error(f"nothing was pushed: {why_refused(done, targets[0], settings)}")
    for target in wanted:
        if listed(target) != set(parts):
            session.error(f"the push of {target} failed: the registry does not have {' and '.join(parts)} there")
    return look_up(targets[0]).digest


def listed(reference: str) -> set[str]:
    """Return the digests of the images that a tag of several architectures lists."""
    return {one["digest"] for one in manifest(reference).get("manifests", [])}


def why_refused(done: Done, reference: str, settings: Mapping[str, str]) -> str:
    """Explain a registry's refusal, with the remedy."""
    said = done.stderr.replace(reference, "")  # not stdout: digits in layer IDs look like a status
    host = reference.split("/")[0]
    if re.search(NOT_LOGGED_IN, said, re.IGNORECASE):
        return f"you are not logged in to {host}, or the password is wrong. Run docker login {host} ({where_set(settings)}). {last(done)}"
    if re.search(NO_RIGHT, said, re.IGNORECASE):
        return f"{host} does not allow you to push {reference}. Ask its owner for write access ({where_set(settings)}). {last(done)}"
    if re.search(NOT_THERE, said, re.IGNORECASE):
        return (
            f"{host} has no repository for {reference}, and a push does not create it. Create it (see README.md), or "
            f"correct IMAGE in noxfile.py. {last(done)}"
        )
    if re.search(NO_ANSWER, said, re.IGNORECASE):
        return f"{host} did not answer properly. Try again later: nox -s push. {last(done)}"
    return last(done)
