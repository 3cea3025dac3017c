"""Ask the registry, push, and check what was pushed, all through Docker and its login."""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import nox

from image_build import tags as tag_rules
from image_build.network import NO_ANSWER, NO_RIGHT, NOT_LOGGED_IN, NOT_THERE, NotPushedError, keep, patient
from image_build.programs import Done, docker, git, git_agrees, inspect, last
from image_build.settings import where_set
from image_build.visibility import warn_if_private

REVISION = "org.opencontainers.image.revision"
# How many commits to search for an earlier image. The workflows check out at least as many.
COMMITS = 20
Upload = Callable[[nox.Session, str, str, Sequence[str], Mapping[str, str]], None]
Copy = Callable[[nox.Session, str, str], Done]


@dataclass(frozen=True)
class Found:
    """A registry's answer about a tag: its digest, empty if there is no such tag, or why there is no answer."""

    digest: str = ""
    problem: str = ""


def look_up(reference: str, session: nox.Session | None = None) -> Found:
    """Look a tag up in the registry: again and again if a session is given."""
    words = ("buildx", "imagetools", "inspect", "--format", "{{json .Manifest}}", reference)
    done = patient(session, *words) if session else docker(*words)
    if done.returncode == 0:
        return Found(json.loads(done.stdout)["digest"])
    said = done.stderr.replace(reference, "")
    return Found() if re.search(NOT_THERE, said, re.IGNORECASE) else Found(problem=last(done))


def newest_earlier(name: str, *, but: str = "") -> str:
    """Return the newest image in the registry of this commit or an earlier one, except `but`.

    It is empty if there is none, or if the registry does not say.
    """
    architecture = os.environ.get("ARCHITECTURE", "")
    for commit in git("rev-list", f"--max-count={COMMITS}", "HEAD").splitlines():
        reference = f"{name}:{commit[:12]}" + (f"-{architecture}" if architecture else "")
        found = Found() if reference == but else look_up(reference)
        if found.digest or found.problem:
            return "" if found.problem else reference
    return ""


def manifest(reference: str) -> dict:
    """Return an image's manifest from the registry; empty if there is none."""
    done = docker("buildx", "imagetools", "inspect", "--raw", reference)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {}


def push_image(
    session: nox.Session, reference: str, image_id: str, tags: Sequence[str], settings: Mapping[str, str],
    upload: Upload | None = None, copy: Copy | None = None,
) -> str:
    """Push the tested image under each tag, check the result, and return its digest in the registry.

    Docker pushes and copies it, unless `upload` and `copy` do.
    """
    if inspect(session, reference, "{{.Id}}") != image_id:
        session.error(f"not pushed: {reference} has changed since it was tested")
    name = reference.rpartition(":")[0]
    targets = [f"{name}:{tag}" for tag in tags]
    try:
        ours = {image_id, *digests(session, reference)}
        wanted = [target for target in targets if may_be_pushed(session, target, lambda there: is_one_of(there, ours))]
        if targets[0] in wanted:
            (upload or push_tags)(session, reference, image_id, wanted, settings)
        else:  # an earlier run of this commit pushed it: the other tags are for that image
            retag(session, targets[0], wanted, settings, copy)
    except NotPushedError as error:
        session.error(f"{error}{keep(session, targets, image_id)}")
    warn_if_private(session, targets[0])
    return look_up(targets[0], session).digest


def push_tags(
    session: nox.Session, reference: str, image_id: str, targets: Sequence[str], settings: Mapping[str, str]
) -> None:
    """Push an image under each tag. Raise NotPushedError if the registry does not have it everywhere at the end."""
    for target in targets:
        docker("tag", image_id, target)
        done = patient(session, "push", target)
        if done.returncode:
            what = "nothing was pushed" if target == targets[0] else f"pushed as {targets[0]}, but not as {target}"
            raise NotPushedError(f"{what}: {why_refused(done, target, settings)}")
    known = digests(session, reference)
    for target in targets:
        check_pushed(session, target, known)


def retag(
    session: nox.Session, source: str, targets: Sequence[str], settings: Mapping[str, str], copy: Copy | None = None
) -> None:
    """Give an image in the registry more tags, and check them."""
    for target in targets:
        done = (copy or copy_tag)(session, source, target)
        if done.returncode:
            raise NotPushedError(f"{source} is pushed, but not as {target}: {why_refused(done, target, settings)}")
        check_pushed(session, target, [look_up(source, session).digest])


def copy_tag(session: nox.Session, source: str, target: str) -> Done:
    """Give an image in the registry another tag."""
    if listed(source):
        return patient(session, "buildx", "imagetools", "create", "--tag", target, source)  # copies the list as it is
    patient(session, "pull", source)
    docker("tag", source, target)
    return patient(session, "push", target)


def digests(session: nox.Session, reference: str) -> list[str]:
    """Return the registry digests that Docker knows for a local image."""
    known = json.loads(inspect(session, reference, "{{json .RepoDigests}}")) or []
    return [one.partition("@")[2] for one in known if one.startswith(reference.rpartition(":")[0] + "@")]


def may_be_pushed(session: nox.Session, target: str, is_ours: Callable[[str], bool]) -> bool:
    """Return whether to push under a tag, and log why not. Stop if the tag is another commit's, because hubs may run it."""
    found = look_up(target, session)
    if found.problem and re.search(NO_ANSWER, found.problem, re.IGNORECASE):
        host = target.split("/")[0]
        raise NotPushedError(f"nothing was pushed: {host} did not answer properly. Try again later: nox -s push. {found.problem}")
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
    found = look_up(reference, session)
    if found.problem:
        raise NotPushedError(f"pushed, but the registry does not confirm {reference}: {found.problem}")
    if found.digest not in pushed:
        raise NotPushedError(f"the push of {reference} failed: the registry has {found.digest or 'nothing'}, not {', '.join(pushed)}")


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
