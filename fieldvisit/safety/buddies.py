"""Whom a worker who goes alone has named as their buddy, and who may be (D10). Read and written as WATCHING: a name says
who is out alone, so it is nobody's but theirs, their firm's manager's, and the board's."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Duty, Role
from fieldvisit.ground.verdict import Refused, insist
from fieldvisit.register.duties import holding
from fieldvisit.register.models import Person, PersonArea
from fieldvisit.register.same import is_same
from fieldvisit.safety import service
from fieldvisit.safety.buddy_rules import AT_WORK, Colleague, calls_buddy, may_be_buddy
from fieldvisit.safety.models import SafetyBuddy, Watch
from fieldvisit.safety.rules import D10
from fieldvisit.safety.state import LATE, LIVE, fold, lengths_of
from fieldvisit.visits.models import Visit, VisitWorker

_NOBODY = Refused("no-colleague", "Choose from the list.", D10)


@dataclass(frozen=True, slots=True)
class Named:
    """why_not: why this one is not called now; empty where they are."""

    person: Person
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Ward:
    """Somebody whose buddy one is. late: they have not checked in, and nobody has heard them."""

    person: Person
    late: bool


# --- who may be ---------------------------------------------------------------------------------------------------


def who_may_be(session: Session, worker: Person, at: datetime) -> list[Person]:
    """By name."""
    areas = _areas_of(session, worker, at)
    duty = {person.id for area in areas for person in holding(session, Duty.DUTY, area, at)}
    same_firm = Person.firm_id == worker.firm_id if worker.firm_id else Person.firm_id.is_(None)
    wanted = select(Person).where(Person.disabled_at.is_(None), or_(Person.id.in_(duty), same_firm))
    found = session.scalars(wanted.where(Person.role.in_(AT_WORK)).order_by(Person.name, Person.id)).all()
    sharing = _sharing(session, areas, at)
    return [one for one in found if may_be_buddy(worker.firm_id, _seen(worker, one, duty, sharing))]


def _seen(worker: Person, other: Person, duty: Collection[str], sharing: Collection[str]) -> Colleague:
    return Colleague(
        other.role, other.firm_id, other.phone, works_here=other.disabled_at is None, on_duty=other.id in duty,
        shares=other.id in sharing, is_worker=is_same(worker, other),
    )  # fmt: skip


def _areas_of(session: Session, worker: Person, at: datetime) -> set[str]:
    """An officer's own; otherwise those of the homes that this worker is to visit, or visits now."""
    own = select(PersonArea.area_id).where(
        PersonArea.person_id == worker.id, PersonArea.starts <= at, or_(PersonArea.ends.is_(None), PersonArea.ends > at)
    )
    sent = (
        select(Visit.area_id)
        .join(VisitWorker, VisitWorker.visit_id == Visit.id)
        .where(VisitWorker.person_id == worker.id, VisitWorker.ends.is_(None), Visit.window_end >= at)
    )
    watched = select(Watch.area_id).where(Watch.person_id == worker.id, Watch.stage.in_(LIVE))
    return {area for query in (own, sent, watched) for area in session.scalars(query)}


def _sharing(session: Session, areas: Collection[str], at: datetime) -> set[str]:
    there = select(PersonArea.person_id).where(
        PersonArea.area_id.in_(areas), PersonArea.starts <= at, or_(PersonArea.ends.is_(None), PersonArea.ends > at)
    )
    return set(session.scalars(there))


# --- naming one ---------------------------------------------------------------------------------------------------


def name_buddy(session: Session, worker: Person, buddy_id: str, by: str, at: datetime) -> None:
    """buddy_id: "" for nobody. Raises RefusedError for whoever may not be."""
    row = session.scalars(select(SafetyBuddy).where(SafetyBuddy.person_id == worker.id).with_for_update()).first()
    if not buddy_id:
        if row:
            session.delete(row)
        return
    if buddy_id not in {person.id for person in who_may_be(session, worker, at)}:
        insist(_NOBODY)
    if row is None:
        row = SafetyBuddy(person_id=worker.id)
        session.add(row)
    row.buddy_id, row.set_by, row.set_at = buddy_id, by, at
    session.flush()


def workers_of(session: Session, firm_id: str) -> Sequence[Person]:
    """Whose buddy a firm's manager may name."""
    wanted = select(Person).where(
        Person.firm_id == firm_id, Person.role == Role.OPERATIVE, Person.disabled_at.is_(None)
    )
    return session.scalars(wanted.order_by(Person.name, Person.id)).all()


# --- reading ------------------------------------------------------------------------------------------------------


def named_by(session: Session, person_ids: Iterable[str]) -> dict[str, Person]:
    """Worker's id -> their buddy."""
    wanted = select(SafetyBuddy.person_id, Person).join(Person, Person.id == SafetyBuddy.buddy_id)
    rows = session.execute(wanted.where(SafetyBuddy.person_id.in_(list(person_ids)))).all()
    found: dict[str, Person] = dict(rows)
    return found


def of_watches(session: Session, watches: Sequence[Watch], at: datetime) -> Mapping[str, Named]:
    """By watch, where its worker has named one."""
    buddies = named_by(session, {watch.person_id for watch in watches})
    those = [watch for watch in watches if watch.person_id in buddies]
    if not those:
        return {}
    workers = session.scalars(select(Person).where(Person.id.in_({watch.person_id for watch in those})))
    by_id = {worker.id: worker for worker in workers}
    sent = _sent_to(session, {watch.visit_id for watch in those})
    areas = {watch.area_id for watch in those}
    duty = {area: {each.id for each in holding(session, Duty.DUTY, area, at)} for area in areas}
    sharing = {area: _sharing(session, [area], at) for area in areas}
    found = {}
    for watch in those:
        worker, buddy = by_id[watch.person_id], buddies[watch.person_id]
        seen = _seen(worker, buddy, duty[watch.area_id], sharing[watch.area_id])
        there = any(is_same(buddy, each) for each in sent.get(watch.visit_id, ()))
        found[watch.id] = Named(buddy, _why_not(worker, seen, there=there))
    return found


def _sent_to(session: Session, visit_ids: Collection[str]) -> dict[str, list[Person]]:
    """Also whoever was taken off it since."""
    wanted = select(VisitWorker.visit_id, Person).join(Person, Person.id == VisitWorker.person_id)
    found: dict[str, list[Person]] = {}
    for visit_id, person in session.execute(wanted.where(VisitWorker.visit_id.in_(visit_ids))):
        found.setdefault(visit_id, []).append(person)
    return found


def _why_not(worker: Person, buddy: Colleague, *, there: bool) -> str:
    """Nobody who was sent there is called: they may stand beside the worker."""
    if there:
        return "They were sent on this visit too, so nothing calls them."
    allowed = may_be_buddy(worker.firm_id, buddy)
    return "" if allowed else "They are not on duty now, or work elsewhere, so nothing calls them."


def to_call(session: Session, at: datetime, policy: Policy) -> list[tuple[str, str]]:
    """(cause, person id): which buddies must have been called by now, once for each time that a worker is late."""
    watches = session.scalars(select(Watch).where(Watch.stage.in_(LATE)).order_by(Watch.id)).all()
    buddies, lines = of_watches(session, watches, at), service.deeds_of(session, [watch.id for watch in watches])
    found = []
    for watch in watches:
        named = buddies.get(watch.id)
        if named is None or named.why_not:
            continue
        deeds = lines[watch.id]
        if position := calls_buddy(deeds, fold(deeds, lengths_of(policy), at), at, policy):
            found.append((f"buddy:{watch.id}:{position}", named.person.id))
    return found


def wards_of(session: Session, person_id: str, at: datetime, policy: Policy) -> list[Ward]:
    """Whose buddy this person is, and who of them is late: by what called them, and by nothing else that the board knows."""
    wanted = select(Person).join(SafetyBuddy, SafetyBuddy.person_id == Person.id)
    people = session.scalars(wanted.where(SafetyBuddy.buddy_id == person_id).order_by(Person.name, Person.id)).all()
    late = {cause.split(":")[1] for cause, buddy_id in to_call(session, at, policy) if buddy_id == person_id}
    of_them = set(session.scalars(select(Watch.person_id).where(Watch.id.in_(late))))
    return [Ward(person, person.id in of_them) for person in people if person.disabled_at is None]
