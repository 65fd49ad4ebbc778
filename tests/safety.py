"""A watch over a worker, as a phone would have asked for it."""

from datetime import datetime

from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.ground.policy import Policy
from fieldvisit.safety import service
from fieldvisit.safety.state import Deed
from fieldvisit.visits.models import Visit


def a_watch(session: Session, visit: Visit, person_id: str, at: datetime, policy: Policy, words: str = "") -> str:
    watch = service._open(session, visit, person_id, at, policy)
    service._write(session, watch, Deed("started", at, at, person_id, {"interval_min": 30}), words, new_id(), policy)
    return watch.id
