"""Somebody is in danger now, or the person is still there: whoever has the duty is asked for at once, and not told why.

The call is an e-mail, and a text where those go out, that says nothing; and one task that only those who were called see:
'the phone line asks for you'. Whoever takes it shows the others, and so does whoever has done it. None of them goes to whom
it is about, nor to anybody near (N1, N2). Of an anonymous call nothing is sent: its minute would tell when they rang (T31),
so whoever has them on the line rings the duty officer instead.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldvisit.breaches.models import Concern
from fieldvisit.breaches.rules import Told, is_urgent, postcode_in, says_name
from fieldvisit.breaches.service import is_kept_from
from fieldvisit.db import Database, new_id
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import SENDING, Duty, Principal
from fieldvisit.ground.running import times_called
from fieldvisit.messages import desk_calls
from fieldvisit.register.duties import holding
from fieldvisit.register.models import Home, Person
from fieldvisit.tasks import FOR_ASKED, Task, TaskAsked, raise_task

FOR_ONE = "one"  # what a task of an older release is about: one person alone sees it, whose id it bears
ASKED_FOR = "line_asks"


def call_duty(
    session: Session, identity: str, told: Told, by: Principal, policy: Policy, channels: Collection[str] = ()
) -> bool:
    """Was anybody asked for? At the instant of `by`, who wrote it down. The same concern asks once. session: as TAKING.

    channels: sms, email: what really goes out. An e-mail is written in any case: somebody may carry it.
    """
    if told.anonymous or not is_urgent(told):
        return False
    concern = session.scalars(select(Concern).where(Concern.form_key == identity)).one()
    people = _on_duty(session, concern, told, by)
    if people:
        _ask(session, concern, people, by)
    for channel in {"email", *channels}:
        desk_calls.call(
            session, people, f"danger:{concern.id}:{channel}", told=set(), at=by.at, policy=policy,
            words=desk_calls.AT_ONCE, channel=channel,
        )  # fmt: skip
    return bool(people)


@dataclass(frozen=True, slots=True)
class OnDuty:
    """For whoever has the caller on the line. called: did anything leave for one of them? ring: name and number of those whom
    they may know (security 2: CH, own areas), never themselves, nobody named and nobody near."""

    called: bool = False
    ring: tuple[tuple[str, str], ...] = ()


def on_duty_now(session: Session, identity: str, told: Told, by: Principal, channels: Collection[str] = ()) -> OnDuty:
    """As `call_duty`; also of an anonymous call, about which nobody was called."""
    if not is_urgent(told):
        return OnDuty()
    concern = session.scalars(select(Concern).where(Concern.form_key == identity)).one()
    people = _on_duty(session, concern, told, by)
    reached = any(
        (one.email if way == "email" else one.phone) for one in people for way in channels if not told.anonymous
    )
    return OnDuty(reached, to_ring(people, by))


def to_ring(people: Collection[Person], by: Principal) -> tuple[tuple[str, str], ...]:
    """Name and number, empty where we have none."""
    return tuple((one.name, one.phone) for one in people if one.id != by.person_id and _shares_area(one, by))


def _shares_area(person: Person, by: Principal) -> bool:
    return any(
        one.area_id in by.areas for one in person.areas if one.starts <= by.at and not (one.ends and one.ends <= by.at)
    )


def call_again(database: Database, at: datetime, policy: Policy, channels: Collection[str] = ("email",)) -> None:
    """As an alarm does (D10): until one of those who were asked has taken it. The first call went out with the concern."""
    with database.reading(SENDING) as session:
        still_open = select(Task).where(Task.kind == ASKED_FOR, Task.about == FOR_ASKED, Task.done_at.is_(None))
        wanted = [
            one for task in session.scalars(still_open.order_by(Task.id)) if (one := _again(session, task, at, policy))
        ]
    for task_id, times, ids in wanted:
        with database.writing(SENDING) as session:
            people = session.scalars(select(Person).where(Person.id.in_(ids), Person.disabled_at.is_(None))).all()
            for channel in channels:
                desk_calls.call(
                    session, people, f"line:{task_id}:{times}:{channel}", told=set(), at=at, policy=policy,
                    words=desk_calls.AT_ONCE, channel=channel,
                )  # fmt: skip


def _again(session: Session, task: Task, at: datetime, policy: Policy) -> tuple[str, int, list[str]] | None:
    times = times_called(task.raised_at, at, timedelta(minutes=policy.safety.call_again_min.value))
    asked = session.scalars(select(TaskAsked).where(TaskAsked.task_id == task.id)).all()
    if times < 2 or any(one.taken_at for one in asked):
        return None
    return task.id, times, [one.person_id for one in asked]


def _ask(session: Session, concern: Concern, people: list[Person], by: Principal) -> None:
    """One task for all of them. It does not lead back to the concern: its cause is a digest."""
    cause = "line:" + sha256(concern.id.encode()).hexdigest()[:48]
    task = session.scalars(select(Task).where(Task.cause == cause)).first()
    if task is None:
        task = raise_task(
            session, ASKED_FOR, cause=cause, about=FOR_ASKED, about_id=new_id(), area_id=None, at=by.at, due=by.at
        )
        session.flush()
    known = set(session.scalars(select(TaskAsked.person_id).where(TaskAsked.task_id == task.id)))
    session.add_all(TaskAsked(task_id=task.id, person_id=person.id) for person in people if person.id not in known)


def _on_duty(session: Session, concern: Concern, told: Told, by: Principal) -> list[Person]:
    """Where the address lies in one area, whoever has the duty there; where nobody there may know, whoever has it anywhere.
    Whoever bears a name that was said may be the one: nobody has found out yet (N1)."""
    named = told.about_whom if told.about_id is None else ""
    for area_id in (_area_of(session, concern.happened_where), None):
        found = holding(session, Duty.DUTY, area_id, by.at)
        near = {one.id for one in found if says_name(one.name, named) or is_kept_from(session, concern, one.id, by.at)}
        if people := [one for one in found if one.id not in near]:
            return people
    return []


def _area_of(session: Session, where: str) -> str | None:
    postcode = re.sub(r"\s", "", postcode_in(where))
    if not postcode:
        return None
    wanted = select(Home.area_id).where(func.replace(Home.postcode, " ", "") == postcode).distinct().limit(2)
    found = session.scalars(wanted).all()
    return found[0] if len(found) == 1 else None
