"""What a household changes is told to each of its open visits: a dated task, because version 1 of the wire has no word
for it and the log is the door's.

The page at the door reads the household as it is; a phone that already holds its pack reads it with the next pack. The
task is for what pages cannot do: another interpreter, another worker, another hour, a phone that is out of signal.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.register.models import Household
from fieldvisit.register.needs_service import SETS_OFF
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits.models import Visit
from fieldvisit.visits.state import ENDED

KIND = "needs_changed"


def tell_open_visits(session: Session, household: Household, at: datetime) -> None:
    """One open task for each visit, however many changes it hears of before somebody looks."""
    visits = session.scalars(select(Visit).where(Visit.home_id == household.home_id, Visit.stage.not_in(ENDED))).all()
    waiting = select(Task.about_id).where(Task.kind == KIND, Task.about == "visit", Task.done_at.is_(None))
    waits = set(session.scalars(waiting.where(Task.about_id.in_([visit.id for visit in visits]))))
    due = end_of_london_day(london_date(at))
    for visit in visits:
        if visit.id not in waits:
            cause = f"needs:{visit.id}:{new_id()[:16]}"
            raise_task(
                session, KIND, cause=cause, about="visit", about_id=visit.id, area_id=visit.area_id, at=at, due=due
            )


SETS_OFF.append(tell_open_visits)
