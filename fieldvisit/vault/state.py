"""The steps of a case (D5), folded from its acts, and which of them may be taken next by whom. Pure.

Two people stand behind every end: who thinks that nothing is needed is looked at by another, and who asks to close is
answered by another; two destroy its words, when the council's own schedule says that its time is over, and never before.
Two are two people: whoever is enrolled twice is one. Nothing is ever taken back: a later act says what is so now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.deadlines import Facts, due
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Refused, Verdict

ADULT, CHILD = "adult", "child"
ENDS = ("advice_support", "no_further_action", "feedback_recorded")

# From each stage, the acts that move it or wait for somebody else.
OPEN_TO: dict[str, tuple[str, ...]] = {
    "submitted": ("triaged",),
    "triaged": ("referred_adult", "referred_child", "advised", "nothing", "second_look", "triaged"),
    "referred": ("feedback", "chased", "referred_adult", "referred_child"),
    "advice_support": ("referred_adult", "referred_child", "asked_close", "agreed_close", "kept_open"),
    "no_further_action": ("referred_adult", "referred_child", "asked_close", "agreed_close", "kept_open"),
    "feedback_recorded": ("referred_adult", "referred_child", "asked_close", "agreed_close", "kept_open"),
    "closed": ("asked_destroy", "agreed_destroy", "kept_longer", "named", "stood_aside"),
    "destroyed": (),
}
# At every stage but the last two.
ALWAYS = ("worker_step", "note", "shared", "unshared", "named", "stood_aside")
KINDS = tuple(dict.fromkeys((*(kind for kinds in OPEN_TO.values() for kind in kinds), *ALWAYS)))
WHEN_OVER = ("asked_destroy", "agreed_destroy", "kept_longer")
# Without opening it first: whoever is near should not have to read what they must not read.
UNREAD = ("stood_aside",)
NEAR = ("named", "firm", "manager", "household", "declared")  # N1, and N2


@dataclass(frozen=True, slots=True)
class Done:
    """One act, as the rules see it. by: the person, whoever they were enrolled as."""

    kind: str
    by: str
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A report. danger: its sender says that somebody is in danger now."""

    at: datetime
    danger: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """since: when this stage began. waiting: referrals without an outcome, and since when each has been waited for.
    worker: a person who works for the council or a contractor is said to have done it; worker_answered: what follows
    from that was said. nothing_by, close_by, destroy_by: the person who waits for a second one. danger_since: somebody is
    in danger now, says a report that nobody has triaged yet. child: a child was in it, or might have been, at any time."""

    stage: str
    since: datetime
    danger_since: datetime | None = None
    about: str = ""
    child: bool = False
    worker: bool = False
    worker_answered: bool = False
    nothing_by: str = ""
    close_by: str = ""
    destroy_by: str = ""
    waiting: Mapping[str, datetime] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """name: which; due: aware UTC; rule: where it is written."""

    name: str
    due: datetime
    rule: str


# --- folding ------------------------------------------------------------------------------------------------------


def fold(arrived: Sequence[Arrived], acts: Sequence[Done]) -> State:
    """arrived: the reports of this case, the first of them first; acts in their order."""
    first, *later = arrived
    state = State("submitted", first.at, first.at if first.danger else None)
    for act in acts:
        state = _with_what_came(state, later, act.at)
        state = _FOLDS.get(act.kind, _stays)(state, act)
    return _with_what_came(state, later, None)


def _with_what_came(state: State, later: list[Arrived], before: datetime | None) -> State:
    """A report that adds to a case makes it one to triage again, whatever had been decided; what is waited for stays."""
    while later and (before is None or later[0].at <= before):
        came = later.pop(0)
        state = replace(
            state, stage="submitted", since=max(came.at, state.since), nothing_by="", close_by="", destroy_by="",
            closed_at=None, danger_since=state.danger_since or (came.at if came.danger else None),
        )  # fmt: skip
    return state


def _stays(state: State, act: Done) -> State:
    return state


def _triaged(state: State, act: Done) -> State:
    worker = bool(act.facts.get("worker"))
    state = replace(state, stage="triaged", since=act.at, about=act.facts["about"], worker=worker or state.worker)
    state = replace(state, danger_since=None, child=state.child or state.about != ADULT)
    return replace(state, worker_answered=state.worker_answered and not worker)


def _referred(kind: str) -> Any:
    def does(state: State, act: Done) -> State:
        waiting = {**state.waiting, kind: act.at}
        state = replace(state, stage="referred", since=act.at, waiting=waiting, nothing_by="", close_by="")
        return replace(state, child=state.child or kind == CHILD)

    return does


def _feedback(state: State, act: Done) -> State:
    waiting = {kind: since for kind, since in state.waiting.items() if kind != act.facts["of"]}
    stage = "referred" if waiting else "feedback_recorded"
    return replace(state, stage=stage, since=act.at, waiting=waiting)


def _chased(state: State, act: Done) -> State:
    return replace(state, waiting={**state.waiting, act.facts["of"]: act.at})


def _second_look(state: State, act: Done) -> State:
    if act.facts["agrees"]:
        return replace(state, stage="no_further_action", since=act.at, nothing_by="")
    return replace(state, nothing_by="")


_FOLDS: dict[str, Any] = {
    "triaged": _triaged,
    "referred_adult": _referred(ADULT),
    "referred_child": _referred(CHILD),
    "advised": lambda state, act: replace(state, stage="advice_support", since=act.at, nothing_by=""),
    "nothing": lambda state, act: replace(state, nothing_by=act.by),
    "second_look": _second_look,
    "chased": _chased,
    "feedback": _feedback,
    "worker_step": lambda state, act: replace(state, worker_answered=True),
    "shared": lambda state, act: replace(state, shared=state.shared | {act.facts["reader"]}),
    "unshared": lambda state, act: replace(state, shared=state.shared - {act.facts["reader"]}),
    "asked_close": lambda state, act: replace(state, close_by=act.by),
    "kept_open": lambda state, act: replace(state, close_by=""),
    "agreed_close": lambda state, act: replace(state, stage="closed", since=act.at, closed_at=act.at, close_by=""),
    "asked_destroy": lambda state, act: replace(state, destroy_by=act.by),
    "kept_longer": lambda state, act: replace(state, destroy_by=""),
    "agreed_destroy": lambda state, act: replace(state, stage="destroyed", since=act.at, destroy_by=""),
}


# --- what may be done ---------------------------------------------------------------------------------------------


def may(kind: str, state: State, by: str, facts: Mapping[str, Any], *, over: bool = False) -> Verdict:
    """by: the person who wants to. over: the council's own schedule says that its time is over (`is_over`)."""
    if state.stage == "destroyed":
        return Refused(
            "destroyed", "Its words were destroyed when its time was over. Nothing can be done here any more."
        )
    if state.stage == "closed" and kind in WHEN_OVER and not over:
        return Refused("not-over", "It is not destroyed before the council's own schedule says that its time is over.")
    if state.stage == "closed" and kind not in OPEN_TO["closed"]:
        return Refused("closed", "This case is closed. A new report that quotes its receipt opens it again.")
    if kind not in (*OPEN_TO[state.stage], *ALWAYS):
        return Refused(
            "stage", "This step does not come now: somebody may have been quicker. Look at what has been done."
        )
    verdict: Verdict = _CHECKS.get(kind, _allowed)(state, by, facts)
    return verdict


def offered(state: State, by: str, *, over: bool = False) -> tuple[str, ...]:
    """What the page offers this person, in the order of the work; `may` is asked again when it is sent."""
    kinds = OPEN_TO[state.stage]
    if state.stage == "closed":
        kinds = tuple(kind for kind in kinds if over or kind not in WHEN_OVER)
    elif state.stage != "destroyed":
        kinds = (*kinds, *ALWAYS)
    return tuple(kind for kind in kinds if _is_timely(kind, state, by))


def _is_timely(kind: str, state: State, by: str) -> bool:
    waits_for_other = {
        "second_look": bool(state.nothing_by) and state.nothing_by != by,
        "nothing": not state.nothing_by,
        "asked_close": not state.close_by,
        "agreed_close": bool(state.close_by) and state.close_by != by,
        "kept_open": bool(state.close_by) and state.close_by != by,
        "asked_destroy": not state.destroy_by,
        "agreed_destroy": bool(state.destroy_by) and state.destroy_by != by,
        "kept_longer": bool(state.destroy_by),
        "worker_step": state.worker and not state.worker_answered,
        "unshared": bool(state.shared),
    }
    return waits_for_other.get(kind, True)


def _allowed(state: State, by: str, facts: Mapping[str, Any]) -> Verdict:
    return Allowed()


def _may_look_again(state: State, by: str, facts: Mapping[str, Any]) -> Verdict:
    if not state.nothing_by:
        return Refused("no-proposal", "Nobody has said that nothing is needed. Look at what has been done.")
    if state.nothing_by == by:
        return Refused("second-person", "Somebody else must give the second look: you said that nothing is needed.")
    return Allowed()


def may_end(state: State) -> Verdict:
    """May somebody ask to close, or agree to it?"""
    if state.waiting:
        return Refused("waiting", "Social care has not said what came of the referral. Record that first, or chase it.")
    if state.worker and not state.worker_answered:
        return Refused("worker", "Say first what was done about the worker: the badge, and LADO or PiPoT.")
    return Allowed()


def _may_ask(state: State, by: str, facts: Mapping[str, Any]) -> Verdict:
    if state.close_by:
        return Refused("asked", "Somebody has asked to close it already.")
    return may_end(state)


def _may_agree(state: State, by: str, facts: Mapping[str, Any]) -> Verdict:
    if not state.close_by:
        return Refused("not-asked", "Nobody has asked to close it. Look at what has been done.")
    if state.close_by == by:
        return Refused("second-person", "Two people close a case: somebody else must agree.")
    return may_end(state)


def _of_one_waited_for(state: State, by: str, facts: Mapping[str, Any]) -> Verdict:
    if facts.get("of") not in state.waiting:
        return Refused("of", "Choose which referral this is about.")
    return Allowed()


def _may_ask_to_destroy(state: State, by: str, facts: Mapping[str, Any]) -> Verdict:
    if state.destroy_by:
        return Refused("asked", "Somebody has asked to destroy it already.")
    return _nobody_wants_it(facts)


def _may_destroy(state: State, by: str, facts: Mapping[str, Any]) -> Verdict:
    if not state.destroy_by:
        return Refused("not-asked", "Nobody has asked to destroy it. Look at what has been done.")
    if state.destroy_by == by:
        return Refused("second-person", "Two people destroy a case: somebody else must agree.")
    return _nobody_wants_it(facts)


def _nobody_wants_it(facts: Mapping[str, Any]) -> Verdict:
    if facts.get("wanted") != "no":
        return Refused("wanted", "Somebody asked that it be kept: so it is kept.")
    return Allowed()


def _may_name(state: State, by: str, facts: Mapping[str, Any]) -> Verdict:
    if facts.get("reader") == by:
        return Refused("reader", "You cannot take your own sight away here: stand aside instead.")
    return Allowed()


_CHECKS: dict[str, Any] = {
    "second_look": _may_look_again,
    "asked_close": _may_ask,
    "agreed_close": _may_agree,
    "kept_open": lambda state, by, facts: (
        Allowed()
        if state.close_by and state.close_by != by
        else Refused("not-asked", "Nobody else has asked to close it.")
    ),
    "asked_destroy": _may_ask_to_destroy,
    "agreed_destroy": _may_destroy,
    "kept_longer": lambda state, by, facts: (
        Allowed() if state.destroy_by else Refused("not-asked", "Nobody has asked to destroy it.")
    ),
    "chased": _of_one_waited_for,
    "feedback": _of_one_waited_for,
    "named": _may_name,
    "worker_step": lambda state, by, facts: (
        Allowed()
        if state.worker
        else Refused("no-worker", "The triage does not say that somebody who works here did it.")
    ),
}


# --- clocks -------------------------------------------------------------------------------------------------------


def clocks(state: State, policy: Policy) -> tuple[Clock, ...]:
    """What runs now, the first to run out first."""
    found: list[Clock] = []
    if state.stage == "submitted":
        found.append(_triage_clock(state, policy))
    elif state.stage == "triaged":
        if state.about in (ADULT, "unsure"):
            found.append(Clock("refer", _same_working_day(state.since, policy), "D5"))
        else:
            found.append(Clock("refer", end_of_london_day(london_date(state.since)), "D5"))
    for kind, since in state.waiting.items():
        found.append(Clock(f"chase_{kind}", chase_due(kind, since, policy), "D5"))
    return tuple(sorted(found, key=lambda clock: clock.due))


def chase_due(kind: str, since: datetime, policy: Policy) -> datetime:
    setting = policy.safeguarding.chase_child_wd if kind == CHILD else policy.safeguarding.chase_adult_wd
    return end_of_london_day(policy.working_days.after(london_date(since), setting.value))


def _triage_clock(state: State, policy: Policy) -> Clock:
    """An hour from the report that says that somebody is in danger now; otherwise the same working day."""
    if state.danger_since is None:
        return Clock("triage", _same_working_day(state.since, policy), "DR-20")
    return Clock("triage_danger", _triage_due(state.danger_since, policy, danger=True), "DR-20")


def _same_working_day(since: datetime, policy: Policy) -> datetime:
    return _triage_due(since, policy, danger=False)


def _triage_due(since: datetime, policy: Policy, *, danger: bool) -> datetime:
    answer = due("safeguarding_triage", since, Facts(immediate_danger=danger), policy=policy)
    assert answer.due is not None, "this clock runs for every report"
    return answer.due


def is_over(state: State, policy: Policy, at: datetime) -> bool:
    """Has the council's own schedule run out? Not on its last day, but after it."""
    until = kept_until(state, policy)
    return until is not None and at > until


def kept_until(state: State, policy: Policy) -> datetime | None:
    """The last day of the council's own schedule, once it is closed. Where a child is in it, or might be, the child's."""
    if state.closed_at is None:
        return None
    adult, child = policy.safeguarding.keep_adult_years.value, policy.safeguarding.keep_child_years.value
    years = max(adult, child) if state.child else adult
    closed = london_date(state.closed_at)
    month, day = (closed.month, closed.day) if (closed.month, closed.day) != (2, 29) else (3, 1)
    return end_of_london_day(closed.replace(year=closed.year + years, month=month, day=day))
