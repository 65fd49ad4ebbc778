"""`fieldvisit rules deadline`: one clock's trigger and facts as a JSON object in, its deadline out."""

from collections.abc import Iterable, Iterator

from fieldvisit.ground.deadlines import CLOCKS, TRIAGES, DeadlineError, Facts, due
from fieldvisit.ground.json_lines import Answer, Reader, Unreadable, answer_lines, write_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.working_days import BankHolidaysMissing

KEYS = ("id", "clock", "at", "hazard", "triage", "working_days", "immediate_danger")


def answers(lines: Iterable[str | bytes], policy: Policy) -> Iterator[str]:
    """One answer line for each line that is not blank; a line that cannot be read answers with its error."""
    return answer_lines(lines, lambda value: answer(value, policy))


def answer(value: object, policy: Policy) -> Answer:
    """Raises Unreadable, naming the key."""
    asked = Reader(value, "", KEYS)
    asked.needed("clock")
    clock = asked.one_of("clock", CLOCKS) or ""
    facts = Facts(
        hazard=asked.one_of("hazard", [hazard.name for hazard in policy.hazards]),
        triage=asked.one_of("triage", TRIAGES),
        working_days=asked.whole("working_days", 0, 1000),
        immediate_danger=asked.yes_no("immediate_danger", False) if "immediate_danger" in asked.values else None,
    )
    try:
        found = due(clock, asked.needed_instant("at"), facts, policy=policy)
    except (DeadlineError, BankHolidaysMissing) as error:
        raise Unreadable(str(error)) from None
    return {
        "clock": clock,
        "applies": found.applies,
        "due": write_instant(found.due),
        "latest_extension": write_instant(found.latest_extension),
        "rule": found.rule,
        "reason": found.reason,
    }
