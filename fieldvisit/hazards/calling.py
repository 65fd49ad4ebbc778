"""A hazard calls somebody to come and look, and no more: no message says of which home it is, or what was seen there (N3).

At once, and again until somebody has taken it, where it is an emergency; and for each clock of the law once before it
runs out, and once when it has. A clock of hours calls at night too; one of days waits until somebody is at the desk.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from fieldvisit.db import Database
from fieldvisit.ground.clock import end_of_london_day
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import SENDING, Duty
from fieldvisit.hazards import clocks, service
from fieldvisit.hazards.models import Hazard, HazardStep
from fieldvisit.hazards.state import Stage
from fieldvisit.messages import desk_calls
from fieldvisit.register.duties import holding, officers_of
from fieldvisit.register.models import Person
from fieldvisit.visits import job_clocks, job_service

log = structlog.get_logger()
WORK = "days_anew"
AT_A_TIME = 200
NOW = desk_calls.AT_ONCE


@dataclass(frozen=True, slots=True)
class _Wanted:
    cause: str
    people: tuple[str, ...]
    by_hours: bool = False


def call_at_once(database: Database, at: datetime, policy: Policy, channels: Collection[str] = ("email",)) -> None:
    """About emergencies that nobody has taken. channels: sms, email: what really goes out."""
    with database.reading(SENDING) as session:
        wanted = [one for found in _batches(session, _may_wait()) for one in _untaken(session, found, at, policy)]
        wanted = [one for one in wanted if not _is_called(session, one, channels)]
    _say(database, wanted, at, policy, channels, set())


def call(
    database: Database,
    at: datetime,
    policy: Policy,
    told: set[str],
    channels: Collection[str] = ("email",),
    *,
    at_desk: bool = True,
) -> None:
    """About clocks. told: whoever had their e-mail in this round. channels: of clocks of hours. at_desk: somebody is there,
    so that those of days call too."""
    until = job_clocks.warned_until(at, policy)
    by = max(end_of_london_day(until), at + timedelta(hours=policy.task.hazard_warn_h.value))
    due = select(Hazard).where(Hazard.stage != Stage.CLOSED, Hazard.runs_out_at <= by)
    with database.reading(SENDING) as session:
        wanted = [one for found in _batches(session, due) for one in _of_clocks(session, found, at, policy)]
        if at_desk:
            wanted += _of_jobs(session, by, at, policy)
        wanted = [one for one in wanted if (one.by_hours or at_desk) and not _is_called(session, one, channels)]
    _say(database, wanted, at, policy, channels, told)


def count_anew(session: Session, policy: Policy) -> int:
    """Once a day, as the calendar stands today: a bank holiday may have been proclaimed, or moved. How many hazards and
    jobs run out on another day now. For system work."""
    return service.fold_anew(session, policy) + job_service.count_anew(session, policy)


# --- what calls, and whom -----------------------------------------------------------------------------------------


def _may_wait() -> Select[Hazard]:
    """Cases in which an emergency may wait: of those that an officer decided as less, where a phone said more since."""
    joined = select(HazardStep.hazard_id).where(HazardStep.kind == "joined")
    decided = (Stage.TRIAGED_SIGNIFICANT, Stage.TRIAGED_OTHER)
    urgent = Hazard.stage.in_((Stage.LOGGED, Stage.TRIAGED_EMERGENCY))
    return select(Hazard).where(or_(urgent, Hazard.stage.in_(decided) & Hazard.id.in_(joined)))


def _batches(session: Session, query: Select[Hazard]) -> Iterator[Sequence[Hazard]]:
    after = ""
    while found := session.scalars(query.where(Hazard.id > after).order_by(Hazard.id).limit(AT_A_TIME)).all():
        yield found
        after = found[-1].id


def _untaken(session: Session, found: Sequence[Hazard], at: datetime, policy: Policy) -> Iterator[_Wanted]:
    steps = service.steps_of(session, [one.id for one in found])
    for one in found:
        rows = steps[one.id]
        position = clocks.waits_for_somebody(service.deeds_from(rows), service.state_from(rows))
        if position is None:
            continue
        times = clocks.calls_by_now(rows[position - 1].recorded_at, at, policy)
        people = _answerable(session, one.area_id, at, Duty.DUTY, Duty.REPAIRS_MANAGER)
        if times == 1 and rows[position - 1].kind == "triaged":
            people -= {rows[position - 1].by or ""}  # who has just decided so knows it
        yield _Wanted(f"emergency:{one.id}:{position}:{times}", tuple(sorted(people)), by_hours=True)


def _of_clocks(session: Session, found: Sequence[Hazard], at: datetime, policy: Policy) -> Iterator[_Wanted]:
    """Whoever has it in hand; beside them, for a clock of hours whoever is on duty, and for one that is over whoever
    answers for repairs: the one in whose hands it is may be away."""
    steps = service.steps_of(session, [one.id for one in found])
    for one in found:
        due = clocks.calls(service.state_from(steps[one.id]), at, policy)
        holder = clocks.in_whose_hands(service.deeds_from(steps[one.id])) if due else ""
        here = holder in {each.id for each in officers_of(session, one.area_id, at)} if holder else False
        for each in due:
            people = {holder} if here else set[str]()
            if each.by_hours:
                people |= _answerable(session, one.area_id, at, Duty.DUTY, Duty.REPAIRS_MANAGER)
            elif each.over or not here:
                people |= _answerable(session, one.area_id, at, Duty.REPAIRS_MANAGER, Duty.DUTY)
            yield _Wanted(f"hazard:{one.id}:{each.cause}", tuple(sorted(people)), each.by_hours)


def _of_jobs(session: Session, by: datetime, at: datetime, policy: Policy) -> Iterator[_Wanted]:
    for job, clock in job_service.running_out(session, by, policy):
        if standing := job_clocks.calls(clock, at, policy):
            people = _answerable(session, job.home.area_id, at, Duty.REPAIRS_MANAGER, Duty.DUTY)
            yield _Wanted(f"job:{job.id}:{clock.clock}:{standing}", tuple(sorted(people)))


def _answerable(session: Session, area_id: str, at: datetime, *duties: Duty) -> set[str]:
    """Who holds the first of these that anybody holds there; where nobody holds any, every officer of that area."""
    for duty in duties:
        if found := holding(session, duty, area_id, at):
            return {person.id for person in found}
    found = officers_of(session, area_id, at)
    if not found:
        log.error("hazard-nobody-to-call")  # `fieldvisit check` says of which area
    return {person.id for person in found}


# --- saying so ----------------------------------------------------------------------------------------------------


def _is_called(session: Session, wanted: _Wanted, channels: Collection[str]) -> bool:
    """All of them who can be, by every way."""
    people = _people(session, wanted)
    ways = [(f"{wanted.cause}:{way}", way) for way in channels] if wanted.by_hours else [(wanted.cause, "email")]
    return all(
        desk_calls.are_called(session, [one for one in people if (one.email if way == "email" else one.phone)], cause)
        for cause, way in ways
    )


def _people(session: Session, wanted: _Wanted) -> Sequence[Person]:
    return session.scalars(select(Person).where(Person.id.in_(wanted.people)).order_by(Person.id)).all()


def _say(
    database: Database, wanted: Sequence[_Wanted], at: datetime, policy: Policy, channels: Collection[str], told: set[str]
) -> None:  # fmt: skip
    """One that cannot wait goes by every way that there is, and each round once to each person and way."""
    now_told = {channel: set[str]() for channel in channels}
    for one in wanted:
        with database.writing(SENDING) as session:
            if not one.by_hours:
                desk_calls.call(session, _people(session, one), one.cause, told=told, at=at, policy=policy)
                continue
            for channel in channels:
                desk_calls.call(
                    session, _people(session, one), f"{one.cause}:{channel}", told=now_told[channel], at=at,
                    policy=policy, words=NOW, channel=channel,
                )  # fmt: skip
