"""What the tenant was told, when, and with which proof. A cache of the visit log's notice entries."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldvisit.db import Base, random_key


class Notice(Base):
    __tablename__ = "notice"
    id: Mapped[str] = random_key()
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    resident_id: Mapped[str | None] = mapped_column(String(32))  # which of several tenants it was for
    channel: Mapped[str] = mapped_column(String(24))
    sent_at: Mapped[datetime | None]
    delivery: Mapped[str | None] = mapped_column(String(24))
    delivered_at: Mapped[datetime | None]
    despatched_at: Mapped[datetime | None]
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    programme_start: Mapped[date | None]
    programme_end: Mapped[date | None]
    spoke_to: Mapped[str | None] = mapped_column(String(20))
    recipient_age: Mapped[int | None]
    states_who: Mapped[bool] = mapped_column(default=True)
    states_why: Mapped[bool] = mapped_column(default=True)
    usable: Mapped[bool] = mapped_column(default=True)  # NR-13, as the household stood when it was recorded
    withdrawn_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    policy_hash: Mapped[str] = mapped_column(String(64))
