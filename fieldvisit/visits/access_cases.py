"""A home and a job where a door said no or stayed shut (D2), and who may read of it.

The case's own columns are cached by `access_service.py` alone; its attempts, contacts and steps are only ever added.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldvisit.db import Base, for_officers, protect, random_key, through
from fieldvisit.register.models import Home


class AccessCase(Base):
    """reason: that of the last attempt, a code of the council's refusals, no-access or child-alone. due_at: the next step."""

    __tablename__ = "access_case"
    id: Mapped[str] = random_key()
    home_id: Mapped[str] = mapped_column(ForeignKey("home.id"), index=True)
    home: Mapped[Home] = relationship()
    area_id: Mapped[str] = mapped_column(ForeignKey("area.id"))
    job_id: Mapped[str | None] = mapped_column(ForeignKey("job.id"), index=True)
    reason: Mapped[str] = mapped_column(String(24))
    stage: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # None once closed
    closed_at: Mapped[datetime | None]
    __table_args__ = (Index(None, "area_id", "due_at", "id"),)


class AccessAttempt(Base):
    """The door as it was recorded, with what the visit was then: a visit that is moved later has another window."""

    __tablename__ = "access_attempt"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("access_case.id"), index=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("entry.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(24))
    valid: Mapped[bool]
    notice: Mapped[str] = mapped_column(String(24))
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    arrived_at: Mapped[datetime | None]
    happened_at: Mapped[datetime]
    waited_min: Mapped[int]
    called: Mapped[bool]
    card_left: Mapped[bool]


class AccessContact(Base):
    __tablename__ = "access_contact"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("access_case.id"), index=True)
    method: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text)
    happened_at: Mapped[datetime]
    made_at: Mapped[datetime]
    by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    form_key: Mapped[str] = mapped_column(String(36), unique=True)
    keep_until: Mapped[date]


class AccessChase(Base):
    """A contact that was a message of ours, whose words and receipts are in `messages/`. kind: one of the chase texts."""

    __tablename__ = "access_chase"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("access_case.id"), index=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("access_contact.id"), unique=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("message.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(20))


class AccessStep(Base):
    """kind: safeguarding_asked (that, never the answer: R4), dispute_told (what they said is in `tenant_said`),
    dispute_settled, or the stage that it led to.

    code: right or wrong of a dispute, how it was told, the safety need of a plan, why a case closed.
    by_id: None where nobody pressed.
    """

    __tablename__ = "access_step"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("access_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(16))
    attempt_id: Mapped[str | None] = mapped_column(ForeignKey("access_attempt.id"))
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visit.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    equality: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    form_key: Mapped[str] = mapped_column(String(36), unique=True)
    keep_until: Mapped[date]


# Whoever was at the door has the visit itself; a firm's manager has no use for these.
protect(AccessCase, for_officers(AccessCase))
protect(AccessAttempt, through(AccessCase, AccessAttempt.case_id))
protect(AccessContact, through(AccessCase, AccessContact.case_id))
protect(AccessChase, through(AccessCase, AccessChase.case_id))
protect(AccessStep, through(AccessCase, AccessStep.case_id))
