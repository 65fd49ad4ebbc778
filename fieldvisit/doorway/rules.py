"""What somebody who holds a visit's link, or types its reference, may see and do; and which scans look wrong. Pure.

The sentences of a refusal are read by the tenant. Each stands in `_()`, so that the catalogues find it; whoever shows
one translates it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from fieldvisit.ground.clock import in_london, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict
from fieldvisit.notices.facts import NoticeAnswer
from fieldvisit.visits.state import BEFORE_ENTRY, ENDED, PLANNING, Stage, VisitState

_ = str  # marks a sentence for the catalogues and leaves it as it is

LIVES_ON = timedelta(hours=24)  # T15
WRONG_TRIES, IN_AN_HOUR = 10, timedelta(hours=1)  # of one word, or one reference (security.md section 3)
T15 = Clause("Security", "T15")
_D1 = Clause("Visit", "D1")
_NR_11 = Clause("Notice rule", "NR-11")


# --- the link -----------------------------------------------------------------------------------------------------


def link_dies_at(window_end: datetime, ended_at: datetime | None, *, cancelled: bool) -> datetime:
    """A day after the visit ended. One that was cancelled, or never came to its end, counts to its window's close."""
    if ended_at is None or cancelled:
        return window_end + LIVES_ON
    return ended_at + LIVES_ON


def may_open(
    window_end: datetime, ended_at: datetime | None, at: datetime, *, cancelled: bool, protected: bool
) -> Verdict:
    """Refuses: dead, protected. Whoever asks is told the same of both, and of a link that never was (T15)."""
    if protected:
        return Refused("protected", _("Please call us about your home."), T15)
    if at > link_dies_at(window_end, ended_at, cancelled=cancelled):
        return Refused("dead", _("Please call us about your home."), T15)
    return Allowed()


def must_wait(wrong_at: Iterable[datetime], at: datetime) -> bool:
    """Ten wrong tries within an hour close one word, or one reference, until the first of them is an hour old."""
    return sum(at - IN_AN_HOUR < tried <= at for tried in wrong_at) >= WRONG_TRIES


def half_day(window_start: datetime, window_end: datetime) -> str:
    """All that a link says without the word: morning, afternoon, evening, or day. London's clock."""
    start, end = in_london(window_start), in_london(window_end)
    if start.date() != end.date():
        return "day"
    if end.time() <= time(13):
        return "morning"
    if start.time() >= time(17):
        return "evening"
    return "afternoon" if start.time() >= time(12) and end.time() <= time(18) else "day"


# --- what the tenant may do ---------------------------------------------------------------------------------------


def may_confirm(state: VisitState) -> Verdict:
    if state.stage is Stage.NOTIFIED:
        return Allowed()
    if state.stage is Stage.CONFIRMED:
        return Refused("confirmed", _("You have already said yes to this time. You need do nothing more."), _D1)
    if state.stage is Stage.REARRANGING:
        return Refused("rearranging", _("You asked for another time. We will get in touch to agree one."), _D1)
    if state.stage in PLANNING:
        return Refused("not-told", _("We are still telling you about this visit. Try again later, or ring us."), _D1)
    return _under_way(state)


def may_ask_other_time(state: VisitState) -> Verdict:
    return Allowed() if state.stage in PLANNING else _under_way(state)


def may_agree_sooner(state: VisitState, answer: NoticeAnswer, at: datetime, policy: Policy) -> Verdict:
    """NR-11: only where the notice is short, where the council lets it, and before the worker sets off."""
    if not policy.notice.waiver_allowed.value:
        return Refused("not-here", _("Here the full notice is always given. You need not agree to less."), _NR_11)
    if state.stage not in PLANNING:
        return _under_way(state)
    if state.window_end and at >= state.window_end:
        return Refused("too-late", _("That time has passed."), _NR_11)
    if answer.result != "short":
        return Refused("not-short", _("There is nothing to agree to: this visit keeps the notice rule."), _NR_11)
    return Allowed()


def may_say_who(state: VisitState) -> Verdict:
    """Who must be there, until somebody is inside."""
    return Allowed() if state.stage in BEFORE_ENTRY else _under_way(state)


def may_say_no(state: VisitState) -> Verdict:
    """D1: any time before entry."""
    if state.stage in BEFORE_ENTRY:
        return Allowed()
    if state.stage in ENDED:
        return _under_way(state)
    sentence = _("The worker is in your home. You can ask them to leave at any time. If they do not, ring us.")
    return Refused("inside", sentence, Clause("Code of conduct", "ME-3.1e"))


def may_say_how_it_went(state: VisitState) -> Verdict:
    if state.stage in ENDED and state.stage is not Stage.CANCELLED:
        return Allowed()
    return Refused("not-over", _("You can say how it went when the visit is over. You can complain at any time."), _D1)


def may_complain(_state: VisitState) -> Verdict:
    """ME-8.1a: whatever the visit has come to."""
    return Allowed()


def may_dispute(state: VisitState) -> Verdict:
    """D2: that nobody answered, that they said no, that a child was alone."""
    if state.stage in (Stage.NO_ACCESS, Stage.REFUSED):
        return Allowed()
    sentence = _("We have written down nothing of the kind. There is nothing to put right.")
    return Refused("no-record", sentence, Clause("Visit", "D2"))


def _under_way(state: VisitState) -> Refused:
    if state.stage is Stage.CANCELLED:
        return Refused("cancelled", _("This visit is cancelled. Ring us if you want a new one."), _D1)
    if state.stage in ENDED:
        return Refused("ended", _("This visit is over. Ring us if you need anything."), _D1)
    return Refused("under-way", _("The worker has set off, so this cannot be changed here. Please ring us."), _D1)


# --- a badge, and a visit's reference -----------------------------------------------------------------------------


class Booked(StrEnum):
    YES = "yes"
    NO = "no"
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True, slots=True)
class Booking:
    """workers: who is sent to this visit now, by id. Instants are aware."""

    workers: frozenset[str]
    window_start: datetime
    window_end: datetime
    stage: Stage
    ended_at: datetime | None
    protected: bool


def is_booked(booking: Booking | None, person_id: str, at: datetime) -> Booked:
    """Is this who was booked for this visit, today (London)? Of a wrong reference, a dead and a protected one: no word."""
    if booking is None:
        return Booked.CANNOT_SAY
    open_ = may_open(
        booking.window_end, booking.ended_at, at, cancelled=booking.stage is Stage.CANCELLED,
        protected=booking.protected,
    )  # fmt: skip
    if not open_:
        return Booked.CANNOT_SAY
    today = london_date(at) == london_date(booking.window_start)
    here = person_id in booking.workers and booking.stage not in ENDED
    return Booked.YES if today and here else Booked.NO


# --- scans that look wrong ----------------------------------------------------------------------------------------

ABOUT_NOW = timedelta(hours=2)
AT_ONCE = timedelta(minutes=5)


def is_out_of_place(windows: Iterable[tuple[datetime, datetime]], at: datetime) -> bool:
    """A badge is shown at a door although its bearer has no visit within two hours of now."""
    return not any(start - ABOUT_NOW <= at <= end + ABOUT_NOW for start, end in windows)


def is_in_two_places(scans: Iterable[tuple[str, datetime]], at: datetime) -> bool:
    """scans: the network of the asker, as a digest, and when. Two networks within five minutes: a relay, or a copy."""
    return len({net for net, then in scans if at - AT_ONCE <= then <= at}) > 1
