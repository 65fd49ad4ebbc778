"""`fieldvisit check`: is what this home holds whole? Refolds every visit, walks every chain, looks at keys and schema."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit import schema
from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy, policy_as_kept
from fieldvisit.ground.roles import CHECKING
from fieldvisit.outbox.envelope import IntakeKey, digest_of, is_well_signed, signed_text
from fieldvisit.register.models import Grant
from fieldvisit.visits.fold import fold
from fieldvisit.visits.models import Entry, Envelope, PolicyVersion, Visit
from fieldvisit.visits.service import cached_state, chain_hash, entries_of, line_of

_AT_A_TIME = 500


def problems(config: Config, database: Database, policy: Policy, today: date) -> Iterator[str]:
    """One sentence for each thing that is wrong. Nothing is mended here."""
    yield from _of_keys(config)
    if not schema.is_current(database):
        yield "The database is behind this release. Start the server once, or run: fieldvisit migrate"
        return
    if warning := policy.working_days.warning(today):
        yield warning
    with database.reading(CHECKING) as session:
        policies = _Policies(session, policy)
        for visit in _visits(session):
            yield from _of_visit(session, visit, policies)


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
    state = cached_state(fold((line_of(entry) for entry in entries), policy))
    for column, value in state.items():
        if getattr(visit, column) != value:
            yield f"Visit {visit.ref}: {column} says {getattr(visit, column)!r}, its log adds up to {value!r}."


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
