"""Is there a letter to somebody that they have not opened? What it is about is in no answer of these."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from fieldvisit import conduct
from fieldvisit.audit.models import AccessRecord
from fieldvisit.breaches.case_models import BreachTold

NEW_FOR = timedelta(days=180)  # afterwards nobody is reminded of a letter that they never opened
OPENED = "letter"  # the reason in the access record, where somebody opens a letter of theirs


def was_opened(person_id: str) -> ColumnElement[bool]:
    """Of a `BreachTold`: by this person."""
    by_them = (AccessRecord.person_id == person_id, AccessRecord.reason == OPENED)
    return exists(select(AccessRecord.id).where(*by_them, AccessRecord.object_id == BreachTold.id))


@conduct.knows_unread
def has_unread(session: Session, person_id: str, at: datetime) -> bool:
    """In a session of theirs, or of system work."""
    theirs = (BreachTold.person_id == person_id, BreachTold.given_at.is_not(None), BreachTold.given_at > at - NEW_FOR)
    return session.scalars(select(BreachTold.id).where(*theirs, ~was_opened(person_id)).limit(1)).first() is not None
