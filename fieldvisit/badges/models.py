"""Badges, and the few facts that are kept of a check at the door: never who checked, never where."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldvisit.db import Base, random_key
from fieldvisit.register.models import Person


class Badge(Base):
    __tablename__ = "badge"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)  # badges/codes.py::new_badge_id
    number: Mapped[str] = mapped_column(String(12), unique=True)  # what people read out and type
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person: Mapped[Person] = relationship()
    secret: Mapped[bytes] = mapped_column(LargeBinary(32), deferred=True)
    state: Mapped[str] = mapped_column(String(10))  # active, suspended, revoked
    issued_on: Mapped[date]
    expires_on: Mapped[date]
    state_changed_at: Mapped[datetime]


class TypedTry(Base):
    """A wrong typed code on one badge (ruling R12: five in ten minutes close typing for ten minutes)."""

    __tablename__ = "typed_try"
    id: Mapped[str] = random_key()
    badge_id: Mapped[str] = mapped_column(String(26))
    at: Mapped[datetime]
    __table_args__ = (Index(None, "badge_id", "at"),)


class Scan(Base):
    """One check of one badge: its answer and the hour, nothing about who asked (security.md 3, Log)."""

    __tablename__ = "scan"
    id: Mapped[str] = random_key()
    badge_id: Mapped[str] = mapped_column(String(26))
    answer: Mapped[str] = mapped_column(String(6))
    hour: Mapped[datetime]
    __table_args__ = (Index(None, "badge_id", "hour"),)


class RecentScan(Base):
    """Where a badge was checked in the last minutes, to notice one that is in two places. Gone within the hour.

    net: a digest of the asker's network under a key that is thrown away each day; nothing leads back from it.
    """

    __tablename__ = "recent_scan"
    id: Mapped[str] = random_key()
    badge_id: Mapped[str] = mapped_column(String(26))
    net: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    __table_args__ = (Index(None, "badge_id", "at"),)
