"""What an officer types about a hazard: parsed, with a sentence for what cannot be read. Decides nothing.

Every box bears the name of its form's step, because all forms of a case stand on one page.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from fieldvisit.hazards.state import ANSWERS, AT_RISK, CARRIED_BY, FINDINGS, REASONS, SENT_BY, TRIAGES, WAYS, Deed
from fieldvisit.hazards.summary import TO_FILL
from fieldvisit.visits.plan_forms import Typed

LONG, SHORT = 4000, 200  # letters
Body = dict[str, Any]
Words = dict[str, str]

# Where the refusal of a rule is shown: beside the box that can lift it.
BOXES = {
    "no-reason": "reason",
    "household-not-read": "household_read",
    "no-investigator": "investigator",
    "in-person": "how",
    "incomplete": "says",
    "not-safe": "how",
    "future": "on",
    "too-early": "on",
    "known-already": "on",
    "not-told": "told",
    "no-such-clock": "clock",
    "no-such-reason": "why",
}


def read_step(kind: str, typed: Typed, hazards: tuple[str, ...], now: datetime, by: str) -> tuple[Deed, Words] | None:
    """None where something cannot be read; then `typed.errors` says what."""
    body, words = _READS[kind](typed, kind, hazards)
    at = read_when(typed, kind, now)
    return None if typed.errors else (Deed(kind, at, by, body), words)


def read_when(typed: Typed, prefix: str, now: datetime) -> datetime:
    """Now, unless somebody says when."""
    day_box, time_box = f"{prefix}_on", f"{prefix}_at"
    timed = typed.text(time_box, 40)
    day = typed.day(day_box, "Say on which day as well." if timed else "")
    at = typed.instant(day, time_box, "Say at what time as well." if day else "")
    return at or now


def read_report(typed: Typed, hazards: tuple[str, ...], now: datetime) -> tuple[Body, Words, datetime]:
    """Of the page that opens a case. What is wrong stands in the page's order."""
    if not typed.ticked("new_dangers"):
        typed.wrong("new_dangers", "Say that you have told them whom to ring first.")
    hazard = typed.choice("new_hazard", hazards, "Choose which hazard it is.")
    words = {"seen": typed.words("new_seen", "Write down what was seen, and where in the home.", LONG)}
    body: Body = {"hazard": hazard, "at_risk": _at_risk(typed, "new")}
    body["emergency"] = typed.ticked("new_emergency")
    return body, words, read_when(typed, "new", now)


def _described(typed: Typed, kind: str, hazards: tuple[str, ...]) -> tuple[Body, Words]:
    hazard = typed.choice(f"{kind}_hazard", hazards, "Choose which hazard it is.")
    return {"hazard": hazard, "at_risk": _at_risk(typed, kind)}, {}


def _at_risk(typed: Typed, kind: str) -> list[str]:
    at_risk = [code for code in typed.many(f"{kind}_at_risk") if code in AT_RISK]
    if not at_risk:
        typed.wrong(f"{kind}_at_risk", "Say who is at risk, or that we know of nobody.")
    return at_risk


def _triaged(typed: Typed, kind: str, _: tuple[str, ...]) -> tuple[Body, Words]:
    said = typed.choice(f"{kind}_as", TRIAGES, "Choose how urgent it is.")
    read = typed.ticked(f"{kind}_household_read")
    return {"as": said, "household_read": read}, {"reason": typed.words(f"{kind}_reason", most=LONG)}


def _investigating(typed: Typed, kind: str, _: tuple[str, ...]) -> tuple[Body, Words]:
    how = typed.choice(f"{kind}_how", WAYS, "Choose how it is looked into.")
    return {"how": how}, {"investigator": typed.words(f"{kind}_investigator", most=SHORT)}


def _concluded(typed: Typed, kind: str, _: tuple[str, ...]) -> tuple[Body, Words]:
    finding = typed.choice(f"{kind}_finding", FINDINGS, "Choose what was found.")
    return {"finding": finding}, {"reason": typed.words(f"{kind}_reason", most=LONG)}


def _summary(typed: Typed, kind: str, _: tuple[str, ...]) -> tuple[Body, Words]:
    how = typed.choice(f"{kind}_how", SENT_BY, "Choose how it was sent.")
    return {"says": list(typed.many(f"{kind}_says")), "how": how}, {"summary": read_summary(typed, kind)}


def _written(typed: Typed, kind: str, _: tuple[str, ...]) -> tuple[Body, Words]:
    """To be sent by our messages: the same, but that a provider carries it."""
    how = typed.choice(f"{kind}_how", CARRIED_BY, "Choose how it is to be sent.")
    return {"says": list(typed.many(f"{kind}_says")), "how": how}, {"summary": read_summary(typed, kind)}


def read_summary(typed: Typed, kind: str) -> str:
    text = typed.words(f"{kind}_summary", "Write the summary.", LONG).replace("\r\n", "\n")
    if TO_FILL in text:
        typed.wrong(f"{kind}_summary", "Write what is missing in the place of the words in square brackets.")
    return text


def _offered(typed: Typed, kind: str, _: tuple[str, ...]) -> tuple[Body, Words]:
    answer = typed.choice(f"{kind}_answer", ANSWERS, "Choose what the tenant answered.")
    return {"answer": answer}, {"what": typed.words(f"{kind}_what", "Write down where, and from when.", LONG)}


def _what(missing: str) -> Callable[[Typed, str, tuple[str, ...]], tuple[Body, Words]]:
    return lambda typed, kind, _: ({}, {"what": typed.words(f"{kind}_what", missing, LONG)})


def _reason(typed: Typed, kind: str, _: tuple[str, ...]) -> tuple[Body, Words]:
    return {}, {"reason": typed.words(f"{kind}_reason", most=LONG)}


def _noted(typed: Typed, kind: str, _: tuple[str, ...]) -> tuple[Body, Words]:
    number, _colon, name = typed.words(f"{kind}_clock", "Choose the clock that it is about.", 64).partition(":")
    why = typed.choice(f"{kind}_why", REASONS, "Choose why.")
    body: Body = {"clock": name, "round": int(number) if number.isascii() and number.isdecimal() else -1, "why": why}
    return body, {"note": typed.words(f"{kind}_note", "Say what happened.", LONG)}


def _told(typed: Typed, kind: str, _: tuple[str, ...]) -> tuple[Body, Words]:
    return {"told": typed.ticked(f"{kind}_told")}, {}


def _again(typed: Typed, kind: str, _: tuple[str, ...]) -> tuple[Body, Words]:
    seen = typed.words(f"{kind}_seen", "Write down what was reported, or what has changed.", LONG)
    return {"from": "desk", "emergency": typed.ticked(f"{kind}_emergency")}, {"seen": seen}


_READS: Mapping[str, Callable[[Typed, str, tuple[str, ...]], tuple[Body, Words]]] = {
    "described": _described,
    "triaged": _triaged,
    "investigating": _investigating,
    "concluded": _concluded,
    "summary_written": _written,
    "summary_sent": _summary,
    "advised": _what("Write down what they were told."),
    "made_safe": _what("Write down what was done to make it safe."),
    "alternative_offered": _offered,
    "asked_in_person": _what(""),
    "preventative": _what("Write down which work is needed."),
    "steps_taken": _what("Write down which steps were taken."),
    "work_started": _what("Write down which work has begun."),
    "completed": _told,
    "downgraded": _reason,
    "closed": _told,
    "reported": _again,
    "noted": _noted,
}
STEPS = tuple(_READS)
