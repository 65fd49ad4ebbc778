"""An entry without consent, from the proposal to the review (D3), and who may read of it.

`LawfulEntryStep` is the truth and only ever grows (triggers in the migration). The cached columns of `LawfulEntry` are
the fold of its steps, written by `lawful_entry_service.py` alone.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldvisit.db import Base, Json, for_officers, protect, random_key, through
from fieldvisit.register.models import Home


class LawfulEntry(Base):
    """due_at: the end of the next step; None once nothing is owed. basis: a code of the council's list, "" until then."""

    __tablename__ = "lawful_entry"
    id: Mapped[str] = random_key()
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    home_id: Mapped[str] = mapped_column(ForeignKey("home.id"), index=True)
    home: Mapped[Home] = relationship()
    area_id: Mapped[str] = mapped_column(ForeignKey("area.id"))
    stage: Mapped[str] = mapped_column(String(20))
    basis: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[datetime]
    entered_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    __table_args__ = (Index(None, "area_id", "due_at", "id"), Index(None, "opened_at", "id"))


class LawfulEntryStep(Base):
    """at: when it happened. body: codes and ids. said: what somebody wrote at a desk. entry_id: the line of the visit's log
    that this is of, where its words are."""

    __tablename__ = "lawful_entry_step"
    id: Mapped[str] = random_key()
    lawful_entry_id: Mapped[str] = mapped_column(ForeignKey("lawful_entry.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    made_at: Mapped[datetime]
    by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    said: Mapped[dict[str, Any]] = mapped_column(Json)
    entry_id: Mapped[str | None] = mapped_column(ForeignKey("entry.id"), index=True)
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    keep_until: Mapped[date]
    __table_args__ = (UniqueConstraint("lawful_entry_id", "position"),)


protect(LawfulEntry, for_officers(LawfulEntry))
protect(LawfulEntryStep, through(LawfulEntry, LawfulEntryStep.lawful_entry_id))
