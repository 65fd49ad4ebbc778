"""What waits for a person: the tasks of an officer's areas, those that no area holds, and what asks for several at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from fieldvisit.breaches.danger import FOR_ONE
from fieldvisit.complaints.models import Complaint
from fieldvisit.declarations.models import Declaration
from fieldvisit.desk import asked
from fieldvisit.desk.forms import Place
from fieldvisit.ground.roles import Principal
from fieldvisit.ground.task_kinds import AT_ONCE, HAZARD, SAME_DAY, WATCHED, Rank, may_mark_done
from fieldvisit.ground.verdict import insist
from fieldvisit.hazards.models import Hazard
from fieldvisit.hazards.service import urgent
from fieldvisit.messages.desk_calls import UNHEARD
from fieldvisit.register.models import Person
from fieldvisit.safety.models import Watch
from fieldvisit.tasks import FOR_ASKED, Task, TaskAsked

PAGE = 50
MOST_DONE = 10


def _of(who: Principal) -> ColumnElement[bool]:
    """What asks for one person, or for some, is seen by those; a task of a complaint or a declaration by whoever sees that, and
    by nobody else (N1). One's own declaration is on one's own page."""
    here = or_(Task.area_id.is_(None), Task.area_id.in_(who.areas))
    others = select(Declaration.id).where(Declaration.person_id.is_distinct_from(who.person_id))
    seen = or_(
        Task.about.not_in(("complaint", "declaration", FOR_ONE, FOR_ASKED)),
        and_(Task.about == FOR_ONE, Task.about_id == who.person_id),
        and_(Task.about == FOR_ASKED, Task.id.in_(_asks(who))),
        and_(Task.about == "complaint", Task.about_id.in_(select(Complaint.id))),
        and_(Task.about == "declaration", Task.about_id.in_(others)),
    )
    watched = or_(Task.kind.not_in(WATCHED), func.substr(Task.cause, 3, 32).in_(select(Watch.id)))  # "w:", and its id
    return and_(here, seen, watched)


def _asks(who: Principal) -> Select[str]:
    return select(TaskAsked.task_id).where(TaskAsked.person_id == who.person_id)


def open_tasks(
    session: Session, who: Principal, after: Place | None, most: int = PAGE
) -> tuple[Sequence[Task], Place | None]:
    """Danger before date (`ground/task_kinds.py`), then soonest due first; and where the next page begins. What cannot wait
    is on the first page, all of it."""
    rank = _rank()
    still_open = select(Task).where(_of(who), Task.done_at.is_(None)).order_by(rank, Task.due_at, Task.id)
    first = [] if after else list(session.scalars(still_open.where(rank == Rank.NOW)))
    query = still_open.where(rank > Rank.NOW).limit(most + 1)
    if after:
        last = session.scalars(select(rank).where(Task.id == after.id)).first() or Rank.DAYS
        query = query.where(tuple_(rank, Task.due_at, Task.id) > (last, after.at, after.id))
    rows = session.scalars(query).all()
    shown = rows[:most]
    return [*first, *shown], Place(shown[-1].due_at, shown[-1].id) if len(rows) > most else None


def _rank() -> ColumnElement[int]:
    urgent_ones = select(Hazard.cause).where(
        Hazard.id.in_(urgent())
    )  # of one that a visit told of, the task is about the visit
    emergency = and_(Task.kind == HAZARD, Task.cause.in_(urgent_ones))
    at_once = or_(Task.kind.in_(AT_ONCE), emergency)
    return case((at_once, int(Rank.NOW)), (Task.kind.in_(SAME_DAY), int(Rank.TODAY)), else_=int(Rank.DAYS))


def find(session: Session, who: Principal, task_id: str) -> Task | None:
    return session.scalars(select(Task).where(_of(who), Task.id == task_id).with_for_update()).first()


def mark_done(session: Session, task: Task, who: Principal, seen: str = "") -> bool:
    """Doing it twice is doing it once: the first time stands. True for the press that did it. seen: whom the page showed to
    have it in hand. Raises RefusedError where a colleague was first."""
    mine = _mine(session, task, who)
    if mine:
        insist(asked.may_mark_done(standings(session, [task])[task.id], who.person_id, seen))
    if task.done_at is not None:
        return False
    insist(may_mark_done(task.kind))
    task.done_at = who.at
    if mine:
        mine.done_at = who.at
    return True


# --- what several were asked to do --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    task: Task
    by: asked.Asked


def standings(session: Session, tasks: Iterable[Task]) -> dict[str, asked.Standing]:
    """Of those that ask for several."""
    found: dict[str, list[asked.Asked]] = {task.id: [] for task in tasks if task.about == FOR_ASKED}
    if not found:
        return {}
    query = select(TaskAsked, Person.name).join(Person, Person.id == TaskAsked.person_id)
    for row, name in session.execute(query.where(TaskAsked.task_id.in_(list(found)))):
        found[row.task_id].append(asked.Asked(row.person_id, name, row.taken_at, row.done_at))
    return {task_id: asked.standing(those) for task_id, those in found.items()}


def unheard(session: Session, tasks: Iterable[Task]) -> dict[str, str]:
    """The names of those whom no call reaches: of these tasks."""
    wanted = {task.about_id for task in tasks if task.kind == UNHEARD}
    if not wanted:
        return {}
    return dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted))).all())


def done_lately(session: Session, who: Principal) -> list[Done]:
    """Of what asked for this person: what somebody has done, the latest first."""
    query = select(Task).where(_of(who), Task.about == FOR_ASKED, Task.done_at > who.at - asked.SHOWN_DONE)
    tasks = session.scalars(query.order_by(Task.done_at.desc(), Task.id).limit(MOST_DONE)).all()
    stands = standings(session, tasks)
    return [Done(task, by) for task in tasks if (by := stands[task.id].done)]


def take(session: Session, task: Task, who: Principal, seen: str) -> bool:
    """True for the press that took it. Raises RefusedError where a colleague was first. The task must be locked."""
    mine, now = _mine(session, task, who), standings(session, [task]).get(task.id)
    if mine is None or now is None:
        return False
    insist(asked.may_take(now, who.person_id, seen))
    if task.done_at or (now.holder and now.holder.person_id == who.person_id):
        return False
    mine.taken_at = who.at
    return True


def open_again(session: Session, task: Task, who: Principal) -> bool:
    """It was not done after all. Who marked it as done is in the access record. Raises RefusedError."""
    insist(asked.may_open_again(standings(session, [task])[task.id], who.at))
    task.done_at = None
    for row in session.scalars(select(TaskAsked).where(TaskAsked.task_id == task.id)):
        row.taken_at = row.done_at = None
    return True


def _mine(session: Session, task: Task, who: Principal) -> TaskAsked | None:
    return session.get(TaskAsked, (task.id, who.person_id)) if task.about == FOR_ASKED else None
