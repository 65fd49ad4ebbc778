"""Badges in the database: issuing, what a person's standing is, suspending at once."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from fieldvisit.badges.codes import new_badge_id, new_secret
from fieldvisit.badges.models import Badge
from fieldvisit.badges.rules import BadgeStanding, is_good
from fieldvisit.codes.service import has_signed
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import Role
from fieldvisit.ground.verdict import Verdict
from fieldvisit.register.models import Person


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


def badge_of(session: Session, person_id: str) -> Badge | None:
    """The person's newest badge, whatever its state."""
    return session.scalars(
        select(Badge).where(Badge.person_id == person_id).order_by(Badge.issued_on.desc(), Badge.id).limit(1)
    ).first()


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
    )


def may_visit(session: Session, person: Person, at: datetime) -> Verdict:
    """May this person be sent to a door at that instant? (ME-2b, ME-Ack1, ME-9a, HS-3.2.5)"""
    return is_good(standing(session, person, badge_of(session, person.id), london_date(at)), at)


def suspend(badge: Badge, at: datetime) -> None:
    """At once: the next scan says NO. Suspending twice is suspending once."""
    if badge.state == "active":
        badge.state, badge.state_changed_at = "suspended", at
