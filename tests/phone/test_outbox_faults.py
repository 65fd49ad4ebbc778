"""The fault matrix at the phone's end: whatever breaks, what was saved is there, goes once, and the person is told."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.phone.stub_fixtures import (
    TYPED,
    a_picture,
    all_is_sent,
    answer_the_door,
    at_the_door,
    browser,  # noqa: F401 - fixtures
    gives,
    go_to_introduce,
    in_time_photos_to_go,
    items,
    next_tick,
    on_a_visit,
    on_the_disk,
    opens_photos,
    phone,  # noqa: F401
    photos_to_go,
    press,
    states,
    stub,  # noqa: F401
    takes_a_photo,
    the_buttons_rest,
    waits_unsent,
)

FULL = "NOT saved. This phone is full."


def fills_in_the_answer(page: Page, words: str = TYPED) -> None:
    page.get_by_label("An adult").check()
    page.get_by_label("What they said").fill(words)


def tries_to_save(page: Page) -> None:
    page.get_by_role("button", name="Save the answer").click()


def in_time_all_is_sent(page: Page) -> None:
    for _ in range(40):
        if page.locator("html[data-unsent='0']").count():
            return
        next_tick(page)
        page.wait_for_timeout(100)
    all_is_sent(page)


# --- F01 to F06: taps, and answers that are cut -----------------------------------------------------------------------


def test_f01_twenty_taps_in_a_moment_make_one_event(phone, stub):
    page = at_the_door(phone, stub)
    go_to_introduce(page)
    page.evaluate("""() => {
        const button = [...document.querySelectorAll("button")].find((one) => one.textContent === "Note it");
        for (let taps = 0; taps < 20; taps += 1) setTimeout(() => button.click(), taps * 10);
    }""")
    page.clock.run_for(200)
    the_buttons_rest(page)
    all_is_sent(page)
    assert stub.kinds() == ["visit.noted"]


@pytest.mark.parametrize("cut", ["cut:0", "cut:1", "cut:40", "cut"])
def test_f06_an_answer_cut_anywhere_leads_to_one_event_and_sent(phone, stub, cut):
    stub.next_answers += [cut, cut]
    page = at_the_door(phone, stub)
    answer_the_door(page)
    in_time_all_is_sent(page)
    assert len(stub.stored) == 1
    assert states(page) == ["Sent"]


# --- F10, F11: a disk that is full or not there -----------------------------------------------------------------------


def the_disk_is_full(page: Page) -> None:
    """As Chromium does it: the transaction ends with QuotaExceededError. Metadata still fits."""
    page.evaluate("""() => {
        const real = IDBDatabase.prototype.transaction;
        window.roomAgain = () => { IDBDatabase.prototype.transaction = real; };
        window.refused = 0;
        IDBDatabase.prototype.transaction = function (stores, ...how) {
            if (![stores].flat().includes("items") || !stores.includes("meta")) return real.call(this, stores, ...how);
            window.refused += 1;
            throw new DOMException("full", "QuotaExceededError");
        };
    }""")


def test_f10_on_a_full_phone_the_words_stay_on_the_screen_and_the_queue_is_whole(phone, stub):
    page = at_the_door(phone, stub)
    the_disk_is_full(page)
    fills_in_the_answer(page)
    tries_to_save(page)
    expect(page.locator("[data-said].is-failed")).to_contain_text(FULL)
    expect(page.get_by_label("What they said")).to_have_value(TYPED)
    assert page.evaluate("() => window.refused") == 2
    page.evaluate("() => window.roomAgain()")
    tries_to_save(page)
    expect(page.locator("[data-said]")).to_contain_text("Saved on this phone")
    all_is_sent(page)
    assert [stored.wire["seq"] for stored in stub.stored] == [1]


def test_f10_a_photo_that_does_not_fit_is_kept_smaller(phone, stub):
    session = phone.new_cdp_session(phone.new_page())
    session.send("Storage.overrideQuotaForOrigin", {"origin": stub.address, "quotaSize": 400_000})
    page = phone.pages[0]
    page.goto(f"{stub.address}/visit?person=anna")
    page.wait_for_selector("html[data-outbox=ready]", state="attached")
    opens_photos(page)
    gives(page, a_picture(3200, 2400))
    expect(page.locator("[data-said]")).to_contain_text("Saved on this phone: Photo")
    in_time_photos_to_go(page, 0)
    assert [len(photo) < 200_000 for photo in stub.photos()] == [True]


def test_f10_second_copies_of_what_the_office_has_make_room_for_something_new(phone, stub):
    page = on_a_visit(phone, stub)
    opens_photos(page)
    takes_a_photo(page)
    photos_to_go(page, 0)
    assert [len(on_the_disk(page)[store]) for store in ("items", "blobs")] == [1, 1]
    page.evaluate("""() => {
        const real = IDBDatabase.prototype.transaction;
        IDBDatabase.prototype.transaction = function (stores, ...how) {
            if (!stores.includes("meta") || !stores.includes("blobs")) return real.call(this, stores, ...how);
            IDBDatabase.prototype.transaction = real;
            throw new DOMException("full", "QuotaExceededError");
        };
    }""")
    phone.set_offline(True)
    takes_a_photo(page)
    first, second = items(page)
    assert (first["state"], first["jwe"], first["blobs"][0]["gone"]) == ("sent", None, True)
    assert second["state"] == "queued" and len(on_the_disk(page)["blobs"]) == 1


def test_f11_a_phone_without_a_disk_takes_nothing_and_says_so(phone, stub):
    phone.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };")
    page = phone.new_page()
    page.goto(f"{stub.address}/door?person=anna")
    expect(page.locator("[data-outbox-status]")).to_have_text("This phone cannot keep entries. Call the office.")
    fills_in_the_answer(page)
    tries_to_save(page)
    expect(page.get_by_label("What they said")).to_have_value(TYPED)
    assert stub.posts == []


def test_a_dead_connection_to_the_disk_is_opened_again(phone, stub):
    page = at_the_door(phone, stub)
    page.evaluate("""() => {
        const real = IDBDatabase.prototype.transaction;
        IDBDatabase.prototype.transaction = function () {
            IDBDatabase.prototype.transaction = real;
            throw new DOMException("closed", "InvalidStateError");
        };
    }""")
    answer_the_door(page)
    all_is_sent(page)
    assert stub.kinds() == ["door.answered"]


def wipe(phone, page, stub):
    what = {"origin": stub.address, "storageTypes": "indexeddb"}
    phone.new_cdp_session(page).send("Storage.clearDataForOrigin", what)


def test_f09_storage_wiped_under_an_open_page_makes_it_another_phone_and_the_next_event_is_saved(phone, stub):
    page = at_the_door(phone, stub)
    go_to_introduce(page)
    press(page, "Note it")
    all_is_sent(page)
    wipe(phone, page, stub)
    page.get_by_role("button", name="Note it").click()
    the_buttons_rest(page)
    in_time_all_is_sent(page)
    assert stub.kinds() == ["visit.noted", "visit.noted"]
    assert [stored.wire["seq"] for stored in stub.stored] == [1, 1]
    assert len({stored.device for stored in stub.stored}) == 2


def test_f09_storage_wiped_and_signed_out_says_so_and_keeps_the_words(phone, stub):
    page = at_the_door(phone, stub)
    phone.clear_cookies()
    wipe(phone, page, stub)
    fills_in_the_answer(page)
    tries_to_save(page)
    expect(page.locator("[data-said].is-failed")).to_have_text(
        "NOT saved. This phone’s storage was cleared. Sign in again, then press again, or call the office."
    )
    expect(page.get_by_label("What they said")).to_have_value(TYPED)


# --- F12, F14: people -------------------------------------------------------------------------------------------------


def test_f12_with_the_sign_in_run_out_what_was_saved_goes_without_asking(phone, stub):
    page = at_the_door(phone, stub)
    phone.set_offline(True)
    answer_the_door(page)
    phone.clear_cookies()
    page.clock.fast_forward(30 * 86_400_000)
    phone.set_offline(False)
    in_time_all_is_sent(page)
    assert stub.kinds() == ["door.answered"] and len(stub.grants) == 1


def test_f14_the_next_user_sees_and_counts_nothing_of_the_first_and_both_queues_go(phone, stub):
    anna = at_the_door(phone, stub, person="anna")
    stub.next_answers += [500, 500, 500]
    answer_the_door(anna, words="MARIGOLD")
    anna.close()
    phone.set_offline(False)
    ben = phone.new_page()
    ben.goto(f"{stub.address}/visit?person=ben")
    ben.wait_for_selector("html[data-unsent]", state="attached")
    assert ben.locator("html[data-unsent='0'][data-photos='0']").count() == 1
    assert "was answered" not in ben.locator("body").inner_text()
    assert "MARIGOLD" not in json.dumps(on_the_disk(ben))
    for _ in range(20):
        if stub.stored:
            break
        next_tick(ben)
        ben.wait_for_timeout(100)
    assert [stub.person_of(stored) for stored in stub.stored] == ["anna"]


def test_with_nobody_signed_in_the_page_shows_a_number_and_nobodys_lines(phone, stub):
    page = on_a_visit(phone, stub)
    phone.set_offline(True)
    page.get_by_role("button", name="Note it").click()
    waits_unsent(page, 1)
    page.close()
    stub.next_answers += [500] * 30
    phone.set_offline(False)
    page = phone.new_page()
    page.goto(f"{stub.address}/visit?person=")
    expect(page.locator("[data-outbox-status]")).to_have_text("1 saved on this phone, not sent yet")
    assert page.locator("[data-outbox-list] li, [data-ledger] li").count() == 0


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_f22_a_clock_moved_back_between_two_events_leaves_their_order_in_number_and_in_the_steady_clock(phone, stub):
    page = at_the_door(phone, stub)
    go_to_introduce(page)
    press(page, "Note it")
    page.evaluate("() => { const now = Date.now; Date.now = () => now() - 3 * 86400000; }")
    page.evaluate("""() => {
        const Real = Date;
        window.Date = class extends Real {
            constructor(...how) { super(...(how.length ? how : [Real.now()])); }
        };
    }""")
    press(page, "Note it")
    all_is_sent(page)
    first, second = [stored.sealed for stored in stub.stored]
    assert second["wall"] < first["wall"]
    assert second["mono_ms"] > first["mono_ms"]
    assert [stored.wire["seq"] for stored in stub.stored] == [1, 2]


# --- F40: the disk's own version --------------------------------------------------------------------------------------


def test_f40_a_newer_page_that_adds_to_the_disk_is_not_blocked_and_the_old_page_goes_on(phone, stub):
    page = at_the_door(phone, stub)
    phone.set_offline(True)
    answer_the_door(page)
    stores = page.evaluate("""() => new Promise((done, fail) => {
        const asked = indexedDB.open("fv", 99);
        asked.onupgradeneeded = () => asked.result.createObjectStore("later");
        asked.onblocked = () => fail(new Error("blocked by the old page"));
        asked.onsuccess = () => { const names = [...asked.result.objectStoreNames]; asked.result.close(); done(names); };
    })""")
    assert stores == ["blobs", "items", "later", "meta", "packs"]
    the_buttons_rest(page)
    press(page, "Note it")
    phone.set_offline(False)
    in_time_all_is_sent(page)
    assert stub.kinds() == ["door.answered", "visit.noted"]


# --- F41 and the table of answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["portal", "portal-204", "redirect", "echo", 500, 502, 507])
def test_f41_what_is_not_our_answer_or_no_answer_is_never_sent(phone, stub, answer):
    stub.next_answers += [answer] * 3
    page = at_the_door(phone, stub)
    answer_the_door(page)
    expect(page.locator("[data-ledger] li:not(.is-sent)")).to_have_count(1)
    in_time_all_is_sent(page)
    assert len(stub.posts) >= 4 and stub.kinds() == ["door.answered"]


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_batch_that_is_refused_is_halved_until_the_bad_one_stands_aside(phone, stub, status):
    page = at_the_door(phone, stub)
    phone.set_offline(True)
    go_to_introduce(page)
    for button in ("Note it", "I have said who I am", "Note it", "Note it"):
        press(page, button)
    stub.next_answers += [status]
    stub.unreadable_kinds = {"door.introduced"}
    phone.set_offline(False)
    for _ in range(40):
        if page.locator("html[data-unsent='1']").count():
            break
        next_tick(page)
        page.wait_for_timeout(100)
    waits_unsent(page, 1)
    assert stub.kinds() == ["visit.noted"] * 3
    assert states(page)[1].startswith("Not sent yet: ") and states(page)[1].endswith("Call the office.")


@pytest.mark.parametrize("answer", ["later", "busy"])
def test_a_tap_and_a_new_entry_do_not_shorten_the_wait_that_the_office_asked_for(phone, stub, answer):
    stub.next_answers += [answer]
    page = on_a_visit(phone, stub)
    opens_photos(page)
    takes_a_photo(page, a_picture(640, 480))
    expect(page.locator("[data-outbox-list] .entry-state")).to_contain_text("the office’s computer is busy")
    page.get_by_role("button", name="Send now").click()
    takes_a_photo(page, a_picture(640, 480))
    page.clock.fast_forward("05:00")
    page.wait_for_load_state("networkidle")
    assert (len(stub.posts), stub.road) == (1, [])
    page.clock.fast_forward("05:01")
    in_time_photos_to_go(page, 0)


def test_a_photo_that_is_asked_to_wait_keeps_everything_waiting_as_long(phone, stub):
    stub.next_pieces += ["later"]
    page = on_a_visit(phone, stub)
    opens_photos(page)
    takes_a_photo(page, a_picture(640, 480))
    photos_to_go(page, 1)
    page.get_by_role("button", name="Send now").click()
    page.clock.fast_forward("05:00")
    page.wait_for_load_state("networkidle")
    assert stub.road == ["events 1", "piece 0"]
    page.clock.fast_forward("05:01")
    in_time_photos_to_go(page, 0)


def test_a_wait_that_the_office_asks_for_in_the_middle_of_a_photo_stops_the_photo_too(phone, stub):
    stub.next_pieces += ["wait"]
    page = on_a_visit(phone, stub)
    opens_photos(page)
    takes_a_photo(page, a_picture(3200, 2400))
    photos_to_go(page, 1)
    stub.next_answers += ["later"]
    page.get_by_role("button", name="Done: go back").click()
    page.get_by_role("button", name="Note it").click()
    expect(page.locator("[data-outbox-list] li").last).to_contain_text("the office’s computer is busy")
    stub.gate.set()
    while items(page)[0]["blobs"][0]["sent"] == 0:
        page.wait_for_timeout(50)
    page.wait_for_timeout(500)
    page.clock.fast_forward("05:00")
    assert stub.road == ["events 1", "piece 0"]
    page.clock.fast_forward("05:01")
    in_time_photos_to_go(page, 0)
    assert stub.road.count("piece 0") == 1


def test_a_page_that_is_out_of_date_keeps_everything_says_so_and_asks_for_an_update(phone, stub):
    stub.next_answers += [426]
    page = at_the_door(phone, stub)
    page.evaluate("() => document.addEventListener('fv:out-of-date', () => { window.outOfDate = true; })")
    answer_the_door(page)
    expect(page.locator("[data-ledger] .entry-state")).to_have_text(
        "Not sent yet: this page is out of date. Close it and open it again."
    )
    assert page.evaluate("() => window.outOfDate") is True
    in_time_all_is_sent(page)


# --- one sender over all tabs -----------------------------------------------------------------------------------------


def test_a_lock_that_a_frozen_tab_holds_is_taken_from_it(phone, stub):
    page = at_the_door(phone, stub)
    page.evaluate("() => { navigator.locks.request('fv-drain', () => new Promise(() => null)).catch(() => null); }")
    answer_the_door(page)
    waits_unsent(page, 1)
    in_time_all_is_sent(page)
    assert stub.kinds() == ["door.answered"]
