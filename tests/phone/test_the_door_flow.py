"""A visit on a phone, from the round to the close-out, and one that was refused: in a real browser, on the real app."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from sqlalchemy import select

from fieldvisit.register.models import Household
from fieldvisit.visits import events as ev
from tests.phone.door_fixtures import HandHeld, address, chromium, phone  # noqa: F401 - fixtures
from tests.stories import FIRST_HOME, a_visit

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)


def i_open_my_visit(phone: HandHeld, visit_id: str) -> None:
    phone.is_signed_in("asha")
    phone.page.goto(f"{phone.address}/today")
    phone.reads("Tuesday 8 December 2026")
    phone.page.get_by_role("link", name="Open visit").click()
    phone.reads("Before you go")
    phone.is_ready()


def i_go_to_the_door(phone: HandHeld) -> None:
    phone.presses("On my way", then="On the way")
    phone.presses("I am at the door", then="Who answered?")


def i_introduce_myself(phone: HandHeld) -> None:
    phone.presses("The tenant", then="Say who you are")
    phone.presses("I have said who I am", then="Say why you have come")
    phone.presses("I have said why", then="Show your ID")
    phone.presses("Card and phone", then="Let them check you")


def test_a_visit_from_the_round_to_the_close_out(world, phone):
    story = a_visit(world).told()
    i_open_my_visit(phone, story.visit_id)
    i_go_to_the_door(phone)
    i_introduce_myself(phone)
    phone.presses("They are checking", then="How are they checking?")
    phone.presses("They ring the council", then="Wait outside")
    phone.presses("They are ready: go on", then="Ask to come in")
    phone.chooses("The tenant", of="Who said yes?")
    phone.chooses("They are 18 or over")
    phone.chooses("They know why you are here")
    phone.chooses("Doing the work")
    phone.presses("They said yes: save", then="Cover your shoes")
    phone.presses("Covers are on: go in", then="Before you start")
    phone.chooses("Asked before moving anything")
    phone.chooses("Electrics are safe")
    phone.presses("Start work", then="You are in their home")
    phone.presses("I have finished", then="Finished, or stopping?")
    phone.chooses("Nothing to see", of="No photo? Why")
    phone.presses("The work is done", then="Is anybody here at risk or in need of help?")
    phone.presses("No", then="Will somebody come back?")
    phone.presses("Yes, a further visit", then="Close the visit")
    phone.page.locator("[data-step]:visible").get_by_label("When will somebody come back?").fill("2026-12-15")
    for question in ("Is it tidy?", "Have you taken all rubbish away?", "Is the home as it was, or better?"):
        phone.chooses("Yes", of=question)
    phone.chooses("Yes", of="Is the tenant unhappy about anything?")
    phone.page.locator("[data-step]:visible").get_by_text("They are unhappy: write more").click()
    phone.page.locator("[data-step]:visible").get_by_label("What about? Use their words").fill("Too loud")
    phone.chooses("No", of="Did you see anything dangerous?")
    phone.presses("Close the visit", then="Say sorry")
    phone.has_sent_all()
    assert [entry.kind for entry in phone.recorded(story.visit_id)] == [
        "visit.set_off", "visit.arrived", "door.answered", "door.introduced", "door.reason_given", "door.id_shown",
        "door.checking", "consent.given", "home.entered", "home.checked", "visit.closing", "visit.closed",
    ]  # fmt: skip
    bodies = {entry.kind: entry.body for entry in phone.recorded(story.visit_id)}
    assert bodies["consent.given"] == {
        "who": "tenant", "adult": True, "able": True, "how": "spoken", "scope": ["enter", "work"],
        "trusted_adult": "not_needed", "language": "en",
    }  # fmt: skip
    assert bodies["home.checked"] == {"done": ["asked_before_moving", "electrics"]}
    assert bodies["visit.closed"] == {
        "tidy": True, "rubbish_removed": True, "left_as_found": True, "further_visit": True, "unhappy": True,
        "hazard_seen": False, "welfare_prompt_shown": True, "further_on": "2026-12-15", "wants_no_complaint": False,
    }  # fmt: skip
    assert {"unhappy_words": "Too loud"} in phone.words(story.visit_id)
    state = story.state()
    assert (state.stage, state.outcome, state.exceptions) == ("closed", "further_visit", ())


def test_a_refusal_stops_the_visit_and_leaves_no_way_on(world, phone):
    story = a_visit(world).told()
    i_open_my_visit(phone, story.visit_id)
    i_go_to_the_door(phone)
    i_introduce_myself(phone)
    phone.presses("They said no", then="They said no")
    phone.chooses("Somebody in the home is unwell")
    phone.page.locator("[data-step]:visible").get_by_label("In their words").fill("Come back on Friday")
    phone.presses("Save, thank them and leave", then="Stop here")
    phone.has_sent_all()
    assert phone.page.locator("[data-step]:visible").get_by_role("button").count() == 0
    phone.page.reload()
    phone.reads("Stop here")
    assert phone.page.locator("form").count() == 0
    refused = phone.recorded(story.visit_id)[-1]
    assert (refused.kind, refused.body) == ("consent.refused", {"reason": "unwell", "who": "tenant"})
    assert {"words": "Come back on Friday"} in phone.words(story.visit_id)
    assert (story.state().stage, story.state().outcome) == ("refused", "refused_valid")


# --- can it be used --------------------------------------------------------------------------------------------------

REVEAL_ALL = "document.querySelectorAll('[data-step], details').forEach(e => { e.hidden = false; e.open = true; })"
TARGETS = "main :is(a, button, summary, .pick, select, textarea, .field > input:not([type=hidden]))"
TOO_SMALL = f"""[...document.querySelectorAll('{TARGETS}')]
    .map(e => [e.textContent.trim().slice(0, 30) || e.id, e.getBoundingClientRect()])
    .filter(([, box]) => box.width < 48 || box.height < 48).map(([name]) => name)"""


@pytest.fixture
def every_step_at_once(world, phone):
    """The page that holds the most: nothing done yet, a trusted adult, precautions, an authorised entry."""
    with world.database.writing(world.principal("olive")) as session:
        home = session.scalars(select(Household).where(Household.home_id == world.ids[FIRST_HOME])).one()
        home.trusted_adult, home.needs, home.language = True, ["dog", "wait_longer"], "pl"
    story = a_visit(world).told()
    story.desk(ev.EntryAuthorised("necessity", world.ids["dora"], world.ids["olive"], ("call", "neighbour")))
    phone.signs_in("asha")
    phone.page.goto(f"{phone.address}/visits/{story.visit_id}")
    phone.is_ready()
    phone.page.evaluate(REVEAL_ALL)
    return phone.page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_step_of_the_door_fails_axe(every_step_at_once, scheme):
    every_step_at_once.emulate_media(color_scheme=scheme)
    assert [(broken["id"], broken["nodes"]) for broken in violations(every_step_at_once)] == []


def test_the_round_and_the_outbox_pass_axe(world, phone):
    a_visit(world).told()
    a_visit(world, home="100030000002", starts=world.now + timedelta(days=1)).told()
    phone.signs_in("asha")
    for path in ("/today", "/outbox"):
        phone.page.goto(f"{phone.address}{path}")
        phone.is_ready()
        assert violations(phone.page) == []


def violations(page: Page) -> list[dict]:
    return Axe().run(page).response["violations"]


def test_every_target_is_big_enough_for_a_wet_thumb_and_nothing_scrolls_sideways_at_400_percent(every_step_at_once):
    assert every_step_at_once.evaluate(TOO_SMALL) == []
    every_step_at_once.set_viewport_size({"width": 320, "height": 256})  # 1280 x 1024 at 400%
    assert every_step_at_once.evaluate("document.documentElement.scrollWidth") == 320
    assert every_step_at_once.evaluate(TOO_SMALL) == []


def test_the_next_step_begins_at_its_heading_for_a_screen_reader(world, phone):
    i_open_my_visit(phone, a_visit(world).told().visit_id)
    phone.presses("On my way", then="On the way")
    assert phone.page.evaluate("document.activeElement.textContent") == "On the way"


def test_without_script_a_form_sends_nothing_anywhere(world, phone, chromium):
    story = a_visit(world).told()
    phone.signs_in("asha")
    phone.reads("Tuesday 8 December 2026")
    context = chromium.new_context(java_script_enabled=False, storage_state=phone.context.storage_state())
    page = context.new_page()
    page.goto(f"{phone.address}/visits/{story.visit_id}")
    page.get_by_role("button", name="On my way").click()
    assert page.url == f"{phone.address}/visits/{story.visit_id}"
    assert "JavaScript is off" in page.content()
    assert phone.recorded(story.visit_id) == []
    context.close()


def test_with_no_signal_the_visit_goes_on_and_is_sent_when_it_returns(world, phone):
    story = a_visit(world).told()
    i_open_my_visit(phone, story.visit_id)
    phone.context.set_offline(True)
    i_go_to_the_door(phone)
    i_introduce_myself(phone)
    assert phone.recorded(story.visit_id) == []
    phone.context.set_offline(False)
    phone.page.clock.fast_forward(25_000)
    phone.has_sent_all()
    assert (story.state().stage, story.state().exceptions) == ("identified", ())
    phone.refused_by_the_browser.clear()  # Chromium's own lines about the lost connection
