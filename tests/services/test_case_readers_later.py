"""Who may read a case is looked at again every day, and a case is never left without anybody who may."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fieldvisit.breaches import case_readers
from fieldvisit.ground.roles import CONDUCT, DEMO
from fieldvisit.messages.models import Message
from fieldvisit.register.apart import KeptApart
from fieldvisit.register.models import Person
from tests.cases import LETTER, a_case
from tests.services.test_breach_readers import EVERYBODY, sees
from tests.world import LONG_AGO, World

DAY = timedelta(days=1)


def calls(world: World) -> int:
    with world.database.reading(CONDUCT) as session:
        return len(session.scalars(select(Message).where(Message.kind == "call_us")).all())


def look(world: World, days: int = 1) -> None:
    case_readers.look_again(world.database, world.now + days * DAY, world.policy)


@pytest.mark.parametrize("why", ["interest", "manager", "firm", "left"])
def test_who_comes_near_later_loses_sight_within_a_day(world: World, why: str):
    case = a_case(world).seated("screener", "ines", by="lena").seated("decider", "ivan")
    look(world)
    assert sees(world, case) == {"ines", "ivan", "lena"}, "nobody has come near"
    with world.database.writing(DEMO) as session:
        ivan, asha = session.get_one(Person, world.ids["ivan"]), session.get_one(Person, world.ids["asha"])
        match why:
            case "interest":
                session.add(
                    KeptApart(
                        person_id=ivan.id, subject_kind="person", subject_id=asha.id, cause="interest:1", starts=LONG_AGO
                    )
                )  # fmt: skip
            case "manager":
                asha.manager_id = ivan.id
            case "firm":
                ivan.firm_id = asha.firm_id
            case "left":
                ivan.disabled_at = world.now
    look(world, 2)
    if why != "left":  # they cannot sign in
        assert sees(world, case) == {"ines", "lena"}
    with world.database.reading(CONDUCT) as session:
        seats = session.scalars(select(case_readers.BreachSeat).where(case_readers.BreachSeat.case_id == case.id))
        assert {seat.person_id for seat in seats if seat.ends is None} == {world.ids["ines"], world.ids["lena"]}


def test_a_screener_who_came_near_is_followed_by_another_and_the_case_goes_on(world: World):
    case = a_case(world).screened()
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["asha"]).manager_id = world.ids["ines"]
    look(world)
    case.seated("screener", "iris").act("notified", "iris", words={"letter": LETTER}, how="page")
    assert case.state.stage == "awaiting_response"


def test_when_the_last_seat_ends_the_others_are_asked_and_then_the_outside_contact_once(world: World):
    case = a_case(world)
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["lena"]).manager_id = world.ids["ines"]
    case.seated("screener", "ines", by="ivan")
    with world.database.writing(DEMO) as session:
        for ref in ("ines", "ivan", "lena"):
            session.get_one(Person, world.ids[ref]).firm_id = session.get_one(Person, world.ids["asha"]).firm_id
    look(world)
    assert (sees(world, case), calls(world)) == ({"iris", "ivor"}, 0)
    with world.database.writing(DEMO) as session:
        for ref in ("iris", "ivor"):
            session.get_one(Person, world.ids[ref]).firm_id = session.get_one(Person, world.ids["asha"]).firm_id
    for days in (2, 3):
        look(world, days)
        assert (sees(world, case), calls(world)) == (set(), 1)


def test_when_it_is_found_out_that_everybody_is_near_the_outside_contact_is_asked(world: World):
    case = a_case(world, subject=None).seated("screener", "ines")
    with world.database.writing(DEMO) as session:
        phone = session.get_one(Person, world.ids["ines"]).phone
        for ref in EVERYBODY - {"ines"}:
            session.get_one(Person, world.ids[ref]).manager_id = world.ids["olive"]
        session.get_one(Person, world.ids["olive"]).phone = phone
    case.act("identified", "ines", subject_kind="person", subject=world.ids["olive"])
    assert (sees(world, case), calls(world)) == (set(), 1)
