"""Signing out of a phone with something unsent: it is said, it stays sealed, and it goes whoever has the phone then."""

import json
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.phone.door_fixtures import HandHeld, address, chromium, phone  # noqa: F401 - fixtures
from tests.phone.stub_fixtures import on_the_disk
from tests.stories import a_visit

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

STAYS = (
    "1 saved on this phone, not sent yet. They stay locked on this phone and go when it next has signal, "
    "even if someone else signs in."
)


def i_have_something_unsent(phone: HandHeld, visit_id: str) -> None:
    phone.signs_in("asha")
    phone.page.goto(f"{phone.address}/visits/{visit_id}")
    phone.reads("Before you go")
    phone.is_ready()
    phone.page.route("**/events", lambda route: route.abort())
    phone.presses("On my way", then="On the way")
    phone.refused_by_the_browser.clear()


def i_sign_out(phone: HandHeld) -> None:
    phone.page.goto(f"{phone.address}/sign-out")
    phone.page.get_by_role("button", name="Sign out").click()
    phone.page.clock.fast_forward(6_000)
    phone.page.wait_for_url("**/sign-in")


def test_what_is_unsent_is_said_stays_sealed_and_goes_while_nobody_or_somebody_else_is_signed_in(world, phone):
    story = a_visit(world).told()
    i_have_something_unsent(phone, story.visit_id)
    phone.page.goto(f"{phone.address}/sign-out")
    expect(phone.page.locator("[data-outbox-unsent]")).to_have_text(STAYS)
    i_sign_out(phone)
    kept = on_the_disk(phone.page)
    assert [item["state"] for item in kept["items"]] == ["queued"]
    assert kept["packs"] == []
    names = {row["k"].split(":")[0] for row in kept["meta"]}
    assert names <= {"device", "last_seq", "epoch", "offset_ms", "durable_up_to", "heard_at", "pause_until", "trouble",
                     "grant", "lock"}  # fmt: skip
    assert "Melton" not in json.dumps(kept)
    assert phone.recorded(story.visit_id) == []
    phone.refused_by_the_browser.clear()
    phone.page.unroute("**/events")
    phone.signs_in("olive")
    phone.page.goto(f"{phone.address}/today")
    phone.page.wait_for_selector("html[data-unsent='0']", state="attached")
    for _ in range(40):
        if phone.recorded(story.visit_id):
            break
        phone.page.clock.fast_forward(21_000)
        phone.page.wait_for_timeout(100)
    assert [(entry.kind, entry.recorded_by) for entry in phone.recorded(story.visit_id)] == [
        ("visit.set_off", world.ids["asha"])
    ]


def test_with_nothing_unsent_it_says_so_and_signs_out(world, phone):
    a_visit(world, starts=world.now + timedelta(hours=1)).told()
    phone.signs_in("asha")
    phone.is_ready()
    phone.page.goto(f"{phone.address}/sign-out")
    expect(phone.page.locator("[data-outbox-unsent]")).to_have_text("All that you saved is sent.")
    i_sign_out(phone)
    phone.page.goto(f"{phone.address}/today")
    assert "/sign-in" in phone.page.url
