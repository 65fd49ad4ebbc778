"""Once a day: somebody is asked to look at each complaint of which something runs out soon. For system work."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.complaints import clocks, service
from fieldvisit.complaints.models import Complaint
from fieldvisit.complaints.state import ENDED
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.tasks import Task, raise_task

WORK = "complaints_due"
TASK = "complaint_due"
AT_A_TIME = 200


def chase(session: Session, at: datetime, policy: Policy) -> int:
    """How many tasks were raised. One for each clock, once; of DR-8 where its own task (R16) is no longer there."""
    count_anew(session, policy)
    horizon = end_of_london_day(policy.working_days.after(london_date(at), policy.complaint.warn_wd.value))
    query = select(Complaint).where(Complaint.stage.notin_(ENDED), Complaint.runs_out_at <= horizon)
    raised, after = 0, ""
    while found := session.scalars(query.where(Complaint.id > after).order_by(Complaint.id).limit(AT_A_TIME)).all():
        steps = service.steps_of(session, [one.id for one in found])
        for one in found:
            owed = clocks.outstanding(service.state_from(steps[one.id]), policy)
            due = [clock for clock in owed if clock.due <= horizon and _begun(clock, at)]
            if service.has_open_task(session, one):
                due = [clock for clock in due if clock.rule != "DR-8"]
            raised += sum(_raise(session, one, clock, at) for clock in due)
        after = found[-1].id
    return raised


def count_anew(session: Session, policy: Policy) -> int:
    """Of open ones, what runs out first, as the calendar stands today: a bank holiday may have been proclaimed, or moved,
    since the last step. How many have another day now."""
    changed, after, query = 0, "", select(Complaint).where(Complaint.stage.notin_(ENDED)).order_by(Complaint.id)
    while found := session.scalars(query.where(Complaint.id > after).limit(AT_A_TIME)).all():
        steps = service.steps_of(session, [one.id for one in found])
        for one in found:
            first = clocks.runs_out_first(service.state_from(steps[one.id]), policy)
            if first != one.runs_out_at:
                one.runs_out_at, changed = first, changed + 1
        after = found[-1].id
    session.flush()
    return changed


def _begun(clock: clocks.Clock, at: datetime) -> bool:
    """An answer is asked for when its time has begun: before the acknowledgement, that one is what is late."""
    return clock.begins <= at


def _raise(session: Session, complaint: Complaint, clock: clocks.Clock, at: datetime) -> int:
    cause = service.due_cause(complaint, clock.key, clock.number)
    if session.scalars(select(Task.id).where(Task.cause == cause)).first():
        return 0
    try:
        with session.begin_nested():
            raise_task(session, TASK, cause=cause, about=service.WORK, about_id=complaint.id, area_id=complaint.area_id,
                       at=at, due=clock.due)  # fmt: skip
    except IntegrityError:  # another worker was first
        return 0
    return 1
