"""A visit's photos by what they show: the home before the work beside the home after it, and then the rest. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fieldvisit.desk.timeline import Happened
from fieldvisit.visits.events import PhotoTaken

PAIR = ("before", "after")
REST = ("damage", "hazard", "card_left", "other")


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture. number: its place among those that show the same, from 1. asked: a code of the event, or None.
    taken_at: by the phone's clock, corrected where that was wrong; aware UTC. standing and why: as of Enclosed."""

    id: str
    what: str
    number: int
    standing: str
    taken_at: datetime
    who: str
    asked: str | None
    struck: bool
    purged_at: datetime | None = None
    why: str = ""

    @property
    def is_here(self) -> bool:
        return self.standing == "ready"


def shots_of(timeline: Sequence[Happened]) -> Mapping[str, Sequence[Shot]]:
    """By what they show, each in the order in which it was taken. Both of the pair are always there, if empty."""
    found: dict[str, list[Shot]] = {what: [] for what in (*PAIR, *REST)}
    for line in timeline:
        if not isinstance(line.event, PhotoTaken):
            continue
        same = found[line.event.what]
        for one in line.enclosed:
            shown = (one.id, line.event.what, len(same) + 1, one.standing)
            same.append(Shot(*shown, line.happened_at, line.who, line.event.asked, line.struck, one.purged_at, one.why))
    return {what: shots for what, shots in found.items() if shots or what in PAIR}
