"""What a phone sent that could not be folded: kept whole, shown to a person (ruling R1)."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldvisit.db import Base, nobody, protect, random_key


class Held(Base):
    __tablename__ = "held"
    id: Mapped[str] = random_key()
    device: Mapped[str] = mapped_column(String(64))
    uuid: Mapped[str] = mapped_column(String(36))
    seq: Mapped[int]
    grant_id: Mapped[str] = mapped_column(ForeignKey("grant_.id"))
    envelope_sha256: Mapped[str] = mapped_column(String(64))
    jwe: Mapped[bytes] = mapped_column(LargeBinary)
    sig: Mapped[str] = mapped_column(String(128))
    code: Mapped[str] = mapped_column(String(20))  # one of ruling R1's closed list
    visit_id: Mapped[str | None] = mapped_column(String(64))  # as the phone said it: it may not be there
    received_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    # the same bytes again are a duplicate; other bytes under the same identity are kept beside them
    __table_args__ = (UniqueConstraint("device", "uuid", "envelope_sha256"),)


protect(Held, lambda _asking: nobody())
