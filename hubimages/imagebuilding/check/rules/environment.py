"""What BinderHub must know of its hub: the environment that JupyterHub sets for services it starts itself.

The names are those of jupyterhub/services/service.py; BinderHub reads them as jupyterhub.services.auth.HubOAuth does.
"""

from collections.abc import Iterator
from typing import Any

from hubimages import json_text
from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.kinds import Kind, kind_of_hub
from hubimages.imagebuilding.check.rules.registry import CONFIG, SERVICE
from hubimages.imagebuilding.registry_kinds import split_address

BINDER = ("jupyterhub", "hub", "services", "binder")
ENVIRONMENT = (SERVICE, "extraEnv")
API_URL, API_TOKEN = "JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN"
CLIENT, CALLBACK, PREFIX = "JUPYTERHUB_CLIENT_ID", "JUPYTERHUB_OAUTH_CALLBACK_URL", "JUPYTERHUB_SERVICE_PREFIX"
ACCESS_SCOPES = "JUPYTERHUB_OAUTH_ACCESS_SCOPES"
TOKEN_KEY = "hub.services.binder.apiToken"  # of the Secret `hub`, which the jupyterhub chart makes
TOKEN = {"secretKeyRef": {"name": "hub", "key": TOKEN_KEY}}
NETWORK_LABEL = "hub.jupyter.org/network-access-hub"
NO_ANSWER = "BinderHub gets no answer, and refuses every build"


def auth_on(subject: Subject) -> bool:
    """Return True if BinderHub asks for a login."""
    return bool(subject.values.get(*CONFIG, "BinderHub", "auth_enabled", default=False))


def variable(subject: Subject, name: str) -> Any:
    """Return an environment variable of BinderHub: its value, or its source; None if it is not set."""
    for entry in subject.values.sequence(*ENVIRONMENT):
        if isinstance(entry, dict) and entry.get("name") == name:
            return entry.get("value") or entry.get("valueFrom")
    return None


def with_variable(subject: Subject, name: str, value: Any) -> list[Any]:
    """Return extraEnv with a variable set."""
    entry = {"name": name, ("valueFrom" if isinstance(value, dict) else "value"): value}
    there = subject.values.sequence(*ENVIRONMENT)
    kept = [one for one in there if not (isinstance(one, dict) and one.get("name") == name)]
    return [*kept, entry]


def _at(subject: Subject, name: str) -> Any:
    """Return the place of a variable, or of extraEnv."""
    for number, entry in enumerate(subject.values.sequence(*ENVIRONMENT)):
        if isinstance(entry, dict) and entry.get("name") == name:
            return subject.values.place(*ENVIRONMENT, number)
    return subject.values.place(*ENVIRONMENT)


def _found(subject: Subject, code: str, name: str, message: str, why: str, wanted: Any) -> Finding:
    shown = f"valueFrom: {{secretKeyRef: {{name: hub, key: {TOKEN_KEY}}}}}" if wanted == TOKEN else f"value: {wanted}"
    change = {ENVIRONMENT: with_variable(subject, name, wanted)}
    remedy = f"set {{name: {name}, {shown}}} in binderhub-service.extraEnv"
    return Finding(code, _at(subject, name), message, why, remedy, change=change)


def api(subject: Subject) -> Iterator[Finding]:
    """Check that, with auth on or to launch, BinderHub knows the hub's API and has a token for it."""
    values = subject.values
    if not auth_on(subject) and kind_of_hub(values) is not Kind.PAGE:
        return
    given = variable(subject, API_URL)
    elsewhere = any(values.get(*CONFIG, name, "api_url") for name in ("HubAuth", "HubOAuth"))
    host = f"hub.{subject.hub.name}.svc.cluster.local" if subject.hub.cluster else "hub"
    wanted = f"http://{host}:8081/hub/api"
    if given is None and not elsewhere:
        if not subject.not_read:
            yield _found(
                subject, "hub-api-url-missing", API_URL, f"binderhub-service.extraEnv has no {API_URL}",
                "BinderHub cannot ask the hub whose token it got, and refuses every build (a list in a later file "
                "replaces the earlier list)", wanted,
            )  # fmt: skip
    elif isinstance(given, str):
        wrong = _wrong_url(subject, given)
        if wrong:
            yield _found(subject, "hub-api-url-wrong", API_URL, f"{API_URL} is {given!r}, {wrong}", NO_ANSWER, wanted)
    token = variable(subject, API_TOKEN)
    launches = kind_of_hub(values) is Kind.PAGE  # to build alone, the user's own token is enough
    if token is None and launches and not values.get(*CONFIG, "BinderHub", "hub_api_token") and not subject.not_read:
        yield _found(
            subject, "hub-api-token-missing", API_TOKEN, f"binderhub-service.extraEnv has no {API_TOKEN}",
            "the hub refuses to launch anything for BinderHub", TOKEN,
        )  # fmt: skip
    elif isinstance(token, dict) and isinstance(token.get("secretKeyRef"), dict):
        key = token["secretKeyRef"].get("key")
        if key != TOKEN_KEY and str(key).startswith("hub.services."):
            yield _found(
                subject, "hub-api-token-wrong", API_TOKEN, f"{API_TOKEN} comes from {key}, not from {TOKEN_KEY}",
                "BinderHub's pod does not start, or acts as another service", TOKEN,
            )  # fmt: skip
    yield from _network(subject)


def _wrong_url(subject: Subject, given: str) -> str:
    """Return why an address is not this hub's API, or an empty text. Addresses outside the cluster are not judged."""
    parts = split_address(given)
    host = (parts.hostname or "").split(".")
    namespace = host[1:2]
    in_cluster = len(host) < 3 or host[2:3] == ["svc"]
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.rstrip("/") != "/hub/api":
        return "not a hub's API, which ends in /hub/api"
    if subject.hub.cluster and in_cluster and namespace not in ([], [subject.hub.name]):
        return "the API of another hub"
    if (in_cluster and parts.port not in (8081, None)) or (parts.port is None and host[0] == "hub" and in_cluster):
        return "but the hub's API listens on port 8081"
    return ""


def _network(subject: Subject) -> Iterator[Finding]:
    values = subject.values
    label = values.get(SERVICE, "podLabels", NETWORK_LABEL)
    pods = [
        manifest.data.get("spec", {}).get("template", {}).get("metadata", {}).get("labels") or {}
        for manifest in subject.rendered.find(SERVICE, "Deployment", "binderhub")
    ]
    wrong = any(str(labels.get(NETWORK_LABEL)) != "true" for labels in pods)
    if wrong or (label is not None and str(label).lower() != "true"):
        key = (SERVICE, "podLabels", NETWORK_LABEL)
        yield Finding(
            "network-access-hub", values.place(*key),
            f"BinderHub's pod does not have the label {NETWORK_LABEL}: \"true\"",
            "the hub's NetworkPolicy admits only pods with it, so BinderHub cannot ask who a user is",
            f'set binderhub-service.podLabels to {{{NETWORK_LABEL}: "true"}}', change={key: "true"},
        )  # fmt: skip


def login(subject: Subject) -> Iterator[Finding]:
    """Check that BinderHub's login uses the client that the hub knows, and requires valid scopes."""
    values = subject.values
    if not auth_on(subject):
        return
    client, known = variable(subject, CLIENT), values.get(*BINDER, "oauth_client_id", default="service-binder")
    if isinstance(client, str) and client != known and str(known).startswith("service-"):
        yield _found(
            subject, "hub-client-id", CLIENT, f"{CLIENT} is {client!r}, but the hub's client is {known!r}",
            "the login to BinderHub fails", known,
        )  # fmt: skip
    callback, redirect = variable(subject, CALLBACK), values.get(*BINDER, "oauth_redirect_uri")
    if (
        (
            isinstance(callback, str)
            and isinstance(redirect, str)
            and not values.is_encrypted(*BINDER, "oauth_redirect_uri")
        )
        and callback != redirect
        and not redirect.startswith("/")
    ):
        yield _found(
            subject, "hub-callback", CALLBACK,
            f"{CALLBACK} is {callback!r}, but hub.services.binder.oauth_redirect_uri is {redirect!r}",
            "the hub refuses the login to BinderHub", redirect,
        )  # fmt: skip
    prefix = variable(subject, PREFIX)
    base = values.get(*CONFIG, "BinderHub", "base_url")
    if isinstance(prefix, str) and isinstance(base, str) and prefix.rstrip("/") != base.rstrip("/"):
        yield _found(
            subject, "hub-service-prefix", PREFIX, f"{PREFIX} is {prefix!r}, but base_url is {base!r}",
            "BinderHub's login cookie is for another path, and users log in again and again", f"{base.rstrip('/')}/",
        )  # fmt: skip
    scopes = variable(subject, ACCESS_SCOPES)
    if isinstance(scopes, str) and not _is_list(scopes):
        yield _found(
            subject, "access-scopes-invalid", ACCESS_SCOPES, f"{ACCESS_SCOPES} {scopes!r} is not a JSON list",
            "BinderHub does not start", '["access:services!service=binder"]',
        )  # fmt: skip


def _is_list(text: str) -> bool:
    try:
        found = json_text.loads(text)
    except ValueError:
        return False
    return isinstance(found, list) and all(isinstance(one, str) for one in found)


RULES = (api, login)
