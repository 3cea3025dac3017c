"""Mistakes, each from a real configuration or from the documents, and the code under which the check must find it."""

from typing import Any, NamedTuple

JH, BS, DG = "jupyterhub", "binderhub-service", "dask-gateway"
HUB, CONFIG = f"{JH}.hub", f"{BS}.config"
PROFILE = f"{JH}.singleuser.profileList.0"
IMAGE = f"{PROFILE}.profile_options.image"
MEMORY = f"{PROFILE}.profile_options.memory"
GONE = object()  # the key is taken away
RENAME = "rename to: "


class Seed(NamedTuple):
    """What is changed: the path in the hub's values (a.b.0.c, `~` stands for a dot) and the value."""

    name: str
    code: str
    path: str
    value: Any


SEEDS = (
    # where images go
    Seed("no prefix", "prefix-missing", f"{CONFIG}.BinderHub.image_prefix", GONE),
    Seed("prefix without - on quay", "prefix-ending", f"{CONFIG}.BinderHub.image_prefix", "quay.io/example-hubs/earth"),
    Seed("prefix ends with / on quay", "prefix-ending", f"{CONFIG}.BinderHub.image_prefix", "quay.io/example-hubs/"),
    Seed("prefix without repository on Google", "prefix-ending", f"{CONFIG}.BinderHub.image_prefix",
         "us-central1-docker.pkg.dev/project/repository"),
    Seed("prefix with scheme", "prefix-scheme", f"{CONFIG}.BinderHub.image_prefix", "https://quay.io/example-hubs/e-"),
    Seed("prefix with capitals", "prefix-invalid", f"{CONFIG}.BinderHub.image_prefix", "quay.io/Example/Earth-"),
    Seed("prefix on gcr.io", "prefix-gcr", f"{CONFIG}.BinderHub.image_prefix", "gcr.io/project/earth-"),
    Seed("prefix of another hub", "prefix-shared", f"{CONFIG}.BinderHub.image_prefix", "quay.io/example-hubs/mars-"),
    Seed("registry not used", "use-registry-off", f"{CONFIG}.BinderHub.use_registry", False),
    Seed("no address to ask", "registry-url-missing", f"{CONFIG}.DockerRegistry.url", GONE),
    Seed("address without https", "registry-url-scheme", f"{CONFIG}.DockerRegistry.url", "quay.io"),
    Seed("asks another registry", "registry-host-differs", f"{CONFIG}.DockerRegistry.url", "https://ghcr.io"),
    Seed("pushes with another registry's account", "registry-host-differs",
         f"{BS}.buildPodsRegistryCredentials.server", "https://us-central1-docker.pkg.dev"),
    Seed("no account to ask with", "registry-username-missing", f"{CONFIG}.DockerRegistry.username", GONE),
    Seed("no account to push with", "push-username-missing", f"{BS}.buildPodsRegistryCredentials.username", GONE),
    Seed("no server to push to", "push-server-missing", f"{BS}.buildPodsRegistryCredentials.server", GONE),
    Seed("accounts differ", "credentials-differ", f"{BS}.buildPodsRegistryCredentials.username", "example-hubs+old"),
    Seed("Google's account for quay", "registry-account-wrong", f"{CONFIG}.DockerRegistry.username", "_json_key"),
    Seed("password in clear", "password-in-clear", f"{BS}.buildPodsRegistryCredentials.password", "hunter2"),
    # how hub and BinderHub reach each other
    Seed("service removed", "binder-service-missing", f"{HUB}.services.binder", None),
    Seed("service without url", "binder-service-url-missing", f"{HUB}.services.binder.url", None),
    Seed("service at port 80", "binder-service-port", f"{HUB}.services.binder.url", "http://binderhub"),
    Seed("BinderHub at another port", "binder-service-port", f"{BS}.service.port", 8585),
    Seed("service at another host", "binder-service-host", f"{HUB}.services.binder.url", "http://binder:8090"),
    Seed("base_url at the root", "binder-base-url", f"{CONFIG}.BinderHub.base_url", "/"),
    Seed("hub below a path", "hub-base-url", f"{HUB}.baseUrl", "/jupyter/"),
    Seed("BinderHub with its own page", "api-only-mode-off", f"{CONFIG}.BinderHub.enable_api_only_mode", False),
    Seed("extraEnv replaced", "hub-api-url-missing", f"{BS}.extraEnv", [{"name": "DEBUG", "value": "1"}]),
    Seed("API of another hub", "hub-api-url-wrong", f"{BS}.extraEnv.0.value",
         "http://hub.prod.svc.cluster.local:8081/hub/api"),
    Seed("API at the proxy's port", "hub-api-url-wrong", f"{BS}.extraEnv.0.value", "http://hub:8000/hub/api"),
    Seed("label taken away", "network-access-hub", f"{BS}.podLabels",
         {"hub.jupyter.org/network-access-hub": "false"}),
    Seed("scopes without self", "role-user-self-missing", f"{HUB}.loadRoles.user.scopes",
         ["access:services!service=binder"]),
    Seed("scope of a service that is not", "scope-service-unknown", f"{HUB}.loadRoles.user.scopes",
         ["self", "access:services!service=binderhub"]),
    Seed("scopes asked for, none given", "role-access-missing", f"{HUB}.loadRoles.user.scopes+env", ["self"]),
    Seed("role for some, not enforced", "access-scopes-not-enforced", f"{HUB}.loadRoles",
         {"builders": {"groups": ["builders"], "scopes": ["access:services!service=binder"]}}),
    Seed("client without service-", "oauth-client-id", f"{HUB}.services.binder.oauth_client_id", "binder"),
    Seed("comes back to another hub", "oauth-redirect-uri", f"{HUB}.services.binder.oauth_redirect_uri",
         "https://old.example.org/services/binder/oauth_callback"),
    Seed("form not set up", "setup-ui-missing", f"{HUB}.extraConfig.07-enable-fancy-profiles", None),
    # where builds run
    Seed("no toleration with /", "docker-api-toleration", f"{BS}.dockerApi.tolerations",
         [{"key": "hub.jupyter.org_dedicated", "value": "user", "effect": "NoSchedule"}]),
    Seed("no toleration with _", "docker-api-toleration", f"{BS}.dockerApi.tolerations",
         [{"key": "hub.jupyter.org/dedicated", "value": "user", "effect": "NoSchedule"}]),
    Seed("toleration of another value", "docker-api-toleration", f"{BS}.dockerApi.tolerations",
         [{"key": key, "value": "core"} for key in ("hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated")]),
    Seed("builds on other nodes", "build-node-selector", f"{CONFIG}.KubernetesBuildExecutor.node_selector",
         {"hub.jupyter.org/node-purpose": "core"}),
    Seed("docker-api on fewer nodes", "build-node-selector", f"{BS}.dockerApi.nodeSelector.size", "large"),
    Seed("docker-api everywhere", "docker-api-node-selector", f"{BS}.dockerApi.nodeSelector", None),
    Seed("BinderHub on user nodes", "binder-node-selector", f"{BS}.nodeSelector", None),
    Seed("no limit of storage", "docker-storage-limit", f"{BS}.dockerApi.storage", None),
    Seed("limit that is no size", "docker-storage-quantity", f"{BS}.dockerApi.storage.emptyDir.sizeLimit", "15 GB"),
    Seed("BinderHub's own builder", "build-image-missing", f"{CONFIG}.KubernetesBuildExecutor.build_image", None),
    Seed("builder of the chart", "build-image-old", f"{CONFIG}.KubernetesBuildExecutor.build_image",
         "quay.io/jupyterhub/repo2docker:2024.07.0"),
    Seed("floating builder", "build-image-floating", f"{CONFIG}.KubernetesBuildExecutor.build_image",
         "quay.io/jupyterhub/repo2docker:main"),
    Seed("builder with a space", "build-image-invalid", f"{CONFIG}.KubernetesBuildExecutor.build_image",
         "quay.io/jupyterhub/repo2docker: 2025.12.1"),
    # pulling what was built
    Seed("pull secret not made", "pull-secret-not-created", f"{JH}.imagePullSecret.create", False),
    Seed("pull secret of another registry", "pull-secret-registry", f"{JH}.imagePullSecret.registry", "ghcr.io"),
    Seed("pull secret without account", "pull-secret-incomplete", f"{JH}.imagePullSecret.username", ""),
    Seed("dask without pull secret", "dask-pull-secret-missing", f"{DG}.gateway.backend.imagePullSecrets", GONE),
    Seed("dask with another secret", "dask-pull-secret-name", f"{DG}.gateway.backend.imagePullSecrets",
         [{"name": "quay"}]),
    # versions
    Seed("hub image of the chart", "hub-image-without-fancy-profiles", f"{HUB}.image.name",
         "quay.io/jupyterhub/k8s-hub"),
    Seed("old form, auth on", "fancy-profiles-old", f"{HUB}.image.tag", "z2jh-4.0.0-fancy-profiles-0.4.1"),
    # the form
    Seed("no profile list", "profile-list-missing", f"{JH}.singleuser.profileList", []),
    Seed("no image building", "no-image-building", f"{IMAGE}.dynamic_image_building", GONE),
    Seed("key of the option", "option-key", IMAGE, RENAME + "images"),
    Seed("building without enabled", "dynamic-image-building-off", f"{IMAGE}.dynamic_image_building", {}),
    Seed("building enabled as text", "dynamic-image-building-off", f"{IMAGE}.dynamic_image_building.enabled", "true"),
    Seed("no unlisted choice", "unlisted-choice-off", f"{IMAGE}.unlisted_choice.enabled", False),
    Seed("value without braces", "unlisted-override", f"{IMAGE}.unlisted_choice.kubespawner_override.image", "value"),
    Seed("expression that is none", "validation-regex-invalid", f"{IMAGE}.unlisted_choice.validation_regex",
         "^(.+:.+$"),
    Seed("expression for Docker Hub only", "validation-regex-refuses", f"{IMAGE}.unlisted_choice.validation_regex",
         "^[a-z]+/[a-z]+:.+$"),
    Seed("image with a space", "choice-image-invalid", f"{IMAGE}.choices.scipy.kubespawner_override.image",
         "quay.io/jupyter/scipy-notebook 2026-03-18"),
    Seed("misspelt override", "form-key-unknown", f"{IMAGE}.choices.scipy.kubespawner_override",
         RENAME + "kubespawner_overide"),
    Seed("limit that is no size of memory", "choice-refused", f"{MEMORY}.choices.large.kubespawner_override.mem_limit",
         "8 GB"),
    Seed("selector that is a number", "choice-pod", f"{MEMORY}.choices.large.kubespawner_override.node_selector",
         {"cpus": 4}),
    # names
    Seed("misspelt option of BinderHub", "option-unknown", f"{CONFIG}.BinderHub.image_prefixes", "x"),
    Seed("option in another class", "option-unknown", f"{CONFIG}.BinderHub.node_selector", {"a": "b"}),
    Seed("misspelt class", "option-unknown", f"{CONFIG}.DockerRegistery", {"url": "https://quay.io"}),
    Seed("option of another type", "option-type", f"{CONFIG}.BinderHub.use_registry", "yes please"),
    Seed("misspelt option of KubeSpawner", "option-unknown", f"{HUB}.config.KubeSpawner.image_pull_secret", ["x"]),
    Seed("misspelt option in a choice", "option-unknown", f"{MEMORY}.choices.small.kubespawner_override.memlimit",
         "1G"),
    # what Helm and Kubernetes refuse
    Seed("key that the chart has not", "schema", f"{HUB}.servces", {"binder": {}}),
    Seed("type that the chart has not", "schema", f"{BS}.service.port", "8090"),
    Seed("selector in the wrong place", "schema", f"{BS}.dockerApi.node_selector", {"a": "b"}),
    Seed("selector of numbers", "manifest", f"{BS}.nodeSelector.cpus", 4),
    Seed("misspelt volume", "manifest", f"{BS}.dockerApi.storage", {"emptydir": {"sizeLimit": "15Gi"}}),
)  # fmt: skip
