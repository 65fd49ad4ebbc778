"""What a case of conduct keeps here longer than its own day: photos of its visit, and checks of a badge that it rests on.

Nobody is told why something is still here: whoever purges asks in system work, and reads no more than ids and an end.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldvisit.breaches.case_models import BreachCase, BreachEvidence
from fieldvisit.db import Database
from fieldvisit.ground.roles import CONDUCT

AFTERWARDS = timedelta(
    days=30
)  # a case that is closed may be opened again by an appeal: as long as a scan is kept anyway


def ends_of(session: Session, visit_ids: Collection[str]) -> Iterator[tuple[str, datetime | None]]:
    """Of each case of these visits: the visit, and when it was closed (aware UTC), None of an open one."""
    wanted = select(BreachCase.visit_id, BreachCase.closed_at).where(BreachCase.visit_id.in_(visit_ids))
    for visit_id, closed_at in session.execute(wanted):
        yield visit_id or "", closed_at


def scans(database: Database, at: datetime) -> list[str]:
    """Ids of the checks of badges that are evidence of a case that is open, or was closed a short while ago."""
    still = or_(BreachCase.closed_at.is_(None), BreachCase.closed_at >= at - AFTERWARDS)
    with database.reading(CONDUCT) as session:
        wanted = select(BreachEvidence.ref_id).join(BreachCase, BreachCase.id == BreachEvidence.case_id)
        return list(session.scalars(wanted.where(BreachEvidence.kind == "scan", still).distinct()))
