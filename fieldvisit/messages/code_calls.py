"""Whoever must sign a code, or renew what their badge rests on, is called: to come and look, and no more (D9; ME-9a).

In the morning of a working day: when it is asked, some days before its last day, and when that has passed; then whoever
answers for them is called too. By e-mail, else by text. No message says which code, or of whom, or that anybody is late.
Involved people are told of their own page, and neither its link nor their word (R8): whoever has lost them rings.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from fieldvisit.codes import due
from fieldvisit.codes.due import Called
from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import SENDING
from fieldvisit.messages import call_rules, desk_calls, service
from fieldvisit.messages.models import Message
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Person
from fieldvisit.register.service import tenants_stand_in

KIND = "page_call"  # of somebody who has a page of their own here, and no sign-in
OWN = (desk_calls.SUBJECT, "Please sign in and look at your codes: something there is due.\n\n{council}")
MANAGED = (desk_calls.SUBJECT, "Please sign in and look at ‘Codes’ at the council’s desk.\n\n{council}")
TO_INVOLVED = (
    "Something to read and sign",
    "{council} has something for you to read and sign, on your own page. Open it with your link and your word. Have you "
    "lost them? Ring us: {phone}.",
)


def call(database: Database, at: datetime, policy: Policy, channels: Collection[str]) -> None:
    """Once for each step and person, and one message a morning for one person. channels: sms, email: what really goes out."""
    with database.reading(SENDING) as session:
        wanted = [one for one in due.today(session, at, policy) if not _is_called(session, one)]
    told, managers_told, involved_told = set[str](), set[str](), set[str]()
    for one in wanted:
        with database.writing(SENDING) as session:
            people = [subject for subject in one.whom if isinstance(subject, Person)]
            _call(session, people, one.cause, OWN, told, at, policy, channels)
            _call(session, one.as_manager, _above(one), MANAGED, managers_told, at, policy, channels)
            for subject in one.whom:
                if isinstance(subject, InvolvedPerson):
                    _call_involved(session, subject, one.cause, involved_told, at, policy, channels)


def _is_called(session: Session, one: Called) -> bool:
    """All who can be, by whatever way."""
    people = [subject for subject in one.whom if subject.email or subject.phone]
    above = [person for person in one.as_manager if person.email or person.phone]
    return desk_calls.are_called(session, people, one.cause) and desk_calls.are_called(session, above, _above(one))


def _above(one: Called) -> str:
    return f"{one.cause}:managed"


def _call(
    session: Session, people: Iterable[Person], cause: str, words: tuple[str, str], told: set[str], at: datetime,
    policy: Policy, channels: Collection[str],
) -> None:  # fmt: skip
    for person in people:
        if way := call_rules.way_to(person.email, person.phone, channels):
            desk_calls.call(session, [person], cause, told=told, at=at, policy=policy, words=words, channel=way)


def _call_involved(
    session: Session, person: InvolvedPerson, cause: str, told: set[str], at: datetime, policy: Policy,
    channels: Collection[str],
) -> None:  # fmt: skip
    ours = desk_calls.id_of(cause, person.id)
    way = call_rules.way_to(person.email, person.phone, channels)
    if not way or session.get(Message, ours) is not None:
        return
    council, (subject, body) = policy.council, TO_INVOLVED
    message = service.write(
        session, visit_id=None, kind=KIND, channel=way, to=person.email if way == "email" else person.phone, language="en",
        subject=subject, body=body.format(council=council.name, phone=council.office_line.value), template="0" * 64,
        by=tenants_stand_in(session).id, at=at, message_id=ours,
    )  # fmt: skip
    if person.id in told:
        service.withdraw(session, message)
    told.add(person.id)
