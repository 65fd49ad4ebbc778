"""A phone that holds up its badge, the camera that looks at it, and the council's server, which may be dead."""

import io
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import BaseWSGIServer, make_server

from fieldvisit.badges.models import Badge
from fieldvisit.badges.service import pack_badge
from tests.browser import FLAGS, Quiet, browser_path
from tests.phone.door_fixtures import SCREEN, SLOW_MS, HandHeld
from tests.world import World

FRESH, OLD = "This badge is current", "This code is out of date"
NO = "We cannot confirm this badge. Do not let them in."
BEFORE_MIDNIGHT = datetime(2026, 12, 8, 23, 59, 59, tzinfo=UTC)
PIN = "493027"
LIKE_A_PHONE: dict[str, Any] = {
    "viewport": SCREEN, "has_touch": True, "locale": "en-GB", "timezone_id": "Europe/London",
}  # fmt: skip
NO_SIGNAL = "ERR_CONNECTION_REFUSED", "ERR_FAILED", "ERR_EMPTY_RESPONSE"
SEALED = "name => import('/static/js/outbox-store.js').then(disk => disk.recall(name))"
DEVICE = "() => import('/static/js/device.js').then(device => device.deviceId())"
# The badge takes a turn at each whole second; here time stands still, and ten of its seconds pass in one.
QUICK_TURNS = """(() => { const real = setTimeout;
    globalThis.setTimeout = (then, ms, ...more) => real(then, ms <= 1000 ? ms / 10 : ms, ...more); })()"""
KEEP = "([who, badge]) => import('/static/js/badge-live.js').then(live => live.keepBadge(who, badge))"


class Office:
    """The council's server: killed and started again on the same address."""

    def __init__(self, app: Flask) -> None:
        self.app, self.port = app, 0
        self.server: BaseWSGIServer | None = None
        self.starts()

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def starts(self) -> None:
        self.server = make_server("localhost", self.port, self.app, threaded=True, request_handler=Quiet)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def dies(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


@pytest.fixture
def office(app: Flask) -> Iterator[Office]:
    made = Office(app)
    yield made
    made.dies()


@dataclass
class BadgeHolder(HandHeld):
    """Time on the phone stands still, but its timers run: `it_is` says what its clock shows."""

    def it_is(self, moment: datetime) -> None:
        self.context.clock.set_fixed_time(moment)

    def opens_the_badge(self) -> None:
        self.page.goto(f"{self.address}/badge")
        self.is_ready()

    def has_its_keys(self, ref: str = "asha") -> dict[str, Any]:
        """What the day's pack brings."""
        badge = self.badge_packed(ref)
        self.keeps(badge, ref)
        return badge

    def keeps(self, badge: dict[str, Any] | None, ref: str = "asha") -> None:
        self.page.evaluate(KEEP, [self.world.ids[ref], badge])

    def badge_packed(self, ref: str = "asha") -> dict[str, Any]:
        device = self.page.evaluate(DEVICE)
        host = self.address.removeprefix("http://")
        with self.world.database.reading(self.world.principal(ref)) as session:
            badge = pack_badge(
                session, self.world.ids[ref], device, self.world.now, self.world.policy, self.address, f"{host}/v"
            )
        assert badge
        return badge

    def shows(self, mode: str) -> None:
        expect(self.page.locator(f"[data-live-badge={mode}]")).to_be_visible()

    def shows_its_own(self, ref: str = "asha") -> None:
        self.opens_the_badge()
        self.has_its_keys(ref)
        self.shows("own")

    def chooses_a_pin(self) -> None:
        self.page.goto(f"{self.address}/today")
        self.is_ready()
        self.page.get_by_label("Six digits", exact=True).fill(PIN)
        self.page.get_by_label("The same six digits again").fill(PIN)
        self.page.get_by_role("button", name="Keep my visits on this phone").click()
        self.page.wait_for_selector("html[data-lock=open]", state="attached")

    def types_the_pin(self, pin: str) -> None:
        self.page.get_by_label("Your six digits").fill(pin)
        self.page.get_by_role("button", name="Open", exact=True).click()

    def digits(self) -> str:
        text = self.page.locator("[data-live-badge] strong").text_content()
        assert text
        return text

    def picture(self) -> Image.Image:
        return Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")

    def kept(self, ref: str = "asha") -> dict[str, Any]:
        kept = self.page.evaluate(
            f"name => ({SEALED})(name).then(row => row && {{...row, keys: Object.keys(row.keys ?? {{}})}})",
            f"badge:{self.world.ids[ref]}",
        )
        return dict(kept or {})


def seen(picture: Image.Image) -> str:
    """What a camera reads; nothing when it reads nothing."""
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return found[0].text if found else ""


def a_pocket(browser: Browser, world: World, pixels: float) -> BrowserContext:
    context = browser.new_context(**LIKE_A_PHONE, device_scale_factor=pixels)
    context.set_default_timeout(SLOW_MS)
    context.clock.set_fixed_time(world.now)
    context.add_init_script(QUICK_TURNS)
    return context


def a_phone_from_its_pocket(world: World, office: Office, browser: Browser, profile: Path) -> "BadgeHolder":
    """A browser that is opened and closed, and what it keeps on its disk."""
    context = browser.browser_type.launch_persistent_context(
        profile / "profile", executable_path=browser_path(), args=FLAGS, **LIKE_A_PHONE, device_scale_factor=2
    )
    context.set_default_timeout(SLOW_MS)
    context.clock.set_fixed_time(world.now)
    context.add_init_script(QUICK_TURNS)
    return held(world, office, context)


def held(world: World, office: Office, context: BrowserContext) -> BadgeHolder:
    page: Page = context.pages[0] if context.pages else context.new_page()
    holder = BadgeHolder(world, office.address, context, page)
    page.on("console", lambda said: _hears(holder, said.type, said.text))
    return holder


def _hears(holder: BadgeHolder, kind: str, text: str) -> None:
    if kind == "error" and not any(way in text for way in NO_SIGNAL):
        holder.refused_by_the_browser.append(text)


@pytest.fixture
def phone(chromium: Browser, world: World, office: Office) -> Iterator[BadgeHolder]:
    context = a_pocket(chromium, world, pixels=2)
    holder = held(world, office, context)
    holder.is_signed_in("asha")
    yield holder
    context.close()
    assert holder.refused_by_the_browser == []


def answer(client: FlaskClient, address: str) -> str:
    (heading,) = re.findall(r"<h1>(.*?)</h1>", client.get(address[address.index("/V/") :]).text)
    return heading


def answer_to_digits(client: FlaskClient, digits: str) -> str:
    text = client.post("/v", data={"badge": "MB-1001", "digits": digits}).text
    return re.findall(r"<h1>(.*?)</h1>", text)[0]


def suspend(world: World) -> None:
    with world.database.writing(None) as session:
        session.get_one(Badge, world.ids["badge of asha"]).state = "suspended"
