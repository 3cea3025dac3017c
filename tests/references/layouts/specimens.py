"""A small deployment repository in each layout, with what its hubs run."""

from collections.abc import Mapping

IMAGE = "singleuser: {image: {name: quay.io/a/b, tag: v%s}}\n"
CHART = (
    "name: hub\ndependencies: [{name: jupyterhub, version: 4.0.0, repository: https://hub.jupyter.org/helm-chart}]\n"
)

ARGO = {
    "apps/bio.yaml": """\
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: bio}
        spec:
          sources:
          - repoURL: https://hub.jupyter.org/helm-chart/
            chart: jupyterhub
            helm:
              valueFiles: [$here/values/common.yaml, $here/values/bio.yaml]
              valuesObject:
                singleuser:
                  image: {tag: v3}
          - {repoURL: https://example.org/this.git, ref: here}
        """,
    "values/common.yaml": IMAGE % 1,
    "values/bio.yaml": "singleuser: {image: {tag: v2}}\n",
}
ARGO_PARAMETERS = {
    "app.yaml": """\
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: chem}
        spec:
          source:
            chart: jupyterhub
            helm:
              values: |
                singleuser:
                  image: {name: quay.io/a/b, tag: v1}
              parameters:
              - name: singleuser.image.tag
                value: v2
        """,
}
APPLICATION_SET = {
    "set.yaml": """\
        apiVersion: argoproj.io/v1alpha1
        kind: ApplicationSet
        metadata: {name: hubs}
        spec:
          generators:
          - list:
              elements:
              - {hub: bio}
              - {hub: chem}
          template:
            metadata: {name: '{{hub}}-hub'}
            spec:
              source:
                path: chart
                helm: {valueFiles: ['hubs/{{ .hub }}.yaml']}
        """,
    "chart/Chart.yaml": CHART,
    "chart/values.yaml": "jupyterhub: {singleuser: {image: {name: quay.io/a/b, tag: v1}}}\n",
    "chart/hubs/bio.yaml": "jupyterhub: {singleuser: {image: {tag: v2}}}\n",
    "chart/hubs/chem.yaml": "jupyterhub: {hub: {image: {name: quay.io/a/hub, tag: v3}}}\n",
}
APPLICATION_SET_GIT = {
    "set.yaml": """\
        apiVersion: argoproj.io/v1alpha1
        kind: ApplicationSet
        metadata: {name: hubs}
        spec:
          goTemplate: true
          generators:
          - git:
              directories: [{path: hubs/*}, {path: hubs/old, exclude: true}]
          template:
            metadata: {name: '{{.path.basename}}'}
            spec:
              source: {path: '{{.path.path}}', helm: {valueFiles: [values.yaml]}}
        """,
    **{f"hubs/{hub}/Chart.yaml": CHART for hub in ("bio", "old")},
    "hubs/bio/values.yaml": "jupyterhub: {singleuser: {image: quay.io/a/b:v1}}\n",
    "hubs/old/values.yaml": "jupyterhub: {singleuser: {image: quay.io/a/c:v1}}\n",
}
RELEASE = """\
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: {name: hub}
    spec:
      chart: {spec: {chart: jupyterhub, version: 4.x}}
      valuesFrom:
      - {kind: ConfigMap, name: hub-values}
      - {kind: ConfigMap, name: made, valuesKey: more.yaml}
      values:
        singleuser:
          image:
            tag: v3
    """
FLUX = {
    "release.yaml": RELEASE,
    "map.yaml": f"kind: ConfigMap\nmetadata: {{name: hub-values}}\ndata:\n  values.yaml: |\n    {IMAGE % 1}",
    "kustomization.yaml": "resources: [release.yaml, map.yaml]\n"
    "configMapGenerator:\n- {name: made, files: [more.yaml]}\n",
    "more.yaml": "singleuser: {image: {tag: v2}}\nhub: {image: {name: quay.io/a/hub, tag: v9}}\n",
}
FLUX_OVERLAYS = {
    "base/release.yaml": RELEASE.replace("tag: v3", "name: quay.io/a/b\n            tag: v3").replace(
        "valuesFrom:\n      - {kind: ConfigMap, name: hub-values}\n      - {kind: ConfigMap, name: made, valuesKey: "
        "more.yaml}\n", "interval: 1h\n"
    ),
    "base/kustomization.yaml": "resources: [release.yaml]\n",
    "overlays/prod/kustomization.yaml": "resources: [../../base]\npatches: [{path: patch.yaml}]\n",
    "overlays/prod/patch.yaml": "kind: HelmRelease\nmetadata: {name: hub}\n"
    "spec: {values: {singleuser: {image: {tag: v4}}}}\n",
    "overlays/staging/kustomization.yaml": "resources: [../../base]\n",
}  # fmt: skip
HELMFILE = {
    "helmfile.yaml": """\
        environments:
          staging: {values: [{size: small}]}
          prod: {values: [{size: large}]}
        ---
        releases:
        {{- if true }}
        - name: bio
          chart: jupyterhub/jupyterhub
          values:
          - values/bio.yaml
          - values/{{ .Environment.Name }}.yaml
          - singleuser: {image: {tag: v3}}
        {{- end }}
        - name: chem
          chart: jupyterhub/jupyterhub
          values:
          - singleuser: {image: {name: quay.io/a/c, tag: v4}, host: {{ requiredEnv "HOST" }}}
          - values/chem.yaml
          set:
          - {name: hub.image.tag, value: v6}
        """,
    "values/bio.yaml": IMAGE % 1,
    "values/prod.yaml": "singleuser: {image: {tag: v2}}\nhub: {image: {name: quay.io/a/hub, tag: v5}}\n",
    "values/chem.yaml": "hub: {image: {name: quay.io/a/hub, tag: v7}}\n",
}
KUSTOMIZE = {
    "hub/kustomization.yaml": """\
        helmCharts:
        - name: jupyterhub
          releaseName: hub
          valuesFile: values.yaml
          additionalValuesFiles: [more.yaml]
          valuesInline:
            singleuser:
              image: {tag: v3}
        images:
        - {name: quay.io/a/other, newTag: v9}
        """,
    "hub/values.yaml": IMAGE % 1,
    "hub/more.yaml": "singleuser: {image: {tag: v2}}\n",
}
UMBRELLA = {
    "hub/Chart.yaml": CHART,
    "hub/values.yaml": "jupyterhub: {singleuser: {image: {name: quay.io/a/b, tag: v1}}}\n",
    "hub/values-bio.yaml": "jupyterhub: {singleuser: {image: {tag: v2}}}\n",
    "hub/values-chem.yaml": "jupyterhub: {hub: {image: {name: quay.io/a/hub, tag: v3}}}\n",
}
COMPOSE = {
    "basic/docker-compose.yml": """\
        services:
          hub:
            image: quay.io/jupyterhub/jupyterhub:5
            environment: {DOCKER_NOTEBOOK_IMAGE: quay.io/a/b:v1}
        """,
    "basic/docker-compose.override.yml": "services: {hub: {environment: {DOCKER_NOTEBOOK_IMAGE: quay.io/a/b:v2}}}\n",
    "basic/jupyterhub_config.py": 'c.DockerSpawner.image = "quay.io/a/c:v3"\n',
    "db/docker-compose.yml": "services: {db: {image: postgres:16}}\n",
}
SCRIPT = {
    "deploy.sh": "RELEASE=jhub\nhelm upgrade --install $RELEASE jupyterhub/jupyterhub \\\n"
    "  --namespace $RELEASE --values config.yaml \\\n  --values=secret.yaml -f gpu/more.yaml\n",
    "config.yaml": IMAGE % 1,
    "gpu/more.yaml": "singleuser: {image: {tag: v2}}\n",
    "unused.yaml": IMAGE % 9,
}
SCRIPT_FOR_EACH = {
    ".github/workflows/deploy.yaml": """\
        on: push
        jobs:
          deploy:
            steps:
            - run: |
                helm upgrade --install ${{ github.ref_name }} ./chart -f config/common.yaml \\
                  --values="config/${{ github.ref_name }}.yaml" \\
                  -f secrets://secrets/${{ github.ref_name }}.yaml
        """,
    "chart/Chart.yaml": "apiVersion: v1\nname: chart\n",
    "chart/requirements.yaml": "dependencies: [{name: jupyterhub, version: 1.0.0}]\n",
    "chart/values.yaml": "jupyterhub: {singleuser: {image: {name: quay.io/a/b, tag: v1}}}\n",
    "config/common.yaml": "jupyterhub: {hub: {image: {name: quay.io/a/hub, tag: v7}}}\n",
    "config/prod.yaml": "jupyterhub: {singleuser: {image: {tag: v2}}}\n",
    "config/staging.yaml": "jupyterhub: {singleuser: {memory: {limit: 1G}}}\n",
    "config/metrics.yaml": "grafana: {image: {repository: grafana/grafana, tag: '9'}}\n",
    "secrets/prod.yaml": "jupyterhub: {proxy: {secretToken: x}}\n",
    "secrets/staging.yaml": "jupyterhub: {proxy: {secretToken: x}}\n",
}
TERRAFORM = {
    "main.tf": 'resource "helm_release" "hub" {\n  chart = "jupyterhub"\n'
    '  values = [file("${path.module}/values.yaml"), templatefile("more.yaml", {})]\n}\n',
    "values.yaml": IMAGE % 1,
    "more.yaml": "singleuser: {image: {tag: v2}}\n",
}

MANIFESTS = {
    "hub/kustomization.yaml": """\
        resources: [hub.yaml, config.yaml]
        images:
        - name: quay.io/jupyterhub/k8s-hub
          newTag: v2
        """,
    "hub/hub.yaml": """\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: hub}
        spec:
          template:
            spec:
              containers:
              - {name: hub, image: 'quay.io/jupyterhub/k8s-hub:v1'}
        """,
    "hub/config.yaml": """\
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: config}
        data:
          jupyterhub_config.py: |
            c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
            c.KubeSpawner.image = "quay.io/a/b:v3"
        """,
}
CLUSTER = {
    "config/clusters/uni/cluster.yaml": """\
        name: uni
        hubs:
        - name: prod
          helm_chart: basehub
          helm_chart_values_files: [common.values.yaml, prod.values.yaml]
        """,
    "config/clusters/uni/common.values.yaml": "jupyterhub: {singleuser: {image: {tag: v1}}}\n",
    "config/clusters/uni/prod.values.yaml": "jupyterhub: {singleuser: {image: {tag: v2}}}\n",
    "helm-charts/basehub/Chart.yaml": CHART.replace("name: hub", "name: basehub", 1),
    "helm-charts/basehub/values.yaml": "jupyterhub: {singleuser: {image: {name: quay.io/a/b, tag: v0}}}\n",
}
HUBPLOY = {
    "deployments/stat/hubploy.yaml": "images:\n  images:\n  - name: quay.io/a/b:v2\n",
    "deployments/stat/config/common.yaml": "jupyterhub: {hub: {image: {name: quay.io/a/hub, tag: v1}}}\n",
    "deployments/stat/config/prod.yaml": "jupyterhub: {hub: {image: {tag: v3}}}\n",
}
HUBPLOY_CHARTS = {
    **HUBPLOY,
    ".circleci/config.yml": "run: |\n  # hubploy deploy stat hub prod\n"
    "  hubploy --verbose deploy --timeout 30m ${HUB} hub prod\n"
    "  hubploy deploy --timeout 30m stat \\\n    'our-chart' prod\n",
    "deployments/math/hubploy.yaml": "images: {images: [{name: 'quay.io/a/math:v5'}]}\n",
    "deployments/math/config/prod.yaml": "jupyterhub: {}\n",
    "our-chart/Chart.yaml": CHART,
    "our-chart/values.yaml": "jupyterhub: {proxy: {chp: {image: {name: quay.io/a/chp, tag: v6}}}}\n",
    "hub/Chart.yaml": CHART,
    "hub/values.yaml": "jupyterhub: {proxy: {chp: {image: {name: quay.io/a/chp, tag: v7}}}}\n",
}
WRITTEN_BACK = {
    "app.yaml": """\
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: bio}
        spec: {source: {path: chart}}
        """,
    "chart/Chart.yaml": CHART,
    "chart/values.yaml": "jupyterhub: {singleuser: {image: {name: quay.io/a/b, tag: v1}}}\n",
    "chart/.argocd-source-bio.yaml": "helm:\n  parameters:\n  - name: jupyterhub.singleuser.image.tag\n"
    "    value: v2\n    forcestring: true\n",
}
SCRIPT_SETS = {
    "Makefile": "deploy:\n\thelm upgrade --install jhub jupyterhub/jupyterhub --values=config.yaml "
    "--set singleuser.image.tag=v2,hub.x=1\n",
    "config.yaml": IMAGE % 1,
}
TERRAFORM_SETS = {
    "main.tf": 'resource "helm_release" "hub" {\n  chart  = "jupyterhub"\n  values = [file("values.yaml")]\n  set {\n'
    '    name  = "singleuser.image.tag"\n    value = "v2"\n  }\n}\n',
    "values.yaml": IMAGE % 1,
}
COMPOSE_LISTS = {
    "compose.yaml": "services:\n  hub:\n    image: quay.io/jupyterhub/jupyterhub:5\n    environment:\n"
    "    - NOTEBOOK_IMAGE=quay.io/a/b:v1\n    - SIDE_IMAGE=quay.io/a/side:v1\n",
    "compose.override.yaml": "services: {hub: {environment: [DEBUG=1, 'SIDE_IMAGE=quay.io/a/side:v2']}}\n",
    "docker-compose.yml": "services: {hub: {image: 'quay.io/jupyterhub/jupyterhub:4'}}\n",
    "compose.prod.yaml": "services: {hub: {environment: {NOTEBOOK_IMAGE: 'quay.io/a/b:v3'}}}\n",
}

# files: (the references that hubs run, the hubs that are guessed, the reference that is bumped)
LAYOUTS: Mapping[str, tuple[Mapping[str, str], list[tuple[str, str, tuple[str, ...]]], tuple[str, ...]]] = {
    "an Application with values files and valuesObject": (ARGO, [("apps/bio.yaml:12", "quay.io/a/b:v3", ("bio",))], ()),
    "an Application with parameters": (ARGO_PARAMETERS, [("app.yaml:13", "quay.io/a/b:v2", ("chem",))], ()),
    "an ApplicationSet with a list": (
        APPLICATION_SET,
        [
            ("chart/hubs/bio.yaml:1", "quay.io/a/b:v2", ("bio-hub",)),
            ("chart/hubs/chem.yaml:1", "quay.io/a/hub:v3", ("chem-hub",)),
            ("chart/values.yaml:1", "quay.io/a/b:v1", ("chem-hub",)),
        ],
        (),
    ),
    "an ApplicationSet over directories": (
        APPLICATION_SET_GIT, [
            ("hubs/bio/values.yaml:1", "quay.io/a/b:v1", ("bio",)),
            ("hubs/old/values.yaml:1", "quay.io/a/c:v1", ("hubs/old",)),
        ],
        ("hubs/old",),
    ),
    "a HelmRelease with values from ConfigMaps": (
        FLUX, [("more.yaml:2", "quay.io/a/hub:v9", ("hub",)), ("release.yaml:12", "quay.io/a/b:v3", ("hub",))], ()
    ),
    "a HelmRelease in overlays": (
        FLUX_OVERLAYS,
        [
            ("base/release.yaml:11", "quay.io/a/b:v3", ("overlays/staging/hub",)),
            ("overlays/prod/patch.yaml:3", "quay.io/a/b:v4", ("overlays/prod/hub",)),
        ],
        (),
    ),
    "a Helmfile with environments": (
        HELMFILE,
        [
            ("helmfile.yaml:12", "quay.io/a/b:v3", ("prod/bio", "staging/bio")),
            ("helmfile.yaml:17", "quay.io/a/c:v4", ("chem",)),
            ("helmfile.yaml:20", "quay.io/a/hub:v6", ("chem",)),
            ("values/prod.yaml:2", "quay.io/a/hub:v5", ("prod/bio",)),
        ],
        (),
    ),
    "helmCharts of a kustomization": (
        KUSTOMIZE, [("hub/more.yaml:1", "quay.io/a/b:v2", ("hub",))], ()
    ),
    "a chart with a values file for each hub": (
        UMBRELLA,
        [
            ("hub/values-bio.yaml:1", "quay.io/a/b:v2", ("hub/bio",)),
            ("hub/values-chem.yaml:1", "quay.io/a/hub:v3", ("hub/chem",)),
            ("hub/values.yaml:1", "quay.io/a/b:v1", ("hub/chem",)),
        ],
        ("hub/bio", "hub/chem"),
    ),
    "docker-compose": (
        COMPOSE,
        [
            ("basic/docker-compose.override.yml:1", "quay.io/a/b:v2", ("basic",)),
            ("basic/docker-compose.yml:3", "quay.io/jupyterhub/jupyterhub:5", ("basic",)),
            ("basic/jupyterhub_config.py:1", "quay.io/a/c:v3", ("basic",)),
        ],
        (),
    ),
    "a script": (SCRIPT, [("gpu/more.yaml:1", "quay.io/a/b:v2", ("jhub",))], ("unused",)),
    "a workflow that deploys the hub of each branch": (
        SCRIPT_FOR_EACH,
        [
            ("chart/values.yaml:1", "quay.io/a/b:v1", ("staging",)),
            ("config/common.yaml:1", "quay.io/a/hub:v7", ("prod", "staging")),
            ("config/prod.yaml:1", "quay.io/a/b:v2", ("prod",)),
        ],
        ("prod", "staging"),
    ),
    "Terraform": (TERRAFORM, [("more.yaml:1", "quay.io/a/b:v2", ("hub",))], ()),
    "images of a kustomization, and a program in a ConfigMap": (
        MANIFESTS,
        [
            ("hub/config.yaml:7", "quay.io/a/b:v3", ("hub",)),
            ("hub/kustomization.yaml:4", "quay.io/jupyterhub/k8s-hub:v2", ("hub",)),
        ],
        ("hub",),
    ),
    "a cluster.yaml": (
        CLUSTER, [("config/clusters/uni/prod.values.yaml:1", "quay.io/a/b:v2", ("uni/prod",))], ()
    ),
    "a hubploy.yaml": (
        HUBPLOY,
        [
            ("deployments/stat/config/prod.yaml:1", "quay.io/a/hub:v3", ("stat/prod",)),
            ("deployments/stat/hubploy.yaml:3", "quay.io/a/b:v2", ("stat/prod",)),
        ],
        (),
    ),
    "a hubploy.yaml for a chart that a command names": (
        HUBPLOY_CHARTS,
        [
            ("deployments/math/hubploy.yaml:1", "quay.io/a/math:v5", ("math/prod",)),
            ("deployments/stat/config/prod.yaml:1", "quay.io/a/hub:v3", ("stat/prod",)),
            ("deployments/stat/hubploy.yaml:3", "quay.io/a/b:v2", ("stat/prod",)),
            ("hub/values.yaml:1", "quay.io/a/chp:v7", ("math/prod",)),
            ("our-chart/values.yaml:1", "quay.io/a/chp:v6", ("stat/prod",)),
        ],
        (),
    ),
    "parameters that Image Updater writes": (
        WRITTEN_BACK, [("chart/.argocd-source-bio.yaml:4", "quay.io/a/b:v2", ("bio",))], ()
    ),
    "a Makefile that sets the tag": (SCRIPT_SETS, [("Makefile:2", "quay.io/a/b:v2", ("jhub",))], ()),
    "Terraform that sets the tag": (TERRAFORM_SETS, [("main.tf:6", "quay.io/a/b:v2", ("hub",))], ()),
    "docker-compose with lists of variables": (
        COMPOSE_LISTS,
        [
            ("compose.override.yaml:1", "quay.io/a/side:v2", ("docker-compose",)),
            ("compose.prod.yaml:1", "quay.io/a/b:v3", ("docker-compose/prod",)),
            ("compose.yaml:3", "quay.io/jupyterhub/jupyterhub:5", ("docker-compose", "docker-compose/prod")),
            ("compose.yaml:5", "quay.io/a/b:v1", ("docker-compose",)),
            ("compose.yaml:6", "quay.io/a/side:v1", ("docker-compose/prod",)),
        ],
        (),
    ),
}  # fmt: skip
