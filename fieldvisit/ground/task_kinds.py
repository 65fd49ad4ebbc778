"""Which of the desk's tasks stand first, and which end with what they are about and not by a press. Pure, and data.

A kind that is not named here waits for its day, and whoever did it marks it as done.
"""

from collections.abc import Mapping
from enum import IntEnum

from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict


class Rank(IntEnum):
    """What stands higher in the list, whatever its date: danger before paper."""

    NOW = 0  # minutes count: somebody may be in danger while nobody answers
    TODAY = 1  # somebody may come to harm: it is looked at on the same day
    DAYS = 2


RANKS: Mapping[str, Rank] = {
    "line_asks": Rank.NOW,  # P1: the phone line has somebody in danger
    "watch_alarm": Rank.NOW,  # D10: 999 or not
    "watch_overdue": Rank.NOW,  # D10: at once
    "entry_proposed": Rank.NOW,  # D3: minutes
    "watch_unanswered": Rank.TODAY,  # D10
    "hazard_seen": Rank.TODAY,  # D4; one that was reported as an emergency is NOW
    "child_alone": Rank.TODAY,  # D5
    "withdrew": Rank.TODAY,  # the worker left for safety
    "scan_alert": Rank.TODAY,  # somebody may be at a door with a badge that is not theirs
}
HAZARD = "hazard_seen"
AT_ONCE = tuple(kind for kind, rank in RANKS.items() if rank is Rank.NOW)
SAME_DAY = tuple(kind for kind, rank in RANKS.items() if rank is Rank.TODAY)
WATCHED = ("watch_overdue", "watch_alarm")  # of one watch, which ends them
ENTRIES = ("entry_proposed", "entry_to_review")  # of one entry without consent, which ends them

D3, D4, D10 = Clause("", "D3"), Clause("", "D4"), Clause("", "D10")
# What ends those that no press ends: their case is open for as long as they are.
ENDS: Mapping[str, tuple[str, Clause]] = {
    "entry_proposed": ("It ends when a duty officer has said yes or no.", D3),
    "entry_to_review": ("It ends when the review is written down.", D3),
    "watch_overdue": ("It ends when somebody has written down that they rang, or that the worker answered.", D10),
    "watch_alarm": ("It ends when somebody has written down what was decided, or that the worker was found.", D10),
    HAZARD: ("It ends when an officer has decided how urgent the hazard is.", D4),
}


def rank_of(kind: str, *, emergency: bool = False) -> Rank:
    """emergency: of a hazard, that whoever reported it said so and nobody has decided since (D4)."""
    return Rank.NOW if emergency else RANKS.get(kind, Rank.DAYS)


def ends_with(kind: str) -> str:
    """What ends it, in a sentence; "" where whoever did it marks it as done."""
    return ENDS[kind][0] if kind in ENDS else ""


def may_mark_done(kind: str) -> Verdict:
    if kind not in ENDS:
        return Allowed()
    words, clause = ENDS[kind]
    return Refused("ends-with-its-case", f"Nothing was marked as done. {words}", clause)
