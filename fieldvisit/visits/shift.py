"""When a day's visits leave the phone by themselves. Pure; told by the server, kept by the phone also without signal."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from fieldvisit.ground.clock import in_utc, london_instant
from fieldvisit.ground.verdict import Clause

SHIFT_ENDS = time(20, 0)  # in London, or when the last window ends if that is later
KEPT_AFTER = timedelta(hours=12)  # twelve whole hours, whatever the clocks do that night
CLAUSE = Clause("Project ruling", "R11")


def shift_end(day: date, window_ends: Iterable[datetime]) -> datetime:
    """Aware UTC. window_ends: of that London day's visits."""
    return max([london_instant(day, SHIFT_ENDS), *map(in_utc, window_ends)])


def wipe_at(day: date, window_ends: Iterable[datetime]) -> datetime:
    """From this instant on (aware UTC) no copy of that day's visits is readable on a phone (R11)."""
    return shift_end(day, window_ends) + KEPT_AFTER
