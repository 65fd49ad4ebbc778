"""That something reached us: its number, and the photos that it names."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldvisit.deployment import next_numbers
from fieldvisit.outbox.models import Arrival, Attachment
from fieldvisit.outbox.opening import Blob, HeldBackError
from fieldvisit.register.models import Grant

Row = tuple[str | None, str | None]  # the ids of an entry and of a held one: one of them is None


def number(session: Session, rows: Sequence[Row]) -> dict[Row, int]:
    """The number of arrival of each. Who has none yet gets one, in this order."""
    wanted = [row for row in dict.fromkeys(rows) if row != (None, None)]
    known = _known(session, wanted)
    new = [row for row in wanted if row not in known]
    if new:
        for row, seq in zip(new, next_numbers(session, len(new)), strict=True):
            session.add(Arrival(seq=seq, entry_id=row[0], held_id=row[1]))
            known[row] = seq
        session.flush()
    return known


def _known(session: Session, rows: Iterable[Row]) -> dict[Row, int]:
    entries = [entry for entry, _ in rows if entry]
    held = [held for _, held in rows if held]
    found = session.scalars(select(Arrival).where(or_(Arrival.entry_id.in_(entries), Arrival.held_id.in_(held))))
    return {(row.entry_id, row.held_id): row.seq for row in found}


def attachment_id(device: str, blob: str) -> str:
    """Ours, and the same for the same photo of the same phone: after a restore it finds its file again."""
    return hashlib.sha256(f"fv1-blob\n{device}\n{blob}".encode()).hexdigest()[:32]


def name_attachments(
    session: Session,
    blobs: Sequence[Blob],
    grant: Grant,
    at: datetime,
    *,
    entry_id: str | None = None,
    held_id: str | None = None,
) -> None:
    """From now on the phone may send them. Raises HeldBackError where another entry named the same with other bytes."""
    for blob in blobs:
        row = session.get(Attachment, attachment_id(grant.device, blob.id))
        if row is None:
            session.add(_row(blob, grant, at, entry_id, held_id))
        elif entry_id and (row.entry_id is not None or (row.csize, row.csha256) != (blob.csize, blob.csha256)):
            raise HeldBackError("conflict")
        elif entry_id:
            row.entry_id = entry_id  # it was held until now
    session.flush()


def _row(blob: Blob, grant: Grant, at: datetime, entry_id: str | None, held_id: str | None) -> Attachment:
    return Attachment(
        id=attachment_id(grant.device, blob.id),
        device=grant.device,
        blob=blob.id,
        entry_id=entry_id,
        held_id=held_id,
        grant_id=grant.id,
        type=blob.type,
        size=blob.size,
        csize=blob.csize,
        sha256=blob.sha256,
        csha256=blob.csha256,
        named_at=at,
    )


def not_complete(session: Session, rows: Iterable[Row]) -> dict[str, tuple[str, ...]]:
    """Blob ids that have not come whole, by the id of the entry or held one that names them."""
    entries = {entry for entry, _ in rows if entry}
    held = {held for _, held in rows if held}
    mine = or_(Attachment.entry_id.in_(entries), Attachment.held_id.in_(held))
    not_here = (Attachment.completed_at.is_(None), Attachment.purged_at.is_(None))
    waiting = session.scalars(select(Attachment).where(mine, *not_here).order_by(Attachment.id))
    found: dict[str, tuple[str, ...]] = {}
    for one in waiting:
        for owner in filter(None, {one.entry_id, one.held_id}):
            found[owner] = (*found.get(owner, ()), one.blob)
    return found
