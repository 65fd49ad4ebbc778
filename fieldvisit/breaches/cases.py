"""Opening a breach case, adding a step to it, reading it. The only writer of cases, their steps and their words.

Opening reads nothing: whoever reports may be the person named, or somebody near, and sees no row afterwards (N1, N3, N4).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit import conduct
from fieldvisit.breaches.case_models import BreachApart, BreachCase, BreachStep, BreachWords
from fieldvisit.breaches.case_state import Deed, Stage, State, fold, not_before
from fieldvisit.db import is_taken, new_id
from fieldvisit.ground.references import Kind, new_reference
from fieldvisit.ground.verdict import Refused, RefusedError
from fieldvisit.visits.words import storable

_MOST_REFS = 5  # tries; one in 10^13 needs a second
FORGOTTEN = ("subject", "visit", "home")  # who is meant, and where: a step is for ever, a column is not
_NOTHING: Mapping[str, str] = {}


def open_case(
    session: Session, reported: conduct.Reported, *, concern_id: str | None = None, at: datetime | None = None
) -> BreachCase | None:
    """In the caller's transaction, whoever asks. None: this cause opened its case before.

    at: not kept, as the minute would point at an anonymous caller (T31): the case knows when it was heard, and no more.
    """
    case = _first_row(session, reported, concern_id)
    if case is None:
        return None
    body = {"clauses": list(reported.clauses)}
    step = BreachStep(
        id=new_id(), case_id=case.id, position=1, kind="reported", at=case.heard_at, recorded_at=case.heard_at,
        stage_before="", stage_after=Stage.REPORTED, body=body, form_key=f"opened:{case.id}",
    )  # fmt: skip
    session.add(step)
    session.flush()
    _keep_words(session, case, step, {"told": reported.words})
    if reported.told_by_id:
        session.add(BreachApart(case_id=case.id, person_id=reported.told_by_id, why="reporter"))
    if case.subject_kind == "person":
        session.add(BreachApart(case_id=case.id, person_id=case.subject_id, why="accused"))
    session.flush()
    return case


def _first_row(session: Session, reported: conduct.Reported, concern_id: str | None) -> BreachCase | None:
    """None: its twin was first. A reference that another case has is no twin: then with another one."""
    for _ in range(_MOST_REFS):
        case = BreachCase(
            id=new_id(), ref=_new_ref(), cause=reported.cause, concern_id=concern_id,
            subject_kind=reported.subject_kind if reported.subject_id else "", subject_id=reported.subject_id,
            firm_id=reported.firm_id, visit_id=reported.visit_id, home_id=reported.home_id, area_id=reported.area_id,
            stage=Stage.REPORTED, heard_at=reported.heard_at,
        )  # fmt: skip
        try:
            with session.begin_nested():
                session.add(case)
                session.flush()
        except IntegrityError as error:
            if not is_taken(error):
                raise
            if _is_of(error, "cause"):
                return None
            continue
        return case
    raise RuntimeError("No reference is free for a case of conduct.")


def _new_ref() -> str:
    return new_reference(Kind.CASE)


def _is_of(error: IntegrityError, column: str) -> bool:
    """Whoever reports may read no case, so what the database says is all that there is to go by."""
    said = str(error.orig)
    return f"breach_case.{column}" in said or f"breach_case_{column}" in said


@conduct.answers
def _answer(session: Session, reported: conduct.Reported) -> None:
    open_case(session, reported, at=reported.heard_at)


# --- reading ------------------------------------------------------------------------------------------------------


def find(session: Session, case_id: str) -> BreachCase | None:
    return session.scalars(select(BreachCase).where(BreachCase.id == case_id)).first()


def lock(session: Session, case_id: str) -> BreachCase | None:
    return session.scalars(select(BreachCase).where(BreachCase.id == case_id).with_for_update()).first()


def steps_of(session: Session, case_ids: Iterable[str]) -> dict[str, list[BreachStep]]:
    """By case, in their order."""
    found: dict[str, list[BreachStep]] = {each: [] for each in case_ids}
    query = select(BreachStep).where(BreachStep.case_id.in_(list(found)))
    for step in session.scalars(query.order_by(BreachStep.case_id, BreachStep.position)):
        found[step.case_id].append(step)
    return found


def state_from(steps: Sequence[BreachStep], case: BreachCase | None = None) -> State:
    """case: where it matters whom it is about."""
    state = fold(Deed(step.kind, step.at, step.by or "", step.body) for step in steps)
    return replace(state, subject_kind=case.subject_kind, subject_id=case.subject_id or "") if case else state


def state_of(session: Session, case_id: str) -> State:
    return state_from(steps_of(session, [case_id])[case_id], find(session, case_id))


def words_of(session: Session, case_id: str) -> dict[str, dict[str, str]]:
    """Step id -> field -> words."""
    found: dict[str, dict[str, str]] = {}
    for words in session.scalars(select(BreachWords).where(BreachWords.case_id == case_id)):
        found.setdefault(words.step_id, {})[words.field] = words.text
    return found


def pressed_before(session: Session, key: str) -> bool:
    return session.scalars(select(BreachStep.id).where(BreachStep.form_key == key)).first() is not None


# --- writing ------------------------------------------------------------------------------------------------------


def write(
    session: Session, case: BreachCase, deed: Deed, words: Mapping[str, str], key: str, at: datetime
) -> BreachStep:
    """One step. The case must be locked, and the rules must have said yes. at: now."""
    before = steps_of(session, [case.id])[case.id]
    if deed.at < not_before(before, deed.kind) and deed.kind not in ("evidence", "note"):
        raise RefusedError(Refused("too-early", "That is before what it follows in this case. Say when it was done."))
    kept = {name: value for name, value in deed.body.items() if name not in FORGOTTEN}
    step = BreachStep(
        id=new_id(), case_id=case.id, position=len(before) + 1, kind=deed.kind, at=deed.at, recorded_at=at,
        by=deed.by or None, stage_before=case.stage, stage_after="", body=kept, form_key=key,
    )  # fmt: skip
    state = fold([*(Deed(each.kind, each.at, each.by or "", each.body) for each in before), deed])
    step.stage_after = state.stage
    session.add(step)
    session.flush()
    _keep_words(session, case, step, words)
    for column, value in cached(state).items():
        setattr(case, column, value)
    if deed.kind == "identified":
        case.subject_kind, case.subject_id = deed.body["subject_kind"], deed.body["subject"]
    if deed.kind == "visit":
        case.visit_id, case.home_id = deed.body["visit"], deed.body["home"]
    session.flush()
    return step


def _keep_words(session: Session, case: BreachCase, step: BreachStep, words: Mapping[str, str]) -> None:
    for field, text in words.items():
        if text:
            session.add(BreachWords(case_id=case.id, step_id=step.id, field=field, text=storable(text)))
    session.flush()


def cached(state: State) -> dict[str, Any]:
    """The columns of `BreachCase` that are nothing but the fold."""
    return {
        "stage": state.stage.value,
        "document": state.document,
        "ladder": state.ladder,
        "closed_at": state.closed_at,
        "linked_to": state.linked_to or None,
    }
