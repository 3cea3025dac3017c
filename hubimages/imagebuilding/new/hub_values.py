"""The values that an imagebuilding hub needs, for every registry, as data.

Their top has `binderhub-service`, `jupyterhub` and `dask-gateway` for every layout, as `Values` describes it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hubimages.imagebuilding.new.answers import Answers, Choice
from hubimages.imagebuilding.values import Values

BINDER = "/services/binder"
# As in 2i2c's basehub with BinderHub's authentication on; the charts' own default is years older.
BUILD_IMAGE = "quay.io/jupyterhub/repo2docker:2025.12.1.dev94-gd3893dba2"
PURPOSE = "hub.jupyter.org/node-purpose"
INSTANCE = "node.kubernetes.io/instance-type"
# Taints of user nodes; some clouds do not allow / and use the second spelling.
TOLERATIONS = [
    {"key": key, "operator": "Equal", "value": "user", "effect": "NoSchedule"}
    for key in ("hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated")
]
PULL_SECRET = "image-pull-secret"  # the name that the JupyterHub chart gives it
ACCESS = "access:services!service=binder"
CLASSES = {
    "github": ("GitHubOAuthenticator", "allowed_organizations"),
    "google": ("GoogleOAuthenticator", "hosted_domain"),
    "cilogon": ("CILogonOAuthenticator", ""),
    "globus": ("GlobusOAuthenticator", ""),
    "generic-oauth": ("GenericOAuthenticator", ""),
    "auth0": ("Auth0OAuthenticator", ""),
}


def wanted(answers: Answers, have: Values, *, hub_api: str, basehub: bool) -> dict[str, Any]:
    """Return the values that the new hub needs. `have`: its present values, those of its chart included.

    `hub_api`: address of the hub's API for BinderHub.
    """
    values: dict[str, Any] = {
        "binderhub-service": binderhub_service(answers, have, hub_api=hub_api),
        "jupyterhub": jupyterhub(answers, have, basehub=basehub),
    }
    if answers.dask:
        values["dask-gateway"] = dask_gateway(answers, basehub=basehub)
    elif have.get("dask-gateway", "enabled") is True:
        values["dask-gateway"] = {"enabled": False}
    return values


def binderhub_service(answers: Answers, have: Values, *, hub_api: str) -> dict[str, Any]:
    """Return the values of BinderHub, its build pods and docker-api."""
    target = answers.target
    node_type = answers.given.get("node_type")
    nodes = {PURPOSE: "user", **({INSTANCE: node_type} if node_type else {})}
    config: dict[str, Any] = {
        "BinderHub": {
            "base_url": BINDER,
            "auth_enabled": True,
            "use_registry": True,
            "image_prefix": target.prefix,
            **({"registry_class": "binderhub.registry.ExternalRegistryHelper"} if target.helper else {}),
        },
        "DockerRegistry": {"url": target.url, "username": target.account},
        "KubernetesBuildExecutor": {
            "build_image": have.text("binderhub-service", "config", "KubernetesBuildExecutor", "build_image")
            or BUILD_IMAGE,
            "node_selector": nodes,
        },
    }
    return {
        "enabled": True,
        "networkPolicy": {"enabled": True},
        "nodeSelector": {PURPOSE: "core"},
        "service": {"port": 8090},
        "config": config,
        "buildPodsRegistryCredentials": {"server": target.url, "username": target.account},
        "dockerApi": {
            "nodeSelector": dict(nodes),
            "tolerations": tolerations(have),
            "storage": {"emptyDir": {"sizeLimit": "15Gi"}},
        },
        "extraEnv": environment(answers, hub_api),
    }


def tolerations(have: Values) -> list[Any]:
    """Return the present tolerations if they include both spellings, else both."""
    there = have.sequence("binderhub-service", "dockerApi", "tolerations")
    keys = {one.get("key") for one in there if isinstance(one, Mapping)}
    return list(there) if {one["key"] for one in TOLERATIONS} <= keys else [dict(one) for one in TOLERATIONS]


def environment(answers: Answers, hub_api: str) -> list[dict[str, Any]]:
    """Return BinderHub's environment: the variables that JupyterHub sets for services it starts itself."""
    token = {"secretKeyRef": {"name": "hub", "key": "hub.services.binder.apiToken"}}
    return [
        {"name": "JUPYTERHUB_API_TOKEN", "valueFrom": token},
        {"name": "JUPYTERHUB_API_URL", "value": hub_api},
        {"name": "JUPYTERHUB_BASE_URL", "value": "/"},
        {"name": "JUPYTERHUB_CLIENT_ID", "value": "service-binder"},
        {"name": "JUPYTERHUB_OAUTH_ACCESS_SCOPES", "value": f'["access:services", "{ACCESS}"]'},
        {"name": "JUPYTERHUB_OAUTH_CALLBACK_URL", "value": f"https://{answers.domain}{BINDER}/oauth_callback"},
        {"name": "JUPYTERHUB_SERVICE_PREFIX", "value": f"{BINDER}/"},
    ]


def jupyterhub(answers: Answers, have: Values, *, basehub: bool) -> dict[str, Any]:
    """Return the values of the hub: the service, its access, the form, the pull secret, and the login if missing."""
    hub: dict[str, Any] = {
        "services": {
            "binder": {
                "url": "http://binderhub:8090",
                "oauth_client_id": "service-binder",
                "oauth_redirect_uri": f"https://{answers.domain}{BINDER}/oauth_callback",
                "oauth_no_confirm": True,
                "display": False,
            }
        },
        "loadRoles": {"user": {"scopes": scopes(have)}},
    }
    if answers.dask and not basehub:
        hub["services"]["dask-gateway"] = {"url": "http://traefik-dask-gateway", "display": False}
    if answers.hub_image:
        name, _, tag = answers.hub_image.rpartition(":")
        hub["image"] = {"name": name, "tag": tag}
    if not has_form(have):
        hub["extraConfig"] = {"enable-fancy-profiles": "from jupyterhub_fancy_profiles import setup_ui\nsetup_ui(c)\n"}
    if answers.authenticator:
        hub["config"] = authentication(answers)
    values: dict[str, Any] = {"hub": hub, "singleuser": {"profileList": profiles(answers, have)}}
    if answers.target.pull_secret:
        secret = {"create": True, "registry": answers.target.host, "username": answers.target.account}
        values["imagePullSecret"] = secret
    if basehub:
        values["custom"] = custom(answers, have)
    return values


def scopes(have: Values) -> list[str]:
    """Return the scopes of users: a list replaces the earlier one, so repeat it; `self` is JupyterHub's default."""
    there = [str(one) for one in have.sequence("jupyterhub", "hub", "loadRoles", "user", "scopes")] or ["self"]
    return there if ACCESS in there or "access:services" in there else [*there, ACCESS]


def has_form(have: Values) -> bool:
    """Return True if the hub calls fancy-profiles' `setup_ui`."""
    snippets = have.mapping("jupyterhub", "hub", "extraConfig").values()
    return any("setup_ui(" in snippet for snippet in snippets if isinstance(snippet, str))


def authentication(answers: Answers) -> dict[str, Any]:
    """Return the authenticator's settings, with who may log in; its client id and secret belong to the secret file."""
    name, allowed = CLASSES[answers.authenticator]
    config: dict[str, Any] = {
        "JupyterHub": {"authenticator_class": answers.authenticator},
        name: {"oauth_callback_url": f"https://{answers.domain}/hub/oauth_callback"},
    }
    who = [one.strip() for one in answers.given.get("allowed", "").split(",") if one.strip()]
    if who and allowed:
        config[name][allowed] = who
    return config


def custom(answers: Answers, have: Values) -> dict[str, Any]:
    """Return what basehub's schema requires about the community, keeping present values, and its switch for Dask."""
    path = ("jupyterhub", "custom", "homepage", "templateVars")
    by = {"name": "2i2c", "url": "https://2i2c.org"}
    name = answers.given.get("org_name", answers.display_name)
    org = {
        "name": name,
        "url": answers.given.get("org_url", f"https://{answers.domain}"),
        "logo_url": answers.given.get("org_logo_url", ""),
    }
    new = {"org": org, "designed_by": by, "operated_by": by, "funded_by": {"name": "", "url": ""}}
    values: dict[str, Any] = {
        "homepage": {"templateVars": {key: dict(have.mapping(*path, key)) or value for key, value in new.items()}}
    }
    if answers.dask or have.get("jupyterhub", "custom", "daskhubSetup", "enabled") is True:
        values["daskhubSetup"] = {"enabled": answers.dask}
    return values


def profiles(answers: Answers, have: Values) -> list[Any]:
    """Return the present profile list, or else one with the chosen images."""
    there = have.sequence("jupyterhub", "singleuser", "profileList")
    return list(there) if there else [profile(answers.images, answers.memory)]


def profile(images: Sequence[Choice], memory: Sequence[str] = ()) -> dict[str, Any]:
    """Return a profile whose image can be chosen, entered, or built."""
    choices: dict[str, Any] = {}
    for number, one in enumerate(images):
        choices[one.slug] = {
            "display_name": one.name,
            "slug": one.slug,
            **({"default": True} if number == 0 else {}),
            "kubespawner_override": {"image": one.image},
        }
    return {
        "display_name": "Choose your environment",
        "slug": "environment",
        "default": True,
        "profile_options": {
            "image": {  # the form can build images only for this key
                "display_name": "Image",
                "dynamic_image_building": {"enabled": True},
                "unlisted_choice": {
                    "enabled": True,
                    "display_name": "Custom image",
                    "validation_regex": "^.+:.+$",
                    "validation_message": "Must be a publicly available image, written NAME:TAG",
                    "display_name_in_choices": "Specify an existing image",
                    "description_in_choices": "Use an image from a public registry",
                    "kubespawner_override": {"image": "{value}"},
                },
                "choices": choices,
            },
            **({"resources": resources(memory)} if memory else {}),
        },
    }


def resources(memory: Sequence[str]) -> dict[str, Any]:
    """Return an option with choices of memory, which a server is guaranteed and limited to."""
    choices: dict[str, Any] = {}
    for number, size in enumerate(memory):
        choices[f"mem-{size.lower().replace('.', '-')}"] = {
            "display_name": f"{size[:-1]} {size[-1]}B of memory",
            **({"default": True} if number == 0 else {}),
            "kubespawner_override": {"mem_guarantee": size, "mem_limit": size},
        }
    return {"display_name": "Resources", "choices": choices}


def dask_gateway(answers: Answers, *, basehub: bool) -> dict[str, Any]:
    """Return the values of Dask, which pulls with the same secret as servers.

    Without a chart around it, it also needs its place behind the hub and the hub's logins
    (https://gateway.dask.org/install-kube.html#authenticating-with-jupyterhub).
    """
    values: dict[str, Any] = {"enabled": True}
    if not basehub:
        values["gateway"] = {"prefix": "/services/dask-gateway", "auth": {"type": "jupyterhub"}}
        values["traefik"] = {"service": {"type": "ClusterIP"}}
    if answers.target.pull_secret:
        values.setdefault("gateway", {})["backend"] = {"imagePullSecrets": [{"name": PULL_SECRET}]}
    return values


def builds(profile_list: Sequence[Any]) -> bool:
    """Return True if one of the profiles lets users build images."""
    for one in profile_list:
        option = one.get("profile_options", {}).get("image") if isinstance(one, Mapping) else None
        if isinstance(option, Mapping) and all(
            isinstance(option.get(key), Mapping) and option[key].get("enabled") is True
            for key in ("dynamic_image_building", "unlisted_choice")
        ):
            return True
    return False


def secrets(answers: Answers, password: str) -> dict[str, Any]:
    """Return the values of the encrypted file."""
    if answers.target.helper:
        return {"binderhub-service": {"config": {"ExternalRegistryHelper": {"auth_token": password}}}}
    values: dict[str, Any] = {
        "binderhub-service": {
            "config": {"DockerRegistry": {"password": password}},
            "buildPodsRegistryCredentials": {"password": password},
        }
    }
    if answers.target.pull_secret:
        values["jupyterhub"] = {"imagePullSecret": {"password": password}}
    return values
