"""BinderHub with its own page in front of a hub: it builds, and launches on the hub through its API.

https://infrastructure.2i2c.org/howto/features/binderhub-ui/ has such a hub; BinderSpawnerMixin
(binderhub/binderspawner_mixin.py) is its spawner.
"""

from collections.abc import Iterator

from hubimages.imagebuilding.check.finding import Finding, Subject, warning
from hubimages.imagebuilding.check.rules.environment import auth_on
from hubimages.imagebuilding.check.rules.registry import CONFIG, SERVICE
from hubimages.imagebuilding.registry_kinds import split_address
from hubimages.yaml_text import Path

HUB: Path = ("jupyterhub", "hub")
BINDER: Path = (*HUB, "services", "binder")
ROLE: Path = (*HUB, "loadRoles", "binder")
NEEDED = ("servers", "admin:servers", "start:servers")


def hub_address(subject: Subject) -> Iterator[Finding]:
    """Check that BinderHub knows the public address of the hub that it launches on."""
    values = subject.values
    key = (*CONFIG, "BinderHub", "hub_url")
    url = values.text(*key)
    domain = subject.hub.domain
    hosts = [str(host) for host in values.sequence("jupyterhub", "ingress", "hosts")]
    hosts = hosts or ([domain] if domain and not domain.startswith("ENC[") else [])
    wanted = f"https://{hosts[0]}" if hosts else "https://HUB-DOMAIN"
    if not url:
        yield Finding(
            "page-hub-url-missing", values.place(*key), "config.BinderHub.hub_url is not set",
            "BinderHub cannot send users to their servers", f"set hub_url: {wanted}", change={key: wanted},
        )  # fmt: skip
        return
    host = split_address(url).hostname
    if not host or (hosts and host not in hosts and not values.is_encrypted(*key)):
        yield Finding(
            "page-hub-url", values.place(*key),
            f"config.BinderHub.hub_url is {url!r}, but the hub is at {wanted}",
            "BinderHub sends users to an address where their servers are not", f"write {wanted}", change={key: wanted},
        )  # fmt: skip


def ingress(subject: Subject) -> Iterator[Finding]:
    """Check that the page has an address, and a certificate of its own."""
    values = subject.values
    key = (SERVICE, "ingress")
    if values.get(*key, "enabled") is True and not values.sequence(*key, "hosts"):
        yield Finding(
            "page-ingress-hosts", values.place(*key, "hosts"), "binderhub-service.ingress.hosts is empty",
            "the page has no address", "set hosts: [BINDER-DOMAIN]", change={(*key, "hosts"): ["BINDER-DOMAIN"]},
        )  # fmt: skip
    names = {
        where: {
            one.get("secretName"): number
            for number, one in enumerate(values.sequence(*path, "tls")) if isinstance(one, dict)
        }
        for where, path in (("hub", ("jupyterhub", "ingress")), ("page", key))
    }  # fmt: skip
    for name, number in names["page"].items():
        if name and name in names["hub"]:
            at = (*key, "tls", number, "secretName")
            yield Finding(
                "page-tls-secret", values.place(*at), f"hub and page have the same TLS secret {name!r}",
                "each replaces the other's certificate", "use another secretName, for example binder-https-auto-tls",
                change={at: f"binder-{name}"},
            )  # fmt: skip


def launching(subject: Subject) -> Iterator[Finding]:
    """Check that BinderHub may start servers, and that hub and BinderHub agree on logins."""
    values = subject.values
    on = auth_on(subject)
    mixin = (*HUB, "config", "BinderSpawnerMixin", "auth_enabled")
    given = values.get(*mixin)
    if isinstance(given, bool) and given is not on:
        yield Finding(
            "page-auth-differs", values.place(*mixin),
            f"hub.config.BinderSpawnerMixin.auth_enabled is {_yaml(given)}, "
            f"but config.BinderHub.auth_enabled is {_yaml(on)}",
            "servers do not accept the users that BinderHub sends", f"set both to {_yaml(on)}", change={mixin: on},
        )  # fmt: skip
    role = values.mapping(*ROLE)
    scopes = role.get("scopes") if isinstance(role.get("scopes"), list) else []
    listed = [
        spec for spec in values.mapping(*HUB, "loadRoles").values()
        if isinstance(spec, dict) and "binder" in (spec.get("services") or ())
    ]  # fmt: skip
    granted = {scope for spec in listed for scope in spec.get("scopes") or ()}
    if not granted & set(NEEDED) and not values.get(*BINDER, "admin"):
        more = ["servers", "read:users" if on else "admin:users"]
        yield Finding(
            "page-role", values.place(*ROLE), "no role lets the service `binder` start servers",
            "the hub refuses every launch", "add loadRoles.binder: {services: [binder], scopes: "
            f"[{', '.join(more)}]}}",
            change={ROLE: {"services": ["binder"], "scopes": [*dict.fromkeys([*(scopes or ()), *more])]}},
        )  # fmt: skip
    elif not on and "admin:users" not in granted and not values.get(*BINDER, "admin"):
        yield Finding(
            "page-role-users", values.place(*ROLE, "scopes"), "the role of the service `binder` has no admin:users",
            "without logins BinderHub makes a user for each launch, and the hub refuses",
            "add admin:users to its scopes",
            change={(*ROLE, "scopes"): [*(scopes or ["servers"]), "admin:users"]},
        )  # fmt: skip


def callback(subject: Subject) -> Iterator[Finding]:
    """Check that the login comes back to the page."""
    values = subject.values
    key = (*BINDER, "oauth_redirect_uri")
    uri = values.get(*key)
    hosts = [str(host) for host in values.sequence(SERVICE, "ingress", "hosts")]
    if not auth_on(subject) or not isinstance(uri, str) or values.is_encrypted(*key) or not hosts:
        return
    base = str(values.get(*CONFIG, "BinderHub", "base_url", default="/")).rstrip("/")
    wanted = f"https://{hosts[0]}{base}/oauth_callback"
    if uri not in {f"https://{host}{base}/oauth_callback" for host in hosts}:
        yield Finding(
            "page-redirect-uri", values.place(*key),
            f"hub.services.binder.oauth_redirect_uri is {uri!r}, but the page is at {hosts[0]}",
            "the login to BinderHub ends at another address", f"write {wanted}", change={key: wanted},
        )  # fmt: skip


def no_profiles(subject: Subject) -> Iterator[Finding]:
    """Check that no profile list replaces the image that BinderHub launches."""
    values = subject.values
    key = ("jupyterhub", "singleuser", "profileList")
    if values.get(*key):
        yield Finding(
            "page-profile-list", values.place(*key), "the hub has a profile list",
            "its default choice replaces the image that BinderHub built", "set singleuser.profileList: []",
            change={key: []},
        )  # fmt: skip
    redirect = (*HUB, "redirectToServer")
    if values.get(*redirect, default=True) is not False:
        yield warning(Finding(
            "page-redirect-to-server", values.place(*redirect), "hub.redirectToServer is not false",
            "users who open the hub start a server without an image of theirs", "set hub.redirectToServer: false",
            change={redirect: False},
        ))  # fmt: skip


def _yaml(value: bool) -> str:
    return "true" if value else "false"


RULES = (hub_address, ingress, launching, callback, no_profiles)
