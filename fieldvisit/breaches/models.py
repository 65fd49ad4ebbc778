"""A concern about somebody's conduct, as it was told: the words, and who told it. The case that it opens knows neither."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, String, Text, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from fieldvisit.breaches.case_models import READERS, BreachCase, BreachSeat
from fieldvisit.db import Base, nobody, protect, random_key
from fieldvisit.ground.roles import Principal


class Concern(Base):
    """form_key: its identity (`rules.identity`), so that what was pressed twice is kept once.

    received_at: None of what is anonymous, and of a letter: then the day alone is kept (T31). taken_by: who wrote it
    down at the desk; told_by_id: who works here and said it. net: a digest of the asker's network, for a day (T40).
    """

    __tablename__ = "concern"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(String(16), unique=True)
    form_key: Mapped[str] = mapped_column(String(36), unique=True)
    channel: Mapped[str] = mapped_column(String(12), default="phone")
    received_at: Mapped[datetime | None]
    received_on: Mapped[date]
    taken_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    told_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    anonymous: Mapped[bool]
    danger_now: Mapped[bool] = mapped_column(default=False)
    still_there: Mapped[bool] = mapped_column(default=False)
    caller_name: Mapped[str] = mapped_column(default="")
    caller_contact: Mapped[str] = mapped_column(default="")
    safe_to_ring: Mapped[str] = mapped_column(default="")
    needs: Mapped[str] = mapped_column(default="")
    about_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    about_whom: Mapped[str] = mapped_column(Text, default="")
    badge_number: Mapped[str] = mapped_column(String(12), default="")
    firm: Mapped[str] = mapped_column(default="")
    happened_when: Mapped[str] = mapped_column(default="")
    happened_where: Mapped[str] = mapped_column(Text, default="")
    visit_id: Mapped[str | None] = mapped_column(String(32))
    home_id: Mapped[str | None] = mapped_column(String(32))
    what: Mapped[str] = mapped_column(Text)
    wants: Mapped[str] = mapped_column(Text, default="")
    is_complaint: Mapped[bool] = mapped_column(default=True)  # Q19: unless the caller says no
    receipt_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    net: Mapped[str | None] = mapped_column(String(16), index=True)


class ConcernAdded(Base):
    """What was said later, by whoever has its receipt or its reference. The day alone: an hour would point at them."""

    __tablename__ = "concern_added"
    id: Mapped[str] = random_key()
    concern_id: Mapped[str] = mapped_column(ForeignKey("concern.id"), index=True)
    form_key: Mapped[str] = mapped_column(String(36), unique=True)
    added_on: Mapped[date]
    words: Mapped[str] = mapped_column(Text)


class ConcernLink(Base):
    """Two concerns that may be one thing. kind: likely (whoever took it said so), net (told from one network within a
    day), merged (an investigator found that concern_id was told in other_id too). Never deleted: undone_at ends it."""

    __tablename__ = "concern_link"
    id: Mapped[str] = random_key()
    concern_id: Mapped[str] = mapped_column(ForeignKey("concern.id"), index=True)
    other_id: Mapped[str] = mapped_column(ForeignKey("concern.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    made_on: Mapped[date]
    made_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))  # None: the system, or who may not be named
    why: Mapped[str] = mapped_column(Text, default="")
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    undone_why: Mapped[str] = mapped_column(Text, default="")


class ConcernDraft(Base):
    """What a call handler has typed and not yet filed, or what is to be read back to the caller: sealed, and nobody else's.

    form_key: a digest of the form's; of what is read back, one of the concern's identity under a key. number: of the
    keystrokes, so that an older save that comes late changes nothing. saved_at: of what is filed, the day alone (T31).
    It is no record of a concern, and goes when that is filed.
    """

    __tablename__ = "concern_draft"
    id: Mapped[str] = random_key()
    form_key: Mapped[str] = mapped_column(String(36), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    filed: Mapped[bool] = mapped_column(default=False)
    number: Mapped[int] = mapped_column(default=0)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    saved_at: Mapped[datetime]
    dies_at: Mapped[datetime] = mapped_column(index=True)


def _known(asking: Principal, concern_id: Any) -> ColumnElement[bool]:
    """Who has a seat in its case, and nobody else: no row, no count (N1 to N3). Whoever wrote it down reads it no more."""
    if asking.role not in READERS:
        return nobody()
    case, seat = BreachCase.__table__.alias().c, BreachSeat.__table__.alias().c
    return exists(
        select(case.id).where(
            case.concern_id == concern_id,
            seat.case_id == case.id,
            seat.person_id == asking.person_id,
            seat.ends.is_(None),
        )
    )


protect(Concern, lambda asking: _known(asking, Concern.id))
protect(ConcernAdded, lambda asking: _known(asking, ConcernAdded.concern_id))
protect(ConcernLink, lambda asking: _known(asking, ConcernLink.concern_id))
protect(ConcernDraft, lambda asking: ConcernDraft.person_id == asking.person_id)
