"""Four people and one visit: it is planned and told at a desk, made at a door, checked from inside, and read afterwards.

Each has a browser of their own, and they meet only through the server.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.conftest import Clock
from tests.phone.door_fixtures import SLOW_MS, HandHeld, address, chromium  # noqa: F401 - fixtures
from tests.world import World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

DESK, HAND = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
FRIDAY = datetime(2026, 12, 11, 9, 45, tzinfo=UTC)
Somebody = Callable[..., HandHeld]


@pytest.fixture
def somebody(chromium: Browser, world: World, address: str) -> Iterator[Somebody]:
    """A person with a browser that nobody else has used."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def comes(*, at: datetime, screen: dict[str, int] = DESK, script: bool = True) -> HandHeld:
        context = chromium.new_context(
            viewport=screen, locale="en-GB", timezone_id="Europe/London", java_script_enabled=script
        )
        contexts.append(context)
        context.set_default_timeout(SLOW_MS)
        if script:
            context.clock.install(time=at)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        return HandHeld(world, address, context, page)

    yield comes
    for context in contexts:
        context.close()
    assert errors == []


@dataclass
class Time:
    """The same for the server and for the phone."""

    clock: Clock
    phone: HandHeld
    now: datetime = FRIDAY

    def goes_on(self, minutes: int) -> None:
        self.phone.has_sent_all()
        self.now += timedelta(minutes=minutes)
        self.clock.move_to(self.now)
        self.phone.page.clock.fast_forward(minutes * 60_000)


def test_four_people_make_one_visit(world: World, clock: Clock, somebody: Somebody, tmp_path: Path) -> None:
    olive = somebody(at=world.now)
    i_plan_the_visit(olive)
    i_am_told_that_no_notice_counts(olive)
    i_record_the_notice_that_i_handed_over(olive)

    clock.move_to(FRIDAY)
    asha = somebody(at=FRIDAY, screen=HAND)
    time = Time(clock, asha)
    visit = i_go_to_the_door(asha, time)
    i_say_who_i_am_and_show_my_card(asha, time)
    i_hold_up_my_badge(asha, tmp_path / "badge.png")
    i_scan_it_from_inside(somebody(at=time.now, screen=HAND, script=False), tmp_path / "badge.png", asha.address)
    i_am_let_in_and_do_the_work(asha, time, visit)

    dora = somebody(at=time.now)
    i_find_the_visit(dora)
    i_read_what_happened(dora)
    i_take_it_away_for_a_spreadsheet(dora)


# --- olive, at a desk on Tuesday


def i_plan_the_visit(olive: HandHeld) -> None:
    olive.signs_in("olive")
    page = olive.page
    page.get_by_role("link", name="Plan a visit").first.click()
    page.get_by_label("Postcode").fill("LE13 9AA")
    page.get_by_label("House or flat").fill("1")
    page.get_by_role("button", name="Find the home").click()
    olive.reads("Plan a visit to 1 Larch Close")
    page.get_by_label("Repair", exact=False).first.check()
    page.get_by_label("Why is the visit needed?").fill("The boiler does not heat")
    i_write_a_day(page, "On which day?", 11)
    page.get_by_label("From", exact=True).fill("10am")
    page.get_by_label("Until", exact=True).fill("12pm")
    page.get_by_role("group", name="Who will visit?").get_by_label("Asha Kaur").check()
    page.get_by_role("button", name="Plan this visit").click()


def i_am_told_that_no_notice_counts(olive: HandHeld) -> None:
    answer = olive.page.get_by_role("region", name="What the notice rule says")
    expect(answer).to_contain_text("Short notice")
    expect(answer).to_contain_text("The tenant has not been told of this visit.")


def i_record_the_notice_that_i_handed_over(olive: HandHeld) -> None:
    told = olive.page.get_by_role("region", name="Record how the tenant was told")
    told.get_by_label("How was the tenant told?").select_option("handed")
    expect(told.get_by_label("What does the receipt say?")).to_have_count(0)
    i_write_a_day(told, "On which day was it sent", 8)
    told.get_by_label("At what time?").fill("9am")
    told.get_by_label("Who was told, or took it?").select_option("tenant")
    told.get_by_label("How old are they?").select_option("adult")
    told.get_by_label("It said who is coming").check()
    told.get_by_label("It said why they are coming").check()
    told.get_by_label("How do we know?").fill("I gave her the card myself")
    told.get_by_role("button", name="Record it").click()
    answer = olive.page.get_by_role("region", name="What the notice rule says")
    expect(answer).to_contain_text("Full notice")
    expect(answer).to_contain_text("Where this is written: ME-3.1a")


def i_write_a_day(place: Page, legend: str, day: int) -> None:
    group = place.get_by_role("group", name=legend)
    for label, number in (("Day", day), ("Month", 12), ("Year", 2026)):
        group.get_by_label(label, exact=True).fill(str(number))


# --- asha, at the door on Friday


def i_go_to_the_door(asha: HandHeld, time: Time) -> str:
    asha.signs_in("asha")
    asha.reads("Friday 11 December 2026")
    asha.page.get_by_role("link", name="Open visit").click()
    asha.reads("Before you go")
    asha.is_ready()
    visit = asha.page.url
    asha.presses("On my way", then="On the way")
    time.goes_on(20)
    asha.presses("I am at the door", then="Who answered?")
    return visit


def i_say_who_i_am_and_show_my_card(asha: HandHeld, time: Time) -> None:
    time.goes_on(1)
    asha.presses("The tenant", then="Say who you are")
    asha.presses("I have said who I am", then="Say why you have come")
    asha.presses("I have said why", then="Show your ID")
    asha.presses("Card and phone", then="Let them check you")
    asha.presses("They are checking", then="How are they checking?")
    asha.presses("They scan my badge", then="Wait outside")
    asha.has_sent_all()


def i_hold_up_my_badge(asha: HandHeld, picture: Path) -> None:
    asha.page.locator("[data-step]:visible").get_by_role("link", name="Open my badge").click()
    expect(asha.page.get_by_role("img", name="Moving code of badge MB-1001")).to_be_visible()
    asha.page.screenshot(path=picture)


def i_am_let_in_and_do_the_work(asha: HandHeld, time: Time, visit: str) -> None:
    asha.page.goto(visit)
    asha.reads("Wait outside")
    asha.is_ready()
    time.goes_on(2)
    asha.presses("They are ready: go on", then="Ask to come in")
    asha.chooses("The tenant", of="Who said yes?")
    asha.chooses("They are 18 or over")
    asha.chooses("They know why you are here")
    asha.chooses("Doing the work")
    asha.presses("They said yes: save", then="Cover your shoes")
    asha.presses("Covers are on: go in", then="Before you start")
    asha.chooses("Asked before moving anything")
    asha.presses("Start work", then="You are in their home")
    time.goes_on(60)
    asha.presses("I have finished", then="Finished, or stopping?")
    asha.chooses("Nothing to see", of="No photo? Why")
    asha.presses("The work is done", then="Is anybody here at risk or in need of help?")
    asha.presses("No", then="Will somebody come back?")
    asha.presses("No, it is all done", then="Close the visit")
    for question in ("Is it tidy?", "Have you taken all rubbish away?", "Is the home as it was, or better?"):
        asha.chooses("Yes", of=question)
    for question in ("Is the tenant unhappy about anything?", "Did you see anything dangerous?"):
        asha.chooses("No", of=question)
    asha.presses("Close the visit", then="The visit is closed")
    asha.has_sent_all()


# --- the tenant, behind the door, with a phone that runs no script


def i_scan_it_from_inside(tenant: HandHeld, picture: Path, address: str) -> None:
    with Image.open(picture) as seen:
        code = zxingcpp.read_barcode(seen)
    assert code, "the badge on the screen cannot be scanned"
    scanned = code.text
    assert scanned.lower().startswith(f"{address}/v/")
    asked: list[Request] = []
    tenant.page.on("request", lambda request: asked.append(request))
    tenant.page.goto(scanned)
    tenant.reads("This badge is current")
    expect(tenant.page.get_by_text("Asha K")).to_be_visible()
    expect(tenant.page.get_by_text("10:06:00")).to_be_visible()
    assert len(asked) == 1
    assert tenant.context.cookies() == []


# --- dora, at another desk, the same morning


def i_find_the_visit(dora: HandHeld) -> None:
    dora.signs_in("dora")
    dora.page.get_by_role("link", name="Visits", exact=True).click()
    dora.page.get_by_label("Search").fill("larch")
    dora.page.get_by_role("button", name="Show").click()
    expect(dora.page.get_by_role("status").first).to_contain_text("1 visit")
    dora.page.get_by_role("link", name="Friday 11 December 2026, 10am to midday").click()


TOLD = (
    "Planned: ", "Notice by", "The worker set off", "The worker came to the door", "The tenant came to the door",
    "said who they are", "said why they have come", "showed ID", "is checking who is there", "The tenant said yes",
    "The worker went in", "Checked inside", "The work is done", "The visit ended",
)  # fmt: skip


def i_read_what_happened(dora: HandHeld) -> None:
    lines = dora.page.get_by_role("list", name="What happened, in order").get_by_role("listitem")
    expect(lines).to_have_count(len(TOLD))
    for line, words in zip(lines.all(), TOLD, strict=True):
        expect(line).to_contain_text(words)
    who, when = "Asha Kaur, operative, badge MB-1001", "Fri 11 Dec, 10:05am"
    expect(lines.nth(3).get_by_role("definition")).to_have_text([who, when, when, "NR-7, our notice rule"])
    for line in lines.all()[2:]:
        expect(line).to_contain_text("badge MB-1001")
        expect(line.get_by_role("time")).to_have_count(2)
    expect(dora.page.get_by_role("heading", name="Exceptions")).to_have_count(0)


def i_take_it_away_for_a_spreadsheet(dora: HandHeld) -> None:
    dora.page.get_by_role("link", name="Back to visits").click()
    with dora.page.expect_download() as download:
        dora.page.get_by_role("link", name="Download").click()
    [row] = csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig")))
    assert (row["UPRN"], row["Worker"], row["Notice"]) == ("UPRN 100030000001", "Asha Kaur", "Full notice")
