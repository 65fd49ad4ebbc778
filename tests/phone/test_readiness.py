"""Before a visit begins the phone says what could go wrong with it, in words that a tired person understands."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.phone.stub_fixtures import (
    answer_the_door,
    at_the_door,
    browser,  # noqa: F401 - fixtures
    on_a_visit,
    phone,  # noqa: F401
    stub,  # noqa: F401
)

NOTES = "main [data-readiness]"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"


def notes(page: Page) -> str:
    page.wait_for_selector("html[data-readiness]", state="attached")
    return page.locator(NOTES).inner_text()


# --- can it keep anything ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "break_it",
    [
        "IDBFactory.prototype.open = () => { throw new DOMException('private', 'SecurityError'); };",
        "Object.defineProperty(window, 'indexedDB', { value: undefined });",
        "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });",
    ],
)
def test_a_phone_that_cannot_keep_entries_is_refused_and_shows_the_offices_number(phone, stub, break_it):
    phone.add_init_script(break_it)
    page = phone.new_page()
    page.goto(f"{stub.address}/visit?person=anna")
    expect(page.locator(NOTES)).to_contain_text("Do not start a visit with this phone: it cannot keep entries.")
    expect(page.locator(NOTES).get_by_role("link", name="01632 960123")).to_be_visible()
    expect(page.locator("[data-outbox-status]")).to_have_text("This phone cannot keep entries. Call the office.")
    page.get_by_role("button", name="Note it").click()
    expect(page.locator("[data-said].is-failed")).to_have_text("This phone cannot keep entries. Call the office.")
    assert stub.stored == []


def test_a_phone_that_is_nearly_full_says_so_before_the_visit(phone, stub):
    session = phone.new_cdp_session(phone.new_page())
    session.send("Storage.overrideQuotaForOrigin", {"origin": stub.address, "quotaSize": 600_000})
    page = phone.pages[0]
    page.goto(f"{stub.address}/visit?person=anna")
    expect(page.locator(NOTES)).to_contain_text("This phone is nearly full. Photos may not fit.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("true", "This phone has promised to keep your entries until they are sent."),
        ("false", "This phone has not promised to keep your entries: if it runs short of room, it may delete them."),
    ],
)
def test_it_says_what_the_phone_answered_when_it_was_asked_to_keep_entries(phone, stub, answer, words):
    phone.add_init_script(f"StorageManager.prototype.persisted = async () => {answer};")
    assert words in notes(on_a_visit(phone, stub))


# --- the home screen --------------------------------------------------------------------------------------------------

OFFER = """() => {
    const offer = new Event("beforeinstallprompt", { cancelable: true });
    offer.prompt = () => { window.asked = true; };
    dispatchEvent(offer);
}"""


def test_a_button_puts_it_on_the_home_screen_where_the_browser_offers_it(phone, stub):
    page = on_a_visit(phone, stub)
    assert "home screen" not in notes(page)
    page.evaluate(OFFER)
    page.get_by_role("button", name="Put FieldVisit on the home screen").click()
    assert page.evaluate("() => window.asked") is True


def test_an_installed_app_is_not_asked_again(phone, stub):
    phone.add_init_script("Object.defineProperty(Navigator.prototype, 'standalone', { value: true });")
    page = on_a_visit(phone, stub)
    page.evaluate(OFFER)
    assert "home screen" not in notes(page)


def test_an_iphone_is_told_how_and_why(browser, stub):
    context = browser.new_context(user_agent=IPHONE, viewport={"width": 360, "height": 740})
    words = notes(on_a_visit(context, stub))
    context.close()
    assert "iPhones delete what a web page keeps after 7 days" in words
    assert "Press Share, then Add to Home Screen. Leave Open as Web App on." in words


# --- the clock --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(minutes=12, seconds=30), "This phone’s clock is 12 minutes slow. Set it to automatic."),
        (timedelta(minutes=-12, seconds=-30), "This phone’s clock is 12 minutes fast. Set it to automatic."),
        (timedelta(hours=5, minutes=1), "This phone’s clock is 5 hours slow. Set it to automatic."),
        (timedelta(days=3, minutes=1), "This phone’s clock is 3 days slow. Set it to automatic."),
    ],
)
def test_a_wrong_clock_is_named_with_how_wrong_it_is(phone, stub, ahead, words):
    stub.clock_ahead = ahead
    page = on_a_visit(phone, stub)
    expect(page.locator(NOTES)).to_contain_text(words)


@pytest.mark.parametrize(("off_by_ms", "is_said"), [(599_999, False), (600_000, False), (600_001, True)])
def test_ten_minutes_are_the_limit_and_more_is_too_much(phone, stub, off_by_ms, is_said):
    page = on_a_visit(phone, stub)
    page.evaluate(
        """async (offset) => {
        const { remember } = await import("/static/js/outbox-store.js");
        const { tellEveryone } = await import("/static/js/outbox-line.js");
        await remember("offset_ms", offset);
        await tellEveryone();
    }""",
        off_by_ms,
    )
    found = re.compile("clock") if is_said else re.compile("^(?!.*clock)")
    expect(page.locator("html")).to_have_attribute("data-readiness", found)


# --- what waits too long ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "words", "not_yet"),
    [
        (119, "", "waited on this phone"),
        (121, "1 entry has waited on this phone for 2 hours. Find signal", "call the office now"),
        (25 * 60, "Or call the office now.", "nothing"),
    ],
)
def test_what_waits_for_hours_is_said_before_the_next_visit(phone, stub, minutes, words, not_yet):
    page = at_the_door(phone, stub)
    phone.set_offline(True)
    answer_the_door(page)
    page.close()
    stub.next_answers += [500] * 9
    phone.set_offline(False)
    page = phone.new_page()
    page.clock.fast_forward(minutes * 60_000)
    page.goto(f"{stub.address}/visit?person=anna")
    said = notes(page)
    assert words in said and not_yet not in said.replace("nothing", "")
