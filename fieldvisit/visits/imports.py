"""Jobs from a file. An empty cell says nothing: it never empties what is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.working_days import BankHolidaysMissing
from fieldvisit.register.cells import BadCell, code_of, instant_of, line_of, needed, paragraph_of, uprn_of
from fieldvisit.register.imports import (
    CHANGED,
    IMPORTED,
    UNCHANGED,
    Result,
    homes_by_uprn,
    refused,
    set_what_differs,
)
from fieldvisit.register.models import Home
from fieldvisit.register.rows import Columns
from fieldvisit.register.uprn import bare
from fieldvisit.visits.job_clocks import LABELS, clock_of
from fieldvisit.visits.job_service import set_clock
from fieldvisit.visits.models import Job, Visit
from fieldvisit.visits.rules import KINDS

COLUMNS = Columns(
    ("ref", "uprn", "kind", "reason"),
    ("priority", "trade", "reported_at", "hazard", "clock", "clock_days", "clock_from"),
)
LONGEST_REASON = 2000  # characters
LONGEST_CODE = 24


@dataclass(frozen=True, slots=True)
class JobRow:
    """Empty or None: the file does not say."""

    ref: str
    uprn: str
    kind: str
    reason: str
    priority: str
    trade: str
    hazard: str
    reported_at: datetime | None
    clock: str = ""
    clock_days: int | None = None
    clock_from: datetime | None = None

    @property
    def key(self) -> str:
        return self.ref

    def claims(self) -> dict[str, tuple[str, str]]:
        return {}


def read_job(cells: Mapping[str, str], hazards: tuple[str, ...], days: tuple[int, ...]) -> JobRow:
    """days: of Right to Repair."""
    for column in COLUMNS.required:
        needed(cells, column)
    reported_at = instant_of(cells, "reported_at")
    return JobRow(
        ref=line_of(cells, "ref", most=64),
        uprn=uprn_of(cells),
        kind=code_of(cells, "kind", KINDS),
        reason=paragraph_of(cells, "reason", LONGEST_REASON),
        priority=line_of(cells, "priority", most=LONGEST_CODE),
        trade=line_of(cells, "trade", most=LONGEST_CODE),
        hazard=code_of(cells, "hazard", hazards),
        reported_at=reported_at,
        **_clock(cells, reported_at, days),
    )


def _clock(cells: Mapping[str, str], reported_at: datetime | None, days: tuple[int, ...]) -> dict[str, Any]:
    """Of the law (DR-18, DR-19). It begins when the repair was reported, or on the day of the check, as clock_from says."""
    clock, began = code_of(cells, "clock", tuple(LABELS)), instant_of(cells, "clock_from")
    if not clock:
        return {}
    counted = code_of(cells, "clock_days", tuple(map(str, days)))
    if clock == "right_to_repair" and not counted:
        raise BadCell("clock_days", f"Right to Repair needs the days of the defect: {', '.join(map(str, days))}.")
    if not (began or reported_at):
        raise BadCell("clock_from", "Say when the clock began: here, or in reported_at.")
    return {"clock": clock, "clock_days": int(counted) if counted else None, "clock_from": began or reported_at}


def store_jobs(session: Session, rows: Sequence[JobRow], policy: Policy) -> list[Result]:
    """One result for each row, in order."""
    homes = homes_by_uprn(session, [row.uprn for row in rows])
    known = {job.ref: job for job in session.scalars(select(Job).where(Job.ref.in_([row.ref for row in rows])))}
    planned = set(session.scalars(select(Visit.job_id).where(Visit.job_id.in_([job.id for job in known.values()]))))
    results = [_store(session, row, homes.get(bare(row.uprn)), known.get(row.ref), planned, policy) for row in rows]
    session.flush()
    return results


def _store(
    session: Session, row: JobRow, home: Home | None, job: Job | None, planned: set[str | None], policy: Policy
) -> Result:
    if home is None:
        return refused("uprn", "No home has this UPRN. Import the homes first.")
    try:
        clock_of(row.clock, row.clock_days, row.clock_from, None, policy)
    except BankHolidaysMissing as missing:
        return refused("clock_from", str(missing))
    result = UNCHANGED
    if job is None:
        job, result = Job(id=new_id(), ref=row.ref), IMPORTED
        session.add(job)
    elif job.home_id != home.id and job.id in planned:
        return refused("uprn", "A visit is already planned for this job at another home. Give the new home a new job.")
    said = {name: getattr(row, name) for name in ("priority", "trade", "hazard", "reported_at")}
    facts = {"home_id": home.id, "kind": row.kind, "reason": row.reason}
    before = (job.clock or "", job.clock_days, job.clock_from)
    changed = set_what_differs(job, facts | {name: value for name, value in said.items() if value})
    set_clock(job, row.clock, row.clock_days, row.clock_from, policy)
    changed = changed or before != (job.clock or "", job.clock_days, job.clock_from)
    return CHANGED if changed and result is UNCHANGED else result
