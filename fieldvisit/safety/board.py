"""What those who watch are shown: who is where, late first, and one watch with its lines (D10)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import WATCHING, Duty, Principal, Role
from fieldvisit.ground.running import say_span
from fieldvisit.register.models import Home, Household, Person
from fieldvisit.safety import buddies, service
from fieldvisit.safety.models import Watch, WatchStep
from fieldvisit.safety.state import FIRST, LATE, LIVE, Deed, Stage, State, fold, lengths_of
from fieldvisit.visits.models import Visit, VisitWorker
from fieldvisit.visits.precautions import say_precautions

MOST = 200
SHOWN_AFTER = timedelta(hours=12)  # what is over stays on the board for the shift


@dataclass(frozen=True, slots=True)
class Place:
    """ref and address alone: no tenant's name (R9). told: what the worker was told of the home; a firm is not shown it."""

    ref: str
    address: str
    told: tuple[str, ...]
    sent: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Row:
    watch: Watch
    state: State
    place: Place
    device_on: bool | None
    buddy: buddies.Named | None = None

    @property
    def stage(self) -> Stage:
        return self.state.stage


@dataclass(frozen=True, slots=True)
class Line:
    step: WatchStep
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class One:
    row: Row
    lines: Sequence[Line]
    has_words: bool


def board_of(database: Database, session: Session, who: Principal, at: datetime, policy: Policy) -> list[Row]:
    """Late first; among those of one stage, whoever was heard of longest ago. At most MOST, of which none is less late than
    one that is left out."""
    query = select(Watch).where(*_on_the_board(who, at)).options(joinedload(Watch.person).joinedload(Person.firm))
    watches = session.scalars(query.order_by(*_by_lateness(at)).limit(MOST)).all()
    rows = _rows(database, session, watches, who, at, policy)
    return sorted(rows, key=lambda row: (FIRST.index(row.stage), row.state.heard_at or row.watch.opened_at))


def more_than_shown(session: Session, who: Principal, at: datetime) -> int:
    """How many more there are than the board shows."""
    found = session.scalar(select(func.count(Watch.id)).where(*_on_the_board(who, at))) or 0
    return max(0, found - MOST)


def _on_the_board(who: Principal, at: datetime) -> list[ColumnElement[bool]]:
    shown = [or_(Watch.stage.in_(LIVE), Watch.opened_at > at - SHOWN_AFTER)]
    return [*shown, Watch.area_id.in_(areas_of(who))] if who.role is Role.OFFICER else shown


def _by_lateness(at: datetime) -> list[Any]:
    """By what the last line says and what time has done since: an alarm, then what is late or has become so, then whoever
    is due next, then those of whom no clock runs, and what is over last, the latest first."""
    late = or_(Watch.stage.in_(LATE), and_(Watch.stage.in_(LIVE), Watch.due_at <= at))
    rank = case(
        (Watch.stage == Stage.ALARM, 0), (late, 1), (Watch.stage.not_in(LIVE), 4), (Watch.due_at.is_(None), 3), else_=2
    )
    return [rank, Watch.due_at.is_(None), Watch.due_at, Watch.opened_at.desc(), Watch.id]


def areas_of(who: Principal) -> list[str]:
    """Where an officer holds the duty: those are the workers that this person watches over."""
    return [area for area in who.areas if who.holds(Duty.DUTY, area)]


def watch_of(session: Session, who: Principal, watch_id: str) -> Watch | None:
    found = select(Watch).where(Watch.id == watch_id).options(joinedload(Watch.person).joinedload(Person.firm))
    watch = session.scalars(found).first()
    return watch if watch and (who.role is not Role.OFFICER or who.holds(Duty.DUTY, watch.area_id)) else None


def one_of(database: Database, session: Session, watch: Watch, who: Principal, at: datetime, policy: Policy) -> One:
    [row] = _rows(database, session, [watch], who, at, policy)
    steps = service.steps_of(session, [watch.id])[watch.id]
    names = _names(session, [step.by for step in steps if step.by])
    words = service.words_of(session, watch.id) if who.role is Role.OFFICER else {}
    lines = [Line(step, names.get(step.by or "", "The clock"), words.get(step.id, "")) for step in steps]
    with database.reading(WATCHING) as own:
        has_words = bool(service.words_set_at(own, [watch.person_id]))
    return One(row, lines, has_words)


def late_for(state: State, at: datetime) -> str:
    """'12 minutes ago', 'in 8 minutes'; empty where no clock runs."""
    if state.due_at is None or not state.live:
        return ""
    said = say_span(at - state.due_at)
    return f"{said} ago" if at >= state.due_at else f"in {said}"


def _rows(
    database: Database, session: Session, watches: Sequence[Watch], who: Principal, at: datetime, policy: Policy
) -> list[Row]:
    deeds, lengths = service.deeds_of(session, [watch.id for watch in watches]), lengths_of(policy)
    places = _places(database, watches, told=who.role is Role.OFFICER)
    with database.reading(WATCHING) as own:
        named = buddies.of_watches(own, watches, at)
    return [
        Row(
            watch, fold(deeds[watch.id], lengths, at), places[watch.visit_id], _device(deeds[watch.id]),
            named.get(watch.id),
        )
        for watch in watches
    ]  # fmt: skip


def _device(deeds: Iterable[Deed]) -> bool | None:
    said = [deed.body.get("device_on") for deed in deeds if deed.kind == "started"]
    return said[-1] if said else None


def _places(database: Database, watches: Sequence[Watch], *, told: bool) -> Mapping[str, Place]:
    """As the watcher may know them whatever became of the visit: one that has ended is in no firm's sight, and its
    worker may be lying there."""
    wanted = {watch.visit_id for watch in watches}
    with database.reading(WATCHING) as own:
        home = joinedload(Visit.home).joinedload(Home.household).selectinload(Household.warnings)
        sent = selectinload(Visit.workers).joinedload(VisitWorker.person)
        visits = own.scalars(select(Visit).where(Visit.id.in_(wanted)).options(home, sent)).unique().all()
        return {visit.id: _place(visit, told=told) for visit in visits}


def _place(visit: Visit, *, told: bool) -> Place:
    household = visit.home.household
    said: tuple[str, ...] = ()
    if told and household:
        said = say_precautions(household.precautions, language="", trusted_adult=False)
    sent = tuple(row.person for row in visit.workers if row.ends is None)
    return Place(visit.ref, visit.home.address, said, sent)


def _names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(set(ids)))).all())
    return found
