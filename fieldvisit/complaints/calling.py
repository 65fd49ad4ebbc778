"""Whoever deals with a complaint is called when something that is owed runs out: to come and look, and no more (N3).

Beside the task on the desk (`chasing.py`), which only whoever looks there sees. Never whoever reads nothing of it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.complaints import clocks, service
from fieldvisit.complaints.hands import at_visit, officers
from fieldvisit.complaints.models import Complaint
from fieldvisit.complaints.state import ENDED, State
from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import SENDING, Role
from fieldvisit.messages import desk_calls
from fieldvisit.register import apart
from fieldvisit.register.models import Person
from fieldvisit.register.same import same_ids

AT_A_TIME = 200


def call(database: Database, at: datetime, policy: Policy, told: set[str]) -> None:
    """Once for each clock before it runs out, and once when it has. told: whoever had their e-mail in this round."""
    after = ""
    while True:
        with database.reading(SENDING) as session:
            query = select(Complaint).where(Complaint.stage.notin_(ENDED), Complaint.runs_out_at.is_not(None))
            found = session.scalars(query.where(Complaint.id > after).order_by(Complaint.id).limit(AT_A_TIME)).all()
            wanted = _wanted(session, found, at, policy)
        for cause, people in wanted:
            with database.writing(SENDING) as session:
                known = session.scalars(select(Person).where(Person.id.in_(people)).order_by(Person.id)).all()
                desk_calls.call(session, known, cause, told=told, at=at, policy=policy)
        if len(found) < AT_A_TIME:
            return
        after = found[-1].id


def _wanted(
    session: Session, found: Sequence[Complaint], at: datetime, policy: Policy
) -> list[tuple[str, tuple[str, ...]]]:
    wanted = []
    steps = service.steps_of(session, [one.id for one in found])
    for one in found:
        state = service.state_from(steps[one.id])
        if due := clocks.calls(state, at, policy):
            people = _who(session, one, state, at)
            known = session.scalars(select(Person).where(Person.id.in_(people))).all()
            causes = [f"complaint:{one.id}:{cause}" for cause in due]
            wanted += [(cause, people) for cause in causes if not desk_calls.are_called(session, known, cause)]
    return wanted


def _who(session: Session, complaint: Complaint, state: State, at: datetime) -> tuple[str, ...]:
    """Who deals with it; where nobody does who may, everybody who could; and where nobody could, everybody who reads it."""
    kept = set(complaint.kept_from.split())
    reads = {person.id for person, _ in officers(session, complaint.area_id, at)} - kept
    barred = same_ids(session, at_visit(session, complaint.visit_id), Role.OFFICER)
    barred |= apart.away_from(session, complaint.home_id, at) if complaint.home_id else frozenset()
    could = (reads - barred) or reads
    handler = state.handlers.get(state.process)
    return (handler,) if handler in could and handler else tuple(sorted(could))
