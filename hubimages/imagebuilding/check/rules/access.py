"""The connection between hub and BinderHub: the service, its address, the roles, the hub's API.

The form calls /services/binder/build/ with the user's token (jupyterhub-fancy-profiles). JupyterHub's proxy routes that
to the service `binder`. BinderHub, with auth_enabled, asks the hub's API whose token it is.
"""

from collections.abc import Iterator
from typing import Any

from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.rules.registry import CONFIG, SERVICE
from hubimages.imagebuilding.hubs import PLAIN
from hubimages.imagebuilding.registry_kinds import split_address

HUB = ("jupyterhub", "hub")
BINDER = (*HUB, "services", "binder")
PATH = "/services/binder"
API_URL, ACCESS_SCOPES = "JUPYTERHUB_API_URL", "JUPYTERHUB_OAUTH_ACCESS_SCOPES"
ACCESS = "access:services!service=binder"
ALL_ACCESS = (ACCESS, "access:services")
NETWORK_LABEL = "hub.jupyter.org/network-access-hub"


def service(subject: Subject) -> Iterator[Finding]:
    """Check that the hub has the service `binder`, and that its URL leads to BinderHub."""
    values = subject.values
    if not values.get(*BINDER):
        yield Finding(
            "binder-service-missing", values.place(*BINDER), "hub.services has no `binder`",
            "the form calls /services/binder, which does not exist: no image can be built",
            "add hub.services.binder with url: http://binderhub:8090",
        )  # fmt: skip
        return
    url = values.text(*BINDER, "url")
    place = values.place(*BINDER, "url")
    port = values.get(SERVICE, "service", "port", default=80)
    if not url:
        yield Finding(
            "binder-service-url-missing", place, "hub.services.binder has no url",
            "JupyterHub's proxy has no route to BinderHub", f"set url: http://binderhub:{port}",
        )  # fmt: skip
        return
    parts = split_address(url)
    try:
        given = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        given = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or given != port:
        yield Finding(
            "binder-service-port", place,
            f"hub.services.binder.url {url!r} does not lead to binderhub-service's port {port}",
            "JupyterHub's proxy gets no answer", f"write http://binderhub:{port}",
        )  # fmt: skip
    name = _service_name(subject)
    if name and parts.hostname and parts.hostname.partition(".")[0] != name:
        yield Finding(
            "binder-service-host", place,
            f"hub.services.binder.url {url!r} does not lead to the Service {name!r}",
            "the cluster has no such host, and the proxy answers 503", f"write http://{name}:{port}",
        )  # fmt: skip


def _service_name(subject: Subject) -> str:
    """Return the name of BinderHub's Kubernetes Service; empty if it depends on the name of the release."""
    for manifest in subject.rendered.find(SERVICE, "Service", "binderhub"):
        return manifest.name
    override = subject.values.data.get(SERVICE, {}).get("fullnameOverride", "")
    if not isinstance(override, str):
        return ""
    return f"{override}-binderhub" if override else "binderhub"


def addresses(subject: Subject) -> Iterator[Finding]:
    """Check that base_url is the service's path, the hub is at the root, and BinderHub can build without launching."""
    values = subject.values
    key = (*CONFIG, "BinderHub", "base_url")
    base = values.get(*key)
    if not isinstance(base, str) or base.rstrip("/") != PATH:
        yield Finding(
            "binder-base-url", values.place(*key), f"config.BinderHub.base_url is {base!r}, not {PATH!r}",
            "the form calls that path, and BinderHub answers 404", f"set base_url: {PATH}",
        )  # fmt: skip
    hub_base = values.get(*HUB, "baseUrl", default="/")
    if hub_base != "/":
        yield Finding(
            "hub-base-url", values.place(*HUB, "baseUrl"), f"hub.baseUrl is {hub_base!r}",
            "jupyterhub-fancy-profiles loads its form only from /hub/, so the page stays at 'Loading form...'",
            "serve the hub at the root of its domain",
        )  # fmt: skip
    key = (*CONFIG, "BinderHub", "enable_api_only_mode")
    if values.get(*key, default=True) is not True:
        yield Finding(
            "api-only-mode-off", values.place(*key), "config.BinderHub.enable_api_only_mode is off",
            "BinderHub refuses to build without launching, which the form asks for", "set it to true",
        )  # fmt: skip


def hub_api(subject: Subject) -> Iterator[Finding]:
    """Check that, with auth on, BinderHub knows the address of the hub's API and may reach it."""
    values = subject.values
    if not auth_on(subject):
        return
    found = _environment(subject, API_URL)
    place = values.place(SERVICE, "extraEnv")
    where = f"http://hub.{subject.hub.name if subject.hub.cluster else 'NAMESPACE'}.svc.cluster.local:8081/hub/api"
    if found is None and not any(values.get(*CONFIG, name, "api_url") for name in ("HubAuth", "HubOAuth")):
        if not subject.not_read:
            yield Finding(
                "hub-api-url-missing", place, f"binderhub-service.extraEnv has no {API_URL}",
                "BinderHub cannot ask the hub whose token it got, and refuses every build (a list in a later file "
                "replaces the earlier list)", f"add {{name: {API_URL}, value: {where}}}",
            )  # fmt: skip
    elif isinstance(found, str):
        parts = split_address(found)
        host = (parts.hostname or "").split(".")
        elsewhere = subject.hub.cluster and host[2:3] in ([], ["svc"]) and host[1:2] not in ([], [subject.hub.name])
        if parts.scheme not in ("http", "https") or parts.path.rstrip("/") != "/hub/api" or elsewhere:
            yield Finding(
                "hub-api-url-wrong", place, f"{API_URL} is {found!r}, which is not this hub's API",
                "BinderHub asks another server whose token it got, and refuses every build", f"use {where}",
            )  # fmt: skip
        elif parts.port not in (8081, None) or (parts.port is None and host[0] == "hub"):
            yield Finding(
                "hub-api-url-wrong", place, f"{API_URL} is {found!r}; the hub's API listens on port 8081",
                "BinderHub gets no answer, and refuses every build", f"use {where}",
            )  # fmt: skip
    yield from _network(subject)


def _network(subject: Subject) -> Iterator[Finding]:
    values = subject.values
    label = values.get(SERVICE, "podLabels", NETWORK_LABEL)
    pods = [
        manifest.data.get("spec", {}).get("template", {}).get("metadata", {}).get("labels") or {}
        for manifest in subject.rendered.find(SERVICE, "Deployment", "binderhub")
    ]
    wrong = any(str(labels.get(NETWORK_LABEL)) != "true" for labels in pods)
    if wrong or (label is not None and str(label).lower() != "true"):
        yield Finding(
            "network-access-hub", values.place(SERVICE, "podLabels", NETWORK_LABEL),
            f"BinderHub's pod does not have the label {NETWORK_LABEL}: \"true\"",
            "the hub's NetworkPolicy admits only pods with it, so BinderHub cannot ask who a user is",
            f'set binderhub-service.podLabels to {{{NETWORK_LABEL}: "true"}}, or use a newer binderhub-service',
        )  # fmt: skip


def roles(subject: Subject) -> Iterator[Finding]:
    """Check that the roles keep what users had, and grant access to the service where BinderHub asks for it."""
    values = subject.values
    key = (*HUB, "loadRoles")
    scopes = values.get(*key, "user", "scopes")
    if isinstance(scopes, list) and "self" not in scopes:
        yield Finding(
            "role-user-self-missing", values.place(*key, "user", "scopes"), "loadRoles.user.scopes has no `self`",
            "the list replaces the default: users lose the right to their own servers and tokens",
            "add `self` to the list",
        )  # fmt: skip
    granted = dict(_scopes(values.mapping(*key)))
    services = values.mapping(*HUB, "services")
    for (role, number), scope in granted.items():
        name = scope.partition("!service=")[2]
        if scope.startswith("access:services!") and name not in services and not subject.not_read:
            yield Finding(
                "scope-service-unknown", values.place(*key, role, "scopes", number),
                f"scope {scope!r} names a service that is not in hub.services",
                "it grants access to nothing", "name the service as in hub.services, for example `binder`",
            )  # fmt: skip
    if not auth_on(subject):
        return
    giving = sorted({role for (role, _), scope in granted.items() if scope in ALL_ACCESS})
    enforced = _environment(subject, ACCESS_SCOPES) is not None or bool(
        values.get(*CONFIG, "HubOAuth", "access_scopes")
    )
    if enforced and not giving:
        yield Finding(
            "role-access-missing", values.place(*key, "user", "scopes"), f"no role has the scope {ACCESS}",
            f"{ACCESS_SCOPES} makes BinderHub require it, so it refuses every build",
            f"add {ACCESS} to loadRoles.user.scopes, beside `self`",
        )  # fmt: skip
    elif giving and not enforced and "user" not in giving and not subject.not_read:
        yield Finding(
            "access-scopes-not-enforced", values.place(*key, giving[0], "scopes"),
            f"only the role {giving[0]!r} has {ACCESS}, but BinderHub does not require it",
            f"BinderHub requires the scope only if {ACCESS_SCOPES} is set; without it every user may build",
            f"add {{name: {ACCESS_SCOPES}, value: '[\"{ACCESS}\"]'}} to binderhub-service.extraEnv",
        )  # fmt: skip


def oauth(subject: Subject) -> Iterator[Finding]:
    """Check that the service's OAuth client has a valid id and redirects to this hub."""
    values = subject.values
    client = values.get(*BINDER, "oauth_client_id")
    if isinstance(client, str) and not client.startswith("service-"):
        yield Finding(
            "oauth-client-id", values.place(*BINDER, "oauth_client_id"),
            f"hub.services.binder.oauth_client_id is {client!r}; it must begin with `service-`",
            "JupyterHub does not start with another id", "write service-binder",
        )  # fmt: skip
    uri = values.get(*BINDER, "oauth_redirect_uri")
    if isinstance(uri, str) and subject.hub.domain and not subject.hub.domain.startswith("ENC["):
        wanted = f"https://{subject.hub.domain}{PATH}/oauth_callback"
        if not values.is_encrypted(*BINDER, "oauth_redirect_uri") and uri not in (wanted, f"{PATH}/oauth_callback"):
            yield Finding(
                "oauth-redirect-uri", values.place(*BINDER, "oauth_redirect_uri"),
                f"hub.services.binder.oauth_redirect_uri is {uri!r}, while the hub's domain is {subject.hub.domain}",
                "the login to BinderHub ends at another address", f"write {wanted}",
            )  # fmt: skip


def setup_ui(subject: Subject) -> Iterator[Finding]:
    """Check that hub.extraConfig sets up the form."""
    values = subject.values
    snippets = values.mapping(*HUB, "extraConfig")
    texts = [text for text in snippets.values() if isinstance(text, str)]
    if any("setup_ui(" in text for text in texts) or any(type(text) is not str for text in texts):
        return
    if values.mapping(*HUB, "extraFiles") and subject.hub.chart == PLAIN:
        return  # such a file may call it
    yield Finding(
        "setup-ui-missing", values.place(*HUB, "extraConfig"), "nothing in hub.extraConfig calls setup_ui(c)",
        "users get KubeSpawner's plain form, which cannot build images",
        "add `from jupyterhub_fancy_profiles import setup_ui` and `setup_ui(c)` to hub.extraConfig",
    )  # fmt: skip


def auth_on(subject: Subject) -> bool:
    """Return True if BinderHub asks for a login."""
    return bool(subject.values.get(*CONFIG, "BinderHub", "auth_enabled", default=False))


def _environment(subject: Subject, name: str) -> Any:
    """Return an environment variable of BinderHub: its value, or its source; None if it is not set."""
    for entry in subject.values.sequence(SERVICE, "extraEnv"):
        if isinstance(entry, dict) and entry.get("name") == name:
            return entry.get("value") or entry.get("valueFrom")
    return None


def _scopes(load_roles: dict[str, Any]) -> Iterator[tuple[tuple[str, int], str]]:
    for role, spec in load_roles.items():
        for number, scope in enumerate((spec.get("scopes") or []) if isinstance(spec, dict) else []):
            if isinstance(scope, str):
                yield (role, number), scope


RULES = (service, addresses, hub_api, roles, oauth, setup_ui)
