"""The visit, its log, and who may see which of them.

`Entry` is the truth and only ever grows (triggers in the migration). The stage and the other cached columns of
`Visit` are written by `visits/service.py::record` alone, in the transaction of the entry.
"""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    and_,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldvisit.db import Base, Json, nobody, protect, random_key
from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.messages.models import Message
from fieldvisit.notices.links import TenantLink
from fieldvisit.notices.models import Notice
from fieldvisit.register.models import Home, Household, HouseholdContact, Person, Precaution, Resident
from fieldvisit.visits.sight import AT_THE_DOOR, SHIFT_ENDS
from fieldvisit.visits.state import ENDED


class Job(Base):
    """What is to be done at a home, as another system told us."""

    __tablename__ = "job"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(unique=True)
    home_id: Mapped[str] = mapped_column(ForeignKey("home.id"), index=True)
    home: Mapped[Home] = relationship()
    kind: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text)
    priority: Mapped[str] = mapped_column(String(24), default="")
    trade: Mapped[str] = mapped_column(String(24), default="")
    hazard: Mapped[str] = mapped_column(String(48), default="")
    reported_at: Mapped[datetime | None]
    # the clock of the law that runs for it (visits/job_clocks.py), "" where none does:
    clock: Mapped[str] = mapped_column(String(24), default="")
    clock_days: Mapped[int | None]  # DR-18 alone: working days by defect
    clock_from: Mapped[datetime | None]
    clock_due_at: Mapped[datetime | None] = mapped_column(index=True)
    clock_done_at: Mapped[datetime | None]  # as an officer recorded it
    clock_done_by: Mapped[str | None] = mapped_column(String(32))


class Visit(Base):
    __tablename__ = "visit"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(String(12), unique=True)  # what people read out: V-7K2M9Q
    home_id: Mapped[str] = mapped_column(ForeignKey("home.id"))
    home: Mapped[Home] = relationship()
    area_id: Mapped[str] = mapped_column(ForeignKey("area.id"))
    job_id: Mapped[str | None] = mapped_column(ForeignKey("job.id"), index=True)
    firm_id: Mapped[str | None] = mapped_column(ForeignKey("firm.id"))
    planned_at: Mapped[datetime]
    # cached from the log:
    kind: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text)
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    lead_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    lead: Mapped[Person] = relationship()
    stage: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(24), default="")
    notice_result: Mapped[str] = mapped_column(String(24))
    exceptions: Mapped[list[str]] = mapped_column(default=list)
    exception_count: Mapped[int] = mapped_column(default=0)
    arrived_at: Mapped[datetime | None]
    entered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    further_on: Mapped[date | None]
    # the chain of the log (ruling R3):
    entries: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(String(64), default="")
    policy_hash: Mapped[str] = mapped_column(String(64))
    workers: Mapped[list["VisitWorker"]] = relationship(back_populates="visit")
    __table_args__ = (
        Index(None, "area_id", "window_start", "id"),
        Index(None, "area_id", "stage", "window_start", "id"),
        Index(None, "firm_id", "window_start", "id"),
        Index(None, "lead_id", "window_start"),
        Index(None, "home_id", "window_start"),
        Index(None, "window_start", "id"),
        Index(None, "stage"),
    )


class VisitWorker(Base):
    """Who has ever been sent to a visit, and until when (ruling R6: one lead, any number of others)."""

    __tablename__ = "visit_worker"
    id: Mapped[str] = random_key()
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    visit: Mapped[Visit] = relationship(back_populates="workers")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    person: Mapped[Person] = relationship()
    lead: Mapped[bool]
    starts: Mapped[datetime]
    ends: Mapped[datetime | None]
    __table_args__ = (Index(None, "person_id", "visit_id"),)


class Entry(Base):
    """One line of a visit's log. Append-only by trigger on both databases. `body`: codes, numbers, times, hashes only."""

    __tablename__ = "entry"
    id: Mapped[str] = random_key()
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"))
    position: Mapped[int]
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(64))
    uuid: Mapped[str] = mapped_column(String(36))
    seq: Mapped[int | None]  # None at a desk: a desk has no counter
    grant_id: Mapped[str | None] = mapped_column(ForeignKey("grant_.id"))
    envelope_sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    device_time: Mapped[datetime]
    corrected_time: Mapped[datetime]
    skew_s: Mapped[int]  # how wrong the phone's clock was when the batch came in; positive: the phone was slow
    received_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    badge_id: Mapped[str | None] = mapped_column(String(26))
    __table_args__ = (
        UniqueConstraint("visit_id", "position"),
        UniqueConstraint("device", "uuid"),
        UniqueConstraint("device", "seq"),
    )


class Envelope(Base):
    """The sealed, signed bytes as the phone sent them. Apart from the entry, so that erasure never touches the log."""

    __tablename__ = "envelope"
    id: Mapped[str] = random_key()
    entry_id: Mapped[str] = mapped_column(ForeignKey("entry.id"), unique=True)
    jwe: Mapped[bytes] = mapped_column(LargeBinary)
    sig: Mapped[str] = mapped_column(String(128))


class Words(Base):
    """A person's own words, names of who consented, signatures: beside the log, never in it (ruling R3)."""

    __tablename__ = "words"
    id: Mapped[str] = random_key()
    entry_id: Mapped[str] = mapped_column(ForeignKey("entry.id"), index=True)
    subject_id: Mapped[str] = mapped_column(String(32), index=True)
    field: Mapped[str] = mapped_column(String(24))
    text: Mapped[str] = mapped_column(Text)
    keep_until: Mapped[date]


class PolicyVersion(Base):
    """A council's numbers as they were: what a log was judged by can be read years later."""

    __tablename__ = "policy_version"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime]


class CalendarFeed(Base):
    """A worker's round as a calendar that another program fetches: by a token of which only a digest is here."""

    __tablename__ = "calendar_feed"
    id: Mapped[str] = random_key()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


# --- who sees what ----------------------------------------------------------------------------------------------


@cache
def _rows_of(model: type[Base], part: str = "") -> Any:
    """The bare rows, for use inside a sight alone: a model there would have its own sight put in once more.

    part: which of several in one sight. Made once, because making them costs more than the question.
    """
    return model.__table__.alias().c


def _own_round(asking: Principal, visit: Any) -> ColumnElement[bool]:
    """Today's visits until shift end, tomorrow's first, and any at whose door the person still stands (R9, R11, N7)."""
    today = london_date(asking.at)
    day, tomorrow = london_instant(today), london_instant(today + timedelta(days=1))
    after = london_instant(today + timedelta(days=2))
    worker, other, other_worker = _rows_of(VisitWorker), _rows_of(Visit, "other"), _rows_of(VisitWorker, "other")
    mine = exists(
        select(worker.id).where(
            worker.visit_id == visit.id, worker.person_id == asking.person_id, worker.ends.is_(None)
        )
    )

    def of_mine(select_what: Any, since: datetime, before: datetime) -> Any:
        # From the day's few visits to their workers: a worker's whole past is thousands, the day's visits hundreds.
        theirs = select(other_worker.id).where(
            other_worker.visit_id == other.id, other_worker.person_id == asking.person_id, other_worker.ends.is_(None)
        )
        return select(select_what).where(other.window_start >= since, other.window_start < before, exists(theirs))

    todays = and_(visit.window_start >= day, visit.window_start < tomorrow)
    if asking.at > london_instant(today, SHIFT_ENDS):
        todays = and_(todays, of_mine(func.max(other.window_end), day, tomorrow).scalar_subquery() >= asking.at)
    first = visit.window_start == of_mine(func.min(other.window_start), tomorrow, after).scalar_subquery()
    return and_(mine, or_(todays, first, visit.stage.in_(AT_THE_DOOR)))


def visits_in_sight(asking: Principal, visit: Any = None) -> ColumnElement[bool]:
    visit = Visit if visit is None else visit
    match asking.role:
        case Role.OPERATIVE:
            return _own_round(asking, visit)
        case Role.OFFICER:
            return or_(visit.area_id.in_(asking.areas), _own_round(asking, visit))
        case Role.CONTRACTOR_MANAGER if asking.firm_id:
            return and_(visit.firm_id == asking.firm_id, visit.stage.not_in(ENDED))  # open ones alone (R9)
        case _:
            return nobody()


def _through_visit(column: Any) -> Any:
    def sight(asking: Principal) -> ColumnElement[bool]:
        visit = _rows_of(Visit)
        return exists(select(visit.id).where(visit.id == column, visits_in_sight(asking, visit)))

    return sight


def _homes_in_sight(home_id: Any, asking: Principal) -> ColumnElement[bool]:
    visit = _rows_of(Visit)
    through_visit = exists(select(visit.id).where(visit.home_id == home_id, visits_in_sight(asking, visit)))
    if asking.role is Role.OFFICER:
        home = _rows_of(Home)
        return or_(exists(select(home.id).where(home.id == home_id, home.area_id.in_(asking.areas))), through_visit)
    return through_visit


def _residents_in_sight(asking: Principal) -> ColumnElement[bool]:
    # A contractor manager sees address and time of the firm's visits: no name, no phone, no needs (ruling R9).
    return nobody() if asking.role is Role.CONTRACTOR_MANAGER else _homes_in_sight(Resident.home_id, asking)


def _needs_in_sight(asking: Principal) -> ColumnElement[bool]:
    return nobody() if asking.role is Role.CONTRACTOR_MANAGER else _homes_in_sight(Household.home_id, asking)


def _warnings_in_sight(asking: Principal) -> ColumnElement[bool]:
    return nobody() if asking.role is Role.CONTRACTOR_MANAGER else _homes_in_sight(Precaution.home_id, asking)


def _contacts_in_sight(asking: Principal) -> ColumnElement[bool]:
    # Somebody else's name and number, given to the council: the worker needs neither.
    return _homes_in_sight(HouseholdContact.home_id, asking) if asking.role is Role.OFFICER else nobody()


def _links_in_sight(asking: Principal) -> ColumnElement[bool]:
    # The words of both sides of a door: whoever visits says one of them; a firm's manager has no use for either.
    return nobody() if asking.role is Role.CONTRACTOR_MANAGER else _through_visit(TenantLink.visit_id)(asking)


def _messages_in_sight(asking: Principal) -> ColumnElement[bool]:
    # What was written to a tenant, and where to: the council's officers, through the visit. The worker needs neither.
    # A test message: whoever sent it to themselves. One about a home: the officers who look after it.
    own = and_(Message.visit_id.is_(None), Message.home_id.is_(None), Message.written_by == asking.person_id)
    home = _rows_of(Home)
    of_home = exists(select(home.id).where(home.id == Message.home_id, home.area_id.in_(asking.areas)))
    return or_(own, of_home, _through_visit(Message.visit_id)(asking)) if asking.role is Role.OFFICER else own


def _words_in_sight(asking: Principal) -> ColumnElement[bool]:
    if asking.role is Role.CONTRACTOR_MANAGER:
        return nobody()
    entry, visit = _rows_of(Entry), _rows_of(Visit)
    its_visit = and_(visit.id == entry.visit_id, visits_in_sight(asking, visit))
    return exists(select(entry.id).where(entry.id == Words.entry_id, its_visit))


protect(Visit, visits_in_sight)
protect(VisitWorker, _through_visit(VisitWorker.visit_id))
protect(Entry, _through_visit(Entry.visit_id))
protect(Notice, _through_visit(Notice.visit_id))
protect(TenantLink, _links_in_sight)
protect(Message, _messages_in_sight)
protect(Words, _words_in_sight)
protect(Envelope, lambda _asking: nobody())
protect(Home, lambda asking: _homes_in_sight(Home.id, asking))
protect(Household, _needs_in_sight)
protect(Precaution, _warnings_in_sight)
protect(HouseholdContact, _contacts_in_sight)
protect(Resident, _residents_in_sight)
protect(Job, lambda asking: _homes_in_sight(Job.home_id, asking) if asking.role is Role.OFFICER else nobody())
