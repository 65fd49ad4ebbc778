"""What every kind of line in a visit's log is made of: its words, its wire name and version, and who reads it. Pure.

The kinds themselves are `visits/events.py` and `visits/safety_events.py`; reading and writing is `visits/wire.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NewType, TypeVar

Words = NewType("Words", str)  # somebody's own words: at most 4,000 characters
Sealed = NewType("Sealed", str)  # for the vault alone: a compact JWE


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at or around one visit."""


E = TypeVar("E", bound=Event)

READERS: dict[tuple[str, int], type[Event]] = {}
NAMES: dict[type[Event], tuple[str, int]] = {}


def wire(name: str, version: int = 1) -> Callable[[type[E]], type[E]]:
    def register(cls: type[E]) -> type[E]:
        READERS[name, version] = cls
        NAMES[cls] = (name, version)
        return cls

    return register


def name_of(event: Event | type[Event]) -> str:
    return NAMES[event if isinstance(event, type) else type(event)][0]


def version_of(event: Event) -> int:
    return NAMES[type(event)][1]
