"""Small charts of the shape of the real ones: a schema that refuses what it does not know, templates, sub-charts."""

import json
from pathlib import Path
from typing import Any

OBJECT = {"type": "object"}
ARRAY = {"type": "array"}
JUPYTERHUB_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "global": OBJECT,
        "enabled": {"type": "boolean"},
        "custom": OBJECT,
        "ingress": OBJECT,
        "cull": OBJECT,
        "fullnameOverride": {"type": ["string", "null"]},
        "imagePullSecret": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "create": {"type": "boolean"},
                **{key: {"type": "string"} for key in ("registry", "username", "password", "email")},
            },
        },
        "hub": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "baseUrl": {"type": "string"},
                "redirectToServer": {"type": "boolean"},
                "image": {"type": "object", "additionalProperties": False,
                          "properties": {"name": {"type": "string"}, "tag": {"type": "string"}}},
                "extraEnv": {"type": ["object", "array"]},
                **dict.fromkeys(("services", "loadRoles", "config", "extraConfig", "extraFiles", "networkPolicy",
                                 "nodeSelector", "resources"), OBJECT),
                "extraVolumeMounts": {"type": "array"},
                "extraVolumes": {"type": "array"},
            },
        },
        "singleuser": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "profileList": {"type": "array"},
                **dict.fromkeys(("image", "storage", "memory", "cpu", "nodeSelector", "extraResource"), OBJECT),
                **dict.fromkeys(("initContainers", "extraContainers", "extraTolerations"), ARRAY),
            },
        },
    },
}  # fmt: skip
JUPYTERHUB_VALUES = """\
custom: {}
fullnameOverride: ""
imagePullSecret: {create: false, registry: "", username: "", password: ""}
hub:
  baseUrl: /
  image: {name: quay.io/jupyterhub/k8s-hub, tag: 4.3.3}
  services: {}
  loadRoles: {}
  config: {}
  extraConfig: {}
  nodeSelector: {}
  resources: {}
  extraVolumes: []
  extraVolumeMounts: []
singleuser:
  profileList: []
"""
HUB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hub
spec:
  selector: {matchLabels: {component: hub}}
  template:
    metadata: {labels: {component: hub}}
    spec:
      nodeSelector: {{ .Values.hub.nodeSelector | toJson }}
      containers:
        - name: hub
          image: {{ .Values.hub.image.name }}:{{ .Values.hub.image.tag }}
          resources: {{ .Values.hub.resources | toJson }}
          volumeMounts: {{ .Values.hub.extraVolumeMounts | toJson }}
      volumes: {{ .Values.hub.extraVolumes | toJson }}
"""
PULL_SECRET = """\
{{- if .Values.imagePullSecret.create }}
apiVersion: v1
kind: Secret
type: kubernetes.io/dockerconfigjson
metadata:
  name: image-pull-secret
data:
  .dockerconfigjson: {{ printf "%s:%s" .Values.imagePullSecret.username .Values.imagePullSecret.password | b64enc }}
{{- end }}
"""
BINDER_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "buildPodsRegistryCredentials": {
            "type": "object",
            "additionalProperties": False,
            "properties": {key: {"type": "string"} for key in ("server", "username", "password")},
        },
        "dockerApi": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"nodeSelector": OBJECT, "tolerations": {"type": "array"}, "storage": OBJECT,
                           "initContainers": {"type": "array"}, "resources": OBJECT},
        },
        "service": {"type": "object", "additionalProperties": False,
                    "properties": {"type": {"type": "string"}, "port": {"type": "integer"}}},
        "enabled": {"type": "boolean"},
        "fullnameOverride": {"type": ["string", "null"]},
        "extraEnv": {"type": "array"},
        **dict.fromkeys(("global", "custom", "buildPodsDockerConfig", "networkPolicy", "config", "extraConfig",
                         "nodeSelector", "podLabels", "ingress"), OBJECT),
    },
}  # fmt: skip
BINDER_VALUES = """\
fullnameOverride: ""
buildPodsRegistryCredentials: {server: "", username: "", password: ""}
buildPodsDockerConfig: {}
config: {BinderHub: {base_url: /, port: 8585, enable_api_only_mode: true}}
extraConfig: {}
extraEnv: []
nodeSelector: {}
podLabels: {}
service: {type: ClusterIP, port: 80}
dockerApi: {nodeSelector: {}, tolerations: [], initContainers: [], resources: {}}
"""
BINDER = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: binderhub
spec:
  selector: {matchLabels: {component: binderhub}}
  template:
    metadata:
      labels:
        component: binderhub
        {{- if not (hasKey .Values.podLabels "hub.jupyter.org/network-access-hub") }}
        hub.jupyter.org/network-access-hub: "true"
        {{- end }}
        {{- range $key, $value := .Values.podLabels }}
        {{ $key }}: {{ $value | quote }}
        {{- end }}
    spec:
      nodeSelector: {{ .Values.nodeSelector | toJson }}
      containers:
        - name: binderhub
          image: quay.io/example/binderhub-service:1
          env: {{ .Values.extraEnv | toJson }}
          startupProbe:
            httpGet: {path: {{ .Values.config.BinderHub.base_url | trimSuffix "/" }}/versions, port: 8585}
"""
DOCKER_API = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: docker-api
spec:
  selector: {matchLabels: {component: docker-api}}
  template:
    metadata: {labels: {component: docker-api}}
    spec:
      nodeSelector: {{ .Values.dockerApi.nodeSelector | toJson }}
      tolerations: {{ .Values.dockerApi.tolerations | toJson }}
      containers:
        - name: docker-api
          image: docker.io/library/docker:27.5.1-dind
          resources: {{ .Values.dockerApi.resources | toJson }}
      volumes:
        - name: data
          {{- with .Values.dockerApi.storage }}
          {{- . | toYaml | nindent 10 }}
          {{- else }}
          hostPath: {path: /var/lib/docker-api}
          {{- end }}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: binderhub
spec:
  type: {{ .Values.service.type }}
  ports: [{name: http, port: {{ .Values.service.port }}, targetPort: 8585}]
  selector: {component: binderhub}
"""
DASK = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: dask}
data: {secrets: {{ .Values.gateway | toJson | quote }}}
"""
VERSIONS = {"jupyterhub": "4.3.3", "binderhub-service": "0.1.0-0.dev.git.336.hca79dc0", "dask-gateway": "2026.3.0"}


def write_charts(folder: Path) -> None:
    """The charts jupyterhub, binderhub-service and dask-gateway, each in a folder of its name."""
    _chart(folder, "jupyterhub", JUPYTERHUB_VALUES, {"hub": HUB, "secret": PULL_SECRET}, JUPYTERHUB_SCHEMA)
    templates = {"deployment": BINDER, "daemonset": DOCKER_API, "service": SERVICE}
    _chart(folder, "binderhub-service", BINDER_VALUES, templates, BINDER_SCHEMA)
    _chart(folder, "dask-gateway", "gateway: {}\n", {"gateway": DASK}, OBJECT)


def write_basehub(folder: Path, values: str, repository: str) -> None:
    """A chart around them, as a deployment repository has it; `repository` is where the others are published."""
    lines = ["apiVersion: v2", "name: basehub", "version: 0.1.0", "dependencies:"]
    for name, version in VERSIONS.items():
        lines += [f"  - name: {name}", f"    version: {version}", f"    repository: {repository}"]
        lines += [f"    condition: {name}.enabled"] if name != "jupyterhub" else []
    folder.mkdir(parents=True)
    (folder / "Chart.yaml").write_text("\n".join(lines) + "\n")
    (folder / "values.yaml").write_text(values)
    (folder / "values.schema.yaml").write_text(
        json.dumps({"type": "object", "additionalProperties": False,
                    "properties": dict.fromkeys((*VERSIONS, "global", "nfs"), OBJECT)})
    )  # fmt: skip


def _chart(folder: Path, name: str, values: str, templates: dict[str, str], schema: dict[str, Any]) -> None:
    (folder / name / "templates").mkdir(parents=True)
    (folder / name / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {VERSIONS[name]}\n")
    (folder / name / "values.yaml").write_text(values)
    (folder / name / "values.schema.json").write_text(json.dumps(schema))
    for template, text in templates.items():
        (folder / name / "templates" / f"{template}.yaml").write_text(text)
