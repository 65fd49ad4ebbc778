"""Which steps of a case were done towards which clock: what a page lists beneath it. Pure.

A step counts towards every clock that it brings nearer, from when that clock began until it was met: a later round does
what an earlier one owed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fieldvisit.hazards.clocks import OWN, Clock

_LOOKED_INTO = ("triaged", "investigating", "concluded", "access_failed")
_KEPT_SAFE = ("advised", "alternative_offered", "made_safe", "access_failed")
_PREVENTS = ("preventative", "steps_taken", "work_started", "access_failed")
_TOWARDS: Mapping[str, tuple[str, ...]] = {
    "look": ("described", "joined", "triaged"),
    "awaab_emergency": (*_LOOKED_INTO, *_KEPT_SAFE, "downgraded"),
    "awaab_investigate": _LOOKED_INTO,
    "awaab_renewed": ("asked_in_person", *_LOOKED_INTO),
    "awaab_summary": ("summary_written", "summary_sent", "summary_failed", "completed"),
    "awaab_safety": _KEPT_SAFE,
    "awaab_preventative": _PREVENTS,
    "awaab_preventative_longstop": (*_PREVENTS, "completed"),
    OWN: (*_LOOKED_INTO, *_KEPT_SAFE, *_PREVENTS, "completed", "closed"),
}


def is_towards(clock: Clock, kind: str, at: datetime, body: Mapping[str, Any]) -> bool:
    """at: when the step happened. A reason that somebody wrote for a clock stands under that clock alone."""
    if kind == "noted":
        return is_of(clock, body)
    until = clock.done_at
    return kind in _TOWARDS[clock.clock] and clock.begins <= at and (until is None or at <= until)


def is_of(clock: Clock, body: Mapping[str, Any]) -> bool:
    return (body.get("clock"), body.get("round")) == (clock.clock, clock.round)
