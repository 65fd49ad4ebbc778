"""What waits for a person: the tasks of an officer's areas, and those that no area holds."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, tuple_
from sqlalchemy.orm import Session

from fieldvisit.breaches.danger import FOR_ONE
from fieldvisit.complaints.models import Complaint
from fieldvisit.declarations.models import Declaration
from fieldvisit.desk.forms import Place
from fieldvisit.ground.roles import Principal
from fieldvisit.tasks import Task

PAGE = 50


def _of(who: Principal) -> ColumnElement[bool]:
    """What asks for one person is seen by that one; a task of a complaint or a declaration by whoever sees that, and by nobody
    else (N1). One's own declaration is on one's own page."""
    here = or_(Task.area_id.is_(None), Task.area_id.in_(who.areas))
    others = select(Declaration.id).where(Declaration.person_id.is_distinct_from(who.person_id))
    seen = or_(
        Task.about.not_in(("complaint", "declaration", FOR_ONE)),
        and_(Task.about == FOR_ONE, Task.about_id == who.person_id),
        and_(Task.about == "complaint", Task.about_id.in_(select(Complaint.id))),
        and_(Task.about == "declaration", Task.about_id.in_(others)),
    )
    return and_(here, seen)


def open_tasks(
    session: Session, who: Principal, after: Place | None, most: int = PAGE
) -> tuple[Sequence[Task], Place | None]:
    """Soonest due first, and where the next page begins."""
    query = select(Task).where(_of(who), Task.done_at.is_(None)).order_by(Task.due_at, Task.id).limit(most + 1)
    if after:
        query = query.where(tuple_(Task.due_at, Task.id) > (after.at, after.id))
    rows = session.scalars(query).all()
    shown = rows[:most]
    return shown, Place(shown[-1].due_at, shown[-1].id) if len(rows) > most else None


def find(session: Session, who: Principal, task_id: str) -> Task | None:
    return session.scalars(select(Task).where(_of(who), Task.id == task_id).with_for_update()).first()


def mark_done(task: Task, at: datetime) -> bool:
    """Doing it twice is doing it once: the first time stands. True for the press that did it."""
    if task.done_at is not None:
        return False
    task.done_at = at
    return True
