"""Signing in and out; who a signed-in browser is."""

import contextlib
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from fieldvisit.ground.roles import SIGNED_IN, Duty, Principal, Role
from fieldvisit.ground.verdict import Allowed, Refused, Verdict
from fieldvisit.register.models import FailedSignIn, Grant, Person, SignIn
from fieldvisit.register.rules import KNOWN_DEVICE, SHORTEST_PASSWORD, STRANGERS, is_live, may_try, seen_every

_RAN_OUT_WITHIN = timedelta(days=1)
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@lru_cache(maxsize=1)
def _nobodys_password() -> str:
    """Checked when there is no such person, so that both answers take as long."""
    return _hasher.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"A password has {SHORTEST_PASSWORD} characters or more.")
    return _hasher.hash(password)


def counted_as(secret_key: bytes, email: str, device: str | None) -> str:
    """Whose guesses these are: the e-mail and, on a known device, the device. A keyed hash: no address is kept."""
    return hmac.new(secret_key, f"{email.strip().lower()}\n{device or ''}".encode(), hashlib.sha256).hexdigest()


def may_try_password(session: Session, who: str, known: bool, at: datetime) -> Verdict:
    limit = KNOWN_DEVICE if known else STRANGERS
    failed = session.scalars(
        select(FailedSignIn.at).where(FailedSignIn.who == who, FailedSignIn.at > at - limit.within)
    )
    return may_try(list(failed), at, limit)


@dataclass(frozen=True, slots=True)
class Claim:
    """Whom somebody says to be. person_id: None for nobody of ours, whose password is checked all the same."""

    person_id: str | None
    password_hash: str


def claim_of(session: Session, email: str) -> Claim:
    person = session.scalars(select(Person).where(Person.email == email.strip().lower())).first()
    if person is None or not person.password_hash:
        return Claim(None, _nobodys_password())
    return Claim(person.id, person.password_hash)


def is_right(claim: Claim, password: str) -> bool:
    """Slow on purpose: never with a transaction open, because SQLite has one writer."""
    try:
        _hasher.verify(claim.password_hash, password)
    except VerificationError:
        return False
    return claim.person_id is not None


def claimant(session: Session, claim: Claim) -> Person | None:
    """Whoever gave the right password, if it still is theirs and they may still come in."""
    person = session.get(Person, claim.person_id) if claim.person_id else None
    return person if person and person.password_hash == claim.password_hash and person.disabled_at is None else None


def note_failed(session: Session, who: str, at: datetime) -> None:
    session.execute(delete(FailedSignIn).where(FailedSignIn.at < at - timedelta(days=1)))
    session.add(FailedSignIn(who=who, at=at))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def sign_in(session: Session, person: Person, at: datetime) -> str:
    """A new secret for this browser; only its hash is kept."""
    secret = secrets.token_urlsafe(32)
    session.add(SignIn(secret_hash=_hash(secret), person_id=person.id, created_at=at, seen_at=at))
    return secret


def sign_out(session: Session, secret: str, at: datetime) -> None:
    found = session.scalars(select(SignIn).where(SignIn.secret_hash == _hash(secret))).first()
    if found and found.ended_at is None:
        found.ended_at = at


def person_of(session: Session, secret: str, at: datetime) -> tuple[Person, SignIn] | None:
    """Who this browser is signed in as, or None: unknown, ended, too old, idle too long, or the person was disabled."""
    answer = session.scalars(
        select(SignIn)
        .where(SignIn.secret_hash == _hash(secret))
        .options(  # one question, for every request asks it: a person's areas and duties are few
            joinedload(SignIn.person).joinedload(Person.areas),
            joinedload(SignIn.person).joinedload(Person.duties),
            joinedload(SignIn.person).joinedload(Person.firm),
        )
    )
    found = answer.unique().one_or_none()
    if found is None or found.ended_at is not None or found.person.disabled_at is not None:
        return None
    if not is_live(Role(found.person.role), found.created_at, found.seen_at, at):
        return None
    return found.person, found


def ran_out(session: Session, secret: str, at: datetime) -> str | None:
    """Whose sign-in this browser held until it ran out by itself, within a day. None: it was ended, or never was."""
    found = session.scalars(select(SignIn).where(SignIn.secret_hash == _hash(secret))).first() if secret else None
    if found is None or found.ended_at is not None or found.person.disabled_at is not None:
        return None
    return found.person_id if at - found.seen_at < _RAN_OUT_WITHIN else None


def should_touch(sign_in: SignIn, at: datetime) -> bool:
    return at - sign_in.seen_at > seen_every(Role(sign_in.person.role))


def touch(session: Session, sign_in_id: str, at: datetime) -> None:
    if found := session.get(SignIn, sign_in_id):
        found.seen_at = at


def principal_of(person: Person, at: datetime) -> Principal:
    """What the gate and the wall need to know: areas and duties as they stand at that instant (N5)."""

    def stands(row: object) -> bool:
        starts: datetime = row.starts  # type: ignore[attr-defined]
        ends: datetime | None = row.ends  # type: ignore[attr-defined]
        return starts <= at and (ends is None or at < ends)

    return Principal(
        person_id=person.id,
        role=Role(person.role),
        at=at,
        areas=frozenset(row.area_id for row in person.areas if stands(row)),
        firm_id=person.firm_id,
        duties=frozenset((Duty(row.duty), row.area_id) for row in person.duties if stands(row)),
    )


def principal_by_id(session: Session, person_id: str, at: datetime) -> Principal:
    person = session.scalars(
        select(Person).where(Person.id == person_id).options(selectinload(Person.areas), selectinload(Person.duties))
    ).one()
    return principal_of(person, at)


def may_manage(person: Person, manager: Person | None) -> Verdict:
    """Nobody manages themselves; whoever is sent to doors manages nobody, unless an officer; and a firm's people answer to
    their own firm or to the council, never to another firm. Refuses: own, circle, not-a-manager, other-firm."""
    if manager is None:
        return Allowed()
    if manager.id == person.id:
        return Refused("own", "Nobody is their own manager. Choose somebody else.")
    if manager.manager_id == person.id:
        return Refused("circle", f"{manager.name} answers to {person.name}. Change that first.")
    if manager.role == Role.OPERATIVE or Role(manager.role) not in SIGNED_IN:
        return Refused("not-a-manager", f"{manager.name} manages nobody here. Choose somebody else.")
    if manager.firm_id is not None and manager.firm_id != person.firm_id:
        return Refused(
            "other-firm", f"{manager.name} works for another firm. Choose somebody of their own, or the council."
        )
    return Allowed()


def enrol(
    session: Session, person_id: str, device: str, public_jwk: dict[str, object], label: str, at: datetime
) -> Grant:
    """A grant for this person on this phone. The same key again is the same grant; a new key ends the old ones."""
    live = session.scalars(
        select(Grant).where(Grant.device == device, Grant.person_id == person_id, Grant.revoked_at.is_(None))
    ).all()
    for grant in live:
        if grant.public_jwk == public_jwk:
            return grant
    kept = {name: public_jwk[name] for name in ("kty", "crv", "x", "y")}
    grant = Grant(person_id=person_id, device=device, public_jwk=kept, label=label, created_at=at)
    session.add(grant)
    session.flush()
    return grant


TENANTS_PAGE = "tenants-own-page"


def tenants_stand_in(session: Session) -> Person:
    """Who a line of a log is recorded by when a tenant wrote it on their own page: nobody who signs in or visits."""
    wanted = select(Person).where(Person.ref == TENANTS_PAGE)
    if found := session.scalars(wanted).first():
        return found
    with contextlib.suppress(IntegrityError), session.begin_nested():  # two tenants at one instant share one
        session.add(Person(ref=TENANTS_PAGE, role=Role.TENANT_LINK, name="The tenant, on their own page", email=None))
    return session.scalars(wanted).one()
