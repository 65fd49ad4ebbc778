"""How one month went: each clock met, missed or still running, and why, as far as the record says. Pure.

A clock is met or missed in the London month in which it ran out, so that each is counted in one month and never in two.
One that runs at the end of the month is shown in it as running, and is met or missed in its own.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from fieldvisit.ground.clock import MONTHS, in_london, london_date, london_instant, say_length
from fieldvisit.ground.deadlines import RULES
from fieldvisit.ground.policy import Policy
from fieldvisit.hazards.clocks import LABELS, OURS, OWN, Clock, clocks
from fieldvisit.hazards.state import State
from fieldvisit.hazards.words import ANSWERS, REASONS
from fieldvisit.visits.access_why import Door
from fieldvisit.visits.access_why import said as say_doors

NOBODY_SAID = "Nobody has written down why."
Result = Literal["met", "missed", "running", "not_covered"]
RESULTS = {"met": "Met", "missed": "Missed", "running": "Still running", "not_covered": "Not covered by the law"}
ORDER = ("look", *(name for name in RULES if name in LABELS), OWN)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    year: int
    month: int

    @property
    def starts(self) -> datetime:
        return london_instant(date(self.year, self.month, 1))

    @property
    def ends(self) -> datetime:
        """The first instant that is not in it."""
        return london_instant(date(self.year + self.month // 12, self.month % 12 + 1, 1))

    @property
    def said(self) -> str:
        return f"{MONTHS[self.month - 1]} {self.year}"

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    def holds(self, at: datetime) -> bool:
        return self.starts <= at < self.ends

    def before(self) -> "Month":
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def after(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)


def month_of(at: datetime) -> Month:
    day = london_date(at)
    return Month(day.year, day.month)


def month_typed(text: str) -> Month | None:
    """'2026-12'. None for anything else, and for a year that nobody here lived in."""
    year, dash, month = text.partition("-")
    if not (dash and year.isascii() and year.isdecimal() and month.isascii() and month.isdecimal()):
        return None
    found = Month(int(year), int(month)) if len(year) == 4 and len(month) == 2 else None
    return found if found and 2025 <= found.year <= 2100 and 1 <= found.month <= 12 else None


@dataclass(frozen=True, slots=True)
class Note:
    """What an officer wrote of one clock. of: its code (`Clock.code`). why: a code of REASONS. at: aware UTC."""

    of: str
    why: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """One case. doors: those at which nobody got in, and whether that was the tenant's doing. notes: oldest first."""

    id: str
    ref: str
    hazard: str
    home: str
    state: State
    doors: tuple[Door, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    case: Known
    clock: Clock
    result: Result
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """Of one clock: how many of each result."""

    clock: str
    met: int
    missed: int
    running: int
    not_covered: int

    @property
    def label(self) -> str:
        return LABELS[self.clock]

    @property
    def rule(self) -> str:
        return RULES.get(self.clock, OURS)


@dataclass(frozen=True, slots=True)
class Report:
    month: Month
    totals: tuple[Total, ...]
    lines: tuple[Line, ...]

    @property
    def told(self) -> tuple[Line, ...]:
        """What a reader must know more of: what was missed, then what runs."""
        return tuple(line for wanted in ("missed", "running") for line in self.lines if line.result == wanted)


def report(cases: Iterable[Known], month: Month, at: datetime, policy: Policy) -> Report:
    """at: now. A month that is not over is reported as far as it has come."""
    lines = [
        Line(case, clock, result, _why(case, clock, result, at))
        for case in cases
        for clock in clocks(case.state, policy)
        if (result := _result(clock, month, at))
    ]
    lines.sort(key=lambda line: (line.clock.due or line.clock.begins, line.case.ref, ORDER.index(line.clock.clock)))
    return Report(month, tuple(_total(name, lines) for name in ORDER), tuple(lines))


def _result(clock: Clock, month: Month, at: datetime) -> Result | None:
    """None: it is of another month."""
    if clock.due is None:
        return "not_covered" if month.holds(clock.begins) else None
    if month.holds(clock.due):
        if clock.done_at is not None:
            return "met" if clock.done_at <= clock.due else "missed"
        return "missed" if at > clock.due else "running"
    ends = min(at, month.ends)
    begun = clock.begins < month.ends and clock.begins <= at and clock.due >= month.ends
    return "running" if begun and (clock.done_at is None or clock.done_at >= ends) else None


def _why(case: Known, clock: Clock, result: Result, at: datetime) -> tuple[str, ...]:
    if result == "not_covered":
        return (clock.why,)
    found = [f"{REASONS[note.why]}: {note.words}" for note in case.notes if note.of == clock.code]
    if result == "met":
        return tuple(found)
    noted, until = bool(found), clock.done_at or at
    if tried := [door for door in case.doors if clock.begins <= door.at <= until]:
        found += say_doors(tried)
    if case.state.alternative:
        found.append(f"Other accommodation was offered. {ANSWERS[case.state.alternative]}.")
    if result == "missed":
        late = int(((clock.done_at or at) - (clock.due or at)).total_seconds()) // 60 * 60
        said = say_length(late) if late else "less than a minute"
        found.append(f"Done {said} late." if clock.done_at else f"Not done {said} after it ran out.")
        if not tried:
            found.append("No attempt that failed is on record.")
        if not noted:
            found.append(NOBODY_SAID)
    return tuple(found)


def _total(name: str, lines: Sequence[Line]) -> Total:
    of_it = [line.result for line in lines if line.clock.clock == name]
    return Total(name, *(of_it.count(result) for result in ("met", "missed", "running", "not_covered")))


COLUMNS = ("Case", "Hazard", "Home", "Clock", "Rule", "Began", "Due", "Done", "Result", "Why")


def rows_of(made: Report, label: Callable[[str], str]) -> Iterator[tuple[str, ...]]:
    """For a spreadsheet: every clock of the month. Times are London's."""
    yield COLUMNS
    for line in made.lines:
        clock = line.clock
        yield (
            line.case.ref, label(line.case.hazard), line.case.home, clock.label, clock.where,
            _cell(clock.begins), _cell(clock.due), _cell(clock.done_at), RESULTS[line.result], " ".join(line.why),
        )  # fmt: skip


def _cell(at: datetime | None) -> str:
    return f"{in_london(at):%Y-%m-%d %H:%M}" if at else ""
