"""A worker who goes alone may name a buddy: who that may be, and when they are called (D10: 'call worker, buddy'). Pure.

A buddy is called beside whoever watches, never in their place: only what is recorded on the board settles anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Role
from fieldvisit.ground.verdict import Allowed, Refused, Verdict
from fieldvisit.safety.rules import D10
from fieldvisit.safety.state import Deed, Stage, State

AT_WORK = (Role.OPERATIVE, Role.CONTRACTOR_MANAGER, Role.OFFICER)
_LATE = (Stage.OVERDUE, Stage.CONTACTING)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody as the register knows them. firm_id: None for the council's own. on_duty: has the duty now where the worker
    goes. shares: has an area of the worker's. is_worker: the worker themselves, by this or another account."""

    role: str
    firm_id: str | None
    phone: str
    works_here: bool = True
    on_duty: bool = False
    shares: bool = False
    is_worker: bool = False


def may_be_buddy(worker_firm_id: str | None, other: Colleague) -> Verdict:
    """A colleague of the same firm, or somebody on duty: never a number that somebody typed."""
    if other.is_worker:
        return Refused("oneself", "A buddy is somebody else.", D10)
    if not other.works_here:
        return Refused("gone", "They do not work here any longer. Choose somebody else.", D10)
    if not other.phone.strip():
        return Refused("no-phone", "They have no telephone here. Choose somebody who can be rung.", D10)
    if other.on_duty or _is_colleague(worker_firm_id, other):
        return Allowed()
    return Refused("no-colleague", "A buddy works for the same firm, or is on duty now. Choose from the list.", D10)


def _is_colleague(worker_firm_id: str | None, other: Colleague) -> bool:
    """At the council, officers are many: those of an area of the worker's."""
    if other.role not in AT_WORK or other.firm_id != worker_firm_id:
        return False
    return bool(worker_firm_id) or other.role == Role.OPERATIVE or other.shares


def calls_buddy(deeds: Sequence[Deed], state: State, at: datetime, policy: Policy) -> int | None:
    """Of which line, counted from 1, the buddy must have been called by now: the worker is late and nobody has heard them.
    None: of none. Not where they asked for help silently, or gave their second word: a telephone that rings is heard."""
    late = state.stage in _LATE or (state.stage is Stage.ALARM and state.why == "no_contact" and not state.decided)
    if not late:
        return None
    found = max((position for position, deed in enumerate(deeds, 1) if deed.kind == "overdue"), default=None)
    if found is None or any(_is_silent(deed) for deed in deeds[found:]):
        return None
    return found if at >= deeds[found - 1].at + timedelta(minutes=policy.safety.buddy_min.value) else None


def _is_silent(deed: Deed) -> bool:
    return deed.kind in ("panicked", "aggression") or deed.body.get("word") == "duress"
