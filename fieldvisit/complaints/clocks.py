"""Which clocks run for a complaint, by when, and what was done towards each. Pure: every date is `ground/deadlines.py`'s."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from fieldvisit.complaints.state import State
from fieldvisit.ground import running
from fieldvisit.ground.clock import end_of_london_day, london_date, say_date
from fieldvisit.ground.deadlines import RULES, due
from fieldvisit.ground.policy import Policy

LABELS = {
    "complaint_ack": "Acknowledge the complaint",
    "complaint_stage1": "Answer at stage 1",
    "complaint_stage2_ack": "Acknowledge that it goes to stage 2",
    "complaint_stage2": "Answer at stage 2",
}
TELL = "D6-tell"
OF_STAGE = {1: "complaint_stage1", 2: "complaint_stage2"}


@dataclass(frozen=True, slots=True)
class Clock(running.Owed):
    """rule: DR-8 to DR-11, "D6" of a promised action. done_at: aware UTC, or None while it runs. extended: once, by letter.
    number: of a promised action, or which telling of how promises stand it is."""

    clock: str
    label: str
    rule: str
    begins: datetime
    due: datetime
    done_at: datetime | None
    why: str
    extended: bool = False
    number: int = 0

    @property
    def key(self) -> str:
        """Of which, with its number, somebody is called and asked once."""
        return TELL if self.clock == "update" else self.rule


def clocks(state: State, policy: Policy) -> list[Clock]:
    if not state.wanted:
        return []
    return list(_clocks(state, policy))


def outstanding(state: State, policy: Policy) -> list[Clock]:
    """What is owed and not done, what runs out first on top. Nothing is owed once it has ended."""
    found = [clock for clock in clocks(state, policy) if clock.runs] if state.open else []
    return sorted(found, key=lambda clock: clock.due)


def calls(state: State, at: datetime, policy: Policy) -> list[str]:
    """Of which clocks somebody must come now: each once before it runs out, and once when it has. An answer is asked for
    when its time has begun."""
    soon = policy.working_days.after(london_date(at), policy.complaint.warn_wd.value)
    due = [one for one in outstanding(state, policy) if one.begins <= at and london_date(one.due) <= soon]
    return [f"{one.key}:{one.number}:{'over' if at > one.due else 'soon'}" for one in due]


def runs_out_first(state: State, policy: Policy) -> datetime | None:
    return next((clock.due for clock in outstanding(state, policy)), None)


def _clocks(state: State, policy: Policy) -> Iterator[Clock]:
    ended = state.ended_at if not state.sent.get("ack1") else None
    told = state.sent.get("ack1") or state.sent.get("refusal") or ended
    first = _clock("complaint_ack", state.received_at, told, policy)
    yield first
    if "refusal" not in state.sent and not (ended and "ack1" not in state.sent):
        yield _answer(state, 1, state.sent.get("ack1") or first.due, policy)
    if state.escalated_at:
        second = _clock("complaint_stage2_ack", state.escalated_at, state.sent.get("ack2"), policy)
        yield second
        yield _answer(state, 2, state.sent.get("ack2") or second.due, policy)
    for action in state.actions:
        ends, label = end_of_london_day(action.due), f"Promised action {action.number}"
        yield Clock("action", label, "D6", state.received_at, ends, action.done_at, "The day that our answer named.",
                    number=action.number)  # fmt: skip
    if (answered := [state.sent[each] for each in ("answer1", "answer2") if each in state.sent]) and state.outstanding:
        since = max(*answered, *state.told_at, min(one.promised_at for one in state.outstanding))
        ends = end_of_london_day(policy.working_days.after(london_date(since), policy.complaint.update_wd.value))
        why = f"{policy.complaint.update_wd.value} working days after {say_date(london_date(since))}, when they last heard."
        yield Clock("update", "Tell them how what we promised stands", "D6", since, ends, None, why,
                    number=len(state.told_at) + 1)  # fmt: skip


def settled(state: State) -> list[tuple[str, int]]:
    """Of which clocks, by key and number, nothing is asked any more."""
    over = not state.open
    done = {
        "DR-8": "ack1" in state.sent or over, "DR-9": "answer1" in state.sent or over, "DR-10": "ack2" in state.sent,
        "DR-11": "answer2" in state.sent,
    }  # fmt: skip
    promises = [("D6", one.number) for one in state.actions if one.done_at]
    told = len(state.told_at) + (0 if state.outstanding and not over else 1)
    return (
        [(key, 0) for key, is_done in done.items() if is_done] + promises + [(TELL, each + 1) for each in range(told)]
    )


def _answer(state: State, process: int, acknowledged: datetime, policy: Policy) -> Clock:
    """DR-9, DR-11: from the day on which it was acknowledged, or the last day on which that was due."""
    name = OF_STAGE[process]
    clock = _clock(name, acknowledged, state.sent.get(f"answer{process}"), policy)
    if process not in state.until:
        return clock
    until = state.until[process]
    why = f"Extended once, with a reason, to {say_date(until)}. {clock.why}"
    ends = end_of_london_day(until)
    return Clock(name, clock.label, clock.rule, clock.begins, ends, clock.done_at, why, extended=True)


def _clock(name: str, begins: datetime, done_at: datetime | None, policy: Policy) -> Clock:
    answer = due(name, begins, policy=policy)
    assert answer.due, "complaints have no clock that does not hold"
    return Clock(name, LABELS[name], RULES[name], begins, answer.due, done_at, answer.reason)


def extension_days(state: State, process: int, policy: Policy) -> tuple[date, date]:
    """The last day as it stands without an extension, and the last one that an extension may name (London dates)."""
    first = next(clock for clock in clocks(state, policy) if clock.clock == OF_STAGE[process])
    answer = due(OF_STAGE[process], first.begins, policy=policy)
    assert answer.due and answer.latest_extension
    return london_date(answer.due), london_date(answer.latest_extension)
