"""The day's pages on the phone: kept, shown without signal, renewed, and never shown to anybody else."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from fieldvisit.register.models import Resident
from fieldvisit.visits import events as ev
from tests.phone.shell_fixtures import PIN, KeptPhone, council, kept_phone, on_disk, playwright  # noqa: F401 - fixtures
from tests.stories import a_visit

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

SECOND, THIRD = "100030000002", "100030000003"


@pytest.fixture
def round_of_three(world):
    homes = {"1 Larch Close": "100030000001", "2 Larch Close": SECOND, "Flat 3, Mill House": THIRD}
    return {
        door: a_visit(world, home=home, starts=world.now + timedelta(hours=hour)).told()
        for hour, (door, home) in enumerate(homes.items())
    }


@pytest.fixture
def phone(kept_phone: KeptPhone, round_of_three) -> KeptPhone:
    kept_phone.keeps_the_day()
    return kept_phone


def bar(phone: KeptPhone, name: str):
    return phone.page.locator(f"[data-bar={name}]")


# --- kept and shown


def test_the_pages_are_counted_as_they_are_kept(phone):
    assert phone.lies("packs") == "3/3"
    expect(bar(phone, "count")).to_have_text("Visits on this phone: 3 of 3")


def test_each_visit_opens_with_the_server_dead(phone, round_of_three):
    phone.council.dies()
    for door in round_of_three:
        phone.opens_the_visit_to(door)
        phone.reads("Before you go")
        phone.page.get_by_role("link", name="Today", exact=True).click()
        phone.reads("Tuesday 8 December 2026")


@pytest.mark.usefixtures("on_disk")
def test_the_day_is_there_after_the_browser_was_closed_with_no_signal(phone, round_of_three):
    phone.council.dies()
    phone.closes()
    phone.opens()
    phone.goes_to("/today")
    phone.is_locked()
    phone.types_the_pin()
    phone.opens_the_visit_to("2 Larch Close")
    phone.presses("On my way", then="On the way")
    assert phone.lies("unsent") == "1"


def test_a_whole_visit_made_without_signal_is_sent_when_there_is_some(phone, round_of_three):
    story = round_of_three["1 Larch Close"]
    phone.council.dies()
    phone.opens_the_visit_to("1 Larch Close")
    phone.presses("On my way", then="On the way")
    phone.presses("I am at the door", then="Who answered?")
    phone.presses("The tenant", then="Say who you are")
    assert phone.recorded(story.visit_id) == []
    phone.council.starts()
    phone.page.clock.fast_forward(25_000)
    phone.has_sent_all()
    assert [entry.kind for entry in phone.recorded(story.visit_id)] == [
        "visit.set_off",
        "visit.arrived",
        "door.answered",
    ]


def test_after_a_restart_the_visit_goes_on_where_it_was_although_the_copy_is_older(phone, round_of_three):
    phone.opens_the_visit_to("1 Larch Close")
    phone.page.route("**/packs?*", lambda route: route.abort())
    phone.presses("On my way", then="On the way")
    phone.has_sent_all()
    phone.council.dies()
    phone.page.reload()
    phone.types_the_pin()
    phone.reads("On the way")


def test_back_and_forward_go_through_the_views_and_titles_name_nobody(phone):
    phone.opens_the_visit_to("1 Larch Close")
    assert re.match(r"Visit V-\w+ – ", phone.page.title())
    phone.page.go_back()
    phone.reads("Tuesday 8 December 2026")
    assert phone.page.title().startswith("Today – ")
    assert phone.page.evaluate("document.activeElement.tagName") == "H1"
    phone.page.go_forward()
    phone.reads("1 Larch Close")


# --- how old


def test_a_copy_of_more_than_two_minutes_says_so(phone):
    phone.council.dies()
    phone.page.clock.fast_forward(110_000)
    expect(bar(phone, "copy")).to_have_count(0)
    phone.page.clock.fast_forward(50_000)
    expect(bar(phone, "copy")).to_have_text("This is the copy saved at 09:00. It may have changed.")


def test_a_copy_of_more_than_sixteen_hours_is_not_shown(phone):
    phone.council.dies()
    phone.page.clock.fast_forward(15.9 * 3_600_000)
    phone.page.reload()
    phone.is_locked()
    assert len(phone.rows()) > 3
    phone.page.clock.fast_forward(0.2 * 3_600_000)
    phone.page.reload()
    phone.reads("Not on this phone")
    assert phone.rows() == []


def test_twelve_hours_after_the_shift_the_pages_are_gone_without_signal_and_without_a_touch(phone, world):
    """The shift ends at 20:00; at 08:00 nothing is left, although the phone asked at 17:00 and lay there all night."""
    world.clock.move_to(world.now + timedelta(hours=8))
    phone.page.clock.fast_forward(8 * 3_600_000)
    phone.page.evaluate("() => { dispatchEvent(new Event('online')); }")
    phone.page.wait_for_function(f"() => document.documentElement.dataset.refreshed > {world.now.timestamp() * 1000}")
    phone.council.dies()
    phone.page.clock.fast_forward(15 * 3_600_000 - 60_000)
    assert len(phone.rows()) > 3
    phone.page.clock.run_for(12 * 60_000)
    phone.reads("Not on this phone")
    assert phone.rows() == []


# --- renewed


def test_what_the_office_changed_is_there_at_the_next_look(phone, round_of_three, world):
    a_visit(world, home=SECOND, starts=world.now + timedelta(hours=6), reason="The lift is stuck").told()
    phone.is_hidden_for(10)
    expect(phone.page.get_by_text("The lift is stuck")).to_be_visible()
    expect(bar(phone, "count")).to_have_text("Visits on this phone: 4 of 4")


def test_a_visit_that_was_given_to_somebody_else_goes_from_the_phone(phone, round_of_three, world):
    story = round_of_three["2 Larch Close"]
    story.desk(ev.VisitReassigned(lead=world.ids["ben"], visitor="contractor"))
    phone.is_hidden_for(10)
    expect(phone.page.get_by_role("link", name="Open visit")).to_have_count(2)
    assert story.visit_id not in {row["id"] for row in phone.rows()}


def test_a_visit_that_was_begun_here_stays_and_says_that_it_left_the_round(phone, round_of_three, world):
    story = round_of_three["1 Larch Close"]
    phone.opens_the_visit_to("1 Larch Close")
    phone.presses("On my way", then="On the way")
    phone.has_sent_all()
    story.desk(ev.VisitReassigned(lead=world.ids["ben"], visitor="contractor"))
    phone.is_hidden_for(10)
    phone.page.wait_for_function("() => document.documentElement.dataset.packs === '2/2'")
    phone.page.get_by_role("link", name="Today", exact=True).click()
    phone.reads("Tuesday 8 December 2026")
    phone.page.go_back()
    phone.reads("On the way")
    expect(bar(phone, "left")).to_contain_text("no longer on your round")


def test_the_open_page_is_renewed_after_its_entries_were_sent(phone, round_of_three):
    phone.opens_the_visit_to("1 Larch Close")
    phone.presses("On my way", then="On the way")
    expect(phone.page.get_by_role("list", name="The office has").get_by_text("On my way")).to_be_visible()
    phone.reads("On the way")


def test_half_written_words_are_never_taken_away_by_a_newer_page(phone, round_of_three, world):
    phone.opens_the_visit_to("1 Larch Close")
    phone.presses("On my way", then="On the way")
    phone.presses("I am at the door", then="Who answered?")
    phone.presses("The tenant", then="Say who you are")
    phone.presses("They said no", then="They said no")
    phone.has_sent_all()
    words = phone.page.locator("[data-step]:visible").get_by_label("In their words")
    words.fill("She will ring the")
    the_tenant_is_called(world, "Terry Marsh")
    phone.is_hidden_for(10)
    phone.page.wait_for_function(
        f"() => document.documentElement.dataset.refreshed >= {world.now.timestamp() * 1000 + 5}"
    )
    expect(words).to_have_value("She will ring the")
    words.fill("")
    phone.page.get_by_role("link", name="Today", exact=True).click()
    expect(phone.page.get_by_text("Terry Marsh")).to_be_visible()


def test_words_begun_while_a_newer_page_is_being_opened_stay(phone, round_of_three, world):
    phone.opens_the_visit_to("1 Larch Close")
    phone.presses("On my way", then="On the way")
    phone.presses("I am at the door", then="Who answered?")
    phone.presses("They said no", then="They said no")
    phone.has_sent_all()
    phone.page.wait_for_timeout(500)
    phone.page.evaluate(OPENS_SLOWLY)
    the_tenant_is_called(world, "Terry Marsh")
    phone.is_hidden_for(10)
    phone.page.wait_for_function("() => window.opening > 1")
    words = phone.page.locator("[data-step]:visible").get_by_label("In their words")
    words.fill("She will ring the")
    phone.page.wait_for_timeout(2_000)
    expect(words).to_have_value("She will ring the")


OPENS_SLOWLY = """() => { const real = SubtleCrypto.prototype.decrypt; window.opening = 0;
    SubtleCrypto.prototype.decrypt = async function (...what) { window.opening += 1;
        await new Promise(done => { setTimeout(done, 600); }); return real.apply(this, what); }; }"""


def the_tenant_is_called(world, name: str) -> None:
    with world.database.writing(world.principal("olive")) as session:
        session.scalars(select(Resident).where(Resident.home_id == world.ids["100030000001"])).one().name = name
    world.clock.move_to(world.now + timedelta(seconds=1))


# --- signed out, and somebody else


@pytest.mark.usefixtures("on_disk")
def test_signed_out_the_copies_stay_and_the_page_says_sign_in(phone):
    phone.closes()
    phone.opens()
    phone.context.clear_cookies()
    phone.goes_to("/today")
    phone.types_the_pin()
    phone.reads("Tuesday 8 December 2026")
    expect(bar(phone, "sign-in").get_by_role("link", name="Sign in to refresh")).to_be_visible()


def test_when_somebody_else_signs_in_the_pages_of_the_first_are_gone(phone, world):
    a_visit(world, lead="ben", home=SECOND, starts=world.now + timedelta(hours=5), reason="A loose stair").told()
    phone.context.clear_cookies()
    phone.goes_to("/sign-in")
    phone.signs_in("ben")
    expect(phone.page.get_by_text("A loose stair")).to_be_visible()
    expect(phone.page.get_by_text("The boiler does not heat")).to_have_count(0)
    assert phone.rows() == []
    expect(phone.page.get_by_role("heading", name="Choose a PIN")).to_be_visible()


def test_signing_out_takes_the_pages_and_leaves_what_was_not_sent(phone):
    phone.page.route("**/events", lambda route: route.abort())
    phone.opens_the_visit_to("1 Larch Close")
    phone.presses("On my way", then="On the way")
    phone.page.get_by_role("link", name="Sign out").click()
    phone.page.get_by_role("button", name="Sign out").click()
    phone.page.clock.run_for(6_000)
    phone.page.wait_for_url("**/sign-in")
    assert phone.rows() == []
    assert [row["state"] for row in phone.rows("items")] == ["queued"]


SWAPS = """([one, other]) => new Promise(done => { indexedDB.open('fv').onsuccess = ({ target: { result: db } }) => {
    const store = db.transaction(['packs'], 'readwrite').objectStore('packs');
    store.get(one).onsuccess = ({ target: { result: first } }) => {
        store.get(other).onsuccess = ({ target: { result: second } }) => {
            store.put({ ...first, data: second.data });
            store.put({ ...second, data: first.data }).onsuccess = () => { db.close(); done(); }; }; }; }; })"""


def test_a_copy_that_was_put_in_anothers_place_on_the_disk_is_not_shown(phone, round_of_three):
    ids = [story.visit_id for story in round_of_three.values()]
    phone.council.dies()
    phone.page.evaluate(SWAPS, ids[:2])
    phone.goes_to(f"/visits/{ids[0]}")
    phone.types_the_pin()
    phone.reads("Not on this phone")
    phone.goes_to(f"/visits/{ids[2]}")
    phone.types_the_pin()
    phone.reads("Flat 3, Mill House")


def test_a_page_that_was_never_kept_says_so_and_offers_the_way_on(phone):
    phone.council.dies()
    phone.goes_to(f"/visits/{'0' * 32}")
    phone.types_the_pin(PIN)
    phone.reads("Not on this phone")
    expect(phone.page.get_by_role("link", name="Try again")).to_have_attribute("href", f"/visits/{'0' * 32}?live")
