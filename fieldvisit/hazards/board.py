"""What the pages of hazards show: the board, sorted by what runs out first, and one case."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy import case as one_of
from sqlalchemy.orm import Session, joinedload

from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal
from fieldvisit.hazards import clocks, service
from fieldvisit.hazards.clocks import Clock
from fieldvisit.hazards.models import Hazard, HazardStep, HazardWords
from fieldvisit.hazards.report import Known, Month, Note
from fieldvisit.hazards.state import Stage, State
from fieldvisit.hazards.towards import is_towards
from fieldvisit.hazards.words import say_body
from fieldvisit.register.models import Home, Household, Person
from fieldvisit.visits.access_why import Door
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.precautions import say_precautions
from fieldvisit.visits.words import words_of_visit

PAGE = 50
AT_A_TIME = 200
LATE_NEWS = timedelta(days=62)  # a phone that was without signal says weeks later what was seen in that month
PICTURED = ("hazard", "damage")  # what a photo must be of to stand in a case


@dataclass(frozen=True, slots=True)
class Row:
    """first: the clock that runs out first, or None where nothing is owed. by_hours: the law's own of an emergency (DR-1),
    where something of ours runs out before it. urgent: an emergency until somebody decides."""

    case: Hazard
    first: Clock | None
    by_hours: Clock | None
    urgent: bool


@dataclass(frozen=True, slots=True)
class Step:
    row: HazardStep
    who: str
    said: Sequence[str]
    words: Mapping[str, str]
    visit: Visit | None
    door: Door | None


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo that was taken at a visit of this case. standing, purged_at, why: as of outbox/photos.py::Enclosed."""

    visit_id: str
    id: str
    at: datetime
    standing: str
    purged_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    case: Hazard
    state: State
    clocks: Sequence[Clock]
    steps: Sequence[Step]
    household: Sequence[str]
    reporter: str
    visit: Visit | None
    others: Sequence[Hazard]  # open ones of the same home

    def towards(self, clock: Clock) -> Sequence[Step]:
        """What has been done towards that clock, oldest first."""
        return [step for step in self.steps if is_towards(clock, step.row.kind, step.row.at, step.row.body)]

    @property
    def doors(self) -> Sequence[Door]:
        return [step.door for step in self.steps if step.door]


def page_of(session: Session, every: bool, after: str, policy: Policy) -> tuple[list[Row], str | None]:
    """What runs out first stands first, of those that run out together an emergency; what owes nothing, last. And the id
    after which the next page begins."""
    calm = one_of((Hazard.id.in_(service.urgent()), 0), else_=1)
    query = select(Hazard).options(joinedload(Hazard.home))
    if not every:
        query = query.where(Hazard.stage != Stage.CLOSED)
    last = session.scalars(select(Hazard).where(Hazard.id == after)).first() if after else None
    if last:
        nothing_owed = Hazard.runs_out_at.is_(None)
        was_calm = session.scalars(select(calm).where(Hazard.id == last.id)).one()
        later = and_(Hazard.runs_out_at == last.runs_out_at, tuple_(calm, Hazard.id) > (was_calm, last.id))
        query = query.where(
            and_(nothing_owed, tuple_(calm, Hazard.id) > (was_calm, last.id))
            if last.runs_out_at is None
            else or_(Hazard.runs_out_at > last.runs_out_at, later, nothing_owed)
        )
    in_order = (Hazard.runs_out_at.is_(None), Hazard.runs_out_at, calm, Hazard.id)
    cases = session.scalars(query.order_by(*in_order).limit(PAGE + 1)).all()
    shown = cases[:PAGE]
    steps = service.steps_of(session, [hazard.id for hazard in shown])
    states = [service.state_from(steps[hazard.id]) for hazard in shown]
    rows = [_row(hazard, state, policy) for hazard, state in zip(shown, states, strict=True)]
    return rows, shown[-1].id if len(cases) > PAGE else None


def _row(hazard: Hazard, state: State, policy: Policy) -> Row:
    owed = clocks.outstanding(state, policy) if state.open else []
    first = min(owed, key=lambda clock: clock.due or datetime.max, default=None)
    by_hours = next((clock for clock in owed if clock.clock in clocks.BY_HOURS and clock is not first), None)
    return Row(hazard, first, by_hours, state.stage is Stage.LOGGED and state.now.emergency_at_once)


def case_of(session: Session, case: Hazard, policy: Policy) -> Case:
    rows = service.steps_of(session, [case.id])[case.id]
    state = service.state_from(rows)
    words = service.words_of(session, case.id)
    doors = service.doors(session, rows, policy)
    spoken = words_of_visit(session, case.visit_id) if case.visit_id else {}
    known = {row.by for row in rows if row.by} | ({case.reported_by} if case.reported_by else set())
    names: dict[str, str] = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(known))).all())
    wanted = {str(row.body["visit"]) for row in rows if "visit" in row.body} | (
        {case.visit_id} if case.visit_id else set()
    )
    visits = {visit.id: visit for visit in session.scalars(select(Visit).where(Visit.id.in_(wanted)))}
    steps = [
        Step(
            row, names.get(row.by or "", "The system"), say_body(row.body),
            spoken.get(str(row.body.get("entry", "")), {}) | words.get(row.id, {}),
            visits.get(str(row.body.get("visit", ""))), doors.get(row.id),
        )
        for row in rows
    ]  # fmt: skip
    return Case(
        case,
        state,
        clocks.clocks(state, policy),
        steps,
        household_of(session, case.home_id),
        names.get(case.reported_by or "", ""),
        visits.get(case.visit_id or ""),
        session.scalars(
            select(Hazard)
            .where(Hazard.home_id == case.home_id, Hazard.id != case.id, Hazard.stage != Stage.CLOSED)
            .order_by(Hazard.opened_at, Hazard.id)
        ).all(),
    )


def photos_of(
    session: Session, visit_id: str | None, enclosed: Callable[[Session, str], Mapping[str, Any]]
) -> list[Photo]:
    """What was photographed as a hazard or as damage at that visit. enclosed: the visit's attachments by line."""
    if visit_id is None:
        return []
    query = select(Entry).where(Entry.visit_id == visit_id, Entry.kind == "photo.taken").order_by(Entry.corrected_time)
    taken = [entry for entry in session.scalars(query) if entry.body.get("what") in PICTURED]
    found = enclosed(session, visit_id) if taken else {}
    return [
        Photo(visit_id, one.id, entry.corrected_time, one.standing, one.purged_at, one.why)
        for entry in taken
        for one in found.get(entry.id, ())
    ]


def known_in(session: Session, month: Month, policy: Policy) -> Iterator[Known]:
    """Every case that may have a clock in that month: those that we knew of before it was over. A few hundred at a time."""
    after = ""
    query = select(Hazard).options(joinedload(Hazard.home)).where(Hazard.opened_at < month.ends + LATE_NEWS)
    while cases := session.scalars(query.where(Hazard.id > after).order_by(Hazard.id).limit(AT_A_TIME)).all():
        steps = service.steps_of(session, [case.id for case in cases])
        doors = service.doors(session, [step for each in steps.values() for step in each], policy)
        said = _notes(session, [step.id for each in steps.values() for step in each if step.kind == "noted"])
        for case in cases:
            shut = tuple(doors[step.id] for step in steps[case.id] if step.id in doors)
            state = service.state_from(steps[case.id])
            notes = tuple(
                Note(f"{step.body['round']}:{step.body['clock']}", step.body["why"], said.get(step.id, ""), step.at)
                for step in steps[case.id]
                if step.kind == "noted"
            )
            where = f"{case.home.address_line}, {case.home.postcode}"
            yield Known(case.id, case.ref, case.hazard, where, state, shut, notes)
        after = cases[-1].id


def _notes(session: Session, step_ids: Sequence[str]) -> Mapping[str, str]:
    """What each of these steps says, in words."""
    if not step_ids:
        return {}
    wanted = select(HazardWords.step_id, HazardWords.text).where(HazardWords.step_id.in_(step_ids))
    return {row.step_id: row.text for row in session.execute(wanted.where(HazardWords.field == "note"))}


def household_of(session: Session, home_id: str) -> tuple[str, ...]:
    """What we know of who lives there, as the worker is told it (C16): what triage must look at."""
    found = session.scalars(select(Household).where(Household.home_id == home_id)).first()
    if found is None:
        return ()
    return say_precautions(found.precautions, language=found.language, trusted_adult=found.trusted_adult)


def last_summary(session: Session, hazard_id: str) -> str | None:
    """Word for word, of the newest step that has one."""
    query = (
        select(HazardWords.text)
        .join(HazardStep, HazardStep.id == HazardWords.step_id)
        .where(HazardWords.hazard_id == hazard_id, HazardWords.field == "summary")
    )
    return session.scalars(query.order_by(HazardStep.position.desc()).limit(1)).first()


def home_of(session: Session, who: Principal, home_id: str) -> Home | None:
    return session.scalars(select(Home).where(Home.id == home_id, Home.area_id.in_(who.areas))).first()


def find(session: Session, hazard_id: str) -> Hazard | None:
    return session.scalars(select(Hazard).where(Hazard.id == hazard_id).options(joinedload(Hazard.home))).first()
