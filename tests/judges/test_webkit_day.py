"""A day of twelve visits in a second engine: WebKitGTK as Debian has it, which is as near as we come to an iPhone here.

Its sessions are private, as WebKit's automation makes them: nothing outlives the browser, so no restart is tried.
"""

import contextlib
import http.client
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from glob import glob
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.support.ui import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from fieldvisit.register.models import Person
from fieldvisit.register.service import hash_password
from tests.faults.conftest import a_database
from tests.faults.council import Council
from tests.stories import Story, a_visit
from tests.world import PASSWORD, World

PIN = "492817"
PATIENCE_S = 20
HOMES = ("100030000001", "100030000002", "100030000003")
pytestmark = pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning")  # Selenium's own
WEAK = {  # this machine has neither a graphics card nor user namespaces for a browser's own sandbox
    "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
    "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
}  # fmt: skip
SHOWN = "[...document.querySelectorAll('[data-step]')].find(step => !step.hidden)"


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    assert shutil.which("Xvfb"), "this test needs the Debian package xvfb (deploy/apt-judges.txt)"
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "800x900x24"], pass_fds=[write])
    os.close(write)
    yield f":{os.read(read, 16).decode().strip()}"
    server.terminate()
    server.wait()


@pytest.fixture
def webkit(screen: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    driver, browsers = shutil.which("WebKitWebDriver"), glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser")
    assert driver and browsers, "this test needs the Debian package webkit2gtk-driver (deploy/apt-judges.txt)"
    for name, value in (WEAK | {"DISPLAY": screen}).items():
        monkeypatch.setenv(name, value)
    wanted = Options()
    wanted.binary_location = browsers[-1]
    wanted.add_argument("--automation")
    browser = webdriver.WebKitGTK(options=wanted, service=Service(driver))
    browser.set_window_size(400, 800)
    yield browser
    browser.quit()


class Thumb:
    """What a thumb does to a phone in this engine."""

    def __init__(self, browser: Any, address: str) -> None:
        self.browser, self.address = browser, address

    def asks(self, script: str, *values: Any) -> Any:
        return self.browser.execute_script(f"return ({script})", *values)

    def waits(self, script: str, *values: Any) -> Any:
        with contextlib.suppress(TimeoutException):
            return WebDriverWait(self.browser, PATIENCE_S, 0.1).until(lambda _: self.asks(script, *values))
        shown = self.asks(
            "[location.pathname, {...document.documentElement.dataset}, document.body.innerText.slice(0, 600)]"
        )
        raise AssertionError(f"never so: {script} {values}: {shown}")

    def fills(self, label: str, words: str) -> None:
        field = self.waits(
            "[...document.querySelectorAll('label')].find(l => l.textContent.trim() == arguments[0])?.control", label
        )
        field.clear()
        field.send_keys(words)

    def taps(self, element: Any) -> None:
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].click()", element)

    def presses(self, words: str, *, then: str = "") -> None:
        where = f"(({SHOWN}) ?? document)"
        button = f"[...{where}.querySelectorAll('button, a')].find(b => b.textContent.trim().startsWith(arguments[0]))"
        self.taps(self.waits(button, words))
        if then:
            self.waits(f"({SHOWN})?.querySelector('h2').textContent.trim() == arguments[0]", then)
            self.waits("!('busy' in document.documentElement.dataset)")

    def ticks(self, words: str, of: str = "") -> None:
        step = f"({SHOWN})"
        legend = "fieldset.querySelector('legend').textContent.trim()"
        group = f"[...{step}.querySelectorAll('fieldset')].find(fieldset => {legend}.startsWith(arguments[1]))"
        labels = f"[...({group if of else step}).querySelectorAll('label')]"
        self.taps(
            self.asks(f"{labels}.find(label => label.textContent.trim().startsWith(arguments[0])).control", words, of)
        )

    def opens(self, path: str) -> None:
        self.taps(
            self.waits("document.querySelector(`main a[href='${arguments[0]}'], nav a[href='${arguments[0]}']`)", path)
        )


def signed_in_cookies(place: tuple[str, int]) -> dict[str, str]:
    """What the browser of asha would hold. WebKit keeps no Secure cookie of http://localhost; other engines do."""
    held: dict[str, str] = {}

    def ask(method: str, path: str = "/sign-in", **fields: str) -> str:
        asked = http.client.HTTPConnection(*place)
        with contextlib.closing(asked):
            sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in held.items()),
                    "Content-Type": "application/x-www-form-urlencoded", "Host": f"localhost:{place[1]}"}  # fmt: skip
            asked.request(method, path, urlencode(fields), sent)
            answer = asked.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                held[name] = value
            return answer.read().decode()

    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', ask("GET"))
    assert token
    ask("POST", csrf_token=token[1], email="asha@council.example", password=PASSWORD)
    ask("GET", "/today")  # from here on the cookie holds what the page's token is checked against
    return held


def keeps_the_day(thumb: Thumb, place: tuple[str, int], visits: int) -> None:
    thumb.browser.get(f"{thumb.address}/healthz")
    for name, value in signed_in_cookies(place).items():
        thumb.browser.add_cookie({"name": name, "value": value, "path": "/", "secure": False})
    thumb.browser.get(f"{thumb.address}/today")
    thumb.waits("document.documentElement.dataset.outbox == 'ready'")
    thumb.fills("Six digits", PIN)
    thumb.fills("The same six digits again", PIN)
    thumb.presses("Keep my visits on this phone")
    thumb.waits(f"document.documentElement.dataset.packs == '{visits}/{visits}'")


def goes_to_the_door(thumb: Thumb, visit: Story) -> None:
    thumb.opens("/today")
    thumb.opens(f"/visits/{visit.visit_id}")
    thumb.presses("On my way", then="On the way")
    thumb.presses("I am at the door", then="Who answered?")
    thumb.presses("The tenant", then="Say who you are")
    thumb.presses("I have said who I am", then="Say why you have come")
    thumb.presses("I have said why", then="Show your ID")
    thumb.presses("Card and phone", then="Let them check you")


def is_refused(thumb: Thumb) -> None:
    thumb.presses("They said no", then="They said no")
    thumb.ticks("Somebody in the home is unwell")
    thumb.presses("Save, thank them and leave", then="Stop here")


def is_let_in_and_closes(thumb: Thumb) -> None:
    thumb.presses("They are checking", then="How are they checking?")
    thumb.presses("They ring the council", then="Wait outside")
    thumb.presses("They are ready: go on", then="Ask to come in")
    thumb.ticks("The tenant", of="Who said yes?")
    thumb.ticks("They are 18 or over")
    thumb.ticks("They know why you are here")
    thumb.presses("They said yes: save", then="Cover your shoes")
    thumb.presses("Covers are on: go in", then="Before you start")
    thumb.presses("Start work", then="You are in their home")
    thumb.presses("I have finished", then="Finished, or stopping?")
    if thumb.asks(
        f"[...({SHOWN}).querySelectorAll('legend')].some(l => /photo/i.test(l.textContent) && !l.closest('[hidden]'))"
    ):
        thumb.ticks("Nothing to see")
    thumb.presses("The work is done", then="Is anybody here at risk or in need of help?")
    thumb.presses("No", then="Will somebody come back?")
    thumb.presses("No", then="Close the visit")
    for question in ("Is it tidy?", "Have you taken all rubbish away?", "Is the home as it was, or better?"):
        thumb.ticks("Yes", of=question)
    thumb.ticks("No", of="Is the tenant unhappy about anything?")
    thumb.ticks("No", of="Did you see anything dangerous?")
    thumb.presses("Close the visit", then="The visit is closed")


def test_twelve_visits_without_signal_arrive_once_and_whole_from_webkit(sqlite_server, policy, webkit, tmp_path: Path):
    with a_database(sqlite_server) as database:
        council = Council(tmp_path, database, policy, sqlite_server.ids, ahead=timedelta(0))
        now = datetime.now(UTC)
        world = World(None, database, policy, sqlite_server.ids, now=now)  # type: ignore[arg-type]
        with database.writing(None) as session:
            session.get_one(Person, world.ids["asha"]).password_hash = hash_password(PASSWORD)
        began = (now - timedelta(minutes=30)).replace(second=0, microsecond=0)
        # In their hands at eleven in the morning, four days ago: full notice on any day of the year.
        told = (began - timedelta(days=4)).replace(hour=11, minute=0)
        early = (began - told) / timedelta(hours=1)
        planned = told - timedelta(hours=1)
        visits = [
            a_visit(world, home=HOMES[n % 3], starts=began, hours=8, planned_at=planned).told(hours_before=early)
            for n in range(12)
        ]
        try:
            council.server.start()
            thumb = Thumb(webkit, council.server.address)
            keeps_the_day(thumb, council.server.place, len(visits))
            council.server.kill()
            for number, visit in enumerate(visits):
                goes_to_the_door(thumb, visit)
                is_let_in_and_closes(thumb) if number % 3 == 0 else is_refused(thumb)
            assert int(thumb.asks("document.documentElement.dataset.unsent")) > 80
            council.server.start()
            until = time.monotonic() + 120
            while thumb.asks("document.documentElement.dataset.unsent") != "0":
                assert time.monotonic() < until, thumb.asks(
                    "document.querySelector('[data-outbox-status]').textContent"
                )
                time.sleep(0.5)
            stages = [visit.state().stage for visit in visits]
            assert (stages, council.held()) == (["closed", "refused", "refused"] * 4, [])
            kinds = [entry.kind for entry in council.entries(visit=visits[1].visit_id)]
            assert kinds == ["visit.set_off", "visit.arrived", "door.answered", "door.introduced", "door.reason_given",
                             "door.id_shown", "consent.refused"]  # fmt: skip
        finally:
            council.close()
