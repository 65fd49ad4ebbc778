"""A signature on the phone: the strokes, their times, the words that were shown; and nothing signed that changed later."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.phone.stub_fixtures import (
    browser,  # noqa: F401 - fixtures
    in_time_photos_to_go,
    on_a_visit,
    on_the_disk,
    phone,  # noqa: F401
    stub,  # noqa: F401
)
from tests.phone.wire_stub import WireStub

PAD = "[data-signature] canvas"
SAID = "[data-signature-said]"
ERROR = "They sign in the box, or type their name instead."


@pytest.fixture
def page(phone, stub) -> Page:
    page = on_a_visit(phone, stub)
    page.get_by_role("button", name="Ask to come in").click()
    page.get_by_label("They are 18 or over").check()
    return page


def signs(page: Page, length: int = 150) -> None:
    page.locator(PAD).scroll_into_view_if_needed()
    box = page.locator(PAD).bounding_box()
    assert box
    x, y = box["x"] + 30, box["y"] + 40
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(x + length * step / 10, y + length / 8 * (step % 2))
    page.mouse.up()


def saves(page: Page) -> None:
    page.get_by_role("button", name="They said yes: save").click()


def it_is_saved_and_sent(page: Page) -> None:
    expect(page.locator("[data-said]")).to_contain_text("Saved on this phone")
    in_time_photos_to_go(page, 0)


def the_signature(page: Page, stub: WireStub) -> dict[str, Any]:
    """As the council has it, once it is there whole: its piece may come a moment after the entry."""
    for _ in range(200):
        if photos := stub.photos():
            return json.loads(photos[0])
        page.wait_for_timeout(100)
    raise AssertionError("the signature never came")


def ink(page: Page) -> int:
    return page.evaluate("""() => {
        const canvas = document.querySelector("[data-signature] canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, place) => place % 4 === 3 && value > 0).length;
    }""")


def test_the_strokes_go_with_their_times_and_the_words_that_were_shown(page, stub):
    page.get_by_label("Doing the work").check()
    signs(page)
    signs(page)
    saves(page)
    it_is_saved_and_sent(page)
    [body] = stub.bodies("consent.given")
    assert body == {
        "how": "signed", "scope": ["enter", "work"], "adult": True, "language": "en",
        "shown": "I have been told who you are and why you are here. You may come into my home today. Doing the work. "
                 "I can say no, and I can change my mind at any time.",
    }  # fmt: skip
    assert stub.stored[0].sealed["blobs"][0]["type"] == "application/json"
    drawn = the_signature(page, stub)
    assert (set(drawn), drawn["v"], drawn["w"], drawn["h"]) == ({"v", "w", "h", "strokes"}, 1, 600, 300)
    assert len(drawn["strokes"]) == 2
    times = [time for stroke in drawn["strokes"] for _, _, time in stroke]
    assert times == sorted(times) and times[0] == 0 and len(times) > 10
    assert all(0 <= x <= 600 and 0 <= y <= 300 for stroke in drawn["strokes"] for x, y, _ in stroke)


def test_a_signature_is_no_photo_in_the_words_of_the_line(page, stub):
    stub.next_pieces += ["wait"]
    signs(page)
    saves(page)
    expect(page.locator("[data-outbox-list] .entry-state")).to_have_text("Sent, signature to go")
    assert page.locator("html").get_attribute("data-photos") == "0"
    stub.gate.set()
    expect(page.locator("[data-outbox-list] .entry-state")).to_have_text("Sent")


@pytest.mark.parametrize("length", [None, 10])
def test_without_a_stroke_of_some_length_nothing_is_saved_and_the_reader_is_told(page, stub, length):
    if length:
        signs(page, length)
    saves(page)
    expect(page.get_by_text(ERROR)).to_be_focused()
    assert on_the_disk(page)["items"] == []
    signs(page)
    expect(page.get_by_text(ERROR)).to_have_count(0)


def test_a_changed_answer_clears_the_box_and_says_so(page, stub):
    signs(page)
    assert ink(page) > 0
    page.get_by_label("Photos of the work").check()
    assert ink(page) == 0
    expect(page.locator(SAID)).to_have_text("An answer changed, so the signature was cleared. Ask them to sign again.")
    expect(page.locator("[data-words-shown]")).to_contain_text("Photos of the work.")
    saves(page)
    assert on_the_disk(page)["items"] == []


def test_clear_takes_the_signature_away(page):
    signs(page)
    page.get_by_role("button", name="Clear").click()
    assert ink(page) == 0
    expect(page.locator(SAID)).to_have_text("Cleared.")


def test_after_it_was_saved_the_box_is_empty_for_the_next(page, stub):
    signs(page)
    saves(page)
    it_is_saved_and_sent(page)
    assert ink(page) == 0


def test_a_finger_draws_and_does_not_scroll_the_page(page, phone):
    page.locator(PAD).scroll_into_view_if_needed()
    box = page.locator(PAD).bounding_box()
    assert box
    before = page.evaluate("() => scrollY")
    finger = phone.new_cdp_session(page)
    for kind, step in [("touchStart", 0), *(("touchMove", step) for step in range(1, 9)), ("touchEnd", None)]:
        points = [] if step is None else [{"x": box["x"] + 40 + 15 * step, "y": box["y"] + 20 + 12 * step}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert ink(page) > 0
    assert page.evaluate("() => scrollY") == before
    assert page.locator("input[name=signed]").input_value() == "yes"


def test_somebody_with_a_keyboard_is_told_that_they_may_type_the_name(page):
    expect(page.locator(PAD)).to_have_accessible_name("Their signature")
    expect(page.locator(PAD)).to_have_accessible_description(
        "They sign in the box with a finger, a pen or a mouse. Or they type their name: it counts the same."
    )
    page.get_by_role("button", name="Type their name instead").focus()


def test_a_turned_phone_keeps_the_signature(page, stub):
    signs(page)
    page.set_viewport_size({"width": 740, "height": 360})
    signs(page)
    saves(page)
    it_is_saved_and_sent(page)
    assert len(the_signature(page, stub)["strokes"]) == 2
