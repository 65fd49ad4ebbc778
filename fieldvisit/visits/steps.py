"""The steps of the page at the door: which one a visit's log opens, and which the page holds at all. Pure.

The page holds every step that may still come, because the phone goes on without signal. A step that may not come is
not on the page: after a refusal there is nothing there that could ask again (ME-3.1e).
"""

import re
from datetime import datetime

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.settings import PROJECT_DEFAULT
from fieldvisit.ground.verdict import Clause
from fieldvisit.visits.state import DOORSTEP, PLANNING, STEPS, Stage, VisitState

TRAVEL = ("before", "late-before", "way", "late")
DOOR = ("who", "child", "hello", "why", "id", "check", "checking", "wait", "consent", "consent-typed",
        "consent-signed", "no", "nobody")  # fmt: skip
LAWFUL = ("lawful", "secured")
CLOSE_OUT = ("photos", "finish", "welfare", "worry", "again", "close-no", "close-yes")
HOME = ("covers", "changed-mind", "inside", "work", "asked-to-go", "go-now", *CLOSE_OUT)
HAZARD = ("danger", "hazard")  # from any moment at the door, inside or at the close-out
SAFETY = ("watch", "panic")  # D10: from every step of a visit that may be gone to
ASKING = ("ask-entry", "asked-entry")  # D3: where nobody answers, and it cannot wait
ENDS = ("stop", "stop-child", "no-access", *ASKING, "leave", "left", *SAFETY, *HAZARD, "sorry", "thanks", "cancelled")
ALL = (*TRAVEL, *DOOR, *LAWFUL, *HOME, *ENDS)
# Written anew for each visit; every other step is the same for all of them, and a phone fetches those once.
OWN = frozenset({"before", "lawful", "cancelled"})
SHARED = tuple(name for name in ALL if name not in OWN)

_BY_STAGE = {
    Stage.EN_ROUTE: "way",
    Stage.CONSENTED: "covers",
    Stage.LAWFUL_ENTRY: "covers",
    Stage.CLOSED: "thanks",
    Stage.NO_ACCESS: "no-access",
    Stage.WITHDRAWN: "left",
    Stage.CANCELLED: "cancelled",
}
_SAY = {"door.introduced": "hello", "door.reason_given": "why", "door.id_shown": "id"}


def opens(state: VisitState, seen: frozenset[str]) -> str:
    """The step that comes next. seen: the kinds of the lines that stand in the log."""
    if is_locked_up(state, seen) and state.stage is not Stage.CLOSING:
        return "finish"
    match state.stage:
        case stage if stage in PLANNING:
            return "before"
        case Stage.AT_DOOR:
            return _at_the_door(state)
        case Stage.IDENTIFIED:
            return "wait" if "door.checking" in seen else "check"
        case Stage.IN_HOME:
            return "work" if "home.checked" in seen else "inside"
        case Stage.CLOSING:
            return "go-now" if state.consent_withdrawn else "welfare"
        case Stage.REFUSED:
            return "stop-child" if state.answered_by == "child" else "stop"
        case stage:
            return _BY_STAGE[stage]


def is_locked_up(state: VisitState, seen: frozenset[str]) -> bool:
    """D3: whoever went in without consent has made it safe and locked the door. Nothing leads in again."""
    inside = state.stage in (Stage.LAWFUL_ENTRY, Stage.IN_HOME, Stage.CLOSING)
    return inside and "entry.secured" in seen and state.consent is None


def _at_the_door(state: VisitState) -> str:
    if state.answered_by is None:
        return "who"
    if state.answered_by == "child":
        return "child"
    return _SAY.get(next_to_say(state.steps), "who")


def next_to_say(steps: tuple[str, ...]) -> str:
    """Introduced, reason given, ID shown, in that order (ME-3.2b): the one that is still wanting, or nothing."""
    done = 0
    for step in steps:
        done += done < len(STEPS) and step == STEPS[done]
    return STEPS[done] if done < len(STEPS) else ""


def on_page(state: VisitState, may_set_off: bool, seen: frozenset[str]) -> tuple[str, ...]:
    """The names of the steps that the page holds, in order. seen: as for `opens`."""
    held = {*CLOSE_OUT, *ENDS} - {"cancelled"} if is_locked_up(state, seen) else _held(state, may_set_off)
    return tuple(name for name in ALL if name in held)


def _held(state: VisitState, may_set_off: bool) -> set[str]:
    lawful = LAWFUL if state.basis else ()  # D3: only an authorised basis puts the step on the page
    ends = set(ENDS) - {"cancelled"}
    match state.stage:
        case stage if stage in PLANNING:
            return {*TRAVEL, *DOOR, *lawful, *HOME, *ends} if may_set_off else {"before"}
        case Stage.EN_ROUTE:
            return {"way", "late", *DOOR, *lawful, *HOME, *ends}
        case stage if stage in DOORSTEP:
            return {*DOOR, *lawful, *HOME, *ends}
        case Stage.LAWFUL_ENTRY:
            return {*HOME, "secured", "no", *ends}
        case Stage.IN_HOME | Stage.CLOSING if state.basis and state.consent is None:
            return {*HOME, "secured", *ends}
        case Stage.CONSENTED | Stage.IN_HOME | Stage.CLOSING:
            return {*HOME, *ends}
        case Stage.NO_ACCESS if state.basis:
            return {"no-access", *DOOR, *LAWFUL, *HOME, *ends}  # they may answer yet
        case Stage.NO_ACCESS:
            return {"no-access", *ASKING}
        case Stage.CLOSED if state.hazard_seen:
            return {"thanks", *HAZARD, "photos"}  # whoever reloads the page can still say what they saw
        case _:
            return {opens(state, frozenset())}


def is_for_a_later_day(state: VisitState, at: datetime) -> bool:
    return bool(state.window_start and london_date(state.window_start) > london_date(at))


# What a line of the log is called on the phone, and in the list of what was recorded. The same words for both.
LABELS = {
    "visit.set_off": "On my way",
    "visit.late": "Running late",
    "visit.arrived": "At the door",
    "visit.withdrew": "Left: not safe",
    "visit.closing": "Work finished or paused",
    "visit.closed": "Visit closed",
    "visit.noted": "Note",
    "door.answered": "Somebody answered",
    "door.introduced": "Said who I am",
    "door.reason_given": "Said why I came",
    "door.id_shown": "Showed ID",
    "door.checking": "Tenant is checking",
    "door.child_answered": "A child answered",
    "door.no_answer": "Nobody answered",
    "consent.given": "They said yes",
    "consent.refused": "They said no",
    "consent.withdrawn": "They asked me to leave",
    "entry.proposed": "Asked for entry",
    "entry.lawful": "Lawful entry",
    "entry.secured": "Made safe and locked up",
    "home.entered": "Went in",
    "home.checked": "Checks before work",
    "photo.taken": "Photo",
    "hazard.reported": "Something dangerous",
    # One name for all of them: nobody who looks over a shoulder learns which it was.
    **dict.fromkeys(
        ("safety.started", "safety.checked_in", "safety.extended", "safety.panicked", "safety.ended"), "Check-in"
    ),
    "safety.left_because": "Why I left",
}

_CODES = {"ME": "Melton code", "MR": "Milton Keynes residents’ code", "MO": "Milton Keynes officers’ code",
          "AL": "Alliance code", "HS": "Housing staff code (draft)"}  # fmt: skip


def say_clause(clause: Clause | str) -> str:
    """ "ME-3.2b" is Melton code 3.2; "NR-7" is Notice rule 7. What is neither stays as it is written."""
    if isinstance(clause, Clause) and clause.source == PROJECT_DEFAULT:
        return f"Our default, not this council’s code: {clause.where}"
    where = clause.where if isinstance(clause, Clause) else clause
    if found := re.fullmatch(r"(ME|MR|MO|AL|HS)-(\d+(?:\.\d+)*|Ack)\S*", where):
        place = "acknowledgement" if found[2] == "Ack" else found[2]
        return f"{_CODES[found[1]]} {place}"
    if where.startswith("NR-"):
        return f"Notice rule {where.removeprefix('NR-')}"
    return str(clause)
