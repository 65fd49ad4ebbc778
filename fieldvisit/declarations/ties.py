"""Interests: declared, acknowledged, managed, gone through each year, ended; and who is kept apart from whom meanwhile.

A tie that whoever declares it can name (a firm of our register, the home of the visit) holds from that moment; who
manages it then says what follows, and that takes its place. When the interest ends, so does what followed (MR-5h).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.conduct import SubjectKind
from fieldvisit.db import new_id
from fieldvisit.declarations import interests, service
from fieldvisit.declarations.interests import Control, Stage, State
from fieldvisit.declarations.models import Declaration, DeclarationStep
from fieldvisit.declarations.rules import decide_by, keep_until
from fieldvisit.declarations.service import Subject
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import insist
from fieldvisit.register import apart
from fieldvisit.register.apart import KeptApart
from fieldvisit.register.same import same_ids
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits.models import Visit, VisitWorker
from fieldvisit.visits.state import PLANNING

READ, MANAGE, REVIEW, REASSIGN = "interest_read", "interest_manage", "interest_review", "apart_reassign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """who: with whom or in what, in their own words. firm_id: of our register. home_id: of the visit it came up at."""

    type: str
    who: str
    what: str
    begins_on: date | None = None
    firm_id: str | None = None
    home_id: str | None = None
    visit_id: str | None = None


@dataclass(frozen=True, slots=True)
class Apart:
    """Whom and what the declarer is kept apart from, as ids."""

    homes: tuple[str, ...] = ()
    firms: tuple[str, ...] = ()
    people: tuple[tuple[SubjectKind, str], ...] = ()


def cause_of(declared: Declaration) -> str:
    return f"interest:{declared.id}"


def declare(
    session: Session, subject: Subject, interest: Interest, *, key: str, by: str | None, at: datetime, policy: Policy
) -> Declaration:
    insist(interests.may_be_written_here(interest.who, interest.what))
    if found := service.of_key(session, key):
        return found
    declared = service.begin(subject, "interest", interest.type, at)
    declared.stage, declared.stood = Stage.DECLARED, Stage.DECLARED
    declared.giver_firm_id, declared.visit_id, declared.begins_on = (
        interest.firm_id,
        interest.visit_id,
        interest.begins_on,
    )
    declared.late = interests.begins_too_soon(interest.begins_on, at)
    declared.review_on = interests.review_on(london_date(at), policy)
    said = {"who": interest.who, "what": interest.what}
    made, is_new = service.write_first(session, declared, "declared", by, {"type": interest.type}, said, key, at)
    if is_new:
        homes = (interest.home_id,) if interest.home_id else ()
        _keep_apart(session, made, Apart(homes, (interest.firm_id,) if interest.firm_id else ()), at)
        _wait(session, made, at, policy)
    return made


def state_of(declared: Declaration) -> State:
    return State(
        Stage(declared.stage), declared.form, declared.firm_id is not None, declared.by_manager, declared.by_contact
    )


def acknowledge(
    session: Session, declared: Declaration, role: str, *, key: str, by: str, at: datetime, policy: Policy
) -> None:
    """role: "manager" or "contact". The declaration must be locked."""
    if service.of_key(session, key):
        return
    state = state_of(declared)
    own, other = service.is_own(session, declared, by), has_acknowledged(session, declared, by)
    insist(interests.may_acknowledge(state, by_declarer=own, role=role, did_other=other))
    after = interests.after_acknowledging(state, role)
    declared.by_manager, declared.by_contact = after.by_manager, after.by_contact
    service.step(
        session, declared, "acknowledged", by=by, body={"as": role}, said={}, key=key, at=at, stage=after.stage
    )
    _wait(session, declared, at, policy)


def has_acknowledged(session: Session, declared: Declaration, person_id: str) -> bool:
    """The declarer's newest word, as either of the two, by this or another account."""
    steps = select(DeclarationStep.kind, DeclarationStep.by).where(
        DeclarationStep.declaration_id == declared.id, DeclarationStep.kind.in_(("acknowledged", "changed"))
    )
    done: set[str] = set()
    for row in session.execute(steps.order_by(DeclarationStep.position)):
        done = done | {row.by} if row.kind == "acknowledged" and row.by else set()
    return person_id in same_ids(session, done)


def manage(
    session: Session, declared: Declaration, follows: Apart, control: Control, *, key: str, by: str, at: datetime,
    policy: Policy,
) -> None:  # fmt: skip
    """What follows from it, in the place of whatever followed before."""
    if service.of_key(session, key):
        return
    insist(interests.may_manage(state_of(declared), control, by_declarer=service.is_own(session, declared, by)))
    declared.leave = control.leave
    body = {
        "homes": list(follows.homes), "firms": list(follows.firms), "people": [list(each) for each in follows.people],
        "leave": control.leave, "rank": control.rank,
    }  # fmt: skip
    said = {"reason": control.reason}
    service.step(session, declared, "managed", by=by, body=body, said=said, key=key, at=at, stage=Stage.MANAGED)
    apart.end(session, cause_of(declared), at)
    _keep_apart(session, declared, follows, at)
    _wait(session, declared, at, policy)


def say_again(
    session: Session, declared: Declaration, what: str, text: str, *, key: str, by: str | None, at: datetime,
    policy: Policy,
) -> None:  # fmt: skip
    """what: "same" (gone through, nothing changed), "changed" (to be read and managed anew), "over"."""
    insist(interests.may_be_written_here(text))
    if service.of_key(session, key):
        return
    insist(interests.may_say_again(state_of(declared), by_declarer=by == declared.person_id))
    today = london_date(at)
    declared.review_on = None if what == "over" else interests.review_on(today, policy)
    stage = {"same": declared.stage, "changed": Stage.UPDATED, "over": Stage.ENDED}[what]
    if what == "changed":
        declared.by_manager = declared.by_contact = False
    service.step(session, declared, what, by=by, body={}, said={"what": text}, key=key, at=at, stage=stage)
    if what == "over":
        apart.end(session, cause_of(declared), at)
        declared.closed_at, declared.keep_until = at, keep_until(today, policy)
    if what != "same":
        _wait(session, declared, at, policy)
    else:
        _reviewed(session, declared, at)


def _wait(session: Session, declared: Declaration, at: datetime, policy: Policy) -> None:
    state = state_of(declared)
    wanted = "" if state.stage in (Stage.MANAGED, Stage.ENDED) else MANAGE if state.all_acknowledged else READ
    declared.due_at = decide_by(at, policy) if wanted else None
    service.settle(session, declared, at, but=wanted)
    if wanted and declared.due_at:
        service.ask_for(session, declared, wanted, at, declared.due_at)


def _reviewed(session: Session, declared: Declaration, at: datetime) -> None:
    asked = select(Task).where(Task.about_id == declared.id, Task.kind == REVIEW, Task.done_at.is_(None))
    for task in session.scalars(asked):
        task.done_at = at


# --- who is kept apart --------------------------------------------------------------------------------------------


def _keep_apart(session: Session, declared: Declaration, follows: Apart, at: datetime) -> None:
    """Of an involved person only the tie to somebody who signs in counts: nobody sends them anywhere (R8)."""
    cause = cause_of(declared)
    if declared.person_id is None:
        for kind, subject_id in follows.people:
            if kind == "person":
                row = _row(subject_id, cause, at)
                row.subject_kind, row.subject_id = "involved", declared.subject_id
                session.add(row)
        return
    for home_id in follows.homes:
        row = _row(declared.person_id, cause, at)
        row.home_id = home_id
        session.add(row)
        _somebody_else_must_go(session, declared, home_id, at)
    for firm_id in follows.firms:
        row = _row(declared.person_id, cause, at)
        row.firm_id = firm_id
        session.add(row)
    for kind, subject_id in follows.people:
        row = _row(declared.person_id, cause, at)
        row.subject_kind, row.subject_id = kind, subject_id
        session.add(row)


def _row(person_id: str, cause: str, at: datetime) -> KeptApart:
    return KeptApart(id=new_id(), person_id=person_id, subject_kind="", subject_id="", starts=at, cause=cause)


def _somebody_else_must_go(session: Session, declared: Declaration, home_id: str, at: datetime) -> None:
    """Visits that were planned before it was known: a task each, which says no more than that somebody else must go."""
    sent = select(VisitWorker.visit_id).where(VisitWorker.person_id == declared.person_id, VisitWorker.ends.is_(None))
    planned = select(Visit).where(Visit.home_id == home_id, Visit.stage.in_(PLANNING), Visit.id.in_(sent))
    for visit in session.scalars(planned):
        cause = f"{REASSIGN}:{visit.id}"
        if session.scalars(select(Task.id).where(Task.cause == cause)).first() is None:
            raise_task(
                session, REASSIGN, cause=cause, about="visit", about_id=visit.id, area_id=visit.area_id, at=at,
                due=visit.window_start,
            )  # fmt: skip


def stands_apart(session: Session, declared: Declaration) -> Sequence[KeptApart]:
    wanted = select(KeptApart).where(KeptApart.cause == cause_of(declared), KeptApart.ends.is_(None))
    return session.scalars(wanted.order_by(KeptApart.starts, KeptApart.id)).all()
