"""Which of several tenants has been told of a visit as it stands now. Pure.

What the notice is worth is not asked here: it counts from the first of them who has it, because NR-14 names a joint tenant
beside the tenant and NR-6 takes the earliest. The others are owed it all the same; until each has it, a person is asked.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fieldvisit.ground.clock import london_date
from fieldvisit.notices.facts import FAILURES
from fieldvisit.visits import events as ev
from fieldvisit.visits.fold import Line
from fieldvisit.visits.hearing import Known, known_of
from fieldvisit.visits.state import VisitState
from fieldvisit.visits.telling import has_gone, not_struck

TOLD, WAITING, ASKED, FAILED, NOT = "told", "waiting", "asked", "failed", "not"
_BEST = (TOLD, WAITING, ASKED, FAILED, NOT)


@dataclass(frozen=True, slots=True)
class ToldOne:
    """state: told; waiting for its receipt; asked to ring us, and no more; failed; not told at all.
    at: aware UTC, when they had it, as far as it is known."""

    state: str = NOT
    channel: str = ""
    at: datetime | None = None

    @property
    def is_told(self) -> bool:
        """Or soon, if nothing goes wrong: nobody need do anything now."""
        return self.state in (TOLD, WAITING)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A message that gave no notice and says the same: the written confirmation of a notice by word of mouth (NR-2)."""

    channel: str
    written_at: datetime
    delivery: str
    delivered_at: datetime | None = None
    despatched_at: datetime | None = None


def told_one(
    resident: str, lines: Iterable[Line], state: VisitState, confirmations: Iterable[Confirmation] = (),
    shared: Collection[str] = (),
) -> ToldOne:  # fmt: skip
    """NR-15: what named the worker before tells them nothing of the one who comes now.

    confirmations, shared: those, and notices by their ids, that went to a number of theirs, whoever else has it too.
    """
    kept = not_struck(lines)
    notices, stale = dict[str, None](), set[str]()
    for line in kept:
        match line.event:
            case ev.VisitReassigned(tenant_told=False):
                stale |= notices.keys()  # a receipt that comes now is of the one before
                notices.clear()
            case ev.NoticeRecorded(notice=notice, resident=whose) if whose == resident or notice in shared:
                if notice not in stale:
                    notices[notice] = None
    known = [one for notice in notices if (one := known_of(kept, notice)) and _says(one.recorded, state)]
    found = [_of_notice(one) for one in known if one.recorded.usable]
    since = _time_set(kept)
    found += [_of_message(one) for one in confirmations if one.written_at >= since]
    return min(found, key=lambda one: _BEST.index(one.state), default=ToldOne())


def _says(notice: ev.NoticeRecorded, state: VisitState) -> bool:
    """NR-6: the window as it is now, or a programme that holds its day."""
    if (notice.window_start, notice.window_end) == (state.window_start, state.window_end):
        return True
    if notice.programme_start is None or notice.programme_end is None or state.window_start is None:
        return False
    return notice.programme_start <= london_date(state.window_start) <= notice.programme_end


def _of_notice(known: Known) -> ToldOne:
    said, channel = known.recorded, known.recorded.channel
    if known.withdrawn or known.delivery in FAILURES:
        return ToldOne(FAILED, channel)
    if not (said.states_who and said.states_why):
        return ToldOne(ASKED, channel)
    if has_gone(said) and known.delivery == said.delivery:
        return ToldOne(TOLD, channel, said.delivered_at or said.despatched_at or said.sent_at)
    return ToldOne(WAITING, channel)


def _of_message(one: Confirmation) -> ToldOne:
    if one.delivery in FAILURES:
        return ToldOne(FAILED, one.channel)
    if when := one.delivered_at or one.despatched_at:
        return ToldOne(TOLD, one.channel, when)
    return ToldOne(WAITING, one.channel)


def _time_set(lines: Sequence[Line]) -> datetime:
    """When the visit got the time and the worker that it has: what was written before says another."""
    return max(
        line.at
        for line in lines
        if isinstance(line.event, ev.VisitPlanned | ev.VisitMoved)
        or (isinstance(line.event, ev.VisitReassigned) and not line.event.tenant_told)
    )
