"""Which clocks of a case run, by when, and whom each calls. Pure. A due time is worked out each time from what started it,
never stored: a bank holiday that is added after the case began moves it. It is never earlier than what the person was told
in writing.
"""

from dataclasses import dataclass
from datetime import date, datetime

from fieldvisit.breaches.case_state import AFTER_DECISION, ENDED, Stage, State
from fieldvisit.breaches.procedure import Limit, Procedure, say_clause
from fieldvisit.ground import running
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.deadlines import RULES, due
from fieldvisit.ground.policy import Policy

LABELS = {
    "screen": "Somebody looks at it",
    "consider": "It is considered and decided",
    "respond": "The person answers",
    "tell": "The person is told the result",
    "appeal": "The person may appeal",
    "action": "An action is done",
}

# Whom each calls, and while the case stands where: what is theirs alone is over for us once the case has gone on.
CALLS = {
    "screen": ("screener", frozenset({Stage.REPORTED})),
    "consider": ("decider", frozenset(Stage) - ENDED - AFTER_DECISION - {Stage.DECIDED}),
    "respond": ("screener", frozenset({Stage.AWAITING_RESPONSE})),
    "tell": ("decider", frozenset({Stage.DECIDED}) | AFTER_DECISION),
    "appeal": ("decider", AFTER_DECISION - {Stage.APPEAL_REQUESTED}),
    "action": ("decider", AFTER_DECISION),
}


@dataclass(frozen=True, slots=True)
class Call:
    """cause: of this clock of this case, "soon" or "over", and nothing else. part: who is to come and look; "" is everybody
    who reads it. only, but: the one person who is called, or who is not."""

    cause: str
    part: str
    only: str = ""
    but: str = ""


@dataclass(frozen=True, slots=True)
class Clock(running.Owed):
    """due, begins, done_at: aware UTC. theirs: it is the person named who has until then, and nobody is late."""

    name: str
    label: str
    begins: datetime
    due: datetime
    done_at: datetime | None
    where: str
    rule: str = ""
    theirs: bool = False

    def standing(self, at: datetime) -> str:
        if self.theirs and self.done_at is None and at > self.due:
            return "not_applying"  # it has run out, and nobody failed
        return running.Owed.standing(self, at)


def clocks(state: State, procedure: Procedure | None, policy: Policy) -> list[Clock]:
    """In the order in which they begin."""
    assert state.heard_at
    found = [_looked_at(state, state.heard_at, procedure, policy)]
    if procedure is None:
        return found
    if limit := procedure.limits.get("consider"):
        done = state.decided_at or (state.closed_at if state.stage is Stage.NOT_A_BREACH else None)
        found.append(_clock("consider", limit, state.heard_at, done, policy))
    if answer_by := response_due(state, procedure, policy):
        limit, begins = procedure.limits["respond"], state.notified_at or state.heard_at
        where = say_clause(limit.clause)
        found.append(
            Clock("respond", LABELS["respond"], begins, answer_by, state.answered_at, where, _rule(limit), theirs=True)
        )
    if state.decided_at and (limit := procedure.limits.get("tell")):
        found.append(_clock("tell", limit, state.decided_at, state.communicated_at, policy))
    if (appeal_by := appeal_due(state, procedure, policy)) and state.appeal_from and may_be_appealed(state, procedure):
        where = say_clause(procedure.appeals.clause)
        found.append(Clock("appeal", LABELS["appeal"], state.appeal_from, appeal_by, None, where, theirs=True))
    for action in state.actions:
        ends = end_of_london_day(date.fromisoformat(action.due_on))
        found.append(Clock("action", LABELS["action"], state.decided_at or ends, ends, action.done_at, "D7"))
    return found


def runs_out_first(state: State, procedure: Procedure | None, policy: Policy) -> Clock | None:
    """Of what we owe. None: nothing."""
    if state.stage in ENDED:
        return None
    ours = [clock for clock in clocks(state, procedure, policy) if clock.runs and not clock.theirs]
    return min(ours, key=lambda clock: clock.due, default=None)


def is_theirs(state: State, procedure: Procedure | None, policy: Policy) -> Clock | None:
    """What the person named has time for, where the case waits for them: to answer, or to appeal. None: it does not."""
    wanted = "respond" if state.stage is Stage.AWAITING_RESPONSE else "appeal"
    if wanted == "appeal" and state.stage not in AFTER_DECISION - {Stage.APPEAL_REQUESTED}:
        return None
    return next((clock for clock in clocks(state, procedure, policy) if clock.name == wanted), None)


def calls(state: State, procedure: Procedure | None, at: datetime, policy: Policy) -> list[Call]:
    """Who must come now: once before a clock runs out, and once when it has. A due time that moves calls no second time.
    What the person named sends by their own page calls too, and what waits for a second person or came back from one: no
    clock runs for us then, and nobody else would see it."""
    soon = policy.working_days.after(london_date(at), policy.conduct.warn_wd.value)
    found = [Call(f"waits:{one.position}", "", but=one.by) for one in state.waiting]
    found += [Call(f"returned:{one.position}", "", only=one.by) for one in state.returned]
    found += [Call(f"came_back:{position}", "") for _letter, position in state.unreached]
    if state.stage is Stage.INVESTIGATING and state.answered_at:
        found.append(Call("answered", "decider"))
    if state.stage is Stage.APPEAL_REQUESTED:
        found.append(Call(f"appealed:{len(state.appeals)}", "appeal"))
    for clock in clocks(state, procedure, policy):
        part, stages = CALLS[clock.name]
        if not clock.runs or state.stage not in stages or clock.begins > at:
            continue
        over = at > clock.due
        if over or london_date(clock.due) <= soon:
            of = f"{clock.due:%Y%m%d}" if clock.name == "action" else f"{clock.begins:%Y%m%dT%H%M%S}"
            found.append(Call(f"{clock.name}:{of}:{'over' if over else 'soon'}", part))
    return found


def may_be_appealed(state: State, procedure: Procedure) -> bool:
    return state.stands and len(state.appeals) < len(procedure.appeals.levels)


def response_due(state: State, procedure: Procedure, policy: Policy) -> datetime | None:
    """None: they have not been told. DR-12 for Milton Keynes' residents."""
    if state.notified_at is None:
        return None
    counted = due_of(procedure.limits["respond"], state.notified_at, policy)
    return max(counted, end_of_london_day(date.fromisoformat(state.told_due))) if state.told_due else counted


def appeal_due(state: State, procedure: Procedure, policy: Policy) -> datetime | None:
    """None: nobody was told of a decision, or this code has no appeal."""
    if state.appeal_from is None or not procedure.appeals.levels:
        return None
    counted = due_of(Limit("", working_days=procedure.appeals.window_wd), state.appeal_from, policy)
    promised = state.told_appeal_by
    return max(counted, end_of_london_day(date.fromisoformat(promised))) if promised else counted


def due_of(limit: Limit, begins: datetime, policy: Policy) -> datetime:
    if limit.clock:
        found = due(limit.clock, begins, policy=policy).due
        assert found
        return found
    return end_of_london_day(policy.working_days.after(london_date(begins), limit.working_days))


def _looked_at(state: State, heard_at: datetime, procedure: Procedure | None, policy: Policy) -> Clock:
    """Until a code is known it is the council's own target; afterwards the procedure's."""
    limit = procedure.limits.get("screen") if procedure else None
    ends = due_of(limit or Limit("", working_days=policy.task.concern_wd.value), heard_at, policy)
    where = say_clause(limit.clause) if limit else policy.task.concern_wd.written_in
    done = state.screened_at or (state.closed_at if state.stage is Stage.NOT_A_BREACH else None)
    return Clock("screen", LABELS["screen"], heard_at, ends, done, where)


def _clock(name: str, limit: Limit, begins: datetime, done: datetime | None, policy: Policy) -> Clock:
    return Clock(
        name, LABELS[name], begins, due_of(limit, begins, policy), done, say_clause(limit.clause), _rule(limit)
    )


def _rule(limit: Limit) -> str:
    return RULES[limit.clock] if limit.clock else ""
