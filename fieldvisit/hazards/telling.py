"""Somebody who is not at the desk told of a hazard: a task of the area asks an officer to look, which ends with the triage."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.hazards.models import Hazard
from fieldvisit.tasks import Task, raise_task

LOOK = "hazard_seen"


def ask_to_look(session: Session, case: Hazard, told_at: datetime, policy: Policy) -> None:
    """Told once more, the task is there once more, with its new day."""
    due = end_of_london_day(policy.working_days.after(london_date(told_at), policy.task.hazard_wd.value))
    task = session.scalars(select(Task).where(Task.cause == case.cause)).first()
    if task is None:
        raise_task(
            session, LOOK, cause=case.cause, about="hazard", about_id=case.id, area_id=case.area_id, at=told_at, due=due
        )
    else:
        task.raised_at, task.due_at, task.done_at = told_at, due, None
