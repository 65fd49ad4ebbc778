"""What makes an entry wait for a person: whose visit it was, whether the phone was still trusted, what the office had ended.

Each raises HeldBackError under the code by which a person, who takes the entry in all the same, may waive it (R1).
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldvisit.badges.models import Badge
from fieldvisit.outbox.opening import HeldBackError
from fieldvisit.register.models import Grant
from fieldvisit.visits.models import Entry, Visit, VisitWorker
from fieldvisit.visits.state import Stage


def _is_theirs(session: Session, visit: Visit, grant: Grant, _corrected: datetime) -> None:
    ever = select(VisitWorker.id).where(VisitWorker.visit_id == visit.id, VisitWorker.person_id == grant.person_id)
    if session.scalars(ever).first() is None:
        raise HeldBackError("not-yours")


def _is_still_trusted(session: Session, _visit: Visit, grant: Grant, corrected: datetime) -> None:
    """Grant, person or badge withdrawn before it happened: kept, and a person decides."""
    withdrawn = [grant.revoked_at, grant.person.disabled_at]
    withdrawn += session.scalars(
        select(Badge.state_changed_at).where(Badge.person_id == grant.person_id, Badge.state != "active")
    )
    active = session.scalar(
        select(func.count(Badge.id)).where(Badge.person_id == grant.person_id, Badge.state == "active")
    )
    limits = [moment for moment in withdrawn[:2] if moment] + ([] if active else [m for m in withdrawn[2:] if m])
    if any(moment <= corrected for moment in limits):
        raise HeldBackError("after-revoke")


def _is_before_the_end(session: Session, visit: Visit, _grant: Grant, corrected: datetime) -> None:
    """Cancelled, or closed by the office, before it happened."""
    if visit.stage not in (Stage.CANCELLED, Stage.CLOSED):
        return
    ended_by_office = session.scalars(
        select(Entry)
        .where(Entry.visit_id == visit.id, Entry.device == "desk", Entry.kind.in_(("visit.cancelled", "visit.closed")))
        .order_by(Entry.position.desc())
    ).first()
    if ended_by_office and ended_by_office.corrected_time <= corrected:
        raise HeldBackError("after-cancel")


GUARDS: tuple[tuple[str, Callable[[Session, Visit, Grant, datetime], None]], ...] = (
    ("not-yours", _is_theirs),
    ("after-revoke", _is_still_trusted),
    ("after-cancel", _is_before_the_end),
)
