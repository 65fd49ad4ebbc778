"""What an accident at work may ask of us by law, and by when (RIDDOR 2013; DR-17). Pure. It prompts; a person decides.

Nothing is ever sent to the Health and Safety Executive from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fieldvisit.ground.deadlines import due
from fieldvisit.ground.deed import Deed as Deed
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

KINDS = ("violence", "threat", "fall", "animal", "needle", "accident", "illness", "gas", "near_miss", "other")
HURT = ("worker", "public", "nobody")
INJURIES = ("none", "minor", "specified", "death")
OVER_DAYS = 7
LAW = Clause("RIDDOR 2013", "")


@dataclass(frozen=True, slots=True)
class Facts:
    """days_off: whole days in a row on which the worker could not do their work, without that of the accident."""

    kind: str
    happened_at: datetime
    hurt: str = "nobody"
    injury: str = "none"
    hospital: bool = False
    days_off: int = 0
    police: bool = False
    dangerous_gas: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """by: aware UTC, the end of the last day. at_once: it must be told by telephone as well, without delay."""

    code: str
    by: datetime
    at_once: bool
    says: str


def prompts(facts: Facts, policy: Policy) -> list[Prompt]:
    """In the order of the days by which they are owed."""
    found = [_prompt(code, clock, at_once, says, facts, policy) for code, clock, at_once, says in _asked(facts)]
    return sorted(found, key=lambda prompt: prompt.by)


def _asked(facts: Facts) -> Iterable[tuple[str, str, bool, str]]:
    someone = facts.hurt in ("worker", "public")
    if someone and facts.injury == "death":
        yield "death", "riddor", True, "Somebody died. Tell the Executive at once, then report it."
    elif facts.hurt == "worker" and facts.injury == "specified":
        yield "specified", "riddor", True, "A specified injury. Tell the Executive at once, then report it."
    elif facts.hurt == "public" and facts.hospital:
        yield "public", "riddor", True, "Somebody who does not work for us went to hospital from there. Report it."
    if facts.hurt == "worker" and facts.injury not in ("death", "specified") and facts.days_off > OVER_DAYS:
        yield "over_7_days", "riddor_7day", False, "The worker could not work for more than seven days. Report it."
    if facts.dangerous_gas:
        yield "gas", "riddor_gas", False, "A dangerous gas fitting. The gas engineer reports it."


def _prompt(code: str, clock: str, at_once: bool, says: str, facts: Facts, policy: Policy) -> Prompt:
    ends = due(clock, facts.happened_at, policy=policy).due
    assert ends
    return Prompt(code, ends, at_once, says)


# --- an incident --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    facts: Facts
    told: tuple[str, ...] = ()
    closed_at: datetime | None = None


def fold(deeds: Iterable[Deed]) -> State:
    """What is known later stands in the place of what was known before; nothing that was told is untold."""
    body: dict[str, Any] = {}
    told: list[str] = []
    closed = None
    for deed in deeds:
        if deed.kind in ("reported", "more_known"):
            body |= {key: value for key, value in deed.body.items() if key in Facts.__slots__}
        elif deed.kind == "told":
            told.append(str(deed.body["code"]))
        closed = deed.at if deed.kind == "closed" else None
    body["happened_at"] = datetime.fromisoformat(body["happened_at"])
    return State(Facts(**body), tuple(dict.fromkeys(told)), closed)


def owed(state: State, policy: Policy) -> list[Prompt]:
    return [prompt for prompt in prompts(state.facts, policy) if prompt.code not in state.told]


def may_close(state: State, reason: str, policy: Policy) -> Verdict:
    if state.closed_at:
        return Refused("closed", "It is closed.")
    if owed(state, policy):
        return Refused("owed", "Record first that the Executive was told, or correct what is known.", LAW)
    if len(reason.strip()) < 10:
        return Refused("no-reason", "Say what was done so that it does not happen again.")
    return Allowed()
