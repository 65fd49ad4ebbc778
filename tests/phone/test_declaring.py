"""Saying that something was offered, in a real browser: from the visit, in four taps and a sentence, and without signal."""

import pytest
from playwright.sync_api import expect

from fieldvisit.declarations.models import Declaration
from fieldvisit.ground.roles import DECLARING
from tests.phone.door_fixtures import HandHeld, address, chromium, phone  # noqa: F401 - fixtures
from tests.stories import a_visit
from tests.world import World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)
SENTENCE = "A cake in a tin, because the boiler works again."


def test_a_refused_cake_in_four_taps_and_a_sentence_kept_while_there_is_no_signal(
    world: World, phone: HandHeld
) -> None:
    story, page = a_visit(world).told(), phone.page
    phone.signs_in("asha")
    page.goto(f"{phone.address}/visits/{story.visit_id}")
    phone.is_ready()
    page.get_by_role("link", name="Offered a gift").click()
    taps = 0
    for tap in (
        page.get_by_role("link", name="Somebody offered me something"),
        page.get_by_label("A thing, such as food or flowers"),
        page.get_by_label("No", exact=True),
    ):
        tap.click()
        taps += 1
    page.get_by_label("In one sentence").fill(SENTENCE)
    page.context.set_offline(True)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("No signal. Nothing was sent, and what you typed is still here.")
    assert page.get_by_label("In one sentence").input_value() == SENTENCE
    page.context.set_offline(False)
    phone.refused_by_the_browser[:] = [said for said in phone.refused_by_the_browser if "DISCONNECTED" not in said]
    page.get_by_role("button", name="Send").click()
    taps += 1
    expect(page.get_by_text("You said no, and it is on record.")).to_be_visible()
    assert taps == 4
    with world.database.reading(DECLARING) as session:
        [row] = session.query(Declaration)
        assert (row.visit_id, row.giver, row.form, row.stage) == (story.visit_id, "tenant", "thing", "closed")
