"""Doors that stayed shut before there was a queue have the case that they would have had."""

from typing import Any

from sqlalchemy import text

from fieldvisit.ground.roles import DEMO, IMPORTING
from fieldvisit.visits.access_cases import AccessAttempt, AccessCase
from fieldvisit.visits.access_catch_up import catch_up
from fieldvisit.visits.models import Visit
from tests.services.test_access_cases import DAY, a_job, for_job, nobody_in, rows, the_case, three_times
from tests.stories import a_visit
from tests.world import World


def as_before_the_queue(world: World) -> None:
    with world.database.as_owner(write=True).begin() as connection:
        for table in ("access_chase", "access_step", "access_contact", "access_attempt", "access_case"):
            connection.execute(text(f"DELETE FROM {table}"))


def catches_up(world: World) -> int:
    with world.database.writing(IMPORTING) as session:
        return catch_up(session, world.policy).attempts


def kept_of(world: World) -> list[tuple[Any, ...]]:
    attempts = [
        (row.entry_id, row.kind, row.reason, row.valid, row.notice, row.window_start, row.window_end, row.arrived_at,
         row.happened_at, row.waited_min, row.called, row.card_left) for row in rows(world, AccessAttempt)
    ]  # fmt: skip
    cases = [
        (row.stage, row.reason, row.opened_at, row.due_at, row.closed_at, row.job_id) for row in rows(world, AccessCase)
    ]
    return sorted(attempts, key=str) + sorted(cases, key=str)


def test_what_was_recorded_before_the_queue_has_the_case_that_it_would_have_had(world: World):
    three_times(world)
    a_visit(world, home="100030000002").at_the_door().answered().identified().refused("unwell")
    a_visit(world, home="100030000003", lead="ben").at_the_door().says("door.child_answered", adult_coming=False)
    before = kept_of(world)
    as_before_the_queue(world)
    assert catches_up(world) == 5
    assert kept_of(world) == before


def test_catching_up_once_more_adds_nothing(world: World):
    nobody_in(world)
    as_before_the_queue(world)
    assert [catches_up(world) for _ in range(3)] == [1, 0, 0]
    assert len(rows(world, AccessCase)) == 1


def test_a_visit_that_was_moved_later_keeps_the_time_that_was_told_then(world: World):
    story = nobody_in(world)
    before = kept_of(world)
    as_before_the_queue(world)
    with world.database.writing(DEMO) as session:
        visit = session.get_one(Visit, story.visit_id)
        visit.window_start, visit.window_end = visit.window_start + 7 * DAY, visit.window_end + 7 * DAY
    catches_up(world)
    assert kept_of(world) == before


def test_whoever_was_let_in_since_has_closed_it(world: World):
    job_id = a_job(world)
    nobody_in(world, job_id)
    for_job(a_visit(world, starts=world.now + DAY), job_id).at_the_door().answered().identified().consented().entered()
    before = kept_of(world)
    as_before_the_queue(world)
    catches_up(world)
    assert kept_of(world) == before
    assert the_case(world).stage == "closed"


def test_an_old_door_does_not_join_a_case_that_began_after_somebody_was_let_in(world: World):
    job_id = a_job(world)
    nobody_in(world, job_id)
    for_job(a_visit(world, starts=world.now + DAY), job_id).at_the_door().answered().identified().consented().entered()
    with world.database.as_owner(write=True).begin() as connection:
        for table in ("access_step", "access_attempt", "access_case"):
            connection.execute(text(f"DELETE FROM {table}"))
    nobody_in(world, job_id, days=2)  # by now there is a queue
    assert catches_up(world) == 1
    assert sorted(case.stage for case in rows(world, AccessCase)) == ["closed", "recorded"]
