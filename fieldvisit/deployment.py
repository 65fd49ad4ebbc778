"""What this deployment is to its phones: one row. Beside `db.py`, because every slice that answers a phone says it.

epoch changes when a backup has been restored: phones then offer again what the backup may lack. durable_up_to is the
highest number of arrival that stands inside a verified backup. arrivals is the last number given: the row is locked
while numbers are given, at the very end of the intake's transaction, so that numbers become visible in their order.
worker_seen_at is when a worker process last said that it is there.
"""

from datetime import datetime

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldvisit.db import Base

THE_ONE = 1


class Deployment(Base):
    __tablename__ = "deployment"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(String(32))
    durable_up_to: Mapped[int | None]
    arrivals: Mapped[int] = mapped_column(default=0)
    restored_at: Mapped[datetime | None]
    worker_seen_at: Mapped[datetime | None]


def deployment(session: Session) -> Deployment:
    """The row as it stands: read it for `epoch` and `durable_up_to` in an answer to a phone."""
    return session.get_one(Deployment, THE_ONE, populate_existing=True)


def next_numbers(session: Session, count: int) -> range:
    """So many numbers of arrival, and nobody else gets one until this transaction ends."""
    given = update(Deployment).where(Deployment.id == THE_ONE).values(arrivals=Deployment.arrivals + count)
    last: int = session.scalars(given.returning(Deployment.arrivals)).one()
    return range(last - count + 1, last + 1)


def move_durable(session: Session, up_to: int) -> None:
    row = session.scalars(select(Deployment).where(Deployment.id == THE_ONE).with_for_update()).one()
    row.durable_up_to = max(up_to, row.durable_up_to or 0)


def worker_is_here(session: Session, at: datetime) -> None:
    session.execute(update(Deployment).where(Deployment.id == THE_ONE).values(worker_seen_at=at))
