"""The clocks of jobs in the database: set with the job, done by a visit or an officer, listed by what runs out first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from fieldvisit.db import new_id
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import insist
from fieldvisit.register.models import Home
from fieldvisit.visits.access_cases import AccessAttempt, AccessCase
from fieldvisit.visits.access_service import Judged, judged
from fieldvisit.visits.job_clocks import ENDED_BY_A_VISIT, JobClock, clock_of, may_be_done
from fieldvisit.visits.models import Job, Visit
from fieldvisit.visits.state import Stage

PAGE = 50
AT_A_TIME = 200


@dataclass(frozen=True, slots=True)
class Running:
    """shut: doors that stayed shut since the clock began, newest last, and whether each counts; case: where they stand."""

    job: Job
    clock: JobClock
    shut: Sequence[Judged]
    case: AccessCase | None
    visit: Visit | None  # the next one that is planned for it


def set_clock(job: Job, clock: str, days: int | None, begins: datetime | None, policy: Policy) -> None:
    """With its due time, by which the board is sorted. An empty clock says nothing: it takes none away."""
    found = clock_of(clock, days, begins, None, policy)
    if found:
        job.clock, job.clock_days, job.clock_from, job.clock_due_at = clock, found.days, begins, found.due


def new_job(session: Session, home: Home, kind: str, reason: str, ref: str, at: datetime) -> Job:
    """For a visit that was planned for a clock and for no job of another system."""
    if known := session.scalars(select(Job).where(Job.ref == ref, Job.home_id == home.id)).first():
        return known  # the same form again
    job = Job(id=new_id(), ref=ref, home_id=home.id, kind=kind, reason=reason, reported_at=at)
    session.add(job)
    session.flush()
    return job


def clock_of_job(session: Session, job: Job | None, policy: Policy) -> JobClock | None:
    if job is None or not job.clock:
        return None
    ended = None
    if job.clock in ENDED_BY_A_VISIT:
        ended = session.scalars(select(func.min(Visit.ended_at)).where(Visit.job_id == job.id, *_DONE)).first()
    times = [time for time in (job.clock_done_at, ended) if time]
    return clock_of(job.clock, job.clock_days, job.clock_from, min(times, default=None), policy)


def running(session: Session, after: str, policy: Policy) -> tuple[list[Running], str | None]:
    """What runs out first stands first. And the id after which the next page begins."""
    query = _open()
    last = session.scalars(select(Job).where(Job.id == after)).first() if after else None
    if last:
        same = and_(Job.clock_due_at == last.clock_due_at, Job.id > last.id)
        query = query.where(or_(Job.clock_due_at > last.clock_due_at, same))
    jobs = session.scalars(query.order_by(Job.clock_due_at, Job.id).limit(PAGE + 1)).all()
    rows = [_row(session, job, clock, policy) for job in jobs[:PAGE] if (clock := clock_of_job(session, job, policy))]
    return rows, jobs[PAGE - 1].id if len(jobs) > PAGE else None


def running_out(session: Session, by: datetime, policy: Policy) -> list[tuple[Job, JobClock]]:
    """Every clock that nobody has met and that is over by then."""
    jobs = session.scalars(_open().where(Job.clock_due_at <= by).order_by(Job.clock_due_at, Job.id)).all()
    return [(job, clock) for job in jobs if (clock := clock_of_job(session, job, policy)) and clock.runs]


def count_anew(session: Session, policy: Policy) -> int:
    """As the calendar stands today: a bank holiday may have been proclaimed, or moved, since it was set. How many have
    another day now. For system work."""
    changed, after, query = 0, "", _open().order_by(Job.id).limit(AT_A_TIME)
    while jobs := session.scalars(query.where(Job.id > after)).all():
        for job in jobs:
            clock = clock_of(job.clock, job.clock_days, job.clock_from, None, policy)
            if clock and clock.due != job.clock_due_at:
                job.clock_due_at, changed = clock.due, changed + 1
        after = jobs[-1].id
        session.flush()
    return changed


def _open() -> Select[Job]:
    """Those whose clock runs."""
    query = select(Job).where(Job.clock != "", Job.clock_done_at.is_(None)).options(joinedload(Job.home))
    ended = exists(select(Visit.id).where(Visit.job_id == Job.id, *_DONE))
    return query.where(or_(Job.clock.not_in(ENDED_BY_A_VISIT), ~ended))


def _row(session: Session, job: Job, clock: JobClock, policy: Policy) -> Running:
    """Every attempt for this job is evidence of what we tried; one that does not count for a case is not the tenant's."""
    cases = session.scalars(select(AccessCase).where(AccessCase.job_id == job.id).order_by(AccessCase.opened_at)).all()
    shut = session.scalars(
        select(AccessAttempt)
        .where(AccessAttempt.case_id.in_([case.id for case in cases]), AccessAttempt.happened_at >= clock.begins)
        .order_by(AccessAttempt.happened_at, AccessAttempt.id)
    ).all()
    planned = select(Visit).where(Visit.job_id == job.id, Visit.ended_at.is_(None)).order_by(Visit.window_start)
    tried = judged(session, shut, policy)
    return Running(job, clock, tried, cases[-1] if cases else None, session.scalars(planned.limit(1)).first())


def lock(session: Session, job_id: str) -> Job | None:
    return session.scalars(select(Job).where(Job.id == job_id).with_for_update()).first()


def done(session: Session, job: Job, happened: datetime, by: str, at: datetime, policy: Policy) -> None:
    """As an officer says. The job must be locked. Raises RefusedError."""
    insist(may_be_done(clock_of_job(session, job, policy), happened, at))
    job.clock_done_at, job.clock_done_by = happened, by


_DONE = (Visit.stage == Stage.CLOSED, Visit.outcome == "done")
