"""A sealed report comes in: kept as it came, and opened in memory alone, to learn whom it names.

What stays: the box, a receipt, and the ids of readers whom it names. Nothing of its words.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.failpoints import reach
from fieldvisit.ground.clock import now
from fieldvisit.vault.keys import CannotOpenError, VaultKeys
from fieldvisit.vault.models import Box, Case, Destruction, Exclusion, Reader
from fieldvisit.vault.naming import Known, is_named
from fieldvisit.vault.store import Vault

LARGEST_BOX = 400 * 1024  # characters: 256 KiB before base64, its header, and some room
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ"  # none that is misheard or misread for another
_NUMBER = re.compile(rf"[{LETTERS}]{{8}}")


class BoxRefusedError(ValueError):
    """This is no box for this vault. Its sender keeps it. code: too-large, unreadable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Receipt:
    """received_at: ISO, in UTC, as signed. signature: ES256 by the vault over `receipt_text`."""

    number: str
    sha256: str
    received_at: str
    signature: str

    def as_json(self) -> dict[str, str]:
        return {
            "number": self.number, "sha256": self.sha256, "received_at": self.received_at, "signature": self.signature,
        }  # fmt: skip


def receipt_text(sha256: str, number: str, received_at: str) -> bytes:
    return f"fv-receipt1\n{sha256}\n{number}\n{received_at}".encode()


def digest_of(jwe: str) -> str:
    return hashlib.sha256(jwe.encode("ascii", "replace")).hexdigest()


def take_in(vault: Vault, jwe: str, received_at: datetime, at: datetime | None = None) -> Receipt:
    """The same box twice gives the same receipt. received_at: when it reached the main server; at: now; aware.

    Raises BoxRefusedError for what this vault cannot open: whoever sent it keeps it, and nothing is lost.
    """
    if len(jwe) > LARGEST_BOX:
        raise BoxRefusedError("too-large")
    said = read(open_box(vault.keys, jwe))  # before any transaction: it takes a moment, and SQLite has one writer
    sha256 = digest_of(jwe)
    try:
        with vault.store.writing() as session:
            return _kept(session, sha256) or _keep(session, vault.keys, jwe, sha256, said, received_at, at or now())
    except IntegrityError:  # two senders of one box at one instant, on PostgreSQL: the other one's receipt
        with vault.store.reading() as session:
            if found := _kept(session, sha256):
                return found
        raise


def open_box(keys: VaultKeys, jwe: str) -> bytes:
    """Raises BoxRefusedError."""
    try:
        return keys.open(jwe)
    except CannotOpenError:
        raise BoxRefusedError("unreadable") from None


def read(plain: bytes) -> dict[str, Any]:
    """What was said. A report in a form that no reader knows is no less a report: its whole text is its facts."""
    try:
        inside = json.loads(plain)
    except (ValueError, RecursionError):
        return {"facts": plain.decode("utf-8", "replace")}
    return _printable(_said(inside))


def _printable(said: dict[str, Any]) -> dict[str, Any]:
    """Half of a character that no page can be written with must not keep a case from being opened."""
    text = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace").decode()
    return dict(json.loads(text))


def _said(inside: Any) -> dict[str, Any]:
    said = inside.get("said") if isinstance(inside, dict) else None
    if isinstance(said, dict) and inside.get("v") == 1 and inside.get("kind") == "report":
        return said
    return {"facts": json.dumps(inside, indent=1, ensure_ascii=False)}


def _kept(session: Session, sha256: str) -> Receipt | None:
    box = session.scalars(select(Box).where(Box.sha256 == sha256)).first()
    return Receipt(box.number, box.sha256, _iso(box.received_at), box.signature) if box else None


def _keep(
    session: Session,
    keys: VaultKeys,
    jwe: str,
    sha256: str,
    said: Mapping[str, Any],
    received_at: datetime,
    at: datetime,
) -> Receipt:
    case = _quoted(session, said) or _new_case(session, keys, received_at)
    number = "".join(secrets.choice(LETTERS) for _ in range(8))
    signature = keys.sign(receipt_text(sha256, number, _iso(received_at)))
    session.add(
        Box(
            case_id=case.id, number=number, sha256=sha256, jwe=jwe, received_at=received_at, taken_at=at, signature=signature,
            danger=str(said.get("danger")) == "yes",
        )
    )  # fmt: skip
    exclude(session, case.id, (reader for reader in session.scalars(select(Reader)) if is_named(known(reader), said)),
            received_at)  # fmt: skip
    session.flush()
    reach("vault_before_commit")
    return Receipt(number, sha256, _iso(received_at), signature)


def _new_case(session: Session, keys: VaultKeys, at: datetime) -> Case:
    made = Case(id=new_id(), received_at=at)
    made.key = keys.lock(secrets.token_bytes(32), about_key(made.id))
    session.add(made)
    session.flush()
    return made


def _quoted(session: Session, said: Mapping[str, Any]) -> Case | None:
    """The case that this report adds to (N4): it quotes a receipt of it."""
    quoting = "".join(filter(str.isalpha, str(said.get("quoting") or "").upper()))
    if not _NUMBER.fullmatch(quoting):
        return None
    box = session.scalars(select(Box).where(Box.number == quoting)).first()
    if (
        box is None or session.get(Destruction, box.case_id) is not None
    ):  # its words are gone: what comes now is a new case
        return None
    return session.get(Case, box.case_id)


def exclude(session: Session, case_id: str, readers: Iterable[Reader], at: datetime) -> None:
    there = set(session.scalars(select(Exclusion.reader_id).where(Exclusion.case_id == case_id)))
    session.add_all(Exclusion(case_id=case_id, reader_id=r.id, at=at) for r in readers if r.id not in there)


def known(reader: Reader) -> Known:
    return Known(reader.person_id, reader.ref, reader.name, reader.email, reader.phone)


def about_key(case_id: str) -> str:
    """What a case's key is locked to: moved to another row it does not open (security.md 5.1)."""
    return f"safe_case|key|{case_id}"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
