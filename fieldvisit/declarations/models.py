"""What was declared, its steps, what people wrote beside them; agreements and forms of involved people; recusals.

`DeclarationStep` is the truth and is never changed; the other columns of `Declaration` are what its steps add up to,
written by `declarations/service.py` alone in the transaction of the step. All of it goes on `keep_until` (R24).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, exists, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from fieldvisit.db import Base, Json, nobody, protect, random_key
from fieldvisit.ground.roles import Duty, Principal, Role


class Declaration(Base):
    """kind: gift, hospitality, interest. subject_kind, subject_id: who declares it ("person", "involved"); person_id:
    the same, where they sign in. manager_id: whom they answered to on that day.

    form: of rules.FORMS, or an interest's type. giver_key: the same for the same giver, and no name. happened_at: when it
    was offered, or declared. stood: the furthest stage before it was closed. due_at: when what waits should be done.
    """

    __tablename__ = "declaration"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(String(12), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    subject_kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[str] = mapped_column(String(32), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    firm_id: Mapped[str | None] = mapped_column(ForeignKey("firm.id"))
    manager_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    area_id: Mapped[str | None] = mapped_column(ForeignKey("area.id"))
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visit.id"))
    stage: Mapped[str] = mapped_column(String(24))
    stood: Mapped[str] = mapped_column(String(24))
    form: Mapped[str] = mapped_column(String(24))
    giver: Mapped[str] = mapped_column(String(12), default="")
    giver_key: Mapped[str] = mapped_column(String(80), default="")
    giver_firm_id: Mapped[str | None] = mapped_column(ForeignKey("firm.id"))
    accepted: Mapped[bool] = mapped_column(default=False)
    in_return: Mapped[bool] = mapped_column(default=False)
    must_return: Mapped[bool] = mapped_column(default=False)
    value_pence: Mapped[int | None]
    purpose: Mapped[str] = mapped_column(String(16), default="")
    begins_on: Mapped[date | None]
    leave: Mapped[str] = mapped_column(String(8), default="")
    by_manager: Mapped[bool] = mapped_column(default=False)
    by_contact: Mapped[bool] = mapped_column(default=False)
    happened_at: Mapped[datetime]
    declared_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None]
    review_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    keep_until: Mapped[date | None]  # None: not before it is closed
    __table_args__ = (
        Index(None, "person_id"),
        Index(None, "area_id", "closed_at", "due_at"),
        Index(None, "keep_until"),
    )


class DeclarationStep(Base):
    """body: codes and ids alone. by: a person, or None: the system, or somebody who does not sign in."""

    __tablename__ = "declaration_step"
    id: Mapped[str] = random_key()
    declaration_id: Mapped[str] = mapped_column(ForeignKey("declaration.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    stage: Mapped[str] = mapped_column(String(24))  # after it
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    __table_args__ = (UniqueConstraint("declaration_id", "position"),)


class DeclarationWords(Base):
    """field: what, why, giver, evidence, reason, who, where, when."""

    __tablename__ = "declaration_words"
    id: Mapped[str] = random_key()
    step_id: Mapped[str] = mapped_column(ForeignKey("declaration_step.id"), index=True)
    declaration_id: Mapped[str] = mapped_column(ForeignKey("declaration.id"), index=True)
    subject_id: Mapped[str] = mapped_column(String(32), index=True)
    field: Mapped[str] = mapped_column(String(24))
    text: Mapped[str] = mapped_column(Text)


class Undertaking(Base):
    """What an involved person signed by their own link. kind: confidentiality (an agreement), conflicts (the form).

    text_sha256: of the words that stood above the signature. interests: how many were declared with the form.
    """

    __tablename__ = "undertaking"
    id: Mapped[str] = random_key()
    involved_id: Mapped[str] = mapped_column(ForeignKey("involved_person.id"))
    kind: Mapped[str] = mapped_column(String(16))
    signed_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(120))
    text_sha256: Mapped[str] = mapped_column(String(64))
    interests: Mapped[int] = mapped_column(default=0)
    renew_on: Mapped[date]
    keep_until: Mapped[date]
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    __table_args__ = (Index(None, "involved_id", "kind", "signed_at"),)


class Recusal(Base):
    """Somebody took no part because of an interest. about: meeting, case. left: they went out of the room."""

    __tablename__ = "recusal"
    id: Mapped[str] = random_key()
    subject_kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[str] = mapped_column(String(32), index=True)
    about: Mapped[str] = mapped_column(String(12))
    held_on: Mapped[date]
    left: Mapped[bool]
    words: Mapped[str] = mapped_column(Text)  # which item, and what the chair did to keep it fair (MR-5i)
    recorded_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    recorded_at: Mapped[datetime]
    keep_until: Mapped[date]
    form_key: Mapped[str] = mapped_column(String(64), unique=True)


def areas_holding(asking: Principal, *duties: Duty) -> frozenset[str]:
    """The areas in which this officer holds any of these duties today."""
    return asking.areas_holding(*duties)


def _in_sight(asking: Principal, row: Any) -> ColumnElement[bool]:
    """One's own; of those one manages; a firm's manager, of the firm's people whom nobody else manages; at the council,
    seniors all of their areas, and the contact for contractors what contractors declare (ME-5.3b2)."""
    seen: list[ColumnElement[bool]] = [row.person_id == asking.person_id, row.manager_id == asking.person_id]
    if asking.role is Role.CONTRACTOR_MANAGER and asking.firm_id:
        seen.append((row.firm_id == asking.firm_id) & row.manager_id.is_(None))
    if asking.role is Role.OFFICER:
        if senior := areas_holding(asking, Duty.COMPLAINTS_SENIOR):
            seen.append(or_(row.area_id.is_(None), row.area_id.in_(senior)))
        if contact := areas_holding(asking, Duty.REPAIRS_MANAGER):
            seen.append(row.firm_id.is_not(None) & or_(row.area_id.is_(None), row.area_id.in_(contact)))
    return or_(*seen)


def _through(column: Any) -> Any:
    def sight(asking: Principal) -> ColumnElement[bool]:
        row = Declaration.__table__.alias().c
        return exists(select(row.id).where(row.id == column, _in_sight(asking, row)))

    return sight


def _of_involved(asking: Principal) -> ColumnElement[bool]:
    senior = asking.role is Role.OFFICER and areas_holding(asking, Duty.COMPLAINTS_SENIOR)
    return ~nobody() if senior else nobody()


protect(Declaration, lambda asking: _in_sight(asking, Declaration))
protect(DeclarationStep, _through(DeclarationStep.declaration_id))
protect(DeclarationWords, _through(DeclarationWords.declaration_id))
protect(Undertaking, _of_involved)
protect(Recusal, _of_involved)
