"""A breach case, its steps, what people said beside them, what it rests on, who may read it, and what was told of it.

`BreachStep` is the truth and only ever grows (triggers in the migration). `stage`, `document`, `ladder` and `closed_at` of
`BreachCase` are the fold of its steps, written by `cases.py` alone in the transaction of the step. A case has no number
that counts, and no time at which its row was made: neither a gap nor a minute tells of one (T31, N3).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, exists, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from fieldvisit.db import Base, Json, nobody, protect, random_key
from fieldvisit.ground.roles import Principal, Role

READERS = (Role.INVESTIGATOR, Role.SAFEGUARDING_LEAD)


class BreachCase(Base):
    """subject_kind, subject_id: who is said to have done it, "" and None until somebody has found out who.

    heard_at: when it was first said; of an anonymous report the day alone. readers_at: when its readers were chosen.
    """

    __tablename__ = "breach_case"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(String(12), unique=True)
    cause: Mapped[str] = mapped_column(String(64), unique=True)  # what opened it: the same cause opens it once
    concern_id: Mapped[str | None] = mapped_column(String(32), index=True)
    subject_kind: Mapped[str] = mapped_column(String(8), default="")
    subject_id: Mapped[str | None] = mapped_column(String(32), index=True)
    firm_id: Mapped[str | None] = mapped_column(ForeignKey("firm.id"))
    visit_id: Mapped[str | None] = mapped_column(String(32))
    home_id: Mapped[str | None] = mapped_column(String(32))
    area_id: Mapped[str | None] = mapped_column(ForeignKey("area.id"))
    document: Mapped[str] = mapped_column(String(8), default="")
    ladder: Mapped[str] = mapped_column(String(24), default="")
    stage: Mapped[str] = mapped_column(String(20))
    heard_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    linked_to: Mapped[str | None] = mapped_column(ForeignKey("breach_case.id"))  # the same thing, told twice
    readers_at: Mapped[datetime | None]
    redacted_at: Mapped[datetime | None]
    __table_args__ = (Index(None, "stage", "heard_at", "id"),)


class BreachStep(Base):
    """One step. at: when it happened. body: codes, numbers, ids and dates; never a word of anybody."""

    __tablename__ = "breach_step"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("breach_case.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))  # None: the system, or the person named
    stage_before: Mapped[str] = mapped_column(String(20))
    stage_after: Mapped[str] = mapped_column(String(20))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    form_key: Mapped[str] = mapped_column(String(64), unique=True)  # made with the form: pressed twice, done once
    __table_args__ = (UniqueConstraint("case_id", "position"),)


class BreachWords(Base):
    """What was said, answered, found and decided, in words (ruling R3). Taken away six years after the case was closed."""

    __tablename__ = "breach_words"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("breach_case.id"), index=True)
    step_id: Mapped[str] = mapped_column(ForeignKey("breach_step.id"), index=True)
    field: Mapped[str] = mapped_column(String(24))
    text: Mapped[str] = mapped_column(Text)


class BreachEvidence(Base):
    """One thing that the case rests on, as it was when it was attached: where it is, and its SHA-256. Never a copy.

    kind: entry (a line of the visit's log), notice, scan (of the badge), photo. happened_at: aware UTC.
    """

    __tablename__ = "breach_evidence"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("breach_case.id"))
    step_id: Mapped[str] = mapped_column(ForeignKey("breach_step.id"))
    kind: Mapped[str] = mapped_column(String(8))
    ref_id: Mapped[str] = mapped_column(String(64))
    visit_id: Mapped[str | None] = mapped_column(String(32))
    what: Mapped[str] = mapped_column(String(40))
    happened_at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))
    __table_args__ = (UniqueConstraint("case_id", "kind", "ref_id"),)


class BreachSeat(Base):
    """Who may read a case, and as what: a right to know, with a beginning and an end. ends None: still.

    part: lead (may seat others), screener, investigator, decider, appeal.
    """

    __tablename__ = "breach_seat"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("breach_case.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    part: Mapped[str] = mapped_column(String(12))
    starts: Mapped[datetime]
    ends: Mapped[datetime | None]
    __table_args__ = (Index(None, "person_id", "ends"), Index(None, "case_id"))


class BreachApart(Base):
    """Who must never read a case, and why: accused, reporter, witness, interest, near. Read by no person (N1, N2)."""

    __tablename__ = "breach_apart"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("breach_case.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    why: Mapped[str] = mapped_column(String(12))
    __table_args__ = (UniqueConstraint("case_id", "person_id", "why"),)


class BreachTold(Base):
    """A letter of a case, word for word as it went out: to the person named, to the firm, to the CIH.

    given_at: when they had it, None while it is being prepared; before that it is not there for whom it is to.
    person_id, involved_id, firm_id: whose page shows it; of those at most one.
    """

    __tablename__ = "breach_told"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("breach_case.id"), index=True)
    step_id: Mapped[str] = mapped_column(ForeignKey("breach_step.id"))
    letter: Mapped[str] = mapped_column(String(16))  # notice, interim, outcome, appeal_outcome, firm, cih, no_case
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    involved_id: Mapped[str | None] = mapped_column(ForeignKey("involved_person.id"), index=True)
    firm_id: Mapped[str | None] = mapped_column(ForeignKey("firm.id"), index=True)
    about_id: Mapped[str | None] = mapped_column(
        String(32)
    )  # who is named in it: a firm's manager reads none of the own
    subject: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime | None]
    redacted_at: Mapped[datetime | None]


# --- who sees what (N1, N2, N3) -----------------------------------------------------------------------------------


def _seated(asking: Principal, case_id: Any) -> ColumnElement[bool]:
    """On the need to know alone: a seat that has not ended, and a role that reads cases. No seat, no row, no count."""
    if asking.role not in READERS:
        return nobody()
    seat = BreachSeat.__table__.alias().c
    return exists(
        select(seat.id).where(seat.case_id == case_id, seat.person_id == asking.person_id, seat.ends.is_(None))
    )


def _told_in_sight(asking: Principal) -> ColumnElement[bool]:
    """Whom it is to, from when they had it; a firm's manager the firm's, and none that is about themselves."""
    given = BreachTold.given_at.is_not(None)
    own = (BreachTold.person_id == asking.person_id) & given
    if asking.role is Role.CONTRACTOR_MANAGER and asking.firm_id:
        about_others = or_(BreachTold.about_id.is_(None), BreachTold.about_id != asking.person_id)
        return own | ((BreachTold.firm_id == asking.firm_id) & given & about_others)
    return own | _seated(asking, BreachTold.case_id)


protect(BreachCase, lambda asking: _seated(asking, BreachCase.id))
protect(BreachStep, lambda asking: _seated(asking, BreachStep.case_id))
protect(BreachWords, lambda asking: _seated(asking, BreachWords.case_id))
protect(BreachEvidence, lambda asking: _seated(asking, BreachEvidence.case_id))
protect(
    BreachSeat,
    lambda asking: (
        (BreachSeat.person_id == asking.person_id) & BreachSeat.ends.is_(None) if asking.role in READERS else nobody()
    ),
)
protect(BreachApart, lambda _asking: nobody())
protect(BreachTold, _told_in_sight)
