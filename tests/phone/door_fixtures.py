"""A real phone's browser in front of the real app: the council of `tests/world.py`, served on this machine."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from fieldvisit.ground.roles import CHECKING
from fieldvisit.register.models import Person, SignIn
from fieldvisit.register.service import hash_password
from fieldvisit.visits.models import Entry
from fieldvisit.visits.service import entries_of
from fieldvisit.visits.words import words_of_visit
from tests.browser import Quiet, browser_of, the_buttons_rest
from tests.world import PASSWORD, World

SCREEN = {"width": 360, "height": 740}
SLOW_MS = 20_000  # a machine that runs everything at once may take so long; a right page waits for none of it
expect.set_options(timeout=SLOW_MS)


@pytest.fixture
def chromium(request: pytest.FixtureRequest) -> Browser:
    return browser_of(request.session)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("localhost", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()


@dataclass
class HandHeld:
    """A worker's phone: what a thumb does, and what the server's log then holds."""

    world: World
    address: str
    context: BrowserContext
    page: Page
    refused_by_the_browser: list[str] = field(default_factory=list)

    def signs_in(self, ref: str) -> None:
        with self.world.database.writing(None) as session:
            session.get_one(Person, self.world.ids[ref]).password_hash = hash_password(PASSWORD)
        self.page.goto(f"{self.address}/sign-in")
        self.page.get_by_label("E-mail address").fill(f"{ref}@council.example")
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Sign in").click()

    def is_signed_in(self, ref: str) -> None:
        """With the cookie that signing in brings: other tests type the password."""
        name = self.world.app.config["SESSION_COOKIE_NAME"]
        cookie = self.world.client(ref).get_cookie(name)
        assert cookie
        self.context.add_cookies(
            [{"name": name, "value": cookie.value, "url": "https://localhost", "secure": True, "httpOnly": True}]
        )

    def signs_out_elsewhere(self) -> None:
        """The sign-in of this browser ends, as by its own clock; the page knows nothing of it."""
        with self.world.database.writing(None) as session:
            for row in session.scalars(select(SignIn).where(SignIn.ended_at.is_(None))):
                row.ended_at = self.world.now

    def signs_in_in_another_tab(self, ref: str) -> None:
        here = self.page
        self.page = here.context.new_page()
        self.signs_in(ref)
        self.page.wait_for_url(lambda url: "sign-in" not in url)
        self.page.close()
        self.page = here

    def is_ready(self) -> None:
        self.page.wait_for_selector("html[data-outbox=ready]", state="attached")

    def reads(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()

    def presses(self, button: str, *, then: str) -> None:
        """Presses a button of the step that is shown, and waits until the next one shows and the buttons work again."""
        self.page.locator("[data-step]:visible").get_by_role("button", name=_begins(button)).click()
        self.reads(then)
        the_buttons_rest(self.page)

    def chooses(self, label: str, *, of: str = "") -> None:
        step = self.page.locator("[data-step]:visible")
        place = step.get_by_role("group", name=of) if of else step
        place.get_by_label(_begins(label)).check()

    def has_sent_all(self) -> None:
        self.page.wait_for_selector("html[data-unsent='0']", state="attached")

    def recorded(self, visit_id: str) -> list[Entry]:
        with self.world.database.reading(CHECKING) as session:
            return [entry for entry in entries_of(session, visit_id) if entry.device != "desk"]

    def words(self, visit_id: str) -> list[dict[str, str]]:
        with self.world.database.reading(CHECKING) as session:
            return list(words_of_visit(session, visit_id).values())


@pytest.fixture
def phone(chromium: Browser, world: World, address: str) -> Iterator[HandHeld]:
    context = chromium.new_context(viewport=SCREEN, has_touch=True, locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(SLOW_MS)
    context.clock.install(time=world.now)
    page = context.new_page()
    held = HandHeld(world, address, context, page)
    page.on("console", lambda message: message.type == "error" and held.refused_by_the_browser.append(message.text))
    yield held
    context.close()
    assert held.refused_by_the_browser == []


def _begins(words: str) -> re.Pattern[str]:
    return re.compile(f"^{re.escape(words)}")
