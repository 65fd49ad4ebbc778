"""Coming in: who is enrolled, the second factor, and how long a browser stays in."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.ground.verdict import Refused, RefusedError, insist
from fieldvisit.vault import rules
from fieldvisit.vault.intake import exclude, known, open_box, read
from fieldvisit.vault.models import Box, Case, Exclusion, Reader, Stay, Try
from fieldvisit.vault.naming import Known, is_named, persons
from fieldvisit.vault.record import note
from fieldvisit.vault.rules import Rank
from fieldvisit.vault.store import Vault

ISSUER = "FieldVisit vault"
_TOUCHED_EVERY = timedelta(minutes=1)
WRONG = Refused("code", "This code is not right, or was used before. Wait for the next one and type it.")


@dataclass(frozen=True, slots=True)
class Staying:
    """A reader whose code was right, in this browser."""

    reader: Reader
    stay: Stay


# --- enrolling ----------------------------------------------------------------------------------------------------


def enrol(vault: Vault, person: Known, rank: Rank, at: datetime) -> tuple[Reader, str]:
    """A reader, and the otpauth address that their phone reads once. Enrolled again, the old codes end.

    Every report that is there is looked through in memory: who is named in an old one never sees it; and what is not
    there for somebody is not there under another sign-in of theirs.
    """
    secret = pyotp.random_base32()
    with vault.store.writing() as session:
        earlier = list(session.scalars(select(Reader)))
        who = persons({row.id: known(row) for row in earlier} | {"": person})
        earlier = [row for row in earlier if who[row.id] == who[""]]
        for old in earlier:
            if old.person_id == person.person_id:
                end(session, old, at)
        made = Reader(
            id=new_id(), person_id=person.person_id, rank=rank.value, ref=person.ref, name=person.name,
            email=person.email, phone=person.phone, totp=b"", enrolled_at=at, ended_at=None,
        )  # fmt: skip
        made.totp = vault.keys.lock(secret.encode(), _about_totp(made.id))
        session.add(made)
        session.flush()
        _lose_sight(session, vault, made, [old.id for old in earlier], at)
        note(session, vault, made, "enrolled", "", at)
    return made, uri_of(secret, person)


def uri_of(secret: str, person: Known) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=person.email or person.name, issuer_name=ISSUER)


def end(session: Session, reader: Reader, at: datetime) -> None:
    """Their codes open nothing from now on, and no browser of theirs is in."""
    reader.ended_at = reader.ended_at or at
    for stay in session.scalars(select(Stay).where(Stay.reader_id == reader.id, Stay.ended_at.is_(None))):
        stay.ended_at = at


def _lose_sight(session: Session, vault: Vault, reader: Reader, earlier: list[str], at: datetime) -> None:
    lost = set(session.scalars(select(Exclusion.case_id).where(Exclusion.reader_id.in_(earlier))))
    for case_id, jwe in session.execute(select(Box.case_id, Box.jwe).where(Box.jwe != "")):
        if case_id not in lost and is_named(known(reader), read(open_box(vault.keys, jwe))):
            lost.add(case_id)
    for case_id in sorted(lost):
        exclude(session, session.get_one(Case, case_id).id, [reader], at)


def _about_totp(reader_id: str) -> str:
    return f"reader|totp|{reader_id}"


# --- the second factor --------------------------------------------------------------------------------------------


def take_code(vault: Vault, reader: Reader, code: str, at: datetime) -> None:
    """Uses the code up. Raises RefusedError: too-many, or code for a wrong one and for one that was used.

    In a transaction of its own, so that what is refused afterwards cannot give the code back. One step before and after
    now is taken: phones' clocks differ.
    """
    with vault.store.writing() as session:
        row = session.get_one(Reader, reader.id)
        wrong = list(session.scalars(select(Try.at).where(Try.reader_id == row.id, Try.at > at - rules.WITHIN)))
        insist(rules.may_try_code(wrong, at))
        secret = vault.keys.unlock(row.totp, _about_totp(row.id)).decode()
        step = _step(secret, code, at)
        right = row.ended_at is None and step is not None and step > row.last_step
        if right and step is not None:
            row.last_step = step
        else:
            session.add(Try(reader_id=row.id, at=at))
            note(session, vault, row, "wrong-code", "", at)
    if not right:
        raise RefusedError(WRONG)


def _step(secret: str, code: str, at: datetime) -> int | None:
    digits = "".join(filter(str.isdecimal, code))
    if len(digits) != 6 or not digits.isascii():
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(digits, for_time=at, valid_window=1)
    except OTPVerificationError:
        return None


# --- staying ------------------------------------------------------------------------------------------------------


def reader_of(session: Session, person_id: str) -> Reader | None:
    wanted = select(Reader).where(Reader.person_id == person_id, Reader.ended_at.is_(None))
    return session.scalars(wanted.order_by(Reader.enrolled_at.desc())).first()


def come_in(vault: Vault, person_id: str, code: str, at: datetime) -> str:
    """The secret of a new stay. Raises RefusedError; LookupError for whoever is not enrolled."""
    with vault.store.reading() as session:
        reader = reader_of(session, person_id)
    if reader is None:
        raise LookupError(person_id)
    take_code(vault, reader, code, at)
    secret = secrets.token_urlsafe(32)
    with vault.store.writing() as session:
        note(session, vault, reader, "came-in", "", at)
        session.add(Stay(secret_hash=_hash(secret), reader_id=reader.id, made_at=at, seen_at=at, ended_at=None))
    return secret


def staying(vault: Vault, person_id: str, secret: str, at: datetime) -> Staying | None:
    """The reader behind this browser, if they are still in: not too long, not idle, and still the person signed in."""
    with vault.store.reading() as session:
        stay = session.scalars(select(Stay).where(Stay.secret_hash == _hash(secret))).first() if secret else None
        reader = session.get(Reader, stay.reader_id) if stay else None
    if stay is None or reader is None or reader.person_id != person_id:
        return None
    if stay.ended_at or reader.ended_at or not rules.is_staying(stay.made_at, stay.seen_at, at):
        return None
    if at - stay.seen_at >= _TOUCHED_EVERY:
        with vault.store.writing() as session:
            session.get_one(Stay, stay.id).seen_at = at
    return Staying(reader, stay)


def leave(vault: Vault, inside: Staying, at: datetime) -> None:
    with vault.store.writing() as session:
        session.get_one(Stay, inside.stay.id).ended_at = at
        note(session, vault, inside.reader, "left", "", at)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
