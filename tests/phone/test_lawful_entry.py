"""Going in without consent, on a phone that loses its signal at the door (D3): in a real browser, on the real app."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from fieldvisit.ground.roles import CHECKING
from fieldvisit.visits import events as ev
from fieldvisit.visits.lawful_entry_models import LawfulEntry
from tests.phone.door_fixtures import address, chromium, phone  # noqa: F401 - fixtures
from tests.stories import a_visit

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)


def test_an_entry_with_a_witness_without_signal_is_a_whole_case_when_it_returns(world, phone):
    story = a_visit(world).at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)
    authority = ev.EntryAuthorised(
        "tenancy-agreement", world.ids["dora"], world.ids["asha"], ("called",), reason=ev.Words("Water")
    )  # fmt: skip
    story.desk(authority, at=story.at, by="dora")
    phone.signs_in("asha")
    phone.page.get_by_role("link", name="Open visit").click()
    phone.reads("Nobody answered")
    phone.is_ready()
    phone.context.set_offline(True)
    phone.presses("Go in without consent", then="Going in without consent")
    phone.chooses("Knocked and called out", of="How did you try to reach them?")
    phone.chooses("A colleague", of="Who goes in with you?")
    here = phone.page.locator("[data-step]:visible")
    here.get_by_label("Their name, and what you see").fill("Ben Okafor. Water on the stairs.")
    phone.presses("Save, then go in", then="Cover your shoes")
    phone.presses("Covers are on: go in", then="Before you start")
    phone.presses("Make safe and lock up", then="Make safe and lock up")
    phone.chooses("A new lock", of="How did you leave the door?")
    phone.chooses("I take them to the office", of="Where are the new keys?")
    phone.chooses("Yes", of="Did you make it safe, and nothing else?")
    phone.chooses("Yes", of="Have you left a notice?")
    phone.presses("Save: it is locked up", then="Finished, or stopping?")
    assert [entry.kind for entry in phone.recorded(story.visit_id)][-1] == "door.no_answer"
    phone.context.set_offline(False)
    phone.page.clock.fast_forward(25_000)
    phone.has_sent_all()
    kinds = [entry.kind for entry in phone.recorded(story.visit_id)]
    assert kinds[-3:] == ["entry.lawful", "home.entered", "entry.secured"]
    with world.database.reading(CHECKING) as session:
        case = session.scalars(select(LawfulEntry)).one()
    assert (case.stage, case.basis) == ("secured", "tenancy-agreement")
    phone.refused_by_the_browser.clear()  # Chromium's own lines about the lost connection


def test_a_worker_asks_for_entry_without_signal_and_the_office_has_it_when_it_returns(world, phone):
    story = a_visit(world).at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)
    phone.signs_in("asha")
    phone.page.get_by_role("link", name="Open visit").click()
    phone.reads("Nobody answered")
    phone.is_ready()
    phone.context.set_offline(True)
    phone.presses("It cannot wait: ask for entry", then="Ask the office for entry in an emergency")
    here = phone.page.locator("[data-step]:visible")
    here.get_by_role("button", name="Ask the office").click()
    expect(here.get_by_text("Ring first, where it is their matter. Then tick this.")).to_be_visible()
    here.get_by_label("I have rung whom this needs").check()
    phone.chooses("No", of="Is a life in danger now?")
    here.get_by_label("What is the danger?").fill("Water runs into the flat below.")
    here.get_by_label("Why can it not wait?").fill("It runs onto the lights.")
    here.get_by_label("Who may be inside?").fill("I do not know.")
    phone.presses("Ask the office", then="You have asked. Now ring the office")
    phone.context.set_offline(False)
    phone.page.clock.fast_forward(25_000)
    phone.has_sent_all()
    assert [entry.kind for entry in phone.recorded(story.visit_id)][-1] == "entry.proposed"
    with world.database.reading(CHECKING) as session:
        assert session.scalars(select(LawfulEntry)).one().stage == "proposed"
    phone.refused_by_the_browser.clear()  # Chromium's own lines about the lost connection
