"""Roles, services and code of the hub, as JupyterHub reads them when it starts.

Scopes, role names and service fields are JupyterHub's own (jupyterhub/scopes.py, roles.py, services/service.py).
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

from hubimages import systems
from hubimages.errors import NotInstalledError
from hubimages.imagebuilding.check.finding import Finding, Subject, warning
from hubimages.imagebuilding.check.kubernetes.light_client import imported_when_used
from hubimages.imagebuilding.check.misspelt import near
from hubimages.imagebuilding.layer import Encrypted
from hubimages.yaml_text import Path

HUB: Path = ("jupyterhub", "hub")
ROLE_KEYS = ("name", "description", "scopes", "users", "groups", "services")
STOPS = "JupyterHub does not start"
FILTERS = ("user", "service", "group", "server")
Check = Callable[[Subject, Path, str, dict[str, Any]], Iterator[Finding]]
"""Checks a role or service: the subject, its path, its name and its fields."""


@functools.cache
def _modules() -> tuple[Any, Any, Any]:
    """Return jupyterhub's scopes, roles and service modules. Raises NotInstalledError."""
    try:
        with imported_when_used():
            from jupyterhub import roles, scopes
            from jupyterhub.services import service
    except ImportError:
        raise NotInstalledError(f"jupyterhub is not installed: {systems.install_line('imagebuilding')}") from None
    return scopes, roles, service


def roles(subject: Subject) -> Iterator[Finding]:
    """Check that JupyterHub can load every role. Raises NotInstalledError."""
    yield from _each(subject, "loadRoles", "role", "write scopes, users, groups and services below it", _role)


def _each(subject: Subject, key: str, noun: str, remedy: str, check: Check) -> Iterator[Finding]:
    """Check every mapping below a key of the hub; what is not a mapping is a finding."""
    for name, fields in subject.values.mapping(*HUB, key).items():
        path = (*HUB, key, name)
        if fields is None:
            continue
        if not isinstance(fields, dict):
            message = f"{noun} {name!r} is not a mapping"
            yield Finding(f"{noun}-shape", subject.values.place(*path), message, STOPS, remedy)
            continue
        yield from check(subject, path, str(fields.get("name") or name), fields)


def _role(subject: Subject, path: Path, name: str, role: dict[str, Any]) -> Iterator[Finding]:
    values = subject.values
    scopes_module, roles_module, _ = _modules()
    try:
        roles_module._validate_role_name(name)
    except Exception:
        yield Finding(
            "role-name", values.place(*path), f"role name {name!r} is not valid", STOPS,
            "use 3 to 255 lowercase letters, digits and -._~, starting with a letter",
        )  # fmt: skip
    for key, value in role.items():
        if key not in ROLE_KEYS:
            meant = near(key, ROLE_KEYS)
            yield Finding(
                "role-key-unknown", values.place(*path, key),
                f"unknown key {key!r} in role {name!r}" + (f": did you mean {meant!r}?" if meant else ""),
                "JupyterHub silently ignores it", f"rename it to {meant!r}" if meant else "remove it",
                change={(*path, key): None, **({(*path, meant): value} if meant else {})},
            )  # fmt: skip
    for key in ("scopes", "users", "groups", "services"):
        value = role.get(key)
        if value is not None and not isinstance(value, list) and not isinstance(value, Encrypted):
            yield Finding(
                "role-shape", values.place(*path, key), f"{key} of role {name!r} is not a list", STOPS,
                f"write a list: {key}: [{value}]" if isinstance(value, str) else "write a list",
                change={(*path, key): [value]} if isinstance(value, str) else {},
            )  # fmt: skip
    scopes = role.get("scopes")
    if name == "admin" and scopes:
        yield Finding(
            "role-admin", values.place(*path, "scopes"), "the scopes of role 'admin' cannot be changed", STOPS,
            "give the scopes to another role", change={(*path, "scopes"): None},
        )  # fmt: skip
    for number, scope in enumerate(scopes if isinstance(scopes, list) else ()):
        yield from _scope(subject, (*path, "scopes", number), name, scope, scopes_module)
    yield from _role_services(subject, path, name, role)


def _scope(subject: Subject, path: Path, role: str, scope: object, module: Any) -> Iterator[Finding]:
    values = subject.values
    known = {*module.scope_definitions, *values.mapping(*HUB, "config", "JupyterHub", "custom_scopes")}
    text = scope if isinstance(scope, str) else str(scope)
    name, mark, rest = text.partition("!")
    if name in known and (not mark or rest in FILTERS[:2] or rest == "server" or _filter(rest)):
        if name not in module.scope_definitions:
            return
        try:
            module._check_scopes_exist([text])
        except Exception as error:
            yield _unknown_scope(subject, path, role, text, str(error), "")
        return
    if name.startswith("custom:") and "custom_scopes" in _code(subject):
        return
    meant = near(name, known) if name not in known else ""
    said = f"did you mean {meant + mark + rest!r}?" if meant else ""
    if name in known:
        said = f"filters are {', '.join(f'!{one}=NAME' for one in FILTERS)}"
    yield _unknown_scope(subject, path, role, text, said, f"{meant}{mark}{rest}" if meant else "")


def _filter(rest: str) -> bool:
    kind, equals, name = rest.partition("=")
    return kind in FILTERS and bool(equals) and bool(name)


def _unknown_scope(subject: Subject, path: Path, role: str, scope: str, said: str, meant: str) -> Finding:
    return Finding(
        "scope-unknown", subject.values.place(*path),
        f"JupyterHub does not know scope {scope!r} of role {role!r}" + (f": {said}" if said else ""), STOPS,
        "use a scope of https://jupyterhub.readthedocs.io/en/stable/rbac/scopes.html",
        change={path: meant} if meant else {},
    )  # fmt: skip


def _role_services(subject: Subject, path: Path, name: str, role: dict[str, Any]) -> Iterator[Finding]:
    values = subject.values
    known = {*values.mapping(*HUB, "services"), "jupyterhub-idle-culler"}
    listed = role.get("services")
    for number, service in enumerate(listed if isinstance(listed, list) else ()):
        if service in known or subject.not_read or str(service) in _code(subject):
            continue
        meant = near(service, known)
        others = [one for one in listed or () if one != service]
        yield Finding(
            "role-service-unknown", values.place(*path, "services", number),
            f"role {name!r} names service {service!r}, which is not in hub.services"
            + (f": did you mean {meant!r}?" if meant else ""),
            STOPS, "define the service in hub.services, or remove it from the role",
            change={(*path, "services"): [*others, meant] if meant else others},
        )  # fmt: skip


def _code(subject: Subject) -> str:
    snippets = subject.values.mapping(*HUB, "extraConfig").values()
    files = subject.values.mapping(*HUB, "extraFiles").values()
    texts = [snippet for snippet in snippets if isinstance(snippet, str)]
    texts += [str(one.get("stringData", "")) for one in files if isinstance(one, dict)]
    return "\n".join(texts)


def services(subject: Subject) -> Iterator[Finding]:
    """Check that JupyterHub can load every service. Raises NotInstalledError."""
    values = subject.values
    given = values.get(*HUB, "services")
    if isinstance(given, list):
        yield Finding(
            "service-shape", values.place(*HUB, "services"), "hub.services is a list, not a mapping of names",
            "the chart cannot read it, and the hub does not start", "write NAME: {url: ...} below hub.services",
            change={(*HUB, "services"): {
                one["name"]: {key: value for key, value in one.items() if key != "name"}
                for one in given if isinstance(one, dict) and "name" in one
            }},
        )  # fmt: skip
    yield from _each(subject, "services", "service", "write its fields below it, for example url", _service)


def _service(subject: Subject, path: Path, name: str, fields: dict[str, Any]) -> Iterator[Finding]:
    values = subject.values
    module = _modules()[2]
    import traitlets  # a dependency of JupyterHub

    made = module.Service()
    traits = made.traits(input=True)
    for key, value in {"name": name, **fields}.items():
        if key == "apiToken" or isinstance(value, Encrypted):
            continue
        if key not in traits:
            meant = near(key, traits)
            yield Finding(
                "service-key-unknown", values.place(*path, key),
                f"JupyterHub's services have no field {key!r} (service {name!r})"
                + (f": did you mean {meant!r}?" if meant else ""),
                STOPS, f"rename it to {meant!r}" if meant else "remove it",
                change={(*path, key): None, **({(*path, meant): value} if meant else {})},
            )  # fmt: skip
            continue
        try:
            setattr(made, key, value)
        except (traitlets.TraitError, ValueError) as error:
            code = "oauth-client-id" if key == "oauth_client_id" and isinstance(value, str) else "service-field"
            yield Finding(
                code, values.place(*path, key), f"service {name!r}: {' '.join(str(error).split())}", STOPS,
                "write service-NAME" if code == "oauth-client-id" else f"correct {key}, or remove it",
                change={(*path, key): f"service-{name}" if code == "oauth-client-id" else None},
            )  # fmt: skip
    url = fields.get("url")
    readable = isinstance(url, str) and url and not isinstance(url, Encrypted)
    if readable and name != "binder" and not str(url).startswith(("http://", "https://")):  # `binder` has its own rule
        good = f"http://{str(url).partition('://')[2] or url}"
        yield Finding(
            "service-url-scheme", values.place(*path, "url"), f"service {name!r}: url {url!r} has no http://",
            STOPS, f"write {good}", change={(*path, "url"): good},
        )  # fmt: skip
    oauth = [key for key in ("oauth_client_id", "oauth_no_confirm") if fields.get(key) not in (None, "")]
    if oauth and not url and not fields.get("oauth_redirect_uri") and name != "binder" and not subject.not_read:
        yield Finding(
            "service-redirect-missing", values.place(*path), f"service {name!r} has {oauth[0]}, but no url and no "
            "oauth_redirect_uri", STOPS, "set its url, or oauth_redirect_uri for a service elsewhere",
            change={(*path, oauth[0]): None},
        )  # fmt: skip


def code(subject: Subject) -> Iterator[Finding]:
    """Check that code in extraConfig of the hub and of BinderHub is valid Python."""
    values = subject.values
    for path, program in (((*HUB, "extraConfig"), "JupyterHub"), (("binderhub-service", "extraConfig"), "BinderHub")):
        for name, snippet in values.mapping(*path).items():
            if not isinstance(snippet, str) or isinstance(snippet, Encrypted):
                continue
            try:
                compile(snippet, name, "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                line = getattr(error, "lineno", None)
                at = f"line {line} of it: " if line else ""
                yield Finding(
                    "extra-config-syntax", values.place(*path, name),
                    f"{'.'.join(map(str, path[1:]))}.{name} is not valid Python: {at}{getattr(error, 'msg', error)}",
                    f"{program} does not start", "correct the code", change={(*path, name): None},
                )  # fmt: skip


def sections(subject: Subject) -> Iterator[Finding]:
    """Check that sections of hub.config are names of classes."""
    values = subject.values
    config = (*HUB, "config")
    for name, given in values.mapping(*config).items():
        if not str(name)[:1].isupper():
            elsewhere = name in ("loadRoles", "services", "extraConfig", "extraEnv")
            yield Finding(
                "hub-config-section", values.place(*config, name), f"hub.config.{name} is not the name of a class",
                "the hub of the jupyterhub chart does not start",
                f"move it to hub.{name}" if elsewhere else "use the name of a class, such as JupyterHub",
                change={(*config, name): None, **({(*HUB, str(name)): given} if elsewhere else {})},
            )  # fmt: skip
        elif given is not None and not isinstance(given, dict | Encrypted):
            yield Finding(
                "hub-config-section", values.place(*config, name), f"hub.config.{name} is not a mapping of options",
                "the hub does not start", "write OPTION: VALUE below it", change={(*config, name): None},
            )  # fmt: skip


def keeps_self(subject: Subject) -> Iterator[Finding]:
    """Check that the role of users keeps its default scope, and that scopes of services name known ones."""
    values = subject.values
    key = (*HUB, "loadRoles")
    scopes = values.get(*key, "user", "scopes")
    if isinstance(scopes, list) and "self" not in scopes:
        yield Finding(
            "role-user-self-missing", values.place(*key, "user", "scopes"), "loadRoles.user.scopes has no `self`",
            "the list replaces the default: users lose the right to their own servers and tokens",
            "add `self` to the list", change={(*key, "user", "scopes"): ["self", *scopes]},
        )  # fmt: skip
    known = values.mapping(*HUB, "services")
    for role, spec in values.mapping(*key).items():
        listed = spec.get("scopes") if isinstance(spec, dict) else None
        for number, scope in enumerate(listed if isinstance(listed, list) else ()):
            name = str(scope).partition("!service=")[2]
            if not str(scope).startswith("access:services!") or not name or name in known or subject.not_read:
                continue
            if name in _code(subject):
                continue
            meant = near(name, known) or ("binder" if name.startswith("binder") else "")
            yield warning(Finding(
                "scope-service-unknown", values.place(*key, role, "scopes", number),
                f"scope {scope!r} names a service that is not in hub.services",
                "it grants access to nothing", "name the service as in hub.services, for example `binder`",
                change={(*key, role, "scopes", number): f"access:services!service={meant}"} if meant else {},
            ))  # fmt: skip


RULES = (sections, roles, services, code, keeps_self)
