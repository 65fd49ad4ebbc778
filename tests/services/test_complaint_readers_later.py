"""A complaint is kept from whoever comes near after it came: looked at again every day, ended ones too."""

from datetime import timedelta

import pytest

from fieldvisit.complaints.looking import look_again
from fieldvisit.complaints.models import DUTIES
from fieldvisit.ground.roles import DEMO
from fieldvisit.register.apart import KeptApart
from fieldvisit.register.models import Person, PersonArea, PersonDuty
from tests.complaints import acts, officers, received
from tests.services.test_complaints import kinds, seen_by
from tests.stories import FIRST_HOME, a_visit
from tests.world import LONG_AGO, World

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _officers(world: World) -> None:
    officers(world)


def look(world: World) -> int:
    return look_again(world.database, world.now + DAY, world.policy)


def joins(world: World, ref: str, **facts: str) -> None:
    """A new officer for complaints in the north."""
    with world.database.writing(DEMO) as session:
        person = Person(
            ref=ref, role="officer", name="New Comer", email=facts.get("email"), phone=facts.get("phone", "")
        )
        session.add(person)
        session.flush()
        world.ids[ref] = person.id
        session.add(PersonArea(person_id=person.id, area_id=world.ids["North"], starts=LONG_AGO))
        session.add(PersonDuty(person_id=person.id, duty=DUTIES[0], area_id=world.ids["North"], starts=LONG_AGO))


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("why", ["another account", "manager", "interest", "home"])
def test_who_comes_near_after_a_complaint_came_loses_sight_of_it_within_a_day(world: World, why: str, ended: bool):
    complaint = received(world, about_person_id=world.ids["asha"])
    other = received(world)
    if ended:
        acts(world, complaint, "not_wanted")
    with world.database.reading(None) as session:
        phone = session.get_one(Person, world.ids["asha"]).phone
    joins(world, "newton", phone=phone if why == "another account" else "07700900999")
    assert look(world) == (1 if why == "another account" else 0)
    with world.database.writing(DEMO) as session:
        near = {"person_id": world.ids["newton"], "cause": "interest:1", "starts": LONG_AGO}
        match why:
            case "manager":
                session.get_one(Person, world.ids["asha"]).manager_id = world.ids["newton"]
            case "interest":
                session.add(KeptApart(subject_kind="person", subject_id=world.ids["asha"], **near))
            case "home":
                session.add(KeptApart(home_id=world.ids[FIRST_HOME], **near))
    look(world)
    assert look(world) == 0, "twice is once"
    left = 0 if why == "home" else 1
    assert (seen_by(world, "newton"), seen_by(world, "olive")) == (left, 2), "the one about nobody near stays in sight"
    assert kinds(world, complaint)[-1] == "kept"
    assert "kept" not in kinds(world, other) or why == "home"


def test_a_new_officer_who_was_at_the_visit_under_another_account_reads_nothing_of_it(world: World):
    story = a_visit(world, starts=world.now - 3 * timedelta(hours=1))
    received(world, visit_id=story.visit_id)
    with world.database.reading(None) as session:
        email = session.get_one(Person, world.ids["asha"]).email
    joins(world, "newton", email=f"x{email}", phone="")
    assert (look(world), seen_by(world, "newton")) == (0, 1), "somebody else"
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["newton"]).phone = session.get_one(Person, world.ids["asha"]).phone
    assert (look(world), seen_by(world, "newton"), seen_by(world, "olive")) == (1, 0, 1)


def test_the_worker_looks_every_day(world: World, works, clock):
    received(world, about_person_id=world.ids["asha"])
    works()
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["asha"]).manager_id = world.ids["dora"]
    assert seen_by(world, "dora") == 1
    world.now += DAY
    clock.move_to(world.now)
    works()
    assert (seen_by(world, "dora"), seen_by(world, "olive")) == (0, 1)
