"""The figures of the self-assessment that the Ombudsman asks for, over a year from April or a quarter of it. Pure.

Small numbers are shown: whoever reads them deals with complaints, and the Ombudsman asks for them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from fieldvisit.complaints import clocks
from fieldvisit.complaints.state import LETTERS, State
from fieldvisit.complaints.words import NO_THEME, OUTCOMES, REMEDIES, THEMES
from fieldvisit.ground.clock import LONDON, london_date
from fieldvisit.ground.deadlines import RULES
from fieldvisit.ground.policy import Policy

_TYPED = re.compile(r"(20[0-9]{2})(?:-q([1-4]))?")
FIRST_MONTH = 4  # April: the year of a council's figures


@dataclass(frozen=True, slots=True)
class Period:
    """year: in which its April lies. quarter: 1 is April to June; 0 is the whole year."""

    year: int
    quarter: int = 0

    @property
    def starts(self) -> datetime:
        return _midnight(self._month(max(self.quarter, 1)))

    @property
    def ends(self) -> datetime:
        return _midnight(self._month(self.quarter + 1 if self.quarter else 5))

    def _month(self, quarter: int) -> date:
        months = FIRST_MONTH - 1 + (quarter - 1) * 3
        return date(self.year + months // 12, months % 12 + 1, 1)

    def holds(self, moment: datetime | None) -> bool:
        return moment is not None and self.starts <= moment < self.ends

    @property
    def said(self) -> str:
        year = f"{self.year} to {self.year + 1}"
        quarters = ("", "April to June", "July to September", "October to December", "January to March")
        return f"{quarters[self.quarter]}, the year {year}" if self.quarter else f"the year {year}, April to March"

    def __str__(self) -> str:
        return f"{self.year}-q{self.quarter}" if self.quarter else str(self.year)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=LONDON).astimezone(UTC)


def period_typed(text: str) -> Period | None:
    found = _TYPED.fullmatch(text.strip().lower())
    return Period(int(found[1]), int(found[2] or 0)) if found else None


def period_of(at: datetime) -> Period:
    """The year that is running."""
    day = london_date(at)
    return Period(day.year if day.month >= FIRST_MONTH else day.year - 1)


@dataclass(frozen=True, slots=True)
class Known:
    """One complaint and what was learned from it: (when, words)."""

    id: str
    ref: str
    state: State
    learned: Sequence[tuple[datetime, str]] = ()


@dataclass(slots=True)
class OnTime:
    """Of one clock: those whose last day lies in the period. late: done late, or not done and over."""

    rule: str
    label: str
    met: int = 0
    late: int = 0
    running: int = 0

    @property
    def percent(self) -> str:
        """Of those that are settled; empty where none is."""
        settled = self.met + self.late
        return f"{round(100 * self.met / settled)}%" if settled else ""


@dataclass(slots=True)
class Report:
    """volumes, extensions: by stage 1 and 2. outcomes: stage -> outcome -> answers sent. themes: theme -> received, upheld."""

    period: Period
    volumes: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0})
    service_requests: int = 0
    not_accepted: int = 0
    on_time: dict[str, OnTime] = field(default_factory=dict)
    extensions: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0})
    outcomes: dict[int, Counter[str]] = field(default_factory=lambda: {1: Counter(), 2: Counter()})
    themes: Counter[str] = field(default_factory=Counter)
    upheld: Counter[str] = field(default_factory=Counter)
    remedies: Counter[str] = field(default_factory=Counter)
    learning: list[tuple[str, str, str]] = field(default_factory=list)  # id, ref, words


def report(found: Iterable[Known], period: Period, at: datetime, policy: Policy) -> Report:
    made = Report(period)
    for name, label in clocks.LABELS.items():
        made.on_time[name] = OnTime(RULES[name], label)
    for one in found:
        _count(made, one, at, policy)
    return made


def _count(made: Report, one: Known, at: datetime, policy: Policy) -> None:
    state, holds = one.state, made.period.holds
    if not state.wanted:
        made.service_requests += holds(state.received_at)
        return
    if holds(state.received_at):
        made.volumes[1] += 1
        made.themes[state.theme] += 1
    made.volumes[2] += holds(state.escalated_at)
    made.not_accepted += holds(state.sent.get("refusal"))
    for letter, process in LETTERS.items():
        if not holds(state.sent.get(letter)):
            continue
        if letter.startswith("extension"):
            made.extensions[process] += 1
        elif letter.startswith("answer"):
            made.outcomes[process][state.outcomes.get(process, "not_upheld")] += 1
            made.remedies.update(state.remedies.get(process, ()))
            made.upheld[state.theme] += state.outcomes.get(process) in ("upheld", "partly_upheld")
    for clock in clocks.clocks(state, policy):
        if clock.clock in made.on_time and holds(clock.due):
            _settle(made.on_time[clock.clock], clock, at)
    made.learning += [(one.id, one.ref, words) for when, words in one.learned if holds(when)]


def _settle(total: OnTime, clock: clocks.Clock, at: datetime) -> None:
    if clock.done_at is not None and clock.done_at <= clock.due:
        total.met += 1
    elif clock.done_at is not None or clock.due < at:
        total.late += 1
    else:
        total.running += 1


def rows_of(made: Report) -> Iterator[tuple[str, ...]]:
    """For a spreadsheet."""
    yield ("What", "Which", "Number")
    for process, number in made.volumes.items():
        yield (f"Stage {process}: received", "", str(number))
    yield ("Service requests: no complaint wanted", "", str(made.service_requests))
    yield ("Not accepted", "", str(made.not_accepted))
    for one in made.on_time.values():
        for what, figure in (
            ("in time", one.met),
            ("late", one.late),
            ("running", one.running),
            ("% in time", one.percent),
        ):
            yield (f"{one.rule}: {what}", one.label, str(figure))
    for process, number in made.extensions.items():
        yield (f"Stage {process}: extended", "", str(number))
    for process, outcomes in made.outcomes.items():
        yield from _named(f"Stage {process}: outcome", OUTCOMES, outcomes)
    yield from _named("Received, by theme", THEMES | {"": NO_THEME}, made.themes)
    yield from _named("Upheld or partly upheld, by theme", THEMES, made.upheld)
    yield from _named("Remedy", REMEDIES, made.remedies)
    for _, ref, words in made.learning:
        yield ("Learned", ref, words)


def _named(what: str, names: Mapping[str, str], counted: Counter[str]) -> Iterator[tuple[str, ...]]:
    for code, name in names.items():
        yield (what, name, str(counted[code]))
