"""What a receipt of sixteen digits tells, and what may be said later by whoever holds it or a reference (T31).

A number that we never gave is told the same as one that was never anything: there is no report with it.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.audit.models import AccessRecord
from fieldvisit.breaches import rules
from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.breaches.links import merged_into
from fieldvisit.breaches.models import Concern, ConcernAdded
from fieldvisit.breaches.rules import Standing
from fieldvisit.db import is_taken
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy


@dataclass(frozen=True, slots=True)
class Followed:
    """What a receipt tells. looked_at_by: aware; None where there is no report with it."""

    standing: Standing
    looked_at_by: datetime | None = None


def receipt_key(secret: bytes) -> bytes:
    return hmac.digest(secret, b"receipts of concerns 1", "sha256")


def follow(session: Session, typed: str, key: bytes, at: datetime, policy: Policy) -> Followed:
    """By receipt alone: a reference is said aloud, and tells nobody how a case stands."""
    concern = _by_receipt(session, typed, key)
    if concern is None:
        return Followed(Standing.NONE)
    other = merged_into(session, concern.id)
    ids = {concern.id, other or concern.id}
    cases = session.scalars(select(BreachCase).where(BreachCase.concern_id.in_(ids))).all()
    others = {case.linked_to for case in cases if case.linked_to}
    linked = session.scalars(select(BreachCase).where(BreachCase.id.in_(others))).all()
    by = rules.looked_at_by(rules.Received(concern.received_on, concern.received_at), policy)
    is_over = bool(cases) and all(case.closed_at for case in linked or cases)
    stages = {case.stage for case in (*cases, *linked)}
    joined = bool(other or linked)
    return Followed(rules.how_it_stands(stages, is_joined=joined, is_over=is_over, looked_at_by=by, at=at), by)


def add_words(session: Session, typed: str, words: str, *, form_key: str, at: datetime, key: bytes) -> bool:
    """By receipt or reference. False: there is none with it. The same form twice is said once; with other words both."""
    concern = _by_receipt(session, typed, key) or _by_reference(session, typed)
    if concern is None:
        return False
    name = rules.identity_of_more(form_key, concern.id, words)
    said = ConcernAdded(concern_id=concern.id, form_key=name, added_on=london_date(at), words=words)
    try:
        with session.begin_nested():
            session.add(said)
    except IntegrityError as error:
        if not is_taken(error):
            raise
        # pressed twice
    return True


def _by_receipt(session: Session, typed: str, key: bytes) -> Concern | None:
    """What is no receipt costs the same look into the database."""
    digest = rules.receipt_hash(rules.receipt_typed(typed), key)
    return session.scalars(select(Concern).where(Concern.receipt_hash == digest)).first()


def _by_reference(session: Session, typed: str) -> Concern | None:
    return session.scalars(select(Concern).where(Concern.ref == rules.reference_typed(typed))).first()


def added(session: Session, concern_id: str) -> list[ConcernAdded]:
    """What was said later, as far as the person asking may read it."""
    query = select(ConcernAdded).where(ConcernAdded.concern_id == concern_id)
    return list(session.scalars(query.order_by(ConcernAdded.added_on, ConcernAdded.id)))


def unread(session: Session, concern_id: str, person_id: str) -> list[ConcernAdded]:
    """Of what was said later, what this person has not opened yet: the access record says what they have."""
    found = added(session, concern_id)
    opened = select(AccessRecord.object_id).where(
        AccessRecord.person_id == person_id,
        AccessRecord.record == "concern",
        AccessRecord.object_id.in_([one.id for one in found]),
    )
    known = set(session.scalars(opened)) if found else set()
    return [one for one in found if one.id not in known]
