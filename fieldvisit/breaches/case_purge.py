"""Six years after a case was closed nothing says any more who it was about, or what anybody said; its numbers stay.

The steps are kept as they are: they hold codes, days and who handled it, and never the person named or a word (R3).
"""

from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldvisit.breaches.case_models import BreachApart, BreachCase, BreachEvidence, BreachSeat, BreachTold, BreachWords
from fieldvisit.breaches.links import forget_concern
from fieldvisit.db import Database
from fieldvisit.ground.clock import london_date, years_on
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import CONDUCT
from fieldvisit.messages.models import Message
from fieldvisit.register.involved import InvolvedStop

WORK = "redact"  # of `jobs.py`


def goes_on(closed_on: date | None, policy: Policy) -> date | None:
    """The London day on which it goes. None: it is open, and nothing goes."""
    return years_on(closed_on, policy.conduct.keep_years.value) if closed_on else None


def redact(database: Database, at: datetime, policy: Policy) -> int:
    """How many went. One case is one transaction, with those that told of the same thing."""
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
        main = session.get(BreachCase, case.linked_to) if case.linked_to else None
        if main is not None and main.closed_at is None:
            return 0
        told_again = select(BreachCase).where(BreachCase.linked_to == case.id, BreachCase.redacted_at.is_(None))
        for each in (case, *session.scalars(told_again)):
            _forget(session, each, at)
    return 1


def _forget(session: Session, case: BreachCase, at: datetime) -> None:
    letters = select(Message).where(Message.kind == "conduct", Message.subject.endswith(case.ref, autoescape=True))
    for letter in session.scalars(letters):  # its receipts stay, and nothing of what it said or to whom
        letter.to = letter.body = ""
    for model in (BreachWords, BreachEvidence, BreachTold, BreachApart, BreachSeat):
        session.execute(delete(model).where(model.case_id == case.id))
    over = (InvolvedStop.cause == f"case:{case.id}", InvolvedStop.ends.is_not(None))
    session.execute(delete(InvolvedStop).where(*over))
    if case.concern_id:
        forget_concern(session, case.concern_id)
    case.subject_id = case.firm_id = case.visit_id = case.home_id = case.concern_id = None
    case.redacted_at = at
