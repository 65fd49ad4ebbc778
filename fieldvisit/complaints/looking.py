"""Once a day: who reads a complaint is looked at again. Whoever has come near since it came reads it no more (N1, N2).

Somebody may have become an officer for complaints, or manager of whom it is about, or have declared an interest since
then. Ended ones too, as they can still be read. Nobody who was kept out is let in again.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.complaints import service
from fieldvisit.complaints.hands import kept_from
from fieldvisit.complaints.models import Complaint, ComplaintStep
from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import SENDING

AT_A_TIME = 200


def look_again(database: Database, at: datetime, policy: Policy) -> int:
    """How many are kept from somebody else from now on. Read first: one that changes is one transaction of its own."""
    changed, after = 0, ""
    while True:
        with database.reading(SENDING) as session:
            query = select(Complaint).where(Complaint.id > after).order_by(Complaint.id).limit(AT_A_TIME)
            found = session.scalars(query).all()
            steps = service.steps_of(session, [one.id for one in found])
            near = [one.id for one in found if _is_read_by_somebody_near(session, one, steps[one.id], at)]
        for complaint_id in near:
            with database.writing(SENDING) as session:
                service.follow(session, complaint_id, at, policy)
        changed += len(near)
        if len(found) < AT_A_TIME:
            return changed
        after = found[-1].id


def _is_read_by_somebody_near(
    session: Session, complaint: Complaint, steps: Sequence[ComplaintStep], at: datetime
) -> bool:
    named = service.state_from(steps).named
    found = kept_from(
        session, named, visit_id=complaint.visit_id, home_id=complaint.home_id, area_id=complaint.area_id, at=at
    )
    return not set(found) <= set(complaint.kept_from.split())
