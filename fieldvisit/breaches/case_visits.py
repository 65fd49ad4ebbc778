"""Which visit a case is about, where nobody knew it when it was told: somebody who looks into the case names it.

In sessions of system work: an investigator sees no visits. Offered are those of the person named, near the day; an older one is
named by its reference, and one of somebody else is as good as none (N3).
"""

from datetime import timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.ground.clock import end_of_london_day, london_date, say_instant
from fieldvisit.ground.references import Kind, typed_as
from fieldvisit.visits.models import Visit, VisitWorker

NEAR = timedelta(days=28)  # before it was heard of
MOST = 200


def offered(session: Session, case: BreachCase) -> list[tuple[str, str]]:
    """(reference, words), the newest first, up to the end of the day on which it was heard of."""
    until = end_of_london_day(london_date(case.heard_at))
    near = Visit.window_start.between(case.heard_at - NEAR, until)
    wanted = _theirs(case).where(near, Visit.id != (case.visit_id or "")).order_by(Visit.window_start.desc(), Visit.id)
    found = session.scalars(wanted.limit(MOST).options(joinedload(Visit.home)))
    return [(visit.ref, _say(visit)) for visit in found]


def named(session: Session, case: BreachCase, typed: str) -> Visit | None:
    """None: no visit of the person named has that reference."""
    return session.scalars(_theirs(case).where(Visit.ref.in_(typed_as(Kind.VISIT, typed)))).first()


def _theirs(case: BreachCase) -> Select[Visit]:
    if case.subject_kind != "person" or not case.subject_id:
        return select(Visit).where(Visit.id.is_(None))
    sent = select(VisitWorker.visit_id).where(VisitWorker.person_id == case.subject_id)
    return select(Visit).where(or_(Visit.lead_id == case.subject_id, Visit.id.in_(sent)))


def _say(visit: Visit) -> str:
    return f"{say_instant(visit.window_start)}, {visit.home.address_line} ({visit.ref})"
