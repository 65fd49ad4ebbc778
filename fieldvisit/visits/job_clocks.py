"""The clock of the law that a job may carry: Right to Repair (DR-18), the gas record, electrical work (DR-19). Pure.

A repair is done when a visit for it is closed as done, or when an officer says so; that a tenant has a record in the
hand, an officer alone can say. A door that stays shut stops none of them.
"""

from dataclasses import dataclass
from datetime import date, datetime

from fieldvisit.ground import running
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.deadlines import RULES, Facts, due
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

# As the clocks of ground/deadlines.py are named, in the order in which a scheduler is offered them.
LABELS = {
    "right_to_repair": "Right to Repair",
    "eicr_remedial": "Electrical work after a report",
    "eicr_copy": "Electrical report to the tenant",
    "gas_record": "Gas record to the tenant",
}
ENDED_BY_A_VISIT = ("right_to_repair", "eicr_remedial")
OURS = Clause("", "D4")
# What a form or a file offers: the clock, and for Right to Repair the days of the defect.
DEFECTS = {
    1: "1 working day: no power or water at all, unsafe power or lights, gas, a blocked flue or toilet, no heating in "
    "winter, a leak, a door or window that does not lock",
    3: "3 working days: part of the power or water, no heating in summer, a blocked sink or bath, a tap, a rail, a "
    "rotten floor or stair",
    7: "7 working days: a leaking roof, a door entryphone, an extractor fan",
}


@dataclass(frozen=True, slots=True)
class JobClock(running.Owed):
    """begins: when it was reported, or the day of the check or of the report. Aware UTC."""

    clock: str
    begins: datetime
    due: datetime
    why: str
    done_at: datetime | None = None
    days: int | None = None

    @property
    def rule(self) -> str:
        return RULES[self.clock]

    @property
    def label(self) -> str:
        days = f", {self.days} working day{'' if self.days == 1 else 's'}" if self.days else ""
        return LABELS[self.clock] + days


def clock_of(
    clock: str, days: int | None, begins: datetime | None, done_at: datetime | None, policy: Policy
) -> JobClock | None:  # fmt: skip
    """None: none runs for this job. Raises DeadlineError where a Right to Repair has no days of ours."""
    if clock not in LABELS or begins is None:
        return None
    days = days if clock == "right_to_repair" else None
    answer = due(clock, begins, Facts(working_days=days), policy=policy)
    assert answer.due, "these hold for every job that carries them"
    return JobClock(clock, begins, answer.due, answer.reason, done_at, days)


def warned_until(at: datetime, policy: Policy) -> date:
    """The last London day of which somebody is warned now."""
    return policy.working_days.after(london_date(at), policy.task.hazard_warn_wd.value)


def calls(clock: JobClock, at: datetime, policy: Policy) -> str:
    """Must somebody come now? Once before it runs out ("soon"), and once when it has ("over")."""
    return running.day_calls(clock.due, at, warned_until(at, policy)) if clock.runs else ""


def code_of(clock: str, days: int | None) -> str:
    """As a select names it: right_to_repair_3, gas_record."""
    return f"{clock}_{days}" if clock == "right_to_repair" else clock


def offered(policy: Policy) -> dict[str, tuple[str, int | None, str]]:
    """By its code: clock, days, and what stands in the list."""
    found: dict[str, tuple[str, int | None, str]] = {}
    for clock, label in LABELS.items():
        if clock == "right_to_repair":
            for days in policy.deadline.right_to_repair.value:
                found[code_of(clock, days)] = (clock, days, f"{label}, {DEFECTS.get(days, f'{days} working days')}")
        else:
            found[clock] = (clock, None, f"{label}, {getattr(policy.deadline, clock).value} days")
    return found


def may_be_done(clock: JobClock | None, happened: datetime, at: datetime) -> Verdict:
    """Refuses: no-clock, done, future, too-early."""
    if clock is None:
        return Refused("no-clock", "No clock runs for this job.", OURS)
    if not clock.runs:
        return Refused("done", "It is on record that this is done.", OURS)
    if happened > at:
        return Refused("future", "That is in the future. Record it when it has happened.", OURS)
    if happened < clock.begins:
        return Refused("too-early", "That is before the clock began.", OURS)
    return Allowed()
