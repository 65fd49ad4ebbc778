"""Every open task of a concern, an unhappy tenant and an ID that was not shown is a case, with its first date (R16)."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.breaches.case_models import BreachCase, BreachStep
from fieldvisit.breaches.from_tasks import Turned, turn
from fieldvisit.breaches.models import Concern
from fieldvisit.complaints.models import Complaint
from fieldvisit.ground.clock import end_of_london_day
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import CONDUCT, TAKING
from fieldvisit.outbox.intake import REACTIONS
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Entry, Visit
from tests.stories import Story, a_visit
from tests.world import NOW, World


def an_old_concern(world: World, number: int, **facts: Any) -> str:
    """As the first issue wrote it: a row that nobody read, and a task."""
    with world.database.writing(TAKING) as session:
        concern = Concern(
            ref=f"C-{number}", form_key=f"k{number}", received_on=date(2026, 12, 1), what="He shouted",
            **({"anonymous": False, "received_at": datetime.fromisoformat("2026-12-01T10:17:00+00:00")} | facts),
        )  # fmt: skip
        session.add(concern)
        session.flush()
        raise_task(
            session, "concern", cause=f"concern:k{number}", about="concern", about_id=concern.id, area_id=None,
            at=concern.received_at or NOW, due=end_of_london_day(date(2026, 12, 2)),
        )  # fmt: skip
        return concern.id


def turned(world: World) -> Turned:
    with world.database.writing(TAKING) as session:
        return turn(session, world.policy, TAKING, NOW)


def cases(world: World) -> dict[str, BreachCase]:
    with world.database.reading(CONDUCT) as session:
        return {case.cause.partition(":")[0]: case for case in session.scalars(select(BreachCase))}


def complaints(world: World) -> list[Complaint]:
    with world.database.reading(TAKING) as session:
        return list(session.scalars(select(Complaint)))


def tasks(world: World) -> dict[str, Task]:
    with world.database.reading(TAKING) as session:
        return {task.kind: task for task in session.scalars(select(Task))}


@pytest.fixture
def of_the_first_issue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone's entries set off what they set off then: a dated task, and nothing else."""

    def a_task(kind: str) -> Any:
        def raised(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
            raise_task(
                session, kind, cause=f"{kind}:{entry.id}", about="visit", about_id=visit.id, area_id=visit.area_id,
                at=entry.corrected_time, due=end_of_london_day(date(2026, 12, 15)),
            )  # fmt: skip

        return raised

    monkeypatch.setitem(REACTIONS, ev.ConsentRefused, (a_task("no_id"),))
    monkeypatch.setitem(REACTIONS, ev.VisitClosed, (a_task("tenant_unhappy"),))


def test_a_concern_and_its_complaint_have_the_instant_at_which_it_was_told(world: World) -> None:
    concern_id = an_old_concern(world, 1)
    assert turned(world) == Turned(cases=1, complaints=1)
    case, (complaint,) = cases(world)["concern"], complaints(world)
    assert case.concern_id == concern_id
    assert case.heard_at == complaint.heard_at == datetime.fromisoformat("2026-12-01T10:17:00+00:00")
    assert tasks(world)["concern"].done_at == NOW


def test_an_anonymous_one_has_its_day_alone_and_is_no_complaint(world: World) -> None:
    an_old_concern(world, 1, anonymous=True, received_at=None)
    assert turned(world) == Turned(cases=1)
    assert cases(world)["concern"].heard_at == datetime.fromisoformat("2026-12-01T00:00:00+00:00")


def test_an_id_that_was_not_shown_is_a_case_about_whoever_led_the_visit(world: World, of_the_first_issue: None) -> None:
    story = a_visit(world).at_the_door().answered().refused("no-id")
    assert turned(world).cases == 1
    case, task = cases(world)["no_id"], tasks(world)["no_id"]
    assert (case.subject_id, case.visit_id) == (world.ids["asha"], story.visit_id)
    assert case.heard_at == task.raised_at and task.done_at is None, "the tenant still waits to hear from somebody"
    with world.database.reading(CONDUCT) as session:
        (step,) = session.scalars(select(BreachStep))
    assert step.body["clauses"] == ["ME-3.2b2"]


@pytest.mark.parametrize("wants", [True, False])
def test_an_unhappy_tenant_is_a_complaint_from_the_minute_it_was_heard(
    world: World, wants: bool, of_the_first_issue: None
) -> None:
    closing: dict[str, Any] = {"unhappy": True, "unhappy_words": "He was late", "wants_no_complaint": not wants}
    story: Story = a_visit(world).in_the_home().closing().closed(**closing)
    assert complaints(world) == []
    assert turned(world) == Turned(complaints=1)
    assert turned(world) == Turned()
    (complaint,) = complaints(world)
    assert (complaint.visit_id, complaint.heard_at) == (story.visit_id, tasks(world)["tenant_unhappy"].raised_at)
    assert complaint.channel == "door" and (complaint.stage == "closed") is not wants


def test_turning_twice_adds_nothing(world: World) -> None:
    an_old_concern(world, 1)
    a_visit(world).at_the_door().answered().refused("no-id")
    turned(world)
    with world.database.writing(TAKING) as session:  # as if the first run had been killed before it said so
        session.scalars(select(Task).where(Task.kind == "concern")).one().done_at = None
    assert turned(world) == Turned()


def test_what_is_done_already_is_left_alone(world: World) -> None:
    an_old_concern(world, 1)
    with world.database.writing(TAKING) as session:
        session.scalars(select(Task)).one().done_at = NOW
    assert turned(world) == Turned() and cases(world) == {}


def test_a_refusal_for_want_of_id_opens_its_case_at_once_from_now_on(world: World) -> None:
    a_visit(world).at_the_door().answered().refused("no-id")
    assert cases(world)["no_id"].heard_at == tasks(world)["no_id"].raised_at
    assert turned(world) == Turned()
