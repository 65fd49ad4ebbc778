"""Who is kept apart from whom: what came of an interest that somebody declared, and never why (ME-5.3b2, MR-5h, MO-7g).

Why is in the declaration, which few may read. Here stands only what planning and the deciding of a case must obey.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldvisit.db import Base, nobody, protect, random_key
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.register.models import Person

# Who plans, and who decides: the rest of the house has no question that these rows would answer.
ASKED_BY = (Role.OFFICER, Role.INVESTIGATOR, Role.SAFEGUARDING_LEAD)


class KeptApart(Base):
    """One person, and one home, one firm, or one other person. starts, ends: aware UTC; ends None: until further notice.

    home_id: is not sent there. firm_id: is not sent with it, hands it no visit, and decides nothing about its workers.
    subject_kind, subject_id ("person" or "involved"): takes no part in a case about that person.
    cause: what it came of ("interest:<id>"); several rows may share it, and end together.
    """

    __tablename__ = "kept_apart"
    id: Mapped[str] = random_key()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    home_id: Mapped[str | None] = mapped_column(ForeignKey("home.id"))
    firm_id: Mapped[str | None] = mapped_column(ForeignKey("firm.id"))
    subject_kind: Mapped[str] = mapped_column(String(12), default="")
    subject_id: Mapped[str] = mapped_column(String(32), default="")
    starts: Mapped[datetime]
    ends: Mapped[datetime | None]
    cause: Mapped[str] = mapped_column(String(64), index=True)
    __table_args__ = (Index(None, "person_id"), Index(None, "home_id"), Index(None, "subject_id"))


def _in_sight(asking: Principal) -> ColumnElement[bool]:
    return ~nobody() if asking.role in ASKED_BY else nobody()


protect(KeptApart, _in_sight)


def _stands(at: datetime | None) -> ColumnElement[bool]:
    """At that instant; None: now, as nothing is ever ended ahead."""
    if at is None:
        return KeptApart.ends.is_(None)
    return (KeptApart.starts <= at) & or_(KeptApart.ends.is_(None), KeptApart.ends > at)


def from_home(session: Session, person_id: str, home_id: str, at: datetime) -> bool:
    wanted = select(KeptApart.id).where(KeptApart.person_id == person_id, KeptApart.home_id == home_id, _stands(at))
    return session.scalars(wanted.limit(1)).first() is not None


def away_from(session: Session, home_id: str, at: datetime) -> frozenset[str]:
    """Who is not sent to that home, as ids."""
    return frozenset(session.scalars(select(KeptApart.person_id).where(KeptApart.home_id == home_id, _stands(at))))


def away_from_person(session: Session, person_id: str, at: datetime) -> frozenset[str]:
    """Who takes no part in a case about that person, as ids: whichever of the two declared it, or of their firm."""
    here = (KeptApart.subject_kind == "person") & _stands(at)
    theirs = session.scalars(select(KeptApart.person_id).where(KeptApart.subject_id == person_id, here))
    own = session.scalars(select(KeptApart.subject_id).where(KeptApart.person_id == person_id, here))
    firm = select(Person.firm_id).where(Person.id == person_id, Person.firm_id.is_not(None))
    of_firm = session.scalars(select(KeptApart.person_id).where(KeptApart.firm_id.in_(firm), _stands(at)))
    return frozenset(theirs) | frozenset(own) | frozenset(of_firm)


def from_firms(session: Session, person_id: str, firm_ids: Iterable[str | None], at: datetime | None) -> bool:
    """Is this person kept apart from any of these firms?"""
    if not (named := sorted({firm for firm in firm_ids if firm})):
        return False
    wanted = select(KeptApart.id).where(KeptApart.person_id == person_id, KeptApart.firm_id.in_(named), _stands(at))
    return session.scalars(wanted.limit(1)).first() is not None


def from_subject(session: Session, person_id: str, subject_kind: str, subject_id: str, at: datetime | None) -> bool:
    """From that person or, where it is one who works for a firm, from the firm; whichever of the two declared it."""
    wanted = select(KeptApart.id).where(
        KeptApart.person_id == person_id,
        KeptApart.subject_kind == subject_kind,
        KeptApart.subject_id == subject_id,
        _stands(at),
    )
    if session.scalars(wanted.limit(1)).first() is not None:
        return True
    if subject_kind != "person":
        return False
    other_way = select(KeptApart.id).where(
        KeptApart.person_id == subject_id,
        KeptApart.subject_kind == "person",
        KeptApart.subject_id == person_id,
        _stands(at),
    )
    if session.scalars(other_way.limit(1)).first() is not None:
        return True
    firm_id = session.scalars(select(Person.firm_id).where(Person.id == subject_id)).first()
    return from_firms(session, person_id, [firm_id], at)


def end(session: Session, cause: str, at: datetime) -> None:
    for row in session.scalars(select(KeptApart).where(KeptApart.cause == cause, KeptApart.ends.is_(None))):
        row.ends = at
