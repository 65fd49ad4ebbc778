"""What a call handler types is kept as they type it: sealed, on the server, and their own until it is filed (N4).

Nothing of it stays on the machine, and a copy of the database does not open it: its key comes from this home's secret.
So it is on each page of the phone line (draft_pages.py), and on which of them is sealed too.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.breaches.models import ConcernDraft
from fieldvisit.breaches.rules import draft_dies_at
from fieldvisit.ground.clock import end_of_london_day, london_date, london_instant
from fieldvisit.ground.policy import Policy

_NONCE = 12
CONDUCT, HAZARD, COMPLAINT = "conduct", "hazard", "complaint"  # pages of the phone line


@dataclass(frozen=True, slots=True)
class Draft:
    """began_at: when the first of it reached us. page: of those above."""

    id: str
    saved_at: datetime
    number: int
    page: str
    began_at: datetime
    typed: Mapping[str, Any]


def draft_key(secret: bytes) -> bytes:
    return hmac.digest(secret, b"drafts of concerns 1", "sha256")


def save(
    session: Session, person_id: str, typed: Mapping[str, Any], number: int, *, at: datetime, policy: Policy, key: bytes,
    page: str = CONDUCT,
) -> bool:  # fmt: skip
    """False: this form is not theirs, or was filed. number: of the keystrokes; an older save that comes late is let go."""
    row_key = _row_key(typed["k"])
    row = _locked(session, row_key)
    if row is not None:
        if row.filed:
            return False
        if number > row.number:
            before = _open(row, key) or {}
            _write(row, _said(typed, page, before.get("began", at.isoformat())), number, at, policy, key)
        return True
    row = ConcernDraft(form_key=row_key, person_id=person_id, filed=False)
    _write(row, _said(typed, page, at.isoformat()), number, at, policy, key)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def waiting(session: Session, at: datetime, key: bytes) -> Sequence[Draft]:
    """The drafts of the person asking that live, the newest first. One that cannot be opened any more is left out."""
    rows = session.scalars(
        select(ConcernDraft)
        .where(ConcernDraft.filed.is_(False), ConcernDraft.dies_at >= at)
        .order_by(ConcernDraft.saved_at.desc())
    )
    return [_draft(row, said) for row in rows if (said := _open(row, key))]


def drop(session: Session, person_id: str, form_key: str, *, at: datetime, policy: Policy) -> None:
    """It is filed. An empty row says so for a day, so that a save that comes late makes no new draft."""
    row = _locked(session, _row_key(form_key)) or ConcernDraft(form_key=_row_key(form_key), person_id=person_id)
    row.filed, row.sealed, row.saved_at, row.dies_at = True, b"", _day_of(at), draft_dies_at(at, policy)
    session.add(row)
    session.flush()


def drop_one(session: Session, draft_id: str) -> None:
    session.execute(delete(ConcernDraft).where(ConcernDraft.id == draft_id, ConcernDraft.filed.is_(False)))


def sweep(session: Session, at: datetime) -> None:
    """Whosever they were: what nobody filed in time, and what nobody came to read back."""
    session.execute(delete(ConcernDraft).where(ConcernDraft.dies_at < at))


# --- what is read back ---------------------------------------------------------------------------------------


def keep_read_back(
    session: Session,
    person_id: str,
    identity: str,
    said: Mapping[str, Any],
    *,
    at: datetime,
    policy: Policy,
    key: bytes,
) -> str:
    """By what it is read back: made of the identity under a key, so that nothing here leads to the concern (T31)."""
    name = hmac.digest(key, f"read back\n{identity}".encode(), "sha256").hex()[:32]
    row = _locked(session, name) or ConcernDraft(form_key=name, person_id=person_id, filed=True)
    _write(row, said, 0, at, policy, key)
    row.saved_at, row.dies_at = _day_of(at), end_of_london_day(london_date(at))
    session.add(row)
    session.flush()
    return name


def read_back(session: Session, name: str, at: datetime, key: bytes) -> Mapping[str, Any] | None:
    """What is to be said to the caller, until whoever took it says that they have it: a page that is loaded anew loses
    nothing while they are on the line."""
    row = session.scalars(select(ConcernDraft).where(ConcernDraft.form_key == name)).first()
    if row is None or not row.filed or not row.sealed or row.dies_at < at:
        return None
    return _open(row, key)


def is_read_back(session: Session, name: str) -> None:
    """They have it: from now on nobody is shown it again."""
    session.execute(delete(ConcernDraft).where(ConcernDraft.form_key == name, ConcernDraft.sealed != b""))


def _said(typed: Mapping[str, Any], page: str, began: str) -> dict[str, Any]:
    return {"typed": dict(typed), "page": page, "began": began}


def _draft(row: ConcernDraft, said: Mapping[str, Any]) -> Draft:
    """An older release kept what was typed alone, of conduct."""
    if "typed" not in said:
        return Draft(row.id, row.saved_at, row.number, CONDUCT, row.saved_at, said)
    return Draft(row.id, row.saved_at, row.number, said["page"], datetime.fromisoformat(said["began"]), said["typed"])


def _day_of(at: datetime) -> datetime:
    """Of what is filed: the minute would be that of the call (T31)."""
    return london_instant(london_date(at))


def _row_key(form_key: str) -> str:
    """A receipt is made of the form's key: of that nothing may stay but what does not lead back to it."""
    return hashlib.sha256(f"draft\n{form_key}".encode()).hexdigest()[:32]


def _locked(session: Session, form_key: str) -> ConcernDraft | None:
    return session.scalars(select(ConcernDraft).where(ConcernDraft.form_key == form_key).with_for_update()).first()


def _write(row: ConcernDraft, said: Mapping[str, Any], number: int, at: datetime, policy: Policy, key: bytes) -> None:
    nonce = secrets.token_bytes(_NONCE)
    plain = json.dumps(dict(said)).encode()
    row.sealed = nonce + AESGCM(key).encrypt(nonce, plain, _about(row))
    row.number, row.saved_at, row.dies_at = number, at, draft_dies_at(at, policy)


def _open(row: ConcernDraft, key: bytes) -> Mapping[str, Any] | None:
    try:
        plain = AESGCM(key).decrypt(row.sealed[:_NONCE], row.sealed[_NONCE:], _about(row))
    except InvalidTag:  # this home has another secret by now
        return None
    said: Mapping[str, Any] = json.loads(plain)
    return said


def _about(row: ConcernDraft) -> bytes:
    return f"{row.person_id} {row.form_key}".encode()
