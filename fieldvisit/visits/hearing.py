"""What a receipt means to the log of a visit: the line that must be written, or none. Pure.

The log says what was told and what became of it: a notice that goes out is recorded as pending, recorded again when it
was delivered or despatched, and failed or withdrawn when it came back (NR-5).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fieldvisit.messages.rules import Standing
from fieldvisit.notices.facts import FAILURES
from fieldvisit.visits import events as ev
from fieldvisit.visits.fold import Line
from fieldvisit.visits.state import ENDED, READY, Stage, VisitState
from fieldvisit.visits.telling import not_struck


@dataclass(frozen=True, slots=True)
class Known:
    """What the log says of one notice by now: as it was last recorded, whether it was taken back, and when that was said."""

    recorded: ev.NoticeRecorded
    delivery: str | None
    at: datetime
    withdrawn: bool = False


def known_of(lines: Iterable[Line], notice: str) -> Known | None:
    found: Known | None = None
    for line in not_struck(lines):
        match line.event:
            case ev.NoticeRecorded() as event if event.notice == notice:
                found = Known(event, event.delivery, line.at, found.withdrawn if found else False)
            case ev.NoticeFailed(notice=failed, delivery=delivery) if failed == notice and found:
                found = replace(found, delivery=delivery, at=line.at)
            case ev.NoticeWithdrawn(notice=gone) if gone == notice and found:
                found = replace(found, withdrawn=True, at=line.at)
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


def heard_of_it(lines: Iterable[Line], unsent: Collection[str]) -> bool:
    """Has the tenant heard of this visit? unsent: notices of which nothing has gone out."""
    return any(
        isinstance(line.event, ev.TimeAgreed | ev.VisitNoted)
        or (isinstance(line.event, ev.NoticeRecorded) and line.event.notice not in unsent)
        for line in not_struck(lines)
    )


# --- what was written, and waits ----------------------------------------------------------------------------------


def still_true(
    kind: str, notice: str | None, written_at: datetime, lines: Sequence[Line], state: VisitState, at: datetime
) -> bool:
    """May a message that waited for its provider go out now? Not when what it says has passed or was changed."""
    match kind:
        case "cancelled" | "summary":
            return True
        case "on_the_way" | "late":
            return state.stage is Stage.EN_ROUTE and state.window_end is not None and at <= state.window_end
        case "reminder" if state.stage not in READY or state.window_start is None or at >= state.window_start:
            return False
    if state.stage in ENDED:
        return False
    if kind == "call_us":
        return True
    if notice:
        known = known_of(lines, notice)
        told = (known.recorded.window_start, known.recorded.window_end) if known and not known.withdrawn else None
        if told != (state.window_start, state.window_end):
            return False
    return not _changed_since(lines, written_at)


def _changed_since(lines: Sequence[Line], written_at: datetime) -> bool:
    """The time, or the one whose name it says. Both change at a desk, whose clock is ours."""
    leads = [
        (line.at, line.event.lead) for line in lines if isinstance(line.event, ev.VisitPlanned | ev.VisitReassigned)
    ]
    then = [lead for since, lead in leads if since <= written_at]
    moved = any(isinstance(line.event, ev.VisitMoved) and line.at > written_at for line in lines)
    return moved or bool(then and leads[-1][1] != then[-1])


def newer_notice(lines: Iterable[Line], notice: str) -> bool:
    """Has another notice taken the place of this one in the log? Of several tenants: another to the same one."""
    recorded = {line.event.notice: line.event.resident for line in lines if isinstance(line.event, ev.NoticeRecorded)}
    order = [each for each, resident in recorded.items() if resident == recorded.get(notice)]
    return notice in order and order[-1] != notice
