"""Who has signed, who is due, who is blocked: the roll of a firm or of the council, and one person's file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from fieldvisit.codes import rules, service
from fieldvisit.codes.models import Acknowledgement, CodeQuestion, CodeVersion
from fieldvisit.codes.rules import Standing
from fieldvisit.codes.service import Held
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import COUNCIL, Duty, Principal, Role
from fieldvisit.register.models import Firm, Person, PersonArea
from fieldvisit.register.same import same_ids
from fieldvisit.register.service import principal_of

MOST = 200  # rows on one page; the table for the training file has them all
SHOWS = {
    "": "Everybody",
    "to_do": "To read or sign",
    "due_again": "Due again",
    "overdue_blocked": "Blocked",
    "signed": "Signed",
}
STANDINGS = {
    Standing.NOT_REQUIRED: ("Nothing to sign", "quiet", "dot"),
    Standing.ISSUED: ("Given, not read yet", "warn", "ring"),
    Standing.READ: ("Read, not signed yet", "warn", "part"),
    Standing.QUESTIONED: ("Has asked a question", "special", "lens"),
    Standing.SIGNED: ("Signed", "good", "tick"),
    Standing.DUE_AGAIN: ("Sign the new version", "warn", "clock"),
    Standing.OVERDUE_BLOCKED: ("Overdue: no new visits", "bad", "cross"),
    Standing.SUPERSEDED: ("An older version", "quiet", "part"),
}


@dataclass(frozen=True, slots=True)
class Row:
    person: Person
    held: Held


def reach(asking: Principal) -> ColumnElement[bool]:
    """Whose file somebody may open: a manager the firm's people, an officer contractors and those who answer to them. Whoever
    holds `complaints_senior` stands in, for the council's people of those areas who answer to no officer."""
    if asking.role is Role.ADMINISTRATOR:
        return true()
    if asking.role is Role.CONTRACTOR_MANAGER:
        return Person.firm_id == asking.firm_id if asking.firm_id else false()
    if asking.role is Role.OFFICER:
        theirs = Person.role.in_((Role.OPERATIVE.value, Role.CONTRACTOR_MANAGER.value))
        own = (Person.manager_id == asking.person_id, Person.id == asking.person_id)
        return or_(theirs, *own, _answers_to_no_officer(asking))
    return false()


def _answers_to_no_officer(asking: Principal) -> ColumnElement[bool]:
    """Nobody above them, or nobody who is here and may record. Whoever has no area is in everybody's."""
    if not (areas := asking.areas_holding(Duty.COMPLAINTS_SENIOR)):
        return false()
    above = aliased(Person)
    records = exists().where(
        above.id == Person.manager_id,
        above.id != Person.id,
        above.disabled_at.is_(None),
        above.role == Role.OFFICER.value,
    )
    area = PersonArea
    now = and_(area.person_id == Person.id, area.starts <= asking.at, or_(area.ends.is_(None), area.ends > asking.at))
    here = or_(exists().where(now, area.area_id.in_(areas)), ~exists().where(now))
    return and_(Person.role.in_([role.value for role in COUNCIL]), ~records, here)


def without_recorder(session: Session, at: datetime) -> list[Person]:
    """Officers of whom nobody else may record whether they visit homes (MO-1f): each needs a manager who is an officer, or
    somebody who stands in."""
    whole = select(Person).options(selectinload(Person.areas), selectinload(Person.duties))
    mine = (Person.role == Role.OFFICER.value, Person.disabled_at.is_(None))
    officers = session.scalars(whole.where(*mine).order_by(Person.name, Person.id)).all()
    managers = {each.manager_id for each in officers}
    recorded: set[str] = set()
    for each in officers:
        if each.id not in managers and all(row.duty != Duty.COMPLAINTS_SENIOR for row in each.duties):
            continue
        there = set(session.scalars(select(Person.id).where(*mine, reach(principal_of(each, at)))))
        recorded |= there - same_ids(session, [each.id])
    return [each for each in officers if each.id not in recorded]


def people(session: Session, asking: Principal) -> list[Person]:
    wanted = select(Person).where(reach(asking), Person.disabled_at.is_(None)).options(joinedload(Person.firm))
    return list(session.scalars(wanted.order_by(Person.name, Person.id)))


def person(session: Session, asking: Principal, person_id: str) -> Person | None:
    """Also of somebody who has left: signatures are kept for ever."""
    return session.scalars(
        select(Person).where(Person.id == person_id, reach(asking)).options(joinedload(Person.firm))
    ).first()


def rows(session: Session, asking: Principal, show: str, document: str = "") -> list[Row]:
    """One row for each person and code that binds them, those who are blocked first."""
    found = people(session, asking)
    held = service.standings(session, found, london_date(asking.at))
    every = [Row(one, each) for one in found for each in held[one.id]]
    shown = [row for row in every if _is_shown(row, show) and document in ("", row.held.version.document)]
    rank = list(reversed([Standing.SIGNED, *rules.TO_DO - {Standing.DUE_AGAIN, Standing.OVERDUE_BLOCKED}, Standing.DUE_AGAIN,
                          Standing.OVERDUE_BLOCKED]))  # fmt: skip
    return sorted(
        shown, key=lambda row: (rank.index(row.held.stands.standing), row.person.name, row.held.version.document)
    )


def _is_shown(row: Row, show: str) -> bool:
    standing = row.held.stands.standing
    return not show or (standing in rules.TO_DO if show == "to_do" else standing.value == show)


def counts(session: Session, asking: Principal) -> dict[str, dict[str, int]]:
    """For each code, how many of them stand how."""
    found: dict[str, dict[str, int]] = {}
    for row in rows(session, asking, ""):
        of = found.setdefault(row.held.version.id, {})
        of[row.held.stands.standing.value] = of.get(row.held.stands.standing.value, 0) + 1
    return found


def open_questions(session: Session, asking: Principal) -> list[tuple[CodeQuestion, Person, CodeVersion]]:
    wanted = (
        select(CodeQuestion, Person, CodeVersion)
        .join(Person, Person.id == CodeQuestion.person_id)
        .join(CodeVersion, CodeVersion.id == CodeQuestion.code_version_id)
        .where(CodeQuestion.answered_at.is_(None), reach(asking))
        .order_by(CodeQuestion.asked_at)
    )
    return [(question, person, version) for question, person, version in session.execute(wanted)]


def waiting_scans(session: Session, asking: Principal) -> list[tuple[Acknowledgement, Person, CodeVersion]]:
    """Paper signatures that a second person has yet to look at."""
    wanted = (
        select(Acknowledgement, Person, CodeVersion)
        .join(Person, Person.id == Acknowledgement.person_id)
        .join(CodeVersion, CodeVersion.id == Acknowledgement.code_version_id)
        .where(Acknowledgement.how == "paper", Acknowledgement.countersigned_at.is_(None), reach(asking))
        .order_by(Acknowledgement.recorded_at)
    )
    return [(row, person, version) for row, person, version in session.execute(wanted)]


def firms(session: Session, asking: Principal) -> Sequence[Firm]:
    own = true() if asking.role is not Role.CONTRACTOR_MANAGER else Firm.id == asking.firm_id
    return session.scalars(select(Firm).where(own).order_by(Firm.name)).all()


def sheet_rows(session: Session, asking: Principal, show: str) -> Iterator[list[Any]]:
    """For the training file, as a table: who signed what, when, and the hash of the text."""
    yield [
        "Name",
        "Role",
        "Organisation",
        "Code",
        "Version",
        "How they stand",
        "Signed on",
        "Signed as",
        "How",
        "SHA-256",
    ]
    found = rows(session, asking, show)
    ids = {row.person.id for row in found}
    kept = session.scalars(select(Acknowledgement).where(Acknowledgement.person_id.in_(ids)))
    by_whom = {(row.person_id, row.code_version_id): row for row in kept}
    for row in found:
        signed = by_whom.get((row.person.id, row.held.version.id))
        yield [
            row.person.name, Role(row.person.role).label, row.person.firm.name if row.person.firm else "",
            row.held.version.title or row.held.version.document, row.held.version.version,
            STANDINGS[row.held.stands.standing][0], _day(signed.signed_on if signed else None),
            signed.name if signed else "", rules.WAYS[signed.how] if signed else "", signed.text_sha256 if signed else "",
        ]  # fmt: skip


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
