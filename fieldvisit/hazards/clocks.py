"""Which clocks run for a hazard, by when, and what was done towards each. Pure: every date is `ground/deadlines.py`'s.

Nothing stops a clock but the deed that it asks for: not a door that stayed shut, not a case that was put in another box.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fieldvisit.ground import running
from fieldvisit.ground.clock import end_of_london_day, london_date, say_date
from fieldvisit.ground.deadlines import RULES, Facts, due, emergency_starts
from fieldvisit.ground.policy import Policy
from fieldvisit.hazards.state import TRIAGED, Deed, Stage, State

OWN = "own"
_UNTIL_LESS = ("awaab_emergency",)  # it held until somebody decided that it is none
OURS = "our own target"  # in place of a rule's name
BY_HOURS = ("awaab_emergency",)  # these run at night too: they call at any hour
LABELS = {
    "look": "Look at it and decide",
    OWN: "Deal with it, by the day that we set ourselves",
    "awaab_emergency": "Investigate and make safe",
    "awaab_investigate": "Investigate",
    "awaab_renewed": "Investigate again, in person",
    "awaab_summary": "Send the written summary",
    "awaab_safety": "Make it safe",
    "awaab_preventative": "Begin preventative work, or take steps towards it",
    "awaab_preventative_longstop": "Preventative work has physically begun",
}


@dataclass(frozen=True, slots=True)
class Clock(running.Owed):
    """due: None where the law does not hold (why says so). round: 0 is the first report. done_at: aware UTC, or None.
    rule: "D4" for what the council sets itself."""

    clock: str
    rule: str
    begins: datetime
    due: datetime | None
    done_at: datetime | None
    why: str
    round: int = 0

    @property
    def label(self) -> str:
        return LABELS[self.clock]

    @property
    def code(self) -> str:
        """What a form calls it: its round, and its name."""
        return f"{self.round}:{self.clock}"

    @property
    def where(self) -> str:
        return OURS if self.rule == "D4" else self.rule


def clocks(state: State, policy: Policy) -> list[Clock]:
    """Of every round, the first round first; inside a round in the order of the rules."""
    return [clock for number in range(len(state.rounds)) for clock in _of_round(state, number, policy)]


def runs_out_first(found: list[Clock]) -> datetime | None:
    return min((clock.due for clock in found if clock.runs and clock.due), default=None)


def _of_round(state: State, number: int, policy: Policy) -> Iterator[Clock]:
    this = state.rounds[number]
    if not this.renewed:
        ends = end_of_london_day(policy.working_days.after(london_date(this.aware_at), policy.task.hazard_wd.value))
        why = f"Somebody looks at what was seen. ({policy.task.hazard_wd.written_in}.)"
        yield Clock("look", "D4", this.aware_at, ends, _deed(state, number, "triaged"), why, number)
    if state.hazard:
        of_the_law = [
            *_to_investigate(state, number, _triage(state, number), policy),
            *_after_it(state, number, policy),
        ]
        yield from of_the_law
        holds = [clock for clock in of_the_law if clock.due and not (clock.clock in _UNTIL_LESS and this.downgraded_at)]
        if not (this.renewed or holds):
            yield _own_target(state, number, policy)


def _own_target(state: State, number: int, policy: Policy) -> Clock:
    """A4: where the law does not hold, the council's own. Met by its being safe, finished or closed, or nothing there."""
    aware_at, target = state.rounds[number].aware_at, policy.task.hazard_own_wd
    ends = end_of_london_day(policy.working_days.after(london_date(aware_at), target.value))
    nothing_there = next((each.done["concluded"] for each in state.rounds[number:] if each.finding == "none"), None)
    done = _first(nothing_there, *(_deed(state, number, kind) for kind in ("made_safe", "completed", "closed")))
    why = f"{target.value} working days after {say_date(london_date(aware_at))}. ({target.written_in}.)"
    return Clock(OWN, "D4", aware_at, ends, done, why, number)


def _triage(state: State, number: int) -> str:
    """As decided; until then as the report has it: an emergency where that was ticked, else as if significant."""
    decided = next((each.triage for each in state.rounds[number:] if each.triage is not None), None)
    return decided or ("emergency" if state.rounds[number].emergency_at_once else "significant")


def _to_investigate(state: State, number: int, triage: str, policy: Policy) -> Iterator[Clock]:
    this = state.rounds[number]
    concluded = _deed(state, number, "concluded")
    first_time = triage == "emergency" and not this.renewed
    if first_time or this.found_late or this.downgraded_at:
        begins = emergency_starts(this.aware_at, this.identified_at, policy)
        if this.found_late and this.identified_at:
            begins = this.identified_at  # B2: it begins when a standard investigation finds one
        facts = Facts(hazard=state.hazard, triage="emergency", aware_at=this.aware_at)
        yield _clock("awaab_emergency", begins, facts, _made_safe(state, number), number, policy)
    if this.renewed or triage != "emergency":
        name = "awaab_renewed" if this.renewed else "awaab_investigate"
        facts = Facts(hazard=state.hazard, triage=triage, aware_at=this.aware_at)
        yield _clock(name, this.begins, facts, concluded, number, policy)


def _made_safe(state: State, number: int) -> datetime | None:
    """DR-1 asks for both. It is over, too, when it is found to be no emergency, and that is kept beside it."""
    later = [each for each in state.rounds[number:] if each.finding in ("none", "significant")]
    found_less = later[0].done.get("concluded") if later and not later[0].downgraded_at else None
    downgraded = next((each.downgraded_at for each in state.rounds[number:] if each.downgraded_at), None)
    return _first(_deed(state, number, "made_safe"), found_less, downgraded)


def _after_it(state: State, number: int, policy: Policy) -> Iterator[Clock]:
    """What follows from this round's own investigation."""
    this = state.rounds[number]
    ended = this.done.get("concluded")
    if ended is None:
        return
    finding = this.finding if this.finding != "none" else (this.triage or "significant")
    facts = Facts(hazard=state.hazard, triage=finding, aware_at=this.aware_at)
    completed = _deed(state, number, "completed")
    summary = _clock("awaab_summary", ended, facts, _deed(state, number, "summary_sent"), number, policy)
    if summary.runs and summary.due and completed and completed <= summary.due:  # B2: then none need be sent
        summary = replace(summary, done_at=completed)
    yield summary
    if this.finding == "none":
        return
    nothing_there = next((each.done["concluded"] for each in state.rounds[number:] if each.finding == "none"), None)
    if this.finding == "significant":
        safe = _first(_deed(state, number, "made_safe"), nothing_there)
        yield _clock("awaab_safety", ended, facts, safe, number, policy)
    started = _first(_deed(state, number, "work_started"), completed, nothing_there)
    begun = _first(_deed(state, number, "steps_taken"), started)
    yield _clock("awaab_preventative", ended, facts, begun, number, policy)
    yield _clock("awaab_preventative_longstop", ended, facts, started, number, policy)


def _clock(
    name: str, begins: datetime, facts: Facts, done_at: datetime | None, number: int, policy: Policy
) -> Clock:  # fmt: skip
    answer = due(name, begins, facts, policy=policy)
    return Clock(name, RULES[name], begins, answer.due, done_at if answer.applies else None, answer.reason, number)


def _deed(state: State, number: int, kind: str) -> datetime | None:
    """In this round, or in a later one that did what this one owed."""
    return next((each.done[kind] for each in state.rounds[number:] if kind in each.done), None)


def _first(*times: datetime | None) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


def outstanding(state: State, policy: Policy) -> list[Clock]:
    """Deeds that are owed and that nobody has recorded."""
    return [clock for clock in clocks(state, policy) if clock.runs]


def before_closing(state: State, policy: Policy) -> list[Clock]:
    """Of these, what stands in the way of closing: the council's own target is met by it."""
    return [clock for clock in outstanding(state, policy) if clock.clock != OWN]


# --- whom it calls ------------------------------------------------------------------------------------------------

_DEALS = ("triaged", "investigating", "concluded", "downgraded")  # whoever did one of these has it in hand


@dataclass(frozen=True, slots=True)
class Call:
    """cause: of this clock, "soon" or "over", and nothing else. by_hours: it cannot wait for the morning."""

    cause: str
    by_hours: bool
    over: bool


def calls(state: State, at: datetime, policy: Policy) -> list[Call]:
    """Of which clocks somebody must come now: each once before it runs out, and once when it has."""
    found = []
    soon = policy.working_days.after(london_date(at), policy.task.hazard_warn_wd.value)
    before = timedelta(hours=policy.task.hazard_warn_h.value)
    for clock in outstanding(state, policy) if state.open else ():
        assert clock.due, "it runs"
        by_hours = clock.clock in BY_HOURS
        standing = "over" if at > clock.due else "soon" if clock.due - at <= before else ""
        if not by_hours:
            standing = running.day_calls(clock.due, at, soon)
        if standing:
            cause = f"{clock.code}:{clock.begins:%Y%m%dT%H%M%S}:{standing}"
            found.append(Call(cause, by_hours, standing == "over"))
    return found


def waits_for_somebody(deeds: Sequence[Deed], state: State) -> int | None:
    """Which step, counted from 1, says that it is an emergency, while nobody looks into it. None: there is none.

    What was ticked waits until an officer decides; what an officer decided, until somebody is named who goes."""
    found = None
    for position, deed in enumerate(deeds, 1):
        if deed.kind == "triaged":
            found = position if deed.body["as"] == "emergency" else None
        elif deed.kind in ("reported", "joined") and deed.body.get("emergency") is True:
            found = position
        elif deed.kind == "investigating":
            found = None
    return found if state.stage in (Stage.LOGGED, *TRIAGED) else None


def calls_by_now(since: datetime, at: datetime, policy: Policy) -> int:
    """How many times those on duty must have been called about it. since: when we heard of it."""
    return running.times_called(since, at, timedelta(minutes=policy.task.hazard_again_min.value))


def in_whose_hands(deeds: Sequence[Deed]) -> str:
    """Who decided on it or looked into it last, as an id; "" when nobody has."""
    return next((deed.by for deed in reversed(deeds) if deed.kind in _DEALS), "")
