"""The forms of a case, read. Nothing is decided here, and nothing that was typed is lost."""

from collections.abc import Callable, Collection
from datetime import datetime, time
from typing import Any

from fieldvisit.breaches.case_acts import HOWS, Act
from fieldvisit.breaches.case_facts import FINDINGS, PARTS, RESULTS
from fieldvisit.breaches.case_state import State
from fieldvisit.breaches.case_words import BECAUSE, TOLD_BY
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.visits.plan_forms import Typed

LONG, SHORT = 8000, 200  # characters
ACTIONS = 3  # rows of the form
NOTHING = "nothing"  # of the sanctions, where none is chosen
Body = dict[str, Any]
Words = dict[str, str]
Read = tuple[Body, Words]
# The box that can lift a refusal; without one it stands at the top.
BOXES = {
    "no-why": "why", "preset-why": "why", "no-letter": "letter", "unfinished": "letter", "no-answer": "answer",
    "finding": "finding", "reasons": "reasons", "learning": "learning", "joined-by": "joined_by",
    "not-considered": "considered", "ladder-skipped": "sanction", "sanction": "sanction", "not-on-ladder": "sanction",
    "only-firms": "sanction", "no-appeal": "appeal", "late": "appeal", "result": "result", "harder": "sanction",
    "no-ladder": "ladder", "no-procedure": "ladder", "no-clause": "clauses",
    "not-theirs-to-break": "clauses", "draft-alone": "clauses", "not-bound": "clauses",
    "coordinator": "coordinates", "no-preset": "preset",
    "no-member": "member", "same-person": "person", "apart": "person", "own-hand": "person",
    "involved-before": "person", "no-note": "note", "no-link": "to", "nothing": "items", "no-address": "how", "no-email": "how",
    "skip-why": "skip_why", "no-visit": "which",
    "vote": "for", "action": "what_1", "action-date": "due_1-day", "no-actions": "what_1", "not-serious": "because",
}  # fmt: skip


def read(step: str, typed: Typed, state: State, at: datetime, by: str) -> Act | None:
    """None: something could not be read, and `typed.errors` says what."""
    reader = _READS.get(step, _nothing)
    body, words = reader(typed, f"{step}_", state)
    happened = _when(typed, f"{step}_", at) if step in ASKS_WHEN else at
    seen = typed.text("seen", 6)
    if typed.errors:
        return None
    return Act(step, happened, by, body, words, int(seen) if seen.isdecimal() else None)


ASKS_WHEN = frozenset({"notice_given", "answered", "outcome_given", "appealed", "vote", "reporter_told", "action_done"})


def _when(typed: Typed, prefix: str, at: datetime) -> datetime:
    """Left empty, it is now. A day without a time is its noon: nobody knows better."""
    day = typed.day(f"{prefix}on")
    if day is None:
        return at
    return at if day == london_date(at) else london_instant(day, time(12))


def _text(typed: Typed, name: str, most: int = LONG) -> str:
    text = typed.text(name, most).replace("\r\n", "\n")
    if len(text) > most:
        typed.wrong(name, f"Make this shorter: at most {most:,} characters.")
    return text


def _nothing(_typed: Typed, _prefix: str, _state: State) -> Read:
    return {}, {}


def _why(typed: Typed, prefix: str, _state: State) -> Read:
    return {}, {"why": _text(typed, f"{prefix}why")}


def _ending(typed: Typed, prefix: str, state: State) -> Read:
    body, words = _letter(typed, prefix, state)
    return body, words | {"why": _text(typed, f"{prefix}why")}


def _what(typed: Typed, _prefix: str, _state: State) -> Read:
    """Which of those that wait for a second person."""
    return {"what": typed.text("what", 20)}, {}


def _sent_back(typed: Typed, prefix: str, state: State) -> Read:
    body, _ = _what(typed, prefix, state)
    box = f"{prefix}why_{body['what']}"  # several may stand on one page
    why = _text(typed, box)
    if not why.strip():
        typed.wrong(box, "Write down what is to change, so that whoever proposed it can follow it.")
    return body, {"why": why}


def _one(field: str) -> Callable[[Typed, str, State], Read]:
    return lambda typed, prefix, _state: ({}, {field: _text(typed, f"{prefix}{field}")})


def _seated(typed: Typed, prefix: str, _state: State) -> Read:
    part = typed.choice(f"{prefix}part", PARTS, "Choose the part.")
    person = _id(typed, f"{prefix}person", "Choose the person.")
    return {"part": part, "person": person}, {}


def _id(typed: Typed, name: str, missing: str) -> str:
    found = typed.text(name, 64)
    if not found:
        typed.wrong(name, missing)
    return found


def _identified(typed: Typed, prefix: str, _state: State) -> Read:
    kind, _, subject = _id(typed, f"{prefix}subject", "Choose the person whom this is about.").partition(":")
    return {"subject_kind": kind if kind in ("person", "involved") else "person", "subject": subject}, {}


def _screened(typed: Typed, prefix: str, _state: State) -> Read:
    document, _, ladder = typed.text(f"{prefix}ladder", 64).partition(":")
    if not ladder:
        typed.wrong(f"{prefix}ladder", "Choose what kind of breach this is.")
    clauses = list(typed.many(f"{prefix}clauses"))
    if not clauses:
        typed.wrong(f"{prefix}clauses", "Choose at least one clause that may have been broken.")
    coordinates = typed.text(f"{prefix}coordinates", 3)
    body: Body = {"document": document, "ladder": ladder, "clauses": clauses}
    body["preset"] = typed.text(f"{prefix}preset", 32).partition(":")[2]
    if coordinates in ("yes", "no"):
        body["coordinates"] = coordinates == "yes"
    return body, {"why": _text(typed, f"{prefix}why")}


def _suspended(typed: Typed, prefix: str, _state: State) -> Read:
    because = typed.choice(f"{prefix}because", BECAUSE, "Say why it cannot wait.")
    body, words = _letter(typed, prefix, _state)
    return body | {"because": because}, words | {"why": _text(typed, f"{prefix}why")}


def _letter(typed: Typed, prefix: str, _state: State) -> Read:
    how = typed.choice(f"{prefix}how", HOWS, "Say how they get the letter.")
    return {"how": how}, {"letter": _text(typed, f"{prefix}letter")}


def _papers(typed: Typed, prefix: str, _state: State) -> Read:
    """To a firm or the CIH: there is one way."""
    return {"how": "handed"}, {"letter": _text(typed, f"{prefix}letter")}


def _cih(typed: Typed, prefix: str, state: State) -> Read:
    body, words = _papers(typed, prefix, state)
    return body | {"member": bool(typed.many(f"{prefix}member"))}, words


def _items(typed: Typed, prefix: str, _state: State) -> Read:
    return {"items": list(typed.many(f"{prefix}items"))}, {}


def _visit(typed: Typed, prefix: str, _state: State) -> Read:
    """A reference that was written counts before one that was chosen."""
    return {"visit": typed.text(f"{prefix}ref", 20).strip() or typed.text(f"{prefix}which", 20)}, {}


def _vote(typed: Typed, prefix: str, _state: State) -> Read:
    body: Body = {}
    for name in ("for", "against", "abstain"):
        text = typed.text(f"{prefix}{name}", 3) or "0"
        if not text.isascii() or not text.isdecimal():
            typed.wrong(f"{prefix}{name}", "Write a number.")
        body[name] = int(text) if text.isascii() and text.isdecimal() else 0
    return body, {}


def _decided(typed: Typed, prefix: str, _state: State) -> Read:
    finding = typed.choice(f"{prefix}finding", FINDINGS, "Say whether the code was broken.")
    body = {
        "finding": finding,
        "considered": list(typed.many(f"{prefix}ticked")),
        "sanction": {"": None, NOTHING: ""}.get(chosen := typed.text(f"{prefix}sanction", 32), chosen),
    }
    if body["sanction"] is None and finding != "upheld":
        body["sanction"] = ""  # nothing was broken, and nothing follows
    fields = {"reasons": LONG, "considered": LONG, "learning": LONG, "joined_by": SHORT, "skip_why": LONG}
    return body, {name: _text(typed, f"{prefix}{name}", most) for name, most in fields.items()}


def _appeal_decided(typed: Typed, prefix: str, state: State) -> Read:
    body, words = _letter(typed, prefix, state)
    result = typed.choice(f"{prefix}result", RESULTS, "Say what becomes of the decision.")
    sanction = typed.text(f"{prefix}sanction", 32) if result == "changed" else ""
    return body | {"result": result, "sanction": sanction}, words | {"reasons": _text(typed, f"{prefix}reasons")}


def _actions(typed: Typed, prefix: str, _state: State) -> Read:
    listed: list[Body] = []
    words: Words = {}
    for number in range(1, ACTIONS + 1):
        what = _text(typed, f"{prefix}what_{number}", 500)
        owner = _text(typed, f"{prefix}owner_{number}", SHORT)
        day = typed.day(f"{prefix}due_{number}")
        if what or owner or day:
            action = new_id()[:8]
            listed.append({"id": action, "due_on": day.isoformat() if day else ""})
            words |= {f"what_{action}": what, f"owner_{action}": owner}
    return {"list": listed}, words


def _action_done(typed: Typed, prefix: str, _state: State) -> Read:
    return {"id": _id(typed, f"{prefix}id", "Choose the action.")}, {}


def _reporter_told(typed: Typed, prefix: str, _state: State) -> Read:
    return {"how": typed.choice(f"{prefix}how", TOLD_BY, "Say how they were told.")}, {}


def _linked(typed: Typed, prefix: str, _state: State) -> Read:
    return {"to": _id(typed, f"{prefix}to", "Choose the other case.")}, {}


_READS: dict[str, Callable[[Typed, str, State], Read]] = {
    "seated": _seated, "identified": _identified, "screened": _screened, "not_a_breach": _why, "suspended": _suspended,
    "lifted": _ending, "closed": _why, "confirmed": _what, "sent_back": _sent_back, "taken_back": _what,
    "notified": _letter, "answered": _one("answer"), "note": _one("note"), "evidence": _items, "visit": _visit,
    "vote": _vote, "decided": _decided, "communicated": _letter, "appealed": _one("appeal"),
    "appeal_decided": _appeal_decided, "actions": _actions, "action_done": _action_done, "told_firm": _papers,
    "told_cih": _cih, "reporter_told": _reporter_told, "linked": _linked, "unlinked": _why,
}  # fmt: skip
STEPS: Collection[str] = (*_READS, "notice_given", "time_up", "outcome_given")
