"""A phone that keeps the day's pages, on this disk where a test asks for it, and its council's server, which can die."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from werkzeug.serving import make_server

from tests.browser import FLAGS, Quiet, browser_of, browser_path, playwright_of
from tests.phone.door_fixtures import SCREEN, SLOW_MS, HandHeld
from tests.world import World

PIN = "492817"
OTHER_PIN = "305926"
LIKE_A_PHONE: dict[str, Any] = {
    "viewport": SCREEN, "has_touch": True, "locale": "en-GB", "timezone_id": "Europe/London",
}  # fmt: skip
KEPT = "() => /^(\\d+)\\/\\1$/.test(document.documentElement.dataset.packs)"
SHELL_READY = "() => Boolean(navigator.serviceWorker.controller)"
ROWS = """store => new Promise(done => { indexedDB.open('fv').onsuccess = ({ target: { result: db } }) => {
    db.transaction([store]).objectStore(store).getAll().onsuccess = ({ target }) => { db.close(); done(target.result); }; }; })"""


@dataclass
class Council:
    """The app behind one port: killed and started again, it is at the same address."""

    app: Flask
    port: int
    server: Any = None
    sockets: list[socket.socket] = field(default_factory=list)
    under_way: int = 0
    turn: threading.Condition = field(default_factory=threading.Condition)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def starts(self) -> None:
        self.server = make_server("localhost", self.port, self._answers, threaded=True, request_handler=Quiet)
        answer = self.server.process_request

        def noted(request: socket.socket, client: Any) -> None:
            self.sockets.append(request)
            answer(request, client)

        self.server.process_request = noted
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def _answers(self, environ: Any, start: Any) -> Any:
        with self.turn:
            self.under_way += 1
        try:
            return self.app(environ, start)
        finally:
            with self.turn:
                self.under_way -= 1
                self.turn.notify_all()

    def dies(self) -> None:
        """With every connection: a browser opens some before it needs them, and they would still be answered."""
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
        for one in self.sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self.sockets.clear()
        with self.turn:  # whoever is still being answered asks a database that the next test puts another in place of
            self.turn.wait_for(lambda: self.under_way == 0, timeout=5)


@pytest.fixture
def council(app: Flask) -> Iterator[Council]:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    made = Council(app, port)
    made.starts()
    yield made
    made.dies()


@pytest.fixture
def playwright(request: pytest.FixtureRequest) -> Playwright:
    return playwright_of(request.session)


@dataclass
class KeptPhone(HandHeld):
    playwright: Any = None
    profile: Path = Path()
    council: Any = None
    said: list[str] = field(default_factory=list)

    def opens(self) -> None:
        """The browser is started; what lay on its disk is there. A session cookie is not."""
        self.context: BrowserContext = self.playwright.chromium.launch_persistent_context(
            str(self.profile), executable_path=browser_path(), args=FLAGS, **LIKE_A_PHONE
        )
        self._is_in_hand(self.context.pages[0])

    def opens_in(self, browser: Browser) -> None:
        """One that is not closed and opened again needs no disk: a browser that runs already keeps it in memory."""
        self.context = browser.new_context(**LIKE_A_PHONE)
        self._is_in_hand(self.context.new_page())

    def _is_in_hand(self, page: Page) -> None:
        self.context.set_default_timeout(SLOW_MS)
        self.context.clock.install(time=self.world.now)
        self.page: Page = page
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def closes(self) -> None:
        assert self.profile.exists(), "a phone that is closed has to lie on a disk: usefixtures('on_disk')"
        self.context.close()

    def goes_to(self, path: str) -> None:
        self.page.goto(self.address + path)

    def chooses_a_pin(self, pin: str = PIN) -> None:
        self.page.get_by_label("Six digits", exact=True).fill(pin)
        self.page.get_by_label("The same six digits again").fill(pin)
        self.page.get_by_role("button", name="Keep my visits on this phone").click()

    def types_the_pin(self, pin: str = PIN) -> None:
        self.page.get_by_label("Your six digits").fill(pin)
        self.page.get_by_role("button", name="Open", exact=True).click()

    def types_a_wrong_pin(self) -> None:
        self.types_the_pin(OTHER_PIN)
        self.page.wait_for_selector("form[data-pin]:not([data-busy])")

    def is_open(self) -> None:
        self.page.wait_for_selector("html[data-lock=open]", state="attached")

    def is_locked(self) -> None:
        expect(self.page.get_by_role("heading", name="Enter your PIN")).to_be_visible()

    def keeps_the_day(self, ref: str = "asha") -> None:
        """Signed in, with a PIN, and all pages of the round on the phone."""
        self.is_signed_in(ref)
        self.goes_to("/today")
        self.is_ready()
        self.chooses_a_pin()
        self.is_open()
        self.has_all_pages()

    def has_all_pages(self) -> None:
        self.page.wait_for_function(KEPT)
        self.waits_until("() => caches.has('fv-state')")
        self.waits_until(SHELL_READY)

    def waits_until(self, script: str, arg: Any = None) -> None:
        """Asks the page again and again. (Playwright's own waiting takes the promise of an answer for a yes.)"""
        for _ in range(200):
            if self.page.evaluate(script, arg):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never: {script}")

    def opens_the_visit_to(self, door: str) -> None:
        self.page.get_by_role("link", name="Open visit").filter(has_text=door).click()
        self.reads(door)

    def is_hidden_for(self, seconds: int) -> None:
        self.looks_away()
        self.page.clock.fast_forward(seconds * 1000)
        self.looks_back()

    def looks_away(self) -> None:
        self.page.evaluate("""() => { Object.defineProperty(document, 'visibilityState', { configurable: true, value: 'hidden' });
            Object.defineProperty(document, 'hidden', { configurable: true, value: true });
            document.dispatchEvent(new Event('visibilitychange')); }""")

    def looks_back(self) -> None:
        self.page.evaluate("""() => { delete document.visibilityState; delete document.hidden;
            document.dispatchEvent(new Event('visibilitychange')); }""")

    def rows(self, store: str = "packs") -> list[dict[str, Any]]:
        return self.page.evaluate(ROWS, store)

    def lies(self, words: str) -> str:
        return self.page.locator("html").get_attribute(f"data-{words}") or ""


@pytest.fixture
def on_disk() -> None:
    """For a test that closes its phone and opens it again, or reads what it left: its profile lies on this disk."""


@pytest.fixture
def kept_phone(
    request: pytest.FixtureRequest, playwright: Playwright, world: World, council: Council, tmp_path: Path
) -> Iterator[KeptPhone]:
    phone = KeptPhone(
        world, council.address, None, None, playwright=playwright, profile=tmp_path / "phone", council=council
    )
    if "on_disk" in request.fixturenames:
        phone.opens()
    else:
        phone.opens_in(browser_of(request.session))
    yield phone
    with suppress(Exception):
        phone.context.close()
    assert phone.said == [], phone.said
