"""The one door for every event of a phone, online or not (interfaces section 4, ruling R1).

Per event: its signature, its seal, its version; then one savepoint in which the line, its effect and what it sets off
stand or fall together. Nothing that is well signed is ever refused: it is accepted, marked, or held for a person.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from fieldvisit.badges.models import Badge
from fieldvisit.failpoints import reach
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.outbox import pictures, reactions
from fieldvisit.outbox.arrivals import Row, name_attachments, not_complete, number
from fieldvisit.outbox.envelope import IntakeKey, digest_of, is_well_signed, signed_text
from fieldvisit.outbox.gaps import area_where_they_work
from fieldvisit.outbox.guards import GUARDS
from fieldvisit.outbox.models import FailedParse, Held
from fieldvisit.outbox.opening import Boxed, HeldBackError, NotReadYetError, Opened, open_item
from fieldvisit.outbox.rules import CLOCKS_AGREE, clocks_disagree, corrected_time, is_past_trying
from fieldvisit.outbox.wire import Sent
from fieldvisit.register.models import Grant
from fieldvisit.safeguarding import service as boxes
from fieldvisit.safety import service as safety
from fieldvisit.tasks import raise_task
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.service import Written, lock, record

log = structlog.get_logger()

Reaction = Callable[[Session, Visit, Entry, ev.Event, Policy], None]

# What an event sets off, in the same transaction. An error in one fails that one event loudly: it is held.
REACTIONS: dict[type[ev.Event], tuple[Reaction, ...]] = {
    ev.VisitSetOff: (reactions.tell_the_tenant,),
    ev.VisitLate: (reactions.tell_the_tenant,),
    ev.VisitClosed: (reactions.tenant_unhappy, reactions.hazard_seen, reactions.tell_the_tenant),
    ev.ConsentRefused: (
        reactions.refusal_to_follow_up,
        reactions.no_id_shown,
        reactions.case_of_no_access,
        reactions.access_failed,
        reactions.entry_without_consent,
    ),
    ev.DoorChildAnswered: (reactions.child_alone, reactions.case_of_no_access, reactions.access_failed),
    ev.DoorNoAnswer: (
        reactions.no_access_to_follow_up,
        reactions.case_of_no_access,
        reactions.access_failed,
    ),
    ev.HomeEntered: (reactions.access_was_given,),
    ev.ConsentGiven: (reactions.entry_without_consent,),
    ev.EntryProposed: (reactions.entry_without_consent,),
    ev.EntryLawful: (reactions.entry_without_consent,),
    ev.EntrySecured: (reactions.entry_without_consent,),
    ev.EntryCorrected: (reactions.entry_without_consent,),
    ev.PhotoTaken: (reactions.entry_without_consent,),
    ev.HazardReported: (reactions.hazard_reported,),
    ev.VisitWithdrew: (reactions.worker_withdrew,),
}


@dataclass(frozen=True, slots=True)
class Result:
    """status: accepted, duplicate, held, retry. server_seq: the number of arrival. missing: blobs not complete yet."""

    uuid: str
    status: str
    code: str | None = None
    message: str | None = None
    server_seq: int | None = None
    attachments_missing: tuple[str, ...] = ()
    entry_id: str | None = None
    held_id: str | None = None
    box_id: str | None = None

    @property
    def row(self) -> Row:
        return self.entry_id, self.held_id

    @property
    def is_delivered(self) -> bool:
        return self.status != "retry"


MESSAGES = {
    "unreadable": "The office has this. A person will read it: your app may be older or newer than ours.",
    "unknown-visit": "The office has this. They cannot find the visit and will look for it.",
    "not-yours": "The office has this. This visit was not given to you, so a person will look at it.",
    "after-revoke": "The office has this. Your badge or phone was withdrawn before this happened.",
    "after-cancel": "The office has this. The visit was cancelled before this happened.",
    "conflict": "The office has this. It differs from an entry with the same number.",
    "reaction-failed": "The office has this. Something went wrong here and a person will look at it.",
}


NOT_READ = ("not-read", "The office could not read this yet. It will go by itself.")


@dataclass(frozen=True, slots=True)
class Intake:
    """What every event of one batch shares. skew: how far the phone's clock is behind ours. at: aware UTC.

    waives: guards that a person's decision stands in for, when a held entry is taken in; taken_in_at: when that was.
    """

    session: Session
    device: str
    skew: timedelta
    at: datetime
    key: IntakeKey
    policy: Policy
    waives: frozenset[str] = field(default=frozenset())
    taken_in_at: datetime | None = None


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
    """Judges each event alone, in the order in which the phone saved them; answers in the order in which they came.

    phone_now: what the phone's clock said when it sent the batch. Both aware UTC. The numbers of arrival are given at
    the very end: whoever holds that lock waits for nobody else.
    """
    intake = Intake(session, device, at - phone_now, at, key, policy)
    in_order = sorted(range(len(sent)), key=lambda place: sent[place].seq)
    judged = {place: _receive_one(intake, sent[place]) for place in in_order}
    session.flush()
    numbers = number(session, [judged[place].row for place in in_order])
    boxed = boxes.number(session, [box for place in in_order if (box := judged[place].box_id)])
    waiting = not_complete(session, numbers)
    return [_told(judged[place], numbers, boxed, waiting) for place in range(len(sent))]


def _told(
    result: Result, numbers: dict[Row, int], boxed: dict[str, int], waiting: dict[str, tuple[str, ...]]
) -> Result:
    blobs = waiting.get(result.entry_id or result.held_id or "", ())
    number = boxed.get(result.box_id) if result.box_id else numbers.get(result.row)
    return replace(result, server_seq=number, attachments_missing=blobs)


def _receive_one(intake: Intake, item: Sent) -> Result:
    session = intake.session
    grant = session.get(Grant, item.grant)
    signed = signed_text(item.grant, item.uuid, item.seq, item.jwe)
    if grant is None or grant.device != intake.device or not is_well_signed(grant.public_jwk, item.sig, signed):
        return Result(item.uuid, "retry", "bad-signature", "This entry was not signed by this phone. Call the office.")
    digest = digest_of(item.jwe)
    if known := _seen_before(session, item, intake.device, digest):
        return known
    try:
        opened = open_item(item, intake.key)
    except HeldBackError as held:
        return _hold(intake, item, grant, digest, held)
    except NotReadYetError:
        return Result(item.uuid, "retry", *NOT_READ)
    except OSError:
        raise  # no room on the disk
    except Exception as error:
        return _broke(intake, item, grant, digest, error)
    if isinstance(opened, Boxed):
        return spool(intake, item, opened, digest)
    return _fold(intake, item, opened, grant, digest)


def _fold(intake: Intake, item: Sent, opened: Opened, grant: Grant, digest: str) -> Result:
    try:
        with intake.session.begin_nested():
            _not_two_of_it(intake, item, opened)
            entry = fold_in(intake, item, opened, grant, digest)
    except HeldBackError as held:
        # What it seems to quarrel with may be its own copy, committed since we looked.
        return _seen_before(intake.session, item, intake.device, digest) or _kept(intake, item, opened, grant, held)
    except (OperationalError, OSError):
        raise  # the database is gone or full: nothing was kept, so the phone must keep it
    except IntegrityError:
        # Two copies of one batch at once: the other one was first.
        back = HeldBackError("conflict", opened.visit_id, opened.blobs)
        return _seen_before(intake.session, item, intake.device, digest) or _kept(intake, item, opened, grant, back)
    except Exception:
        # A reaction of ours broke. The fact is kept whole, and the break is loud.
        log.exception("event held", code="reaction-failed", uuid=item.uuid)
        back = HeldBackError("reaction-failed", opened.visit_id, opened.blobs)
        return _kept(intake, item, opened, grant, back)
    return Result(item.uuid, "accepted", entry_id=entry.id)


def spool(intake: Intake, item: Sent, opened: Boxed, digest: str) -> Result:
    """A report for the vault: taken in whatever the visit, the grant or the person has become, and in no log (R4)."""
    session, device = intake.session, intake.device
    try:
        with session.begin_nested():
            row = boxes.take(
                session, device=device, uuid=item.uuid, seq=item.seq, envelope_sha256=digest, box=opened.sealed,
                at=intake.at,
            )  # fmt: skip
    except IntegrityError:  # two copies of one batch at once: the other one was first
        if known := boxes.seen(session, device, item.uuid, digest):
            return Result(item.uuid, "duplicate", box_id=known)
        raise
    return Result(item.uuid, "accepted", box_id=row.id)


def _kept(intake: Intake, item: Sent, opened: Opened, grant: Grant, back: HeldBackError) -> Result:
    result = _hold(intake, item, grant, digest_of(item.jwe), back)
    _hear_at_once(intake, item, opened, grant)
    return result


def _hear_at_once(intake: Intake, item: Sent, opened: Opened, grant: Grant) -> None:
    """A call for help waits for nobody, whatever becomes of its entry: an alarm is raised, and a person decides the rest."""
    session, visit = intake.session, lock(intake.session, opened.visit_id or "")
    if visit is None:
        return
    try:
        with session.begin_nested():
            when = min(_corrected(intake, item, opened), intake.at)
            call = safety.Call(grant.person_id, when, intake.at, safety.key_of(grant.device, item.uuid))
            safety.hear_a_call(session, visit, opened.event, call, intake.policy)
    except Exception:  # the entry is kept, and its task is raised
        log.exception("call for help not heard", uuid=item.uuid)


def _seen_before(session: Session, item: Sent, device: str, digest: str) -> Result | None:
    """The same identity and bytes are a duplicate, whether they were folded or held."""
    entry = session.scalars(select(Entry).where(Entry.device == device, Entry.uuid == item.uuid)).first()
    if entry is not None and entry.envelope_sha256 == digest:
        return Result(item.uuid, "duplicate", entry_id=entry.id)
    held = session.scalars(
        select(Held).where(Held.device == device, Held.uuid == item.uuid, Held.envelope_sha256 == digest)
    ).first()
    if held is not None:
        return Result(item.uuid, "duplicate", held.code, MESSAGES[held.code], held_id=held.id)
    box = boxes.seen(session, device, item.uuid, digest)
    return Result(item.uuid, "duplicate", box_id=box) if box else None


def _not_two_of_it(intake: Intake, item: Sent, opened: Opened) -> None:
    """The same device and uuid with other bytes, or the same device and seq with another uuid, is held already."""
    same = (Held.uuid == item.uuid) | (Held.seq == item.seq)
    if intake.session.scalar(select(func.count(Held.id)).where(Held.device == intake.device, same)):
        raise HeldBackError("conflict", opened.visit_id, opened.blobs)


def fold_in(intake: Intake, item: Sent, opened: Opened, grant: Grant, digest: str) -> Entry:
    """The line, its effect, what it sets off. Raises HeldBackError where a person must look first."""
    try:
        return _fold_in(intake, item, opened, grant, digest)
    except HeldBackError as held:
        raise HeldBackError(held.code, opened.visit_id, opened.blobs) from None


def _fold_in(intake: Intake, item: Sent, opened: Opened, grant: Grant, digest: str) -> Entry:
    session = intake.session
    same = (Entry.uuid == item.uuid) | (Entry.seq == item.seq)
    if session.scalar(select(func.count(Entry.id)).where(Entry.device == grant.device, same)):
        raise HeldBackError("conflict")
    corrected = _corrected(intake, item, opened)
    visit = lock(session, opened.visit_id or "")
    if visit is None:
        raise HeldBackError("unknown-visit")
    for code, guard in GUARDS:
        if code not in intake.waives:
            guard(session, visit, grant, corrected)
    entry = record(
        session, visit, opened.event, _written(intake, item, opened, grant, digest, corrected), intake.policy
    )
    name_attachments(session, opened.blobs, grant, intake.at, entry_id=entry.id)
    pictures.named(session, visit, entry, intake.at, intake.policy)
    reach("reaction")
    safety.hear(session, visit, entry, opened.event, intake.policy, intake.taken_in_at)
    for react in REACTIONS.get(type(opened.event), ()):
        react(session, visit, entry, opened.event, intake.policy)
    return entry


def _written(intake: Intake, item: Sent, opened: Opened, grant: Grant, digest: str, corrected: datetime) -> Written:
    of_person = select(Badge.id).where(Badge.person_id == grant.person_id).limit(1)
    return Written(
        device=grant.device,
        uuid=item.uuid,
        seq=item.seq,
        device_time=opened.wall,
        corrected_time=corrected,
        skew_s=_seconds(corrected - opened.wall if corrected != opened.wall else _small(intake.skew)),
        received_at=intake.at,
        recorded_by=grant.person_id,
        envelope_sha256=digest,
        grant_id=grant.id,
        badge_id=intake.session.scalars(of_person).first(),
        jwe=item.jwe.encode("ascii", "replace"),
        sig=item.sig,
    )


def _corrected(intake: Intake, item: Sent, opened: Opened) -> datetime:
    before = None
    if clocks_disagree(opened.offset, intake.skew):
        earlier = select(Entry.corrected_time).where(Entry.device == intake.device, Entry.seq < item.seq)
        before = intake.session.scalars(earlier.order_by(Entry.seq.desc()).limit(1)).first()
    return corrected_time(opened.wall, offset=opened.offset, skew=intake.skew, received_at=intake.at, not_before=before)


def _small(skew: timedelta) -> timedelta:
    return skew if abs(skew) <= CLOCKS_AGREE else timedelta(0)


def _seconds(length: timedelta) -> int:
    """As the column holds it: a phone whose clock says the year 9999 is wrong enough."""
    return round(max(-2e9, min(2e9, length.total_seconds())))


def _broke(intake: Intake, item: Sent, grant: Grant, digest: str, error: Exception) -> Result:
    """A reader of ours broke on this item alone: the phone keeps it and tries again; the sixth time it is held (F29)."""
    same = (FailedParse.device == intake.device, FailedParse.uuid == item.uuid, FailedParse.envelope_sha256 == digest)
    row = intake.session.scalars(select(FailedParse).where(*same).with_for_update()).first()
    if row is not None and is_past_trying(row.times):
        log.exception("event held", code="unreadable", uuid=item.uuid)
        return _hold(intake, item, grant, digest, HeldBackError("unreadable"))
    if row is None:
        row = FailedParse(device=intake.device, uuid=item.uuid, envelope_sha256=digest, times=0, last_at=intake.at)
        intake.session.add(row)
    row.times, row.last_at = row.times + 1, intake.at
    log.exception("event not read", uuid=item.uuid, times=row.times)
    return Result(item.uuid, "retry", *NOT_READ)


def _hold(intake: Intake, item: Sent, grant: Grant, digest: str, back: HeldBackError) -> Result:
    try:
        with intake.session.begin_nested():
            held = _held(intake, item, grant, digest, back)
    except IntegrityError:  # two copies of one batch at once: the other one was first
        if known := _seen_before(intake.session, item, intake.device, digest):
            return known
        raise
    return Result(item.uuid, "held", back.code, MESSAGES[back.code], held_id=held.id)


def _held(intake: Intake, item: Sent, grant: Grant, digest: str, back: HeldBackError) -> Held:
    session, at = intake.session, intake.at
    visit = session.get(Visit, back.visit_id) if back.visit_id else None
    area_id = visit.area_id if visit else area_where_they_work(session, grant.person_id)
    held = Held(
        device=intake.device,
        uuid=item.uuid,
        seq=item.seq,
        grant_id=grant.id,
        envelope_sha256=digest,
        jwe=item.jwe.encode("ascii", "replace"),
        sig=item.sig,
        code=back.code,
        visit_id=back.visit_id,
        received_at=at,
        skew_s=_seconds(intake.skew),
    )
    session.add(held)
    session.flush()
    name_attachments(session, back.blobs, grant, at, held_id=held.id)
    raise_task(
        session,
        "held",
        cause=f"held:{held.id}",
        about="held",
        about_id=held.id,
        area_id=area_id,
        at=at,
        due=end_of_london_day(intake.policy.working_days.after(london_date(at), 1)),
    )
    session.flush()
    return held
