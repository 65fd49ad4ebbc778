"""Who records of an officer whether they visit homes (MO-1f): their manager, or whoever stands in for one."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.codes import roll
from fieldvisit.register.models import Person, PersonArea, PersonDuty
from tests.world import LONG_AGO, World

DAY = timedelta(days=1)


def changes(world: World, ref: str, **what: Any) -> None:
    with world.database.writing(None) as session:
        person = session.get_one(Person, world.ids[ref])
        for name, value in what.items():
            setattr(person, name, world.ids[value] if name == "manager_id" and value else value)


def stands_in(world: World, ref: str, area: str | None) -> None:
    with world.database.writing(None) as session:
        area_id = world.ids[area] if area else None
        session.add(
            PersonDuty(person_id=world.ids[ref], duty="complaints_senior", area_id=area_id, starts=LONG_AGO)
        )  # fmt: skip


def opens(world: World, ref: str) -> set[str]:
    """Whose files, of the council's own people."""
    refs = {world.ids[ref]: ref for ref in ("olive", "dora", "otto", "hana", "adam", "asha")}
    asking = world.principal(ref)
    with world.database.reading(asking) as session:
        return {refs[one.id] for one in roll.people(session, asking) if one.id in refs}


def nobodys(world: World) -> list[str]:
    with world.database.reading(None) as session:
        return [one.name for one in roll.without_recorder(session, world.now)]


def test_whoever_holds_the_senior_duty_stands_in_for_a_missing_manager_in_those_areas(world: World) -> None:
    assert opens(world, "dora") == {"dora", "asha"}
    stands_in(world, "dora", "North")
    assert opens(world, "dora") == {"dora", "asha", "olive", "hana", "adam"}  # Adam has no area: he is in each


@pytest.mark.parametrize(
    ("manager", "gone", "stood_in_for"),
    [("otto", False, False), ("otto", True, True), ("adam", False, True), ("olive", False, True)],
)
def test_a_manager_who_is_here_and_may_record_is_not_stood_in_for(
    world: World, manager: str, gone: bool, stood_in_for: bool
) -> None:
    """An administrator may not record; nobody is their own manager."""
    stands_in(world, "dora", "North")
    changes(world, "olive", manager_id=manager)
    if gone:
        changes(world, manager, disabled_at=world.now)
    assert ("olive" in opens(world, "dora")) == stood_in_for


def test_a_duty_elsewhere_or_an_area_that_is_over_stands_in_for_nobody(world: World) -> None:
    stands_in(world, "otto", "South")
    assert "olive" not in opens(world, "otto")
    with world.database.writing(None) as session:
        session.add(PersonArea(person_id=world.ids["olive"], area_id=world.ids["South"], starts=LONG_AGO,
                               ends=world.now - DAY))  # fmt: skip
    assert "olive" not in opens(world, "otto")


def test_officers_of_whom_nobody_records_are_named(world: World) -> None:
    assert nobodys(world) == ["Dora Quill", "Olive Marsh", "Otto Brandt"]
    stands_in(world, "dora", None)
    assert nobodys(world) == ["Dora Quill", "Otto Brandt"]  # nobody records their own; Dora has no area in the south
    changes(world, "dora", manager_id="olive")
    changes(world, "otto", manager_id="olive")
    assert nobodys(world) == []
    changes(world, "dora", phone="1")
    changes(world, "olive", phone="1")  # one person, by two accounts
    assert nobodys(world) == ["Dora Quill", "Olive Marsh"]


def test_the_stand_in_records_it_and_the_page_says_who_is_left(world: World) -> None:
    page = f"/office/codes/people/{world.ids['olive']}"
    said = {"may_visit": "yes", "checked_on-day": "1", "checked_on-month": "12", "checked_on-year": "2026"}
    assert "Dora Quill, Olive Marsh, Otto Brandt" in world.client("adam").get("/office/codes").get_data(as_text=True)
    assert world.client("dora").post(f"{page}/check", data=said).status_code == 404
    stands_in(world, "dora", "North")
    assert world.client("dora").post(f"{page}/check", data=said).status_code == 303
    assert world.client("adam").post(f"{page}/check", data=said).status_code == 404
    with world.database.reading(None) as session:
        olive = session.scalars(select(Person).where(Person.id == world.ids["olive"])).one()
        assert (olive.visit_check, olive.visit_checked_on is not None) == ("yes", True)
    left = world.client("dora").get("/office/codes").get_data(as_text=True)
    assert "Dora Quill, Otto Brandt" in left and "Olive Marsh" not in left
