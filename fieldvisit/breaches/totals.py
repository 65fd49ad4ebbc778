"""Themes and counts for the board: by quarters that are over for a month, with small numbers left out (security 2).

Each quarter stands by itself and its counts do not grow: neither a running total nor yesterday's page tells of one case.
What came in is counted by the day that it was heard, what was closed by the day that it was closed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldvisit.breaches import suppress
from fieldvisit.breaches.case_models import BreachApart, BreachCase
from fieldvisit.breaches.case_state import Stage, State
from fieldvisit.breaches.cases import state_from, steps_of
from fieldvisit.breaches.procedure import procedure_of
from fieldvisit.ground.clock import MONTHS, london_date, london_instant
from fieldvisit.ground.policy import Policy

NOT_LOOKED_AT = "Not looked at yet"
NO_BREACH = "No breach of a code"
OPEN, OVER = "Still open", "Closed"


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    year: int
    number: int  # 1 to 4

    @property
    def starts(self) -> datetime:
        return london_instant(date(self.year, 3 * self.number - 2, 1))

    @property
    def ends(self) -> datetime:
        """The first instant that is not in it."""
        return self.after().starts

    @property
    def said(self) -> str:
        return f"{MONTHS[3 * self.number - 3]} to {MONTHS[3 * self.number - 1]} {self.year}"

    def __str__(self) -> str:
        return f"{self.year}-{self.number}"

    def before(self) -> "Quarter":
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)

    def after(self) -> "Quarter":
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)


@dataclass(frozen=True, slots=True)
class Counted:
    """One case, without anybody's name. heard, closed: did it come in, was it closed in the quarter?"""

    heard: bool
    closed: bool
    state: State


@dataclass(frozen=True, slots=True)
class Report:
    quarter: Quarter
    themes: suppress.Table
    outcomes: suppress.Table


def newest(at: datetime, policy: Policy) -> Quarter:
    """The last one that has been over for so many days."""
    day = london_date(at) - timedelta(days=policy.conduct.report_delay_days.value)
    return Quarter(day.year, (day.month - 1) // 3 + 1).before()


def quarter_typed(text: str) -> Quarter | None:
    """'2026-3'. None for anything else."""
    year, dash, number = text.partition("-")
    if not (dash and len(year) == 4 and year.isascii() and year.isdecimal() and number in ("1", "2", "3", "4")):
        return None
    return Quarter(int(year), int(number)) if 2020 <= int(year) <= 2100 else None


def counted(session: Session, quarter: Quarter, reader: str) -> Iterator[Counted]:
    """In a session of system work. A case that names the reader is not counted for the reader (N1)."""
    named = select(BreachApart.case_id).where(BreachApart.person_id == reader)
    heard = (BreachCase.heard_at >= quarter.starts) & (BreachCase.heard_at < quarter.ends)
    closed = (BreachCase.closed_at >= quarter.starts) & (BreachCase.closed_at < quarter.ends)
    wanted = select(BreachCase).where(or_(heard, closed), BreachCase.id.not_in(named), BreachCase.linked_to.is_(None))
    found = session.scalars(wanted).all()
    steps = steps_of(session, [case.id for case in found])
    for case in found:
        in_it = quarter.starts <= case.heard_at < quarter.ends
        over = case.closed_at is not None and quarter.starts <= case.closed_at < quarter.ends
        yield Counted(in_it, over, state_from(steps[case.id]))


def report(cases: Iterable[Counted], quarter: Quarter, policy: Policy) -> Report:
    themes, outcomes = Counter[str](), Counter[str]()
    for case in cases:
        if case.heard:
            themes[theme_of(case.state)] += 1
        if case.closed:
            outcomes[outcome_of(case.state)] += 1
    small = policy.conduct.small_number.value
    return Report(quarter, suppress.safe(themes, small), suppress.safe(outcomes, small))


def theme_of(state: State) -> str:
    procedure = procedure_of(state.document) if state.document else None
    ladder = procedure.ladder(state.ladder) if procedure else None
    if procedure and ladder:
        return f"{procedure.title}: {ladder.label.lower()}"
    return NO_BREACH if state.stage is Stage.NOT_A_BREACH else NOT_LOOKED_AT


def outcome_of(state: State) -> str:
    if state.stage is Stage.NOT_A_BREACH:
        return NO_BREACH
    if not state.stands:
        return "It could not be shown, or an appeal took it away"
    procedure = procedure_of(state.document)
    sanction = procedure.sanction(state.sanction) if procedure else None
    return (
        f"The code was broken: {sanction.label.lower()}" if sanction else "The code was broken: nothing more followed"
    )
