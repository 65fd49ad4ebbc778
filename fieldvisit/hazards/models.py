"""The case of a hazard, its steps, and what people said beside them.

`HazardStep` is the truth and only ever grows (triggers in the migration). The other columns of `Hazard` are the fold of
its steps, written by `hazards/service.py` alone in the transaction of the step.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldvisit.db import Base, Json, for_officers, protect, random_key, through
from fieldvisit.register.models import Home


class Hazard(Base):
    """hazard: one of the 21 by name, "" until somebody has described it. aware_at: the newest awareness.

    runs_out_at: the first moment at which something that is owed runs out, as of the last step; None when nothing is.
    """

    __tablename__ = "hazard"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(String(12), unique=True)  # what people read out: H-7K2M9Q
    cause: Mapped[str] = mapped_column(String(64), unique=True)  # what opened it: the same cause opens it once
    home_id: Mapped[str] = mapped_column(ForeignKey("home.id"), index=True)
    home: Mapped[Home] = relationship()
    area_id: Mapped[str] = mapped_column(ForeignKey("area.id"))
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visit.id"))
    hazard: Mapped[str] = mapped_column(String(48), default="")
    stage: Mapped[str] = mapped_column(String(24))
    at_risk: Mapped[list[str]]
    aware_at: Mapped[datetime]
    runs_out_at: Mapped[datetime | None]
    reported_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    __table_args__ = (Index(None, "area_id", "stage", "runs_out_at"),)


class HazardStep(Base):
    """One step. at: when it happened, as somebody says or a phone's corrected clock did. body: codes, numbers, ids."""

    __tablename__ = "hazard_step"
    id: Mapped[str] = random_key()
    hazard_id: Mapped[str] = mapped_column(ForeignKey("hazard.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))  # None: the system saw it
    stage_before: Mapped[str] = mapped_column(String(24))
    stage_after: Mapped[str] = mapped_column(String(24))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    form_key: Mapped[str] = mapped_column(String(64), unique=True)  # made with the form: pressed twice, done once
    __table_args__ = (UniqueConstraint("hazard_id", "position"),)


class HazardWords(Base):
    """What somebody saw or decided, in words: beside the steps, never in them (ruling R3). subject_id: the home."""

    __tablename__ = "hazard_words"
    id: Mapped[str] = random_key()
    step_id: Mapped[str] = mapped_column(ForeignKey("hazard_step.id"), index=True)
    hazard_id: Mapped[str] = mapped_column(ForeignKey("hazard.id"), index=True)
    subject_id: Mapped[str] = mapped_column(String(32), index=True)
    field: Mapped[str] = mapped_column(String(24))
    text: Mapped[str] = mapped_column(Text)
    keep_until: Mapped[date]


protect(Hazard, for_officers(Hazard))
protect(HazardStep, through(Hazard, HazardStep.hazard_id))
protect(HazardWords, through(Hazard, HazardWords.hazard_id))
