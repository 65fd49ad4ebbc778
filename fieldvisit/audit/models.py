"""The access record: reads that the matrix marks as logged, and the office's acts (ruling R5)."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldvisit.db import Base, random_key


class AccessRecord(Base):
    __tablename__ = "access_record"
    id: Mapped[str] = random_key()
    at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[str] = mapped_column(String(32))
    role: Mapped[str] = mapped_column(String(24))
    record: Mapped[str] = mapped_column(String(24))
    action: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[str] = mapped_column(String(32), default="")
    reason: Mapped[str] = mapped_column(String(120), default="")
    # given by the sequencer, outside the request: ids commit out of order on PostgreSQL
    seq: Mapped[int | None] = mapped_column(unique=True)
    prev_hash: Mapped[str | None] = mapped_column(String(64))
    hash: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (Index(None, "person_id", "at"),)
