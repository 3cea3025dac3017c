"""The registry of built images: the prefix of their names, and the registry's address and account.

BinderHub appends a slug to image_prefix. It asks the registry with DockerRegistry whether an image exists
(binderhub/registry.py). Build pods push with buildPodsRegistryCredentials
(templates/build-pods-docker-config/secret.yaml). All three must be at one registry.
"""

from collections.abc import Iterator

from hubimages.errors import BadInputError
from hubimages.image_ref import ImageRef
from hubimages.imagebuilding.check.finding import Finding, Subject, warning
from hubimages.imagebuilding.image_prefix import PREFIX, with_prefix
from hubimages.imagebuilding.layer import Encrypted
from hubimages.imagebuilding.registry_kinds import RegistryKind, address_host, kind_of, prefix_host, split_address
from hubimages.imagebuilding.values import Values

SERVICE = "binderhub-service"
CONFIG = (SERVICE, "config")
REGISTRY = (*CONFIG, "DockerRegistry")
PUSH = (SERVICE, "buildPodsRegistryCredentials")
DOCKER_HUB = "https://registry-1.docker.io"
NO_PUSH = "the registry refuses the push of every build"
# BinderHub logs a refused lookup and builds (binderhub/builder.py).
NO_LOOKUP = "BinderHub cannot see which images exist, and builds each again"
JSON_KEYS = ("_json_key", "_json_key_base64", "oauth2accesstoken")


def prefix(subject: Subject) -> Iterator[Finding]:
    """Check that image_prefix is set, fits the registry, and is this hub's alone."""
    values = subject.values
    text = values.text(*PREFIX)
    place = values.place(*PREFIX)
    if isinstance(values.get(*PREFIX), Encrypted):
        return
    if not text:
        yield Finding(
            "prefix-missing", place, "config.BinderHub.image_prefix of binderhub-service is not set",
            "BinderHub then pushes to names on Docker Hub that belong to others",
            "set image_prefix, for quay.io to quay.io/ORGANISATION/CLUSTER-HUB-",
            change={PREFIX: "quay.io/ORGANISATION/CLUSTER-HUB-"},
        )  # fmt: skip
        return
    if "://" in text:
        yield Finding(
            "prefix-scheme", place, f"image_prefix {text!r} begins with a scheme",
            "image names have no scheme: every push fails", f"write {text.partition('://')[2]!r}",
            change={PREFIX: text.partition("://")[2]},
        )  # fmt: skip
        return
    host = prefix_host(text)
    kind = kind_of(host)
    if kind.name == "gcr.io":
        yield Finding(
            "prefix-gcr", place, f"image_prefix {text!r} is on gcr.io, which Google shut down",
            "nothing can be pushed there",
            "create a repository in Artifact Registry and use REGION-docker.pkg.dev/PROJECT/REPOSITORY/",
            change={PREFIX: "REGION-docker.pkg.dev/PROJECT/REPOSITORY/"},
        )  # fmt: skip
        return
    yield from _shape(text, kind, subject)
    yield from prefix_is_unique(text, subject)


def _shape(text: str, kind: RegistryKind, subject: Subject) -> Iterator[Finding]:
    place = subject.values.place(*PREFIX)
    try:
        ImageRef.parse(f"{text}x:1")
    except BadInputError as error:
        yield Finding(
            "prefix-invalid", place, f"image_prefix {text!r} does not make valid image names: {error}",
            "every push fails", f"use the form {kind.example}", change={PREFIX: kind.example},
        )  # fmt: skip
        return
    parts = text.split("/")[1:] if kind.name != "Docker Hub" or text.startswith("docker.io/") else text.split("/")
    if len(parts) <= kind.least or not all(parts[: kind.least]):
        yield Finding(
            "prefix-ending", place,
            f"image_prefix {text!r} is too short: {kind.name} needs {kind.example}",
            "BinderHub appends the image's name to the prefix, so it pushes to a repository that does not exist",
            f"end it as in {kind.example}", change={PREFIX: kind.example},
        )  # fmt: skip
    elif not text.endswith(kind.endings):
        yield warning(Finding(
            "prefix-ending", place,
            f"image_prefix {text!r} must end with {' or '.join(map(repr, kind.endings))} on {kind.name}",
            "BinderHub appends the image's name to the prefix without a separator", f"use the form {kind.example}",
            change={PREFIX: f"{text}{kind.endings[0]}"},
        ))  # fmt: skip


def _own(text: str, subject: Subject) -> str:
    """Return a prefix like the present one for this hub alone."""
    kind = kind_of(prefix_host(text))
    head, slash, _ = text.rstrip("/").rpartition("/")
    return f"{head}{slash}{subject.hub.cluster}-{subject.hub.name}{kind.endings[0]}"


def prefix_is_unique(text: str, subject: Subject) -> Iterator[Finding]:
    """Check that no other hub has the prefix."""
    place = subject.values.place(*PREFIX)
    sharing = with_prefix(subject.prefixes, text)
    if len({*sharing, subject.hub.label}) < 2:
        return
    named = ", ".join(f"{hub} ({at.file}:{at.line})" for hub, at in sorted(sharing.items()))
    yield warning(Finding(
        "prefix-shared", place, f"{len(sharing)} hubs have image_prefix {text!r}: {named}",
        "each hub starts images that the other pushed under the same name, and a cleanup for one hub removes "
        "images of the other",
        "give each hub its own prefix, for example ending in CLUSTER-HUB-", change={PREFIX: _own(text, subject)},
    ))  # fmt: skip


def credentials(subject: Subject) -> Iterator[Finding]:
    """Check the registry's address and account, for the lookup and for the push."""
    values = subject.values
    text = values.text(*PREFIX)
    host = prefix_host(text) if text and "://" not in text and not values.is_encrypted(*PREFIX) else ""
    if host and kind_of(host).name == "gcr.io":
        return
    yield from _use_registry(subject)
    if not values.get(*REGISTRY, "url") and host and host != "docker.io":
        yield warning(Finding(
            "registry-url-missing", values.place(*REGISTRY, "url"),
            f"config.DockerRegistry.url is not set, but images are pushed to {host}",
            "BinderHub then looks for the image on Docker Hub, never finds it, and builds it each time",
            f"set config.DockerRegistry.url to https://{host}, with username and password",
            change={(*REGISTRY, "url"): f"https://{host}"},
        ))  # fmt: skip
    yield from _path(subject)
    yield from _docker_hub(subject, text, host)
    yield from _address(subject, (*REGISTRY, "url"), host)
    yield from _address(subject, (*PUSH, "server"), host)
    yield from _account(subject, host)


def _path(subject: Subject) -> Iterator[Finding]:
    """BinderHub appends /v2/NAME/manifests/TAG to the address (binderhub/registry.py)."""
    values = subject.values
    key = (*REGISTRY, "url")
    address = values.text(*key)
    parts = split_address(address)
    if address and not values.is_encrypted(*key) and parts.hostname and parts.path:
        wanted = f"{parts.scheme}://{parts.netloc}"
        if address_host(address) == "docker.io":
            wanted = DOCKER_HUB
        yield warning(Finding(
            "registry-url-path", values.place(*key), f"config.DockerRegistry.url {address!r} has a path",
            "BinderHub looks for images below that path, never finds one, and builds each again", f"write {wanted}",
            change={key: wanted},
        ))  # fmt: skip


def _docker_hub(subject: Subject, text: str, host: str) -> Iterator[Finding]:
    if host != "docker.io":
        return
    values = subject.values
    server = values.text(*PUSH, "server")
    other = "" if values.is_encrypted(*PUSH, "server") or address_host(server) == host else address_host(server)
    message = (
        f"image_prefix {text!r} has no registry" if not text.startswith("docker.io/") else "images are on Docker Hub"
    )
    yield warning(Finding(
        "prefix-docker-hub", values.place(*PREFIX), f"{message}: builds push to Docker Hub",
        "Docker Hub limits pulls, which keeps servers from starting",
        f"write {other or 'REGISTRY'}/{text.removeprefix('docker.io/')}, or use another registry",
        change={PREFIX: f"{other or 'quay.io'}/{text.removeprefix('docker.io/')}"},
    ))  # fmt: skip


def _use_registry(subject: Subject) -> Iterator[Finding]:
    values = subject.values
    key = (*CONFIG, "BinderHub", "use_registry")
    if values.get(*key) is not True:
        yield Finding(
            "use-registry-off", values.place(*key), "config.BinderHub.use_registry is not true",
            "build pods get the registry's password only with it, so nothing can be pushed",
            "set config.BinderHub.use_registry: true", change={key: True},
        )  # fmt: skip


def _address(subject: Subject, key: tuple[str, ...], host: str) -> Iterator[Finding]:
    values = subject.values
    address = values.text(*key)
    if not address or values.is_encrypted(*key):
        return
    name = ".".join(key[1:])
    if key[-1] == "url" and "://" not in address:
        yield Finding(
            "registry-url-scheme", values.place(*key), f"{name} {address!r} has no https://",
            "BinderHub cannot use it as an address, and its lookup of images fails",
            f"write https://{address}", change={key: f"https://{address}"},
        )  # fmt: skip
    if host and address_host(address) != host:
        push = key[-1] == "server"
        found = Finding(
            "registry-host-differs", values.place(*key),
            f"{name} is at {address_host(address)!r}, but image_prefix is at {host!r}",
            "builds are pushed to one registry with the account of another, and the push fails"
            if push
            else "BinderHub looks for images at another registry than builds push to, and builds each again",
            f"write https://{host}", change={key: f"https://{host}"},
        )  # fmt: skip
        yield found if push else warning(found)


def _account(subject: Subject, host: str) -> Iterator[Finding]:
    values = subject.values
    for section, what, code in ((REGISTRY, "config.DockerRegistry", "registry"), (PUSH, PUSH[1], "push")):
        if section == REGISTRY and not values.get(*REGISTRY, "url"):
            continue
        for key in ("server", "username", "password"):
            if (key == "server" and section == REGISTRY) or values.get(*section, key) or other_account(values, section):
                continue
            found = Finding(
                f"{code}-{key}-missing", values.place(*section, key), f"{what} has no {key}",
                NO_PUSH if section == PUSH else NO_LOOKUP,
                f"set {what}.{key}" + (", in the hub's encrypted file" if key == "password" else ""),
                change={(*section, key): f"https://{host}" if key == "server" else key.upper()},
            )  # fmt: skip
            yield found if section == PUSH else warning(found)
    yield from _one_source(subject)
    for section, what in ((REGISTRY, "config.DockerRegistry"), (PUSH, PUSH[1])):
        user = values.text(*section, "username")
        kind = kind_of(host).name if host else ""
        if not user or values.is_encrypted(*section, "username"):
            continue
        if kind == "Google Artifact Registry" and user not in JSON_KEYS:
            yield _wrong_user(subject, section, what, user, "_json_key", "a service account's key")
        elif kind == "quay.io" and user in JSON_KEYS:
            yield _wrong_user(subject, section, what, user, "ORGANISATION+ROBOT", "a robot account")


def other_account(values: Values, section: tuple[str, ...]) -> bool:
    """Return True if the account comes from other settings of the charts, or from BinderHub's registry_class."""
    if values.text(*CONFIG, "BinderHub", "registry_class").endswith("ExternalRegistryHelper"):
        return True  # the helper makes a login for each build, and answers what is there
    if section == PUSH:
        return bool(values.get(SERVICE, "buildPodsDockerConfig", "auths"))
    return bool(values.get(*CONFIG, "DockerRegistry", "docker_config_path"))


def _wrong_user(
    subject: Subject, section: tuple[str, ...], what: str, user: str, wanted: str, with_what: str
) -> Finding:
    found = Finding(
        "registry-account-wrong", subject.values.place(*section, "username"),
        f"{what}.username {user!r} is not an account of this registry",
        f"this registry needs {with_what} and refuses the login: "
        + ("no build can be pushed" if section == PUSH else NO_LOOKUP),
        f"use {wanted}", change={(*section, "username"): wanted},
    )  # fmt: skip
    return found if section == PUSH else warning(found)


def _one_source(subject: Subject) -> Iterator[Finding]:
    values = subject.values
    for key in ("username", "password"):
        first, second = values.get(*REGISTRY, key), values.get(*PUSH, key)
        if not isinstance(first, str) or not isinstance(second, str) or not first or not second:
            continue
        if isinstance(first, Encrypted) or isinstance(second, Encrypted) or first == second:
            continue
        other = values.place(*REGISTRY, key)
        yield warning(Finding(
            "credentials-differ", values.place(*PUSH, key),
            f"buildPodsRegistryCredentials.{key} differs from config.DockerRegistry.{key} ({other.file}:{other.line})",
            "one of them is out of date: either the push or the lookup of images fails",
            "use the same account in both, for example with an anchor and an alias",
            change={(*PUSH, key): first},
        ))  # fmt: skip


RULES = (prefix, credentials)
