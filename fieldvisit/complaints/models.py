"""The case of a complaint, its steps, and what people said beside them.

`ComplaintStep` is the truth and only ever grows (triggers in the migration). The other columns of `Complaint` are the fold
of its steps, written by `complaints/service.py` alone in the transaction of the step. Who is complained of has no such
case, and neither has an officer without the duty (N1, N3): both sights say so.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, and_, exists, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql import ColumnElement

from fieldvisit.db import Base, Json, nobody, protect, random_key
from fieldvisit.ground.roles import Duty, Principal, Role
from fieldvisit.register.models import Home

DUTIES = (Duty.COMPLAINTS, Duty.COMPLAINTS_SENIOR)


class Complaint(Base):
    """heard_at: when it was first said, which is when it was received (DR-8). area_id: None until its home is known.

    kept_from: the ids of those whom it is about, who were at the visit or are near, with blanks between them: they see no
    row, no count, no gap.
    runs_out_at: the first moment at which something that is owed runs out, as of the last step; None when nothing is.
    """

    __tablename__ = "complaint"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(String(12), unique=True)  # what people read out: M-7K2M9Q4RT
    cause: Mapped[str] = mapped_column(String(64), unique=True)  # what opened it: the same cause opens it once
    home_id: Mapped[str | None] = mapped_column(ForeignKey("home.id"), index=True)
    home: Mapped[Home | None] = relationship()
    area_id: Mapped[str | None] = mapped_column(ForeignKey("area.id"))
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visit.id"))
    channel: Mapped[str] = mapped_column(String(16))
    stage: Mapped[str] = mapped_column(String(24))
    theme: Mapped[str] = mapped_column(String(24), default="")
    handler_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    kept_from: Mapped[str] = mapped_column(Text, default="")
    heard_at: Mapped[datetime]
    runs_out_at: Mapped[datetime | None]
    taken_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    __table_args__ = (Index(None, "area_id", "stage", "runs_out_at"),)


class ComplaintStep(Base):
    """One step. at: when it happened, as somebody says. body: codes, numbers, ids, dates; never words."""

    __tablename__ = "complaint_step"
    id: Mapped[str] = random_key()
    complaint_id: Mapped[str] = mapped_column(ForeignKey("complaint.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))  # None: the system saw it
    stage_before: Mapped[str] = mapped_column(String(24))
    stage_after: Mapped[str] = mapped_column(String(24))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    form_key: Mapped[str] = mapped_column(String(64), unique=True)  # made with the form: pressed twice, done once
    __table_args__ = (UniqueConstraint("complaint_id", "position"),)


class ComplaintWords(Base):
    """What was said, written or sent, in words: beside the steps, never in them (ruling R3).

    subject_id: the home that it is about, or the complaint itself where no home is known.
    """

    __tablename__ = "complaint_words"
    id: Mapped[str] = random_key()
    step_id: Mapped[str] = mapped_column(ForeignKey("complaint_step.id"), index=True)
    complaint_id: Mapped[str] = mapped_column(ForeignKey("complaint.id"), index=True)
    subject_id: Mapped[str] = mapped_column(String(32), index=True)
    field: Mapped[str] = mapped_column(String(24))
    text: Mapped[str] = mapped_column(Text)
    keep_until: Mapped[date]


def areas_of(asking: Principal) -> frozenset[str]:
    """Where this officer deals with complaints."""
    return frozenset(area for area in asking.areas if any(asking.holds(duty, area) for duty in DUTIES))


def deals_with_some(asking: Principal) -> bool:
    return asking.role is Role.OFFICER and any(asking.holds(duty) for duty in DUTIES)


def _in_sight(asking: Principal, row: Any) -> ColumnElement[bool]:
    if not deals_with_some(asking):
        return nobody()
    here = or_(row.area_id.in_(areas_of(asking)), row.area_id.is_(None))
    return and_(here, ~row.kept_from.contains(asking.person_id))


def _through_complaint(column: Any) -> Any:
    def sight(asking: Principal) -> ColumnElement[bool]:
        row = Complaint.__table__.alias().c
        return exists(select(row.id).where(row.id == column, _in_sight(asking, row)))

    return sight


protect(Complaint, lambda asking: _in_sight(asking, Complaint))
protect(ComplaintStep, _through_complaint(ComplaintStep.complaint_id))
protect(ComplaintWords, _through_complaint(ComplaintWords.complaint_id))
