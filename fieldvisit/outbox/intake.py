"""The one door for every event of a phone, online or not (interfaces section 4, ruling R1).

Per event: its signature, its seal, its version; then one savepoint in which the line, its effect and what it sets off
stand or fall together. Nothing that is well signed is ever refused: it is accepted, marked, or held for a person.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from fieldvisit.badges.models import Badge
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.outbox import reactions
from fieldvisit.outbox.envelope import IntakeKey, Sealed, digest_of, is_well_signed, signed_text
from fieldvisit.outbox.models import Held
from fieldvisit.outbox.wire import Sent
from fieldvisit.register.models import Grant
from fieldvisit.tasks import raise_task
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Entry, Visit, VisitWorker
from fieldvisit.visits.service import Written, lock, record
from fieldvisit.visits.state import Stage
from fieldvisit.visits.wire import Unreadable, parse

log = structlog.get_logger()

Reaction = Callable[[Session, Visit, Entry, ev.Event, Policy], None]

# What an event sets off, in the same transaction. An error in one fails that one event loudly: it is held.
REACTIONS: dict[type[ev.Event], tuple[Reaction, ...]] = {
    ev.VisitClosed: (reactions.tenant_unhappy, reactions.hazard_seen),
    ev.ConsentRefused: (reactions.refusal_to_follow_up, reactions.no_id_shown),
    ev.DoorChildAnswered: (reactions.child_alone,),
    ev.DoorNoAnswer: (reactions.no_access_to_follow_up,),
    ev.VisitWithdrew: (reactions.worker_withdrew,),
}


@dataclass(frozen=True, slots=True)
class Result:
    """status: accepted, duplicate, held, retry."""

    uuid: str
    status: str
    code: str | None = None
    message: str | None = None
    server_seq: int | None = None


class HeldBackError(Exception):
    def __init__(self, code: str, visit_id: str | None = None) -> None:
        super().__init__(code)
        self.code, self.visit_id = code, visit_id


MESSAGES = {
    "unreadable": "The office has this. A person will read it: your app may be older or newer than ours.",
    "unknown-visit": "The office has this. They cannot find the visit and will look for it.",
    "not-yours": "The office has this. This visit was not given to you, so a person will look at it.",
    "after-revoke": "The office has this. Your badge or phone was withdrawn before this happened.",
    "after-cancel": "The office has this. The visit was cancelled before this happened.",
    "conflict": "The office has this. It differs from an entry with the same number.",
    "reaction-failed": "The office has this. Something went wrong here and a person will look at it.",
}


def receive(
    session: Session,
    sent: Sequence[Sent],
    *,
    device: str,
    phone_now: datetime,
    at: datetime,
    key: IntakeKey,
    policy: Policy,
) -> list[Result]:
    """Judges each event alone. phone_now: what the phone's clock said when it sent the batch. Both aware UTC."""
    return [_receive_one(session, item, device, at - phone_now, at, key, policy) for item in sent]


def _receive_one(
    session: Session, item: Sent, device: str, skew: timedelta, at: datetime, key: IntakeKey, policy: Policy
) -> Result:
    grant = session.get(Grant, item.grant)
    signed = signed_text(item.grant, item.uuid, item.seq, item.jwe)
    if grant is None or grant.device != device or not is_well_signed(grant.public_jwk, item.sig, signed):
        return Result(item.uuid, "retry", "bad-signature", "This entry was not signed by this phone. Call the office.")
    digest = digest_of(item.jwe)
    if known := _seen_before(session, item, device, digest):
        return known
    try:
        with session.begin_nested():
            entry = _fold_in(session, item, grant, digest, skew, at, key, policy)
    except HeldBackError as held:
        return _hold(session, item, grant, device, digest, held.code, held.visit_id, at, policy)
    except OperationalError:
        raise  # the database is gone or full: nothing was kept, so the phone must keep it
    except IntegrityError:
        # Two copies of one batch at once: the other one was first.
        return _seen_before(session, item, device, digest) or _hold(
            session, item, grant, device, digest, "conflict", None, at, policy
        )
    except Exception as error:
        # A reader or a reaction of ours broke. The fact is kept whole, and the break is loud.
        log.exception("event held", code="reaction-failed", uuid=item.uuid, error=type(error).__name__)
        return _hold(session, item, grant, device, digest, "reaction-failed", None, at, policy)
    return Result(item.uuid, "accepted", server_seq=entry.position)


def _seen_before(session: Session, item: Sent, device: str, digest: str) -> Result | None:
    """The same identity and bytes are a duplicate, whether they were folded or held."""
    entry = session.scalars(select(Entry).where(Entry.device == device, Entry.uuid == item.uuid)).first()
    if entry is not None and entry.envelope_sha256 == digest:
        return Result(item.uuid, "duplicate", server_seq=entry.position)
    held = session.scalars(
        select(Held).where(Held.device == device, Held.uuid == item.uuid, Held.envelope_sha256 == digest)
    ).first()
    return Result(item.uuid, "duplicate", held.code, MESSAGES[held.code]) if held else None


def _fold_in(
    session: Session,
    item: Sent,
    grant: Grant,
    digest: str,
    skew: timedelta,
    at: datetime,
    key: IntakeKey,
    policy: Policy,
) -> Entry:
    inside = _opened(item, key)
    if _conflicts(session, item, grant.device):
        raise HeldBackError("conflict", _text(inside.get("visit")))
    visit_id = _text(inside.get("visit"))
    event = _read(inside, visit_id)
    happened = _wall(inside, visit_id)
    corrected = happened + skew if abs(skew) > CLOCKS_AGREE else happened
    visit = lock(session, visit_id or "")
    if visit is None:
        raise HeldBackError("unknown-visit", visit_id)
    _may_be_theirs(session, visit, grant)
    _still_trusted(session, grant, corrected, visit_id)
    _not_after_the_end(session, visit, corrected)
    badge = session.scalars(select(Badge.id).where(Badge.person_id == grant.person_id).limit(1)).first()
    written = Written(
        device=grant.device,
        uuid=item.uuid,
        seq=item.seq,
        device_time=happened,
        corrected_time=corrected,
        skew_s=round(skew.total_seconds()),
        received_at=at,
        recorded_by=grant.person_id,
        envelope_sha256=digest,
        grant_id=grant.id,
        badge_id=badge,
        jwe=item.jwe.encode("ascii", "replace"),
        sig=item.sig,
    )
    entry = record(session, visit, event, written, policy)
    for react in REACTIONS.get(type(event), ()):
        react(session, visit, entry, event, policy)
    session.flush()
    return entry


# Clocks that differ by less than this agree: a batch takes a while to travel (offline.md 3.5).
CLOCKS_AGREE = timedelta(minutes=2)


def _opened(item: Sent, key: IntakeKey) -> dict[str, Any]:
    try:
        inside = key.open(item.jwe)
    except Sealed:
        raise HeldBackError("unreadable") from None
    if inside.get("v") != 1 or inside.get("uuid") != item.uuid or inside.get("grant") != item.grant:
        raise HeldBackError("unreadable", _text(inside.get("visit")))
    return inside


def _conflicts(session: Session, item: Sent, device: str) -> bool:
    """The same device and uuid with other bytes, or the same device and seq with another uuid."""
    same = (Entry.uuid == item.uuid) | (Entry.seq == item.seq)
    held = (Held.uuid == item.uuid) | (Held.seq == item.seq)
    return bool(
        session.scalar(select(func.count(Entry.id)).where(Entry.device == device, same))
        or session.scalar(select(func.count(Held.id)).where(Held.device == device, held))
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) <= 64 else None


def _read(inside: dict[str, Any], visit_id: str | None) -> ev.Event:
    kind, version = inside.get("kind"), inside.get("kv")
    if not isinstance(kind, str) or not isinstance(version, int) or kind in DESK_ONLY:
        raise HeldBackError("unreadable", visit_id)
    try:
        return parse(kind, version, inside.get("body"))
    except Unreadable:
        raise HeldBackError("unreadable", visit_id) from None


# What only the office may say. A phone that says it is not believed: it is held and a person looks.
DESK_ONLY = frozenset({
    "visit.planned", "visit.cancelled", "visit.moved", "visit.reassigned", "notice.failed", "notice.withdrawn",
    "emergency.authorised", "emergency.downgraded", "investigation.authorised", "time.agreed", "entry.authorised",
})  # fmt: skip


def _wall(inside: dict[str, Any], visit_id: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(inside["wall"])
        if moment.tzinfo is None:
            raise ValueError
        return moment
    except (KeyError, ValueError, TypeError):
        raise HeldBackError("unreadable", visit_id) from None


def _may_be_theirs(session: Session, visit: Visit, grant: Grant) -> None:
    ever = select(VisitWorker.id).where(VisitWorker.visit_id == visit.id, VisitWorker.person_id == grant.person_id)
    if session.scalars(ever).first() is None:
        raise HeldBackError("not-yours", visit.id)


def _still_trusted(session: Session, grant: Grant, corrected: datetime, visit_id: str | None) -> None:
    """Grant, person or badge withdrawn before it happened: kept, and a person decides."""
    withdrawn = [grant.revoked_at, grant.person.disabled_at]
    withdrawn += session.scalars(
        select(Badge.state_changed_at).where(Badge.person_id == grant.person_id, Badge.state != "active")
    )
    active = session.scalar(
        select(func.count(Badge.id)).where(Badge.person_id == grant.person_id, Badge.state == "active")
    )
    limits = [moment for moment in withdrawn[:2] if moment] + ([] if active else [m for m in withdrawn[2:] if m])
    if any(moment <= corrected for moment in limits):
        raise HeldBackError("after-revoke", visit_id)


def _not_after_the_end(session: Session, visit: Visit, corrected: datetime) -> None:
    """Cancelled, or closed by the office, before it happened."""
    if visit.stage not in (Stage.CANCELLED, Stage.CLOSED):
        return
    ended_by_office = session.scalars(
        select(Entry)
        .where(Entry.visit_id == visit.id, Entry.device == "desk", Entry.kind.in_(("visit.cancelled", "visit.closed")))
        .order_by(Entry.position.desc())
    ).first()
    if ended_by_office and ended_by_office.corrected_time <= corrected:
        raise HeldBackError("after-cancel", visit.id)


def _hold(
    session: Session,
    item: Sent,
    grant: Grant,
    device: str,
    digest: str,
    code: str,
    visit_id: str | None,
    at: datetime,
    policy: Policy,
) -> Result:
    held = Held(
        device=device,
        uuid=item.uuid,
        seq=item.seq,
        grant_id=grant.id,
        envelope_sha256=digest,
        jwe=item.jwe.encode("ascii", "replace"),
        sig=item.sig,
        code=code,
        visit_id=visit_id,
        received_at=at,
    )
    session.add(held)
    session.flush()
    visit = session.get(Visit, visit_id) if visit_id else None
    raise_task(
        session,
        "held",
        cause=f"held:{held.id}",
        about="held",
        about_id=held.id,
        area_id=visit.area_id if visit else None,
        at=at,
        due=end_of_london_day(policy.working_days.after(london_date(at), 1)),
    )
    return Result(item.uuid, "held", code, MESSAGES[code])
