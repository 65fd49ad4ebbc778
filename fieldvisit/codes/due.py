"""Who is to be called today about what they must sign or renew, and who is to hear that somebody is late."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.codes import due_rules, service, training
from fieldvisit.codes.due_rules import TELL_THE_MANAGER, Due
from fieldvisit.codes.service import Held, Subject
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Role
from fieldvisit.register import involved
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Person


@dataclass(frozen=True, slots=True)
class Called:
    """cause: what it is, once for each. whom: its own; as_manager: those who answer for whoever is late, or for a firm."""

    cause: str
    whom: tuple[Subject, ...] = ()
    as_manager: tuple[Person, ...] = ()


def today(session: Session, at: datetime, policy: Policy) -> list[Called]:
    on = london_date(at)
    people = list(session.scalars(select(Person).where(Person.disabled_at.is_(None)).order_by(Person.id)))
    return [*_to_sign(session, people, on, at, policy), *_to_renew(session, people, on, policy)]


def _to_sign(session: Session, people: Sequence[Person], on: date, at: datetime, policy: Policy) -> Iterator[Called]:
    taking_part = involved.involved_now(session, on)
    stopped = involved.stopped(session, [one.id for one in taking_part], at)
    subjects: list[Subject] = [*people, *(one for one in taking_part if one.id not in stopped)]
    standings = service.standings(session, subjects, on)
    for subject in subjects:
        for held in standings[subject.id]:
            if due := step_of(held, on, policy):
                above = managers(session, subject) if due in TELL_THE_MANAGER else ()
                yield Called(f"code:{held.version.id}:{subject.id}:{due}", (subject,), above)


def step_of(held: Held, on: date, policy: Policy) -> Due | None:
    given_on = london_date(held.issue.issued_at) if held.issue else None
    return due_rules.signing(held.stands, given_on, on, policy.codes.remind_days.value)


def _to_renew(session: Session, people: Sequence[Person], on: date, policy: Policy) -> Iterator[Called]:
    by_id = {one.id: one for one in people}
    for what in training.running_out(session, on, policy):
        if what.about not in ("person", "firm"):
            continue
        due = due_rules.renewing(what.last_day, on, policy.codes.warn_days.value, policy.codes.remind_days.value)
        if due is None:
            continue
        if what.about == "firm":
            yield Called(f"{what.cause}:{due}", as_manager=_of_firm(people, what.about_id))
        elif person := by_id.get(what.about_id):
            above = managers(session, person) if due is Due.OVER else ()
            yield Called(f"{what.cause}:{due}", (person,), above)


def managers(session: Session, subject: Subject) -> tuple[Person, ...]:
    """Of somebody who signs in: whom they answer to; of a firm's people else its managers. The council's desk has tasks."""
    if isinstance(subject, InvolvedPerson):
        return ()
    above = session.get(Person, subject.manager_id) if subject.manager_id else None
    if above and above.disabled_at is None:
        return (above,)
    if subject.firm_id is None:
        return ()
    here = select(Person).where(Person.disabled_at.is_(None), Person.id != subject.id)
    return _of_firm(session.scalars(here.order_by(Person.id)).all(), subject.firm_id)


def _of_firm(people: Sequence[Person], firm_id: str) -> tuple[Person, ...]:
    return tuple(one for one in people if one.firm_id == firm_id and one.role == Role.CONTRACTOR_MANAGER)
