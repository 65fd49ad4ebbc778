"""The cases of D2: what a door adds to them, how each stands now, and the columns that are cached.

A fact from a door is never refused: it opens a case or joins one (ruling R1). The desk's steps are `access_steps.py`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Verdict
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.notices.facts import FAILURES
from fieldvisit.register.models import Home
from fieldvisit.register.same import same_ids
from fieldvisit.tasks import Task
from fieldvisit.visits import access_rules as rules
from fieldvisit.visits import events as ev
from fieldvisit.visits.access_cases import AccessAttempt, AccessCase, AccessChase, AccessContact, AccessStep
from fieldvisit.visits.access_rules import Stage
from fieldvisit.visits.access_why import Door, why_not
from fieldvisit.visits.consent import is_valid_refusal
from fieldvisit.visits.models import Entry, Visit, VisitWorker
from fieldvisit.visits.state import ENDED
from fieldvisit.visits.words import storable, years_on

ASKED, SETTLED, DISPUTED = "safeguarding_asked", "dispute_settled", "dispute_told"
FOLLOW_UP = ("refusal", "no_access")  # the dated tasks that a contact answers
OF_A_CASE = (*FOLLOW_UP, "child_alone", "no_id", "no_access_disputed")


@dataclass(frozen=True, slots=True)
class Judged:
    """One attempt, as the rules see it now."""

    row: AccessAttempt
    facts: rules.Attempt
    verdict: Verdict

    @property
    def door(self) -> Door:
        return Door(self.row.happened_at, why_not(self.verdict, self.row.reason))


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything of one case, oldest first, and what the rules judge its next step by."""

    case: rules.Case
    attempts: Sequence[Judged]
    contacts: Sequence[AccessContact]
    steps: Sequence[AccessStep]
    tasks: Sequence[Task]
    undelivered: frozenset[str] = frozenset()  # ids of contacts that were messages and did not arrive

    @property
    def last(self) -> Judged:
        return self.attempts[-1]


@dataclass(frozen=True, slots=True)
class Stood:
    """How the visit stood when the door said no. apart: it has a case of its own, for somebody was let in since."""

    notice: str
    window_start: datetime
    window_end: datetime
    arrived_at: datetime | None
    apart: bool = False


# --- what happens at doors ----------------------------------------------------------------------------------------


def attempt_recorded(
    session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy, stood: Stood | None = None
) -> AccessCase | None:
    """Joins the open case of that home and job, or opens one. None for an event that is no attempt. stood: as the visit
    was then, where this is written long after."""
    facts = _facts_of(event, policy)
    if facts is None:
        return None
    session.scalars(select(Home.id).where(Home.id == visit.home_id).with_for_update()).first()  # two doors, one case
    happened = entry.corrected_time
    stood = stood or Stood(visit.notice_result, visit.window_start, visit.window_end, visit.arrived_at)
    case = None if stood.apart else _case_of(session, visit, happened)
    if case is None:
        case = AccessCase(
            home_id=visit.home_id, area_id=visit.area_id, job_id=visit.job_id, reason=facts["reason"],
            stage=Stage.RECORDED, opened_at=happened,
        )  # fmt: skip
        session.add(case)
        session.flush()
    later = session.scalars(
        select(AccessAttempt.id).where(AccessAttempt.case_id == case.id, AccessAttempt.happened_at > happened)
    ).first()
    session.add(
        AccessAttempt(
            case_id=case.id, visit_id=visit.id, entry_id=entry.id, notice=stood.notice,
            window_start=stood.window_start, window_end=stood.window_end, arrived_at=stood.arrived_at,
            happened_at=happened, **facts,
        )
    )  # fmt: skip
    session.flush()
    if later is None and case.closed_at is None:
        case.reason = facts["reason"]
        if case.stage in rules.BEFORE_REVIEW:
            case.stage = Stage.RECORDED
    cache_due(session, case, happened, policy)
    return case


def _facts_of(event: ev.Event, policy: Policy) -> dict[str, Any] | None:
    facts: dict[str, Any] = {"valid": False, "waited_min": 0, "called": False, "card_left": False}
    match event:
        case ev.ConsentRefused(reason=reason):
            return facts | {"kind": rules.REFUSED, "reason": reason[:24], "valid": is_valid_refusal(reason, policy)}
        case ev.DoorChildAnswered(adult_coming=False):
            return facts | {"kind": rules.CHILD_ALONE, "reason": "child-alone", "valid": True}
        case ev.DoorNoAnswer(waited_min=waited, called=called, card_left=card):
            return facts | {
                "kind": rules.NO_ANSWER, "reason": "no-access", "waited_min": waited, "called": called,
                "card_left": card,
            }  # fmt: skip
    return None


def _case_of(session: Session, visit: Visit, happened: datetime) -> AccessCase | None:
    """The open one, or one that was closed after this happened: a phone may have been without signal."""
    its_visits = select(AccessAttempt.case_id).where(AccessAttempt.visit_id == visit.id)
    rebooked = select(AccessStep.case_id).where(AccessStep.visit_id == visit.id, AccessStep.kind == Stage.REBOOKED)
    same: list[ColumnElement[bool]] = [AccessCase.id.in_(its_visits), AccessCase.id.in_(rebooked)]
    if visit.job_id:
        same.append(AccessCase.job_id == visit.job_id)
    stands = or_(AccessCase.closed_at.is_(None), AccessCase.closed_at >= happened)
    wanted = select(AccessCase).where(AccessCase.home_id == visit.home_id, or_(*same), stands).with_for_update()
    found = session.scalars(wanted.order_by(AccessCase.opened_at, AccessCase.id)).all()
    return next((case for case in found if case.closed_at is None), found[0] if found else None)


def access_given(session: Session, visit: Visit, entry: Entry, policy: Policy) -> None:
    """D2: any stage closes when somebody is let in. Going in at the very door that had said no is not being let in, and
    nor is an entry without consent (D3)."""
    happened = entry.corrected_time
    without = select(Entry.id).where(Entry.visit_id == visit.id, Entry.kind == "entry.lawful")
    if session.scalars(without).first() is not None:
        return
    case = _case_of(session, visit, happened)
    if case is None or case.closed_at is not None:
        return
    last = _attempts(session, case)[-1]
    same_door = last.visit_id == visit.id and last.window_start == visit.window_start
    if same_door or happened < last.happened_at:
        return
    add_step(
        session, case, Stage.CLOSED, key=entry.id, by=None, at=happened, policy=policy, code="access", visit=visit.id
    )
    close_case(session, case, happened)


# --- reading ------------------------------------------------------------------------------------------------------


def find(session: Session, case_id: str, *, lock: bool = False) -> AccessCase | None:
    wanted = select(AccessCase).where(AccessCase.id == case_id)
    return session.scalars(wanted.with_for_update() if lock else wanted).first()


def standing(session: Session, case: AccessCase, policy: Policy) -> Standing:
    attempts = _attempts(session, case)
    contacts = session.scalars(
        select(AccessContact).where(AccessContact.case_id == case.id).order_by(AccessContact.happened_at, AccessContact.id)
    ).all()  # fmt: skip
    steps = session.scalars(
        select(AccessStep).where(AccessStep.case_id == case.id).order_by(AccessStep.made_at, AccessStep.id)
    ).all()
    tasks = tasks_of(session, {row.visit_id for row in attempts})
    found = _judge(session, attempts, steps, tasks, policy)
    last = attempts[-1]
    lost = _undelivered(session, case)
    arrived = [contact for contact in contacts if contact.outcome != "did_not_arrive" and contact.id not in lost]
    return Standing(
        rules.Case(
            stage=Stage(case.stage),
            valid=last.valid,
            child_unasked=child_unasked(attempts, steps) is not None,
            methods=frozenset(contact.method for contact in arrived),
            reached=any(one.outcome == "reached" and one.happened_at >= last.happened_at for one in contacts),
            counted=sum(bool(one.verdict) for one in found),
            disputed=any(one.facts.disputed for one in found),
        ),
        found, contacts, steps, tasks, lost,
    )  # fmt: skip


def judged(session: Session, attempts: Sequence[AccessAttempt], policy: Policy) -> list[Judged]:
    """These alone, of whatever cases: does each count now?"""
    settled = select(AccessStep).where(
        AccessStep.attempt_id.in_([row.id for row in attempts]), AccessStep.kind == SETTLED
    )
    steps = session.scalars(settled.order_by(AccessStep.made_at, AccessStep.id)).all()
    return _judge(session, attempts, steps, tasks_of(session, {row.visit_id for row in attempts}), policy)


def doors_of(session: Session, entry_ids: Collection[str], policy: Policy) -> dict[str, Door]:
    """By the line of the log that says that nobody was let in. What has no attempt has no door here."""
    wanted = select(AccessAttempt).where(AccessAttempt.entry_id.in_(entry_ids))
    found = session.scalars(wanted).all() if entry_ids else ()
    return {one.row.entry_id: one.door for one in judged(session, found, policy)}


def _judge(
    session: Session, attempts: Sequence[AccessAttempt], steps: Sequence[AccessStep], tasks: Sequence[Task],
    policy: Policy,
) -> list[Judged]:  # fmt: skip
    visits = _by_id(session, {row.visit_id for row in attempts})
    struck = _struck(session, [row.entry_id for row in attempts], list(visits))
    found = []
    for row in attempts:
        facts = _as_facts(row, visits.get(row.visit_id), steps, tasks, row.entry_id in struck)
        found.append(Judged(row, facts, rules.counts(facts, policy)))
    return found


def _undelivered(session: Session, case: AccessCase) -> frozenset[str]:
    """Of several tenants it arrived when it reached one of them: those written at one instant are one contact."""
    wanted = (
        select(AccessChase.contact_id, Message)
        .join(Message, Message.id == AccessChase.message_id)
        .where(AccessChase.case_id == case.id)
    )
    return frozenset(
        contact
        for contact, message in session.execute(wanted)
        if all(
            messages.standing_of(session, one).delivery in FAILURES for one in messages.written_with(session, message)
        )
    )


def tasks_of(session: Session, visit_ids: Collection[str]) -> Sequence[Task]:
    wanted = select(Task).where(Task.about == "visit", Task.about_id.in_(visit_ids), Task.kind.in_(OF_A_CASE))
    return session.scalars(wanted.order_by(Task.due_at, Task.id)).all()


def visits_to_come(session: Session, case: AccessCase, at: datetime) -> Sequence[Visit]:
    """Open visits to this home that may be the new appointment: for the same job, where the case has one."""
    wanted = select(Visit).where(Visit.home_id == case.home_id, Visit.stage.not_in(ENDED), Visit.window_end > at)
    if case.job_id:
        wanted = wanted.where(or_(Visit.job_id == case.job_id, Visit.job_id.is_(None)))
    return session.scalars(wanted.order_by(Visit.window_start, Visit.id).limit(20)).all()


def was_there(session: Session, visit_id: str, person_id: str) -> bool:
    return bool(own_visits(session, [visit_id], person_id))


def own_visits(session: Session, visit_ids: Collection[str], person_id: str) -> frozenset[str]:
    """Those of them to which this person was sent, by whatever account of theirs (N1)."""
    mine = same_ids(session, [person_id])
    wanted = select(VisitWorker.visit_id).where(VisitWorker.visit_id.in_(visit_ids), VisitWorker.person_id.in_(mine))
    return frozenset(session.scalars(wanted))


def _attempts(session: Session, case: AccessCase) -> Sequence[AccessAttempt]:
    wanted = select(AccessAttempt).where(AccessAttempt.case_id == case.id)
    return session.scalars(wanted.order_by(AccessAttempt.happened_at, AccessAttempt.id)).all()


def _by_id(session: Session, visit_ids: Collection[str]) -> dict[str, Visit]:
    return {visit.id: visit for visit in session.scalars(select(Visit).where(Visit.id.in_(visit_ids)))}


def _struck(session: Session, entry_ids: Sequence[str], visit_ids: Sequence[str]) -> set[str]:
    """Ids of those lines that a later line of the log strikes out."""
    corrections = select(Entry).where(Entry.visit_id.in_(visit_ids), Entry.kind == "entry.corrected")
    out = {(row.visit_id, row.body["device"], row.body["uuid"]) for row in session.scalars(corrections)}
    lines = session.scalars(select(Entry).where(Entry.id.in_(entry_ids))) if out else ()
    return {line.id for line in lines if (line.visit_id, line.device, line.uuid) in out}


def _as_facts(
    row: AccessAttempt, visit: Visit | None, steps: Sequence[AccessStep], tasks: Sequence[Task], struck: bool
) -> rules.Attempt:
    """The notice as it is known now, while the visit keeps its window: proof may come late, or be taken back."""
    same = visit is not None and (visit.window_start, visit.window_end) == (row.window_start, row.window_end)
    settled = [step for step in steps if step.kind == SETTLED and step.attempt_id == row.id]
    disputes = [
        task.raised_at
        for task in tasks
        if task.kind == "no_access_disputed" and task.about_id == row.visit_id and task.raised_at >= row.happened_at
    ]
    return rules.Attempt(
        kind=row.kind, valid=row.valid, notice=visit.notice_result if visit and same else row.notice,
        window_start=row.window_start, window_end=row.window_end, happened_at=row.happened_at,
        arrived_at=row.arrived_at, waited_min=row.waited_min, called=row.called, card_left=row.card_left,
        reason=row.reason, struck=struck, wrong=bool(settled) and settled[-1].code == "wrong",
        disputed=bool(disputes) and not any(step.made_at >= max(disputes) for step in settled),
    )  # fmt: skip


def child_unasked(attempts: Sequence[AccessAttempt], steps: Sequence[AccessStep]) -> AccessAttempt | None:
    asked = {step.attempt_id for step in steps if step.kind == ASKED}
    return next((row for row in attempts if row.kind == rules.CHILD_ALONE and row.id not in asked), None)


# --- what the desk's steps write, too ---------------------------------------------------------------------------------


def add_step(
    session: Session, case: AccessCase, kind: str, *, key: str, by: str | None, at: datetime, policy: Policy,
    code: str = "", words: str = "", equality: str = "", visit: str | None = None, attempt: str | None = None,
) -> None:  # fmt: skip
    session.add(
        AccessStep(
            case_id=case.id, kind=kind, code=code, words=storable(words), equality=storable(equality), visit_id=visit,
            attempt_id=attempt, made_at=at, by_id=by, form_key=key, keep_until=keep_until(at, policy),
        )
    )  # fmt: skip
    session.flush()


def keep_until(at: datetime, policy: Policy) -> date:
    return years_on(london_date(at), policy.keep.visit_years.value)


def move(session: Session, case: AccessCase, stage: Stage, at: datetime, policy: Policy) -> None:
    case.stage = stage
    cache_due(session, case, at, policy)


def close_case(session: Session, case: AccessCase, at: datetime) -> None:
    case.stage, case.closed_at, case.due_at = Stage.CLOSED, at, None
    session.flush()


def cache_due(session: Session, case: AccessCase, at: datetime, policy: Policy) -> None:
    """The nearest of what the case waits for. at: when the last thing happened."""
    if case.closed_at is not None:
        return
    attempts = _attempts(session, case)
    last = attempts[-1]
    due = rules.next_step_by(at, policy)
    if case.stage == Stage.RECORDED:
        due = rules.contact_by(last.happened_at, valid=last.valid, policy=policy)
    steps = session.scalars(select(AccessStep).where(AccessStep.case_id == case.id, AccessStep.kind == ASKED)).all()
    if child := child_unasked(attempts, steps):
        due = min(due, rules.safeguarding_by(child.happened_at, policy))
    case.due_at = due
    session.flush()
