"""Drawing one's signature under a code of conduct, beside the typed name that is enough."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from fieldvisit.codes.models import Acknowledgement
from tests.phone.door_fixtures import address, chromium, phone  # noqa: F401 - fixtures
from tests.services.test_codes import a_version
from tests.world import World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)


def test_a_worker_reads_the_code_draws_a_signature_and_it_is_on_the_file(world: World, phone) -> None:
    new = a_version(world)
    phone.signs_in("asha")
    page = phone.page
    page.goto(f"{phone.address}/codes/{new}?part=all")
    page.get_by_role("button", name="I have read it to the end").click()
    page.get_by_label("Your position").fill("Gas engineer")
    page.locator("[data-draw] canvas").scroll_into_view_if_needed()
    box = page.locator("[data-draw] canvas").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    page.mouse.up()
    page.get_by_label("I have read this code").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_text("Thank you").wait_for()
    page.get_by_role("link", name="Your file, to be printed").click()
    page.get_by_role("img", name="Drawn signature").wait_for()
    with world.database.reading(None) as session:
        mine = (
            select(Acknowledgement)
            .where(Acknowledgement.code_version_id == new)
            .options(undefer(Acknowledgement.drawn))
        )
        [row] = session.scalars(mine)
    assert row.how == "drawn"
    assert row.drawn.startswith("M") and row.drawn.count("L") >= 3
