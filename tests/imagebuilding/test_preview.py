"""The preview in a real browser: the form that users will get, a server behind it, and nothing left at the end."""

import json
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
from types import FrameType
from typing import TYPE_CHECKING

import pytest

from hubimages.errors import BadInputError, NotInstalledError
from hubimages.imagebuilding.preview import options as preview_options
from hubimages.imagebuilding.preview import show_form as preview
from hubimages.imagebuilding.preview.processes import descendants, runs
from hubimages.imagebuilding.preview.settings import Form, Settings
from hubimages.run import environment
from tests import needs
from tests.command import hubimages
from tests.engine import process
from tests.forking import STARTED
from tests.sample import some

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
def started(values: Path, *options: str, background: bool = False) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The command, as a person starts it, and the address that it printed; afterwards ended by Ctrl-C."""
    needs.PROXY.program("configurable-http-proxy")
    argv = [sys.executable, "-m", "hubimages", "preview-imagebuilding-hub", f"--values={values}"]
    argv += [f"--port={process.free_port()}", *options]
    if background:  # as a shell without job control starts what ends in &
        argv = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *argv]
    (values.parent / "tmp").mkdir(exist_ok=True)
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
                shown.send_signal(signal.SIGTERM if background else signal.SIGINT)
            shown.wait(60)
            shown.stdout.close()


def choose(page: "Page", option: str, choice: str) -> None:
    """Pick a choice of an option as a person does."""
    page.get_by_role("combobox", name=option).click()
    page.get_by_role("option", name=choice).click()


def offered(page: "Page", option: str) -> list[str]:
    """The names of an option's choices, in their order."""
    page.get_by_role("combobox", name=option).click()
    page.get_by_role("option").first.wait_for()  # the menu is drawn after the click; reading does not wait
    names = [one.inner_text().splitlines()[0] for one in page.get_by_role("option").all()]
    page.keyboard.press("Escape")
    return names


def wait_for_log(page: "Page", text: str) -> None:
    """Wait until the log of builds shows the text: it breaks lines anywhere, and is drawn later than its page says."""
    page.locator(".xterm").scroll_into_view_if_needed()  # what nobody sees is not drawn
    page.wait_for_function(
        "text => document.querySelector('.xterm-rows').innerText.replace(/\\s/g, '').includes(text)",
        arg=re.sub(r"\s", "", text),
    )


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
        wait_for_log(page, "built")
        save_screenshot(page, "imagebuilding-form.png")
        page.get_by_role("button", name="Build Image and Start").click()
        page.get_by_text("image build failed").wait_for()
        wait_for_log(page, "This preview cannot build images: --local does not use the engine.")
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
    assert "stopped" in (values.parent / "preview.log").read_text().splitlines()


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


@pytest.mark.parametrize("background", some([False, True], 0), ids=["", "in the background"])
def test_sigterm_ends_a_preview_with_everything_it_started(values: Path, background: bool) -> None:
    with started(values, "--local", background=background) as (_, shown):
        family = [shown.pid, *descendants(shown.pid)]
        assert len(family) > 3
        shown.send_signal(signal.SIGTERM)
        assert shown.wait(120) == 0  # four to five seconds, and more on a busy machine
        assert [pid for pid in family if runs(pid)] == []
    assert list((values.parent / "tmp").iterdir()) == []
    assert "stopped" in (values.parent / "preview.log").read_text().splitlines()


def test_every_choice_starts_what_it_says_and_an_image_is_entered_only_in_its_form(values: Path, page: "Page") -> None:
    with started(values, "--local") as (address, _):
        page.goto(address)
        page.get_by_role("combobox", name="Image").wait_for()
        for resources in offered(page, "Resources"):
            choose(page, "Resources", resources)
            page.get_by_text(resources).first.wait_for()
        choose(page, "Image", "Specify an existing image")
        box = page.get_by_role("combobox", name="Custom image")
        box.fill("no-tag")
        page.get_by_role("button", name="Start").click()
        page.get_by_text("Must be written NAME:TAG").first.wait_for()
        assert "/user/you" not in page.url
        for image, chosen in (("pangeo/pangeo-notebook:2026.04.29", "Pangeo Notebook"),
                              ("quay.io/our-org/mine:1.0", "Specify an existing image")):  # fmt: skip
            page.goto(address)
            choose(page, "Image", chosen)
            if chosen.startswith("Specify"):
                page.get_by_role("combobox", name="Custom image").fill(image)
            page.get_by_role("button", name="Start").click()
            page.wait_for_url("**/user/you/files/**")
            assert image in page.locator("body").inner_text()
            page.goto(address.partition("/hub/")[0] + "/hub/home")
            page.get_by_role("button", name="Stop My Server").click()
            page.get_by_role("button", name="Start My Server").wait_for()


def found_in(values: Path) -> list[str]:
    """The codes that the check gives; in a process of its own, since Playwright keeps an event loop running here."""
    argv = [sys.executable, "-m", "hubimages", "check-imagebuilding-hub", f"--values={values}", "--offline", "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment())
    return [finding["code"] for finding in json.loads(done.stdout)["findings"]]


# Mistakes that only the browser shows, and the code under which the check finds each.
BLANK = {
    "choices-missing": ("          choices:\n            small:", "          sizes:\n            small:"),
    "form-text": ("      slug: environment\n", "      slug: environment\n      description: {a: b}\n"),
    "validation-regex-javascript": ("validation_regex: ^.+:.+$", "validation_regex: ^(?P<image>.+):.+$"),
}


@pytest.mark.parametrize("code", BLANK)
def test_the_form_is_blank_with_a_mistake_that_the_check_finds(code: str, values: Path, browser: "Browser") -> None:
    before, after = BLANK[code]
    assert before in VALUES
    values.write_text(VALUES.replace(before, after))
    assert code in found_in(values)
    context = browser.new_context()
    page = context.new_page()
    with started(values, "--local") as (address, _):
        page.goto(address)
        if code == "validation-regex-javascript":  # goes blank only where the expression is used
            choose(page, "Image", "Specify an existing image")
            page.get_by_role("combobox", name="Custom image").fill("a")
            page.keyboard.press("Tab")
        page.wait_for_function("document.querySelector('#form') && document.querySelector('#form').innerText === ''")
    context.close()


SHOWN = {
    "choice-name-missing": ("              display_name: Pangeo Notebook\n", "", "Image", ["Python for earth science"]),
    "choice-name-twice": ("display_name: Rocker Geospatial", "display_name: Pangeo Notebook", "Image",
                          ["Pangeo Notebook"] * 2),
    "choice-default-twice": ("              display_name: 8 GB of memory\n",
                             "              display_name: 8 GB of memory\n              default: true\n",
                             "Resources", ["2 GB of memory"]),
}  # fmt: skip


@pytest.mark.parametrize("code", SHOWN)
def test_the_form_shows_wrongly_what_the_check_finds(code: str, values: Path, page: "Page") -> None:
    before, after, option, expected = SHOWN[code]
    assert before in VALUES
    values.write_text(VALUES.replace(before, after))
    assert code in found_in(values)
    with started(values, "--local") as (address, _):
        page.goto(address)
        page.get_by_role("combobox", name=option).wait_for()
        if code == "choice-default-twice":
            page.get_by_text(expected[0]).first.wait_for()  # the first of the two is chosen
        else:
            assert offered(page, option)[: len(expected)] == expected


@pytest.mark.filterwarnings("ignore:.*:pytest.PytestUnraisableExceptionWarning")  # Python says what it lost
def test_a_signal_that_comes_as_the_hub_starts_leaves_no_hub(tmp_path: Path) -> None:
    started: list[int] = []

    def interrupt(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code is STARTED.__init__.__code__ and "jupyterhub" in frame.f_locals["args"]:
            sys.setprofile(None)
            started.append(frame.f_locals["self"].pid)
            signal.raise_signal(signal.SIGINT)

    settings = Settings(Form([], ""), str(tmp_path), "token", "label", 0, "no-proxy", engine=False)
    sys.setprofile(interrupt)
    with pytest.raises(KeyboardInterrupt), preview.started_hub(settings):
        pass
    assert [runs(pid) for pid in started] == [False]


def test_a_signal_that_is_ignored_does_not_end_a_preview() -> None:
    """As `nohup` has it for SIGHUP."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), preview.ending_signals_interrupt():
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


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
        (["--registry=quay.io/our-org"], "--registry=quay.io/our-org: a preview pushes only to a registry on loopback"),
        (["--repositories=nowhere"], "--repositories=nowhere: no such directory"),
        (["--binderhub=nowhere"], "--binderhub=nowhere is not a virtual environment"),
        (["--values=nowhere.yaml"], "values file nowhere.yaml does not exist"),
    ],
)
def test_options_that_cannot_be_are_refused_in_one_line(values: Path, options: list[str], message: str) -> None:
    named = [f"--values={values}"] if not any(option.startswith("--values") for option in options) else []
    port = [] if any(option.startswith("--port") for option in options) else [f"--port={process.free_port()}"]
    env = environment({"PATH": str(values.parent)})  # what a person wrote comes before what the machine lacks
    done = hubimages("preview-imagebuilding-hub", *named, *port, *options, cwd=values.parent, env=env)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"error: {message}")
