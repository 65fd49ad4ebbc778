"""The lock (ruling R11): a PIN opens the pages; five wrong take them, and never what was saved; nothing of them is readable."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from fieldvisit.register.models import SignIn
from tests.phone.shell_fixtures import OTHER_PIN, PIN, KeptPhone, council, kept_phone, on_disk, playwright  # noqa: F401 - fixtures
from tests.stories import a_visit

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

PLANTED = "Zanzibar quill 7731"
LOCKED = "Enter your PIN"
GONE = "The PIN was wrong five times"


@pytest.fixture
def story(world):
    return a_visit(world, reason=PLANTED).told()


@pytest.fixture
def phone(kept_phone: KeptPhone, story) -> KeptPhone:
    kept_phone.keeps_the_day()
    return kept_phone


# --- choosing


def test_a_pin_that_is_easy_or_no_pin_is_not_taken(kept_phone, story):
    kept_phone.signs_in("asha")
    for pin in ("000000", "123456", "987654", "121212", "123123", "12345", "12345a"):
        kept_phone.goes_to("/today")  # with nothing said yet of the one before
        kept_phone.is_ready()
        expect(kept_phone.page.locator("[data-choose-pin] .field-error:visible")).to_have_count(0)
        kept_phone.chooses_a_pin(pin)
        expect(kept_phone.page.locator("[data-choose-pin] .field-error:visible"), pin).to_have_count(1)
        assert kept_phone.lies("lock") == "none", pin


def test_the_two_must_be_the_same(kept_phone, story):
    kept_phone.signs_in("asha")
    kept_phone.is_ready()
    kept_phone.page.get_by_label("Six digits", exact=True).fill(PIN)
    kept_phone.page.get_by_label("The same six digits again").fill(OTHER_PIN)
    kept_phone.page.get_by_role("button", name="Keep my visits").click()
    expect(kept_phone.page.get_by_text("The two are not the same.")).to_be_visible()
    assert kept_phone.lies("lock") == "none"


def test_the_digits_are_not_offered_again_and_not_shown(kept_phone, story):
    kept_phone.signs_in("asha")
    kept_phone.is_ready()
    box = kept_phone.page.get_by_label("Six digits", exact=True)
    assert (box.get_attribute("autocomplete"), box.get_attribute("inputmode")) == ("off", "numeric")
    assert box.evaluate("e => getComputedStyle(e).webkitTextSecurity") == "disc"


# --- shutting


def test_five_minutes_out_of_sight_shut_it(phone):
    for seconds, lock in ((299, "open"), (300, "shut"), (301, "shut")):
        phone.is_hidden_for(seconds)
        assert phone.lies("lock") == lock, seconds
        if lock == "shut":
            phone.types_the_pin()
            phone.is_open()


def test_a_page_whose_timers_slept_with_the_phone_shuts_when_it_wakes(phone, world):
    now = world.now + timedelta(minutes=2)
    phone.page.clock.pause_at(now)
    for seconds, lock in ((298, "open"), (300, "shut"), (301, "shut")):
        phone.looks_away()
        now += timedelta(seconds=seconds)
        phone.page.clock.set_system_time(now)
        phone.looks_back()
        assert phone.lies("lock") == lock, seconds
        if lock == "shut":
            phone.types_the_pin()
            phone.is_open()


def test_while_it_is_out_of_sight_the_page_empties_itself(phone):
    phone.opens_the_visit_to("1 Larch Close")
    phone.looks_away()
    phone.page.clock.fast_forward(300_000)
    assert phone.lies("lock") == "shut"
    assert {word for word in ("Larch", "Terry", PLANTED, "Asha") if word in phone.page.content()} == set()
    assert phone.page.title().startswith("Locked – ")


def test_a_reload_shuts_it(phone):
    phone.page.reload()
    phone.is_locked()
    assert "Larch" not in phone.page.content()


def test_a_page_of_the_servers_is_covered_as_well(phone, story):
    phone.goes_to(f"/visits/{story.visit_id}?live")
    phone.is_locked()
    assert phone.lies("shell") == "page" and "Larch" not in phone.page.locator("body").inner_text()
    phone.types_the_pin()
    phone.reads("Before you go")
    phone.is_hidden_for(301)
    phone.is_locked()
    assert "Larch" not in phone.page.locator("body").inner_html()


def test_half_written_words_are_there_again_after_the_pin(phone):
    phone.opens_the_visit_to("1 Larch Close")
    phone.presses("On my way", then="On the way")
    phone.presses("I am at the door", then="Who answered?")
    phone.presses("They said no", then="They said no")
    words = phone.page.locator("[data-step]:visible").get_by_label("In their words")
    words.fill("Come back on Friday")
    phone.is_hidden_for(400)
    phone.is_locked()
    assert "Come back on Friday" not in phone.page.content()
    phone.types_the_pin()
    expect(words).to_have_value("Come back on Friday")


def test_the_badge_is_behind_the_pin_as_well(phone):
    phone.goes_to("/badge")
    phone.is_locked()
    assert phone.page.locator("canvas, svg, img").count() == 0
    phone.types_the_pin()
    phone.page.wait_for_selector("[data-live-badge=own]")


# --- wrong


@pytest.mark.usefixtures("on_disk")
def test_a_wrong_pin_says_how_many_tries_are_left_and_a_reload_gives_none_back(phone):
    phone.page.reload()
    phone.types_a_wrong_pin()
    expect(phone.page.get_by_text("4 tries left.")).to_be_visible()
    phone.closes()
    phone.opens()
    phone.goes_to("/today")
    phone.is_locked()
    expect(phone.page.get_by_text("4 tries left.")).to_be_visible()
    phone.types_the_pin()
    phone.is_open()
    phone.page.reload()
    expect(phone.page.get_by_text("tries left")).to_have_count(0)


def test_the_try_is_counted_before_it_is_made(phone):
    phone.page.reload()
    phone.is_locked()
    phone.page.evaluate("() => { SubtleCrypto.prototype.deriveKey = () => new Promise(() => {}); }")
    phone.types_the_pin(OTHER_PIN)
    phone.page.wait_for_function("() => document.querySelector('form[data-pin][data-busy]')")
    phone.page.wait_for_timeout(200)
    phone.page.reload()
    expect(phone.page.get_by_text("4 tries left.")).to_be_visible()


def test_four_wrong_and_one_right_open_it(phone):
    phone.page.reload()
    for _ in range(4):
        phone.types_a_wrong_pin()
    expect(phone.page.get_by_text("1 try left.")).to_be_visible()
    phone.types_the_pin()
    phone.reads("Tuesday 8 December 2026")


def test_the_fifth_wrong_takes_the_pages_and_the_badge_and_never_what_was_saved(phone, story, world):
    phone.page.route("**/events", lambda route: route.abort())
    phone.opens_the_visit_to("1 Larch Close")
    phone.presses("On my way", then="On the way")
    phone.page.reload()
    for _ in range(5):
        phone.types_the_pin(OTHER_PIN)
        phone.page.wait_for_function("() => !document.querySelector('form[data-pin][data-busy]')")
    phone.reads(GONE)
    expect(phone.page.get_by_text("What you saved is safe.")).to_be_visible()
    assert phone.rows() == []
    kept = {row["k"].split(":")[0] for row in phone.rows("meta")}
    assert "grant" in kept and not {"lock", "badge", "packs"} & kept
    assert [row["state"] for row in phone.rows("items")] == ["queued"]
    phone.page.unroute("**/events")
    phone.page.clock.fast_forward(30_000)
    phone.has_sent_all()
    assert [entry.kind for entry in phone.recorded(story.visit_id)] == ["visit.set_off"]


def test_the_fifth_wrong_ends_the_sign_in_too(phone, world):
    phone.page.reload()
    for _ in range(5):
        phone.types_the_pin(OTHER_PIN)
        phone.page.wait_for_function("() => !document.querySelector('form[data-pin][data-busy]')")
    phone.reads(GONE)
    for _ in range(100):
        if has_ended(world):
            break
        phone.page.wait_for_timeout(50)
    assert has_ended(world)
    phone.page.get_by_role("link", name="Sign in").click()
    phone.reads("Sign in")


def has_ended(world) -> bool:
    with world.database.reading(None) as session:
        theirs = session.scalars(select(SignIn).where(SignIn.person_id == world.ids["asha"])).all()
        return bool(theirs) and all(one.ended_at for one in theirs)


def test_without_signal_the_sign_in_ends_as_soon_as_there_is_some(phone):
    phone.page.reload()
    phone.is_locked()
    phone.council.dies()
    for _ in range(5):
        phone.types_the_pin(OTHER_PIN)
        phone.page.wait_for_function("() => !document.querySelector('form[data-pin][data-busy]')")
    phone.reads(GONE)
    phone.page.wait_for_selector("html[data-session-ends=later]", state="attached")
    phone.council.starts()
    phone.goes_to("/today")
    phone.page.wait_for_url("**/sign-in")


def test_who_forgot_the_pin_signs_in_again_and_chooses_another(phone):
    phone.page.reload()
    phone.is_locked()
    with phone.page.expect_response("**/sign-out"):
        phone.page.get_by_role("button", name="I forgot it").click()
    phone.reads("Sign in again")
    assert phone.rows() == []
    phone.page.get_by_role("link", name="Sign in").click()
    phone.reads("Sign in")
    phone.signs_in("asha")
    phone.is_ready()
    phone.chooses_a_pin("738201")
    phone.has_all_pages()


# --- on the disk


@pytest.mark.usefixtures("on_disk")
def test_no_word_of_the_pages_can_be_read_in_the_profile(phone, world):
    for _ in range(2):
        phone.opens_the_visit_to("1 Larch Close")
        phone.page.get_by_role("link", name="Today", exact=True).click()
        phone.reads("Tuesday 8 December 2026")
    phone.page.get_by_role("link", name="My badge").click()
    phone.page.wait_for_selector("[data-live-badge=own]")
    phone.is_hidden_for(400)
    phone.closes()
    planted = (PLANTED, "1 Larch Close", "Terry Moss", "LE13 9AA", "Melton Mowbray", PIN)
    assert found_in(phone.profile, planted) == []


@pytest.mark.usefixtures("on_disk")
def test_the_search_would_have_found_it(phone):
    phone.page.evaluate("words => { localStorage.setItem('note', words); }", PLANTED)
    phone.page.evaluate("async words => { await (await caches.open('x')).put('/x', new Response(words)); }", PLANTED)
    phone.closes()
    assert {PLANTED} == {word for word, _ in found_in(phone.profile, (PLANTED,))}


def found_in(profile: Path, words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Which words stand in which files, as UTF-8 or as UTF-16, however the browser wrote them."""
    files = [path for path in profile.rglob("*") if path.is_file()]
    assert len(files) > 20
    return [
        (word, str(path.relative_to(profile)))
        for path in files
        for word in words
        for written in (word.encode(), word.encode("utf-16-le"))
        if re.search(re.escape(written), path.read_bytes())
    ]
