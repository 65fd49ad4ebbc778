"""`fieldvisit check`: is what this home holds whole? Refolds every visit, walks every chain, looks at keys and schema,
and at what should have been done or heard of by now.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldvisit import schema
from fieldvisit.breaches import case_check
from fieldvisit.complaints import service as complaints
from fieldvisit.complaints.models import Complaint
from fieldvisit.complaints.state import ENDED as COMPLAINT_ENDED
from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.desk.check_calls import of_calls
from fieldvisit.evidence import keys
from fieldvisit.evidence.service import path_of
from fieldvisit.evidence.store import Store, StoreAwayError, store_of
from fieldvisit.ground.clock import london_date, london_instant, now, say_date
from fieldvisit.ground.policy import Policy, policy_as_kept
from fieldvisit.ground.roles import CHECKING
from fieldvisit.hazards import service as hazards
from fieldvisit.hazards.models import Hazard, HazardStep
from fieldvisit.jobs import GAVE_UP, Work
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.notices.models import Notice
from fieldvisit.outbox import purging
from fieldvisit.outbox.envelope import IntakeKey, digest_of, is_well_signed, signed_text
from fieldvisit.outbox.models import Attachment
from fieldvisit.register.models import Area, Grant
from fieldvisit.visits import lawful_entry_service as lawful_entries
from fieldvisit.visits.fold import Line, fold
from fieldvisit.visits.hearing import known_of, news
from fieldvisit.visits.lawful_entry_models import LawfulEntry
from fieldvisit.visits.models import Entry, Envelope, PolicyVersion, Visit
from fieldvisit.visits.service import cached_state, chain_hash, entries_of, line_of
from fieldvisit.visits.state import ENDED

_AT_A_TIME = 500
LATE = timedelta(days=3)  # a worker does its work within minutes, and a provider says within three days what came of it


def problems(config: Config, database: Database, policy: Policy, today: date) -> Iterator[str]:
    """One sentence for each thing that is wrong. Nothing is mended here."""
    yield from _of_keys(config)
    if not schema.is_current(database):
        yield "The database is behind this release. Start the server once, or run: fieldvisit migrate"
        return
    if warning := policy.working_days.warning(today):
        yield warning
    yield from keys.faults(database, config.evidence_kek)
    yield from case_check.faults(database)
    with database.reading(CHECKING) as session:
        policies = _Policies(session, policy)
        for visit in _visits(session):
            yield from _of_visit(session, visit, policies)
        yield from _of_hazards(session, policy)
        yield from _of_lawful_entries(session, policy)
        yield from _of_complaints(session, policy)
        yield from _of_work(session, today)
        yield from _of_silence(session, today)
        yield from of_calls(session, config, now())
        yield from _of_files(session, config, policy, today)


def _of_keys(config: Config) -> Iterator[str]:
    for name in ("session.key", "intake.jwk"):
        path = config.keys / name
        if not path.exists():
            yield f"{path} is missing."
        elif path.stat().st_mode & 0o077:
            yield f"{path} can be read by others. Run: chmod 600 {path}"
    if (config.keys / "intake.jwk").exists():
        IntakeKey.from_file(config.keys / "intake.jwk")


def _visits(session: Session) -> Iterator[Visit]:
    after = ""
    while rows := list(session.scalars(select(Visit).where(Visit.id > after).order_by(Visit.id).limit(_AT_A_TIME))):
        yield from rows
        after = rows[-1].id
        session.expunge_all()


class _Policies:
    """The policies that logs were judged by, as they were."""

    def __init__(self, session: Session, now: Policy) -> None:
        self.session, self.known = session, {now.hash: now}

    def of(self, visit: Visit) -> Policy | None:
        if visit.policy_hash not in self.known:
            kept = self.session.get(PolicyVersion, visit.policy_hash)
            if kept is None:
                return None
            self.known[visit.policy_hash] = policy_as_kept(kept.name, kept.text)
        return self.known[visit.policy_hash]


def _of_visit(session: Session, visit: Visit, policies: _Policies) -> Iterator[str]:
    entries = entries_of(session, visit.id)
    yield from _of_chain(visit, entries)
    yield from _of_signatures(session, visit, entries)
    policy = policies.of(visit)
    if policy is None:
        yield f"Visit {visit.ref}: the policy that it was judged by ({visit.policy_hash[:12]}) is not kept."
        return
    lines = [line_of(entry) for entry in entries]
    state = cached_state(fold(lines, policy))
    for column, value in state.items():
        if getattr(visit, column) != value:
            yield f"Visit {visit.ref}: {column} says {getattr(visit, column)!r}, its log adds up to {value!r}."
    yield from _of_notices(session, visit, lines)


def _of_notices(session: Session, visit: Visit, lines: list[Line]) -> Iterator[str]:
    """A notice is recorded again when more is known of it: its row says the last of it, and its log what was heard."""
    for row in session.scalars(select(Notice).where(Notice.visit_id == visit.id)):
        known = known_of(lines, row.id)
        if known is None:
            continue  # a later line corrected it
        failed = known.delivery != known.recorded.delivery
        said = (known.delivery, None if failed else known.recorded.delivered_at, known.recorded.despatched_at)
        if (row.delivery, row.delivered_at, row.despatched_at, bool(row.withdrawn_at)) != (*said, known.withdrawn):
            yield f"Visit {visit.ref}: the row of a notice does not say what its log says of it."
    waits = select(Work.subject_id).where(Work.kind == "hear", Work.done_at.is_(None))
    sent = select(Message).where(Message.visit_id == visit.id, Message.notice_id.is_not(None), Message.id.not_in(waits))
    for message in session.scalars(sent):
        known = known_of(lines, message.notice_id or "")
        if known and news(known, messages.standing_of(session, message)):
            yield f"Visit {visit.ref}: its log does not say what became of the message {message.id}."


def _of_lawful_entries(session: Session, policy: Policy) -> Iterator[str]:
    after = ""
    while rows := session.scalars(
        select(LawfulEntry).where(LawfulEntry.id > after).order_by(LawfulEntry.id).limit(_AT_A_TIME)
    ).all():
        steps = lawful_entries.steps_of(session, [row.id for row in rows])
        for row in rows:
            for column, value in lawful_entries.cached(lawful_entries.state_of(steps[row.id], policy)).items():
                if getattr(row, column) != value:
                    yield f"Entry {row.id}: {column} says {getattr(row, column)!r}, its steps add up to {value!r}."
        after = rows[-1].id
        session.expunge_all()


def _of_hazards(session: Session, policy: Policy) -> Iterator[str]:
    """Every case of a hazard, folded anew from its steps, by today's policy: a number that was changed since its last
    step shows here until the next one is added."""
    after = ""
    while rows := session.scalars(select(Hazard).where(Hazard.id > after).order_by(Hazard.id).limit(_AT_A_TIME)).all():
        steps = hazards.steps_of(session, [row.id for row in rows])
        for row in rows:
            yield from _of_hazard(row, steps[row.id], policy)
        after = rows[-1].id
        session.expunge_all()


def _of_hazard(row: Hazard, steps: list[HazardStep], policy: Policy) -> Iterator[str]:
    if [step.position for step in steps] != list(range(1, len(steps) + 1)):
        yield f"Hazard {row.ref}: a step of it was lost."
        return
    try:
        state = hazards.state_from(steps)
    except (KeyError, ValueError):
        yield f"Hazard {row.ref}: its steps add up to nothing."
        return
    for column, value in hazards.cached(state, policy).items():
        if getattr(row, column) != value:
            yield f"Hazard {row.ref}: {column} says {getattr(row, column)!r}, its steps add up to {value!r}."


def _of_complaints(session: Session, policy: Policy) -> Iterator[str]:
    """Every complaint, folded anew from its steps; and areas in which nobody would see one that is open."""
    lonely: set[str] = set()
    after, wanted = "", select(Complaint).order_by(Complaint.id).limit(_AT_A_TIME)
    while rows := session.scalars(wanted.where(Complaint.id > after)).all():
        steps = complaints.steps_of(session, [row.id for row in rows])
        for row in rows:
            if [step.position for step in steps[row.id]] != list(range(1, len(steps[row.id]) + 1)):
                yield f"Complaint {row.ref}: a step of it was lost."
                continue
            for column, value in complaints.cached(complaints.state_from(steps[row.id]), policy).items():
                if getattr(row, column) != value:
                    yield f"Complaint {row.ref}: {column} says {getattr(row, column)!r}, its steps add up to {value!r}."
            if (
                row.stage not in COMPLAINT_ENDED
                and row.area_id
                and not complaints.officers(session, row.area_id, now())
            ):
                lonely.add(row.area_id)
        after = rows[-1].id
        session.expunge_all()
    for area in session.scalars(select(Area).where(Area.id.in_(lonely)).order_by(Area.name)):
        yield f"Nobody sees the complaints of {area.name}: give an officer there the duty ‘complaints’."


def _of_work(session: Session, today: date) -> Iterator[str]:
    given_up = select(Work).where(Work.done_at.is_not(None), Work.trouble.startswith(GAVE_UP))
    for work in session.scalars(given_up.order_by(Work.done_at, Work.id)):
        why = work.trouble.removeprefix(GAVE_UP)
        yield f"Work was left undone after {work.tries} tries: {work.kind} of {work.subject_id} ({why})."
    overdue = select(Work).where(Work.done_at.is_(None), Work.due_at < london_instant(today) - LATE)
    if waiting := session.scalars(overdue.order_by(Work.due_at)).all():
        since = say_date(london_date(waiting[0].due_at))
        yield f"Work waits since {since} ({len(waiting)} in all). Is a worker running? Start one: fieldvisit worker"


def _of_silence(session: Session, today: date) -> Iterator[str]:
    """Notices of which nobody knows by now whether they came, while the visit is still to be. Of e-mail by SMTP nobody
    ever will."""
    silent = (
        select(Message, Visit.ref)
        .join(Visit, Visit.id == Message.visit_id)
        .where(Message.notice_id.is_not(None), Message.state != messages.WITHDRAWN, Message.provider != "smtp")
        .where(Message.written_at < london_instant(today) - LATE, Visit.stage.not_in(ENDED))
    )
    for message, ref in session.execute(silent.order_by(Message.written_at, Message.id)):
        heard = messages.standing_of(session, message)
        if heard.delivery == "pending" and heard.despatched_at is None:
            since = say_date(london_date(message.written_at))
            yield f"Visit {ref}: nothing has been heard of the message {message.id} since {since}."


def _of_files(session: Session, config: Config, policy: Policy, today: date) -> Iterator[str]:
    """Photos and signatures: those that should be here are, whole; those that were deleted on their day are not."""
    after, store = "", store_of(config)
    rows = select(Attachment).where(or_(Attachment.completed_at.is_not(None), Attachment.purged_at.is_not(None)))
    while found := session.scalars(rows.where(Attachment.id > after).order_by(Attachment.id).limit(_AT_A_TIME)).all():
        for row in found:
            sealed = path_of(config.attachments, row.id).exists()
            if row.purged_at and (sealed or row.stored):
                yield f"The file of the photo {row.id} is still here."
            elif not row.purged_at and not sealed and not row.stored:
                yield f"The file of the photo {row.id} is missing."
            elif not row.purged_at and row.stored and (lost := _lost(store, row.stored)):
                yield f"The photo {row.id} cannot be opened: {lost}."
        after = found[-1].id
        session.expunge_all()
    if late := purging.overdue(session, policy, today - LATE):
        yield f"{late} photos or signatures should have been deleted by now. Is a worker running? Start one: fieldvisit worker"


def _lost(store: Store, name: str) -> str:
    try:
        return "" if store.has(name) else "its file is not here"
    except StoreAwayError as error:
        return str(error)


def _of_chain(visit: Visit, entries: list[Entry]) -> Iterator[str]:
    before = ""
    for place, entry in enumerate(entries, start=1):
        if (entry.position, entry.prev_hash, entry.hash) != (place, before, chain_hash(entry)):
            yield f"Visit {visit.ref}: line {place} of its log was changed, moved or lost."
            return
        before = entry.hash
    if (visit.entries, visit.head) != (len(entries), before):
        yield f"Visit {visit.ref}: its log should have {visit.entries} lines and has {len(entries)}."


def _of_signatures(session: Session, visit: Visit, entries: list[Entry]) -> Iterator[str]:
    signed = {entry.id: entry for entry in entries if entry.grant_id}
    for envelope in session.scalars(select(Envelope).where(Envelope.entry_id.in_(signed))):
        entry = signed[envelope.entry_id]
        sealed = envelope.jwe.decode("ascii", "replace")
        grant = session.get_one(Grant, entry.grant_id)
        text = signed_text(grant.id, entry.uuid, entry.seq or 0, sealed)
        if digest_of(sealed) != entry.envelope_sha256 or not is_well_signed(grant.public_jwk, envelope.sig, text):
            yield f"Visit {visit.ref}: line {entry.position} is not what the phone signed."
