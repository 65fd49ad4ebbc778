"""Every page as somebody sees it: light, dark, right to left and at 400% zoom.

`make looks` keeps a picture of each in `pictures/`, which git ignores: look at them after changing a page.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from tests.looks.busy_council import a_busy_council, a_visit_with_every_step
from tests.looks.screens import NOT_LOOKED_AT, SCREENS, Screen
from tests.phone.door_fixtures import SLOW_MS, address, chromium  # noqa: F401 - fixtures
from tests.world import World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

AXE = Axe()
WANTS_PICTURES = bool(os.environ.get("FV_PICTURES"))
PICTURES = Path(__file__).parent / "pictures"
SIZES = {"hand": {"width": 360, "height": 740}, "desk": {"width": 1280, "height": 800}}
AT_400_PERCENT = {"width": 320, "height": 256}  # 1280 x 1024
CHECKED = {"light": (), "dark": ("color-contrast",)}  # () for all; dark differs in its colours alone
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WHAT_IS_WIDE = """[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map(e => e.outerHTML.slice(0, 80))"""
ONLY = """name => document.querySelectorAll('main [data-step]').forEach(step => {
    step.hidden = step.dataset.step !== name;
    step.querySelectorAll('details').forEach(one => { one.open = true; });
})"""


def test_no_page_is_forgotten(app: Flask) -> None:
    pages = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert pages == {screen.rule for group in SCREENS.values() for screen in group} | set(NOT_LOOKED_AT)


@dataclass
class Onlooker:
    """Opens a page as somebody, takes its pictures, and notes what is wrong with it."""

    world: World
    address: str
    browser: Browser
    size: dict[str, int]
    wrong: list[str] = field(default_factory=list)
    contexts: dict[str | None, BrowserContext] = field(default_factory=dict)

    def looks_at(self, screen: Screen, made: dict[str, str]) -> None:
        page = self.context_of(screen.who).new_page()
        page.on("console", lambda said: self._hears(screen.name, said.type, said.text))
        page.goto(self.address + screen.address(made))
        screen.does(page)
        if page.locator("html.door").count():
            page.wait_for_selector("html[data-outbox=ready]", state="attached")
        page.wait_for_load_state()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            self.takes(page, f"{screen.name} {scheme}")
            self.wrong += [f"{screen.name}, {scheme}: {fault}" for fault in faults(page, *CHECKED[scheme])]
        page.evaluate("document.documentElement.dir = 'rtl'")
        self.takes(page, f"{screen.name} rtl")
        page.evaluate("document.documentElement.dir = 'ltr'")
        self.zooms_in(page, screen.name)
        page.close()

    def zooms_in(self, page: Page, name: str) -> None:
        page.set_viewport_size(AT_400_PERCENT)
        self.takes(page, f"{name} zoomed")
        if page.evaluate(SIDEWAYS) > 0:
            self.wrong.append(f"{name}, 400%: scrolls sideways: {page.evaluate(WHAT_IS_WIDE)}")

    def takes(self, page: Page, name: str) -> None:
        if not WANTS_PICTURES:
            return
        file = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        page.screenshot(path=PICTURES / f"{file}.png", full_page=True, caret="initial")

    def context_of(self, who: str | None) -> BrowserContext:
        if who not in self.contexts:
            made = self.browser.new_context(viewport=self.size, locale="en-GB", timezone_id="Europe/London")
            made.set_default_timeout(SLOW_MS)
            if who:
                self._signs_in(made, who)
            self.contexts[who] = made
        return self.contexts[who]

    def _signs_in(self, context: BrowserContext, who: str) -> None:
        name = self.world.app.config["SESSION_COOKIE_NAME"]
        cookie = self.world.client(who).get_cookie(name)
        assert cookie
        secure = self.address.replace("http:", "https:") + "/"  # this machine counts as secure, as on the real page
        context.add_cookies([{"name": name, "value": cookie.value, "url": secure, "secure": True}])

    def _hears(self, name: str, kind: str, words: str) -> None:
        if kind == "error" and not words.startswith("Failed to load resource"):  # a page that says 404 or 422
            self.wrong.append(f"{name}: the browser says: {words}")


def faults(page: Page, *only: str) -> list[str]:
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(only)} if only else {})
    if not page.evaluate("'axe' in window"):  # half a megabyte of script: once a page is enough
        page.evaluate(AXE.axe_script)
    violations = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in violations for node in one["nodes"][:2]]


@pytest.fixture
def onlooker(
    chromium: Browser,
    world: World,
    address: str,
    request: pytest.FixtureRequest,
) -> Iterator[Onlooker]:
    looks = Onlooker(world, address, chromium, SIZES[request.param])
    yield looks
    for context in looks.contexts.values():
        context.close()


@pytest.mark.parametrize(
    ("group", "onlooker"),
    [
        ("hand", "hand"),
        ("anybody", "hand"),
        ("codes by hand", "hand"),
        ("codes", "desk"),
        ("planning", "desk"),
        ("log", "desk"),
        ("telling", "desk"),
        ("who", "desk"),
        ("calls", "desk"),
    ],
    indirect=["onlooker"],
)
def test_every_page_is_fit_to_be_seen(world: World, onlooker: Onlooker, group: str) -> None:
    made = a_busy_council(world)
    for screen in SCREENS[group]:
        onlooker.looks_at(screen, made)
    assert onlooker.wrong == []


@pytest.mark.parametrize("onlooker", ["hand"], indirect=True)
def test_every_step_at_the_door_is_fit_to_be_seen(world: World, onlooker: Onlooker) -> None:
    page = onlooker.context_of("asha").new_page()
    page.goto(f"{onlooker.address}/visits/{a_visit_with_every_step(world)}")
    page.wait_for_selector("html[data-outbox=ready]", state="attached")
    for number, step in enumerate(page.locator("[data-step]").evaluate_all("all => all.map(e => e.dataset.step)")):
        page.evaluate(ONLY, step)
        onlooker.takes(page, f"step {number:02} {step}")
    assert onlooker.wrong == []
