"""What a visit's log has with it, and how a photo or a signature comes out of the phone's seal, whose key is in the
sealed entry alone. Opened by the worker (pictures.py), and by nobody who looks."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.evidence import service as files
from fieldvisit.outbox.envelope import IntakeKey
from fieldvisit.outbox.models import Attachment
from fieldvisit.outbox.opening import Blob, HeldBackError, blobs_in, unseal
from fieldvisit.outbox.rules import CLEANED, OVER, REFUSED
from fieldvisit.visits.models import Entry, Envelope

SIGNATURE = "application/json"  # strokes with their times


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What one line of a visit's log has with it. standing: phone, making, ready, refused, over, deleted.
    why: a sentence, where it was refused."""

    id: str
    is_signature: bool
    standing: str
    purged_at: datetime | None = None
    why: str = ""

    @property
    def is_here(self) -> bool:
        """It can be looked at."""
        return self.standing == "ready"


class NotAsSealed(Exception):
    """The bytes are not those that were sealed. The text says what is the matter."""


def of_visit(session: Session, visit_id: str) -> dict[str, list[Enclosed]]:
    """By entry, in the order of their names; only what the person asking may open."""
    lines = select(Entry.id).where(Entry.visit_id == visit_id)
    rows = session.scalars(select(Attachment).where(Attachment.entry_id.in_(lines)).order_by(Attachment.id))
    found: dict[str, list[Enclosed]] = {}
    for row in rows:
        one = Enclosed(row.id, row.type == SIGNATURE, standing_of(row), row.purged_at, row.refused_why)
        found.setdefault(row.entry_id or "", []).append(one)
    return found


def standing_of(row: Attachment) -> str:
    if row.purged_at is not None:
        return "deleted"
    if row.completed_at is None:
        return "phone"
    return {CLEANED: "ready", REFUSED: "refused", OVER: "over"}.get(row.picture, "making")


def find(session: Session, visit_id: str, attachment_id: str) -> tuple[Attachment, Entry] | None:
    """Of that visit, whole, and in sight of the person asking."""
    query = select(Attachment, Entry).where(
        Attachment.id == attachment_id, Attachment.entry_id == Entry.id, Entry.visit_id == visit_id,
        Attachment.completed_at.is_not(None), Attachment.purged_at.is_(None),
    )  # fmt: skip
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None


def plain_bytes(session: Session, row: Attachment, entry: Entry, folder: Path, key: IntakeKey) -> bytes:
    """session: of system work that may read the envelope. Raises NotAsSealed."""
    envelope = session.scalars(select(Envelope).where(Envelope.entry_id == entry.id)).first()
    if envelope is None or entry.grant_id is None:
        raise NotAsSealed("the sealed entry is not kept")
    blob = _named(envelope.jwe.decode("ascii", "replace"), row, entry, key)
    try:
        cipher = files.read_whole(folder, row.id, row.csize)
        plain = AESGCM(_raw(blob.key)).decrypt(_raw(blob.iv), cipher, row.blob.encode("ascii"))
    except FileNotFoundError:
        raise NotAsSealed("its file is not here") from None
    except (InvalidTag, ValueError):
        raise NotAsSealed("its file was changed") from None
    if hashlib.sha256(plain).hexdigest() != blob.sha256 or len(plain) != blob.size:
        raise NotAsSealed("it is not the photo that was taken")
    return plain


def _named(jwe: str, row: Attachment, entry: Entry, key: IntakeKey) -> Blob:
    try:
        inside = unseal(jwe, entry.uuid, entry.grant_id or "", key)
        named: Sequence[Blob] = blobs_in(inside, None)
    except HeldBackError:
        raise NotAsSealed("the sealed entry cannot be opened with this home’s keys") from None
    for blob in named:
        if blob.id == row.blob:
            return blob
    raise NotAsSealed("the sealed entry does not name it")


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
