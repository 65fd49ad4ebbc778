"""Who may know of a case, and who never does (N1, N2): chosen by system work, because whoever reports may be near.

Worked out when investigators look at their list, and again whenever it is found out who is meant. Nobody asks for it with
a row of work: its time would tell when an anonymous report came in (T31).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from fieldvisit.breaches.case_facts import Facts
from fieldvisit.breaches.case_models import READERS, BreachApart, BreachCase, BreachSeat
from fieldvisit.breaches.cases import state_from, steps_of
from fieldvisit.breaches.models import Concern
from fieldvisit.codes import service as codes
from fieldvisit.db import Database
from fieldvisit.declarations.service import interest_between
from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import CONDUCT, Role
from fieldvisit.messages import service as messages
from fieldvisit.register import apart
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Firm, Person
from fieldvisit.register.same import is_same, reach
from fieldvisit.register.service import tenants_stand_in

LEAD = "lead"
OUTSIDE = "Please ring us about a matter of conduct. Our reference is {ref}. Nothing more can be said in a message."


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a case is about, as far as its pages say. page: where this person reads their own part. email: that of
    somebody who can sign in, where it is a person with an account."""

    kind: str
    id: str
    name: str
    role: str = ""
    firm_id: str | None = None
    firm: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""

    @property
    def page(self) -> str:
        """Nobody signs in without an e-mail address."""
        return "your personal link" if self.kind == "involved" else "‘Letters to you’" if self.email else ""


def named(session: Session, kind: str, subject_id: str | None) -> Named | None:
    if kind == "person" and (person := session.get(Person, subject_id)):
        firm = session.get(Firm, person.firm_id) if person.firm_id else None
        return Named(
            kind, person.id, person.name, Role(person.role).label, person.firm_id, firm.name if firm else "",
            "" if person.disabled_at else person.email or "", person.phone,
        )  # fmt: skip
    if kind == "involved" and (one := session.get(InvolvedPerson, subject_id)):
        return Named(kind, one.id, one.name, one.kind_label, None, "", one.email, one.phone, one.address)
    return None


def all_readers(session: Session) -> list[Person]:
    """Whoever has a role that reads cases, and still works here."""
    wanted = select(Person).where(Person.role.in_([role.value for role in READERS]), Person.disabled_at.is_(None))
    return list(session.scalars(wanted.order_by(Person.name, Person.id)))


def kept_apart(session: Session, case: BreachCase, at: datetime) -> frozenset[str]:
    """Of the people who read cases, those who must not know of this one; and whoever is named in it."""
    rows = select(BreachApart.person_id).where(BreachApart.case_id == case.id)
    barred = set(session.scalars(rows))
    marked = [person for each in sorted(barred) if (person := session.get(Person, each))]
    for person in all_readers(session):
        if person.id not in barred and (
            any(is_same(person, other) for other in marked) or is_near(session, person, case, at)
        ):
            barred.add(person.id)
    return frozenset(barred)


def is_near(session: Session, person: Person, case: BreachCase, at: datetime) -> bool:
    """N2: one firm, one line of management, one telephone or address of e-mail, or anything declared between the two."""
    if case.home_id and apart.from_home(session, person.id, case.home_id, at):
        return True
    if apart.from_firms(session, person.id, [case.firm_id], at):
        return True
    if case.subject_id is None:
        return False
    if interest_between(session, person.id, case.subject_kind, case.subject_id, at):
        return True
    if case.subject_kind == "person":
        other = session.get(Person, case.subject_id)
        return other is not None and (is_same(person, other) or _line(person, other) or _firm(person, other))
    involved = session.get(InvolvedPerson, case.subject_id)
    return involved is not None and bool(reach(person.email, person.phone) & reach(involved.email, involved.phone))


def _line(person: Person, other: Person) -> bool:
    return person.manager_id == other.id or other.manager_id == person.id


def _firm(person: Person, other: Person) -> bool:
    return person.firm_id is not None and person.firm_id == other.firm_id


# --- seats --------------------------------------------------------------------------------------------------------


def settle(database: Database, at: datetime, policy: Policy, *, but_anonymous: bool = False) -> None:
    """Cases that nobody has been chosen for: every lead and investigator who is not near may look, until one is seated.

    but_anonymous: for what runs every few minutes. A letter to the outside contact would tell when somebody rang (T31).
    """
    wanted = select(BreachCase.id).where(BreachCase.readers_at.is_(None))
    if but_anonymous:
        wanted = wanted.where(~_is_anonymous())
    with database.reading(CONDUCT) as session:
        waiting = session.scalars(wanted).all()
    for case_id in waiting:
        with database.writing(CONDUCT) as session:
            case = session.scalars(select(BreachCase).where(BreachCase.id == case_id).with_for_update()).one()
            if case.readers_at is None:
                choose(session, case, at, policy)


def _is_anonymous() -> ColumnElement[bool]:
    return exists(select(Concern.id).where(Concern.id == BreachCase.concern_id, Concern.anonymous))


def choose(session: Session, case: BreachCase, at: datetime, policy: Policy) -> None:
    """Whoever may not know loses their seat. Where none is left, at first or later, everybody who may know gets one;
    and where nobody may, the outside contact is asked."""
    barred, readers = kept_apart(session, case, at), all_readers(session)
    may = {person.id for person in readers} - barred
    seats = session.scalars(select(BreachSeat).where(BreachSeat.case_id == case.id, BreachSeat.ends.is_(None))).all()
    gone = [seat for seat in seats if seat.person_id not in may]
    for seat in gone:
        seat.ends = at
    if case.readers_at is None or (gone and len(gone) == len(seats)):
        nameless = session.scalars(select(BreachCase.id).where(BreachCase.id == case.id, _is_anonymous())).first()
        since = london_instant(london_date(at)) if nameless else at  # of an anonymous one the day alone (T31)
        here = {seat.person_id for seat in seats}
        for person_id in sorted(may - here):
            session.add(BreachSeat(case_id=case.id, person_id=person_id, part=LEAD, starts=since))
        if not may:
            _ask_outside(session, case, at, policy)
        case.readers_at = case.readers_at or since
    session.flush()


def look_again(database: Database, at: datetime, policy: Policy) -> None:
    """Once a day: who was seated may have declared an interest, or become manager or colleague of the person named."""
    chosen = select(BreachCase.id).where(BreachCase.readers_at.is_not(None), BreachCase.redacted_at.is_(None))
    with database.reading(CONDUCT) as session:
        known = session.scalars(chosen).all()
    for case_id in known:
        with database.writing(CONDUCT) as session:
            wanted = select(BreachCase).where(BreachCase.id == case_id, BreachCase.redacted_at.is_(None))
            if case := session.scalars(wanted.with_for_update()).first():
                choose(session, case, at, policy)


def seat(session: Session, case: BreachCase, part: str, person_id: str, by: str, at: datetime) -> None:
    """Seats one. Who had that part goes on reading, as an investigator: they may be writing this minute. Once somebody
    looks at it, of those who might have only leads and whoever chose still need to know."""
    seats = session.scalars(select(BreachSeat).where(BreachSeat.case_id == case.id, BreachSeat.ends.is_(None))).all()
    for one in seats:
        if one.part == part and part != "investigator":
            one.ends = at
            if one.person_id != person_id:
                session.add(BreachSeat(case_id=case.id, person_id=one.person_id, part="investigator", starts=at))
        if one.part == LEAD and one.person_id not in (by, person_id) and not _is_lead(session, one.person_id):
            one.ends = at
    session.add(BreachSeat(case_id=case.id, person_id=person_id, part=part, starts=at))
    session.flush()


def sits_in(person_id: str) -> Select[str]:
    """The ids of the cases that this person reads: for a session of system work, which sees all."""
    return select(BreachSeat.case_id).where(BreachSeat.person_id == person_id, BreachSeat.ends.is_(None))


def _is_lead(session: Session, person_id: str) -> bool:
    return session.get_one(Person, person_id).role == Role.SAFEGUARDING_LEAD


def _ask_outside(session: Session, case: BreachCase, at: datetime, policy: Policy) -> None:
    """N1: everybody inside is named in it or near. Whoever the council's settings name is asked to ring, and no more.

    Somebody who signs in with that address, as an investigator, finds the case on their list.
    """
    address = policy.safeguarding.outside_email.value
    messages.write(
        session, visit_id=None, kind="call_us", channel="email", to=address, language="en",
        subject=f"Please ring {policy.council.name}", body=OUTSIDE.format(ref=case.ref), template="0" * 64,
        by=tenants_stand_in(session).id, at=at,  # who never signs in: whoever wrote a message sees it
    )  # fmt: skip


def seat_outside(session: Session, person: Person, at: datetime, policy: Policy) -> None:
    """The nominated person has been given a sign-in: they see what nobody inside may, unless they are named in it."""
    if (person.email or "").lower() != policy.safeguarding.outside_email.value.lower():
        return
    seated = select(BreachSeat.case_id).where(BreachSeat.ends.is_(None))
    for case in session.scalars(
        select(BreachCase).where(
            BreachCase.id.not_in(seated),
            BreachCase.readers_at.is_not(None),
            BreachCase.closed_at.is_(None),
            BreachCase.redacted_at.is_(None),
        )
    ):
        if person.id not in kept_apart(session, case, at):
            session.add(BreachSeat(case_id=case.id, person_id=person.id, part=LEAD, starts=at))
    session.flush()


# --- what the rules must know -------------------------------------------------------------------------------------


def facts(session: Session, case: BreachCase, at: datetime, policy: Policy) -> Facts:
    """In a session of system work: what is declared, and what came of earlier cases, is not the reader's to see."""
    who = named(session, case.subject_kind, case.subject_id)
    return Facts(
        policy=policy,
        at=at,
        apart=kept_apart(session, case, at),
        readers=frozenset(person.id for person in all_readers(session)),
        binding=binding(session, case),
        before=before(session, case),
        of_a_firm=bool(who and who.firm_id),
        has_email=bool(who and who.email),
        name=who.name if who else "",
        one_person=_accounts(session),
    )


def _accounts(session: Session) -> dict[str, frozenset[str]]:
    """Of whoever reads cases, or did: an account -> the others of the same person."""
    people = session.scalars(select(Person).where(Person.role.in_([role.value for role in READERS]))).all()
    found = {
        one.id: frozenset(each.id for each in people if each.id != one.id and is_same(one, each)) for one in people
    }
    return {account: others for account, others in found.items() if others}


def binding(session: Session, case: BreachCase) -> dict[str, str]:
    """Which codes bound this person on the day that it was heard of: computed, never chosen. A live one outdoes its draft."""
    subject = codes.subject_of(session, case.subject_kind, case.subject_id) if case.subject_id else None
    if subject is None:
        return {}
    found: dict[str, str] = {}
    for version in codes.codes_binding(session, subject, london_date(case.heard_at)):
        if found.get(version.document) != "live":
            found[version.document] = "draft" if version.is_draft else "live"
    return found


def before(session: Session, case: BreachCase) -> tuple[str, ...]:
    """What was done before on the same ladder, and no appeal took away: each row of a code's table begins anew (MR-7.T1 to T6).

    A breach of another kind before is a reason to leave a step out, where the ladder allows that."""
    if case.subject_id is None or not case.document:
        return ()
    earlier = session.scalars(
        select(BreachCase.id).where(
            BreachCase.subject_kind == case.subject_kind, BreachCase.subject_id == case.subject_id,
            BreachCase.document == case.document, BreachCase.ladder == case.ladder, BreachCase.id != case.id,
            or_(BreachCase.linked_to.is_(None), BreachCase.linked_to != case.id),
        )
    ).all()  # fmt: skip
    states = [state_from(steps) for steps in steps_of(session, earlier).values()]
    return tuple(state.sanction for state in states if state.communicated_at and state.stands and state.sanction)
