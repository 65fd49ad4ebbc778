"""What asks somebody to sign, or to renew, and how far it has come: each step calls once (D9; ME-9a). Pure."""

from datetime import date, timedelta
from enum import StrEnum

from fieldvisit.codes import rules
from fieldvisit.codes.rules import Standing, Stands


class Due(StrEnum):
    ASKED = "asked"
    AGAIN = "again"  # of what has no last day: whoever came later, and signs before they visit (ME-Ack1)
    SOON = "soon"
    LATE = "late"  # an officer's days of grace are over, and the manager is asked first
    OVER = "over"


TELL_THE_MANAGER = frozenset({Due.AGAIN, Due.LATE, Due.OVER})


def signing(stands: Stands, given_on: date | None, on: date, remind_days: int) -> Due | None:
    """The furthest step alone: whoever was away is not called for what is past. given_on: London date of their copy."""
    if stands.standing not in rules.TO_DO or given_on is None:
        return None
    if stands.standing is Standing.OVERDUE_BLOCKED:
        return Due.OVER
    if stands.due_on is None:
        return Due.AGAIN if on >= given_on + timedelta(days=remind_days) else Due.ASKED
    if on > stands.due_on:
        return Due.LATE
    return Due.SOON if rules.should_remind(stands.due_on, remind_days, on) else Due.ASKED


def renewing(last_day: date, on: date, warn_days: int, remind_days: int) -> Due | None:
    """Training, a check, a firm's insurance: good until the end of `last_day`."""
    if on > last_day:
        return Due.OVER
    if rules.should_remind(last_day, remind_days, on):
        return Due.SOON
    return Due.ASKED if rules.should_remind(last_day, warn_days, on) else None
