"""Use RStudio of the image in a browser, as a student does: nox -s browser.

IMAGE is the image under test. This needs Docker, and a browser of playwright, which the session installs.
"""

import os
import re
import subprocess
import time
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

TOKEN = uuid.uuid4().hex
IMAGE = os.environ["IMAGE"]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Return the address of JupyterLab in a container of the image, which is removed afterwards."""
    name = f"rstudio-{uuid.uuid4().hex[:12]}"
    command = ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser", f"--IdentityProvider.token={TOKEN}"]
    argv = ["docker", "run", "--detach", "--user", "1000", "--publish", "127.0.0.1::8888", "--name", name, IMAGE, *command]
    subprocess.run(argv, check=True, capture_output=True)
    try:
        shown = subprocess.run(["docker", "port", name, "8888"], check=True, capture_output=True, text=True).stdout
        address = f"http://{shown.split()[0]}"
        deadline = time.monotonic() + 90
        while "is running at" not in (log := logs(name)):
            assert time.monotonic() < deadline, log
            time.sleep(0.5)
        yield address
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True)


def logs(container: str) -> str:
    """Return what a container has printed."""
    done = subprocess.run(["docker", "logs", container], capture_output=True, text=True)
    return done.stdout + done.stderr


def test_rstudio_starts_and_computes(server: str, page: Page) -> None:
    page.goto(f"{server}/rstudio/?token={TOKEN}")
    console = page.locator("#rstudio_console_input")
    expect(console).to_be_visible(timeout=120_000)
    console.click()
    page.keyboard.type("6 * 7")
    page.keyboard.press("Enter")
    expect(page.locator("#rstudio_console_output")).to_contain_text(re.compile(r"\[1\] 42"), timeout=30_000)
