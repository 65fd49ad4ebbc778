"""What a receipt means to the log of a visit: the line that must be written, or none. Pure.

The log says what was told and what became of it: a notice that goes out is recorded as pending, recorded again when it
was delivered or despatched, and failed or withdrawn when it came back (NR-5).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fieldvisit.messages.rules import Standing
from fieldvisit.notices.facts import FAILURES
from fieldvisit.visits import events as ev
from fieldvisit.visits.fold import Line
from fieldvisit.visits.telling import not_struck


@dataclass(frozen=True, slots=True)
class Known:
    """What the log says of one notice by now: as it was last recorded, and whether it was taken back."""

    recorded: ev.NoticeRecorded
    delivery: str | None
    withdrawn: bool = False


def known_of(lines: Iterable[Line], notice: str) -> Known | None:
    found: Known | None = None
    for line in not_struck(lines):
        match line.event:
            case ev.NoticeRecorded() as event if event.notice == notice:
                found = Known(event, event.delivery, found.withdrawn if found else False)
            case ev.NoticeFailed(notice=failed, delivery=delivery) if failed == notice and found:
                found = replace(found, delivery=delivery)
            case ev.NoticeWithdrawn(notice=gone) if gone == notice and found:
                found = replace(found, withdrawn=True)
    return found


def news(known: Known, standing: Standing) -> ev.Event | None:
    """The line that makes the log say what the receipts say. None: it does, or the notice was taken back for good."""
    notice = known.recorded.notice
    if known.withdrawn:
        return None
    if standing.delivery == "delivered":
        as_it_is = replace(
            known.recorded, delivery="delivered", delivered_at=standing.delivered_at, proof=None,
            despatched_at=standing.despatched_at or known.recorded.despatched_at,
        )  # fmt: skip
        told = known.delivery == "delivered" and known.recorded.delivered_at == standing.delivered_at
        return None if told else as_it_is
    if standing.delivery in FAILURES:
        came_back = standing.bounced and known.delivery == "delivered"
        if came_back or known.recorded.despatched_at:  # a letter that was posted and returned
            return ev.NoticeWithdrawn(notice=notice, reason="bounced")
        failure: ev.NoticeFailed = ev.NoticeFailed(notice=notice, delivery=standing.delivery)  # type: ignore[arg-type]
        return None if known.delivery in FAILURES else failure
    if standing.despatched_at and known.recorded.despatched_at != standing.despatched_at:
        return replace(known.recorded, despatched_at=standing.despatched_at, proof=None)
    return None
