"""A case that was told by telephone knows no visit: whoever looks into it names it, and its log can be attached then."""

from datetime import timedelta

from sqlalchemy import event, select

from fieldvisit.breaches import case_evidence, case_visits, cases
from fieldvisit.breaches.case_models import BreachStep
from fieldvisit.ground.roles import CONDUCT
from fieldvisit.visits.models import Visit
from tests.cases import Case, a_case
from tests.services.test_the_same_breach_in_five_codes import refuses
from tests.stories import Story, a_visit
from tests.world import World

DAY = timedelta(days=1)


def offered(case: Case) -> list[tuple[str, str]]:
    with case.world.database.reading(CONDUCT) as session:
        found = cases.find(session, case.id)
        assert found
        return case_visits.offered(session, found)


def to_attach(case: Case) -> set[str]:
    with case.world.database.reading(CONDUCT) as session:
        found = cases.find(session, case.id)
        assert found
        return {item.kind for item in case_evidence.to_attach(session, found)}


def ref_of(world: World, story: Story) -> str:
    with world.database.reading(CONDUCT) as session:
        return session.get_one(Visit, story.visit_id).ref


def test_the_visit_is_named_by_whoever_looks_into_it_and_its_log_and_notices_can_be_attached_then(world: World):
    theirs = a_visit(world, starts=world.now - 2 * DAY).at_the_door()
    old = a_visit(world, starts=world.now - 60 * DAY)
    others = a_visit(world, lead="ben", starts=world.now - 2 * DAY)
    case = a_case(world).screened()
    assert to_attach(case) == set()
    assert [ref for ref, _ in offered(case)] == [ref_of(world, theirs)], "near the day, and of this person"
    for typed in ("", ref_of(world, others), "V-234567892"):
        said = refuses(case, "visit", "ines", visit=typed)
        assert said.startswith("No visit of this person") if typed else "Choose the visit" in said
    case.act("visit", "ines", visit=ref_of(world, theirs).removeprefix("V-").lower())
    assert {"entry", "notice"} <= to_attach(case)
    with world.database.reading(CONDUCT) as session:
        found = cases.find(session, case.id)
        assert found and (found.visit_id, found.home_id) == (
            theirs.visit_id,
            session.get_one(Visit, theirs.visit_id).home_id,
        )
        kept = session.scalars(
            select(BreachStep.body).where(BreachStep.case_id == case.id, BreachStep.kind == "visit")
        ).one()
        assert kept == {}, "a step is never forgotten, and which visit it was must be"
    assert offered(case) == []
    case.act("visit", "ivan", visit=ref_of(world, old))
    with world.database.reading(CONDUCT) as session:
        found = cases.find(session, case.id)
        assert found and found.visit_id == old.visit_id


def test_many_visits_are_offered_with_as_few_questions_as_one(world: World):
    a_visit(world, starts=world.now - 2 * DAY)
    case = a_case(world)
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(world.database.reader, "before_cursor_execute", note)
    try:
        offered(case)
        one = len(asked)
        for day, home in ((3, "100030000002"), (4, "100030000003")):
            a_visit(world, home=home, starts=world.now - day * DAY)
        asked.clear()
        assert len(offered(case)) == 3
        assert len(asked) == one
    finally:
        event.remove(world.database.reader, "before_cursor_execute", note)


def test_before_anybody_knows_whom_it_is_about_no_visit_is_offered(world: World):
    theirs = a_visit(world, starts=world.now - 2 * DAY).at_the_door()
    case = a_case(world, None)
    assert offered(case) == []
    assert "whom this is about" in refuses(case, "visit", "lena", visit=ref_of(world, theirs))
