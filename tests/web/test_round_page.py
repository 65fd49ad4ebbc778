"""`/today`: a worker's round, on which nobody's cause or number is, and the call from it."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.badges.models import Badge
from fieldvisit.db import new_id
from fieldvisit.register.models import Resident
from tests.stories import FIRST_HOME, a_visit
from tests.web.door_reader import Door
from tests.web.test_door_pages import (
    FOURTH,
    SECOND,
    THIRD,
    asha,  # noqa: F401 - fixtures
    household,
    page_of,
    shown_step,
    suspended,
)
from tests.world import World

# --- today ----------------------------------------------------------------------------------------------------------


def test_the_round_lists_todays_visits_in_the_order_of_their_windows(world, asha):
    a_visit(world, home=SECOND, starts=world.now + timedelta(hours=4)).told()
    a_visit(world).told()
    today = asha.get("/today").text
    assert today.index("1 Larch Close") < today.index("2 Larch Close")
    assert "9am to 11am" in today and "The boiler does not heat" in today and "Full notice" in today


def test_the_round_tells_precautions_and_never_a_cause_or_a_number(world, asha):
    household(world, needs=["wait_longer", "oxygen"])
    a_visit(world).told()
    today = asha.get("/today").text
    assert "Wait longer than usual" in today and "No flame" in today
    assert "oxygen" not in today.lower().replace("no flame", "")
    assert "07700" not in today


def test_an_empty_day_says_so(world, asha):
    assert "You have no visits today." in asha.get("/today").text


def test_a_visit_of_yesterday_that_was_never_finished_says_its_day_and_comes_after_todays(world, clock):
    a_visit(world, reason="Left open").in_the_home()
    a_visit(world, home=SECOND, starts=world.now + timedelta(days=1), reason="Of today").told()
    world.now += timedelta(days=1)
    clock.move_to(world.now)
    text = world.client("asha").get("/today").text
    today, earlier = text.split("Not finished: Tuesday 8 December 2026")
    assert "Of today" in today and "Left open" not in today
    assert "Left open" in earlier and "Of today" not in earlier


def test_tomorrow_shows_its_first_visit_alone(world, asha):
    tomorrow = world.now + timedelta(days=1)
    a_visit(world, home=THIRD, starts=tomorrow + timedelta(hours=3)).told()
    a_visit(world, home=SECOND, starts=tomorrow).told()
    today = asha.get("/today").text
    assert today.index("Tomorrow, first") < today.index("2 Larch Close")
    assert "Mill House" not in today


def test_the_round_is_the_workers_own(world, signed_in):
    a_visit(world, lead="ben").told()
    assert "Larch" not in signed_in("asha").get("/today").text
    assert "1 Larch Close" in signed_in("ben").get("/today").text


def test_an_officer_sees_their_own_round_and_not_the_area(world, signed_in):
    theirs = a_visit(world, lead="olive", by="otto", home=FOURTH, kind="tenancy_visit").told()
    a_visit(world, lead="asha").told()
    olive = signed_in("olive")
    assert "4 Quarry Row" in olive.get("/today").text and "Larch" not in olive.get("/today").text
    assert shown_step(olive, theirs) == "before"


def test_a_suspended_badge_removes_the_days_visits(world, asha):
    story = a_visit(world).told()
    suspended(world, "asha")
    for text in (asha.get("/today").text, page_of(asha, story)):
        assert "Your badge is not good today." in text and "Melton code" in text
        assert "Your badge is suspended." in text and "its holder" not in text
        assert "Larch" not in text and "Terry" not in text and "data-event" not in text


def test_a_badge_that_expires_today_is_good_and_tomorrow_it_is_not(world, asha, clock):
    a_visit(world).told()
    a_visit(world, home=SECOND, starts=world.now + timedelta(days=1)).told()
    with world.database.writing(None) as session:
        session.get_one(Badge, world.ids["badge of asha"]).expires_on = date(2026, 12, 8)
    assert "1 Larch Close" in asha.get("/today").text
    clock.move_to(world.now + timedelta(hours=15))
    world.now += timedelta(hours=15)
    assert "Your badge is not good today." in world.client("asha").get("/today").text


def test_a_worker_whose_badge_went_bad_inside_can_still_finish_the_record(world, asha):
    story = a_visit(world).told().set_off().arrived().answered().identified().consented().entered()
    suspended(world, "asha")
    text = page_of(asha, story)
    assert "Finish safely, leave, and call the office." in text
    assert "close-no" in Door(text).steps


def test_the_map_is_the_phones_own_and_no_web_page_learns_the_address(world, asha):
    a_visit(world).told()
    android = asha.get("/today").text
    iphone = asha.get("/today", headers={"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"}).text
    assert 'href="geo:0,0?q=1%20Larch%20Close%2C' in android
    assert 'href="maps:?q=1%20Larch%20Close%2C' in iphone
    assert "://" not in android.replace("http://localhost", "")


@pytest.fixture
def queries(app) -> Iterator[list[str]]:
    seen: list[str] = []
    engine = app.extensions["fv_database"].reader

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_a_long_round_asks_the_database_no_more_than_a_short_one(world, asha, queries):
    a_visit(world).told()
    queries.clear()
    asha.get("/today")
    short = len(queries)
    for hour, home in enumerate((SECOND, THIRD, SECOND, THIRD), start=2):
        a_visit(world, home=home, starts=world.now + timedelta(hours=hour)).told()
    queries.clear()
    asha.get("/today")
    assert len(queries) == short <= 14


# --- calling, installing --------------------------------------------------------------------------------------------


def calls_noted(world: World) -> list[tuple[str, str]]:
    with world.database.reading(None) as session:
        noted = session.scalars(select(AccessRecord).where(AccessRecord.reason == "call"))
        return [(row.person_id, row.object_id) for row in noted]


def test_a_call_rings_the_tenant_and_is_written_down(world, asha):
    story = a_visit(world).told()
    answer = asha.get(f"/visits/{story.visit_id}/call")
    assert (answer.status_code, answer.headers["Location"]) == (302, "tel:07700900101")
    assert calls_noted(world) == [(world.ids["asha"], story.visit_id)]


def test_a_tenant_without_a_number_is_reached_through_a_representative(world, asha):
    with world.database.writing(world.principal("olive")) as session:
        tenant = session.scalars(select(Resident).where(Resident.home_id == world.ids[FIRST_HOME])).one()
        tenant.phone = ""
        kit = Resident(ref="A-1", home_id=tenant.home_id, role="representative", name="Kit Moss", phone="07700900155")
        session.add(kit)
    story = a_visit(world).told()
    assert asha.get(f"/visits/{story.visit_id}/call").headers["Location"] == "tel:07700900155"


def test_a_household_that_cannot_use_the_phone_is_not_rung(world, asha):
    household(world, unusable_channels=["phone"])
    story = a_visit(world).told()
    assert "/call" not in asha.get("/today").text + page_of(asha, story)
    assert asha.get(f"/visits/{story.visit_id}/call").status_code == 404
    assert calls_noted(world) == []


def test_the_manifest_starts_the_app_at_todays_round(client):
    answer = client.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    assert (answer.json["start_url"], answer.json["display"]) == ("/today", "standalone")
    for icon in answer.json["icons"]:
        with client.get(icon["src"]) as picture:
            assert picture.mimetype == icon["type"]


def test_the_outbox_has_what_its_script_fills(world, asha):
    text = asha.get("/outbox").text
    assert all(part in text for part in ("data-outbox-list", "data-outbox-empty hidden", "data-send-now"))


def test_a_visit_that_nobody_has_is_not_there(asha):
    assert asha.get(f"/visits/{new_id()}").status_code == 404
