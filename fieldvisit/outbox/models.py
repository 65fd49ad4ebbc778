"""What a phone sent beside the visits' logs: entries that could not be folded, arrivals, photos, and the phones themselves."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    and_,
    exists,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldvisit.db import Base, nobody, protect, random_key
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.register.models import Grant, Person
from fieldvisit.visits.models import Entry, Visit, VisitWorker, visits_in_sight


class Held(Base):
    """Kept whole, shown to a person (ruling R1). It goes from the list by a person's act alone, and never from here."""

    __tablename__ = "held"
    id: Mapped[str] = random_key()
    device: Mapped[str] = mapped_column(String(64))
    uuid: Mapped[str] = mapped_column(String(36))
    seq: Mapped[int]
    grant_id: Mapped[str] = mapped_column(ForeignKey("grant_.id"))
    grant: Mapped[Grant] = relationship()
    envelope_sha256: Mapped[str] = mapped_column(String(64))
    jwe: Mapped[bytes] = mapped_column(LargeBinary)
    sig: Mapped[str] = mapped_column(String(128))
    code: Mapped[str] = mapped_column(String(20))  # one of ruling R1's closed list
    visit_id: Mapped[str | None] = mapped_column(String(64))  # as the phone said it: it may not be there
    received_at: Mapped[datetime]
    skew_s: Mapped[int | None]  # of the batch that it came in: needed when it is taken in later
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    settled_how: Mapped[str | None] = mapped_column(String(8))  # taken, aside
    settled_why: Mapped[str | None] = mapped_column(Text)
    # the same bytes again are a duplicate; other bytes under the same identity are kept beside them
    __table_args__ = (
        UniqueConstraint("device", "uuid", "envelope_sha256"),
        Index(None, "settled_at", "received_at", "id"),
    )


class Arrival(Base):
    """The number under which an entry, or a held one, came in: of the whole server, in the order of commits.

    A table of its own: `entry` only grows and its chain is over the visit; that a thing reached us is another matter,
    and what is held has a number too.
    """

    __tablename__ = "arrival"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[str | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    held_id: Mapped[str | None] = mapped_column(ForeignKey("held.id"), unique=True)


class FailedParse(Base):
    """How often one entry has broken its reader: after five times it is kept whole and held (F29)."""

    __tablename__ = "failed_parse"
    id: Mapped[str] = random_key()
    device: Mapped[str] = mapped_column(String(64))
    uuid: Mapped[str] = mapped_column(String(36))
    envelope_sha256: Mapped[str] = mapped_column(String(64))
    times: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("device", "uuid", "envelope_sha256"),)


class Phone(Base):
    """One storage of one phone, as it spoke of itself at its last contact (promise O8)."""

    __tablename__ = "phone"
    id: Mapped[str] = random_key()
    device: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person: Mapped[Person] = relationship()
    area_id: Mapped[str | None] = mapped_column(ForeignKey("area.id"))  # where the person last worked
    heard_at: Mapped[datetime]
    last_seq: Mapped[int]
    queued: Mapped[int]  # still on the phone, after what came with its last message
    missing: Mapped[int]
    epoch: Mapped[str] = mapped_column(String(32))  # the server's, at that contact
    gaps: Mapped[int] = mapped_column(default=0)  # how many gap tasks were raised so far
    told: Mapped[int] = mapped_column(default=0)  # how many were missing when the last was raised; 0 when it was closed
    __table_args__ = (Index(None, "queued", "heard_at"),)


class Attachment(Base):
    """A photo's or a signature's ciphertext, as it comes in, and what was made of it. Its first key is in the seal alone.

    id: made of device and the phone's own blob id, so that after a restore the same photo finds the same file again.
    picture: "" while it comes in or its entry is held; then wanted, and cleaned or refused; or over, the visit's quota.
    """

    __tablename__ = "attachment"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    device: Mapped[str] = mapped_column(String(64))
    blob: Mapped[str] = mapped_column(String(36))
    entry_id: Mapped[str | None] = mapped_column(ForeignKey("entry.id"), index=True)
    held_id: Mapped[str | None] = mapped_column(ForeignKey("held.id"), index=True)
    grant_id: Mapped[str] = mapped_column(ForeignKey("grant_.id"))
    type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int] = mapped_column(BigInteger)
    csize: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    csha256: Mapped[str] = mapped_column(String(64))
    named_at: Mapped[datetime]
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    completed_at: Mapped[datetime | None]
    purged_at: Mapped[datetime | None]  # its bytes were deleted on their day; the row and the log's line stay
    picture: Mapped[str] = mapped_column(String(8), default="")
    picture_at: Mapped[datetime | None]
    refused_why: Mapped[str] = mapped_column(String(200), default="")  # a sentence of ours
    stored: Mapped[str | None] = mapped_column(String(64))  # its name in the store: SHA-256 of the ciphertext there
    stored_size: Mapped[int | None]  # bytes of that ciphertext
    plain_sha256: Mapped[str | None] = mapped_column(
        String(64)
    )  # of the picture that was made; `sha256` is the phone's
    key_id: Mapped[str | None] = mapped_column(String(32), index=True)  # of the home's key, while there is one
    sealed_gone_at: Mapped[datetime | None]  # what the phone sealed was removed, the picture being safe
    __table_args__ = (UniqueConstraint("device", "blob"), Index(None, "picture", "completed_at"))


# --- who sees what ----------------------------------------------------------------------------------------------


@cache
def _rows_of(model: type[Base], part: str = "") -> Any:
    """Bare rows for a sight alone: a model there would have its own sight put in once more."""
    return model.__table__.alias().c


def _held_in_sight(asking: Principal) -> ColumnElement[bool]:
    """An officer of the visit's area; where the visit is not known, of an area that the person works in; else any."""
    if asking.role is not Role.OFFICER:
        return nobody()
    visit, grant, worker, worked = _rows_of(Visit), _rows_of(Grant), _rows_of(VisitWorker), _rows_of(Visit, "worked")
    known = exists(select(visit.id).where(visit.id == Held.visit_id))
    here = exists(select(visit.id).where(visit.id == Held.visit_id, visit.area_id.in_(asking.areas)))
    works = select(worker.id).where(
        grant.id == Held.grant_id, worker.person_id == grant.person_id, worked.id == worker.visit_id
    )
    works_here = exists(works.where(worked.area_id.in_(asking.areas)))
    return or_(here, and_(~known, or_(works_here, ~exists(works))))


def _attachments_in_sight(asking: Principal) -> ColumnElement[bool]:
    if asking.role is not Role.OFFICER:
        return nobody()
    entry, visit = _rows_of(Entry), _rows_of(Visit)
    its_visit = and_(visit.id == entry.visit_id, visits_in_sight(asking, visit))
    return exists(select(entry.id).where(entry.id == Attachment.entry_id, its_visit))


protect(Held, _held_in_sight)
protect(Attachment, _attachments_in_sight)
