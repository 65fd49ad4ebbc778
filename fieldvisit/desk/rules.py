"""What the desk says of a visit, a caller and a task. Pure; exceptions and lines carry their clause."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Literal
from unicodedata import normalize

from fieldvisit.badges.rules import TypedLimit, typing_is_closed
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Role
from fieldvisit.visits.sight import AT_THE_DOOR
from fieldvisit.visits.state import ENDED, Stage

# --- 'is this badge ours, and due at this home now?' (C1 to C3) -----------------------------------------------------


class CallerAnswer(StrEnum):
    """What the phone line says. Why a badge is not good, or where its bearer is due, is never among it."""

    DUE = "due"
    NOT_DUE = "not-due"
    NOT_OURS = "not-ours"
    CALL_BACK = "call-back"


@dataclass(frozen=True, slots=True)
class Booked:
    """One visit of the badge's bearer to the caller's home. Instants are aware UTC."""

    window_start: datetime
    window_end: datetime
    stage: str
    arrived_at: datetime | None = None
    visit_id: str = ""


def caller_answer(
    badge_is_good: bool, booked: Iterable[Booked], at: datetime, policy: Policy, *, protected: bool = False
) -> CallerAnswer:
    """protected: whoever rings about such a home may be the one it is hidden from, so nothing is said to them (T18)."""
    if protected:
        return CallerAnswer.CALL_BACK
    if not badge_is_good:
        return CallerAnswer.NOT_OURS
    due = any(is_due(visit, at, policy) for visit in booked)
    return CallerAnswer.DUE if due else CallerAnswer.NOT_DUE


def is_due(visit: Booked, at: datetime, policy: Policy) -> bool:
    """Inside the time that the tenant was told, both ends counted; or came inside it today and has not left.

    A worker who comes after the window is not due: the caller is to keep the door shut (NR-7, C3 'real worker, wrong
    time'). A visit that is being rearranged has no time any more (D1: the old window is void).
    """
    if visit.stage in (*ENDED, Stage.REARRANGING):
        return False
    opens = visit.window_start - timedelta(minutes=policy.notice.early_tolerance_min.value)
    if opens <= at <= visit.window_end:
        return True
    came_in_time = visit.arrived_at is not None and opens <= visit.arrived_at <= visit.window_end
    return visit.stage in AT_THE_DOOR and came_in_time and london_date(at) == london_date(visit.window_start)


# --- 'they said this word': right or not, and no more (T05, T18) ---------------------------------------------------


class WordSaid(StrEnum):
    """Of the word that the worker must say. NONE: no word was made for this visit. CLOSED: it was not looked at."""

    RIGHT = "right"
    WRONG = "wrong"
    CLOSED = "closed"
    NONE = "none"


WRONG_WORDS = TypedLimit(tries=5, minutes=10)  # for one badge at one home


def words_are_closed(wrong_at: Iterable[datetime], at: datetime) -> bool:
    """Five wrong words within ten minutes close the box for ten: an accomplice who rings must not guess."""
    return typing_is_closed(wrong_at, at, WRONG_WORDS)


def is_the_word(said: Iterable[str], must_say: Iterable[str]) -> bool:
    """said: one thing in several ways of writing it. Capitals, blanks and full stops are forgiven; nothing is never right.

    Each is compared with each, whole, whatever was found before: how long it took tells nothing.
    """
    wanted = [_heard(sign) for sign in must_say if as_heard(sign)]
    found = [compare_digest(_heard(word), sign) for word in said for sign in wanted]
    return any(found)


def as_heard(text: str) -> str:
    return "".join(letter for letter in normalize("NFKC", text).casefold() if letter.isalnum())


def _heard(text: str) -> bytes:
    return sha256(as_heard(text).encode()).digest()  # all of one length


# --- what a firm's manager reads of a visit ---------------------------------------------------------------------------


def reads_words(role: Role) -> bool:
    """R9: the manager of the firm sees where and when. What anybody wrote or said, a reason too, may name the tenant."""
    return role is not Role.CONTRACTOR_MANAGER


# --- exceptions and clauses of the visit log ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exceptional:
    """An exception of the log in words. clause: an id of the council's code, a rule of ours, or whose number it is."""

    code: str
    sentence: str
    clause: str


def exceptions_in_words(codes: Iterable[str], kind: str, policy: Policy) -> list[Exceptional]:
    skew = policy.clock.device_skew_min
    known = {
        "short-notice": (
            "The worker came to the door on short notice: the tenant was not told in time.",
            _written("NR-3" if kind == "planned_works" else "NR-1", policy),
        ),
        "outside-window": (
            "The worker came to the door outside the time that the tenant was told.", _written("NR-7", policy)
        ),
        "no-id-step": (
            "The worker did not say who they were, say why they had come and show ID, in that order, before going in.",
            "ME-3.2b",
        ),
        "clock": (
            f"The phone’s clock was wrong by more than {skew} minutes. The order below is by corrected time.",
            skew.written_in,
        ),
        "alone": ("One person went to a home where two must go.", "ME-6.1c2"),
        "out-of-order": ("The steps were recorded in another order than a visit goes in, or one is missing.", "D1"),
    }  # fmt: skip
    return [Exceptional(code, *known.get(code, (code, ""))) for code in codes]


# Which clause speaks of each line of the log: a notice rule where the council's own clause stands in its file.
_CLAUSES = {
    "visit.planned": "NR-15",
    "visit.cancelled": "ME-3.2d",
    "visit.moved": "NR-7",
    "visit.reassigned": "NR-15",
    "notice.recorded": "NR-5",
    "notice.failed": "NR-5",
    "notice.withdrawn": "NR-5",
    "emergency.authorised": "NR-8",
    "emergency.downgraded": "NR-9",
    "investigation.authorised": "NR-10",
    "time.agreed": "NR-11",
    "visit.late": "ME-3.2d",
    "visit.arrived": "NR-7",
    "visit.withdrew": "ME-7a",
    "safety.left_because": "ME-7a",
    **dict.fromkeys(
        ("safety.started", "safety.checked_in", "safety.extended", "safety.panicked", "safety.ended"), "ME-6.1c1"
    ),
    "door.answered": "ME-3.1g",
    "door.introduced": "ME-3.2b",
    "door.reason_given": "ME-3.2b",
    "door.id_shown": "ME-3.2b",
    "door.child_answered": "ME-3.1g",
    "consent.given": "ME-3.1d",
    "consent.refused": "ME-3.1e",
    "consent.withdrawn": "ME-3.1d",
    "entry.authorised": "ME-3.1d-x",
    "entry.proposed": "ME-3.1d-x",
    "entry.lawful": "ME-3.1d-x",
    "entry.secured": "ME-3.1d-x",
    "home.entered": "ME-3.3e",
    "home.checked": "ME-3.3b",
    "photo.taken": "ME-5.2c",
    "hazard.reported": "ME-6.1b",
    "visit.closed": "ME-4.1a",
}


def clause_of(kind: str, policy: Policy) -> str | None:
    found = _CLAUSES.get(kind)
    return _written(found, policy) if found else None


def _written(rule: str, policy: Policy) -> str:
    """The clause's id; a rule that no clause of this council speaks of says that it is one of ours."""
    clause = policy.clause_id(rule)
    return f"{clause}, our notice rule" if clause.startswith("NR-") else clause


def note_code(stage: str) -> Literal["note", "reopened"]:
    """D1: a note on a visit that has ended reopens nothing; it is an addendum."""
    return "reopened" if stage in ENDED else "note"


# --- tasks ----------------------------------------------------------------------------------------------------------


def urgency(due_at: datetime, at: datetime) -> str:
    """overdue, today or later. The last second of a task's day is still in time."""
    if at > due_at:
        return "overdue"
    return "today" if london_date(due_at) == london_date(at) else "later"
