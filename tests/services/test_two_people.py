"""Homes, and visits, to which nobody goes alone: asked at planning, at setting off, and marked where it happened."""

from datetime import datetime, timedelta

import pytest

from fieldvisit.db import new_id
from fieldvisit.ground.roles import DEMO
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register.models import Home, Person, Precaution
from fieldvisit.visits import events as ev
from fieldvisit.visits import planning
from fieldvisit.visits.fold import Line, fold
from fieldvisit.visits.models import Visit
from fieldvisit.visits.state import Stage
from tests.stories import FIRST_HOME, a_visit
from tests.web.desk_forms import said
from tests.world import World


def warned(world: World) -> None:
    today = world.now.date()
    with world.database.writing(DEMO) as session:
        session.add(
            Precaution(
                home_id=world.ids[FIRST_HOME], code="two_person", set_on=today, review_on=today + timedelta(days=90)
            )
        )


def planned(world: World, *others: str, two_people: bool = False) -> str:
    asking = world.principal("olive")
    with world.database.writing(asking) as session:
        lead, *with_them = (session.get_one(Person, world.ids[ref]) for ref in ("asha", *others))
        wanted = planning.Plan(
            home=session.get_one(Home, world.ids[FIRST_HOME]), kind="responsive_repair", reason="Leak", lead=lead,
            window_start=world.now + timedelta(days=3), window_end=world.now + timedelta(days=3, hours=2),
            others=tuple(with_them), two_people=two_people, form_key=new_id(),
        )  # fmt: skip
        return planning.plan(session, wanted, asking, world.now, world.policy).id


def test_nobody_is_planned_alone_where_a_warning_says_two(world: World) -> None:
    warned(world)
    with pytest.raises(RefusedError, match="Two people must go"):
        planned(world)
    assert planned(world, "ben")


def test_nor_where_the_scheduler_says_so(world: World) -> None:
    with pytest.raises(RefusedError, match="Two people must go"):
        planned(world, two_people=True)
    assert planned(world, "ben", two_people=True)
    assert planned(world)


def test_a_warning_that_came_later_keeps_the_button_from_the_phone_and_refuses_no_fact(world: World) -> None:
    story = a_visit(world, starts=world.now + timedelta(hours=1)).told()
    assert 'data-event="visit.set_off"' in world.client("asha").get(f"/visits/{story.visit_id}").text
    warned(world)
    page = world.client("asha").get(f"/visits/{story.visit_id}")
    assert "Two people must go there." in said(page)
    assert 'data-event="visit.set_off"' not in page.text
    story.set_off()
    assert story.results[-1]["status"] == "accepted"
    assert "alone" not in story.state().exceptions  # the phone could not know


def test_the_log_keeps_that_two_were_to_go(world: World) -> None:
    visit_id = planned(world, "ben", two_people=True)
    with world.database.reading(world.principal("olive")) as session:
        state = planning.state_of(session, session.get_one(Visit, visit_id), world.policy)
    assert state.two_people


def line(event: ev.Event, number: int, at: datetime) -> Line:
    return Line(event, "phone", f"line {number}", number, number, at, at)


@pytest.mark.parametrize(("others", "marks"), [((), ("alone",)), (("ben",), ())])
def test_a_fact_from_a_phone_is_kept_and_marked(world: World, others: tuple[str, ...], marks: tuple[str, ...]) -> None:
    start = world.now + timedelta(hours=1)
    plan = ev.VisitPlanned("inspection", start, start + timedelta(hours=1), "asha", "contractor", ev.Words("Look"),
                           others=others, two_people=True)  # fmt: skip
    told = ev.NoticeRecorded("n", "handed", start, start + timedelta(hours=1), sent_at=start - timedelta(days=3),
                             spoke_to="tenant")  # fmt: skip
    state = fold([line(plan, 1, world.now), line(told, 2, world.now), line(ev.VisitSetOff(), 3, start)], world.policy)
    assert (state.stage, state.exceptions) == (Stage.EN_ROUTE, marks)
