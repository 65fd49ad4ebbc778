"""By when? The deadline rules DR-1 to DR-20 (A4), each clock by its name.

A day-based clock ends at 23:59:59 in London on its last day; an hour clock is elapsed time. Day zero is the London
date of the trigger. Nothing here reads a clock.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fieldvisit.ground.clock import end_of_london_day, in_utc, london_date, say_date, say_instant
from fieldvisit.ground.policy import Policy, Setting
from fieldvisit.ground.settings import DEFAULT_NOTE
from fieldvisit.ground.working_days import WorkingDays

TRIAGES = ("emergency", "significant", "other")


class DeadlineError(ValueError):
    """A clock that we do not have, or a fact that it needs and was not told. The message names it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """hazard: one of the 21 by its snake_case name. aware_at: when the landlord first knew of the hazard, where that
    differs from the clock's own trigger (an investigation's end); Awaab's Law holds or not by that day."""

    hazard: str | None = None
    triage: str | None = None
    working_days: int | None = None
    immediate_danger: bool | None = None
    aware_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadlineAnswer:
    """due, latest_extension: aware UTC. applies: False where the law does not hold, and then due is None."""

    applies: bool
    due: datetime | None
    latest_extension: datetime | None
    rule: str
    reason: str


NO_FACTS = Facts()

# Every clock of A4 and its rule. The number, unit and clause of each are the setting of the same name.
RULES = {
    "awaab_emergency": "DR-1",
    "awaab_investigate": "DR-2",
    "awaab_renewed": "DR-3",
    "awaab_summary": "DR-4",
    "awaab_safety": "DR-5",
    "awaab_preventative": "DR-6",
    "awaab_preventative_longstop": "DR-7",
    "complaint_ack": "DR-8",
    "complaint_stage1": "DR-9",
    "complaint_stage2_ack": "DR-10",
    "complaint_stage2": "DR-11",
    "mk_breach_response": "DR-12",
    "alliance_consider": "DR-13a",
    "alliance_communicate": "DR-13b",
    "data_breach_ico": "DR-14",
    "sar": "DR-15",
    "dp_complaint_ack": "DR-16",
    "riddor": "DR-17",
    "riddor_7day": "DR-17",
    "riddor_gas": "DR-17",
    "right_to_repair": "DR-18",
    "gas_record": "DR-19",
    "eicr_copy": "DR-19",
    "eicr_remedial": "DR-19",
    "safeguarding_triage": "DR-20",
}
CLOCKS = tuple(RULES)
EXTENSIONS = {"complaint_stage1": "complaint_stage1_extension", "complaint_stage2": "complaint_stage2_extension"}
# Data protection law alone gives the next working day when the last one is not (DR-15, DR-16).
ROLLS_FORWARD = frozenset({"sar", "dp_complaint_ack"})


def due(clock: str, at: datetime, facts: Facts = NO_FACTS, *, policy: Policy) -> DeadlineAnswer:
    """When this clock runs out. at: the trigger that A4 names for it, aware.

    Raises DeadlineError for an unknown clock or a missing fact, BankHolidaysMissing for a year we cannot count in.
    """
    if clock not in RULES:
        raise DeadlineError(f"clock: {clock!r} is not one of ours. They are: {', '.join(CLOCKS)}.")
    at = in_utc(at)
    special = _SPECIAL.get(clock)
    if special is not None:
        return special(clock, at, facts, policy)
    if clock.startswith("awaab_") and (why := why_out_of_scope(clock, at, facts, policy)):
        return DeadlineAnswer(False, None, None, RULES[clock], why)
    return _counted(clock, at, getattr(policy.deadline, clock), policy)


def emergency_starts(aware_at: datetime, identified_at: datetime | None, policy: Policy) -> datetime:
    """The trigger of DR-1: awareness (the stricter), or the finding, as the council has settled it."""
    if policy.deadline.emergency_safety_from.value == "identification" and identified_at is not None:
        return identified_at
    return aware_at


def why_out_of_scope(clock: str, at: datetime, facts: Facts, policy: Policy) -> str | None:
    """Why this Awaab clock does not run for such a hazard on the day the landlord knew of it; None when it does."""
    hazard = next((each for each in policy.hazards if each.name == facts.hazard), None)
    if hazard is None:
        names = ", ".join(each.name for each in policy.hazards)
        raise DeadlineError(f"hazard: {clock} needs one of the 21 hazards ({names}).")
    if facts.triage not in TRIAGES:
        raise DeadlineError(f"triage: {clock} needs one of {', '.join(TRIAGES)}.")
    if facts.triage == "other":
        return "Awaab's Law does not apply: it was found neither an emergency nor a significant hazard."
    if clock == "awaab_emergency" and facts.triage != "emergency":
        return "The 24-hour clock is for emergencies: for a significant hazard the investigation clock runs."
    since = hazard.emergency_from if facts.triage == "emergency" else hazard.in_scope_from
    kind = f"{hazard.label.lower()} as {'an emergency' if facts.triage == 'emergency' else 'a significant hazard'}"
    if since is None:
        return f"Awaab's Law does not cover {kind} yet: use the council's own target."
    if london_date(facts.aware_at or at) < since:
        return f"Awaab's Law covers {kind} from {say_date(since)}: before that, use the council's own target."
    return None


def _counted(clock: str, at: datetime, setting: Setting[int], policy: Policy) -> DeadlineAnswer:
    if setting.unit == "hours":
        ends = at + timedelta(hours=setting.value)
        return _answer(clock, ends, f"{_amount(setting)} after {say_instant(at)}, day and night.", setting)
    day_zero = london_date(at)
    last_day = _last_day(day_zero, setting, policy.working_days)
    said = f"{_amount(setting)} after {say_date(day_zero)}{_how_counted(setting)}."
    if clock in ROLLS_FORWARD and (open_day := policy.working_days.on_or_after(last_day)) != last_day:
        last_day, said = open_day, f"{said} The last day is not a working day, so the next one counts."
    if clock not in EXTENSIONS:
        return _answer(clock, end_of_london_day(last_day), said, setting)
    more: Setting[int] = getattr(policy.deadline, EXTENSIONS[clock])
    extended = end_of_london_day(_last_day(last_day, more, policy.working_days))
    said = f"{said} One extension of up to {_amount(more)}, with a reason."
    return _answer(clock, end_of_london_day(last_day), said, setting, extended)


def _last_day(day_zero: date, setting: Setting[int], working_days: WorkingDays) -> date:
    match setting.unit:
        case "working days":
            return working_days.after(day_zero, setting.value)
        case "months":
            return _months_later(day_zero, setting.value)
    return day_zero + timedelta(days=setting.value)


def _months_later(day: date, months: int) -> date:
    """The same date in a later month, or that month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _right_to_repair(clock: str, at: datetime, facts: Facts, policy: Policy) -> DeadlineAnswer:
    allowed = policy.deadline.right_to_repair
    if facts.working_days not in allowed.value or facts.working_days is None:
        raise DeadlineError(f"working_days: {clock} needs one of {', '.join(map(str, allowed.value))}, by the defect.")
    one = Setting(facts.working_days, allowed.unit, allowed.source, allowed.where, allowed.checked)
    return _counted(clock, at, one, policy)


def _safeguarding(clock: str, at: datetime, facts: Facts, policy: Policy) -> DeadlineAnswer:
    if facts.immediate_danger is None:
        raise DeadlineError(f"immediate_danger: {clock} needs true or false.")
    if facts.immediate_danger:
        return _counted(clock, at, policy.deadline.safeguarding_danger_h, policy)
    setting = policy.deadline.safeguarding_triage
    first = policy.working_days.on_or_after(london_date(at))
    last = policy.working_days.after(first, setting.value)
    told_today = first == london_date(at)
    said = "The same working day." if told_today else f"The next working day, {say_date(first)}."
    return _answer(clock, end_of_london_day(last), said, setting)


_SPECIAL: dict[str, Callable[[str, datetime, Facts, Policy], DeadlineAnswer]] = {
    "right_to_repair": _right_to_repair,
    "safeguarding_triage": _safeguarding,
}


def _answer(
    clock: str, ends: datetime, said: str, setting: Setting[int], extended: datetime | None = None
) -> DeadlineAnswer:
    note = f" (This is {DEFAULT_NOTE}: {setting.where}.)" if setting.default else f" ({setting.clause}.)"
    return DeadlineAnswer(True, ends, extended, RULES[clock], said + note)


def _amount(setting: Setting[int]) -> str:
    one = setting.unit.removesuffix("s")
    return f"{setting.value} {one if setting.value == 1 else setting.unit}"


def _how_counted(setting: Setting[int]) -> str:
    return ", leaving out weekends and bank holidays" if setting.unit == "working days" else ""
