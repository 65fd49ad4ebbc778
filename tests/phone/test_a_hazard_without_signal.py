"""Something dangerous is seen where there is no signal: whom to ring first, the form, a photo; later it stands as a case."""

import os
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from fieldvisit.ground.roles import CHECKING
from fieldvisit.hazards.models import Hazard
from tests.phone.door_fixtures import HandHeld, address, chromium, phone  # noqa: F401 - fixtures
from tests.phone.stub_fixtures import a_picture
from tests.phone.test_photos_on_the_app import attachments, everything_is_there
from tests.stories import a_visit

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)
LOOK = os.environ.get("LOOK_AT")


def looked_at(phone: HandHeld, name: str) -> None:
    if LOOK:
        phone.page.screenshot(path=f"{LOOK}/{name}.png", full_page=True)


def test_what_was_seen_offline_is_a_case_from_the_minute_it_was_seen(world, phone):
    story = a_visit(world, starts=world.now - timedelta(hours=1)).in_the_home()
    phone.signs_in("asha")
    phone.page.goto(f"{phone.address}/visits/{story.visit_id}")
    phone.reads("Before you start")
    phone.is_ready()
    phone.context.set_offline(True)
    phone.presses("I saw something dangerous", then="Do this first")
    card = phone.page.locator("[data-step=danger]")
    for number in ("999", "0800111999", "105"):
        expect(card.locator(f"a[href='tel:{number}']")).to_be_visible()
    expect(card.get_by_text("No switches and no flames.")).to_be_visible()
    assert phone.page.locator("[data-step=hazard]").is_hidden(), "the card first"
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "and it fits a small phone"
    looked_at(phone, "card")
    phone.presses("Go back", then="Before you start")
    phone.presses("I saw something dangerous", then="Do this first")
    phone.presses("Nobody is in danger now", then="Report what you saw")
    form = phone.page.locator("[data-step=hazard]")
    form.get_by_role("button", name="Save the report").click()
    expect(form.get_by_text("Write down what you saw.")).to_be_visible()
    looked_at(phone, "form-with-nothing")
    form.get_by_label("What is it?").select_option(label="Damp or mould")
    form.get_by_label("Where in the home?").fill("The small bedroom")
    form.get_by_role("textbox", name="What did you see?").fill("Black mould above the cot")
    phone.chooses("A baby, or a child under 5")
    phone.chooses("It is an emergency")
    form.get_by_role("button", name="Add a photo of it").click()
    phone.reads("Photos")
    expect(phone.page.get_by_label("Something dangerous")).to_be_checked()
    picture = {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": a_picture(1600, 1200)}
    phone.page.get_by_label("Take a photo").set_input_files([picture])
    expect(phone.page.locator("[data-photo-list] li").first).to_be_visible()
    phone.presses("Done: go back", then="Report what you saw")
    looked_at(phone, "form")
    assert form.get_by_label("Where in the home?").input_value() == "The small bedroom", "nothing typed is lost"
    phone.presses("Save the report", then="Before you start")
    expect(phone.page.get_by_text("Saved on this phone: Something dangerous")).to_be_visible()
    assert [entry.kind for entry in phone.recorded(story.visit_id)][-1] == "home.entered", "there is no signal"

    phone.page.clock.fast_forward(2 * 3600 * 1000)
    world.clock.move_to(world.now + timedelta(hours=2))
    later = world.now + timedelta(hours=2)
    world.clock.move_to(later)
    phone.context.set_offline(False)
    everything_is_there(phone)
    with world.database.reading(CHECKING) as session:
        [case] = session.scalars(select(Hazard)).all()
    assert (case.hazard, case.at_risk, case.visit_id) == ("damp_and_mould_growth", ["baby"], story.visit_id)
    seen = case.aware_at - world.now
    assert timedelta(0) <= seen < timedelta(minutes=10), f"it was seen then, and not when it was sent: {seen}"
    assert case.opened_at - case.aware_at > timedelta(hours=1)
    assert {"where": "The small bedroom", "seen": "Black mould above the cot"} in phone.words(story.visit_id)
    assert [one.completed_at is not None for one in attachments(phone)] == [True]
    assert story.state().exceptions == ()
    phone.refused_by_the_browser.clear()  # Chromium's own lines about the lost connection


def test_the_close_out_leads_to_the_card_and_the_report_to_the_end(world, phone):
    story = a_visit(world, starts=world.now - timedelta(hours=1)).in_the_home().closing()
    phone.signs_in("asha")
    phone.page.goto(f"{phone.address}/visits/{story.visit_id}")
    phone.reads("Is anybody here at risk or in need of help?")
    phone.is_ready()
    phone.presses("No", then="Will somebody come back?")
    phone.presses("No, it is all done", then="Close the visit")
    for question in ("Is it tidy?", "Have you taken all rubbish away?", "Is the home as it was, or better?"):
        phone.chooses("Yes", of=question)
    phone.chooses("No", of="Is the tenant unhappy about anything?")
    phone.chooses("Yes", of="Did you see anything dangerous?")
    phone.presses("Close the visit", then="Do this first")
    phone.presses("Go back", then="The visit is closed")
    phone.presses("I saw something dangerous", then="Do this first")
    phone.presses("Nobody is in danger now", then="Report what you saw")
    form = phone.page.locator("[data-step=hazard]")
    form.get_by_label("What is it?").select_option(value="electrical_hazards")
    form.get_by_label("Where in the home?").fill("Hall")
    form.get_by_role("textbox", name="What did you see?").fill("Bare wires")
    phone.chooses("Nobody that we know of")
    phone.presses("Save the report", then="The visit is closed")
    phone.has_sent_all()
    with world.database.reading(CHECKING) as session:
        [case] = session.scalars(select(Hazard)).all()
    assert (case.hazard, case.at_risk) == ("electrical_hazards", ["nobody_known"])
    assert (story.state().stage, story.state().exceptions) == ("closed", ())
