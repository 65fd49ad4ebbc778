"""Writing the access record. A read is written down, and committed, before it is shown (N6)."""

from datetime import datetime

from sqlalchemy.orm import Session

from fieldvisit.audit.models import AccessRecord
from fieldvisit.ground.roles import Principal


def note_access(
    session: Session, who: Principal, record: str, action: str, *, object_id: str = "", reason: str = "", at: datetime
) -> None:
    session.add(
        AccessRecord(
            at=at,
            person_id=who.person_id,
            role=who.role,
            record=record,
            action=action,
            object_id=object_id,
            reason=reason,
        )
    )
