"""Somebody at the desk is called: something waits for them there. What it is, of whom, and since when is never said (N3).

A mailbox is read over a shoulder, and by whoever keeps its server. The message is on nobody's list either: it is written
by nobody who signs in. One e-mail of a round is enough for one person, whatever else waits for them: for the rest there
is a message that was withdrawn at once, so that each cause calls each person once, however often a worker begins anew.
An e-mail that does not arrive goes by text, with the same words; what arrives by neither, whoever looks after them is told.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from hashlib import sha256

import structlog
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Duty, Role
from fieldvisit.jobs import want
from fieldvisit.messages import call_rules, service
from fieldvisit.messages.call_rules import Next
from fieldvisit.messages.models import Message
from fieldvisit.messages.rules import FAILED
from fieldvisit.register.duties import holding
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Person
from fieldvisit.register.same import is_same
from fieldvisit.register.service import principal_of, tenants_stand_in
from fieldvisit.tasks import FOR_ASKED, Task, TaskAsked, raise_task

log = structlog.get_logger()
KIND = "desk_call"
UNHEARD = "call_unheard"  # a task of whoever looks after somebody whom no call reaches
SUBJECT = "Please sign in"
BODY = "Something waits for you at the council’s desk. Please sign in to see it.\n\n{council}"
AT_ONCE = (
    "Please sign in now",
    "Something at the council’s desk cannot wait. Please sign in now to see it.\n\n{council}",
)


def are_called(session: Session, people: Iterable[Person | InvolvedPerson], cause: str) -> bool:
    """All of them, of this cause."""
    wanted = {id_of(cause, person.id) for person in people}
    return wanted <= set(session.scalars(select(Message.id).where(Message.id.in_(wanted))))


def call(
    session: Session,
    people: Iterable[Person],
    cause: str,
    *,
    told: set[str],
    at: datetime,
    policy: Policy,
    words: tuple[str, str] = (SUBJECT, BODY),
    channel: str = "email",
) -> None:
    """told: whoever had their message in this round; it grows here. cause: what it is, once for each; never shown.

    words: subject and text, of which one says no more than the other. channel: email, sms."""
    subject, body = words
    for person in people:
        ours, to = id_of(cause, person.id), person.email if channel == "email" else person.phone
        if not to or session.scalars(select(Message.id).where(Message.id == ours)).first():
            continue
        try:
            with session.begin_nested():
                message = service.write(
                    session, visit_id=None, kind=KIND, channel=channel, to=to, language="en", subject=subject,
                    body=body.format(council=policy.council.name), template="0" * 64, by=tenants_stand_in(session).id,
                    at=at, message_id=ours,
                )  # fmt: skip
                if person.id in told:
                    service.withdraw(session, message)
        except IntegrityError:
            continue  # another worker was first
        told.add(person.id)


# --- what did not arrive ------------------------------------------------------------------------------------------


def hear(session: Session, message_id: str, at: datetime, policy: Policy, channels: Collection[str]) -> None:
    """What became of one of these messages. channels: sms, email: what really goes out. Heard twice is heard once.

    Of somebody whose address was changed since, nothing is done: the next call goes to the new one."""
    message = session.get(Message, message_id)
    if message is None or message.kind != KIND or not _has_failed(session, message):
        return
    by_text = message.channel == "sms"
    here = select(Person).where((Person.phone if by_text else Person.email) == message.to, Person.disabled_at.is_(None))
    for person in session.scalars(here.order_by(Person.id)).all():
        can_text = "sms" in channels and call_rules.takes_texts(person.phone)
        match call_rules.after_failure(message.channel, _by_the_other(session, message, person), can_text=can_text):
            case Next.TEXT:
                _text_instead(session, message, person, at, policy)
            case Next.TELL:
                _tell(session, person, at, policy)


def _has_failed(session: Session, message: Message) -> bool:
    return service.standing_of(session, message).delivery in FAILED


def _by_the_other(session: Session, message: Message, person: Person) -> str | None:
    """The same call by text, or by e-mail: written in the same instant, or in the place of this one."""
    other, to = ("email", person.email) if message.channel == "sms" else ("sms", person.phone)
    beside = (Message.written_at == message.written_at) & (Message.body == message.body) & (Message.to == to)
    query = select(Message).where(Message.kind == KIND, Message.channel == other, Message.state != service.WITHDRAWN)
    found = session.scalars(query.where(or_(beside, Message.id == id_of(_again(message), person.id)))).all()
    if not found:
        return None
    return "failed" if all(_has_failed(session, one) for one in found) else "open"


def _text_instead(session: Session, message: Message, person: Person, at: datetime, policy: Policy) -> None:
    due = call_rules.text_at(at, policy.working_days, urgent=message.subject != SUBJECT)
    if due > at:
        want(session, "hear", message.id, due=due, dedupe=f"hear:text:{message.id}")
        return
    words = (message.subject, message.body)
    call(session, [person], _again(message), told=set(), at=at, policy=policy, words=words, channel="sms")


def _tell(session: Session, person: Person, at: datetime, policy: Policy) -> None:
    """Once in a month: until then the address may have been put right. Those who are told see that task, and nobody else:
    that somebody was called is not for everybody at the desk (N3)."""
    cause = f"unheard:{person.id}:{london_date(at):%Y-%m}"
    if session.scalars(select(Task.id).where(Task.cause == cause)).first():
        return
    asked = look_after(session, person, at)
    if not asked:
        log.error("call-heard-by-nobody")  # `fieldvisit check` says of whom
        return
    due = end_of_london_day(policy.working_days.after(london_date(at), policy.task.notice_failed_wd.value))
    task = raise_task(session, UNHEARD, cause=cause, about=FOR_ASKED, about_id=person.id, area_id=None, at=at, due=due)
    session.flush()
    session.add_all(TaskAsked(task_id=task.id, person_id=each.id) for each in asked)


def look_after(session: Session, person: Person, at: datetime) -> list[Person]:
    """Officers: their manager; else whoever stands in for one, or is the contact of contractors; else whoever is on duty; in
    an area of theirs, else in any. Never they themselves, by whatever account."""
    manager = session.get(Person, person.manager_id) if person.manager_id else None
    above = [manager] if manager and manager.role == Role.OFFICER and manager.disabled_at is None else []
    stands_in = Duty.REPAIRS_MANAGER if person.firm_id else Duty.COMPLAINTS_SENIOR
    theirs: list[str | None] = [*sorted(principal_of(person, at).areas)]
    nearer = [(duty, areas) for areas in (theirs, [None]) for duty in (stands_in, Duty.DUTY)]
    for found in (above, *(_holding(session, duty, areas, at) for duty, areas in nearer)):
        if asked := [one for one in found if not is_same(one, person)]:
            return asked
    return []


def _holding(session: Session, duty: Duty, areas: Iterable[str | None], at: datetime) -> list[Person]:
    found = {one.id: one for area in areas for one in holding(session, duty, area, at)}
    return [found[each] for each in sorted(found)]


def _again(message: Message) -> str:
    return f"again:{message.id}"


def id_of(cause: str, person_id: str) -> str:
    return sha256(f"{KIND}:{cause}:{person_id}".encode()).hexdigest()[:32]
