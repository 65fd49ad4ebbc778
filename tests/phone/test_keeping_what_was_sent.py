"""What stays on the phone after it was sent, until a verified backup has it; and what is offered again after a restore."""

import pytest
from playwright.sync_api import Page

from tests.phone.stub_fixtures import (
    a_picture,
    at_the_door,
    browser,  # noqa: F401 - fixtures
    in_time_photos_to_go,
    items,
    next_tick,
    on_a_visit,
    on_the_disk,
    opens_photos,
    phone,  # noqa: F401
    photos_to_go,
    stub,  # noqa: F401
    takes_a_photo,
    the_buttons_rest,
)


def sends_a_photo_and_a_note(page: Page) -> None:
    opens_photos(page)
    takes_a_photo(page, a_picture(640, 480))
    photos_to_go(page, 0)
    page.get_by_role("button", name="Done: go back").click()
    page.get_by_role("button", name="Note it").click()
    the_buttons_rest(page)
    photos_to_go(page, 0)


def test_sealed_bytes_stay_until_a_verified_backup_has_them(phone, stub):
    page = on_a_visit(phone, stub)
    sends_a_photo_and_a_note(page)
    assert all(item["jwe"] for item in items(page)) and len(on_the_disk(page)["blobs"]) == 1
    stub.make_backup()
    page.get_by_role("button", name="Note it").click()
    the_buttons_rest(page)
    photos_to_go(page, 0)
    page.wait_for_function("() => document.querySelectorAll('[data-ledger] .is-sent').length === 3")
    assert [bool(item["jwe"]) for item in items(page)] == [False, False, True]
    assert on_the_disk(page)["blobs"] == []


def test_after_a_restore_an_idle_phone_offers_again_what_the_backup_lacks_photos_too(phone, stub):
    page = on_a_visit(phone, stub)
    stub.make_backup()
    sends_a_photo_and_a_note(page)
    stub.restore()
    assert stub.stored == []
    for _ in range(40):
        if len(stub.photos()) == 1:
            break
        page.clock.fast_forward(61_000)
        page.wait_for_timeout(100)
    in_time_photos_to_go(page, 0)
    assert sorted(stub.kinds()) == ["photo.taken", "visit.noted"]
    assert len(stub.photos()) == 1


def test_a_photo_that_came_after_the_backup_goes_again_though_the_backup_has_its_event(phone, stub):
    page = on_a_visit(phone, stub)
    opens_photos(page)
    stub.next_pieces += [500]
    takes_a_photo(page, a_picture(640, 480))
    photos_to_go(page, 1)
    stub.make_backup()
    in_time_photos_to_go(page, 0)
    assert len(stub.photos()) == 1
    stub.restore()
    assert (stub.kinds(), stub.photos()) == (["photo.taken"], [])
    page.get_by_role("button", name="Done: go back").click()
    page.get_by_role("button", name="Note it").click()
    the_buttons_rest(page)
    for _ in range(40):
        if stub.photos():
            break
        next_tick(page)
        page.wait_for_timeout(100)
    assert len(stub.photos()) == 1


LET_GO = """async ([ages, photo]) => {
    const { lettingGo } = await import("/static/js/outbox-state.js");
    const now = 1e12;
    const items = ages.map(([days, done], place) => ({
        seq: place + 1, state: "sent", jwe: "sealed", serverSeq: 9, settledAt: now - days * 86400000,
        blobs: photo ? [{ id: String(place), csize: photo, done }] : [],
    }));
    const change = lettingGo(items, null, now);
    return items.map((item) => { const to = change(item); return to === "remove" ? to : to?.blobs?.[0]?.gone ?? null; });
}"""


@pytest.mark.parametrize(("days", "goes"), [(13.9, None), (14, None), (14.1, "remove")])
def test_a_sent_entry_stays_for_fourteen_days(phone, stub, days, goes):
    page = at_the_door(phone, stub)
    assert page.evaluate(LET_GO, [[[days, True]], 0]) == [goes]


def test_beyond_a_hundred_megabytes_the_oldest_delivered_photos_go_first_and_no_other(phone, stub):
    page = at_the_door(phone, stub)
    ages = [[3, False], [2, True], [1, True], [0, True]]
    assert page.evaluate(LET_GO, [ages, 25_000_000]) == [None, None, None, None]
    assert page.evaluate(LET_GO, [ages, 25_000_001]) == [None, True, None, None]
    assert page.evaluate(LET_GO, [ages, 40_000_000]) == [None, True, True, None]


def test_what_did_not_arrive_stays_however_old_it_is(phone, stub):
    page = at_the_door(phone, stub)
    assert page.evaluate(LET_GO, [[[400, False]], 1_000]) == [None]
