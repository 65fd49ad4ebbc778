"""What the person named sees of a case: their letters, by when they may answer or appeal, and what they said themselves.

In a session of system work that was opened by one of their own letters: the case itself stays out of their sight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.breaches import case_acts, case_clocks, case_letters, cases
from fieldvisit.breaches.case_models import BreachCase, BreachTold
from fieldvisit.breaches.case_state import Stage, State
from fieldvisit.breaches.procedure import Procedure, procedure_of
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import RefusedError

# Which letter asks for what, and while the case stands where.
ASKS = {
    "answered": ("notice", (Stage.NOTIFIED, Stage.AWAITING_RESPONSE, Stage.INVESTIGATING)),
    "appealed": ("outcome", (Stage.COMMUNICATED, Stage.ACTIONS_OPEN, Stage.CLOSED, Stage.APPEAL_DECIDED)),
}
FIELDS = {"answered": "answer", "appealed": "appeal"}
MISSING = {
    "answered": "Write what you say to it, in your own words.",
    "appealed": "Write why you think that it is wrong.",
}
LONG = 8000  # characters


@dataclass(frozen=True, slots=True)
class Own:
    """One letter. asks: "answered" or "appealed" while it may still be sent, or "". due: by when (aware UTC), or None.

    is_over: the time ran out. said: what they answered or appealed before, in their own words, oldest first.
    """

    told: BreachTold
    title: str
    asks: str
    due: datetime | None
    is_over: bool
    where: str
    said: Sequence[str]


def own(session: Session, told: BreachTold, at: datetime, policy: Policy) -> Own:
    case = session.get_one(BreachCase, told.case_id)
    steps = cases.steps_of(session, [case.id])[case.id]
    state = cases.state_from(steps, case)
    procedure = procedure_of(state.document) if state.document else None
    asks, due, where = _asks(told, state, procedure, policy)
    over = due is not None and at > due
    theirs = {step.id for step in steps if step.kind in FIELDS and step.by is None and _letter_of(step.kind, told)}
    words = cases.words_of(session, case.id)
    said = [text for step in steps if step.id in theirs for text in words.get(step.id, {}).values()]
    if asks == "appealed" and over:
        asks = ""
    return Own(told, case_letters.LETTERS[told.letter], asks, due, over, where, said)


def _letter_of(kind: str, told: BreachTold) -> bool:
    return told.letter == ASKS[kind][0] or (kind == "appealed" and told.letter == "appeal_outcome")


def _asks(
    told: BreachTold, state: State, procedure: Procedure | None, policy: Policy
) -> tuple[str, datetime | None, str]:
    if procedure is None:
        return "", None, ""
    if told.letter == "notice" and state.stage in ASKS["answered"][1]:
        due = case_clocks.response_due(state, procedure, policy)
        return "answered", due, procedure.word("respond").where
    newest = "appeal_outcome" if any(appeal.decided_at for appeal in state.appeals) else "outcome"
    if told.letter == newest and state.stage in ASKS["appealed"][1] and case_clocks.may_be_appealed(state, procedure):
        due = case_clocks.appeal_due(state, procedure, policy)
        return "appealed", due, procedure.appeals.levels[len(state.appeals)].label
    return "", None, ""


def say(session: Session, told: BreachTold, kind: str, words: str, *, key: str, at: datetime, policy: Policy) -> str:
    """What was wrong, as a sentence; "" where it is kept. Nothing typed is lost: the page shows it again."""
    if not words.strip():
        return MISSING[kind]
    if len(words) > LONG:
        return f"Make this shorter: at most {LONG:,} characters."
    try:
        with session.begin_nested():
            case_acts.answer(session, told, kind, {FIELDS[kind]: words}, key=key, at=at, policy=policy)
    except RefusedError as refused:
        return refused.verdict.message
    return ""


def letters_of(session: Session, kind: str, subject_id: str, at: datetime, policy: Policy) -> list[Own]:
    return [own(session, told, at, policy) for told in case_acts.letters_to(session, kind, subject_id)]


def firms_letters(session: Session, firm_id: str, person_id: str) -> Sequence[BreachTold]:
    """What a firm was told, for its managers; none that is about the one who looks (N1)."""
    wanted = select(BreachTold).where(
        BreachTold.firm_id == firm_id, BreachTold.given_at.is_not(None), BreachTold.about_id != person_id
    )
    return session.scalars(wanted.order_by(BreachTold.given_at.desc(), BreachTold.id)).all()
