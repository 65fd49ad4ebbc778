"""`fieldvisit rules notice`: one visit and its notices as a JSON object in, the answer of NR-1 to NR-16 out."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import TypeVar

from fieldvisit.ground.json_lines import Answer, Reader, Unreadable, answer_lines, write_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.notices.facts import (
    AGREED_BY,
    AGREEMENT_RECORDERS,
    CHANNELS,
    DELIVERIES,
    KINDS,
    SPOKEN_TO,
    VISITORS,
    Agreement,
    Emergency,
    Household,
    Investigation,
    Notice,
    PlannedVisit,
)
from fieldvisit.notices.rules import decide

Moment = TypeVar("Moment", date, datetime)

KEYS = ("id", "visit", "notices", "household", "emergency", "investigation", "agreed")
VISIT_KEYS = ("kind", "window_start", "window_end", "arrival", "visitor", "works_started")
NOTICE_KEYS = (
    "channel",
    "sent_at",
    "delivery",
    "delivered_at",
    "despatched_at",
    "window_start",
    "window_end",
    "programme_start",
    "programme_end",
    "spoke_to",
    "recipient_age",
    "states_who",
    "states_why",
)
EMERGENCY_KEYS = (
    "class_at_arrival",
    "authorised_by",
    "authorised_at",
    "authoriser_is_visitor",
    "hazard",
    "reason",
)
INVESTIGATION_KEYS = ("authorised_by", "reason")
AGREED_KEYS = ("by", "recorded_at", "recorded_by")


def answers(lines: Iterable[str | bytes], policy: Policy) -> Iterator[str]:
    """One answer line for each line that is not blank; a line that cannot be read answers with its error."""
    return answer_lines(lines, lambda value: answer(value, policy))


def answer(value: object, policy: Policy) -> Answer:
    """Raises Unreadable, naming the key."""
    asked = Reader(value, "", KEYS)
    found = decide(
        _visit(asked.needed("visit")),
        [_notice(row, f"notices[{place}]") for place, row in enumerate(asked.rows("notices"))],
        _household(asked.values.get("household")),
        _emergency(asked.values.get("emergency")),
        _investigation(asked.values.get("investigation")),
        _agreed(asked.values.get("agreed")),
        policy=policy,
    )
    return {
        "result": found.result,
        "may_proceed": found.may_proceed,
        "given_at": write_instant(found.given_at),
        "notice_seconds": found.notice_seconds,
        "notice_days": found.notice_days,
        "reason": found.reason,
        "clause": found.clause,
        "not_before": write_instant(found.not_before),
    }


def _visit(value: object) -> PlannedVisit:
    visit = Reader(value, "visit", VISIT_KEYS)
    visit.needed("kind")
    start = visit.needed_instant("window_start")
    end = visit.instant("window_end") or start
    if end < start:
        raise Unreadable("visit.window_end: is before visit.window_start")
    return PlannedVisit(
        kind=visit.one_of("kind", KINDS) or "",
        window_start=start,
        window_end=end,
        arrival=visit.instant("arrival") or start,
        visitor=visit.one_of("visitor", VISITORS) or "contractor",
        works_started=visit.yes_no("works_started", False),
    )


def _notice(value: object, place: str) -> Notice:
    told = Reader(value, place, NOTICE_KEYS)
    told.needed("channel")
    notice = Notice(
        channel=told.one_of("channel", CHANNELS) or "",
        sent_at=told.instant("sent_at"),
        delivery=told.one_of("delivery", DELIVERIES),
        delivered_at=told.instant("delivered_at"),
        despatched_at=told.instant("despatched_at"),
        window_start=told.instant("window_start"),
        window_end=told.instant("window_end"),
        programme_start=told.day("programme_start"),
        programme_end=told.day("programme_end"),
        spoke_to=told.one_of("spoke_to", SPOKEN_TO),
        recipient_age=told.whole("recipient_age", 0, 130),
        states_who=told.yes_no("states_who", True),
        states_why=told.yes_no("states_why", True),
    )
    _in_order(told, "window_start", "window_end", notice.window_start, notice.window_end)
    _in_order(told, "programme_start", "programme_end", notice.programme_start, notice.programme_end)
    return notice


def _in_order(told: Reader, first: str, last: str, start: Moment | None, end: Moment | None) -> None:
    if start is not None and end is not None and end < start:
        raise Unreadable(f"{told.name(last)}: is before {told.name(first)}")


def _household(value: object) -> Household:
    if value is None:
        return Household()
    household = Reader(value, "household", ("unusable_channels",))
    channels = household.rows("unusable_channels")
    for channel in channels:
        if not isinstance(channel, str) or channel not in CHANNELS:
            raise Unreadable(f"household.unusable_channels: must hold only {', '.join(CHANNELS)}")
    return Household(frozenset(channels))


def _emergency(value: object) -> Emergency | None:
    if value is None:
        return None
    told = Reader(value, "emergency", EMERGENCY_KEYS)
    return Emergency(
        class_at_arrival=told.yes_no("class_at_arrival", False),
        authorised_by=told.text("authorised_by"),
        authorised_at=told.instant("authorised_at"),
        authoriser_is_visitor=told.yes_no("authoriser_is_visitor", False),
        hazard=told.text("hazard"),
        reason=told.text("reason"),
    )


def _investigation(value: object) -> Investigation | None:
    if value is None:
        return None
    told = Reader(value, "investigation", INVESTIGATION_KEYS)
    return Investigation(authorised_by=told.text("authorised_by"), reason=told.text("reason"))


def _agreed(value: object) -> Agreement | None:
    if value is None:
        return None
    told = Reader(value, "agreed", AGREED_KEYS)
    return Agreement(
        by=told.one_of("by", AGREED_BY),
        recorded_at=told.instant("recorded_at"),
        recorded_by=told.one_of("recorded_by", AGREEMENT_RECORDERS),
    )
