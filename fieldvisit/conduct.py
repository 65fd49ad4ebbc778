"""'Somebody may have broken a code of conduct': any slice may say so. Beside `tasks.py`, because breaches stands above most.

A gift of money, an ID that was not shown, a complaint about how somebody behaved: each is told once and becomes one case.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

SubjectKind = Literal["person", "involved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """cause: what told it ("gift:<id>"); the same cause opens one case. heard_at: aware UTC, when it was first said.

    subject_kind, subject_id: who is said to have done it, where that is known: a person who signs in, or an involved
    resident or panel member. words: as they were said; kept apart from the case. clauses: ids, where the slice knows them.
    """

    cause: str
    heard_at: datetime
    words: str = ""
    clauses: tuple[str, ...] = ()
    subject_kind: SubjectKind = "person"
    subject_id: str | None = None
    firm_id: str | None = None
    visit_id: str | None = None
    home_id: str | None = None
    area_id: str | None = None
    told_by_id: str | None = None  # who works here and said it; never shown to whom it is about


Answer = Callable[[Session, Reported], Any]
_answer: Answer | None = None


def answers(function: Answer) -> Answer:
    """Whoever opens cases says so once, when the tables are loaded."""
    global _answer
    _answer = function
    return function


def report(session: Session, reported: Reported) -> None:
    """In the caller's transaction. RuntimeError where nobody opens cases: a part of the program was not loaded."""
    if _answer is None:
        raise RuntimeError("Nobody opens cases of conduct: fieldvisit.models was not imported.")
    _answer(session, reported)


Unread = Callable[[Session, str, datetime], bool]
_unread: Unread | None = None


def knows_unread(function: Unread) -> Unread:
    """Whoever writes letters about conduct says so once, when the tables are loaded."""
    global _unread
    _unread = function
    return function


def has_unread(session: Session, person_id: str, at: datetime) -> bool:
    """Is there a letter to this person that they have not opened? In a session of their own; what it is about is not said."""
    return _unread is not None and _unread(session, person_id, at)
