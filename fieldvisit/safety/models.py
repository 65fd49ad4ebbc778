"""A watch over one worker at one visit, its lines, and what happened to somebody at work.

`WatchStep` and `IncidentStep` are the truth and only ever grow (triggers in the migration). The other columns of `Watch`
and `Incident` are the fold of their steps, written by `safety/service.py` and `safety/incidents.py` alone, in the
transaction of the step. No place is kept but the visit's own address, by reference: no phone is asked where it is.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, and_, exists, select
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql import ColumnElement

from fieldvisit.db import Base, Json, for_officers, nobody, protect, random_key, through
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.register.models import Person


class Watch(Base):
    """due_at: when time alone moves it next; None where no clock runs. stage: as of the last line."""

    __tablename__ = "watch"
    id: Mapped[str] = random_key()
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person: Mapped[Person] = relationship()
    area_id: Mapped[str] = mapped_column(ForeignKey("area.id"))
    firm_id: Mapped[str | None] = mapped_column(ForeignKey("firm.id"))
    stage: Mapped[str] = mapped_column(String(12))
    due_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    keep_until: Mapped[date]
    __table_args__ = (UniqueConstraint("visit_id", "person_id"), Index(None, "stage", "due_at"))


class WatchStep(Base):
    """One line. at: when it happened, by a phone's corrected clock; recorded_at: ours. body: codes and times, never a
    word that somebody said."""

    __tablename__ = "watch_step"
    id: Mapped[str] = random_key()
    watch_id: Mapped[str] = mapped_column(ForeignKey("watch.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))  # None: the clock did it
    stage_after: Mapped[str] = mapped_column(String(12))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    form_key: Mapped[str] = mapped_column(String(64), unique=True)  # made with the form: pressed twice, done once
    __table_args__ = (UniqueConstraint("watch_id", "position"),)


class WatchWords(Base):
    """Why somebody at the desk decided so, in their words: beside the lines, never in them (ruling R3)."""

    __tablename__ = "watch_words"
    id: Mapped[str] = random_key()
    step_id: Mapped[str] = mapped_column(ForeignKey("watch_step.id"), index=True)
    watch_id: Mapped[str] = mapped_column(ForeignKey("watch.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    keep_until: Mapped[date]


class SafetyWord(Base):
    """A worker's two words as argon2id digests: nobody can read them, we neither."""

    __tablename__ = "safety_word"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    safe_hash: Mapped[str] = mapped_column(String(128))
    duress_hash: Mapped[str] = mapped_column(String(128))
    set_at: Mapped[datetime]


class SafetyBuddy(Base):
    """Whom a worker who goes alone has named, or their firm's manager for them: rung too when they are late (D10). The one
    that stands; whom somebody named before is in nobody's interest."""

    __tablename__ = "safety_buddy"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    buddy_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    set_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime]


class Incident(Base):
    """kind: of `safety/riddor.py::KINDS`. due_at: the first day by whose end something is owed; None when nothing is."""

    __tablename__ = "incident"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(String(12), unique=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.id"))
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visit.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person: Mapped[Person] = relationship()
    kind: Mapped[str] = mapped_column(String(24))
    happened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    keep_until: Mapped[date]
    __table_args__ = (Index(None, "area_id", "closed_at", "due_at"),)


class IncidentStep(Base):
    """kind: reported, more_known, told, closed. body: what is known by then, in codes and numbers."""

    __tablename__ = "incident_step"
    id: Mapped[str] = random_key()
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    __table_args__ = (UniqueConstraint("incident_id", "position"),)


class IncidentWords(Base):
    """What happened, in words. subject_id: the worker."""

    __tablename__ = "incident_words"
    id: Mapped[str] = random_key()
    step_id: Mapped[str] = mapped_column(ForeignKey("incident_step.id"), index=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    subject_id: Mapped[str] = mapped_column(String(32), index=True)
    text: Mapped[str] = mapped_column(Text)
    keep_until: Mapped[date]


def _watches_in_sight(asking: Principal) -> ColumnElement[bool]:
    """Officers of its area; a firm's manager, of the firm's own workers (R9). Never the worker whom it is over: what is
    known here and not on the phone is what a word under duress told us."""
    return _known_to(asking, Watch)


def _known_to(asking: Principal, watch: Any) -> ColumnElement[bool]:
    if asking.role is Role.OFFICER:
        here: ColumnElement[bool] = watch.area_id.in_(asking.areas)
    elif asking.role is Role.CONTRACTOR_MANAGER and asking.firm_id:
        here = watch.firm_id == asking.firm_id
    else:
        return nobody()
    return and_(here, watch.person_id != asking.person_id)


def _lines_in_sight(asking: Principal) -> ColumnElement[bool]:
    return _of_a_watch(asking, WatchStep.watch_id)


def _words_in_sight(asking: Principal) -> ColumnElement[bool]:
    """What the desk wrote: for officers alone, and never for the worker whom it is about."""
    return _of_a_watch(asking, WatchWords.watch_id) if asking.role is Role.OFFICER else nobody()


def _of_a_watch(asking: Principal, key: Any) -> ColumnElement[bool]:
    row = Watch.__table__.alias().c
    return exists(select(row.id).where(row.id == key, _known_to(asking, row)))


protect(Watch, _watches_in_sight)
protect(WatchStep, _lines_in_sight)
protect(WatchWords, _words_in_sight)
protect(SafetyWord, lambda _asking: nobody())
protect(SafetyBuddy, lambda _asking: nobody())
protect(Incident, for_officers(Incident))
protect(IncidentStep, through(Incident, IncidentStep.incident_id))
protect(IncidentWords, through(Incident, IncidentWords.incident_id))
