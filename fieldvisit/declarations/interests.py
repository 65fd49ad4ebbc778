"""Interests (D8): what may be declared here, who acknowledges it, what control follows, when it is gone through again. Pure.

Criminal matters and the content of DBS checks stay with HR (R21): the form refuses them before anything is kept.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from fieldvisit.declarations.rules import SHORTEST_REASON, months_after
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

TYPES = (
    "personal", "financial", "organisational", "political", "other_work", "consultancy", "business", "councillor",
    "relative", "tenant", "other",
)  # fmt: skip
NEEDS_LEAVE = frozenset({"other_work", "consultancy", "business"})  # MO-7a to MO-7f
RANKS = ("head_of_service", "assistant_director", "director", "chief_executive")  # MO-7f

_CONFLICTS = Clause("Melton", "ME-5.3b1")
_CONTACT = Clause("Melton", "ME-5.3b2")
_HR = Clause("Milton Keynes", "MO-1d")
_LEAVE = Clause("Milton Keynes", "MO-7b")
_RESTRICT = Clause("Milton Keynes", "MO-7d")
_CONSULTANCY = Clause("Milton Keynes", "MO-7f")
_OWN = Clause("Milton Keynes", "MO-11e")


class Stage(StrEnum):
    DECLARED = "declared"
    ACKNOWLEDGED = "acknowledged"
    MANAGED = "managed"
    UPDATED = "updated"  # the declarer said something new: to be acknowledged and managed again
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class State:
    """by_manager, by_contact: who has acknowledged the newest word of the declarer. contractor: both must (Q25).
    managed_on: the London date of the newest control; said_on: of the declarer's newest word, also 'nothing changed'."""

    stage: Stage
    type: str
    contractor: bool
    by_manager: bool = False
    by_contact: bool = False
    said_on: date | None = None

    @property
    def all_acknowledged(self) -> bool:
        return self.by_manager and (self.by_contact or not self.contractor)


# Words that only speak of criminal matters or of a DBS check. Kept narrow: "a caution sign" and "police choir" may stand.
_WITH_HR = re.compile(
    r"\b(dbs|disclosure and barring|barred list|barring order|criminal (record|offence|conviction|charge|caution)s?"
    r"|convict(ed|ion|ions)|(police|formal|simple|conditional) caution|cautioned|arrested|charged with|on bail"
    r"|prison sentence|suspended sentence|sentenced|sex offender|on probation)\b",
    re.IGNORECASE,
)


def may_be_written_here(*texts: str) -> Verdict:
    """R21, MO-1d, MO-1f: refused before it is stored anywhere. Refuses: with-hr."""
    if any(_WITH_HR.search(text) for text in texts):
        return Refused(
            "with-hr",
            "Criminal matters and what a DBS check says stay with HR. Take that out here, and tell HR or your manager in "
            "writing. Nothing of it was kept.",
            _HR,
        )
    return Allowed()


def may_acknowledge(state: State, *, by_declarer: bool, role: str, did_other: bool = False) -> Verdict:
    """role: "manager" or "contact" (at the council, of a contractor); did_other: whoever asks has acknowledged it as the
    other of the two. Refuses: own, ended, not-needed, done, same-hand."""
    if by_declarer:
        return Refused("own", "You declared this. Your manager must acknowledge it.", _CONFLICTS)
    if state.stage is Stage.ENDED:
        return Refused("ended", "This interest has ended.")
    if role == "contact" and not state.contractor:
        return Refused("not-needed", "Only a contractor's interest is told to a contact at the council.", _CONTACT)
    if (state.by_manager if role == "manager" else state.by_contact) or state.stage is Stage.MANAGED:
        return Refused("done", "Somebody has acknowledged this already.", _CONFLICTS)
    if did_other:
        return Refused("same-hand", "You have acknowledged it already. Two people do, and not one for both.", _CONTACT)
    return Allowed()


def after_acknowledging(state: State, role: str) -> State:
    manager, contact = state.by_manager or role == "manager", state.by_contact or role == "contact"
    heard = State(state.stage, state.type, state.contractor, manager, contact, state.said_on)
    stage = Stage.ACKNOWLEDGED if heard.all_acknowledged else state.stage
    return State(stage, state.type, state.contractor, manager, contact, state.said_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """homes, firms, people: how many of each are kept apart; none needs a reason. leave: "granted", "refused" or "" for
    other work; rank: who gave it, for consultancy."""

    homes: int = 0
    firms: int = 0
    people: int = 0
    reason: str = ""
    leave: str = ""
    rank: str = ""

    @property
    def restricts(self) -> bool:
        return bool(self.homes or self.firms or self.people)


def may_manage(state: State, control: Control, *, by_declarer: bool) -> Verdict:
    """Refuses: own, ended, not-acknowledged, no-leave, no-rank, no-reason."""
    if by_declarer:
        return Refused("own", "You declared this. Somebody else must decide what follows from it.", _OWN)
    if state.stage is Stage.ENDED:
        return Refused("ended", "This interest has ended.")
    if not state.all_acknowledged:
        who = "the manager" if not state.by_manager else "the contact at the council"
        return Refused("not-acknowledged", f"It must be acknowledged first, by {who}.", _CONTACT)
    if state.type in NEEDS_LEAVE and control.leave not in ("granted", "refused"):
        return Refused("no-leave", "Say whether the council gives leave for this work.", _LEAVE)
    if state.type == "consultancy" and control.leave == "granted" and control.rank not in RANKS:
        return Refused(
            "no-rank", "Only a head of service or somebody above may give leave for consultancy.", _CONSULTANCY
        )
    needs_reason = control.leave == "refused" or control.restricts or not control.leave
    if needs_reason and len(control.reason.strip()) < SHORTEST_REASON:
        what = "why leave is refused" if control.leave == "refused" else "what follows from it, and why"
        return Refused("no-reason", f"Write down {what}.", _RESTRICT)
    return Allowed()


def may_say_again(state: State, *, by_declarer: bool) -> Verdict:
    """Changed, still true, or over: the declarer's own word. Refuses: not-own, ended."""
    if not by_declarer:
        return Refused("not-own", "Only whoever declared this can say what has changed.")
    if state.stage is Stage.ENDED:
        return Refused("ended", "This interest has ended. Declare a new one.")
    return Allowed()


def review_on(said_on: date, policy: Policy) -> date:
    """MR-5f: gone through again a year after the declarer's newest word."""
    return months_after(said_on, policy.gifts.renew_months.value)


def is_due(review: date | None, today: date) -> bool:
    return review is not None and today >= review


def begins_too_soon(begins: date | None, declared_at: datetime) -> bool:
    """MO-7e: declared before the work begins. On the day itself is still before. Marked, never refused."""
    return begins is not None and begins < london_date(declared_at)
