"""Work to be done later, once: rows that a change writes in its own transaction and `fieldvisit worker` takes up.

Beside `db.py`, because every slice may want something done. A row is leased, never locked, while it is worked on: a
worker that dies loses its lease, and another takes the row up. So each kind of work runs at least once, and whoever
does it makes the second time harmless.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Index, String, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldvisit.db import Base, new_id, random_key

# Longer than the slowest provider is waited for: a mail server that takes its 15 seconds for each of a dozen answers.
LEASE = timedelta(minutes=5)
GAVE_UP = "gave up: "  # how the trouble of work begins that was left undone


class Work(Base):
    """done_at: it was done, or given up. lease: of the worker that has it until leased_until; tries counts leases."""

    __tablename__ = "work"
    id: Mapped[str] = random_key()
    kind: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[str] = mapped_column(String(64))
    dedupe: Mapped[str] = mapped_column(String(120), unique=True)
    due_at: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(String(48), default="")  # the name of the last error; never a person's words
    __table_args__ = (Index(None, "done_at", "due_at", "id"),)


def want(session: Session, kind: str, subject_id: str, *, due: datetime, dedupe: str = "") -> None:
    """Writes the wish in the caller's transaction. The same dedupe wishes it once, whoever else is wishing it now."""
    dedupe = dedupe or f"{kind}:{subject_id}"
    if session.scalars(select(Work.id).where(Work.dedupe == dedupe)).first():
        return
    try:
        with session.begin_nested():
            session.add(Work(kind=kind, subject_id=subject_id, dedupe=dedupe, due_at=due))
    except IntegrityError:
        pass  # somebody else wished it in this instant


def take(session: Session, at: datetime, kinds: Sequence[str]) -> Work | None:
    """Leases the row that has waited longest. The caller commits before it begins to work."""
    free = or_(Work.leased_until.is_(None), Work.leased_until < at)
    waiting = select(Work).where(Work.done_at.is_(None), Work.due_at <= at, free, Work.kind.in_(kinds))
    row = session.scalars(waiting.order_by(Work.due_at, Work.id).limit(1).with_for_update(skip_locked=True)).first()
    if row:
        row.lease, row.leased_until, row.tries = new_id(), at + LEASE, row.tries + 1
        session.flush()
    return row


def still_ours(session: Session, work: Work) -> Work | None:
    """The row, locked, while the lease that was taken holds; None where another worker has it by now."""
    ours = select(Work).where(Work.id == work.id, Work.lease == work.lease, Work.done_at.is_(None)).with_for_update()
    return session.scalars(ours).first()


def finish(work: Work, at: datetime, trouble: str = "") -> None:
    work.done_at, work.lease, work.leased_until, work.trouble = at, None, None, trouble[:48]


def again(work: Work, due: datetime, trouble: str) -> None:
    work.due_at, work.lease, work.leased_until, work.trouble = due, None, None, trouble[:48]
