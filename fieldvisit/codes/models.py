"""Versions of the codes of conduct, and who has signed which (clauses ME-Ack1, ME-9a; ruling R21)."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldvisit.db import Base, random_key


class CodeVersion(Base):
    __tablename__ = "code_version"
    id: Mapped[str] = random_key()
    document: Mapped[str] = mapped_column(String(4))  # ME, MR, MO, AL, HS
    version: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(10))  # draft, live, retired
    live_from: Mapped[date | None]
    binds: Mapped[list[str]] = mapped_column(default=list)  # roles that must have signed before they visit
    text_sha256: Mapped[str] = mapped_column(String(64))
    __table_args__ = (UniqueConstraint("document", "version"),)


class Acknowledgement(Base):
    """'I have read, understood and agree': kept for ever with the version that was signed."""

    __tablename__ = "acknowledgement"
    id: Mapped[str] = random_key()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    code_version_id: Mapped[str] = mapped_column(ForeignKey("code_version.id"))
    signed_on: Mapped[date]
    recorded_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("person_id", "code_version_id"),)
