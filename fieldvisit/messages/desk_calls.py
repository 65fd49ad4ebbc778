"""Somebody at the desk is called: something waits for them there. What it is, of whom, and since when is never said (N3).

A mailbox is read over a shoulder, and by whoever keeps its server. The message is on nobody's list either: it is written
by nobody who signs in. One e-mail of a round is enough for one person, whatever else waits for them: for the rest there
is a message that was withdrawn at once, so that each cause calls each person once, however often a worker begins anew.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.ground.policy import Policy
from fieldvisit.messages import service
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Person
from fieldvisit.register.service import tenants_stand_in

KIND = "desk_call"
SUBJECT = "Please sign in"
BODY = "Something waits for you at the council’s desk. Please sign in to see it.\n\n{council}"
AT_ONCE = (
    "Please sign in now",
    "Something at the council’s desk cannot wait. Please sign in now to see it.\n\n{council}",
)


def are_called(session: Session, people: Iterable[Person], cause: str) -> bool:
    """All of them, of this cause."""
    wanted = {_id(cause, person.id) for person in people}
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
        ours, to = _id(cause, person.id), person.email if channel == "email" else person.phone
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


def _id(cause: str, person_id: str) -> str:
    return sha256(f"{KIND}:{cause}:{person_id}".encode()).hexdigest()[:32]
