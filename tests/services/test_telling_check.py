"""`fieldvisit check` on what is sent: work that was left undone, receipts that never came, logs that do not say them."""

from datetime import datetime, timedelta

from sqlalchemy import select

from fieldvisit import worker
from fieldvisit.desk.check import problems
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import SENDING
from fieldvisit.jobs import Work
from fieldvisit.notices.models import Notice
from tests.stories import a_visit
from tests.telling import DAYS, gives_notice, hears, in_three_days
from tests.world import NOW, World

# --- fieldvisit check -----------------------------------------------------------------------------------------------


def found(world: World, at: datetime = NOW) -> list[str]:
    return list(problems(world.app.extensions["fv_config"], world.database, world.policy, london_date(at)))


def test_check_finds_a_notice_that_was_recorded_twice_or_came_back_whole(world, provider, works):
    for said_of_it in (["delivered"], ["temporary-failure"], ["delivered", "permanent-failure"], []):
        reference = gives_notice(in_three_days(world))
        works()
        for status in said_of_it:
            hears(world, reference, status, NOW)
            works()
    assert found(world) == []


def test_check_names_work_that_was_left_undone(world, provider, works, clock):
    provider.fails = ZeroDivisionError()
    reference = gives_notice(in_three_days(world))
    for hours in range(worker.MOST_TRIES + 2):
        clock.move_to(NOW + timedelta(hours=hours))
        works()
    assert found(world) == [f"Work was left undone after 20 tries: send of {reference} (ZeroDivisionError)."]


def test_check_asks_for_a_worker_where_work_waits_for_days(world):
    in_three_days(world)
    gives_notice(a_visit(world, starts=NOW + 12 * DAYS, planned_at=NOW))
    assert found(world, NOW + 3 * DAYS) == []
    assert any("Is a worker running?" in each for each in found(world, NOW + 4 * DAYS))


def test_check_names_a_notice_of_which_nothing_was_heard_for_days(world, provider, works):
    story = a_visit(world, starts=NOW + 12 * DAYS, planned_at=NOW)
    reference = gives_notice(story)
    works()
    assert not any(reference in each for each in found(world, NOW + 3 * DAYS))
    assert any(reference in each for each in found(world, NOW + 4 * DAYS))
    hears(world, reference, "delivered", NOW)
    works()
    assert not any(reference in each for each in found(world, NOW + 4 * DAYS))


def test_check_names_a_receipt_of_which_the_log_says_nothing(world, provider, works):
    story = in_three_days(world)
    reference = gives_notice(story)
    works()
    hears(world, reference, "delivered", NOW)
    assert found(world) == []  # it is being heard
    with world.database.writing(SENDING) as session:
        for work in session.scalars(select(Work).where(Work.kind == "hear")):
            session.delete(work)
    assert found(world) == [f"Visit {story.row().ref}: its log does not say what became of the message {reference}."]


def test_check_finds_the_row_of_a_notice_that_somebody_changed(world, provider, works):
    story = in_three_days(world)
    reference = gives_notice(story)
    works()
    hears(world, reference, "temporary-failure", NOW)
    works()
    with world.database.writing(SENDING) as session:
        session.get_one(Notice, reference).delivery = "delivered"
    assert found(world) == [f"Visit {story.row().ref}: the row of a notice does not say what its log says of it."]
