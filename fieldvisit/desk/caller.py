"""'Is this badge ours, and due at this home now?' The one place that looks beyond a call handler's own sight.

It answers one of four words and, where the answer is yes, whom to look for. No visit, time, reason or tenant leaves.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, undefer

from fieldvisit.badges.models import Badge
from fieldvisit.badges.rules import is_good, name_shown
from fieldvisit.badges.service import standing
from fieldvisit.db import Database
from fieldvisit.desk.forms import CallerQuestion
from fieldvisit.desk.rules import Booked, CallerAnswer, caller_answer
from fieldvisit.evidence.clean import for_verify
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import VERIFYING, Principal
from fieldvisit.register.models import Home, Household, Person
from fieldvisit.visits.models import Visit, VisitWorker

NO_HOME = ""  # asked about all the same, so that an unknown home and a home without a visit are one answer in one time

AROUND = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Checked:
    """badge_id: for the access record. name, firm, photo: of DUE alone; firm: empty for the council's own officers."""

    answer: CallerAnswer
    badge_id: str = ""
    name: str = ""
    firm: str = ""
    photo: bytes | None = None


def check_caller(database: Database, asked: CallerQuestion, by: Principal, policy: Policy) -> Checked:
    """At the instant of `by`, who asks."""
    home_id, protected = _home(database, asked)
    with database.reading(VERIFYING) as session:
        badge = session.scalars(
            select(Badge)
            .where(func.upper(Badge.number) == asked.badge)
            .options(joinedload(Badge.person).options(joinedload(Person.firm), undefer(Person.photo)))
        ).first()
        booked = _booked(session, badge.person_id if badge else "", home_id, by.at)
        good = badge and bool(is_good(standing(session, badge.person, badge, london_date(by.at)), by.at))
        answer = caller_answer(bool(good), booked, by.at, policy, protected=protected)
        if badge is None:
            return Checked(answer)
        return _bearer(badge, policy) if answer is CallerAnswer.DUE else Checked(answer, badge.id)


def _bearer(badge: Badge, policy: Policy) -> Checked:
    person = badge.person
    return Checked(
        CallerAnswer.DUE,
        badge.id,
        name_shown(person.name, policy.badge.name_style.value),
        person.firm.name if person.firm else "",
        for_verify(person.photo) if person.photo else None,
    )


def _home(database: Database, asked: CallerQuestion) -> tuple[str, bool]:
    """The one home of that address, or NO_HOME: two that fit are none: a yes is about the caller's own door.

    And whether a home that fits must be protected.
    """
    with database.reading(VERIFYING) as session:
        query = select(Home.id, Household.protected).outerjoin(Household, Household.home_id == Home.id).limit(2)
        if asked.uprn:
            query = query.where(Home.uprn == asked.uprn)
        else:
            line, house = func.lower(Home.address_line), asked.house.lower()
            begins = or_(*(line.startswith(house + end, autoescape=True) for end in (" ", ",")))
            query = query.where(
                func.upper(func.replace(Home.postcode, " ", "")) == asked.postcode, or_(line == house, begins)
            )
        found = session.execute(query).all()
    return found[0].id if len(found) == 1 else NO_HOME, any(row.protected for row in found)


def _booked(session: Session, person_id: str, home_id: str, at: datetime) -> list[Booked]:
    """The bearer's visits to that home about now, by a wide margin: which of them counts, the rule decides."""
    visits = session.scalars(
        select(Visit)
        .join(VisitWorker, VisitWorker.visit_id == Visit.id)
        .where(Visit.home_id == home_id, VisitWorker.person_id == person_id, VisitWorker.ends.is_(None))
        .where(Visit.window_start.between(at - AROUND, at + AROUND))
        .limit(100)
    )
    return [Booked(visit.window_start, visit.window_end, visit.stage, visit.arrived_at) for visit in visits]
