"""The spool: a sealed report is taken in, handed to the vault, and its receipt kept until its sender has asked for it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldvisit.deployment import next_numbers
from fieldvisit.jobs import want
from fieldvisit.safeguarding.models import SealedBox
from fieldvisit.safeguarding.rules import RECEIPT_KEPT

WORK = "box"  # the kind of work that hands one over


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the vault signed for one box. received_at: in its own spelling."""

    number: str
    sha256: str
    received_at: str
    signature: str


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("ascii", "replace")).hexdigest()


def seen(session: Session, device: str, uuid: str, envelope_sha256: str) -> str | None:
    """The id of the row for these very bytes, if they came before."""
    same = (SealedBox.device == device, SealedBox.uuid == uuid, SealedBox.envelope_sha256 == envelope_sha256)
    return session.scalars(select(SealedBox.id).where(*same)).first()


def take(
    session: Session, *, device: str, uuid: str, seq: int | None, envelope_sha256: str, box: str | None, at: datetime
) -> SealedBox:
    """Whatever became of the visit, the phone or the person meanwhile (R1: never held, never lost).

    box: None for an entry of an app so old that it sealed nothing; there is nothing to hand over then.
    """
    row = SealedBox(
        device=device, uuid=uuid, seq=seq, envelope_sha256=envelope_sha256, sha256=digest_of(box) if box else "",
        jwe=box, received_at=at, delivered_at=None if box else at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    if box:
        want(session, WORK, row.id, due=at)
    return row


def number(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """Their numbers of arrival. Who has none yet gets one, in this order."""
    rows = {row.id: row for row in session.scalars(select(SealedBox).where(SealedBox.id.in_(ids)))} if ids else {}
    new = [rows[one] for one in dict.fromkeys(ids) if rows[one].arrival is None]
    if new:
        for row, arrival in zip(new, next_numbers(session, len(new)), strict=True):
            row.arrival = arrival
        session.flush()
    return {row.id: row.arrival for row in rows.values() if row.arrival is not None}


def signed_for(session: Session, box_id: str, receipt: Receipt, at: datetime) -> None:
    """The vault has it: what was sealed goes from here."""
    row = session.get_one(SealedBox, box_id, with_for_update=True)
    row.jwe, row.delivered_at = None, at
    row.number, row.signed_at, row.signature = receipt.number, receipt.received_at, receipt.signature


def receipts_of(session: Session, device: str, uuid: str) -> list[Receipt]:
    """Of one that was sent under this number, by this device: none while it waits. More than one after a mix-up."""
    mine = (SealedBox.device == device, SealedBox.uuid == uuid, SealedBox.number != "")
    rows = session.scalars(select(SealedBox).where(*mine).order_by(SealedBox.received_at, SealedBox.id))
    return [Receipt(row.number, row.sha256, row.signed_at, row.signature) for row in rows]


def forget_receipts(session: Session, at: datetime) -> None:
    old = update(SealedBox).where(SealedBox.number != "", SealedBox.delivered_at < at - RECEIPT_KEPT)
    session.execute(old.values(number="", signed_at="", signature=""))
