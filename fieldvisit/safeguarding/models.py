"""Sealed reports on their way to the vault. No person sees a row, whatever their role: not even that there is one (N3)."""

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldvisit.db import Base, nobody, protect, random_key


class SealedBox(Base):
    """One report as it came: who sent it is not said here, nor which visit it is about.

    envelope_sha256: of the envelope that it came in (R2); that envelope is not kept. jwe: the box, until the vault has
    signed for it. arrival: its number among all that reached us. signed_at: the instant in the vault's own spelling.
    """

    __tablename__ = "sealed_box"
    id: Mapped[str] = random_key()
    device: Mapped[str] = mapped_column(String(64))
    uuid: Mapped[str] = mapped_column(String(36), index=True)
    seq: Mapped[int | None]
    envelope_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    jwe: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime]
    arrival: Mapped[int | None] = mapped_column(unique=True)
    delivered_at: Mapped[datetime | None]
    number: Mapped[str] = mapped_column(String(8), default="")
    signed_at: Mapped[str] = mapped_column(String(40), default="")
    signature: Mapped[str] = mapped_column(String(96), default="")
    # the same bytes again are a duplicate; other bytes under the same number are carried beside them (never lost)
    __table_args__ = (UniqueConstraint("device", "uuid", "envelope_sha256"),)


protect(SealedBox, lambda _asking: nobody())
