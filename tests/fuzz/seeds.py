"""Good input to begin from: small, and of every kind. `nox -s fuzz -- --corpus FOLDER` adds files of real repositories."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64

REFERENCES = (
    b"quay.io/2i2c/hub:0.1.0", b"ubuntu", b"localhost:5000/a/b:1.0", f"ghcr.io/o/i@{DIGEST}".encode(), b"jupyter/k8s-hub:4.1.0",
    b"us-docker.pkg.dev/p/r/i:5115e56", b"[::1]:5000/a:b",
)  # fmt: skip
LINES = (
    b"6m", b"3d", b"4.1.0", b">=4,<5", b"numpy>=2", b"2026.01.31", b"0.0.1-0.dev.git.1234.h5115e56", b"1:2.3-4+deb12u1",
    b"10M", b"keep", b"at most 4.0 until 2026-12-01", b"https://github.com/org/repo", b"git@gitlab.com:org/repo.git", b"org/repo",
    b'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"', b"Basic realm=x",
    b"regex:(a|b)+==>x", b"2026-01-31T10:00:00Z", b"literal:secret==>***\nglob:*.csv\n",
)  # fmt: skip
CHARTPRESS = b"""charts:
  - name: hub
    imagePrefix: quay.io/org/
    resetTag: 0.0.1-set.by.chartpress
    images:
      hub:
        contextPath: images/hub
        valuesPath: jupyterhub.hub.image
        buildArgs:
          TAG: "4.1.0"
        extraBuildCommandOptions: ["--build-arg", "A=b"]
      user: {valuesPath: [a.b, c.d], dockerfilePath: images/user/Dockerfile, paths: [x]}
"""
CHART = b"""apiVersion: v2
name: hub
version: 0.0.1
dependencies:
  - name: jupyterhub
    version: "4.1.0"   # the chart
    repository: https://jupyterhub.github.io/helm-chart/
  - {name: binderhub-service, version: 0.1.0-0.dev.git.110.hd833d08, repository: "https://2i2c.org/binderhub-service/"}
"""
HELM_LISTS = (
    b"apiVersion: ''\nrepositories:\n- name: private\n  url: https://charts.example.org/hub\n  username: me\n  password: a\n"
    b"  caFile: ''\n  certFile: ''\n  insecure_skip_tls_verify: true\n  pass_credentials_all: false\n",
    b"repositories: [{name: private, url: 'oci://example.org/a', username: {a: b}, caFile: /nowhere}]\n",
)
SCHEMA = (
    b"$schema: http://json-schema.org/draft-07/schema#\ntype: object\nproperties:\n  a: &a {type: string}\n  b: *a\n"
)
VALUES = b"""# \xc3\xa9
jupyterhub:
  hub:
    image: {name: quay.io/org/hub, tag: "4.1.0-5115e56"}
  singleuser:
    image:
      name: quay.io/org/image
      tag: 5115e56  # hubimages: keep until 2026-12-01
    profileList: &list
      - display_name: 'One'
        kubespawner_override: {image: "quay.io/org/other:2026.01.31"}
      - &two
        slug: two
        profile_options:
          image:
            unlisted_choice: {enabled: True, validation_regex: "^.+:.+$"}
            choices:
              a: {kubespawner_override: {image: ghcr.io/org/a:1.10}}
    extraFiles:
      x:
        stringData: |-
          image: quay.io/a/b:c
    again: *list
  <<: {a: 1}
"""
LOCK_FILE = b"dependencies:\n- name: jupyterhub\n  repository: https://a\n  version: 4.1.0\ndigest: sha256:abc\n"
YAML = (
    VALUES,
    CHART,
    CHARTPRESS,
    SCHEMA,
    LOCK_FILE,
    b"a: |2\n   x\n\nb: >-\n  y\n? c\n: d\n---\n- [e, {f: 'g'}]\n...\n",
)
DOCKERFILE = b"""# syntax=docker/dockerfile:1
ARG TAG=4.1.0
ARG BASE=quay.io/jupyterhub/k8s-hub
FROM --platform=$BUILDPLATFORM ${BASE}:${TAG} AS base
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /usr/bin/
RUN <<EOF cat && \\
    echo done
FROM nothing
EOF
FROM base
FROM quay.io/org/image:5115e56
"""
DOCKERFILES = (DOCKERFILE, b"# escape=`\nFROM a:b `\n # c\n as x\n", b"\xef\xbb\xbffrom ubuntu:22.04\r\nRUN a\r\n")
LAYOUTS = (
    b"resources: [a.yaml]\nimages:\n- name: quay.io/org/hub\n  newTag: '1.0'\nhelmCharts: [{name: jupyterhub, version: 4.1.0, valuesFile: v.yaml}]\n",
    b"releases:\n- name: a\n  chart: jupyterhub/jupyterhub\n  version: 4.1.0\n  values: [a.yaml, {b: '{{ .Values.x }}'}]\nenvironments: {default: {values: [c.yaml]}}\n",
    b"services:\n  hub:\n    image: quay.io/org/hub:${TAG:-1.0}\n    environment: {DOCKER_NOTEBOOK_IMAGE: 'quay.io/a/b:c'}\n",
    b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {annotations: {'argocd-image-updater.argoproj.io/image-list': 'a=quay.io/a/b:1.x'}}\nspec: {source: {chart: jupyterhub, targetRevision: 4.1.0, helm: {values: 'singleuser: {image: {name: a/b, tag: c}}'}}}\n",
    b"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: {values: {hub: {image: {name: a/b, tag: c}}}, valuesFrom: [{kind: ConfigMap, name: x}]}\n",
    b"on: {push: {branches: [main], paths: ['images/hub/**']}, schedule: [{cron: '0 0 * * 0'}]}\nenv: {REGISTRY: quay.io}\njobs:\n  build:\n    steps:\n    - uses: docker/build-push-action@v6\n      with: {tags: '${{ env.REGISTRY }}/org/image:${{ github.sha }}', context: images/hub}\n    - run: docker build -t quay.io/a/b images/hub\n",
    b"images:\n  images:\n  - name: us-docker.pkg.dev/a/b\n    path: image/\ncluster: {provider: gcloud}\n",
)  # fmt: skip
CODE = (
    b"c.KubeSpawner.image = 'quay.io/org/image:1.0'\nIMAGE = os.environ.get('IMAGE', \"quay.io/a/b\")\nprofile_list = [{'image': f'{x}:y'}]\n",
    b"#!/bin/sh\nhelm upgrade --install jhub jupyterhub/jupyterhub --version=4.1.0 --values a.yaml \\\n  --set singleuser.image.tag=1.0\ndocker run -it quay.io/org/image:1.0\n",
    b'resource "helm_release" "hub" {\n  chart = "jupyterhub"\n  version = "4.1.0"\n  set { name = "singleuser.image.tag" value = "1.0" }\n}\n',
    b"name,email,id\nA B,a@example.org,1\n" * 12, b"key = 'AKIAIOSFODNN7EXAMPLE'\n-----BEGIN PRIVATE KEY-----\nMIIB\n",
)  # fmt: skip
ENVIRONMENTS = (
    b"name: a\nchannels: [conda-forge, defaults]\ndependencies:\n- python=3.12\n- numpy>=2,<3\n- conda-forge::xarray=2024.*=py*\n- pip\n- pip:\n  - jupyterhub==5.*\n  - -r more.txt\n  - git+https://github.com/a/b@c#egg=d\n",
    b"dependencies:\n  - 'python=3.11'\n  - pip: [\"a[b] ; python_version < '3'\"]\nprefix: /x\n",
)  # fmt: skip
REQUIREMENTS = (
    b"numpy==2.0 \\\n  --hash=sha256:abc\n# c\n-r other.txt\n-e git+https://x/y#egg=z\nA_b[c]>=1 ; python_version>'3'\n./local\nhttps://x/a-1.0-py3-none-any.whl\n",
    b"numpy==2.0  # c\n-r other.txt\n\nA_b[c]>=1 ; python_version>'3'\n",
)  # fmt: skip
LOCKS = (
    b"version: 1\nmetadata:\n  content_hash: {linux-64: abc}\n  channels: [{url: conda-forge, used_env_vars: []}]\n  platforms: [linux-64]\n  custom_metadata:\n    hubimages_asked: abc\npackage:\n- name: a\n  version: '1.0'\n  manager: conda\n  platform: linux-64\n  dependencies: {b: '>=1'}\n  url: https://conda.anaconda.org/conda-forge/linux-64/a-1.0-h1_0.conda\n  hash: {md5: a, sha256: b}\n  category: main\n  optional: false\n",
    b"version: 6\nenvironments:\n  default:\n    channels:\n    - url: https://conda.anaconda.org/conda-forge/\n    packages:\n      linux-64:\n      - conda: https://conda.anaconda.org/conda-forge/linux-64/a-1.0-h1_0.conda\npackages:\n- conda: https://conda.anaconda.org/conda-forge/linux-64/a-1.0-h1_0.conda\n  sha256: " + b"a" * 64 + b"\n",
)  # fmt: skip
MANIFESTS = (
    b"source: https://github.com/org/repo\nref: main\ndefaults: {answers: {registry: quay.io}}\nimages:\n- directory: deployments/a/image\n  repository: a-image\n  former_paths: [images/a]\n  remote: https://github.com/org/{repository}\n  answers: {title: A}\n- {directory: b, repository: c, skip: true}\n",
)  # fmt: skip
ANSWERS = (
    b"template: https://github.com/a/b\nversion: \"0.1.0\"\ncommit: \"\"\ntemplate_version: \"2\"\nchecksum: \"abc\"\nanswers:\n  repo: a\n  title: \"B\"\n  own_files: \"a b\"\n",
    b'{"repo": "a", "title": "b"}', b"domain: a.org\nimages: {a: quay.io/a/b:c}\nprovider: gcp\n",
)  # fmt: skip
MESSAGES = (
    b"Merge pull request #12 from org/branch\n\nFixes org/repo#3, GH-4 and https://github.com/org/repo/pull/5\n`#6`\nCo-authored-by: A <a@b>\n",
    "Add \u202eimage\x1b[31m red\x9b1m ```\n<script>@org</script> https://user:token@github.com/a/b\r\n".encode(),
)  # fmt: skip
JSON = (
    b'{"version": 1, "command": "check-images", "repositories": [{"name": "a", "address": "b", "state": "failed", "said": "x", "exit_code": 2}]}',
    b'[{"File": "a", "StartLine": 1, "EndLine": 2, "RuleID": "aws"}]',
    b'{"SourceMetadata": {"Data": {"Filesystem": {"file": "a", "line": 3}}}, "DetectorName": "AWS"}',
    b'{"type": "service_account", "private_key": "x"}',
)  # fmt: skip
REGISTRY = (
    b'{"errors": [{"code": "UNAUTHORIZED", "message": "no"}]}', b'{"name": "a/b", "tags": ["1.0", "latest"]}',
    b'</v2/a/tags/list?n=1000&last=x>; rel="next"',
    json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{"digest": DIGEST, "artifactType": "application/vnd.cyclonedx+json", "annotations": {"a": "b"},
                       "platform": {"os": "linux", "architecture": "amd64"}}],
    }).encode(),
    json.dumps({
        "schemaVersion": 2, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": 2},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": OTHER, "size": 3}],
        "annotations": {"org.opencontainers.image.created": "2026-01-01T00:00:00Z"},
    }).encode(),
    json.dumps({
        "created": "2026-01-01T00:00:00Z", "os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": [OTHER]},
        "config": {"Env": ["PATH=/opt/conda/bin:/bin"], "User": "jovyan", "Labels": {"org.opencontainers.image.created": "x"}},
    }).encode(),
    b'{"token": "abc", "expires_in": 300}',
)  # fmt: skip
LOGINS = (
    b'{"auths": {"quay.io": {"auth": "YTpi"}, "https://index.docker.io/v1/": {"identitytoken": "x"}, "quay.io/org": {"username": "a", "password": "b"}}}',
    b'{"auths": {"quay.io": {}}, "HttpHeaders": {"a": "b"}}',
)  # fmt: skip
REPORTS = (
    b'<?xml version="1.0"?><testsuites><testsuite><testcase name="test_a_is_b[x]"><failure message="AssertionError: c">d</failure></testcase><testcase name="test_e"><skipped message="f"/></testcase></testsuite></testsuites>',
)  # fmt: skip
CONDA_RECORD = json.dumps({
    "name": "numpy", "version": "2.0", "build": "py312_0", "license": "BSD", "files": ["lib/python3.12/site-packages/numpy-2.0.dist-info/METADATA"],
    "paths_data": {"paths": [{"_path": "a", "size_in_bytes": 10}]},
}).encode()  # fmt: skip
STATUS = b"Package: libc6\nStatus: install ok installed\nInstalled-Size: 13\nArchitecture: amd64\nVersion: 2.36-9\n\nPackage: b\nVersion: 1\n"
METADATA = (
    CONDA_RECORD, STATUS, b"Metadata-Version: 2.1\nName: xarray\nVersion: 2024.1\nLicense-Expression: Apache-2.0\nClassifier: License :: OSI Approved\n",
    b"a/b.py,sha256=x,120\n\"c,d\",,3\n", b"Package: a\nVersion: 1.0\nBuilt: R 4.4\nLicense: GPL\n",
)  # fmt: skip
SBOMS = (
    json.dumps({
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "metadata": {"component": {"properties": [
            {"name": "hubimages:contents", "value": "1"}, {"name": "hubimages:digest", "value": DIGEST},
            {"name": "hubimages:layers", "value": json.dumps([[OTHER, 3, ""]])}, {"name": "hubimages:environment", "value": "{}"},
        ]}},
        "components": [{"name": "numpy", "version": "2.0", "licenses": [{"license": {"id": "BSD-3-Clause"}}],
                        "properties": [{"name": "hubimages:kind", "value": "conda"}, {"name": "hubimages:size", "value": "10"}]}],
    }).encode(),
)  # fmt: skip


def tar(entries: Mapping[str, bytes | str], kind: int = tarfile.GNU_FORMAT) -> bytes:
    """An archive with these files; a text is the target of a link."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=kind) as archive:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
            else:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content) if isinstance(content, bytes) else None)
    return made.getvalue()


LAYER = tar({
    "opt/conda/conda-meta/numpy-2.0-py312_0.json": CONDA_RECORD, "var/lib/dpkg/status": STATUS, "etc/.wh.passwd": b"", "a/.wh..wh..opq": b"",
    "usr/lib/python3/dist-packages/" + "x" * 120 + ".dist-info/METADATA": METADATA[2], "lib": "usr/lib",
})  # fmt: skip
LAYERS = (LAYER, gzip.compress(LAYER, mtime=0), tar({"é" * 80 + "/METADATA": b"", "b": b"c"}, tarfile.PAX_FORMAT), b"")
CHART_FILES = {
    "jupyterhub/Chart.yaml": b"name: jupyterhub\nversion: 4.1.0\nappVersion: 5.2.1\n",
    "jupyterhub/values.yaml": b"hub: {image: {tag: 4.1.0}}\n",
}
PACKAGES = (
    gzip.compress(tar(CHART_FILES), mtime=0), tar(CHART_FILES),
    gzip.compress(tar({**CHART_FILES, "../x": b"a", "/y": b"b", "jupyterhub/l": "../../../etc", "jupyterhub/l/z": b"c"}), mtime=0),
)  # fmt: skip
CONFIG = REGISTRY[5]
SAVED = (
    tar({"a.json": CONFIG, "b/layer.tar": LAYER, "manifest.json": b'[{"Config": "a.json", "Layers": ["b/layer.tar"], "RepoTags": ["a:b"]}]'}),
    tar({"blobs/sha256/a": CONFIG, "blobs/sha256/b": LAYER, "manifest.json": b'[{"Config": "blobs/sha256/a", "Layers": ["blobs/sha256/b"]}]'}),
)  # fmt: skip
INDEXES = (
    b"apiVersion: v1\nentries:\n  jupyterhub:\n  - apiVersion: v2\n    appVersion: 5.2.1\n    annotations:\n      artifacthub.io/images: |\n        - image: jupyterhub/k8s-hub:4.1.0\n    digest: abc\n    name: jupyterhub\n    urls:\n    - https://a/jupyterhub-4.1.0.tgz\n    version: 4.1.0\n  - name: jupyterhub\n    version: 4.2.0-0.dev.git.1.habc\n    urls: [x.tgz]\n  other: []\ngenerated: 2026-01-01T00:00:00Z\n",
    b'{"apiVersion": "v1", "entries": {"jupyterhub": [{"name": "jupyterhub", "version": "4.1.0", "urls": ["a.tgz"], "annotations": {"a": "b"}}]}}',
)  # fmt: skip
