"""The desk's steps through a case of D2. Each raises RefusedError with a sentence; the same form twice is done once.

Each comes with the case locked (`find`), so that a verdict holds until the row is written. There is no step that
overrides a rule.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.roles import Duty
from fieldvisit.ground.verdict import Refused, RefusedError, insist
from fieldvisit.visits import access_rules as rules
from fieldvisit.visits.access_cases import AccessCase, AccessContact, AccessStep
from fieldvisit.visits.access_rules import Stage
from fieldvisit.visits.access_service import (
    ASKED,
    DISPUTED,
    FOLLOW_UP,
    SETTLED,
    Standing,
    add_step,
    cache_due,
    child_unasked,
    close_case,
    keep_until,
    move,
    standing,
    visits_to_come,
    was_there,
)
from fieldvisit.visits.pressed import Pressed
from fieldvisit.visits.service import lock
from fieldvisit.visits.tenant_acts import dispute
from fieldvisit.visits.words import storable

_NO_ATTEMPT = Refused("no-attempt", "That record is not of this case. Open the page again.")
_USED = Refused("form-used", "You sent this once already. Open the page again to write down more.")


def record_contact(
    session: Session, case: AccessCase, method: str, happened_at: datetime, outcome: str, words: str, pressed: Pressed
) -> None:
    if done_before(session, case, pressed):
        return
    now = standing(session, case, pressed.policy)
    insist(rules.may_record_contact(now.case, happened_at, now.attempts[0].row.happened_at, pressed.at))
    session.add(
        AccessContact(
            case_id=case.id, method=method, outcome=outcome, words=storable(words), happened_at=happened_at,
            made_at=pressed.at, by_id=pressed.by.person_id, form_key=pressed.key,
            keep_until=keep_until(pressed.at, pressed.policy),
        )
    )  # fmt: skip
    session.flush()
    stage = rules.stage_after_contact(now.case, method, outcome)
    if stage is not now.case.stage:
        move(session, case, stage, pressed.at, pressed.policy)
        mark_done(session, now, FOLLOW_UP, pressed.at)


def answer_safeguarding(session: Session, case: AccessCase, answer: str | None, pressed: Pressed) -> None:
    """That somebody answered is kept, and when; what they answered goes no further than the verdict (ruling R4)."""
    if done_before(session, case, pressed):
        return
    now = standing(session, case, pressed.policy)
    insist(rules.may_answer_safeguarding(now.case, answer))
    child = child_unasked([one.row for one in now.attempts], now.steps)
    assert child, "the rule has just said that a child was alone"
    _press(session, case, ASKED, pressed, attempt=child.id)
    cache_due(session, case, pressed.at, pressed.policy)
    if not standing(session, case, pressed.policy).case.child_unasked:
        mark_done(session, now, ("child_alone",), pressed.at)


def arrange_support(session: Session, case: AccessCase, words: str, pressed: Pressed) -> None:
    if done_before(session, case, pressed):
        return
    now = standing(session, case, pressed.policy)
    insist(rules.may_arrange_support(now.case))
    _press(session, case, Stage.SUPPORT_ARRANGED, pressed, words=words)
    move(session, case, Stage.SUPPORT_ARRANGED, pressed.at, pressed.policy)
    mark_done(session, now, FOLLOW_UP, pressed.at)


def rebook(session: Session, case: AccessCase, visit_id: str, pressed: Pressed) -> None:
    if done_before(session, case, pressed):
        return
    visit = next((one for one in visits_to_come(session, case, pressed.at) if one.id == visit_id), None)
    if visit is None:
        raise RefusedError(Refused("no-visit", "That visit is over, or is no visit to this home. Choose another."))
    insist(rules.may_rebook(standing(session, case, pressed.policy).case, visit.notice_result))
    _press(session, case, Stage.REBOOKED, pressed, visit=visit.id)
    if case.stage in rules.BEFORE_REVIEW:  # a plan stays a plan while another visit is tried
        case.stage = Stage.REBOOKED
    case.due_at = end_of_london_day(london_date(visit.window_end))


def review(session: Session, case: AccessCase, vulnerability: str, equality: str, pressed: Pressed) -> None:
    if done_before(session, case, pressed):
        return
    now = standing(session, case, pressed.policy)
    insist(rules.may_review(now.case, vulnerability=vulnerability, equality=equality, policy=pressed.policy))
    _press(session, case, Stage.COUNCIL_REVIEW, pressed, words=vulnerability, equality=equality)
    move(session, case, Stage.COUNCIL_REVIEW, pressed.at, pressed.policy)


def close(session: Session, case: AccessCase, why: str, pressed: Pressed) -> None:
    if done_before(session, case, pressed):
        return
    insist(rules.may_close(standing(session, case, pressed.policy).case, why))
    _press(session, case, Stage.CLOSED, pressed, code="low-risk", words=why)
    close_case(session, case, pressed.at)


def plan_access(session: Session, case: AccessCase, need: str | None, why: str, pressed: Pressed) -> None:
    if done_before(session, case, pressed):
        return
    insist(rules.may_plan(standing(session, case, pressed.policy).case, need, why))
    _press(session, case, Stage.ACCESS_PLAN, pressed, code=need or "", words=why)
    move(session, case, Stage.ACCESS_PLAN, pressed.at, pressed.policy)


def consider_legal(session: Session, case: AccessCase, why: str, pressed: Pressed) -> None:
    """The sign-off is the press of a repairs manager of that area. Court work itself is out of this product (D2)."""
    if done_before(session, case, pressed):
        return
    now = standing(session, case, pressed.policy)
    tried = since_plan(now)
    manager = pressed.by.holds(Duty.REPAIRS_MANAGER, case.area_id)
    insist(rules.may_consider_legal(now.case, manager=manager, since_plan=tried, why=why))
    _press(session, case, Stage.LEGAL_CONSIDERED, pressed, words=why)
    move(session, case, Stage.LEGAL_CONSIDERED, pressed.at, pressed.policy)


def since_plan(now: Standing) -> int:
    planned = [step.made_at for step in now.steps if step.kind == Stage.ACCESS_PLAN]
    if not planned:
        return 0
    tried = [one.happened_at for one in now.contacts] + [one.row.happened_at for one in now.attempts]
    return sum(moment > planned[-1] for moment in tried)


def say_disputed(
    session: Session, case: AccessCase, attempt_id: str, told_by: str | None, words: str, pressed: Pressed
) -> None:
    """The tenant told us by telephone or otherwise: the same as when they write it on their own page."""
    if done_before(session, case, pressed):
        return
    now = standing(session, case, pressed.policy)
    one = next((one for one in now.attempts if one.row.id == attempt_id), None)
    visit = lock(session, one.row.visit_id) if one else None
    if one is None or visit is None:
        raise RefusedError(_NO_ATTEMPT)
    verdict = rules.may_say_disputed(one.facts, told_by, words)
    dispute(session, visit, words, verdict, form_key=pressed.key, at=pressed.at, policy=pressed.policy)
    _press(session, case, DISPUTED, pressed, code=told_by or "", attempt=attempt_id, visit=visit.id)


def settle_dispute(
    session: Session, case: AccessCase, attempt_id: str, finding: str | None, why: str, pressed: Pressed
) -> None:
    if done_before(session, case, pressed):
        return
    now = standing(session, case, pressed.policy)
    one = next((one for one in now.attempts if one.row.id == attempt_id), None)
    there = one is not None and was_there(session, one.row.visit_id, pressed.by.person_id)
    disputed = one is not None and one.facts.disputed
    insist(rules.may_settle_dispute(disputed=disputed, was_there=there, finding=finding, why=why))
    assert one
    _press(session, case, SETTLED, pressed, code=finding or "", words=why, attempt=attempt_id, visit=one.row.visit_id)
    for task in now.tasks:
        if task.kind == "no_access_disputed" and task.about_id == one.row.visit_id and task.done_at is None:
            task.done_at = pressed.at


# --- what every step does -----------------------------------------------------------------------------------------


def done_before(session: Session, case: AccessCase, pressed: Pressed) -> bool:
    """Raises RefusedError where the key is that of another case's form."""
    for model in (AccessContact, AccessStep):
        found: str | None = session.scalars(select(model.case_id).where(model.form_key == pressed.key)).first()
        if found is not None and found != case.id:
            raise RefusedError(_USED)
        if found is not None:
            return True
    return False


def _press(session: Session, case: AccessCase, kind: str, pressed: Pressed, **facts: str) -> None:
    add_step(
        session, case, kind, key=pressed.key, by=pressed.by.person_id, at=pressed.at, policy=pressed.policy, **facts
    )


def mark_done(session: Session, now: Standing, kinds: Collection[str], at: datetime) -> None:
    for task in now.tasks:
        if task.kind in kinds and task.done_at is None:
            task.done_at = at
    session.flush()
