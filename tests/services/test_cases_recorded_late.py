"""What happened on an earlier day is recorded when it is heard of; days run from when a letter was had."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from fieldvisit.breaches import case_acts, case_forms, case_page, cases
from fieldvisit.breaches.case_acts import Act
from fieldvisit.breaches.case_models import BreachCase, BreachTold
from fieldvisit.breaches.case_state import State
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import CONDUCT, DEMO
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register.involved import take_in
from fieldvisit.visits.plan_forms import Typed
from tests.cases import LETTER, Case, a_case, a_code, an_involved
from tests.world import World

HEARD = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def decided(world: World) -> Case:
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    case = a_case(world, "Pia Lund", kind="involved", heard_at=HEARD)
    case.screened("AL", ("AL-2.1",), "regular", coordinates=False).told().answered()
    return case.decided("", considered=["aware_warned"])


def record(case: Case, kind: str, by: str, happened: datetime, at: datetime, **more) -> None:
    """What was done then, recorded at that instant."""
    world = case.world
    words = more.pop("words", {})
    act = Act(kind, happened, world.ids[by], more, words)
    case_acts.do(world.database, case.id, act, key=new_id(), by=world.principal(by, at), policy=world.policy)


def test_an_appeal_that_came_in_time_is_recorded_after_a_later_note_and_never_before_the_outcome(world: World):
    case = decided(world).communicated()
    told = case.at
    case.act("note", "ivan", told + 3 * DAY, {"note": "She rang."})
    case.seated("investigator", "ivor")
    words = {"appeal": "It is too hard."}
    with pytest.raises(RefusedError, match="before what it follows"):
        record(case, "appealed", "ivan", told - DAY, told + 4 * DAY, words=words)
    record(case, "appealed", "ivan", told + DAY, told + 4 * DAY, words=words)
    assert (case.state.stage, case.state.appeals[0].asked_at) == ("appeal_requested", told + DAY)


def test_an_outcome_by_post_is_theirs_and_its_days_run_from_the_day_they_had_it(world: World):
    case = decided(world)
    case.act("communicated", "ivan", words={"letter": LETTER}, how="post")

    def given() -> bool:
        with world.database.reading(CONDUCT) as session:
            wanted = select(BreachTold).where(BreachTold.case_id == case.id, BreachTold.letter == "outcome")
            return session.scalars(wanted).one().given_at is not None

    assert (given(), case.state.appeal_from) == (False, None)
    had = case.at + 5 * DAY
    case.act("outcome_given", "ivan", had)
    assert (given(), case.state.appeal_from) == (True, had)
    with world.database.reading(CONDUCT) as session:
        said = cases.steps_of(session, [case.id])[case.id][-1].body["appeal_by"]
    assert said > london_date(had + 6 * DAY).isoformat()


def test_a_day_without_a_time_is_its_noon(world: World):
    day = {"day": "2", "month": "7", "year": "2026"}
    form = MultiDict({"action_done_id": "1"} | {f"action_done_on-{part}": value for part, value in day.items()})
    act = case_forms.read("action_done", Typed(form), State(), world.now, "x")
    assert act and act.happened == datetime(2026, 7, 2, 11, 0, tzinfo=UTC), "noon in London, where it is summer"


def test_whom_it_may_be_about_is_asked_of_the_day_in_london(world: World):
    heard = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # the second of July in London
    with world.database.writing(DEMO) as session:
        involved = take_in(session, "panel", "Pia Lund", starts_on=london_date(heard), email="pia@home.example").id
    case = a_case(world, subject=None, heard_at=heard)
    with world.database.reading(CONDUCT) as session:
        found = session.get_one(BreachCase, case.id)
        page = case_page.of_case(session, found, world.ids["ines"], world.now, world.policy)
    assert f"involved:{involved}" in dict(page.options["subjects"])
