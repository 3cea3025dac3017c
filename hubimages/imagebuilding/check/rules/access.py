"""The connection between hub and BinderHub on a hub with the form: the service, its address, the hub's API.

The form calls /services/binder/build/ with the user's token (jupyterhub-fancy-profiles). JupyterHub's proxy routes that
to the service `binder`. BinderHub, with auth_enabled, asks the hub's API whose token it is.
"""

from collections.abc import Iterator

from hubimages.imagebuilding.check.finding import Finding, Subject, warning
from hubimages.imagebuilding.check.rules.environment import ACCESS_SCOPES, auth_on, variable
from hubimages.imagebuilding.check.rules.registry import CONFIG, SERVICE
from hubimages.imagebuilding.hubs import PLAIN
from hubimages.imagebuilding.registry_kinds import split_address
from hubimages.yaml_text import Path

HUB: Path = ("jupyterhub", "hub")
BINDER: Path = (*HUB, "services", "binder")
PATH = "/services/binder"
ACCESS = "access:services!service=binder"
ALL_ACCESS = (ACCESS, "access:services")
SETUP = "from jupyterhub_fancy_profiles import setup_ui\nsetup_ui(c)\n"


def service(subject: Subject) -> Iterator[Finding]:
    """Check that the hub has the service `binder`, and that its URL leads to BinderHub."""
    values = subject.values
    port = values.get(SERVICE, "service", "port", default=80)
    name = _service_name(subject)
    good = f"http://{name or 'binderhub'}:{port}"
    if not values.get(*BINDER):
        yield Finding(
            "binder-service-missing", values.place(*BINDER), "hub.services has no `binder`",
            "the form calls /services/binder, which does not exist: no image can be built",
            f"add hub.services.binder with url: {good}",
            change={BINDER: {"url": good, "oauth_client_id": "service-binder"}},
        )  # fmt: skip
        return
    url = values.text(*BINDER, "url")
    place = values.place(*BINDER, "url")
    change = {(*BINDER, "url"): good}
    if not url:
        yield Finding(
            "binder-service-url-missing", place, "hub.services.binder has no url",
            "JupyterHub's proxy has no route to BinderHub", f"set url: {good}", change=change,
        )  # fmt: skip
        return
    parts = split_address(url)
    given = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme not in ("http", "https") or not parts.hostname or given != port:
        yield Finding(
            "binder-service-port", place,
            f"hub.services.binder.url {url!r} does not lead to binderhub-service's port {port}",
            "JupyterHub's proxy gets no answer", f"write {good}", change=change,
        )  # fmt: skip
    elif name and parts.hostname.partition(".")[0] != name:
        yield Finding(
            "binder-service-host", place,
            f"hub.services.binder.url {url!r} does not lead to the Service {name!r}",
            "the cluster has no such host, and the proxy answers 503", f"write {good}", change=change,
        )  # fmt: skip


def _service_name(subject: Subject) -> str:
    """Return the name of BinderHub's Kubernetes Service; empty if it depends on the name of the release."""
    for manifest in subject.rendered.find(SERVICE, "Service", "binderhub"):
        return manifest.name
    override = subject.values.mapping(SERVICE).get("fullnameOverride") or ""
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
            "the form calls that path, and BinderHub answers 404", f"set base_url: {PATH}", change={key: PATH},
        )  # fmt: skip
    hub_base = values.get(*HUB, "baseUrl", default="/")
    if hub_base != "/":
        yield Finding(
            "hub-base-url", values.place(*HUB, "baseUrl"), f"hub.baseUrl is {hub_base!r}",
            "jupyterhub-fancy-profiles loads its form only from /hub/, so the page stays at 'Loading form...'",
            "serve the hub at the root of its domain", change={(*HUB, "baseUrl"): "/"},
        )  # fmt: skip
    key = (*CONFIG, "BinderHub", "enable_api_only_mode")
    if values.get(*key, default=True) is not True:
        yield Finding(
            "api-only-mode-off", values.place(*key), "config.BinderHub.enable_api_only_mode is off",
            "BinderHub refuses to build without launching, which the form asks for", "set it to true",
            change={key: True},
        )  # fmt: skip


def roles(subject: Subject) -> Iterator[Finding]:
    """Check that a role grants access to the service where BinderHub requires it."""
    values = subject.values
    if not auth_on(subject):
        return
    key = (*HUB, "loadRoles")
    granting = sorted(
        str(name)
        for name, spec in values.mapping(*key).items()
        if isinstance(spec, dict) and any(scope in ALL_ACCESS for scope in spec.get("scopes") or ())
    )
    enforced = variable(subject, ACCESS_SCOPES) is not None or bool(values.get(*CONFIG, "HubOAuth", "access_scopes"))
    if enforced and not granting:
        scopes = values.sequence(*key, "user", "scopes") or ["self"]
        yield Finding(
            "role-access-missing", values.place(*key, "user", "scopes"), f"no role has the scope {ACCESS}",
            f"{ACCESS_SCOPES} makes BinderHub require it, so it refuses every build",
            f"add {ACCESS} to loadRoles.user.scopes, beside `self`",
            change={(*key, "user", "scopes"): [*scopes, ACCESS]},
        )  # fmt: skip
    elif granting and not enforced and "user" not in granting and not subject.not_read:
        added = {"name": ACCESS_SCOPES, "value": f'["{ACCESS}"]'}
        yield warning(Finding(
            "access-scopes-not-enforced", values.place(*key, granting[0], "scopes"),
            f"only the role {granting[0]!r} has {ACCESS}, but BinderHub does not require it",
            f"BinderHub requires the scope only if {ACCESS_SCOPES} is set; without it every user may build",
            f"add {{name: {ACCESS_SCOPES}, value: '[\"{ACCESS}\"]'}} to binderhub-service.extraEnv",
            change={(SERVICE, "extraEnv"): [*values.sequence(SERVICE, "extraEnv"), added]},
        ))  # fmt: skip


def oauth(subject: Subject) -> Iterator[Finding]:
    """Check that the service's OAuth client redirects to this hub."""
    values = subject.values
    key = (*BINDER, "oauth_redirect_uri")
    uri = values.get(*key)
    domain = subject.hub.domain
    if not isinstance(uri, str) or values.is_encrypted(*key) or not domain or domain.startswith("ENC["):
        return
    wanted = f"https://{domain}{PATH}/oauth_callback"
    if uri not in (wanted, f"{PATH}/oauth_callback"):
        yield Finding(
            "oauth-redirect-uri", values.place(*key),
            f"hub.services.binder.oauth_redirect_uri is {uri!r}, but the hub's domain is {domain}",
            "the login to BinderHub ends at another address", f"write {wanted}", change={key: wanted},
        )  # fmt: skip


def open_to_all(subject: Subject) -> Iterator[Finding]:
    """Check that BinderHub asks for a login."""
    key = (*CONFIG, "BinderHub", "auth_enabled")
    if not auth_on(subject):
        yield warning(Finding(
            "binder-auth-off", subject.values.place(*key), "config.BinderHub.auth_enabled is not true",
            "anyone on the internet can build images on the cluster and push them with the hub's account",
            "set auth_enabled: true, with jupyterhub-fancy-profiles 0.6.0 or newer in the hub image",
            change={key: True},
        ))  # fmt: skip


def setup_ui(subject: Subject) -> Iterator[Finding]:
    """Check that hub.extraConfig sets up the form."""
    values = subject.values
    snippets = values.mapping(*HUB, "extraConfig")
    texts = [text for text in snippets.values() if isinstance(text, str)]
    if any("setup_ui(" in text for text in texts) or any(type(text) is not str for text in texts if text is not None):
        return
    if values.mapping(*HUB, "extraFiles") and subject.hub.chart == PLAIN:
        return  # such a file may call it
    yield Finding(
        "setup-ui-missing", values.place(*HUB, "extraConfig"), "nothing in hub.extraConfig calls setup_ui(c)",
        "users get KubeSpawner's plain form, which cannot build images",
        "add `from jupyterhub_fancy_profiles import setup_ui` and `setup_ui(c)` to hub.extraConfig",
        change={(*HUB, "extraConfig", "enable-fancy-profiles"): SETUP},
    )  # fmt: skip


RULES = (service, addresses, roles, oauth, open_to_all, setup_ui)
