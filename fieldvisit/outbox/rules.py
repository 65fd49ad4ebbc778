"""The phone's outbox, seen from the server: clocks, gaps, broken entries, and what a person may do with a held one. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldvisit.ground.clock import LONDON, london_date, say_date
from fieldvisit.ground.verdict import Allowed, Refused, Verdict

# --- clocks (offline.md 3.5; security.md 4.2, line 10) ------------------------------------------------------------

# Clocks that differ by less than this agree: a batch takes a while to travel.
CLOCKS_AGREE = timedelta(minutes=2)


def corrected_time(
    wall: datetime, *, offset: timedelta | None, skew: timedelta, received_at: datetime, not_before: datetime | None
) -> datetime:
    """When it happened by the true clock, as well as it can be known. All aware UTC.

    wall: what the phone's clock said when it saved. offset: how far that clock was behind ours at the phone's last
    contact before, or None. skew: how far it is behind ours as this batch comes in. not_before: when the entry before
    it on the same phone happened. A phone cannot have saved later than now, nor before its own last entry (F22).
    """
    by_batch = _set_right(wall, skew, received_at)
    if offset is None or not clocks_disagree(offset, skew):
        return by_batch
    by_offset = _set_right(wall, offset, received_at)
    latest = received_at + CLOCKS_AGREE
    fits = [when for when in (by_offset, by_batch) if when <= latest and (not_before is None or when >= not_before)]
    return fits[0] if fits else by_batch


def clocks_disagree(offset: timedelta | None, skew: timedelta) -> bool:
    """Was the phone's clock set between its last contact and this one? Before the entry was saved, or after."""
    return offset is not None and abs(offset - skew) > CLOCKS_AGREE


def _set_right(wall: datetime, by: timedelta, received_at: datetime) -> datetime:
    if abs(by) <= CLOCKS_AGREE:
        return wall
    try:
        return wall + by
    except OverflowError:  # a clock that says the year 1 or 9999 says nothing
        return received_at


# --- an entry that breaks its reader (ruling R1, F29) -------------------------------------------------------------

MOST_FAILED_PARSES = 5  # R1: 'five failed parses'


def is_past_trying(failed_before: int) -> bool:
    """Has this entry broken its reader so often that a person must look? It is kept whole either way."""
    return failed_before >= MOST_FAILED_PARSES


# --- gaps (promise O8: 'we will know how many are missing') -------------------------------------------------------

SILENT_AFTER = timedelta(hours=24)  # security.md 4.1, O8: the app nags at 2 unsent hours, alarms at 24
PHONES_KEEP = timedelta(days=14)  # offline.md, amendment 4: how long a phone keeps what it sent, uncovered


def missing(*, last_seq: int, kept: int, queued: int) -> int:
    """How many entries a phone saved that are neither here nor, as it said, still on it. Never below nought."""
    return max(0, last_seq - kept - queued)


def say_gap(count: int, heard_at: datetime, at: datetime) -> str:
    """'3 missing, last seen 14:02', with the day when it was not today's."""
    seen = heard_at.astimezone(LONDON)
    day = "" if london_date(heard_at) == london_date(at) else f" on {say_date(seen.date())}"
    return f"{count} missing, last seen {seen:%H:%M}{day}"


def may_move_durable(restored_at: datetime | None, at: datetime) -> bool:
    """After a restore the mark stands still for as long as phones keep what they sent.

    A phone that was away meanwhile holds entries with numbers of before the restore, and the same numbers have been
    given out again since: were the mark to pass them, the phone would take the lost ones for covered.
    """
    return restored_at is None or at - restored_at >= PHONES_KEEP


# --- held entries (ruling R1) -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WayIn:
    """How a held entry of one code may still be folded. waives: guards that a person's decision stands in for."""

    button: str
    hint: str
    waives: frozenset[str] = frozenset()


WAYS_IN = {
    "unreadable": WayIn("Try to read it again", "This works when the app here has been updated since."),
    "unknown-visit": WayIn("Look for the visit again", "This works when the visit has been put in since."),
    "reaction-failed": WayIn("Take it in now", "Something broke here at the time. It may work now."),
    "after-cancel": WayIn(
        "It counts all the same", "It goes into the visit’s log as the worker wrote it.", frozenset({"after-cancel"})
    ),
    "not-yours": WayIn(
        "It counts all the same", "It goes into the visit’s log in this worker’s name.", frozenset({"not-yours"})
    ),
    "after-revoke": WayIn(
        "It counts all the same",
        "It goes into the visit’s log although the badge, phone or person was withdrawn by then.",
        frozenset({"after-revoke"}),
    ),
}
LONGEST_WHY = 400  # characters

WHY_HELD = {
    "unreadable": "It could not be read here. The app on the phone may be older or newer than this one.",
    "unknown-visit": "There is no visit with the number that the phone wrote.",
    "not-yours": "The visit was never given to this worker.",
    "after-revoke": "The worker’s badge, phone or sign-in had been withdrawn before it happened.",
    "after-cancel": "The office had cancelled or closed the visit before it happened.",
    "conflict": "Another entry of this phone has the same number, and says something else.",
    "reaction-failed": "Something broke here while it was being filed.",
}
WHY_STILL = {
    "unreadable": "It still cannot be read here. Nothing was changed.",
    "unknown-visit": "There is still no such visit. Nothing was changed.",
    "conflict": "Another entry has its number by now. Read both, and set this one aside.",
}


def may_take_in(code: str, settled_at: datetime | None) -> Verdict:
    if settled_at is not None:
        return Refused("settled", "Somebody has decided about this entry already.")
    if code not in WAYS_IN:
        return Refused("conflict", "Another entry has the same number. Read both, and set this one aside.")
    return Allowed()


def may_set_aside(settled_at: datetime | None) -> Verdict:
    if settled_at is not None:
        return Refused("settled", "Somebody has decided about this entry already.")
    return Allowed()


# --- photos (security.md 5.2) -------------------------------------------------------------------------------------

MOST_BYTES_A_DAY = 500_000_000  # of one phone, on one London day: what is over waits on the phone for the next


def has_room(taken: int, size: int) -> bool:
    """May this photo come in today? taken: bytes of the phone's photos that came in today or are under way."""
    return taken + size <= MOST_BYTES_A_DAY


MOST_PHOTOS = 60  # of one visit: those above are kept, and a person says whether they are shown
WANTED, CLEANED, REFUSED, OVER = "wanted", "cleaned", "refused", "over"  # what becomes of a picture


def photos_over(before: int, new: int) -> int:
    """How many of so many new photos are over the visit's quota. before: how many the visit had."""
    return min(new, max(0, before + new - MOST_PHOTOS))
