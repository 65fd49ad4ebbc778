"""Of each door that stayed shut: did it count, or was it ours? What a clock's page and a report say of it. Pure.

Every attempt is evidence of what we tried (D4). 'Nobody let us in' is said of those alone that count (D2); of any other
it is said why it does not, so that what we did badly is never put down to the tenant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fieldvisit.ground.clock import london_date, say_date
from fieldvisit.ground.verdict import Verdict

# By the code of `access_rules.counts`.
_WHY = {
    "child-alone": "a child answered and no adult was there",
    "valid-refusal": "the tenant had a good reason to say no",
    "struck-out": "this line was struck out of the log",
    "record-wrong": "our record of it was found to be wrong",
    "disputed": "the tenant says that our record of it is wrong",
    "no-notice": "we came without notice",
    "short-notice": "we had not told the tenant in time",
    "outside-window": "we came outside the time that the tenant was told",
    "not-waited": "our worker did not wait long enough",
    "not-called": "our worker did not call from the door",
    "no-card": "our worker left no card",
}
# Of a valid refusal, by its reason.
_VALID = {
    "no-id": "our worker showed no ID",
    "not-told": "we had not told the tenant",
    "unknown-worker": "the tenant was not expecting our worker",
    "trusted-adult": "the tenant needed a trusted adult there first",
    "no-suitable-adult": "no suitable adult was there",
}
NOT_COUNTED = "Not counted against the tenant"
UNKNOWN = "nothing says what we had done for it"


@dataclass(frozen=True, slots=True)
class Door:
    """at: aware UTC. why: of one that does not count, in a few words; "" of one that does."""

    at: datetime
    why: str = ""

    @property
    def counts(self) -> bool:
        return not self.why


def why_not(verdict: Verdict, reason: str) -> str:
    """ "" where it counts. reason: of the refusal."""
    if verdict:
        return ""
    return _VALID.get(reason, _WHY["valid-refusal"]) if verdict.code == "valid-refusal" else _WHY[verdict.code]


def said(doors: Sequence[Door]) -> list[str]:
    """At most two sentences: what the tenant did, and what we did."""
    in_order = sorted(doors, key=lambda door: door.at)
    shut, ours = [door for door in in_order if door.counts], [door for door in in_order if not door.counts]
    found = []
    if shut:
        days = ", ".join(dict.fromkeys(say_date(london_date(door.at)) for door in shut))
        found.append(f"Nobody let us in: {_times(len(shut))} ({days}).")
    if ours:
        each = "; ".join(dict.fromkeys(f"{say_date(london_date(door.at))}, {door.why}" for door in ours))
        found.append(f"{NOT_COUNTED}: {_times(len(ours))} ({each}).")
    return found


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
