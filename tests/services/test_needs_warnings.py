"""Warnings about a home: an owner, a review date, what the worker is told, and what HACT's alerts bring and take."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit import worker
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, DEMO
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.jobs import Work
from fieldvisit.register import needs_service as needs
from fieldvisit.register import needs_warnings as warnings
from fieldvisit.register.hact_alerts import Alert
from fieldvisit.register.models import Household, Precaution
from fieldvisit.visits.precautions import SENTENCES, UNKNOWN, say_precautions
from fieldvisit.visits.round_page import todays_round
from tests.importing import MESSAGES, Importing
from tests.services.test_needs import DAY, TODAY, change, tasks
from tests.stories import FIRST_HOME, a_visit
from tests.world import World

# --- warnings -----------------------------------------------------------------------------------------------------


def warn(world: World, code: str = "two_person", review_on: date = TODAY + 30 * DAY, key: str | None = None) -> str:
    def act(session: Any, it: Household, at: Any) -> str:
        owner = world.ids["olive"]
        return warnings.warn(
            session, it, code, owner_id=owner, review_on=review_on, key=key or new_id(), at=at, policy=world.policy
        ).id

    found: str = change(world, act)
    return found


def told_at_the_door(world: World) -> list[str]:
    with world.database.reading(world.principal("asha")) as session:
        [stop] = todays_round(session, world.ids["asha"], world.now, "").today
        return list(stop.precautions)


def test_the_worker_is_told_the_instruction_beside_what_the_tenant_asked_for(world: World) -> None:
    a_visit(world).told()
    change(world, needs.set_needs, ["knock_loudly"])
    warn(world)
    assert told_at_the_door(world) == [SENTENCES["knock_loudly"], SENTENCES["two_person"]]


def test_a_warning_set_by_a_form_sent_twice_is_one(world: World) -> None:
    key = new_id()
    assert warn(world, key=key) == warn(world, key=key) == key
    with world.database.reading(CHECKING) as session:
        assert len(session.scalars(select(Precaution)).all()) == 1


@pytest.mark.parametrize(
    ("code", "days", "why"), [("sing", 30, "unknown"), ("dog", 0, "past"), ("dog", 366, "too-far")]
)
def test_a_warning_that_may_not_be_set_is_refused(world: World, code: str, days: int, why: str) -> None:
    with pytest.raises(RefusedError) as error:
        warn(world, code, TODAY + days * DAY)
    assert error.value.verdict.code == why


def test_after_its_review_date_it_is_still_told_and_a_task_asks_for_a_look_once(world: World) -> None:
    row_id = warn(world, "dog", review_on=TODAY + 30 * DAY)
    later = world.now + 31 * DAY
    a_visit(world, starts=later + timedelta(hours=1), planned_at=later - 5 * DAY).told()
    with world.database.reading(CHECKING) as session:
        [work] = session.scalars(select(Work).where(Work.kind == warnings.REVIEW))
        assert (work.subject_id, work.due_at.date()) == (row_id, TODAY + 30 * DAY)
    for _ in range(2):
        with world.database.writing(CHECKING) as session:
            warnings.review_due(session, row_id, later)
    [task] = tasks(world, "precaution_review")
    assert (task.about, task.about_id, task.area_id) == ("home", world.ids[FIRST_HOME], world.ids["North"])
    with world.database.reading(CHECKING) as session:
        it = session.scalars(select(Household).where(Household.home_id == world.ids[FIRST_HOME])).one()
        assert it.precautions == ["dog"]


def test_the_worker_process_does_it_on_the_day(world: World) -> None:
    warn(world, review_on=TODAY + 30 * DAY)
    config = world.app.extensions["fv_config"]

    def runs() -> int:
        return (
            len(tasks(world, "precaution_review")) if worker.run(world.database, config, world.policy, once=True) else 0
        )

    assert world.at_the_time(world.now + 29 * DAY, runs) == 0
    assert world.at_the_time(world.now + 30 * DAY, runs) == 1


def test_a_review_that_comes_too_early_or_of_an_ended_warning_raises_nothing(world: World) -> None:
    row_id = warn(world, review_on=TODAY + 30 * DAY)
    with world.database.writing(CHECKING) as session:
        assert not warnings.review_due(session, row_id, world.now)
        assert not warnings.review_due(session, "f" * 32, world.now)
    with world.database.writing(world.principal("olive")) as session:
        row = session.get_one(Precaution, row_id)
        warnings.end(session, row, by=world.principal("olive"), area_id=world.ids["North"], at=world.now)
    with world.database.writing(CHECKING) as session:
        assert not warnings.review_due(session, row_id, world.now + 60 * DAY)
    assert tasks(world, "precaution_review") == []


def test_who_looks_at_it_again_answers_for_it_and_its_task_is_done(world: World) -> None:
    row_id = warn(world, review_on=TODAY + DAY)
    with world.database.writing(CHECKING) as session:
        warnings.review_due(session, row_id, world.now + 2 * DAY)
    with world.database.writing(world.principal("dora")) as session:
        row = session.get_one(Precaution, row_id)
        day = TODAY + 300 * DAY
        assert warnings.review(
            session, row, owner_id=world.ids["dora"], review_on=day, at=world.now, policy=world.policy
        )
    assert tasks(world, "precaution_review") == []
    with world.database.reading(CHECKING) as session:
        assert session.get_one(Precaution, row_id).owner_id == world.ids["dora"]


def test_one_that_has_ended_is_told_no_more(world: World) -> None:
    a_visit(world).told()
    row_id = warn(world)
    with world.database.writing(world.principal("olive")) as session:
        row = session.get_one(Precaution, row_id)
        assert warnings.end(session, row, by=world.principal("olive"), area_id=world.ids["North"], at=world.now)
        assert not warnings.end(session, row, by=world.principal("olive"), area_id=world.ids["North"], at=world.now)
    assert told_at_the_door(world) == []


def test_a_stranger_to_the_area_cannot_end_it(world: World) -> None:
    row_id = warn(world)
    with world.database.writing(CHECKING) as session, pytest.raises(RefusedError):
        row = session.get_one(Precaution, row_id)
        warnings.end(session, row, by=world.principal("otto"), area_id=world.ids["North"], at=world.now)


# --- HACT ---------------------------------------------------------------------------------------------------------


def take(world: World, *alerts: Alert) -> int:
    with world.database.writing(DEMO) as session:
        return warnings.take_alerts(session, world.ids[FIRST_HOME], alerts, world.now)


def test_an_alert_is_told_with_a_call_to_the_office_until_somebody_answers_for_it(world: World) -> None:
    a_visit(world).told()
    assert take(world, Alert("person", "10"), Alert("location", "50")) == 2
    assert told_at_the_door(world) == [SENTENCES["two_person"], UNKNOWN]
    assert len(tasks(world, "precaution_review")) == 2
    assert len(tasks(world, "needs_changed")) == 1
    with world.database.writing(world.principal("olive")) as session:
        for row in warnings.open_warnings(session, world.ids[FIRST_HOME]):
            day = TODAY + 30 * DAY
            warnings.review(session, row, owner_id=world.ids["olive"], review_on=day, at=world.now, policy=world.policy)
    assert tasks(world, "precaution_review") == []
    assert told_at_the_door(world) == [SENTENCES["two_person"], UNKNOWN], (
        "one of them has no sentence: it never vanishes"
    )


def test_an_alert_that_stands_is_not_set_twice(world: World) -> None:
    assert take(world, Alert("person", "10")) == 1
    assert take(world, Alert("person", "10"), Alert("person", "10")) == 0


def test_what_goes_out_is_what_came_in_and_what_the_tenant_asked_for(world: World) -> None:
    take(world, Alert("person", "10-10"), Alert("location", "50"))
    change(world, needs.set_needs, ["dog"])
    with world.database.reading(world.principal("olive")) as session:
        found = warnings.alerts_of(session, world.ids[FIRST_HOME])
    assert [one["Type"] for one in found["PersonAlert"]] == ["10-10"]
    assert [one["Type"] for one in found["LocationAlert"]] == ["50", "0"]


def test_a_repair_that_comes_with_an_alert_warns_of_its_home(world: World, importing: Importing) -> None:
    assert importing("hact", MESSAGES / "good.json") == ["1 imported"]
    assert importing("hact", MESSAGES / "good.json") == ["1 unchanged"]
    with world.database.reading(CHECKING) as session:
        [row] = session.scalars(select(Precaution))
        assert (row.home_id, row.hact_code, row.owner_id) == (world.ids["100030000003"], "person 10", None)
        said = say_precautions(row.codes, language="en", trusted_adult=False)
        assert "invented remark" not in repr([getattr(row, c.key) for c in Precaution.__table__.columns])
    assert said == (SENTENCES["two_person"], UNKNOWN)


# --- a second officer ---------------------------------------------------------------------------------------------


def set_by_olive(world: World) -> str:
    def act(session: Any, it: Household, at: Any) -> str:
        return warnings.warn(
            session, it, "dog", owner_id=world.ids["dora"], review_on=TODAY + 30 * DAY, key=new_id(), at=at,
            policy=world.policy, set_by=world.ids["olive"],
        ).id  # fmt: skip

    found: str = change(world, act)
    return found


def approved(world: World, precaution_id: str, by: str) -> bool:
    asking = world.principal(by)
    with world.database.writing(asking) as session:
        return warnings.approve(session, session.get_one(Precaution, precaution_id), by=asking, at=world.now)


@pytest.mark.parametrize("who", ["olive", "dora"])
def test_neither_whoever_set_it_nor_whoever_answers_for_it_is_the_second_officer(world: World, who: str) -> None:
    row = set_by_olive(world)
    with pytest.raises(RefusedError, match="Another officer must look"):
        approved(world, row, who)


def test_a_second_officer_is_asked_for_and_the_worker_is_told_meanwhile(world: World) -> None:
    a_visit(world).told()
    row = set_by_olive(world)
    assert told_at_the_door(world) == [SENTENCES["dog"]]
    assert len(tasks(world, "precaution_approve")) == 1
    with world.database.writing(DEMO) as session:
        session.get_one(Precaution, row).owner_id = world.ids["otto"]
    assert approved(world, row, "dora")
    assert not approved(world, row, "dora")
    assert tasks(world, "precaution_approve") == []
