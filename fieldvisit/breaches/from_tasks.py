"""Cases for what was a dated task before there were any (ruling R16): concerns, unhappy tenants, no ID shown.

Each has the instant at which it was first said. Run again, it adds nothing. `fieldvisit migrate` runs it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from fieldvisit import conduct
from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.breaches.models import Concern
from fieldvisit.breaches.service import open_both
from fieldvisit.complaints.models import Complaint
from fieldvisit.complaints.rules import Heard
from fieldvisit.complaints.service import receive
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import SystemPrincipal
from fieldvisit.tasks import Task
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.words import words_of_visit

NO_ID = ("ME-3.2b2",)


@dataclass(frozen=True, slots=True)
class Turned:
    """How many new cases of conduct, and complaints, came of tasks."""

    cases: int = 0
    complaints: int = 0

    def __bool__(self) -> bool:
        return bool(self.cases or self.complaints)


def turn(session: Session, policy: Policy, by: SystemPrincipal, at: datetime) -> Turned:
    """session: asks as `by`, who is TAKING. A task of a concern is done with it: its case says by when. The others are
    about the tenant, who still waits for somebody, and stay."""
    before = _count(session)
    for task in _open(session, "concern"):
        concern = session.get(Concern, task.about_id)
        if concern and not _has_case(session, concern.id):
            open_both(session, concern, by=by, at=at, policy=policy)
        task.done_at = at
    for task in _open(session, "no_id"):
        if visit := session.get(Visit, task.about_id):
            report_no_id(session, visit, task.cause, task.raised_at)
    for task in _open(session, "tenant_unhappy"):
        if visit := session.get(Visit, task.about_id):
            _unhappy(session, visit, task, by, at, policy)
    session.flush()
    after = _count(session)
    return Turned(after.cases - before.cases, after.complaints - before.complaints)


def report_no_id(session: Session, visit: Visit, cause: str, happened_at: datetime) -> None:
    """ME-3.2b2, D2: somebody was refused because they showed no ID. Whoever led the visit may have broken the code."""
    conduct.report(
        session,
        conduct.Reported(
            cause=cause, heard_at=happened_at, clauses=NO_ID, subject_id=visit.lead_id, firm_id=visit.firm_id,
            visit_id=visit.id, home_id=visit.home_id, area_id=visit.area_id,
        ),
    )  # fmt: skip


def _unhappy(session: Session, visit: Visit, task: Task, by: SystemPrincipal, at: datetime, policy: Policy) -> None:
    entry = session.get(Entry, task.cause.partition(":")[2])
    said = words_of_visit(session, visit.id).get(entry.id, {}) if entry else {}
    heard = Heard(
        cause=task.cause, channel="door", heard_at=task.raised_at, words=said.get("unhappy_words", ""),
        home_id=visit.home_id, visit_id=visit.id, wanted=not (entry and entry.body.get("wants_no_complaint")),
        handler_is=entry.recorded_by if entry else None,
    )  # fmt: skip
    receive(session, heard, by=by, at=at, policy=policy)


def _open(session: Session, kind: str) -> Sequence[Task]:
    waiting = select(Task).where(Task.kind == kind, Task.done_at.is_(None))
    return session.scalars(waiting.order_by(Task.raised_at, Task.id)).all()


def _has_case(session: Session, concern_id: str) -> bool:
    return bool(session.scalar(select(exists().where(BreachCase.concern_id == concern_id))))


def _count(session: Session) -> Turned:
    return Turned(len(session.scalars(select(BreachCase.id)).all()), len(session.scalars(select(Complaint.id)).all()))
