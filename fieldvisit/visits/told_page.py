"""What a visit's page says of telling its tenants: each notice as it stands, and each of several tenants."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import london_date, say_date, say_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.messages.parties import Party
from fieldvisit.notices.facts import CHANNELS, FAILURES
from fieldvisit.notices.models import Notice as NoticeRow
from fieldvisit.notices.rules import Household as Needs
from fieldvisit.notices.rules import PlannedVisit, decide
from fieldvisit.visits import events as ev
from fieldvisit.visits import joint, whom
from fieldvisit.visits.fold import as_notice
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.plan_page import TRAVELS, Said, as_planned, names_of, said_of_answer
from fieldvisit.visits.service import entries_of
from fieldvisit.visits.state import VisitState
from fieldvisit.visits.wire import read_back
from fieldvisit.visits.words import words_of_visit


@dataclass(frozen=True, slots=True)
class NoticeShown:
    """One notice as it stands. said: what the rule says of this notice alone; None once withdrawn."""

    id: str
    channel: str
    when: str
    proof: str
    said: Said | None
    recorded_by: str
    recorded_at: datetime
    withdrawn: bool
    may_fail: bool  # it travels, and it has not failed yet
    to: str = ""  # of several tenants: whom it was for


def notices_of(session: Session, visit: Visit, state: VisitState, policy: Policy) -> list[NoticeShown]:
    rows = {row.id: row for row in session.scalars(select(NoticeRow).where(NoticeRow.visit_id == visit.id))}
    recorded = [entry for entry in entries_of(session, visit.id) if entry.kind == "notice.recorded"]
    entries = {entry.body["notice"]: entry for entry in recorded}.values()  # as each was last recorded
    names = names_of(session, [entry.recorded_by for entry in entries])
    tenants = {one.id: one.name for one in whom.residents_of(session, visit.home_id)}
    words = words_of_visit(session, visit.id)
    planned = as_planned(state)
    return [
        replace(
            _shown(entry, rows[entry.body["notice"]], planned, names, words.get(entry.id, {}).get("proof", ""), policy),
            to=tenants.get(entry.body.get("resident", ""), ""),
        )
        for entry in entries
        if entry.body["notice"] in rows
    ]


def _shown(
    entry: Entry, row: NoticeRow, planned: PlannedVisit, names: dict[str, str], proof: str, policy: Policy
) -> NoticeShown:
    event = read_back(entry.kind, entry.version, entry.body)
    assert isinstance(event, ev.NoticeRecorded)
    notice = replace(as_notice(event), delivery=row.delivery, delivered_at=row.delivered_at)
    needs = Needs(frozenset() if event.usable else frozenset({event.channel}))
    return NoticeShown(
        id=row.id,
        channel=CHANNELS[event.channel],
        when=_when(event),
        proof=proof,
        said=None if row.withdrawn_at else said_of_answer(decide(planned, [notice], needs, policy=policy)),
        recorded_by=names.get(entry.recorded_by, "Somebody who has left"),
        recorded_at=entry.received_at,
        withdrawn=row.withdrawn_at is not None,
        may_fail=event.channel in TRAVELS and row.delivery not in FAILURES,
    )


@dataclass(frozen=True, slots=True)
class EachTold:
    """One of several tenants. state: a code of `joint.py`. offered: the way to send it by now, where somebody must."""

    resident: str
    name: str
    state: str
    words: str
    offered: str = ""


def each_told(session: Session, visit: Visit, parties: Sequence[Party], state: VisitState) -> list[EachTold]:
    """A line for each of several tenants; none where there are not several."""
    rows = []
    for party, told in whom.told_each(session, visit, parties, state):
        offered, _ = whom.next_to_offer(session, visit, party)
        way = "" if told.is_told or offered is None else offered.channel
        rows.append(EachTold(party.resident or "", party.name, told.state, _each_in_words(told), way))
    return rows


def _each_in_words(told: joint.ToldOne) -> str:
    how = CHANNELS.get(told.channel, "")
    return {
        joint.TOLD: f"Told by {how}{', ' + say_instant(told.at) if told.at else ''}.",
        joint.WAITING: f"On its way by {how}: no receipt yet.",
        joint.ASKED: f"Asked to ring us, by {how}. That tells them neither who comes nor when. Ring them.",
        joint.FAILED: f"Not told: the {how} did not reach them. Tell them another way.",
        joint.NOT: "Nobody has recorded that they were told.",
    }[told.state]


def _when(event: ev.NoticeRecorded) -> str:
    if event.despatched_at:
        return f"Posted on {say_date(london_date(event.despatched_at))}"
    moment = event.sent_at or event.delivered_at
    if moment is None:
        return "With the sending service. It says here when it was delivered, or posted."
    return say_instant(moment)
