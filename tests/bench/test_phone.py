"""How long a worker waits on a slow phone on a slow road: 400 kbit/s, 400 ms there and back, a processor four times slower.

Printed, not asserted: `pytest tests/bench/test_phone.py -s`. Each figure is the median of five, in milliseconds, from the
moment of asking until the step that the visit opens at is on the screen and its buttons work.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright
from sqlalchemy import select

from fieldvisit import create_app, schema
from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database
from fieldvisit.demo import load
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import load_policy
from fieldvisit.register.models import Person
from fieldvisit.register.service import hash_password
from tests.browser import FLAGS, browser_path, playwright_of
from tests.phone.door_fixtures import SCREEN
from tests.phone.shell_fixtures import KEPT, PIN, Council
from tests.world import PASSWORD

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
SLOWER = 4
TIMES = 5
USABLE = """() => document.documentElement.dataset.outbox === 'ready' && document.documentElement.dataset.shell
    && document.querySelector('[data-visit] [data-step]:not([hidden]) :is(button, a)')
    && !document.querySelector('[data-steps-here]')"""
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("phone")
    config = Config(home=folder)
    make_keys(config)
    database = Database(config.url)
    schema.upgrade(database)
    load.load(database, config, load_policy("melton"), seed=1, today=london_date(NOW), at=NOW, visits=0, progress=None)
    database.dispose()
    made = create_app(config)
    yield made
    made.extensions["fv_database"].dispose()


@pytest.fixture(scope="module")
def council(app: Flask) -> Iterator[Council]:
    made = Council(app, 0)
    made.starts()
    made.port = made.server.server_port
    yield made
    made.dies()


@pytest.fixture
def playwright(request: pytest.FixtureRequest) -> Playwright:
    return playwright_of(request.session)


@pytest.fixture
def page(playwright: Playwright) -> Iterator[Page]:
    browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
    context: BrowserContext = browser.new_context(viewport=SCREEN, has_touch=True, timezone_id="Europe/London")
    yield context.new_page()
    browser.close()


def slowed(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return session


def emptied(session: CDPSession) -> None:
    session.send("Network.clearBrowserCache")


def signs_in(page: Page, council: Council, app: Flask) -> None:
    with app.extensions["fv_database"].writing(None) as session:
        asha = session.scalars(select(Person).where(Person.email.startswith("asha"))).one()
        asha.password_hash = hash_password(PASSWORD)
        email = asha.email
    page.goto(f"{council.address}/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("html[data-outbox=ready]", state="attached")


def milliseconds(page: Page, act: Callable[[], object]) -> float:
    began = page.evaluate("() => performance.timeOrigin + performance.now()")
    act()
    page.wait_for_function(USABLE)
    return float(page.evaluate("() => performance.timeOrigin + performance.now()")) - began


def told(name: str, figures: list[float]) -> None:
    print(f"\n{name}: {median(figures):.0f} ms (from {min(figures):.0f} to {max(figures):.0f})")


def test_the_first_visit_page_on_a_slow_road(page: Page, council: Council, app: Flask) -> None:
    """Nothing of ours on the phone, no worker: the page, its sheet, its scripts and the shared steps all come."""
    signs_in(page, council, app)
    visit = page.get_by_role("link", name="Open visit").first.get_attribute("href")
    page.evaluate("async () => (await navigator.serviceWorker.getRegistration())?.unregister()")
    page.goto(f"{council.address}/robots.txt")
    session = slowed(page)
    page.context.route("**/sw.js", lambda route: route.abort())
    figures = []
    for _ in range(TIMES):
        page.goto(f"{council.address}/robots.txt")
        emptied(session)
        figures.append(milliseconds(page, lambda: page.goto(f"{council.address}{visit}", wait_until="commit")))
    told("first visit page, 400 kbit/s, 400 ms, CPU 4x", figures)


def test_a_visit_from_the_phones_own_copy(page: Page, council: Council, app: Flask) -> None:
    signs_in(page, council, app)
    page.get_by_label("Six digits", exact=True).fill(PIN)
    page.get_by_label("The same six digits again").fill(PIN)
    page.get_by_role("button", name="Keep my visits on this phone").click()
    page.wait_for_function(KEPT)
    slowed(page)
    council.dies()
    figures = []
    for _ in range(TIMES):
        page.evaluate("() => document.querySelector('.top a[href=\"/today\"]').click()")
        page.wait_for_function("() => document.body.dataset.page === 'today'")
        link = page.get_by_role("link", name="Open visit").first
        figures.append(milliseconds(page, lambda link=link: link.evaluate("e => e.click()")))
    told("visit from the phone's own copy, no signal, CPU 4x", figures)
    figures = []
    for _ in range(TIMES):
        page.reload()
        page.get_by_label("Your six digits").fill(PIN)
        button = page.get_by_role("button", name="Open", exact=True)
        figures.append(milliseconds(page, lambda button=button: button.evaluate("e => e.click()")))
    told("the same after the PIN (PBKDF2 and all)", figures)
    council.starts()
