"""Who holds a duty somewhere, at an instant."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from fieldvisit.ground.roles import Duty, Role
from fieldvisit.register.models import Person, PersonArea, PersonDuty


def holding(session: Session, duty: Duty, area_id: str | None, at: datetime) -> Sequence[Person]:
    """Officers who hold it in that area, which is one of theirs, by id. area_id None: in any."""
    held = select(PersonDuty.person_id).where(
        PersonDuty.duty == duty, PersonDuty.starts <= at, or_(PersonDuty.ends.is_(None), PersonDuty.ends > at)
    )
    if area_id:
        held = held.where(or_(PersonDuty.area_id == area_id, PersonDuty.area_id.is_(None)))
    return session.scalars(_officers(area_id, at).where(Person.id.in_(held))).all()


def officers_of(session: Session, area_id: str, at: datetime) -> Sequence[Person]:
    """Whatever they hold, by id."""
    return session.scalars(_officers(area_id, at)).all()


def _officers(area_id: str | None, at: datetime) -> Select[Person]:
    there = select(PersonArea.person_id).where(
        PersonArea.starts <= at, or_(PersonArea.ends.is_(None), PersonArea.ends > at)
    )
    if area_id:
        there = there.where(PersonArea.area_id == area_id)
    query = select(Person).where(Person.role == Role.OFFICER, Person.disabled_at.is_(None))
    return query.where(Person.id.in_(there)).order_by(Person.id)
