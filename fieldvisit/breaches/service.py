"""Keeping a concern: one row that nobody reads yet, and one dated task that says only that there is one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.audit.service import note_access
from fieldvisit.breaches import rules
from fieldvisit.breaches.models import Concern
from fieldvisit.db import new_id
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal
from fieldvisit.tasks import Task, raise_task


class ReferenceTaken(Exception):
    """Another concern has these seven letters. Nothing was kept: a new form has other ones."""


@dataclass(frozen=True, slots=True)
class Taken:
    """id: of the page that reads it back once. Instants are aware UTC; answered_by is None without a complaint."""

    id: str
    reference: str
    looked_at_by: datetime
    answered_by: datetime | None


def take(session: Session, told: rules.Told, *, form_key: str, by: Principal, policy: Policy) -> Taken:
    """At the instant of `by`, who writes it down. The same form twice is one concern."""
    identity = rules.identity(form_key, told)
    told, came = rules.kept(told), rules.received(told, by.at)
    taken = Taken(
        identity, rules.reference(identity), rules.looked_at_by(came, policy), rules.answered_by(told, came, policy)
    )
    try:
        with session.begin_nested():
            _keep(session, told, came, taken, by)
    except IntegrityError:  # an earlier press was first, or the letters are another concern's
        if not _is_kept(session, identity):
            raise ReferenceTaken from None
    return taken


def _is_kept(session: Session, identity: str) -> bool:
    """Asked of the task: the concern itself is behind the wall, for whoever wrote it down as well (N4)."""
    return session.scalars(select(Task.id).where(Task.cause == _cause(identity))).first() is not None


def _cause(identity: str) -> str:
    return f"concern:{identity}"


def _keep(session: Session, told: rules.Told, came: rules.Received, taken: Taken, by: Principal) -> None:
    concern = Concern(
        id=new_id(),
        ref=taken.reference,
        form_key=taken.id,
        received_at=came.at,
        received_on=came.on,
        taken_by=by.person_id,
        **{name: getattr(told, name) for name in rules.Told.__slots__},
    )
    session.add(concern)
    raise_task(
        session,
        "concern",
        cause=_cause(taken.id),
        about="concern",
        about_id=concern.id,
        area_id=None,
        at=rules.raised_at(came),
        due=taken.looked_at_by,
    )
    # An access record has a time: beside the id of an anonymous concern it would tell when the caller rang.
    known_by = "" if told.anonymous else concern.id
    note_access(session, by, "concern", "take", object_id=known_by, reason="taken by phone", at=by.at)
