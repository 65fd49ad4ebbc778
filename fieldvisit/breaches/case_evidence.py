"""What a case rests on: lines of the visit's log, its notices, checks of the badge. Attached as they are, and never copied.

Each is kept as where it is and its SHA-256, so that whoever opens it later sees whether it is still what was attached.
In sessions of system work: an investigator sees no visits, but sees what the case rests on, logged first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from fieldvisit.badges.models import Badge, Scan
from fieldvisit.breaches import evidence_words
from fieldvisit.breaches.case_models import BreachCase, BreachEvidence
from fieldvisit.db import canonical
from fieldvisit.notices.models import Notice
from fieldvisit.register.models import Person
from fieldvisit.visits.models import Entry
from fieldvisit.visits.words import words_of_visit

AROUND = timedelta(days=2)  # checks of the badge so long before and after it was heard of


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that could be attached, or was. key: "entry:<id>". is_new: not attached yet."""

    kind: str
    ref_id: str
    visit_id: str | None
    what: str
    happened_at: datetime
    sha256: str

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.ref_id}"


@dataclass(frozen=True, slots=True)
class Shown:
    """One attached thing as it is today. as_it_was: its digest is the one that was taken; gone: deleted on its day."""

    row: BreachEvidence
    who: str
    lines: Sequence[tuple[str, str]]
    words: Sequence[tuple[str, str]]
    as_it_was: bool
    gone: bool = False


def to_attach(session: Session, case: BreachCase) -> list[Item]:
    """In the order in which it happened; what is attached already is left out."""
    attached = select(BreachEvidence.kind, BreachEvidence.ref_id).where(BreachEvidence.case_id == case.id)
    known = {(kind, ref_id) for kind, ref_id in session.execute(attached)}
    found = sorted(_found(session, case), key=lambda item: (item.happened_at, item.key))
    return [item for item in found if (item.kind, item.ref_id) not in known]


def _found(session: Session, case: BreachCase) -> Iterator[Item]:
    if case.visit_id:
        for entry in session.scalars(select(Entry).where(Entry.visit_id == case.visit_id)):
            yield Item("entry", entry.id, case.visit_id, entry.kind, entry.corrected_time, _digest(entry))
        for notice in session.scalars(select(Notice).where(Notice.visit_id == case.visit_id)):
            yield Item("notice", notice.id, case.visit_id, notice.channel, notice.recorded_at, _digest(notice))
    if case.subject_kind == "person" and case.subject_id:
        badges = select(Badge.id).where(Badge.person_id == case.subject_id)
        around = (Scan.hour >= case.heard_at - AROUND, Scan.hour <= case.heard_at + AROUND)
        for scan in session.scalars(select(Scan).where(Scan.badge_id.in_(badges), *around)):
            yield Item("scan", scan.id, None, scan.answer, scan.hour, _digest(scan))


def attach(session: Session, case: BreachCase, step_id: str, items: Sequence[Item]) -> None:
    for item in items:
        session.add(
            BreachEvidence(
                case_id=case.id, step_id=step_id, kind=item.kind, ref_id=item.ref_id, visit_id=item.visit_id,
                what=item.what[:40], happened_at=item.happened_at, sha256=item.sha256,
            )
        )  # fmt: skip
    session.flush()


def attached(session: Session, case_id: str) -> Sequence[BreachEvidence]:
    wanted = select(BreachEvidence).where(BreachEvidence.case_id == case_id)
    return session.scalars(wanted.order_by(BreachEvidence.happened_at, BreachEvidence.id)).all()


def show(session: Session, row: BreachEvidence) -> Shown:
    """As it is today, and whether that is what was attached."""
    model: Any = {"entry": Entry, "notice": Notice, "scan": Scan}[row.kind]
    found = session.scalars(select(model).where(model.id == row.ref_id)).first()
    if found is None:
        return Shown(row, "", (), (), as_it_was=False, gone=True)
    words: Sequence[tuple[str, str]] = ()
    who = ""
    if isinstance(found, Entry):
        words = sorted(words_of_visit(session, found.visit_id).get(found.id, {}).items())
        who = session.scalars(select(Person.name).where(Person.id == found.recorded_by)).first() or ""
        lines = [*evidence_words.lines(found.body)]
    else:
        columns = [column.key for column in inspect(model).column_attrs]
        lines = [*evidence_words.lines({key: getattr(found, key) for key in columns})]
    return Shown(row, who, lines, words, as_it_was=_digest(found) == row.sha256)


def _said(row: Any) -> dict[str, str]:
    columns = inspect(type(row)).column_attrs
    return {column.key: _plain(getattr(row, column.key)) for column in columns if getattr(row, column.key) is not None}


def _plain(value: Any) -> str:
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return canonical(value) if isinstance(value, (dict, list)) else str(value)


def _digest(row: Any) -> str:
    return sha256(canonical(_said(row)).encode()).hexdigest()
