"""The one place that reads time, and what a date means: London's.

Instants are aware UTC everywhere. Dates and working days are Europe/London, whatever zone the machine is in.
Working days are counted in `working_days`.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

# Not strftime: %A and %p follow the machine's language, and a tenant's letter must not.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def now() -> datetime:
    """The present instant, aware UTC. Called in routes and in the command line, nowhere else."""
    return datetime.now(UTC)


def london_date(instant: datetime) -> date:
    """The date on a London wall calendar at this instant. Raises ValueError for a naive time."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone: an instant is always aware")
    return instant.astimezone(LONDON).date()


def london_instant(day: date, at: time = time(0, 0)) -> datetime:
    """The UTC instant of a wall time in London; the earlier one where the clocks going back make two."""
    return datetime.combine(day, at, tzinfo=LONDON).astimezone(UTC)


def end_of_london_day(day: date) -> datetime:
    """23:59:59 in London on that day, as aware UTC: the last second by which a dated duty is done in time."""
    return london_instant(day, time(23, 59, 59))


def whole_minute(instant: datetime) -> datetime:
    """As a person types a time: without its seconds."""
    return instant.replace(second=0, microsecond=0)


def whole_hour(instant: datetime) -> datetime:
    """Of what must not tell when somebody rang (T31)."""
    return instant.replace(minute=0, second=0, microsecond=0)


def years_on(day: date, years: int) -> date:
    """The same date so many years later; 28 February for the 29th, in whatever year."""
    return day.replace(year=day.year + years, day=28 if (day.month, day.day) == (2, 29) else day.day)


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC. Python subtracts two times of one zone by the wall clock, an hour wrong across a
    clock change: sums are done in UTC only. Raises ValueError for a naive time."""
    london_date(instant)
    return instant.astimezone(UTC)


def in_london(instant: datetime) -> datetime:
    """The same instant, written with the London offset of its day."""
    london_date(instant)
    return instant.astimezone(LONDON)


def say_date(day: date) -> str:
    """Tuesday 8 December 2026."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def say_time(at: time) -> str:
    """8am, 10:30am; midday and midnight by name, because 12am is read both ways."""
    if (at.hour, at.minute) in ((0, 0), (12, 0)):
        return "midday" if at.hour else "midnight"
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'pm' if at.hour >= 12 else 'am'}"


def ends_a_day(instant: datetime) -> bool:
    """Is it the last second of a London day? A dated duty, and a letter in the post, count to the end of their day."""
    return in_london(instant).time().replace(microsecond=0) == time(23, 59, 59)


def say_instant(instant: datetime) -> str:
    """Tuesday 8 December 2026, 10:30am, as a clock in London shows it; or: the end of Tuesday 8 December 2026."""
    local = in_london(instant)
    if ends_a_day(instant):
        return f"the end of {say_date(local.date())}"
    return f"{say_date(local.date())}, {say_time(local.time())}"


def say_length(seconds: int) -> str:
    """23 hours 59 minutes; from three days on, days and hours: 14 days 2 hours. No rounding up, seconds kept."""
    parts = []
    for word, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if word == "day" and seconds < 3 * 86_400:
            continue
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {word}{'' if count == 1 else 's'}")
    return " ".join(parts) or "0 seconds"


class Stamped(Protocol):
    """A line of a log, as one device wrote it: its counter, and its corrected time (aware UTC)."""

    @property
    def device(self) -> str: ...
    @property
    def seq(self) -> int | None: ...
    @property
    def position(self) -> int: ...
    @property
    def at(self) -> datetime: ...


Line = TypeVar("Line", bound=Stamped)


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Lines of several devices in the order in which they happened.

    Inside a device the counter rules, because a clock may be set back in mid-visit; between devices the corrected
    time rules, never going backwards along a device. A desk has no counter: its lines stand by time and position.
    """
    by_device: dict[str, list[Line]] = {}
    for line in lines:
        by_device.setdefault(line.device, []).append(line)
    timed: list[tuple[datetime, str, int, Line]] = []
    for device, own in by_device.items():
        latest = datetime.min.replace(tzinfo=UTC)
        own.sort(key=lambda line: (line.seq or 0, line.at, line.position))
        for place, line in enumerate(own):
            latest = max(latest, line.at)
            timed.append((latest, device, place, line))
    return [line for *_, line in sorted(timed, key=lambda item: item[:3])]
