"""A live badge on the screen: refused, locked, moving, and a page that anybody can use."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from fieldvisit.badges import codes
from fieldvisit.badges.models import Badge
from tests.browser import AXE, faults
from tests.phone.badge_fixtures import (  # noqa: F401 - fixtures
    BEFORE_MIDNIGHT,
    FRESH,
    NO,
    PIN,
    BadgeHolder,
    answer,
    answer_to_digits,
    office,
    phone,
    seen,
    suspend,
)
from tests.phone.door_fixtures import chromium  # noqa: F401 - fixtures
from tests.world import NOW

UNTIL_THE_KEYS_ARE_GONE = """async who => {
    const disk = await import('/static/js/outbox-store.js');
    while (!(await disk.recall(`badge:${who}`)).why) await new Promise((then) => { setTimeout(then, 50); });
}"""
pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)


# --- refused --------------------------------------------------------------------------------------------------------


def test_a_suspended_badge_is_red_at_the_very_next_scan_whatever_the_phone_shows(phone, world, client, office):
    phone.shows_its_own()
    office.dies()
    address, digits = seen(phone.picture()), phone.digits()
    assert answer(client, address) == FRESH
    suspend(world)
    assert answer(client, address) == NO
    assert answer_to_digits(client, digits) == NO
    unknown = re.sub("/V/[A-Z2-7]{26}/", f"/V/{codes.new_badge_id()}/", address)
    bad, nobody = (client.get(each[each.index("/V/") :]) for each in (address, unknown))
    assert (bad.status_code, sorted(bad.headers), bad.data) == (nobody.status_code, sorted(nobody.headers), nobody.data)


def test_a_badge_that_the_server_refuses_shows_why_and_no_code_and_its_keys_are_gone(phone, world):
    phone.shows_its_own()
    suspend(world)
    phone.it_is(NOW + timedelta(seconds=25))
    phone.shows("refused")
    expect(phone.page.locator("[data-live-badge]")).to_contain_text("Two officers must restore it before you visit.")
    assert seen(phone.picture()) == ""
    assert phone.kept()["keys"] == []
    assert "number" not in phone.kept()


@pytest.mark.parametrize("how", ["the pack", "the page"])
def test_the_keys_go_when_the_pack_or_the_page_says_that_the_badge_is_not_good(how, phone, world):
    phone.shows_its_own()
    suspend(world)
    if how == "the pack":
        phone.has_its_keys()
    else:
        phone.page.reload()
        phone.reads("Your badge is not good today")
        expect(phone.page.get_by_role("link", name="Call the office")).to_be_visible()
    phone.page.evaluate(UNTIL_THE_KEYS_ARE_GONE, world.ids["asha"])
    phone.shows("refused")
    assert phone.kept()["keys"] == []


def test_with_no_answer_the_servers_page_of_a_refused_badge_stays_refused(phone, world):
    phone.shows_its_own()
    suspend(world)
    phone.context.route("**/badge/code?*", lambda route: route.abort())
    with phone.page.expect_request("**/badge/code?*"):
        phone.page.reload()
    phone.it_is(NOW + timedelta(seconds=61))
    phone.shows("refused")
    assert seen(phone.picture()) == ""


@pytest.mark.parametrize("page", ["that was open", "opened since"])
def test_a_badge_that_was_restored_comes_back_by_itself(page, phone, world):
    phone.shows_its_own()
    suspend(world)
    phone.has_its_keys()
    if page == "opened since":
        phone.page.reload()
    phone.shows("refused")
    with world.database.writing(None) as session:
        session.get_one(Badge, world.ids["badge of asha"]).state = "active"
    phone.it_is(NOW + timedelta(seconds=25))
    phone.shows("own")
    phone.reads("Asha K.")


def test_a_person_without_a_badge_has_nothing_kept(phone, world):
    phone.shows_its_own()
    phone.keeps(None)
    assert phone.kept() == {}


# --- the lock -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("idle_s", "mode"), [(899, "own"), (900, "locked"), (901, "locked")])
def test_after_fifteen_minutes_idle_the_badge_asks_for_the_pin(idle_s, mode, phone):
    phone.chooses_a_pin()
    phone.has_its_keys()
    phone.page.get_by_role("link", name="My badge").click()
    phone.shows("own")
    phone.it_is(NOW + timedelta(seconds=idle_s))
    if mode == "own":
        expect(phone.page.locator("[data-live-badge] time")).not_to_have_text("09:00:00")
        phone.shows("own")
        return
    phone.reads("Enter your PIN")
    expect(phone.page.get_by_text("Your badge was not used for 15 minutes.")).to_be_visible()
    assert seen(phone.picture()) == ""
    phone.types_the_pin(PIN)
    phone.shows("own")
    assert seen(phone.picture()).startswith("HTTP://LOCALHOST")


# --- a sign of life -------------------------------------------------------------------------------------------------

BEATS = "() => document.getAnimations().map(one => [one.animationName, one.playState, one.effect.getTiming().duration])"


def test_something_moves_that_a_picture_lacks_and_slowly_enough_for_anybody(phone):
    phone.shows_its_own()
    assert phone.page.evaluate(BEATS) == [["live-beat", "running", 1500]]  # at most three flashes a second: 333 ms


def test_who_asked_for_no_movement_gets_the_seconds_alone(phone):
    phone.page.emulate_media(reduced_motion="reduce")
    phone.shows_its_own()
    assert phone.page.evaluate(BEATS) == []
    expect(phone.page.locator("[data-live-badge] time")).to_be_visible()


WATCHES_THE_SCREEN = """
window.held = [];
Object.defineProperty(Navigator.prototype, 'wakeLock', { value: { request: async (what) => {
    held.push(what); return { release: async () => held.push('let go') }; } } });
"""
HIDDEN = """hidden => { Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange')); }"""


def test_the_screen_stays_on_and_is_asked_for_again_when_the_badge_is_seen_again(phone):
    phone.context.add_init_script(WATCHES_THE_SCREEN)
    phone.shows_its_own()
    held_now = "count => window.held.length === count"
    phone.page.wait_for_function(held_now, arg=1)
    phone.page.evaluate(HIDDEN, True)
    phone.page.evaluate(HIDDEN, False)
    phone.page.wait_for_function(held_now, arg=2)
    phone.page.evaluate("() => document.querySelector('[data-live-badge]').remove()")
    phone.page.wait_for_function("() => window.held.at(-1) === 'let go'")


# --- the page -------------------------------------------------------------------------------------------------------

DRAW_VIEW = """badge => Promise.all([import('/static/js/badge-live.js'), import('/static/js/views.js')]).then(
    ([live, views]) => {
        const main = document.querySelector('main');
        main.replaceChildren(live.badgeView(badge));
        views.announce(main);
    })"""


def words_of(phone: BadgeHolder) -> list[str]:
    said = phone.page.locator("main").inner_text().splitlines()
    return [re.sub(r"\s+", " ", line).strip() for line in said if line.strip()]


def test_the_page_that_the_phone_makes_says_what_the_servers_page_says(phone):
    phone.shows_its_own()
    servers = words_of(phone)
    phone.page.evaluate(DRAW_VIEW, phone.badge_packed())
    phone.shows("own")
    assert words_of(phone) == servers
    assert phone.page.get_by_role("img", name="Photo of Asha K.").count() == 1
    assert phone.page.get_by_role("link", name="I have lost my badge").get_attribute("href") == "/badge/lost"


def test_the_page_of_a_badge_that_is_not_good_says_what_the_servers_page_says(phone, world):
    suspend(world)
    phone.opens_the_badge()
    servers = words_of(phone)
    phone.page.evaluate(DRAW_VIEW, phone.badge_packed())
    assert words_of(phone) == [line for line in servers if not re.search("Call the office|01664|Read and sign", line)]


def test_a_name_cannot_write_into_the_page(phone):
    phone.shows_its_own()
    hostile = phone.badge_packed() | {"name": '<img src=x onerror="boom()">', "company": "</p><h1>Oh & dear</h1>"}
    phone.page.evaluate(DRAW_VIEW, hostile)
    expect(phone.page.locator("main h1")).to_have_text('<img src=x onerror="boom()">')
    expect(phone.page.get_by_text("</p><h1>Oh & dear</h1>, working for")).to_be_visible()
    assert phone.page.locator("main img").count() == 1


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_the_badge_fits_any_width_and_direction(direction, phone):
    phone.shows_its_own()
    phone.page.evaluate("way => { document.documentElement.dir = way; }", direction)
    for width in (320, 360, 600):
        phone.page.set_viewport_size({"width": width, "height": 740})
        phone.page.wait_for_function(
            "() => document.querySelector('canvas').getBoundingClientRect().width > innerWidth / 2"
        )
        assert phone.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        assert seen(phone.picture()).startswith("HTTP://LOCALHOST")


@pytest.mark.parametrize("mode", ["own", "stopped", "refused"])
def test_anybody_can_use_the_badge_page(mode, phone, world, office):
    phone.shows_its_own()
    if mode == "stopped":
        office.dies()
        phone.it_is(BEFORE_MIDNIGHT + timedelta(days=2))
    if mode == "refused":
        suspend(world)
        phone.has_its_keys()
    phone.shows(mode)
    phone.page.evaluate(AXE)
    for scheme in ("light", "dark"):
        phone.page.emulate_media(color_scheme=scheme)
        assert faults(phone.page) == []
