"""Which steps a page offers: those that nothing but what is typed into their forms stands against. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from fieldvisit.complaints import rules
from fieldvisit.complaints.clocks import extension_days
from fieldvisit.complaints.rules import Hands
from fieldvisit.complaints.state import Deed, State
from fieldvisit.complaints.words import OFFERS
from fieldvisit.ground.policy import Policy

# What a form can lift that is filled in well.
LIFTED = frozenset({
    "no-points", "no-handler", "no-ground", "incomplete", "no-day", "unanswered", "not-the-sum", "no-reasons", "no-remedy",
    "no-owner", "no-what", "no-told", "no-learning", "no-person", "no-words", "no-way",
})  # fmt: skip
LETTER_OF = {"acknowledge": "ack", "extend": "extension", "answer": "answer"}


def letter_of(step: str, state: State) -> str:
    """The letter that this step of the page sends now, or empty: which stage it is of, the complaint itself says."""
    if step == "refuse":
        return "refusal"
    return f"{LETTER_OF[step]}{state.process}" if step in LETTER_OF else ""


def offered(state: State, by: str, hands: Hands, policy: Policy, at: datetime, today: date) -> tuple[str, ...]:
    """In the order of `words.OFFERS`, but that a decision comes before its answer, and somebody before all of stage 2."""
    blank = replace(hands, missing=(), until=None)
    found = [step for step in OFFERS if _is_offered(step, state, by, blank, policy, at, today)]
    if "answer" in found and "decided" in found and state.process not in state.outcomes:
        found.remove("answer")
    if "handler" in found and state.process not in state.handlers:
        found = ["handler", *(step for step in found if step != "handler")]
    return tuple(found)


def _is_offered(step: str, state: State, by: str, hands: Hands, policy: Policy, at: datetime, today: date) -> bool:
    if step == "placed":
        return state.open
    if step == "handler" and state.process not in state.handlers and state.process == 1:
        return False
    letter = letter_of(step, state)
    kind = "handed" if letter else step
    body: dict[str, Any] = {
        "letter": letter or state.waiting, "handler": "", "points": 0, "stage": state.process, "outcome": "", "answers": {},
        "owner": "", "person": "", "number": state.outstanding[0].number if state.outstanding else 0,
    }  # fmt: skip
    verdict = rules.may(state, Deed(kind, at, by, body), {}, hands, policy, today)
    return bool(verdict) or verdict.code in LIFTED


def who_may(state: State, hands: Hands, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Who may look into it at the stage that it is at: (id, name)."""
    found = [person for person in hands.handlers if rules.may_handle(state, person, state.process, hands)]
    return sorted(((person, names.get(person, "")) for person in found), key=lambda one: one[1])


def days_left(state: State, policy: Policy) -> tuple[date, date] | None:
    """For an extension: the last day as it stands, and the last that it may name. None once it has ended."""
    return extension_days(state, state.process, policy) if state.open and state.wanted else None
