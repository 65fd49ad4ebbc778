"""Dated tasks for the desk: something that a person must do by a day. Beside `db.py`, because every slice may raise one.

A task carries no words of anybody: what happened is in the record that it points at.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldvisit.db import Base, random_key

FOR_ASKED = "asked"  # what a task is about that those who were asked alone see: the same one thing for all of them


class Task(Base):
    __tablename__ = "task"
    id: Mapped[str] = random_key()
    kind: Mapped[str] = mapped_column(String(24))
    area_id: Mapped[str | None] = mapped_column(ForeignKey("area.id"))
    about: Mapped[str] = mapped_column(String(12))  # visit, held, concern, badge
    about_id: Mapped[str] = mapped_column(String(32))
    cause: Mapped[str] = mapped_column(String(64), unique=True)  # what raised it: the same cause raises it once
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    __table_args__ = (Index(None, "area_id", "done_at", "due_at"),)


class TaskAsked(Base):
    """Of a task about `FOR_ASKED`: one of those who were asked, and who alone see it. Who took it last has it in hand."""

    __tablename__ = "task_asked"
    task_id: Mapped[str] = mapped_column(ForeignKey("task.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    taken_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


def raise_task(
    session: Session,
    kind: str,
    *,
    cause: str,
    about: str,
    about_id: str,
    area_id: str | None,
    at: datetime,
    due: datetime,
) -> Task:
    task = Task(kind=kind, cause=cause, about=about, about_id=about_id, area_id=area_id, raised_at=at, due_at=due)
    session.add(task)
    return task
