"""The preview in a real browser: the form that users will get, a server behind it, and nothing left at the end."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubimages.errors import BadInputError, NotInstalledError
from hubimages.imagebuilding.preview import operation as preview
from hubimages.imagebuilding.preview import options as preview_options
from hubimages.imagebuilding.preview.processes import descendants, runs
from hubimages.run import environment
from tests import needs
from tests.engine import process
from tests.engine.engine import Engine

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

VALUES = """\
hub:
  config: {JupyterHub: {authenticator_class: github}}
singleuser:
  image: {name: quay.io/our-org/base, tag: "1"}
  profileList:
    - display_name: Choose your environment
      slug: environment
      default: true
      profile_options:
        image:
          display_name: Image
          dynamic_image_building: {enabled: true}
          unlisted_choice:
            enabled: true
            display_name: Custom image
            validation_regex: ^.+:.+$
            validation_message: Must be written NAME:TAG
            display_name_in_choices: Specify an existing image
            description_in_choices: Use an image from a public registry
            kubespawner_override: {image: "{value}"}
          choices:
            pangeo:
              display_name: Pangeo Notebook
              description: Python for earth science
              default: true
              kubespawner_override: {image: "pangeo/pangeo-notebook:2026.04.29"}
            geospatial:
              display_name: Rocker Geospatial
              description: R with RStudio
              kubespawner_override: {image: "quay.io/jupyter/minimal-notebook:2025-01-10"}
        resources:
          display_name: Resources
          choices:
            small:
              display_name: 2 GB of memory
              default: true
              kubespawner_override: {mem_limit: 2G}
            large:
              display_name: 8 GB of memory
              kubespawner_override: {mem_limit: 8G}
"""
IMAGES = ["Pangeo Notebook", "Rocker Geospatial", "Specify an existing image", "Build your own image"]


@pytest.fixture
def values(tmp_path: Path) -> Path:
    """A plain z2jh file with a form."""
    file = tmp_path / "values.yaml"
    file.write_text(VALUES)
    return file


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """An empty page in a fresh profile; an uncaught error of a script fails the test at the end."""
    context = browser.new_context(viewport={"width": 900, "height": 1150})  # the log is drawn only where one sees it
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@contextmanager
def started(values: Path, *options: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The command, as a person starts it, and the address that it printed; afterwards ended by Ctrl-C."""
    needs.PROXY.program("configurable-http-proxy")
    argv = [sys.executable, "-m", "hubimages", "preview-imagebuilding-hub", f"--values={values}"]
    argv += [f"--port={process.free_port()}", *options]
    (values.parent / "tmp").mkdir()
    env = environment({"TMPDIR": str(values.parent / "tmp")})
    with (values.parent / "preview.log").open("w") as log:
        shown = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=log, text=True, env=env, start_new_session=True)
        assert shown.stdout is not None
        try:
            address = shown.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), (values.parent / "preview.log").read_text()
            yield address, shown
        finally:
            if shown.poll() is None:
                shown.send_signal(signal.SIGINT)
            shown.wait(60)
            shown.stdout.close()


def choose(page: "Page", option: str, choice: str) -> None:
    """Pick a choice of an option as a person does."""
    page.get_by_role("combobox", name=option).click()
    page.get_by_role("option", name=choice).click()


def offered(page: "Page", option: str) -> list[str]:
    """The names of an option's choices, in their order."""
    page.get_by_role("combobox", name=option).click()
    names = [one.inner_text().splitlines()[0] for one in page.get_by_role("option").all()]
    page.keyboard.press("Escape")
    return names


def save_screenshot(page: "Page", name: str) -> None:
    """Where HUBIMAGES_SCREENSHOTS names a folder, as for the documents, put a picture there."""
    folder = os.environ.get("HUBIMAGES_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder, name), full_page=True)


def test_a_person_sees_every_choice_and_the_box_and_starts_a_server(values: Path, page: "Page") -> None:
    with started(values, "--local") as (address, shown):
        page.goto(address)
        page.get_by_role("combobox", name="Image").wait_for()
        assert offered(page, "Image") == IMAGES
        assert offered(page, "Resources") == ["2 GB of memory", "8 GB of memory"]
        choose(page, "Image", "Build your own image")
        page.get_by_role("combobox", name="Repository").fill("our-org/our-repo")
        page.wait_for_function("document.querySelector('.xterm-rows')?.innerText.includes('built')")
        save_screenshot(page, "imagebuilding-form.png")
        page.get_by_role("button", name="Build Image and Start").click()
        page.get_by_text("image build failed").wait_for()
        logs = re.sub(r"\s+", "", page.locator(".xterm-rows").inner_text())  # it breaks lines anywhere
        assert "Nothingcanbebuiltinthispreview:--localleavestheenginealone." in logs
        choose(page, "Image", "Rocker Geospatial")
        choose(page, "Resources", "8 GB of memory")
        page.get_by_role("button", name="Start").click()
        page.wait_for_url("**/user/you/files/**")
        told = page.locator("body").inner_text()
        assert "quay.io/jupyter/minimal-notebook:2025-01-10" in told
        assert re.search(rf"mem_limit\s+{8 * 1024**3}", told)
        assert '"resources": "large"' in told
        family = [shown.pid, *descendants(shown.pid)]
        assert len(family) > 3  # the hub, its proxy, its services, the server
    assert (shown.returncode, list((values.parent / "tmp").iterdir())) == (0, [])
    assert [pid for pid in family if runs(pid)] == []
    assert "ended" in (values.parent / "preview.log").read_text().splitlines()


def test_nobody_is_let_in_without_the_printed_address(values: Path) -> None:
    with started(values, "--local") as (address, _):
        for stranger in (address[:-1], address.partition("?")[0], address.partition("preview")[0]):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(stranger, timeout=10)
            assert refused.value.code == 403
            refused.value.close()


def test_a_killed_preview_leaves_nothing(values: Path) -> None:
    with started(values, "--local") as (_, shown):
        family = descendants(shown.pid)
        shown.kill()
        shown.wait()
        deadline = 60
        while any(runs(pid) for pid in family) and deadline:
            deadline -= 1
            signal.sigtimedwait([], 0.5)
        assert [pid for pid in family if runs(pid)] == []
    assert list((values.parent / "tmp").iterdir()) == []


@pytest.mark.engine
def test_with_an_engine_the_chosen_image_is_started(
    values: Path, page: "Page", engine_env: Engine, base_images: tuple[str, ...]
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


def test_a_hub_without_a_profile_list_has_no_form_to_show(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("singleuser: {}\n")
    with pytest.raises(BadInputError, match=r"values\.yaml has no profile list .*new-imagebuilding-hub"):
        preview.form_of_hub(tmp_path, None, None, [file])


def test_without_the_proxy_the_line_that_installs_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotInstalledError, match="npm install -g configurable-http-proxy"):
        preview_options.check_installed()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--port=eighty"], "--port=eighty: a port is a number"),
        (["--port=0"], "--port=0: a port is a number"),
        (["--registry=quay.io/our-org"], "--registry=quay.io/our-org: a preview pushes only to loopback"),
        (["--repositories=nowhere"], "--repositories=nowhere: no such directory"),
        (["--binderhub=nowhere"], "--binderhub=nowhere is no virtual environment"),
        (["--values=nowhere.yaml"], "no values file nowhere.yaml"),
    ],
)
def test_options_that_cannot_be_are_refused_in_one_line(values: Path, options: list[str], message: str) -> None:
    named = [f"--values={values}"] if not any(option.startswith("--values") for option in options) else []
    port = [] if any(option.startswith("--port") for option in options) else [f"--port={process.free_port()}"]
    argv = [sys.executable, "-m", "hubimages", "preview-imagebuilding-hub", *named, *port, *options]
    env = environment({"PATH": str(values.parent)})  # what a person wrote comes before what the machine lacks
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=values.parent, env=env)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"error: {message}")
