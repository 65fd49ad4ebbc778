"""Which notice covers this arrival, and how long it was: NR-1, NR-3, NR-4, NR-6 and NR-7."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Clause, Refused
from fieldvisit.notices.facts import Household, Notice, PlannedVisit
from fieldvisit.notices.given import given_at

ONE_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """One notice that counts. seconds where NR-1 measured, days where NR-3 did. not_before: aware UTC."""

    notice: Notice
    given_at: datetime
    result: Literal["full", "minimum", "short"]
    seconds: int | None
    days: int | None
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """counted: the earliest notice that counts (NR-6). rule: NR-1 or NR-3, whichever holds for this visit."""

    rule: str
    counted: Measured | None
    objections: tuple[Refused, ...]


def find(visit: PlannedVisit, notices: Iterable[Notice], household: Household, policy: Policy) -> Found:
    objections: list[Refused] = []
    given: list[tuple[datetime, Notice]] = []
    for notice in notices:
        instant = given_at(notice, visit, household, policy)
        if isinstance(instant, Refused):
            objections.append(instant)
        else:
            given.append((instant, notice))
    in_days = is_measured_in_days(visit, [notice for _, notice in given])
    measure = _in_days if in_days else _in_hours
    counted = [measure(notice, instant, visit, policy) for instant, notice in given if covers(notice, visit, policy)]
    if given and not counted:
        objections.append(_OTHER_TIME)
    return Found("NR-3" if in_days else "NR-1", min(counted, key=_earliest_first, default=None), tuple(objections))


_OTHER_TIME = Refused(
    "other-time",
    "The tenant was told a different time, and this is a new one: it needs its own notice.",
    Clause("Notice rule", "NR-7"),
)


def is_measured_in_days(visit: PlannedVisit, given: Sequence[Notice]) -> bool:
    """NR-4: planned works are, except an added visit or an overrun of a programme that the tenant was told of."""
    if visit.kind != "planned_works" or visit.works_started:
        return False
    day = london_date(visit.arrival)
    return not any(notice.programme_end and notice.programme_end < day for notice in given)


def covers(notice: Notice, visit: PlannedVisit, policy: Policy) -> bool:
    """NR-6, NR-7: is the arrival inside the window or programme that this notice told? Both ends are inside."""
    if _programme_covers(notice, london_date(visit.arrival)):
        return True
    window = told_window(notice, visit)
    if window is None:
        return False
    arrival = visit.arrival.replace(microsecond=0)
    return window[0] - timedelta(minutes=policy.notice.early_tolerance_min.value) <= arrival <= window[1]


def told_window(notice: Notice, visit: PlannedVisit) -> tuple[datetime, datetime] | None:
    """The window that this notice told; None where it told only the dates of a programme."""
    if notice.window_start is not None:
        # A single time is a window of no length.
        return notice.window_start, notice.window_end or notice.window_start
    if notice.window_end is not None:
        return visit.window_start, notice.window_end
    if notice.programme_start or notice.programme_end:
        return None
    return visit.window_start, visit.window_end


def planned_days_needed(policy: Policy) -> int:
    """Clear days leave out the day of the notice and the day of the works, so they cost one day more (Q3)."""
    return policy.notice.planned_days.value + int(policy.notice.planned_clear_days.value)


def _programme_covers(notice: Notice, day: date) -> bool:
    if notice.programme_start is None or notice.programme_end is None:
        return False
    return notice.programme_start <= day <= notice.programme_end


def _in_hours(notice: Notice, given: datetime, visit: PlannedVisit, policy: Policy) -> Measured:
    """NR-1: elapsed whole seconds from given to the start of that notice's own window (R17)."""
    window = told_window(notice, visit)
    # A programme tells days, not a window: the visit's own window is then the one that was within it.
    start = window[0] if window else visit.window_start
    seconds = (start - given) // ONE_SECOND
    floor, target = policy.notice.floor_h.value, policy.notice.target_h.value
    result: Literal["full", "minimum", "short"] = "full"
    if seconds < target * 3600:
        result = "short" if seconds < floor * 3600 else "minimum"
    return Measured(notice, given, result, seconds, None, given + timedelta(hours=floor))


def _in_days(notice: Notice, given: datetime, visit: PlannedVisit, policy: Policy) -> Measured:
    """NR-3: London date of the first work day less the London date on which the notice was given."""
    window = told_window(notice, visit)
    first_day = london_date(window[0] if window else visit.window_start)
    if notice.programme_start and _programme_covers(notice, london_date(visit.arrival)):
        first_day = notice.programme_start
    given_on, needed = london_date(given), planned_days_needed(policy)
    days = (first_day - given_on).days
    opens = london_instant(given_on + timedelta(days=needed))
    return Measured(notice, given, "full" if days >= needed else "short", None, days, opens)


def _earliest_first(measured: Measured) -> tuple[datetime, int, str]:
    """Of two given at one instant the longer comes first, so that their order on the list changes nothing."""
    length = measured.days if measured.seconds is None else measured.seconds
    return measured.given_at, -(length or 0), measured.notice.channel
