"""A real browser for tests of what people see: Chromium as the system has it, driven by Playwright.

Load it in the top conftest: `pytest_plugins = ["tests.browser"]`. It is started once for each module, since Playwright
keeps an event loop running as long as it is open.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests import needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """The browser; a test that needs it is skipped without one."""
    from playwright.sync_api import sync_playwright

    program = needs.BROWSER.program(*PROGRAMS)
    # as root, in a container say, Chromium runs without its sandbox or not at all
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=options)
        yield started
        started.close()


@pytest.fixture
def web_page(browser: "Browser") -> Iterator["Page"]:
    """An empty page of desktop width in a fresh profile. Errors of its scripts fail the test at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert errors == []
