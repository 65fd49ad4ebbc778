"""The visit's log: `record` is the only writer of an entry and of the visit's cached state, together in one transaction."""

import contextlib
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.db import canonical
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.references import Kind, new_reference
from fieldvisit.jobs import want
from fieldvisit.notices.links import new_link
from fieldvisit.notices.models import Notice
from fieldvisit.visits import events as ev
from fieldvisit.visits.fold import DESK, Line, fold
from fieldvisit.visits.models import Entry, Envelope, PolicyVersion, Visit, VisitWorker
from fieldvisit.visits.state import VisitState
from fieldvisit.visits.wire import body_of, read_back, words_of
from fieldvisit.visits.words import seal_for


@dataclass(frozen=True, slots=True)
class Written:
    """Where an event was written, by whom, and when: the phone's time, the corrected time, ours. All aware UTC."""

    device: str
    uuid: str
    seq: int | None
    device_time: datetime
    corrected_time: datetime
    skew_s: int
    received_at: datetime
    recorded_by: str
    envelope_sha256: str
    grant_id: str | None = None
    badge_id: str | None = None
    jwe: bytes = b""
    sig: str = ""


def at_the_desk(event: ev.Event, *, form_key: str, by: str, at: datetime) -> Written:
    """A desk has no counter and no signature: the key made with the form is its identity (ruling R2)."""
    digest = hashlib.sha256(canonical([ev.name_of(event), body_of(event)]).encode()).hexdigest()
    return Written(DESK, form_key, None, at, at, 0, at, by, digest)


def new_ref() -> str:
    return new_reference(Kind.VISIT)


def lock(session: Session, visit_id: str) -> Visit | None:
    """The visit, locked until the transaction ends, so that its chain has one writer at a time."""
    return session.scalars(select(Visit).where(Visit.id == visit_id).with_for_update()).first()


def record(session: Session, visit: Visit, event: ev.Event, written: Written, policy: Policy) -> Entry:
    """Adds one line to the visit's log and folds the whole log anew. The visit must be locked."""
    entry = _append(session, visit, event, written)
    session.flush()
    if written.jwe:
        session.add(Envelope(entry_id=entry.id, jwe=written.jwe, sig=written.sig))
    seal_for(session, visit.home_id, entry, words_of(event), written.received_at, policy)
    _cache(visit, refold(session, visit.id, policy), policy)
    _remember_policy(session, policy, written.received_at)
    _cache_rows(session, visit, event, written, policy)
    session.flush()
    return entry


def _append(session: Session, visit: Visit, event: ev.Event, written: Written) -> Entry:
    entry = Entry(
        visit_id=visit.id,
        position=visit.entries + 1,
        prev_hash=visit.head,
        device=written.device,
        uuid=written.uuid,
        seq=written.seq,
        grant_id=written.grant_id,
        envelope_sha256=written.envelope_sha256,
        kind=ev.name_of(event),
        version=ev.version_of(event),
        body=body_of(event),
        device_time=written.device_time,
        corrected_time=written.corrected_time,
        skew_s=written.skew_s,
        received_at=written.received_at,
        recorded_by=written.recorded_by,
        badge_id=written.badge_id,
    )
    entry.hash = chain_hash(entry)
    visit.entries, visit.head = entry.position, entry.hash
    session.add(entry)
    return entry


def chain_hash(entry: Entry) -> str:
    """SHA-256 over the hash before and everything in the line, so that no line can change without all that follow."""
    facts = [
        entry.prev_hash, entry.visit_id, entry.position, entry.device, entry.uuid, entry.seq, entry.grant_id,
        entry.envelope_sha256, entry.kind, entry.version, entry.body, entry.device_time.isoformat(),
        entry.corrected_time.isoformat(), entry.skew_s, entry.received_at.isoformat(), entry.recorded_by, entry.badge_id,
    ]  # fmt: skip
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def entries_of(session: Session, visit_id: str) -> list[Entry]:
    return list(session.scalars(select(Entry).where(Entry.visit_id == visit_id).order_by(Entry.position)))


def line_of(entry: Entry) -> Line:
    return Line(
        event=read_back(entry.kind, entry.version, entry.body),
        device=entry.device,
        uuid=entry.uuid,
        seq=entry.seq,
        position=entry.position,
        device_time=entry.device_time,
        at=entry.corrected_time,
        skew_s=entry.skew_s,
    )


def lines_of(session: Session, visit_id: str) -> list[Line]:
    return [line_of(entry) for entry in entries_of(session, visit_id)]


def refold(session: Session, visit_id: str, policy: Policy) -> VisitState:
    return fold(lines_of(session, visit_id), policy)


def cached_state(state: VisitState) -> dict[str, object]:
    """The columns of `Visit` that are nothing but the fold: what `fieldvisit check` compares."""
    return {
        "kind": state.kind,
        "window_start": state.window_start,
        "window_end": state.window_end,
        "lead_id": state.lead,
        "stage": state.stage.value,
        "outcome": state.outcome,
        "notice_result": state.notice_result,
        "exceptions": list(state.exceptions),
        "exception_count": len(state.exceptions),
        "arrived_at": state.arrived_at,
        "entered_at": state.entered_at,
        "ended_at": state.ended_at,
        "further_on": state.further_on,
    }


def _cache(visit: Visit, state: VisitState, policy: Policy) -> None:
    for column, value in cached_state(state).items():
        setattr(visit, column, value)
    visit.policy_hash = policy.hash


def _remember_policy(session: Session, policy: Policy, at: datetime) -> None:
    if session.get(PolicyVersion, policy.hash) is not None:
        return
    kept = PolicyVersion(hash=policy.hash, name=policy.name, text=policy.source_text, first_used_at=at)
    with contextlib.suppress(IntegrityError), session.begin_nested():  # two first uses at one instant keep one copy
        session.add(kept)


def _cache_rows(session: Session, visit: Visit, event: ev.Event, written: Written, policy: Policy) -> None:
    match event:
        case ev.NoticeRecorded():
            _keep_notice(session, visit, event, written, policy)
        case ev.NoticeFailed(notice=notice, delivery=delivery):
            if row := session.get(Notice, notice):
                row.delivery, row.delivered_at = delivery, None
        case ev.NoticeWithdrawn(notice=notice):
            if row := session.get(Notice, notice):
                row.withdrawn_at = written.received_at
        case ev.VisitPlanned(lead=lead, others=others):
            session.add(new_link(visit.id, written.received_at))
            _wish_reminder(session, visit, written.received_at, policy)
            _send(session, visit, lead, others, written.received_at)
        case ev.VisitMoved():
            _wish_reminder(session, visit, written.received_at, policy)
        case ev.VisitReassigned(lead=lead, others=others):
            _send(session, visit, lead, others, written.received_at)


def _wish_reminder(session: Session, visit: Visit, at: datetime, policy: Policy) -> None:
    """R15: one, so many hours before the window opens. A window that is nearer than that has none."""
    due = visit.window_start - timedelta(hours=policy.notice.reminder_h.value)
    if due > at:
        want(session, "remind", visit.id, due=due, dedupe=reminder_of(visit))


def reminder_of(visit: Visit) -> str:
    return f"remind:{visit.id}:{visit.window_start.isoformat()}"


def _keep_notice(session: Session, visit: Visit, event: ev.NoticeRecorded, written: Written, policy: Policy) -> None:
    """A notice is recorded again when more is known of it: delivered, or despatched."""
    if row := session.get(Notice, event.notice):
        row.sent_at, row.delivery, row.delivered_at = event.sent_at, event.delivery, event.delivered_at
        row.despatched_at = event.despatched_at
    else:
        session.add(_notice_row(visit, event, written, policy))


def _notice_row(visit: Visit, event: ev.NoticeRecorded, written: Written, policy: Policy) -> Notice:
    return Notice(
        id=event.notice,
        visit_id=visit.id,
        channel=event.channel,
        sent_at=event.sent_at,
        delivery=event.delivery,
        delivered_at=event.delivered_at,
        despatched_at=event.despatched_at,
        window_start=event.window_start,
        window_end=event.window_end,
        programme_start=event.programme_start,
        programme_end=event.programme_end,
        spoke_to=event.spoke_to,
        recipient_age=event.recipient_age,
        states_who=event.states_who,
        states_why=event.states_why,
        usable=event.usable,
        resident_id=event.resident,
        recorded_at=written.received_at,
        recorded_by=written.recorded_by,
        policy_hash=policy.hash,
    )


def _send(session: Session, visit: Visit, lead: str, others: tuple[str, ...], at: datetime) -> None:
    wanted = {lead: True} | dict.fromkeys(others, False)
    open_rows = session.scalars(select(VisitWorker).where(VisitWorker.visit_id == visit.id, VisitWorker.ends.is_(None)))
    for row in open_rows:
        if wanted.get(row.person_id) == row.lead:
            del wanted[row.person_id]
        else:
            row.ends = at
    for person_id, is_lead in wanted.items():
        session.add(VisitWorker(visit_id=visit.id, person_id=person_id, lead=is_lead, starts=at))
