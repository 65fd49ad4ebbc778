"""Somebody is in danger now, or the person is still there: whoever has the duty is asked for at once, and not told why.

The call is an e-mail, and a text where those go out, that says nothing; and a task that only its receiver sees: 'the phone line
asks for you'. None of them goes to whom it is about, nor to anybody near (N1, N2). Of an anonymous call nothing is sent: its
minute would tell when they rang (T31), so whoever has them on the line rings the duty officer instead.
"""

import re
from collections.abc import Collection
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldvisit.breaches.models import Concern
from fieldvisit.breaches.rules import Told, is_urgent, postcode_in
from fieldvisit.breaches.service import is_kept_from
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Duty, Principal
from fieldvisit.messages import desk_calls
from fieldvisit.register.duties import holding
from fieldvisit.register.models import Home, Person
from fieldvisit.tasks import Task, raise_task

FOR_ONE = "one"  # what a task is about that one person alone sees, whose id it bears
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
    people = _on_duty(session, concern, by)
    for person in people:
        cause = "line:" + sha256(f"{concern.id}:{person.id}".encode()).hexdigest()[:48]
        if session.scalars(select(Task.id).where(Task.cause == cause)).first() is None:
            raise_task(
                session, ASKED_FOR, cause=cause, about=FOR_ONE, about_id=person.id, area_id=None, at=by.at, due=by.at
            )
    for channel in {"email", *channels}:
        desk_calls.call(
            session, people, f"danger:{concern.id}:{channel}", told=set(), at=by.at, policy=policy,
            words=desk_calls.AT_ONCE, channel=channel,
        )  # fmt: skip
    return bool(people)


def _on_duty(session: Session, concern: Concern, by: Principal) -> list[Person]:
    """Where the address lies in one area, whoever has the duty there; where nobody there may know, whoever has it anywhere."""
    for area_id in (_area_of(session, concern.happened_where), None):
        found = holding(session, Duty.DUTY, area_id, by.at)
        if people := [one for one in found if not is_kept_from(session, concern, one.id, by.at)]:
            return people
    return []


def _area_of(session: Session, where: str) -> str | None:
    postcode = re.sub(r"\s", "", postcode_in(where))
    if not postcode:
        return None
    wanted = select(Home.area_id).where(func.replace(Home.postcode, " ", "") == postcode).distinct().limit(2)
    found = session.scalars(wanted).all()
    return found[0] if len(found) == 1 else None
