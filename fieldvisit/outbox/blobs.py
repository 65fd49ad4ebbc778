"""Photos and signatures as they come in, piece by piece (offline.md 3.4). The worker opens them, once they are whole."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from fieldvisit.evidence import service as files
from fieldvisit.failpoints import reach
from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.outbox import pictures
from fieldvisit.outbox.arrivals import attachment_id
from fieldvisit.outbox.envelope import is_well_signed
from fieldvisit.outbox.models import Attachment
from fieldvisit.outbox.rules import has_room
from fieldvisit.register.models import Grant

LARGEST_PIECE = 256 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """One request. blob: the phone's own id; total: how long the phone says the whole is."""

    blob: str
    offset: int
    total: int
    data: bytes

    def signed_text(self, grant: str) -> bytes:
        digest = hashlib.sha256(self.data).hexdigest()
        return "\n".join(("fv1-piece", grant, self.blob, str(self.offset), digest)).encode()


@dataclass(frozen=True, slots=True)
class PieceAnswer:
    """status: of HTTP. received: how many bytes stand here, in order from the first."""

    status: int
    received: int | None = None
    complete: bool = False
    code: str | None = None


_HEADER = re.compile(r"([A-Za-z0-9._:-]{1,64}) ([A-Za-z0-9_-]{1,128})")


def signer_of(session: Session, header: str, piece: Piece) -> Grant | None:
    """The grant that signed this piece; None where nobody's signature fits. A grant withdrawn since may still send."""
    said = _HEADER.fullmatch(header)
    grant = session.get(Grant, said[1]) if said else None
    if said is None or grant is None or not is_well_signed(grant.public_jwk, said[2], piece.signed_text(grant.id)):
        return None
    return grant


def take_piece(session: Session, grant: Grant, piece: Piece, folder: Path, at: datetime) -> PieceAnswer:
    """The row is locked until the transaction ends: one piece of one photo at a time. Raises OSError: no room."""
    row = _named(session, grant, piece.blob)
    if row is None:
        return PieceAnswer(404, code="not-known")
    if row.completed_at is not None or row.purged_at is not None:  # what was deleted on its day is not asked for again
        return PieceAnswer(200, row.csize, complete=True)
    end = piece.offset + len(piece.data)
    if piece.total != row.csize or end > row.csize:
        return PieceAnswer(413, row.received, code="too-big")
    if end <= row.received:
        return PieceAnswer(200, row.received)  # the answer was lost on the way
    if piece.offset != row.received or not piece.data:
        return PieceAnswer(409, row.received)
    if piece.offset == 0 and not has_room(_taken_today(session, row, at), row.csize):
        return PieceAnswer(507, 0, code="enough-today")  # held back, not lost: the phone keeps it and asks again
    files.write_piece(folder, row.id, piece.offset, piece.data)
    reach("blob_written")
    row.received = end
    return _look_at_the_whole(session, row, folder, at) if end == row.csize else PieceAnswer(200, end)


def _taken_today(session: Session, row: Attachment, at: datetime) -> int:
    """Of the same phone: what has come whole since midnight in London, and what has begun to come."""
    others = (Attachment.device == row.device, Attachment.id != row.id)
    under_way = and_(Attachment.completed_at.is_(None), Attachment.received > 0)
    today = Attachment.completed_at >= london_instant(london_date(at))
    return session.scalar(select(func.sum(Attachment.csize)).where(*others, or_(today, under_way))) or 0


def _named(session: Session, grant: Grant, blob: str) -> Attachment | None:
    """Named by an entry of the same person on the same phone: identity is per phone, as for entries."""
    of_person = select(Grant.id).where(Grant.person_id == grant.person_id)
    mine = select(Attachment).where(
        Attachment.id == attachment_id(grant.device, blob), Attachment.grant_id.in_(of_person)
    )
    return session.scalars(mine.with_for_update()).first()


def _look_at_the_whole(session: Session, row: Attachment, folder: Path, at: datetime) -> PieceAnswer:
    if files.sha256_of(files.path_of(folder, row.id), row.csize) != row.csha256:
        row.received = 0
        return PieceAnswer(409, 0, code="wrong-hash")  # from the beginning: it is not what was signed for
    row.completed_at = at
    pictures.wish(session, row, at)
    return PieceAnswer(200, row.csize, complete=True)


def take_whole(session: Session, device: str, blob: str, data: bytes, folder: Path, at: datetime) -> bool:
    """A photo out of a rescue file: no signature of its own, for its hash stands in an entry that is signed."""
    mine = select(Attachment).where(Attachment.id == attachment_id(device, blob)).with_for_update()
    row = session.scalars(mine).first()
    if row is None or hashlib.sha256(data).hexdigest() != row.csha256:
        return False
    if row.completed_at is None and row.purged_at is None:
        files.write_piece(folder, row.id, 0, data)
        row.received, row.completed_at = row.csize, at
        pictures.wish(session, row, at)
    return True


def adopt(session: Session, folder: Path, at: datetime) -> int:
    """Photos whose bytes lie here whole although no answer said so (killed between file and row; restored). How many."""
    unfinished = select(Attachment).where(Attachment.completed_at.is_(None), Attachment.purged_at.is_(None))
    waiting = session.scalars(unfinished.with_for_update())
    found = [row for row in waiting if files.sha256_of(files.path_of(folder, row.id), row.csize) == row.csha256]
    for row in found:
        row.received, row.completed_at = row.csize, at
        pictures.wish(session, row, at)
    return len(found)
