"""A worker alone at a door, in a real browser: who watches, what the phone may say of it, and leaving in one tap."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from fieldvisit.safety.models import SafetyWord
from tests.phone.door_fixtures import HandHeld, address, chromium, phone  # noqa: F401 - fixtures
from tests.phone.test_the_door_flow import i_go_to_the_door, i_open_my_visit
from tests.services.test_safety import DURESS, SAFE, kinds, rows, the_watch
from tests.stories import a_visit
from tests.world import World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)
ASK = "Is the office watching now?"


def step(page: Page) -> str:
    return page.locator("[data-step]:visible").inner_text()


def asks(phone: HandHeld, answer: str) -> None:
    phone.page.locator("[data-step]:visible").get_by_role("button", name=ASK).click()
    expect(phone.page.locator("[data-step]:visible [data-watching]")).to_contain_text(answer)


def test_the_office_watches_and_the_phone_says_so_only_when_it_has_answered(world: World, phone: HandHeld) -> None:
    story = a_visit(world).told()
    i_open_my_visit(phone, story.visit_id)
    i_go_to_the_door(phone)
    phone.presses("Check-ins", then="Check-ins")
    assert "is watching until" not in step(phone.page)
    asks(phone, "Nobody is watching.")
    phone.page.context.set_offline(True)
    phone.page.locator("[data-step]:visible").get_by_role("button", name="Ask the office to watch").click()
    asks(phone, "NOT known to be watched")
    expect(phone.page.locator("[data-step]:visible [data-watching]")).to_contain_text("still only on this phone")
    phone.page.context.set_offline(False)
    phone.page.evaluate("dispatchEvent(new Event('online'))")
    phone.has_sent_all()
    phone.refused_by_the_browser[:] = [said for said in phone.refused_by_the_browser if "DISCONNECTED" not in said]
    asks(phone, "The office is watching until 9:30am.")
    phone.page.locator("[data-step]:visible").get_by_role("button", name="I need help, quietly").click()
    phone.presses("Yes, now", then="Check-ins")
    phone.has_sent_all()
    asks(phone, "The office is watching until 9:30am.")
    assert the_watch(world).stage == "alarm"
    assert "alarm" in world.client("dora").get("/office/safety").text.lower()


def test_two_words_are_set_on_the_phone_and_either_looks_like_a_check_in(world: World, phone: HandHeld) -> None:
    story = a_visit(world).told()
    i_open_my_visit(phone, story.visit_id)
    i_go_to_the_door(phone)
    phone.presses("Check-ins", then="Check-ins")
    phone.page.locator("[data-step]:visible").get_by_role("button", name="Ask the office to watch").click()
    phone.has_sent_all()
    phone.page.goto(f"{phone.address}/safety")
    phone.page.get_by_label("I am all right").fill(SAFE)
    phone.page.get_by_label("I am not free to speak").fill(DURESS)
    phone.page.get_by_role("button", name="Set both words").click()
    phone.page.get_by_text("Your words are set.").wait_for()
    assert len(rows(world, SafetyWord)) == 1
    world.clock.move_to(world.now + timedelta(minutes=10))
    phone.page.get_by_label("Check in with your word").fill(DURESS)
    phone.page.get_by_role("button", name="Send my word").click()
    phone.page.get_by_text("The office has your word.").wait_for()
    assert "The office is watching until" in phone.page.locator("main").inner_text()
    assert the_watch(world).stage == "alarm"


def test_one_tap_leaves_and_why_is_said_from_a_safe_place(world: World, phone: HandHeld) -> None:
    story = a_visit(world).told()
    i_open_my_visit(phone, story.visit_id)
    i_go_to_the_door(phone)
    phone.presses("Leave now: it is not safe", then="You have left")
    phone.page.locator("[data-step]:visible").get_by_role("button", name="Somebody was aggressive").click()
    phone.page.get_by_text("Saved on this phone: Why I left").wait_for()
    phone.has_sent_all()
    assert [entry.kind for entry in phone.recorded(story.visit_id)][-2:] == ["visit.withdrew", "safety.left_because"]
    assert kinds(world) == ["aggression"]
