"""The kinds that watch over a worker (D10). A word that a worker says to the office is never in an event: it is heard,
compared, and forgotten. Pure.
"""

from dataclasses import dataclass
from typing import Literal

from fieldvisit.visits.kinds import Event, Words, wire


@wire("safety.started")
@dataclass(frozen=True, slots=True)
class SafetyStarted(Event):
    """Asks the office to watch. minutes: between two check-ins; stay_min: how long it should take. home_by: HH:MM in
    London, on the day of the visit, when the worker means to be home."""

    minutes: int | None = None
    stay_min: int | None = None
    device_on: bool | None = None  # ME-6.1c1: the officer's own lone-working device
    home_by: str | None = None


@wire("safety.checked_in")
@dataclass(frozen=True, slots=True)
class SafetyCheckedIn(Event):
    pass


@wire("safety.extended")
@dataclass(frozen=True, slots=True)
class SafetyExtended(Event):
    minutes: int


@wire("safety.panicked")
@dataclass(frozen=True, slots=True)
class SafetyPanicked(Event):
    pass


@wire("safety.ended")
@dataclass(frozen=True, slots=True)
class SafetyEnded(Event):
    pass


@wire("safety.left_because")
@dataclass(frozen=True, slots=True)
class SafetyLeftBecause(Event):
    """Why somebody who left in one tap has left, said from a safe place."""

    reason: Literal["aggression", "danger", "unwell", "other"]
    words: Words | None = None
