"""Put the images of both architectures under one tag."""

from collections.abc import Mapping, Sequence

import nox

from image_build import registry
from image_build.network import NotPushedError, patient
from image_build.visibility import warn_if_private


def join(session: nox.Session, name: str, parts: Sequence[str], tags: Sequence[str], settings: Mapping[str, str]) -> str:
    """Put the images of several architectures, by digest, under the given tags. Return the digest of the result."""
    targets = [f"{name}:{tag}" for tag in tags]
    try:
        digest = join_tags(session, [f"{name}@{part}" for part in parts], parts, targets, settings)
    except NotPushedError as error:
        session.error(str(error))
    warn_if_private(session, targets[0])
    return digest


def join_tags(
    session: nox.Session, sources: Sequence[str], parts: Sequence[str], targets: Sequence[str], settings: Mapping[str, str]
) -> str:
    """Put images under each tag. Raise NotPushedError if the registry does not have them everywhere at the end."""
    wanted = [target for target in targets if registry.may_be_pushed(session, target, lambda there: registry.listed(there) == set(parts))]
    if targets[0] not in wanted:
        registry.retag(session, targets[0], wanted, settings)
        return registry.look_up(targets[0], session).digest
    words = [word for target in wanted for word in ("--tag", target)]
    done = patient(session, "buildx", "imagetools", "create", *words, *sources)
    if done.returncode:
        raise NotPushedError(f"nothing was pushed: {registry.why_refused(done, targets[0], settings)}")
    for target in wanted:
        if registry.listed(target) != set(parts):
            raise NotPushedError(f"the push of {target} failed: the registry does not have {' and '.join(parts)} there")
    return registry.look_up(targets[0], session).digest
