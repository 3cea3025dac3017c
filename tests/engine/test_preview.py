"""The preview with an engine: what is chosen or built in the form is what is started."""

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import needs
from tests.engine.engine import Engine
from tests.imagebuilding.test_preview import choose, page, started, values  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.engine
def test_with_an_engine_the_chosen_image_is_started(
    values: Path,  # noqa: F811
    page: "Page",  # noqa: F811
    engine_env: Engine,
    base_images: tuple[str, ...],
) -> None:
    assert "quay.io/jupyter/minimal-notebook:2025-01-10" in base_images
    with started(values) as (address, _):
        page.goto(address)
        choose(page, "Image", "Rocker Geospatial")
        page.get_by_role("button", name="Start").click()
        page.wait_for_url("**/user/you/**", timeout=90_000)
        mine = engine_env.docker("ps", "--filter", "name=hubimages-preview", "--format", "{{.Image}}")
        assert mine == "quay.io/jupyter/minimal-notebook:2025-01-10"
        page.goto("about:blank")  # JupyterLab complains of a server that goes away
    left = engine_env.docker("ps", "--all", "--filter", "name=hubimages-preview", "--quiet")
    assert left == ""


@pytest.mark.engine
def test_a_build_through_the_form_starts_the_image_that_binderhub_built(
    values: Path,  # noqa: F811
    page: "Page",  # noqa: F811
    engine_env: Engine,
    base_images: tuple[str, ...],
    tmp_path: Path,
) -> None:
    binderhub = os.environ.get("HUBIMAGES_BINDERHUB")
    if not binderhub:
        needs.BINDERHUB_BUILDS.missing()
    assert "quay.io/jupyter/minimal-notebook:2025-01-10" in base_images
    repo = tmp_path / "repositories/our-org/our-repo"
    repo.mkdir(parents=True)
    (repo / "Dockerfile").write_text("FROM quay.io/jupyter/minimal-notebook:2025-01-10\nLABEL made-by=form\n")
    for argv in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Start"]):
        subprocess.run(["git", *argv], cwd=repo, check=True)
    built = ""
    try:
        options = (f"--binderhub={binderhub}", f"--repositories={tmp_path / 'repositories'}")
        with started(values, *options) as (address, _):
            page.goto(address)
            choose(page, "Image", "Build your own image")
            page.get_by_role("combobox", name="Repository").fill("our-org/our-repo")
            page.keyboard.press("Tab")
            page.get_by_role("button", name="Build Image and Start").click()
            page.wait_for_url("**/user/you/**", timeout=300_000)
            built = engine_env.docker("ps", "--filter", "name=hubimages-preview", "--format", "{{.Image}}")
            assert built.startswith("preview-our-2dorg-2dour-2drepo")
            assert engine_env.docker("inspect", "--format", '{{index .Config.Labels "made-by"}}', built) == "form"
            page.goto("about:blank")
    finally:
        if built:
            engine_env.docker("rmi", "--force", built)
