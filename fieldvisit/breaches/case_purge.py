"""Six years after a case was closed nothing says any more who it was about, or what anybody said; its numbers stay.

The steps are kept as they are: they hold codes, days and who handled it, and never the person named or a word (R3).
"""

from datetime import date, datetime

from sqlalchemy import delete, or_, select

from fieldvisit.breaches.case_models import BreachApart, BreachCase, BreachEvidence, BreachSeat, BreachTold, BreachWords
from fieldvisit.db import Database
from fieldvisit.ground.clock import london_date, years_on
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import CONDUCT

WORK = "redact"  # of `jobs.py`


def goes_on(closed_on: date | None, policy: Policy) -> date | None:
    """The London day on which it goes. None: it is open, and nothing goes."""
    return years_on(closed_on, policy.conduct.keep_years.value) if closed_on else None


def redact(database: Database, at: datetime, policy: Policy) -> int:
    """How many went. One case is one transaction; a case that is linked waits for the one that it is linked to."""
    today, done = london_date(at), 0
    with database.reading(CONDUCT) as session:
        closed = select(BreachCase.id, BreachCase.closed_at).where(
            BreachCase.closed_at.is_not(None), BreachCase.redacted_at.is_(None)
        )
        rows = [(case_id, closed_at) for case_id, closed_at in session.execute(closed) if closed_at]
    for case_id, closed_at in rows:
        day = goes_on(london_date(closed_at), policy)
        if day is not None and day <= today:
            done += _redact(database, case_id, at)
    return done


def _redact(database: Database, case_id: str, at: datetime) -> int:
    with database.writing(CONDUCT) as session:
        wanted = select(BreachCase).where(BreachCase.id == case_id, BreachCase.redacted_at.is_(None)).with_for_update()
        case = session.scalars(wanted).first()
        if case is None or case.closed_at is None:
            return 0  # an appeal opened it again
        linked = select(BreachCase.id).where(
            or_(BreachCase.id == case.linked_to, BreachCase.linked_to == case.id), BreachCase.closed_at.is_(None)
        )
        if session.scalars(linked.limit(1)).first():
            return 0
        for model in (BreachWords, BreachEvidence, BreachTold, BreachApart, BreachSeat):
            session.execute(delete(model).where(model.case_id == case.id))
        case.subject_id = case.firm_id = case.visit_id = case.home_id = case.concern_id = None
        case.redacted_at = at
    return 1
