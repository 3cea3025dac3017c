"""Image repositories that were not made from the template, in the likeness of those that people have."""

from collections.abc import Mapping
from pathlib import Path

from tests.update.repositories import commit, git

LICENCE = """BSD 3-Clause License

Copyright (c) 2024, The Ocean Group

Redistribution and use in source and binary forms are permitted. Neither the name of the group may be used.
"""
BADGE = """on: pull_request_target
jobs:
  badge:
    runs-on: ubuntu-latest
    steps:
      - run: echo "https://mybinder.org/v2/gh/$REPO/$BRANCH"
"""
# jupyterhub/repo2docker-action, with its inputs in the workflow.
ACTION = {
    ".github/workflows/build.yaml": """on: [push, pull_request]
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: jupyterhub/repo2docker-action@master
        with:
          NO_PUSH: ${{ github.event_name == 'pull_request' }}
          DOCKER_USERNAME: ${{ secrets.QUAY_USERNAME }}
          DOCKER_PASSWORD: ${{ secrets.QUAY_PASSWORD }}
          DOCKER_REGISTRY: "quay.io"
          LATEST_TAG_OFF: true
          IMAGE_NAME: ocean/image  # on quay.io
""",
    ".github/workflows/binder.yaml": BADGE,
    ".gitignore": "*.tmp\n.venv/\n",
    "LICENSE": LICENCE,
    "README.md": "# Image of the ocean group\n\nOur own words.\n",
    "environment.yml": "channels: [conda-forge]\ndependencies:\n  - jupyterhub-singleuser>=4.0,<5.0\n  - python=3.12\n",
}
# Workflows of another repository, with names that only GitHub's settings have; R, and tests of their own.
SHARED = {
    ".github/workflows/build-push-create-pr.yaml": """on:
  push:
    branches: [main]
jobs:
  image:
    uses: ocean/shared/.github/workflows/build-push-create-pr.yaml@v1
    with:
      image: ${{ vars.IMAGE }}
      hub: ${{ vars.HUB }}
      wif_provider: ${{ vars.WIF }}
""",
    ".github/workflows/build-test-image.yaml": """on: pull_request
jobs:
  image:
    uses: ocean/shared/.github/workflows/build-test-image.yaml@v1
""",
    ".github/workflows/lint.yaml": "on: push\njobs:\n  lint:\n    uses: ocean/shared/.github/workflows/lint.yaml@v1\n",
    "LICENSE": LICENCE,
    "README.md": "# Courses\n",
    "apt.txt": "curl\n",
    "environment.yml": "dependencies:\n- jupyterhub==5.5.1\n- python==3.13.*\n",
    "image-tests/requirements.txt": "pytest-notebook\n",
    "image-tests/test_notebook.py": "def test_nothing():\n    pass\n",
    "postBuild": "#!/bin/sh\nexit 0\n",
    "runtime.txt": "r-4.5-2025-06-13\n",
}
# repo2docker run by hand from a workflow that others call, with .binder/ and locks.
OWN_STEPS = {
    ".binder/environment.yml": "dependencies:\n- python=3.12\n",
    ".github/dependabot.yml": "version: 2\nupdates: []\n",
    ".github/workflows/build.yaml": """on: workflow_call
env:
  REGISTRY: quay.io
jobs:
  build:
    runs-on: ubuntu-latest
    env:
      PACKAGE: hub-image
    steps:
      - uses: docker/metadata-action@v6
        with:
          images: |
            ${{ env.REGISTRY }}/${{ github.repository_owner }}/${{ env.PACKAGE }}
      - uses: docker/metadata-action@v6
        with:
          images: ghcr.io/${{ github.repository_owner }}/${{ env.PACKAGE }}-cache
      - run: pip install jupyter-repo2docker
      - run: |
          jupyter-repo2docker --push --no-run \\
            --image-name "$TAGS" .
        env:
          TAGS: ${{ steps.image.outputs.tags }}
""",
    ".github/workflows/publish.yaml": "on: push\njobs:\n  call:\n    uses: ./.github/workflows/build.yaml\n",
    ".github/workflows/retag.yml": """on:
  push:
    tags: ["*"]
jobs:
  retag:
    runs-on: ubuntu-latest
    steps:
      - run: |
          docker tag ocean/hub-image:1 quay.io/ocean/hub-image:2
          docker push quay.io/ocean/hub-image:2
""",
    "LICENSE": LICENCE,
    "README.md": "# Hub image\n",
    "appendix": "USER root\n",
    "conda-lock.yml": "version: 1\n",
    "environment.yml": "dependencies:\n  - python=3.12  # as in .binder\n  - jupyterhub-singleuser~=5.0\n",
}
KINDS = {"action": ACTION, "shared": SHARED, "own steps": OWN_STEPS}


def begin(repo: Path, files: Mapping[str, str], origin: str = "https://github.com/ocean/image") -> Path:
    """Make a repository with files, in one commit on main."""
    for name, text in files.items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text(text)
    git(repo, "init", "--quiet", "--initial-branch=main")
    if origin:
        git(repo, "remote", "add", "origin", origin)
    commit(repo, "Begin by hand")
    return repo
