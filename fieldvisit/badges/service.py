"""Badges in the database: issuing, what a person's standing is, what they show, suspending at once."""

import base64
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session, joinedload, undefer
from sqlalchemy.orm.interfaces import ORMOption

from fieldvisit.badges.codes import SERVER_DEVICE, Shown, day_key, new_badge_id, new_secret, number_typed, shown_at
from fieldvisit.badges.draw import badge_photo
from fieldvisit.badges.models import Badge
from fieldvisit.badges.rules import BadgeStanding, Freshness, TypedLimit, is_good, name_shown, what_is_wrong
from fieldvisit.badges.words import long_day, to_its_holder
from fieldvisit.codes.service import has_signed
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Role
from fieldvisit.ground.verdict import Allowed, Refused, Verdict
from fieldvisit.register.models import Grant, Person

# What withdraws the piece of plastic itself; the rest (a signature, training) may still come before the first visit.
CARD_STOPS = frozenset({"badge-unknown", "badge-revoked", "badge-suspended", "badge-expired", "person-inactive"})


@dataclass(frozen=True, slots=True)
class OwnBadge:
    """What a person's own badge page says. shown: None where the badge is not good; `why` tells them, gravest first."""

    person: Person
    badge: Badge | None
    why: tuple[str, ...]
    shown: Shown | None


def issue(session: Session, person: Person, number: str, *, expires_on: date, at: datetime) -> Badge:
    badge = Badge(
        id=new_badge_id(),
        number=number,
        person=person,
        secret=new_secret(),
        state="active",
        issued_on=london_date(at),
        expires_on=expires_on,
        state_changed_at=at,
    )
    session.add(badge)
    return badge


def badge_of(session: Session, person_id: str, *options: ORMOption) -> Badge | None:
    """The person's newest badge, whatever its state."""
    active_first = case((Badge.state == "active", 0), else_=1)  # of two that were issued on one day
    newest = (
        select(Badge)
        .where(Badge.person_id == person_id)
        .order_by(Badge.issued_on.desc(), active_first, Badge.id)
        .limit(1)
    )
    return session.scalars(newest.options(*options)).first()


def bearer() -> ORMOption:
    """Loads a badge's person with photo and firm in the badge's own query."""
    return joinedload(Badge.person, innerjoin=True).options(joinedload(Person.firm), undefer(Person.photo))


def with_number(typed: str) -> ColumnElement[bool]:
    """The badges whose number or id it may be: numbers are compared without the signs that people leave out."""
    plain = number_typed(typed)
    number = func.upper(Badge.number)
    for sign in "-/. ":
        number = func.replace(number, sign, "")
    return or_(Badge.id == plain, number == plain)


def by_number(session: Session, typed: str) -> Badge | None:
    """The badge of that number; None also where two badges are one without their signs: nobody guesses between them."""
    found = session.scalars(select(Badge).where(with_number(typed)).limit(2)).all()
    return found[0] if len(found) == 1 else None


def with_secret(session: Session, badge_id: str) -> Badge | None:
    return session.scalars(select(Badge).where(Badge.id == badge_id).options(undefer(Badge.secret))).first()


def standing(session: Session, person: Person, badge: Badge | None, on: date) -> BadgeStanding:
    return BadgeStanding(
        state=badge.state if badge else "unknown",
        issued_on=badge.issued_on if badge else None,
        expires_on=badge.expires_on if badge else None,
        code_signed=has_signed(session, person, on),
        training_until=person.training_until,
        insurance_until=person.firm.insurance_until if person.firm else None,
        person_active=person.disabled_at is None,
        needs_insurance=person.role == Role.OPERATIVE,  # the council insures its own officers
        visit_check=person.visit_check,
        visit_check_until=person.visit_check_until,
    )


def may_visit(session: Session, person: Person, at: datetime) -> Verdict:
    """May this person be sent to a door at that instant? (ME-2b, ME-Ack1, ME-9a, HS-3.2.5)"""
    return is_good(standing(session, person, badge_of(session, person.id), london_date(at)), at)


def suspend(badge: Badge, at: datetime) -> None:
    """At once: the next scan says NO. Suspending twice is suspending once."""
    if badge.state == "active":
        badge.state, badge.state_changed_at = "suspended", at


def lift(badge: Badge, since: datetime, at: datetime) -> None:
    """Ends a suspension of that instant which was no finding. Whoever lifts it knows that it was not lost since then."""
    if badge.state == "suspended" and badge.state_changed_at == since:
        badge.state, badge.state_changed_at = "active", at


def hold(badge: Badge, since: datetime) -> None:
    """Dark since that instant, and only whoever suspended somebody then may lift it."""
    badge.state, badge.state_changed_at = "suspended", since


def report_lost(session: Session, person_id: str, at: datetime) -> Badge | None:
    """Suspends every badge that the person could show, and answers the newest. Saying it twice is saying it once."""
    for badge in session.scalars(select(Badge).where(Badge.person_id == person_id, Badge.state == "active")):
        suspend(badge, at)
    return badge_of(session, person_id)


def own_badge(session: Session, person_id: str, at: datetime, policy: Policy) -> OwnBadge:
    """The live badge as this server shows it at `at`: a code only while the badge is good."""
    badge = badge_of(session, person_id, undefer(Badge.secret), bearer())
    person = badge.person if badge else session.get_one(Person, person_id)
    stands = standing(session, person, badge, london_date(at))
    why = tuple(to_its_holder(refused, stands) for refused in what_is_wrong(stands, at))
    if badge is None or why:
        return OwnBadge(person, badge, why, None)
    shown = shown_at(badge.secret, badge.id, SERVER_DEVICE, at, policy.badge.step_s.value)
    return OwnBadge(person, badge, (), shown)


def pack_badge(
    session: Session, person_id: str, device: str, at: datetime, policy: Policy, verify_base: str, verify_at: str
) -> dict[str, Any] | None:
    """What a phone needs to show this badge by itself, today and tomorrow; None for whoever visits no homes.

    verify_base: scheme and host of the QR's address; verify_at: where the digits are typed. A badge that is not good
    has its `why` and neither photo nor keys; keys go only to a phone whose codes a check would know.
    """
    own = own_badge(session, person_id, at, policy)
    if not own.person.visits_homes:
        return None
    badge, person, valid = own.badge, own.person, own.shown is not None
    return {
        "id": badge.id if badge else None,
        "number": badge.number if badge else "",
        "name": name_shown(person.name, policy.badge.name_style.value),
        "company": person.firm.name if person.firm else "",
        "council": policy.council.name,
        "good_until": long_day(badge.expires_on) if badge else "",
        "photo": _photo_address(person.photo) if valid and person.photo else None,
        "valid": valid,
        "why": list(own.why),
        "day_keys": _day_keys(session, badge, device, at) if badge and valid else [],
        "step_s": policy.badge.step_s.value,
        "verify_base": verify_base,
        "verify_at": verify_at,
    }


def _day_keys(session: Session, badge: Badge, device: str, at: datetime) -> list[dict[str, str]]:
    enrolled = select(Grant.id).where(
        Grant.person_id == badge.person_id, Grant.device == device, Grant.revoked_at.is_(None)
    )
    if session.scalars(enrolled.limit(1)).first() is None:
        return []
    today = london_date(at)
    return [
        {"day": day.isoformat(), "key": day_key(badge.secret, badge.id, device, day).hex()}
        for day in (today, today + timedelta(days=1))
    ]


def _photo_address(photo: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(badge_photo(photo)).decode()


def may_print(session: Session, badge: Badge, at: datetime) -> Verdict:
    """May a card be made for this badge? Not for one that a check would never confirm, and not without a face."""
    for refused in what_is_wrong(standing(session, badge.person, badge, london_date(at)), at):
        if refused.code in CARD_STOPS:
            return refused
    if badge.person.photo is None:
        return Refused("no-photo", "There is no photo of this person. Add one before you print a card.")
    return Allowed()


def freshness(policy: Policy) -> Freshness:
    badge = policy.badge
    return Freshness(badge.step_s.value, badge.steps_ahead.value, badge.steps_old.value)


def typed_limit(policy: Policy) -> TypedLimit:
    return TypedLimit(policy.badge.typed_tries.value, policy.badge.typed_lock_min.value)
