"""An interest that is declared: read by a manager, managed, and over when its declarer says so."""

import pytest
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import DECLARING
from fieldvisit.register.apart import KeptApart
from fieldvisit.register.models import Person, PersonDuty
from fieldvisit.tasks import Task
from tests.stories import FIRST_HOME, a_visit
from tests.web.test_declarations import WHY, gift, interest, milton_keynes, only, step, told, who_manages_whom  # noqa: F401 - fixtures
from tests.world import LONG_AGO, World


def test_an_officers_interest_is_read_and_managed_by_the_line_manager(world: World):
    world.client("olive").post("/declare/interest", data=interest())
    one, dora = only(world), world.client("dora")
    assert step(dora, one, "managed", homes="100030000001", reason=WHY).status_code == 409
    assert step(dora, one, "read").status_code == 303
    wrong = step(dora, one, "managed", homes="100030000009", reason=WHY)
    assert wrong.status_code == 422 and "No home of your areas" in wrong.get_data(as_text=True)
    assert (
        step(dora, one, "managed", homes="100030000001", people="INES@council.example", reason=WHY).status_code == 303
    )
    page = dora.get(f"/office/declarations/{one.id}").get_data(as_text=True)
    assert "Is not sent to 1 Larch Close" in page and "about Ines Vale" in page
    with world.database.reading(DECLARING) as session:
        assert {row.person_id for row in session.scalars(select(KeptApart))} == {world.ids["olive"]}


def test_a_contractors_interest_is_read_by_the_firms_manager_and_the_councils_contact_who_says_what_follows(
    world: World,
):
    world.client("asha").post("/declare/interest", data=interest())
    one, mona, otto = only(world), world.client("mona"), world.client("otto")
    assert step(otto, one, "read").status_code == 404
    assert step(mona, one, "heard").status_code == 404
    assert step(mona, one, "read").status_code == 303
    assert step(mona, one, "managed", reason=WHY).status_code == 404
    assert step(otto, one, "heard").status_code == 303
    assert step(otto, one, "managed", reason=WHY).status_code == 303
    assert only(world).stage == "managed"


def test_one_senior_officer_does_not_acknowledge_for_both(world: World):
    world.client("asha").post("/declare/interest", data=interest())
    one, dora = only(world), world.client("dora")
    shown = dora.get(f"/office/declarations/{one.id}").get_data(as_text=True)
    assert "Acknowledge as the manager" in shown and "Acknowledge for the council" in shown
    assert step(dora, one, "read").status_code == 303
    assert "Acknowledge for the council" not in dora.get(f"/office/declarations/{one.id}").get_data(as_text=True)
    refused = step(dora, one, "heard")
    assert refused.status_code == 409 and "You have acknowledged it already" in refused.get_data(as_text=True)
    assert step(world.client("otto"), one, "heard").status_code == 303


def test_what_waits_of_a_declaration_is_for_whoever_may_see_it_and_never_for_whoever_declared_it(world: World):
    with world.database.writing(None) as session:
        session.add(PersonDuty(person_id=world.ids["olive"], duty="repairs_manager", area_id=None, starts=LONG_AGO))
    world.client("olive").post("/declare/interest", data=interest())
    with world.database.reading(DECLARING) as session:
        task = session.scalars(select(Task).where(Task.about == "declaration")).one()
    done = f"/office/tasks/{task.id}/done"
    for ref in ("olive", "otto"):
        assert done not in world.client(ref).get("/office/tasks").get_data(as_text=True)
        assert world.client(ref).post(done).status_code == 404
    assert done in world.client("dora").get("/office/tasks").get_data(as_text=True)


@pytest.mark.parametrize("phone", ["07700 900 777", ""])
def test_nobody_decides_their_own_by_another_account(milton_keynes: World, phone: str):
    with milton_keynes.database.writing(None) as session:
        for ref in ("asha", "mona"):
            session.get_one(Person, milton_keynes.ids[ref]).phone = phone.replace(" ", "") if ref == "asha" else phone
    milton_keynes.client("asha").post("/declare/gift", data=gift())
    answer = step(milton_keynes.client("mona"), only(milton_keynes), "decided", decision="keep", reason=WHY)
    assert answer.status_code == (409 if phone else 303)


def test_a_home_that_the_manager_may_not_see_stays_out_of_bounds(world: World):
    south = a_visit(world, home="100030000004", lead="olive", by="otto")
    world.client("olive").post("/declare/interest", data=interest(visit=south.visit_id, this_home="yes"))
    one, dora = only(world), world.client("dora")
    step(dora, one, "read")
    assert step(dora, one, "managed", homes="100030000001", reason=WHY).status_code == 303
    with world.database.reading(DECLARING) as session:
        stands = session.scalars(select(KeptApart.home_id).where(KeptApart.ends.is_(None))).all()
    assert set(stands) == {world.ids["100030000001"], world.ids["100030000004"]}


def test_this_visits_household_is_out_of_bounds_at_once(world: World):
    story = a_visit(world)
    asha = world.client("asha")
    form = asha.get(f"/declare/interest?visit={story.visit_id}").get_data(as_text=True)
    assert "visit’s household" in form
    asha.post("/declare/interest", data=interest(visit=story.visit_id, this_home="yes"))
    with world.database.reading(DECLARING) as session:
        assert session.scalars(select(KeptApart.home_id)).all() == [world.ids[FIRST_HOME]]


def test_whoever_declared_it_says_that_it_is_over(world: World):
    olive = world.client("olive")
    olive.post("/declare/interest", data=interest(firm=world.ids["Oakline Repairs"]))
    one = only(world)
    assert olive.post(f"/declare/{one.id}/changed", data={"k": new_id()}).status_code == 422
    assert olive.post(f"/declare/{one.id}/over", data={"k": new_id(), "what": "I sold them."}).status_code == 303
    assert only(world).stage == "ended"
