"""The image that the tool of each layout reads, from the documented merge of its values.

Helm's own renderer and the loader of Traitlets, which JupyterHub uses, read what is merged.
"""

import copy
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import helm_python
from traitlets.config import PyFileConfigLoader

Data = dict[str, Any]
PROBE = {
    "Chart.yaml": "apiVersion: v2\nname: jupyterhub\nversion: 0.1.0\n",
    "templates/image.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: probe}\n"
    'data: {image: "{{ .Values.singleuser.image.name }}:{{ .Values.singleuser.image.tag }}"}\n',
}


def write_probe(folder: Path) -> Path:
    """Write a chart that shows the image of its values, and return its folder."""
    for name, text in PROBE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def merged(*layers: Data) -> Data:
    """The documented merge of all these tools: mappings key by key, everything else as a whole."""
    whole: Data = {}
    for layer in layers:
        for key, value in copy.deepcopy(layer).items():
            both = isinstance(value, dict) and isinstance(whole.get(key), dict)
            whole[key] = merged(whole[key], value) if both else value
    return whole


def yaml(text: str) -> Data:
    """The values in a YAML text, as Helm reads them."""
    return dict(helm_python.values_from_yaml(text))


class Repository:
    """The files of a deployment repository; `scratch` is a directory beside it."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root = root
        self.scratch = scratch

    def text(self, file: str) -> str:
        """Return the text of a file."""
        return (self.root / file).read_text(encoding="utf-8")

    def read(self, file: str) -> Data:
        """Return the values in a file."""
        return yaml(self.text(file))

    def helm(self, *layers: Data) -> str:
        """Return the image that Helm's own renderer writes into a manifest from these values."""
        with helm_python.Chart.load(str(write_probe(self.scratch / "probe"))) as chart:
            (text,) = chart.render(merged(*layers), name="hub", namespace="hub").values()
        return str(yaml(text)["data"]["image"])

    def config(self, file: str, text: str = "") -> Data:
        """Return what a jupyterhub_config.py sets, from a file or a text."""
        folder, name = (self.root / file).parent, Path(file).name
        if text:
            folder, name = self.scratch, "jupyterhub_config.py"
            (folder / name).write_text(text)
        return dict(PyFileConfigLoader(name, path=str(folder)).load_config())


def given(key: str, value: str) -> Data:
    """Return `--set key=value` as values."""
    for step in reversed(key.split(".")):
        value = {step: value}  # type: ignore[assignment]
    return value  # type: ignore[return-value]


def _parameters(source: Data) -> Data:
    """Return the parameters of Argo CD as values."""
    return merged(*(given(each["name"], each["value"]) for each in source["helm"]["parameters"]))


def _split(values: Data) -> Data:
    """Return values whose image is one text with name and tag apart, as the probe reads them."""
    name, _, tag = values["singleuser"]["image"].rpartition(":")
    return {"singleuser": {"image": {"name": name, "tag": tag}}}


def _helmfile(here: Repository) -> str:
    """Merge the values of the release `bio` for `prod`; the template language is not part of what is merged."""
    text = "".join(
        line + "\n" for line in here.text("helmfile.yaml").split("---\n")[1].splitlines() if "{{-" not in line
    )
    (bio, _) = yaml(text.replace('{{ requiredEnv "HOST" }}', "x"))["releases"]
    layers = [
        each if isinstance(each, dict) else here.read(each.replace("{{ .Environment.Name }}", "prod"))
        for each in bio["values"]
    ]
    return here.helm(*layers)


def _hubploy(here: Repository) -> str:
    """Merge as hubploy does: it sets the name and the tag of its first image below the path of the chart."""
    folder = "deployments/stat"
    name, _, tag = here.read(f"{folder}/hubploy.yaml")["images"]["images"][0]["name"].rpartition(":")
    image = {"jupyterhub": {"singleuser": {"image": {"name": name, "tag": tag}}}}
    layers = (here.read(f"{folder}/config/common.yaml"), here.read(f"{folder}/config/prod.yaml"), image)
    return here.helm(merged(*layers)["jupyterhub"])


def _makefile(here: Repository) -> str:
    """Merge what the command of the Makefile says."""
    words = shlex.split(here.text("Makefile").splitlines()[1])
    files = [word.partition("=")[2] for word in words if word.startswith("--values=")]
    pairs = [pair.partition("=") for pair in words[words.index("--set") + 1].split(",")]
    return here.helm(*map(here.read, files), *(given(key, value) for key, _, value in pairs))


def _terraform(here: Repository) -> str:
    """Merge `values` in their order and `set` last, as the provider for Helm documents it."""
    words = [line.partition("=")[2].strip().strip('"') for line in here.text("main.tf").splitlines()[4:6]]
    return here.helm(here.read("values.yaml"), given(*words))


def _environment(layer: Data) -> Data:
    """Return the variables of the service `hub`, which may be a list."""
    variables = layer["services"]["hub"].get("environment", {})
    if isinstance(variables, list):
        variables = dict(each.split("=", 1) for each in variables)
    return dict(variables)


def _compose(*files: str, variable: str) -> Callable[[Repository], str]:
    return lambda here: str(merged(*(_environment(here.read(file)) for file in files))[variable])


# layout: the image that the hub of `a/b` gets
SEEN: Mapping[str, Callable[[Repository], str]] = {
    "an Application with values files and valuesObject": lambda here: here.helm(
        here.read("values/common.yaml"),
        here.read("values/bio.yaml"),
        here.read("apps/bio.yaml")["spec"]["sources"][0]["helm"]["valuesObject"],
    ),
    "an Application with parameters": lambda here: here.helm(
        yaml(here.read("app.yaml")["spec"]["source"]["helm"]["values"]),
        _parameters(here.read("app.yaml")["spec"]["source"]),
    ),
    "parameters that Image Updater writes": lambda here: here.helm(
        merged(
            here.read("chart/values.yaml"),
            _parameters(here.read("chart/.argocd-source-bio.yaml")),
        )["jupyterhub"]
    ),
    "an ApplicationSet over directories": lambda here: here.helm(
        _split(here.read("hubs/bio/values.yaml")["jupyterhub"])
    ),
    "an ApplicationSet with a list": lambda here: here.helm(
        merged(here.read("chart/values.yaml"), here.read("chart/hubs/bio.yaml"))["jupyterhub"]
    ),
    "a HelmRelease with values from ConfigMaps": lambda here: here.helm(
        yaml(here.read("map.yaml")["data"]["values.yaml"]),
        here.read("more.yaml"),
        here.read("release.yaml")["spec"]["values"],
    ),
    "a HelmRelease in overlays": lambda here: here.helm(
        here.read("base/release.yaml")["spec"]["values"], here.read("overlays/prod/patch.yaml")["spec"]["values"]
    ),
    "a Helmfile with environments": _helmfile,
    "helmCharts of a kustomization": lambda here: here.helm(
        here.read("hub/values.yaml"),
        here.read("hub/kustomization.yaml")["helmCharts"][0]["valuesInline"],
        here.read("hub/more.yaml"),
    ),
    "images of a kustomization, and a program in a ConfigMap": lambda here: str(
        here.config("", here.read("hub/config.yaml")["data"]["jupyterhub_config.py"])["KubeSpawner"]["image"]
    ),
    "a chart with a values file for each hub": lambda here: here.helm(
        merged(here.read("hub/values.yaml"), here.read("hub/values-bio.yaml"))["jupyterhub"]
    ),
    "a cluster.yaml": lambda here: here.helm(
        merged(
            here.read("helm-charts/basehub/values.yaml"),
            here.read("config/clusters/uni/common.values.yaml"),
            here.read("config/clusters/uni/prod.values.yaml"),
        )["jupyterhub"]
    ),
    "a hubploy.yaml": _hubploy,
    "a hubploy.yaml for a chart that a command names": _hubploy,
    "docker-compose": _compose(
        "basic/docker-compose.yml", "basic/docker-compose.override.yml", variable="DOCKER_NOTEBOOK_IMAGE"
    ),
    "docker-compose with lists of variables": _compose(
        "compose.yaml", "compose.override.yaml", variable="NOTEBOOK_IMAGE"
    ),
    "a jupyterhub_config.py": lambda here: str(here.config("basic/jupyterhub_config.py")["DockerSpawner"]["image"]),
    "a script": lambda here: here.helm(here.read("config.yaml"), here.read("gpu/more.yaml")),
    "a workflow that deploys the hub of each branch": lambda here: here.helm(
        merged(*map(here.read, ("chart/values.yaml", "config/common.yaml", "config/prod.yaml")))["jupyterhub"]
    ),
    "a Makefile that sets the tag": _makefile,
    "Terraform": lambda here: here.helm(here.read("values.yaml"), here.read("more.yaml")),
    "Terraform that sets the tag": _terraform,
}
