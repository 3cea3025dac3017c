"""Which image each pod of a hub gets, as real Helm says: values files merged in their order, and a chart rendered."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import helm_python

# Images as the charts of JupyterHub, BinderHub and their kind put them together.
TEMPLATE = """\
{{- define "image" -}}
{{- if kindIs "map" . -}}
{{- with .registry }}{{ . }}/{{ end }}{{ or .repository .name .image }}
{{- with or .tag .version }}:{{ . }}{{ end }}{{ with or .digest .sha }}@{{ . }}{{ end }}
{{- else }}{{ . }}{{ end }}
{{- end -}}
{{- $v := .Values.jupyterhub | default .Values -}}
{{- $user := $v.singleuser | default dict }}
{{- with $user.image }}
singleuser={{ include "image" . }}
{{- end }}
{{- range $user.profileList }}
{{- $profile := .slug | default .display_name }}
{{- with (.kubespawner_override | default dict).image }}
profile {{ $profile }}={{ include "image" . }}
{{- end }}
{{- range .profile_options }}
{{- range $choice, $said := .choices }}
{{- with (.kubespawner_override | default dict).image }}
choice {{ $choice }}={{ include "image" . }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- range list $user.extraContainers $user.initContainers }}
{{- range . }}
container {{ .name }}={{ include "image" .image }}
{{- end }}
{{- end }}
{{- range $name, $image := ($v.prePuller | default dict).extraImages }}
pulled {{ $name }}={{ include "image" $image }}
{{- end }}
{{- range $name, $value := $user.extraEnv }}
env {{ $name }}={{ $value }}
{{- end }}
"""


def pods(folder: Path, files: Sequence[Path]) -> dict[str, str]:
    """Render the chart with the values files, the last of which wins."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: hub\nversion: 0.1.0\n")
    (folder / "templates/pods.txt").write_text(TEMPLATE)
    values: dict[str, Any] = {}
    for file in files:
        (folder / "values.yaml").write_text(json.dumps(values))
        with helm_python.Chart.load(str(folder)) as chart:
            values = chart.merge_values(helm_python.values_from_yaml(file.read_text(encoding="utf-8-sig")) or {})
    (folder / "values.yaml").write_text("{}\n")
    with helm_python.Chart.load(str(folder)) as chart:
        (text,) = chart.render(values, name="hub", namespace="hub").values()
    lines = read(text)
    if helm := shutil.which("helm"):
        given = [f"--values={file}" for file in files]
        done = subprocess.run([helm, "template", str(folder), *given], capture_output=True, text=True, check=True)
        assert read(done.stdout) == lines
    return lines


def read(text: str) -> dict[str, str]:
    """Return `pod=image` lines as a mapping."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
