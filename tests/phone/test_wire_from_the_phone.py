"""What a worker's phone keeps and sends, in a real browser, against a server that checks every byte."""

import json
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.phone.stub_fixtures import (
    TYPED,
    all_is_sent,
    answer_the_door,
    at_the_door,
    browser,  # noqa: F401 - fixtures
    go_to_introduce,
    on_the_disk,
    phone,  # noqa: F401
    press,
    states,
    stub,  # noqa: F401
    the_buttons_rest,
    the_disk_refuses_the_next_entry,
    waits_unsent,
)

# --- sealed, signed, sent ---------------------------------------------------------------------------------------


def test_a_fact_arrives_sealed_and_signed(phone, stub):
    page = at_the_door(phone, stub)
    page.get_by_label("Minutes waited").fill("4")
    page.get_by_label("Dog").check()
    page.get_by_label("Not calm").check()
    answer_the_door(page)
    all_is_sent(page)
    [stored] = stub.stored
    said = {"by": "adult", "said": TYPED, "wait_min": 4, "mask": False, "needs": ["dog"], "left": [], "calm": False}
    assert stored.sealed["body"] == said
    assert (stored.sealed["kind"], stored.sealed["kv"], stored.sealed["visit"]) == ("door.answered", 1, "visit-1")
    assert (stored.sealed["v"], stored.sealed["app"], stored.sealed["blobs"]) == (1, "test-1", [])
    assert stored.sealed["wall"].endswith("Z")
    assert states(page) == ["Sent"]


def test_a_changed_number_in_an_event_breaks_its_signature(phone, stub):
    page = at_the_door(phone, stub)
    answer_the_door(page)
    all_is_sent(page)
    [stored] = stub.stored
    jwk = stub.grants[stored.wire["grant"]]["jwk"]
    assert stub._is_well_signed(jwk, stored.wire)
    assert not stub._is_well_signed(jwk, {**stored.wire, "seq": stored.wire["seq"] + 1})


def test_an_event_says_how_far_the_phones_clock_is_from_the_servers(phone, stub):
    stub.clock_ahead = timedelta(minutes=7)
    page = at_the_door(phone, stub)
    answer_the_door(page)
    all_is_sent(page)
    assert abs(stub.stored[0].sealed["offset_ms"] - 7 * 60_000) < 5_000


def test_the_pressed_button_and_a_choice_say_what_happened(phone, stub):
    page = at_the_door(phone, stub)
    page.get_by_label("A child").check()
    page.get_by_label("What they said").fill("Mum is at work")
    page.get_by_role("button", name="Save the answer").click()
    expect(page.locator("#step-child h2")).to_be_focused()
    go_to_introduce(page)
    the_buttons_rest(page)
    press(page, "I have said who I am")
    all_is_sent(page)
    assert stub.kinds() == ["door.child_answered", "door.introduced"]
    assert (stub.stored[1].sealed["body"], stub.stored[1].sealed["kv"]) == ({"how": "spoken"}, 2)


def test_what_was_typed_is_nowhere_on_the_phone_in_clear(phone, stub):
    page = at_the_door(phone, stub)
    phone.set_offline(True)
    answer_the_door(page)
    disk = json.dumps(on_the_disk(page))
    assert "door.answered" in disk and "visit-1" in disk
    assert "MARIGOLD" not in disk
    assert "private key, extractable: false" in disk
    assert "extractable: true" not in disk


# --- once -------------------------------------------------------------------------------------------------------


def test_a_double_tap_makes_one_event(phone, stub):
    page = at_the_door(phone, stub)
    go_to_introduce(page)
    page.get_by_role("button", name="Note it").dblclick()
    page.get_by_role("button", name="Note it").dispatch_event("click")
    the_buttons_rest(page)
    all_is_sent(page)
    assert stub.kinds() == ["visit.noted"]


def test_the_second_tap_of_two_does_not_press_the_next_steps_button(phone, stub):
    page = at_the_door(phone, stub)
    answer_the_door(page)
    page.get_by_role("button", name="I have said who I am").dispatch_event("click")
    the_buttons_rest(page)
    all_is_sent(page)
    assert stub.kinds() == ["door.answered"]


def test_an_answer_cut_short_after_the_server_stored_leads_to_one_duplicate(phone, stub):
    stub.next_answers.append("cut")
    page = at_the_door(phone, stub)
    answer_the_door(page)
    all_is_sent(page)
    assert len(stub.stored) == 1
    assert [result["status"] for result in stub.results] == ["duplicate"]
    assert states(page) == ["Sent"]


def test_a_form_pressed_again_after_the_disk_failed_keeps_its_words_and_makes_one_event(phone, stub):
    page = at_the_door(phone, stub)
    the_disk_refuses_the_next_entry(page)
    page.get_by_label("An adult").check()
    page.get_by_label("What they said").fill(TYPED)
    page.get_by_role("button", name="Save the answer").click()
    expect(page.locator("[data-said]")).to_contain_text("NOT saved")
    expect(page.get_by_label("What they said")).to_have_value(TYPED)
    page.get_by_role("button", name="Save the answer").click()
    all_is_sent(page)
    expect(page.locator("[data-said]")).to_contain_text("Saved on this phone")
    page.wait_for_function("() => document.querySelector('[data-ledger] .is-sent')")
    assert [(stored.wire["seq"], stored.sealed["body"]["said"]) for stored in stub.stored] == [(1, TYPED)]


def test_numbers_have_no_gaps_when_two_tabs_record_at_once(phone, stub):
    tabs = [at_the_door(phone, stub) for _ in range(2)]
    for tab in tabs:
        tab.evaluate("""async () => {
            const { record } = await import("/static/js/outbox.js");
            window.done = Promise.all(Array.from({ length: 6 }, () => record({ uuid: crypto.randomUUID(),
                kind: "visit.noted", kv: 1, visit: "visit-1", body: {}, label: "Noted", next: null })));
        }""")
    for tab in tabs:
        tab.evaluate("async () => { await window.done; }")
        all_is_sent(tab)
    assert sorted(stored.wire["seq"] for stored in stub.stored) == list(range(1, 13))
    assert stub.posts[-1]["last_seq"] == 12


# --- nothing lost, nothing in the way -----------------------------------------------------------------------------


@pytest.mark.parametrize("bad_answer", [500, "portal", 403])
def test_a_bad_answer_is_tried_again_and_nothing_is_lost(phone, stub, bad_answer):
    stub.next_answers.append(bad_answer)
    page = at_the_door(phone, stub)
    answer_the_door(page)
    page.wait_for_function("() => document.querySelector('[data-ledger] li')")
    if bad_answer == 403:
        expect(page.locator("[data-ledger] .entry-state")).to_have_text("Not sent yet: sign in again, then it can go.")
        page.get_by_role("button", name="Send now").click()
    all_is_sent(page)
    assert len(stub.posts) == 2
    assert stub.kinds() == ["door.answered"]


def test_an_entry_that_comes_back_does_not_stop_the_others(phone, stub):
    stub.come_back_kinds = {"door.introduced"}
    page = at_the_door(phone, stub)
    phone.set_offline(True)
    go_to_introduce(page)
    for button in ("I have said who I am", "Note it"):
        press(page, button)
    assert states(page) == ["Saved on this phone", "Saved on this phone"]
    phone.set_offline(False)
    waits_unsent(page, 1)
    assert stub.kinds() == ["visit.noted"]
    assert states(page) == ["Not sent yet: the office cannot check this phone’s signature. Call the office.", "Sent"]
    stub.come_back_kinds = set()
    page.get_by_role("button", name="Send now").click()
    all_is_sent(page)


def test_a_tap_tries_an_entry_that_came_back_once_and_not_for_ever(phone, stub):
    stub.come_back_kinds = {"door.introduced"}
    page = at_the_door(phone, stub)
    go_to_introduce(page)
    press(page, "I have said who I am")
    expect(page.locator("[data-ledger] .is-waiting")).to_contain_text("signature")
    posts = len(stub.posts)
    page.get_by_role("button", name="Send now").click()
    press(page, "Note it")
    waits_unsent(page, 1)
    assert stub.kinds() == ["visit.noted"]
    assert len(stub.posts) <= posts + 2


def test_an_entry_saved_as_a_sending_ends_goes_at_once(phone, stub):
    page = at_the_door(phone, stub)
    go_to_introduce(page)
    page.evaluate("""() => {
        const gate = new Promise((open) => { window.letTheSendingEnd = open; });
        const request = navigator.locks.request.bind(navigator.locks);
        navigator.locks.request = async (...how) => { const done = await request(...how); await gate; return done; };
    }""")
    press(page, "Note it")
    all_is_sent(page)
    press(page, "Note it")
    waits_unsent(page, 1)
    page.evaluate("() => window.letTheSendingEnd()")
    all_is_sent(page)


def test_an_entry_that_the_server_cannot_read_does_not_stop_the_others(phone, stub):
    stub.unreadable_kinds = {"door.introduced"}
    page = at_the_door(phone, stub)
    phone.set_offline(True)
    go_to_introduce(page)
    for button in ("Note it", "I have said who I am", "Note it"):
        press(page, button)
    phone.set_offline(False)
    waits_unsent(page, 1)
    assert stub.kinds() == ["visit.noted", "visit.noted"]
    expect(page.locator("[data-ledger] .is-waiting")).to_contain_text("Not sent yet")


def test_a_tap_does_not_shorten_the_wait_that_the_office_asked_for(phone, stub):
    stub.next_answers.append("later")
    page = at_the_door(phone, stub)
    answer_the_door(page)
    expect(page.locator("[data-ledger] .entry-state")).to_contain_text("Not sent yet: the office’s computer is busy")
    page.get_by_role("button", name="Send now").click()
    page.clock.fast_forward("05:00")
    page.wait_for_load_state("networkidle")
    assert len(stub.posts) == 1
    page.clock.fast_forward("05:01")
    all_is_sent(page)


def test_a_held_entry_says_that_the_office_has_it(phone, stub):
    stub.hold_kinds = {"door.answered"}
    page = at_the_door(phone, stub)
    answer_the_door(page)
    all_is_sent(page)
    held = page.locator("[data-ledger] .is-held")
    expect(held.locator(".entry-state")).to_have_text("Held: the office has this")
    expect(held.locator(".entry-message")).to_have_text("The visit was cancelled. The office will ring you.")


def test_a_held_entry_whose_first_answer_was_lost_still_says_held(phone, stub):
    stub.hold_kinds = {"door.answered"}
    stub.next_answers.append("cut")
    page = at_the_door(phone, stub)
    answer_the_door(page)
    all_is_sent(page)
    assert states(page) == ["Held: the office has this"]
    assert [result["status"] for result in stub.results] == ["duplicate"]


def test_after_a_restore_the_phone_offers_again_what_the_backup_may_lack(phone, stub):
    page = at_the_door(phone, stub)
    answer_the_door(page)
    all_is_sent(page)
    stub.stored.clear()
    stub.epoch = "epoch-2"
    the_buttons_rest(page)
    press(page, "Note it")
    all_is_sent(page)
    assert sorted(stub.kinds()) == ["door.answered", "visit.noted"]


# --- people -----------------------------------------------------------------------------------------------------


def test_anothers_entry_goes_with_its_own_grant_and_the_next_user_cannot_see_it(phone, stub):
    page = at_the_door(phone, stub, person="anna")
    stub.next_answers += [503]
    answer_the_door(page)
    waits_unsent(page, 1)
    page.close()
    stub.next_answers += [503]
    bens = at_the_door(phone, stub, person="ben")
    assert bens.locator("[data-outbox-list] li").count() == 0
    expect(bens.locator("html")).to_have_attribute("data-unsent", "0")
    go_to_introduce(bens)
    press(bens, "Note it")
    all_is_sent(bens)
    assert [stub.person_of(stored) for stored in stub.stored] == ["anna", "ben"]
    assert [stored.wire["seq"] for stored in stub.stored] == [1, 2]
    assert len({stored.device for stored in stub.stored}) == 1


def test_with_nobody_signed_in_what_waits_still_goes(phone, stub):
    page = at_the_door(phone, stub)
    stub.next_answers += [503]
    answer_the_door(page)
    page.close()
    page = at_the_door(phone, stub, person="")
    all_is_sent(page)
    assert [stub.person_of(stored) for stored in stub.stored] == ["anna"]
    assert len(stub.grants) == 1


# --- the page ---------------------------------------------------------------------------------------------------


def test_a_required_field_says_what_is_missing_beside_it_and_keeps_what_was_typed(phone, stub):
    page = at_the_door(phone, stub)
    page.get_by_label("Anything else").fill("mind the step")
    page.get_by_label("What they said").fill("   ")
    page.get_by_role("button", name="Save the answer").click()
    expect(page.get_by_label("An adult")).to_be_focused()
    expect(page.get_by_label("An adult")).to_have_accessible_description("Say who answered the door.")
    expect(page.get_by_label("What they said")).to_have_accessible_description("Write what they said.")
    expect(page.get_by_label("Anything else")).to_have_value("mind the step")
    answer_the_door(page)
    assert page.locator("[data-field-error]").count() == 0


def test_the_next_step_comes_with_its_heading_in_focus_and_says_saved(phone, stub):
    page = at_the_door(phone, stub)
    answer_the_door(page)
    expect(page.locator("#step-introduce h2")).to_be_focused()
    expect(page.locator("#step-knock")).to_be_hidden()
    expect(page.locator("[data-said]")).to_contain_text("Saved on this phone: The door was answered")
    the_buttons_rest(page)
    page.get_by_role("button", name="A child is alone").click()
    expect(page.locator("#step-child h2")).to_be_focused()
    all_is_sent(page)
    assert stub.kinds() == ["door.answered"]


def test_a_page_older_than_what_waits_goes_on_from_the_last_step_recorded(phone, stub):
    page = at_the_door(phone, stub)
    stub.next_answers += [503, 503, 503]
    answer_the_door(page)
    page.close()
    page = at_the_door(phone, stub)
    expect(page.locator("#step-introduce")).to_be_visible()
    expect(page.locator("#step-knock")).to_be_hidden()


def test_a_phone_that_cannot_keep_entries_says_so_and_takes_none(phone, stub):
    phone.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined });")
    page = phone.new_page()
    page.goto(f"{stub.address}/door?person=anna")
    page.wait_for_selector("html[data-outbox=no-storage]", state="attached")
    expect(page.locator("[data-outbox-status]")).to_have_text("This phone cannot keep entries. Call the office.")
    go_to_introduce(page)
    page.get_by_role("button", name="Note it").click()
    expect(page.locator("[data-said]")).to_have_text("This phone cannot keep entries. Call the office.")
    assert (stub.posts, stub.grants) == ([], {})


def test_a_phone_never_enrolled_saves_nothing_and_keeps_the_words_on_the_screen(phone, stub):
    page = phone.new_page()
    page.route("**/devices", lambda route: route.abort())
    page.goto(f"{stub.address}/door?person=anna")
    expect(page.locator("[data-outbox-status]")).to_have_text("Getting this phone ready. It needs signal.")
    page.get_by_label("An adult").check()
    page.get_by_label("What they said").fill(TYPED)
    page.get_by_role("button", name="Save the answer").click()
    expect(page.locator("[data-said]")).to_contain_text("NOT saved. This phone is not ready yet.")
    expect(page.get_by_label("What they said")).to_have_value(TYPED)
    page.unroute("**/devices")
    page.get_by_role("button", name="Save the answer").click()
    all_is_sent(page)
    page.wait_for_function("() => document.querySelector('[data-ledger] .is-sent')")
    assert stub.kinds() == ["door.answered"]
