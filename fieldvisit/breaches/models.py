"""A concern about somebody's conduct, as a caller told it. The conduct issue makes each a case with its first date."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fieldvisit.db import Base, nobody, protect, random_key


class Concern(Base):
    __tablename__ = "concern"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(String(16), unique=True)
    form_key: Mapped[str] = mapped_column(String(36), unique=True)  # made with the form: pressed twice, kept once
    received_at: Mapped[datetime | None]  # None when anonymous: then the date alone is kept (T31)
    received_on: Mapped[date]
    taken_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    anonymous: Mapped[bool]
    danger_now: Mapped[bool] = mapped_column(default=False)
    still_there: Mapped[bool] = mapped_column(default=False)
    caller_name: Mapped[str] = mapped_column(default="")
    caller_contact: Mapped[str] = mapped_column(default="")
    safe_to_ring: Mapped[str] = mapped_column(default="")
    about_whom: Mapped[str] = mapped_column(Text, default="")
    badge_number: Mapped[str] = mapped_column(String(12), default="")
    firm: Mapped[str] = mapped_column(default="")
    happened_when: Mapped[str] = mapped_column(default="")
    happened_where: Mapped[str] = mapped_column(Text, default="")
    what: Mapped[str] = mapped_column(Text)
    wants: Mapped[str] = mapped_column(Text, default="")
    is_complaint: Mapped[bool] = mapped_column(default=True)  # Q19: unless the caller says no


# Written once, read by nobody until the conduct issue gives it readers (matrix: breach report, read).
protect(Concern, lambda _asking: nobody())
