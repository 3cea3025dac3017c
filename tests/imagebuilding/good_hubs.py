"""Good hubs, as people write them, to seed mistakes into; as data, so that the same mistake fits every layout."""

import copy
from datetime import date
from pathlib import Path
from typing import Any

import yaml

ENCRYPTED = "ENC[AES256_GCM,data:e31klw==,iv:PxxZ,tag:yx5t,type:str]"
ENCRYPTED_TRUE = "ENC[AES256_GCM,data:e31klw==,iv:PxxZ,tag:yx5t,type:bool]"
PREFIX = "quay.io/example-hubs/earth-staging-"
ROBOT = "example-hubs+image_builder"
TOLERATIONS = [
    {"key": "hub.jupyter.org_dedicated", "value": "user", "effect": "NoSchedule"},
    {"key": "hub.jupyter.org/dedicated", "value": "user", "effect": "NoSchedule"},
]
SETUP = "from jupyterhub_fancy_profiles import setup_ui\nsetup_ui(c)\n"
OF_CHART: dict[str, Any] = {  # what a chart around the others sets for every hub
    "jupyterhub": {
        "custom": {"homepage": {}},
        "hub": {
            "image": {"name": "quay.io/example/hub", "tag": "z2jh-4.3.3-fancy-profiles-0.6.0"},
            "services": {"binder": {"url": "http://binderhub:8090", "oauth_client_id": "service-binder"}},
            "loadRoles": {"user": {"scopes": ["self"]}},
            "extraConfig": {"07-enable-fancy-profiles": SETUP},
        },
    },
    "binderhub-service": {
        "enabled": False,
        "nodeSelector": {"hub.jupyter.org/node-purpose": "core"},
        "service": {"port": 8090},
        "dockerApi": {
            "nodeSelector": {"hub.jupyter.org/node-purpose": "user"},
            "tolerations": TOLERATIONS,
        },
        "config": {
            "BinderHub": {"base_url": "/services/binder", "use_registry": True, "auth_enabled": True},
            "KubernetesBuildExecutor": {
                "build_image": "quay.io/jupyterhub/repo2docker:2025.12.1",
                "node_selector": {"hub.jupyter.org/node-purpose": "user"},
            },
        },
    },
    "dask-gateway": {"enabled": False},
}
PROFILES: list[Any] = [
    {
        "display_name": "Choose your environment",
        "slug": "only-choice",
        "profile_options": {
            "image": {
                "display_name": "Image",
                "dynamic_image_building": {"enabled": True},
                "unlisted_choice": {
                    "enabled": True,
                    "display_name": "Custom image",
                    "validation_regex": "^.+:.+$",
                    "validation_message": "Must be of the form <image>:<tag>",
                    "kubespawner_override": {"image": "{value}"},
                },
                "choices": {
                    "pangeo": {
                        "display_name": "Pangeo",
                        "default": True,
                        "kubespawner_override": {"image": "pangeo/pangeo-notebook:2026.04.29"},
                    },
                    "scipy": {
                        "display_name": "SciPy",
                        "kubespawner_override": {"image": "quay.io/jupyter/scipy-notebook:2026-03-18"},
                    },
                },
            },
            "memory": {
                "display_name": "Memory",
                "choices": {
                    "small": {
                        "display_name": "2 GB",
                        "default": True,
                        "kubespawner_override": {"mem_limit": "2G"},
                    },
                    "large": {
                        "display_name": "8 GB",
                        "kubespawner_override": {"mem_limit": "8G", "node_selector": {"size": "large"}},
                    },
                },
            },
        },
    }
]
OF_HUB: dict[str, Any] = {
    "jupyterhub": {
        "custom": {"homepage": {"templateVars": {"enabled": False}}, "daskhubSetup": {"enabled": True}},
        "singleuser": {"profileList": PROFILES},
        "hub": {"loadRoles": {"user": {"scopes": ["self", "access:services!service=binder"]}}},
    },
    "binderhub-service": {
        "enabled": True,
        "config": {
            "BinderHub": {"image_prefix": PREFIX},
            "DockerRegistry": {"url": "https://quay.io", "username": ROBOT},
        },
        "buildPodsRegistryCredentials": {"server": "https://quay.io", "username": ROBOT},
        "dockerApi": {"storage": {"emptyDir": {"sizeLimit": "15Gi"}}},
        "extraEnv": [{"name": "JUPYTERHUB_API_URL", "value": "http://hub.staging.svc.cluster.local:8081/hub/api"}],
    },
    "dask-gateway": {"enabled": True, "gateway": {"backend": {"imagePullSecrets": [{"name": "image-pull-secret"}]}}},
}
API_TOKEN = {"name": "hub", "key": "hub.services.binder.apiToken"}
PAGE_DOMAIN = "binder.example.org"
OF_PAGE: dict[str, Any] = {  # BinderHub with its own page in front of a hub, which asks for a login
    "jupyterhub": {
        "ingress": {"enabled": True, "hosts": ["staging.example.org"],
                    "tls": [{"hosts": ["staging.example.org"], "secretName": "https-auto-tls"}]},
        "custom": {"homepage": {"templateVars": {"enabled": False}}, "binderhubUI": {"enabled": True}},
        "singleuser": {"profileList": [], "storage": {"type": "none"}},
        "hub": {
            "redirectToServer": False,
            "services": {"binder": {"oauth_redirect_uri": f"https://{PAGE_DOMAIN}/oauth_callback"}},
            "config": {"BinderSpawnerMixin": {"auth_enabled": True}},
            "loadRoles": {
                "binder": {"services": ["binder"], "scopes": ["servers", "read:users"]},
                "user": {"scopes": ["self", "access:services!service=binder"]},
            },
        },
    },
    "binderhub-service": {
        **OF_HUB["binderhub-service"],
        "ingress": {"enabled": True, "hosts": [PAGE_DOMAIN],
                    "tls": [{"hosts": [PAGE_DOMAIN], "secretName": "binder-https-auto-tls"}]},
        "config": {
            **OF_HUB["binderhub-service"]["config"],
            "BinderHub": {"image_prefix": PREFIX, "base_url": "/", "enable_api_only_mode": False,
                          "hub_url": "https://staging.example.org"},
        },
        "extraEnv": [
            {"name": "JUPYTERHUB_API_URL", "value": "http://hub.staging.svc.cluster.local:8081/hub/api"},
            {"name": "JUPYTERHUB_API_TOKEN", "valueFrom": {"secretKeyRef": API_TOKEN}},
            {"name": "JUPYTERHUB_CLIENT_ID", "value": "service-binder"},
            {"name": "JUPYTERHUB_OAUTH_CALLBACK_URL", "value": f"https://{PAGE_DOMAIN}/oauth_callback"},
        ],
    },
}  # fmt: skip
SECRET: dict[str, Any] = {
    "jupyterhub": {
        "imagePullSecret": {
            "create": ENCRYPTED_TRUE, "registry": ENCRYPTED, "username": ENCRYPTED, "password": ENCRYPTED,
        }
    },
    "binderhub-service": {
        "config": {"DockerRegistry": {"password": ENCRYPTED}},
        "buildPodsRegistryCredentials": {"password": ENCRYPTED},
    },
}  # fmt: skip
TODAY = date(2026, 11, 1)  # the build image above is not old then
SOPS = {"mac": ENCRYPTED, "version": "3.8.1"}
ENC = "enc-staging.secret.values.yaml"
Data = dict[str, Any]


def merged(*parts: Data) -> Data:
    """The parts as one, the later above the earlier."""
    result: Data = {}
    for part in parts:
        for key, value in part.items():
            old = result.get(key)
            result[key] = (
                merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else copy.deepcopy(value)
            )
    return result


def write(path: Path, data: Data) -> None:
    """Write data as YAML, keys in their order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data, sort_keys=False))


def turned(data: Any) -> Any:
    """The same data with every mapping's keys in the other order."""
    if isinstance(data, dict):
        return {key: turned(value) for key, value in reversed(data.items())}
    return [turned(item) for item in data] if isinstance(data, list) else data


def in_one_file(folder: Path, hub: Data, secret: Data, listed: list[str]) -> list[str]:
    """The hub's own values in one file."""
    write(folder / "staging.values.yaml", hub)
    write(folder / ENC, {**secret, "sops": SOPS})
    return ["staging.values.yaml", *listed]


def in_two_files(folder: Path, hub: Data, secret: Data, listed: list[str]) -> list[str]:
    """Keys in another order and moved: hub and dask in a common file, the rest in the hub's."""
    common = {key: value for key, value in turned(hub).items() if key != "binderhub-service"}
    write(folder / "common.values.yaml", common)
    write(folder / "staging.values.yaml", {"binderhub-service": turned(hub).get("binderhub-service", {})})
    write(folder / ENC, {"sops": SOPS, **turned(secret)})
    return ["common.values.yaml", "staging.values.yaml", *listed]


LAYOUTS = {"one file": in_one_file, "two files, other order": in_two_files}
