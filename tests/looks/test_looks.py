"""Every page as somebody sees it: light, dark, right to left and at 400% zoom.

`make looks` keeps a picture of each in `pictures/`, which git ignores: look at them after changing a page.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import brings_axe, faults
from tests.looks.busy_council import a_busy_council, a_visit_with_every_step
from tests.looks.screens import NOT_LOOKED_AT, SCREENS, Screen
from tests.phone.door_fixtures import SLOW_MS, address, chromium  # noqa: F401 - fixtures
from tests.world import World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

WANTS_PICTURES = bool(os.environ.get("FV_PICTURES"))
PICTURES = Path(__file__).parent / "pictures"
SIZES = {"hand": {"width": 360, "height": 740}, "desk": {"width": 1280, "height": 800}}
BY_HAND = {"hand", "anybody", "codes by hand"}  # the other groups of screens are looked at on a desk
MOST = 24  # screens for one test, so that two processes share the work
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
    pages: dict[str | None, Page] = field(default_factory=dict)
    screen: str = ""

    def looks_at(self, screen: Screen, made: dict[str, str]) -> None:
        page = self.page_of(screen.who)
        self.screen = screen.name
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

    def page_of(self, who: str | None) -> Page:
        """A tab of a browser of their own, as somebody who has just opened it: on nothing yet, and in its own size."""
        if who in self.pages:
            page = self.pages[who]
            page.goto("about:blank")
            page.emulate_media(color_scheme="light")
            page.set_viewport_size(self.size)
            return page
        context = self.browser.new_context(viewport=self.size, locale="en-GB", timezone_id="Europe/London")
        context.set_default_timeout(SLOW_MS)
        brings_axe(context)
        if who:
            self._signs_in(context, who)
        page = self.pages[who] = context.new_page()
        page.on("console", lambda said: self._hears(said.type, said.text))
        return page

    def _signs_in(self, context: BrowserContext, who: str) -> None:
        name = self.world.app.config["SESSION_COOKIE_NAME"]
        cookie = self.world.client(who).get_cookie(name)
        assert cookie
        secure = self.address.replace("http:", "https:") + "/"  # this machine counts as secure, as on the real page
        context.add_cookies([{"name": name, "value": cookie.value, "url": secure, "secure": True}])

    def _hears(self, kind: str, words: str) -> None:
        if kind == "error" and not words.startswith("Failed to load resource"):  # a page that says 404 or 422
            self.wrong.append(f"{self.screen}: the browser says: {words}")


@pytest.fixture
def onlooker(
    chromium: Browser,
    world: World,
    address: str,
    request: pytest.FixtureRequest,
) -> Iterator[Onlooker]:
    looks = Onlooker(world, address, chromium, SIZES[request.param])
    yield looks
    for page in looks.pages.values():
        page.context.close()


@pytest.fixture(scope="session")
def once() -> dict[str, Any]:
    """What the first of these tests made, for those that follow."""
    return {}


@pytest.fixture
def made(world: World, once: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A busy council takes longer to make than most groups to look at: each test gets a copy of one."""
    database = world.database
    path = Path(str(database.url.database))
    if not once:
        made = a_busy_council(world)
        database.dispose()  # the last connection to close folds the write-ahead log into the file
        assert not path.with_name(f"{path.name}-wal").exists()
        once |= {"made": made, "ids": world.ids, "file": tmp_path_factory.mktemp("busy") / "council.db"}
        shutil.copy(path, once["file"])
    else:
        database.dispose()
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        shutil.copy(once["file"], path)
        world.ids.update(once["ids"])
    return dict(once["made"])


@pytest.mark.parametrize(
    ("group", "first", "onlooker"),
    [
        (group, first, "hand" if group in BY_HAND else "desk")
        for group, screens in SCREENS.items()
        for first in range(0, len(screens), MOST)
    ],
    indirect=["onlooker"],
)
def test_every_page_is_fit_to_be_seen(made: dict[str, str], onlooker: Onlooker, group: str, first: int) -> None:
    for screen in SCREENS[group][first : first + MOST]:
        onlooker.looks_at(screen, made)
    assert onlooker.wrong == []


@pytest.mark.parametrize("onlooker", ["hand"], indirect=True)
def test_every_step_at_the_door_is_fit_to_be_seen(world: World, onlooker: Onlooker) -> None:
    page = onlooker.page_of("asha")
    page.goto(f"{onlooker.address}/visits/{a_visit_with_every_step(world)}")
    page.wait_for_selector("html[data-outbox=ready]", state="attached")
    for number, step in enumerate(page.locator("[data-step]").evaluate_all("all => all.map(e => e.dataset.step)")):
        page.evaluate(ONLY, step)
        onlooker.takes(page, f"step {number:02} {step}")
    assert onlooker.wrong == []
