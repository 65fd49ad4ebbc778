"""An alarm calls those on duty: to look at the board now, and no more (D10). It is done by the worker process, every round.

The text names nobody and no place, for a telephone lies on tables. Whoever was sent on the visit is not called, nor the
worker: nobody who may stand beside them learns from a message that there is an alarm. Nothing of a watch is written, so
an alarm under duress leaves on the way in what the right word leaves.

A worker who is late has their buddy called too, to ring the office: beside whoever watches, and it settles nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import SENDING, WATCHING, Duty, Role
from fieldvisit.messages import desk_calls
from fieldvisit.register.duties import holding
from fieldvisit.register.models import Person
from fieldvisit.safety import buddies, rules, service
from fieldvisit.safety.models import Watch
from fieldvisit.safety.state import Stage, fold, lengths_of
from fieldvisit.visits.models import VisitWorker

log = structlog.get_logger()
WORDS = (
    "Please look at the board now",
    "Please sign in now and look at the board ‘Who is out’.\n\n{council}",
)


BUDDYS = (
    "Please ring the office now",
    "Please ring the office now: {line}. Or sign in and look at ‘Check-ins’ or ‘Who is out’.\n\n{council}",
)


def call(database: Database, at: datetime, policy: Policy, channels: Collection[str] = ("email",)) -> None:
    """Once for each alarm, each time that is due, and each who is on duty. channels: sms, email: what really goes out."""
    with database.reading(WATCHING) as session:
        wanted = list(_wanted(session, at, policy))
        late = [(cause, [person_id]) for cause, person_id in buddies.to_call(session, at, policy)]
    _say(database, wanted, at, policy, channels, WORDS)
    subject, body = BUDDYS
    _say(database, late, at, policy, channels, (subject, body.replace("{line}", policy.council.office_line.value)))


def _say(
    database: Database, wanted: Sequence[tuple[str, list[str]]], at: datetime, policy: Policy, channels: Collection[str],
    words: tuple[str, str],
) -> None:  # fmt: skip
    told = {channel: set[str]() for channel in channels}
    for cause, ids in wanted:
        with database.writing(SENDING) as session:
            people = session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id)).all()
            for channel in channels:
                desk_calls.call(
                    session, people, f"{cause}:{channel}", told=told[channel], at=at, policy=policy, words=words,
                    channel=channel,
                )  # fmt: skip


def _wanted(session: Session, at: datetime, policy: Policy) -> list[tuple[str, list[str]]]:
    watches = session.scalars(select(Watch).where(Watch.stage == Stage.ALARM).order_by(Watch.id)).all()
    deeds, lengths, found = service.deeds_of(session, [watch.id for watch in watches]), lengths_of(policy), []
    for watch in watches:
        lines = deeds[watch.id]
        position = rules.waits_for_somebody(lines, fold(lines, lengths, at))
        if position is None:
            continue
        people = _on_duty(session, watch, at)
        if not people:
            log.error("watch-nobody-to-call")  # with no name: `fieldvisit check` says of which area
        times = rules.calls_by_now(lines[position - 1].heard, at, policy)
        found.append((f"watch:{watch.id}:{position}:{times}", people))
    return found


def _on_duty(session: Session, watch: Watch, at: datetime) -> list[str]:
    """Officers with the duty there; where there is none, the managers of the worker's firm, who see the board too."""
    sent = set(session.scalars(select(VisitWorker.person_id).where(VisitWorker.visit_id == watch.visit_id)))
    sent.add(watch.person_id)
    ids = [person.id for person in holding(session, Duty.DUTY, watch.area_id, at) if person.id not in sent]
    if ids or watch.firm_id is None:
        return ids
    managers = select(Person.id).where(
        Person.role == Role.CONTRACTOR_MANAGER, Person.firm_id == watch.firm_id, Person.disabled_at.is_(None)
    )
    return [each for each in session.scalars(managers.order_by(Person.id)) if each not in sent]
