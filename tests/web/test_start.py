"""The Start page and the list of tasks: danger before date, told apart, and ended by what they are about."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.declarations import reviews
from fieldvisit.ground.roles import CHECKING, DECLARING, DEMO
from fieldvisit.hazards import service as hazards
from fieldvisit.hazards.models import Hazard
from fieldvisit.hazards.telling import ask_to_look
from fieldvisit.register import involved
from fieldvisit.register.models import Home, PersonArea, PersonDuty
from fieldvisit.safety.models import Watch
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits.models import Visit
from tests.safety import a_watch
from tests.services.test_hazards import DAMP, HOUR
from tests.stories import FIRST_HOME, a_visit
from tests.web.desk_forms import SOUTH_HOME, SignedIn, said
from tests.world import LONG_AGO, World

ALL, START = "/office/tasks", "/office"


@pytest.fixture
def dora(signed_in: SignedIn) -> FlaskClient:
    return signed_in("dora")


def paper(world: World, days: int = -200) -> None:
    with world.database.writing(DEMO) as session:
        raise_task(
            session, "sign_again", cause=new_id(), about="involved", about_id=new_id(), area_id=world.ids["North"],
            at=world.now, due=world.now + timedelta(days=days),
        )  # fmt: skip


def asked_to_go_in(world: World) -> None:
    story = a_visit(world, starts=world.now - 2 * HOUR).at_the_door()
    story.says("door.no_answer", waited_min=10, called=True, card_left=True)
    story.says("entry.proposed", life_at_risk=False, read_first=True, danger="Water", why_now="Now", inside="Nobody")


def a_hazard(world: World, *, emergency: bool, home: str = FIRST_HOME) -> str:
    with world.database.writing(DEMO) as session:
        opening = hazards.Opening(
            home=session.get_one(Home, world.ids[home]), cause=new_id(), aware_at=world.now - HOUR, hazard=DAMP,
            emergency=emergency,
        )  # fmt: skip
        case = hazards.open_case(session, opening, world.now, world.policy)
        told_at = (
            world.now if emergency else world.now - 24 * HOUR
        )  # so that its date alone would put the calm one first
        ask_to_look(session, case, told_at, world.policy)
        return case.id


def an_alarm(world: World, who: str = "asha", area: str = "North", **visit: str) -> str:
    story = a_visit(world, starts=world.now - HOUR, **visit).at_the_door()
    with world.database.writing(DEMO) as session:
        watch_id = a_watch(session, session.get_one(Visit, story.visit_id), world.ids[who], world.now, world.policy)
        session.get_one(Watch, watch_id).stage = "alarm"
        raise_task(
            session, "watch_alarm", cause=f"w:{watch_id}:watch_alarm:1", about="visit", about_id=story.visit_id,
            area_id=world.ids[area], at=world.now, due=world.now,
        )  # fmt: skip
        return watch_id


def in_order(text: str, *wanted: str) -> bool:
    places = [text.index(each) for each in wanted]
    return places == sorted(places)


@pytest.mark.parametrize("address", [START, ALL])
def test_danger_stands_before_paper_that_is_long_overdue(world: World, dora: FlaskClient, address: str) -> None:
    for _ in range(6):
        paper(world)
    a_hazard(world, emergency=False)
    asked_to_go_in(world)
    text = said(dora.get(address))
    assert in_order(text, "asks to go in without consent", "A hazard was seen in the home", "An involved person has")


def test_what_was_reported_as_an_emergency_stands_before_other_hazards(world: World, dora: FlaskClient) -> None:
    calm, urgent = a_hazard(world, emergency=False), a_hazard(world, emergency=True, home="100030000002")
    page = dora.get(ALL).text
    assert in_order(page, f"/office/hazards/{urgent}", f"/office/hazards/{calm}") and "Reported as an emergency" in page
    board = dora.get("/office/hazards").text
    assert in_order(board, f"/office/hazards/{urgent}", f"/office/hazards/{calm}")
    assert "Investigate and make safe (DR-1)" in said(dora.get("/office/hazards"))
    assert 'href="/office/intake/hazard"' in board, "whoever has just been told of one writes it down there"


def test_an_emergency_that_a_visit_told_of_stands_as_high_and_leads_to_its_case(
    world: World, dora: FlaskClient
) -> None:
    a_hazard(world, emergency=False, home="100030000002")
    story = a_visit(world, starts=world.now - 2 * HOUR).in_the_home()
    story.says("hazard.reported", hazard=DAMP, emergency=True, at_risk=["child"], first_read=True)
    with world.database.reading(CHECKING) as session:
        case = session.scalars(select(Hazard).where(Hazard.visit_id == story.visit_id)).one()
    text = said(dora.get(START))
    assert f'href="/office/hazards/{case.id}"' in dora.get(START).text
    assert in_order(text, case.ref, "2 Larch Close, H-") and "Reported as an emergency" in text


def test_a_later_page_goes_on_where_the_one_before_ended(world: World, dora: FlaskClient) -> None:
    a_hazard(world, emergency=False)
    for day in range(51):
        paper(world, days=day)
    first = dora.get(ALL).text
    second = dora.get(f"{ALL}?after={first.split('?after=')[1].split(chr(34))[0]}").text
    assert first.count("/done") == 49 and second.count("/done") == 2 and "A hazard was seen" not in second


def test_danger_that_goes_on_is_ended_by_no_press(world: World, dora: FlaskClient) -> None:
    asked_to_go_in(world)
    a_hazard(world, emergency=True)
    watch_id = an_alarm(world)
    page = dora.get(ALL)
    assert page.text.count("/done") == 1, "nobody answered: that is paper"
    assert f'href="/office/safety/{watch_id}"' in page.text
    with world.database.reading(CHECKING) as session:
        ids = session.scalars(
            select(Task.id).where(Task.kind.in_(("entry_proposed", "hazard_seen", "watch_alarm")))
        ).all()
    for task_id in ids:
        refused = dora.post(f"{ALL}/{task_id}/done")
        assert refused.status_code == 409 and "Nothing was marked as done." in said(refused)
    with world.database.reading(CHECKING) as session:
        assert len(ids) == 3 and not any(session.get_one(Task, task_id).done_at for task_id in ids)


def test_tasks_are_told_apart_by_home_reference_and_name(world: World, dora: FlaskClient) -> None:
    asked_to_go_in(world)
    a_hazard(world, emergency=False)
    an_alarm(world)
    text = said(dora.get(ALL))
    assert "1 Larch Close, V-" in text and "1 Larch Close, H-" in text and "Asha Kaur, 1 Larch Close" in text


def test_what_an_involved_person_signs_is_named_and_not_overdue_on_the_day_on_which_it_is_asked_for(
    world: World, dora: FlaskClient
) -> None:
    with world.database.writing(DECLARING) as session:
        involved.take_in(session, "panel", "Pat Ryder", starts_on=date(2026, 5, 7))
        reviews.daily(session, world.now)
    text = said(dora.get(ALL))
    assert "Pat Ryder, confidentiality agreement" in text and "Pat Ryder, conflict of interest form" in text
    assert "Due today" in text and "Overdue" not in text


def test_a_watch_over_oneself_is_no_task_of_ones_own(world: World, dora: FlaskClient) -> None:
    an_alarm(world, who="dora")
    assert "cannot be reached" not in said(dora.get(ALL)) and "in alarm" not in said(dora.get(START))
    assert "cannot be reached" in said(world.client("olive").get(ALL))


def test_whoever_has_not_the_duty_is_not_led_to_the_board_of_who_is_out(world: World, olive: FlaskClient) -> None:
    an_alarm(world)
    assert "/office/safety/" not in olive.get(ALL).text


def test_nor_whoever_has_it_in_another_area_alone(world: World, dora: FlaskClient) -> None:
    an_alarm(world, area="South", home=SOUTH_HOME, by="otto")
    with world.database.writing(DEMO) as session:
        session.add(PersonArea(person_id=world.ids["dora"], area_id=world.ids["South"], starts=LONG_AGO))
    page = dora.get(ALL)
    assert "cannot be reached" in said(page) and "/office/safety/" not in page.text


def test_a_firms_manager_sees_at_once_that_a_worker_of_theirs_is_in_alarm(world: World) -> None:
    an_alarm(world)
    assert "1 in alarm" in said(world.client("mona").get(START))
    assert "in alarm" not in said(world.client("omar").get(START)) + said(world.client("hana").get(START))


@pytest.mark.parametrize("who", ["olive", "dora", "mona", "hana", "ines", "lena", "adam", "aud"])
def test_every_page_that_start_offers_opens(world: World, who: str) -> None:
    client = world.client(who)
    text = client.get(START).text.split("<main")[1].split("</main")[0]
    hrefs = {part.split('"')[0] for part in text.split('href="')[1:]}
    assert len(hrefs) > 4 and "/concern" in hrefs
    for href in hrefs:
        assert client.get(href).status_code in (200, 302, 303), f"{who} {href}"


def test_a_complaints_officer_is_offered_the_complaints(world: World) -> None:
    assert 'href="/office/complaints"' not in world.client("dora").get(START).text.split("<main")[1]
    with world.database.writing(DEMO) as session:
        session.add(PersonDuty(person_id=world.ids["dora"], duty="complaints", area_id=None, starts=LONG_AGO))
    assert 'href="/office/complaints"' in world.client("dora").get(START).text.split("<main")[1]
