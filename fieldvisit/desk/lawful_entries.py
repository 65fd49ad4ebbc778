"""What the pages of entry without consent show: the board, due first on top; one case; and a quarter's report."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from fieldvisit.desk.forms import Place
from fieldvisit.desk.lawful_entries_words import COLUMNS, MARKS, STAGES
from fieldvisit.desk.rules import urgency
from fieldvisit.ground.clock import LONDON, MONTHS, in_london, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Duty, Principal, Role
from fieldvisit.ground.sheet import sheet
from fieldvisit.ground.verdict import Refused, Verdict
from fieldvisit.register.models import Person, PersonArea, Resident
from fieldvisit.register.same import same_ids
from fieldvisit.visits import lawful_entry_rules as rules
from fieldvisit.visits import lawful_entry_service as service
from fieldvisit.visits.access_service import was_there
from fieldvisit.visits.lawful_entry_models import LawfulEntry, LawfulEntryStep
from fieldvisit.visits.models import Visit, VisitWorker
from fieldvisit.visits.words import words_of_visit

PAGE, MOST_OFFICERS, MOST_IN_REPORT = 50, 100, 2000
_QUARTER = re.compile(r"(20[0-9]{2})-?[Qq]([1-4])")


@dataclass(frozen=True, slots=True)
class Listed:
    case: LawfulEntry
    visit: Visit
    urgency: str


def board(
    session: Session, who: Principal, after: Place | None, most: int = PAGE
) -> tuple[Sequence[Listed], Place | None]:
    """What still owes something, due first on top; and where the next page begins."""
    query = select(LawfulEntry).where(LawfulEntry.due_at.is_not(None)).order_by(LawfulEntry.due_at, LawfulEntry.id)
    if after:
        query = query.where(tuple_(LawfulEntry.due_at, LawfulEntry.id) > (after.at, after.id))
    found = session.scalars(query.limit(most + 1)).all()
    shown = found[:most]
    visits = _visits(session, shown)
    listed = [Listed(case, visits[case.visit_id], urgency(case.due_at, who.at)) for case in shown if case.due_at]
    later = shown[-1] if len(found) > most else None
    return listed, Place(later.due_at, later.id) if later and later.due_at else None


def _visits(session: Session, cases: Sequence[LawfulEntry]) -> dict[str, Visit]:
    wanted = select(Visit).where(Visit.id.in_({case.visit_id for case in cases}))
    return {visit.id: visit for visit in session.scalars(wanted)}


# --- one case -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CasePage:
    """may: the verdict on each form now, as if its words had been written. words: of each line of the visit's log."""

    case: LawfulEntry
    visit: Visit
    state: rules.State
    steps: Sequence[LawfulEntryStep]
    names: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    residents: Sequence[Resident]
    may: Mapping[str, Verdict]
    urgency: str

    def said(self, step: LawfulEntryStep) -> Mapping[str, str]:
        found: Mapping[str, str] = step.said or self.words.get(step.entry_id or "", {})
        return found

    def why_not(self, form: str) -> str:
        verdict = self.may[form]
        return verdict.message if isinstance(verdict, Refused) else ""


def page_of(session: Session, case: LawfulEntry, who: Principal, policy: Policy) -> CasePage:
    steps = service.steps_of(session, [case.id])[case.id]
    state = service.state_of(steps, policy)
    visit = _visits(session, [case])[case.visit_id]
    people = {step.by_id for step in steps} | {state.proposer, state.authoriser}
    return CasePage(
        case=case,
        visit=visit,
        state=state,
        steps=steps,
        names=dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(people))).all()),
        words=words_of_visit(session, visit.id),
        residents=session.scalars(
            select(Resident).where(Resident.home_id == case.home_id).order_by(Resident.ref)
        ).all(),
        may=_may(
            state,
            who,
            same_ids(session, [who.person_id]),
            case.area_id,
            there=was_there(session, visit.id, who.person_id),
            policy=policy,
        ),
        urgency=urgency(state.due_at, who.at) if state.due_at else "",
    )


def _may(
    state: rules.State, who: Principal, me: Collection[str], area: str, *, there: bool, policy: Policy
) -> dict[str, Verdict]:  # fmt: skip
    words = "as if written"
    manager = who.holds(Duty.REPAIRS_MANAGER, area)
    return {
        "decide": rules.may_decide(state, me, on_duty=who.holds(Duty.DUTY, area)),
        "stand-down": rules.may_stand_down(state, words),
        "try": rules.may_try(state, who.at, who.at),
        "enter": rules.may_go_in(state, who.at, second="police", name=words, photos_before=True, policy=policy),
        "secure": rules.may_secure(state, lock="as_it_was", keys="not_needed", inventory=words),
        "told": rules.may_say_told(state, notice_left=True, call="reached"),
        "review": rules.may_review(state, me, manager=manager, was_there=there, necessity=words, proportionality=words),
    }


def proposers(session: Session, visit: Visit, who: Principal) -> list[tuple[str, str]]:
    """Who may have asked: whoever is typing, the workers of the visit, and the officers of its area."""
    sent = select(VisitWorker.person_id).where(VisitWorker.visit_id == visit.id, VisitWorker.ends.is_(None))
    workers = session.execute(select(Person.id, Person.name).where(Person.id.in_(sent)).order_by(Person.name)).all()
    here = select(PersonArea.person_id).where(
        PersonArea.area_id == visit.area_id, or_(PersonArea.ends.is_(None), PersonArea.ends > who.at)
    )
    officers = session.execute(
        select(Person.id, Person.name)
        .where(Person.role == Role.OFFICER, Person.disabled_at.is_(None), Person.id.in_(here))
        .order_by(Person.name, Person.id)
        .limit(MOST_OFFICERS)
    )
    found = {row.id: row.name for row in officers} | {row.id: f"{row.name}, on this visit" for row in workers}
    return list(found.items())


# --- a quarter ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quarter:
    """of: 2026-Q4. begins, ends: aware UTC, of London's days; ends is the next one's begin."""

    of: str
    begins: datetime
    ends: datetime

    @property
    def called(self) -> str:
        """October to December 2026."""
        first, last = london_date(self.begins), self.last_day
        return f"{MONTHS[first.month - 1]} to {MONTHS[last.month - 1]} {last.year}"

    @property
    def last_day(self) -> date:
        return london_date(self.ends) - timedelta(days=1)

    @property
    def before(self) -> str:
        return _named(london_date(self.begins) - timedelta(days=1))

    @property
    def after(self) -> str:
        return _named(london_date(self.ends))


def quarter_of(asked: str, at: datetime) -> Quarter:
    """The one that runs now where nothing, or nothing that we can read, was asked for."""
    found = _QUARTER.fullmatch(asked.strip())
    year, number = (int(found[1]), int(found[2])) if found else _number(london_date(at))
    begins = date(year, 3 * number - 2, 1)
    after = date(year + (number == 4), 3 * number % 12 + 1, 1)
    return Quarter(f"{year}-Q{number}", _midnight(begins), _midnight(after))


def _number(day: date) -> tuple[int, int]:
    return day.year, (day.month + 2) // 3


def _named(day: date) -> str:
    year, number = _number(day)
    return f"{year}-Q{number}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Row:
    case: LawfulEntry
    ref: str
    basis: str
    state: rules.State
    review: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    quarter: Quarter
    rows: Sequence[Row]
    stages: Mapping[str, int]
    bases: Mapping[str, int]
    marks: Mapping[str, int]
    whole: bool

    @property
    def entered(self) -> int:
        return sum(row.state.entered_at is not None for row in self.rows)

    @property
    def not_found_right(self) -> int:
        """Reviews that found it not necessary, or not proportionate."""
        return sum(
            bool(row.review) and not (row.review["necessary"] and row.review["proportionate"]) for row in self.rows
        )


def report(session: Session, quarter: Quarter, at: datetime, policy: Policy) -> Report:
    """Those that were asked for in that quarter, in the areas of whoever asks, as they stand now."""
    wanted = (
        select(LawfulEntry)
        .where(LawfulEntry.opened_at >= quarter.begins, LawfulEntry.opened_at < quarter.ends)
        .order_by(LawfulEntry.opened_at, LawfulEntry.id)
        .limit(MOST_IN_REPORT + 1)
    )
    cases = session.scalars(wanted).all()
    shown = cases[:MOST_IN_REPORT]
    steps, visits = service.steps_of(session, [case.id for case in shown]), _visits(session, shown)
    labels = {each.code: each.label for each in policy.door.lawful_entry_bases}
    rows = []
    for case in shown:
        state = service.state_of(steps[case.id], policy)
        _mark_what_is_late(state, at, policy)
        reviews = [step.body for step in steps[case.id] if step.kind == "reviewed"]
        basis = labels.get(state.basis, state.basis)
        rows.append(Row(case, visits[case.visit_id].ref, basis, state, reviews[-1] if reviews else {}))
    return Report(
        quarter=quarter,
        rows=rows,
        stages=Counter(row.state.stage.value for row in rows),
        bases=Counter(row.basis for row in rows if row.state.entered_at),
        marks=Counter(mark for row in rows for mark in row.state.marks),
        whole=len(cases) <= MOST_IN_REPORT,
    )


def _mark_what_is_late(state: rules.State, at: datetime, policy: Policy) -> None:
    """What is still owed and late is as wrong as what was done late."""
    if state.entered_at is None:
        return
    if state.told_at is None and at > rules.tell_by(state.entered_at, policy):
        state.mark("told-late")
    if state.reviewed_at is None and at > rules.review_by(state.entered_at, policy):
        state.mark("reviewed-late")


def as_csv(found: Report) -> bytes:
    """No names and no addresses: a report is passed on."""
    return sheet((COLUMNS, *(_cells(row) for row in found.rows)))


def _cells(row: Row) -> list[str]:
    def moment(at: datetime | None) -> str:
        return f"{in_london(at):%d/%m/%Y %H:%M}" if at else ""

    state = row.state
    found = ["yes" if row.review[name] else "no" for name in ("necessary", "proportionate")] if row.review else ["", ""]
    return [
        row.ref, moment(row.case.opened_at), moment(state.authorised_at), row.basis, STAGES[state.stage][0],
        moment(state.entered_at), moment(state.secured_at), moment(state.told_at), moment(state.reviewed_at), *found,
        " ".join(MARKS[mark] for mark in state.marks),
    ]  # fmt: skip
