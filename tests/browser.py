"""Which browser the tests drive, and how: Debian's Chromium, without what a test never looks at."""

import os
import shutil
from contextlib import suppress
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, TimeoutError, sync_playwright
from werkzeug.serving import WSGIRequestHandler

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
AXE = Axe().axe_script
_running: dict[str, Any] = {}


def browser_path() -> str:
    """The same engine without its windows where that is installed: it starts in a third of the time.

    FV_BROWSER names another, for one run.
    """
    wanted = [os.environ.get("FV_BROWSER", ""), "chromium-headless-shell", "chromium"]
    found = next((path for name in wanted if name and (path := shutil.which(name))), None)
    assert found, "these tests need the Debian package chromium"
    return found


def playwright_of(session: pytest.Session) -> Playwright:
    """One for all the tests of a process, from the first that asks to the end: there can be no second beside it."""
    if "manager" not in _running:
        _running["manager"] = manager = sync_playwright()
        _running["playwright"] = manager.start()
        session.addfinalizer(_end)
    found: Playwright = _running["playwright"]
    return found


def browser_of(session: pytest.Session) -> Browser:
    """One as well. Each test opens a context of its own in it, which shares nothing with any other."""
    browser: Browser | None = _running.get("browser")
    if browser is None or not browser.is_connected():
        browser = playwright_of(session).chromium.launch(executable_path=browser_path(), args=FLAGS)
        _running["browser"] = browser
    return browser


def _end() -> None:
    if browser := _running.get("browser"):
        browser.close()
    _running["playwright"].stop()
    _running.clear()


class Quiet(WSGIRequestHandler):
    """Says nothing of each request: a page asks for thirty files."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The test's own words are read, and its failures."""


def the_buttons_rest(page: Page) -> None:
    """Until they work again after a press. Their rest may begin a moment after what was pressed has shown its effect."""
    for patience_ms in (150, 300, 600):
        page.clock.fast_forward(1_300)
        with suppress(TimeoutError):
            page.wait_for_function("() => !document.documentElement.dataset.busy", timeout=patience_ms)
            return
    page.wait_for_selector("html:not([data-busy])", state="attached")


def brings_axe(context: BrowserContext) -> BrowserContext:
    """Half a megabyte of script: sent to the browser once, not for each page."""
    context.add_init_script(AXE)
    return context


def faults(page: Page, *only: str) -> list[str]:
    """What axe finds wrong with what is shown; only: by these of its rules."""
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(only)} if only else {})
    violations = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in violations for node in one["nodes"][:2]]
