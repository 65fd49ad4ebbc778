"""Whose hands a complaint may be in, and from whom it is kept: whom it is about, who was there, whoever is near (N1, N2)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldvisit.complaints.models import DUTIES, Complaint, ComplaintStep
from fieldvisit.complaints.rules import Hands, near_left_out
from fieldvisit.complaints.state import Deed, fold
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.register import apart
from fieldvisit.register.models import Person, PersonArea, PersonDuty
from fieldvisit.register.same import same_ids
from fieldvisit.visits.models import VisitWorker


def hands_of(session: Session, complaint: Complaint, by: Principal, **more: Any) -> Hands:
    """Who acts, who may look into it, and who must not."""
    duties = frozenset(duty.value for duty in DUTIES if by.holds(duty, complaint.area_id))
    return Hands(
        duties=duties,
        kept_from=frozenset(complaint.kept_from.split()),
        at_visit=same_ids(session, at_visit(session, complaint.visit_id), Role.OFFICER),
        apart=apart.away_from(session, complaint.home_id, by.at) if complaint.home_id else frozenset(),
        at_stage_1=_at_stage_1(session, complaint.id),
        handlers={person.id: held for person, held in officers(session, complaint.area_id, by.at)},
        **more,
    )


def _at_stage_1(session: Session, complaint_id: str) -> frozenset[str]:
    """Once somebody asked for stage 2: whoever had a part before, by any of their accounts."""
    query = select(ComplaintStep).where(ComplaintStep.complaint_id == complaint_id).order_by(ComplaintStep.position)
    state = fold(Deed(step.kind, step.at, step.by or "", step.body) for step in session.scalars(query))
    return same_ids(session, state.had_part_in(1), Role.OFFICER) if state.process == 2 else frozenset()


def officers(session: Session, area_id: str | None, at: datetime) -> list[tuple[Person, frozenset[str]]]:
    """Every officer with a duty for complaints there at that instant, by name."""
    held: dict[str, set[str]] = {}
    query = select(PersonDuty).where(PersonDuty.duty.in_(DUTIES), PersonDuty.starts <= at)
    query = query.where(or_(PersonDuty.ends.is_(None), PersonDuty.ends > at))
    if area_id:
        query = query.where(or_(PersonDuty.area_id == area_id, PersonDuty.area_id.is_(None)))
    for row in session.scalars(query):
        held.setdefault(row.person_id, set()).add(row.duty)
    people = select(Person).where(Person.id.in_(held), Person.role == Role.OFFICER, Person.disabled_at.is_(None))
    if area_id:
        there = select(PersonArea.person_id).where(PersonArea.area_id == area_id, PersonArea.starts <= at)
        people = people.where(Person.id.in_(there.where(or_(PersonArea.ends.is_(None), PersonArea.ends > at))))
    found = session.scalars(people.order_by(Person.name, Person.id))
    return [(person, frozenset(held[person.id])) for person in found]


def at_visit(session: Session, visit_id: str | None) -> frozenset[str]:
    if visit_id is None:
        return frozenset()
    return frozenset(session.scalars(select(VisitWorker.person_id).where(VisitWorker.visit_id == visit_id)))


def kept_from(
    session: Session, named: Collection[str], *, visit_id: str | None, home_id: str | None, area_id: str | None,
    at: datetime,
) -> tuple[str, ...]:  # fmt: skip
    """Who reads nothing of it, as ids. In a session that sees fewer rows, fewer are found."""
    about = frozenset(named) | at_visit(session, visit_id)
    must = same_ids(session, about, Role.OFFICER)
    managers = session.scalars(select(Person.manager_id).where(Person.id.in_(about)))
    near = frozenset(each for each in managers if each)
    near |= apart.away_from(session, home_id, at) if home_id else frozenset()
    near |= {other for each in sorted(about) for other in apart.away_from_person(session, each, at)}
    reads = frozenset(person.id for person, _ in officers(session, area_id, at))
    return tuple(sorted(must | near_left_out(near, must, reads)))
