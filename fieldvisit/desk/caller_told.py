"""What whoever took a call reads out afterwards of the hazard or complaint that they wrote down: dates, and whom to ring.

Whoever wrote it down has this on that day alone; everybody else, and they later, read what is said of any (security 2: CH,
'W'). Nothing of it says what was there before: of a case that stood already, its clocks as they run now.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.breaches.danger import to_ring
from fieldvisit.complaints import clocks as complaint_clocks
from fieldvisit.complaints import service as complaints
from fieldvisit.complaints.models import Complaint
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Duty, Principal
from fieldvisit.hazards import clocks, service
from fieldvisit.hazards.models import Hazard, HazardStep
from fieldvisit.register.duties import holding
from fieldvisit.register.models import Person


@dataclass(frozen=True, slots=True)
class HazardKept:
    """emergency: so they ticked it. safe_by: DR-1, None where the law has no such clock; looked_at_by: ours. called: does a
    message leave for anybody who answers for it? ring: name and number of those on duty, as `danger.OnDuty`."""

    ref: str
    emergency: bool
    safe_by: datetime | None
    looked_at_by: datetime | None
    called: bool
    ring: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ComplaintKept:
    """told_by, answered_by: DR-8 and DR-9, None where they want no complaint. hazard: of the case that it opened."""

    wanted: bool
    told_by: datetime | None
    answered_by: datetime | None
    hazard: HazardKept | None


def of_hazard(
    session: Session, ref: str, by: Principal, policy: Policy, channels: Collection[str]
) -> HazardKept | None:
    """channels: sms, email: what really goes out."""
    case = session.scalars(select(Hazard).where(Hazard.ref == ref)).first()
    if case is None:
        return None
    steps = service.steps_of(session, [case.id])[case.id]
    own = [one for one in steps if one.by == by.person_id and _is_today(one.recorded_at, by)]
    said = [one for one in own if one.kind in ("reported", "joined")]
    return (
        _kept(session, case, steps, any(one.body.get("emergency") for one in said), by, policy, channels)
        if said
        else None
    )


def _kept(
    session: Session, case: Hazard, steps: Sequence[HazardStep], emergency: bool, by: Principal, policy: Policy,
    channels: Collection[str],
) -> HazardKept:  # fmt: skip
    owed, people = clocks.outstanding(service.state_from(steps), policy), _on_duty(session, case, by)
    called = any((one.email if way == "email" else one.phone) for one in people for way in channels)
    safe_by, looked_at_by = (_still_to_come(owed, clock, by) for clock in ("awaab_emergency", "look"))
    return HazardKept(case.ref, emergency, safe_by, looked_at_by, called, to_ring(people, by))


def _still_to_come(owed: Collection[clocks.Clock], clock: str, by: Principal) -> datetime | None:
    return min((one.due for one in owed if one.clock == clock and one.due and one.due > by.at), default=None)


def _on_duty(session: Session, case: Hazard, by: Principal) -> Collection[Person]:
    """As `hazards/calling.py` calls: who is on duty there, or else who answers for repairs."""
    found = (holding(session, duty, case.area_id, by.at) for duty in (Duty.DUTY, Duty.REPAIRS_MANAGER))
    return next((people for people in found if people), ())


def of_complaint(
    session: Session, ref: str, by: Principal, policy: Policy, channels: Collection[str]
) -> ComplaintKept | None:
    case = session.scalars(select(Complaint).where(Complaint.ref == ref)).first()
    if case is None or case.taken_by != by.person_id or not _is_today(case.opened_at, by):
        return None
    state = complaints.state_of(session, case.id)
    due = {one.clock: one.due for one in complaint_clocks.clocks(state, policy)}
    found = session.scalars(select(Hazard).where(Hazard.id == state.hazard)).first() if state.hazard else None
    hazard = None
    if found:
        steps = service.steps_of(session, [found.id])[found.id]
        hazard = _kept(session, found, steps, False, by, policy, channels)
    return ComplaintKept(state.wanted, due.get("complaint_ack"), due.get("complaint_stage1"), hazard)


def _is_today(then: datetime, by: Principal) -> bool:
    return london_date(then) == london_date(by.at)
