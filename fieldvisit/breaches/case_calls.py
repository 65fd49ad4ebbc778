"""Those seated in a case are called when a clock of it runs out, and when more was said: to come and look, and no more.

Every morning of a working day, and for words of whoever gave a name every ten minutes. A call about an anonymous report
goes in the morning after the day alone, so that its minute tells nothing (T31). Never whom the case is about, or who is
near: whoever is called has a seat, and is looked at again (N1, N2).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldvisit.breaches import case_clocks, case_readers, case_waits, cases
from fieldvisit.breaches.case_models import BreachCase, BreachSeat
from fieldvisit.breaches.case_state import ENDED, State
from fieldvisit.breaches.models import Concern, ConcernAdded
from fieldvisit.breaches.procedure import procedure_of
from fieldvisit.db import Database
from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import CONDUCT
from fieldvisit.ground.working_days import BankHolidaysMissing
from fieldvisit.messages import desk_calls
from fieldvisit.register.models import Person

WORK = "desk_calls"
MORNING = time(8)
WORDS_FOR = timedelta(days=30)  # so long words that were added are looked for: a worker may have been away


@dataclass(frozen=True, slots=True)
class _Wanted:
    cause: str
    people: tuple[str, ...]


def in_the_morning(day: date, policy: Policy) -> datetime | None:
    """When the round of this London day goes. None: nobody is at the desk; the next working day has its own."""
    try:
        open_day = policy.working_days.is_working_day(day)
    except BankHolidaysMissing:  # a call on a holiday is better than a worker that stops
        open_day = day.weekday() < 5
    return london_instant(day, MORNING) if open_day else None


def call(database: Database, at: datetime, policy: Policy, told: set[str]) -> None:
    """The morning's round: clocks, and all words. told: whoever had their e-mail in this round."""
    _call(database, at, policy, told, but_anonymous=False)


def call_for_words(database: Database, at: datetime, policy: Policy) -> None:
    """Words that were added by, or for, somebody who gave a name."""
    _call(database, at, policy, set(), but_anonymous=True)


def _call(database: Database, at: datetime, policy: Policy, told: set[str], *, but_anonymous: bool) -> None:
    """Looked for first, in a session that only reads; each case that calls is one transaction of its own."""
    with database.reading(CONDUCT) as session:
        wanted = [
            one
            for one in (_for_words(session, at, policy) if but_anonymous else _of_the_morning(session, at, policy))
            if not desk_calls.are_called(session, _people(session, one.people), one.cause)
        ]
    for one in wanted:
        with database.writing(CONDUCT) as session:
            desk_calls.call(session, _people(session, one.people), one.cause, told=told, at=at, policy=policy)


def _people(session: Session, ids: Sequence[str]) -> Sequence[Person]:
    return session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id)).all()


# --- what calls, and whom -----------------------------------------------------------------------------------------


def _of_the_morning(session: Session, at: datetime, policy: Policy) -> Iterator[_Wanted]:
    is_open = or_(BreachCase.stage.not_in([stage.value for stage in ENDED]), case_waits.though_over())
    open_ones = select(BreachCase).where(is_open, BreachCase.readers_at.is_not(None), BreachCase.redacted_at.is_(None))
    found = session.scalars(open_ones.order_by(BreachCase.id)).all()
    steps = cases.steps_of(session, [case.id for case in found])
    for case in found:
        state = cases.state_from(steps[case.id], case)
        procedure = procedure_of(case.document) if case.document else None
        if due := case_clocks.calls(state, procedure, at, policy):
            seated = _may_be_called(session, case, at, but_of=case.linked_to)
            for one in due:
                yield _Wanted(f"{case.id}:{one.cause}", _who(state, seated, one))
    yield from _for_words(session, at, policy, anonymous_too=True)


def _for_words(session: Session, at: datetime, policy: Policy, *, anonymous_too: bool = False) -> Iterator[_Wanted]:
    """All who are seated: it may change what any of them does next."""
    today = london_date(at)
    query = (
        select(ConcernAdded.id, Concern.anonymous, ConcernAdded.added_on, BreachCase)
        .join(Concern, Concern.id == ConcernAdded.concern_id)
        .join(BreachCase, BreachCase.concern_id == Concern.id)
        .where(ConcernAdded.added_on >= today - WORDS_FOR, BreachCase.readers_at.is_not(None))
        .where(BreachCase.redacted_at.is_(None))
    )
    for added_id, anonymous, added_on, case in session.execute(query.order_by(ConcernAdded.id)):
        if anonymous and (added_on >= today or not anonymous_too):
            continue
        cause = f"words:{added_id}"
        if not desk_calls.are_called(
            session, _people(session, sorted(_seated(session, case.id))), cause
        ):  # the cheap question
            yield _Wanted(cause, _may_be_called(session, case, at))


def _may_be_called(session: Session, case: BreachCase, at: datetime, but_of: str | None = None) -> tuple[str, ...]:
    """Whoever has a seat, still works here, and may still know of it. but_of: the case that this one tells again; whoever
    sits there has its clocks from there."""
    seated = _seated(session, case.id) & {person.id for person in case_readers.all_readers(session)}
    seated -= _seated(session, but_of) if but_of else set()
    return tuple(sorted(seated - case_readers.kept_apart(session, case, at))) if seated else ()


def _seated(session: Session, case_id: str) -> set[str]:
    return set(
        session.scalars(select(BreachSeat.person_id).where(BreachSeat.case_id == case_id, BreachSeat.ends.is_(None)))
    )


def _who(state: State, seated: Sequence[str], wanted: case_clocks.Call) -> tuple[str, ...]:
    """Who has that part; where nobody has it who may, everybody who reads it, as one of them must seat somebody."""
    holder = wanted.only or state.seats.get(wanted.part)
    if wanted.part == "appeal" and holder in {appeal.by for appeal in state.appeals}:
        holder = None  # of an earlier appeal: this one needs another
    return (holder,) if holder and holder in seated else tuple(each for each in seated if each != wanted.but)
