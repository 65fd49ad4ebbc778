"""A badge checked by whoever stands behind the door: what is looked up, what is answered, the little that is kept.

An unknown badge and a bad one take the same road and the same queries: neither the answer nor its time tells them
apart (security.md section 3; rulings R12, R13).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from fieldvisit.badges import codes
from fieldvisit.badges.models import Badge, Scan, TypedTry
from fieldvisit.badges.rules import Answer, Code, TypedLimit, answer, typing_is_closed
from fieldvisit.badges.service import bearer, freshness, standing, typed_limit, with_number
from fieldvisit.doorway import tries
from fieldvisit.doorway.rules import Booked, Booking, is_booked
from fieldvisit.doorway.verify_page import Bearer
from fieldvisit.evidence.clean import for_verify
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Role
from fieldvisit.notices.links import link_of_reference
from fieldvisit.register.models import Grant, Household, Person
from fieldvisit.visits.models import Visit, VisitWorker
from fieldvisit.visits.state import Stage

NOBODY = ""  # the id that no person and no badge has: asked about all the same
NO_SECRET = bytes(32)  # an unknown badge's: whatever matches it, the badge is unknown and the answer is NO
MOST_PHONES = 20  # of one person; more than anybody carries
KEPT = timedelta(days=1)  # wrong tries older than this can close nothing any more


@dataclass(frozen=True, slots=True)
class Asked:
    """badge: an id as scanned, a number as typed. code: as scanned or typed; None, a printed card. by_hand: typed.

    reference: of the asker's own visit, where one was typed.
    """

    badge: str
    code: str | None = None
    by_hand: bool = False
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """badge_id: empty where no badge was found. bearer: of FRESH alone. wrong_digits: counts against typing (R12).

    booked: of FRESH alone, and None where no reference was typed.
    """

    answer: Answer
    badge_id: str = NOBODY
    bearer: Bearer | None = None
    wrong_digits: bool = False
    person_id: str = NOBODY
    booked: Booked | None = None


def check(session: Session, asked: Asked, at: datetime, policy: Policy) -> Checked:
    badge = _find(session, asked)
    person = badge.person if badge else Person(id=NOBODY, role=Role.OPERATIVE)
    stands = standing(session, person, badge, london_date(at))
    phones = [codes.SERVER_DEVICE, *_phones(session, person.id)]
    code, closed = _code(session, asked, badge, phones, at, policy)
    said = answer(stands, code, at, freshness(policy))
    wrong = asked.by_hand and not closed and said is Answer.OLD
    fresh = said is Answer.FRESH
    return Checked(said, badge.id if badge else NOBODY, _bearer(person) if fresh else None, wrong, person.id)


def with_reference(session: Session, checked: Checked, typed: str, at: datetime) -> Checked:
    """Is the bearer who was booked for that visit? A reference that says nothing counts against itself alone."""
    key = tries.of_reference(typed)
    if tries.are_too_many(session, key, at):
        return replace(checked, booked=Booked.CANNOT_SAY)
    booked = is_booked(_booking(session, typed), checked.person_id, at)
    if booked is Booked.CANNOT_SAY:
        tries.count(session, key, at)
    return replace(checked, booked=booked)


def _booking(session: Session, typed: str) -> Booking | None:
    link = link_of_reference(session, typed)
    visit = session.scalars(select(Visit).where(Visit.id == (link.visit_id if link else NOBODY))).first()
    home_id = visit.home_id if visit else NOBODY
    protected = session.scalars(select(Household.protected).where(Household.home_id == home_id)).first()
    sent = select(VisitWorker.person_id).where(
        VisitWorker.visit_id == (visit.id if visit else NOBODY), VisitWorker.ends.is_(None)
    )
    workers = frozenset(session.scalars(sent))
    if visit is None:
        return None
    return Booking(workers, visit.window_start, visit.window_end, Stage(visit.stage), visit.ended_at, bool(protected))


def keep_scan(session: Session, checked: Checked, at: datetime) -> None:
    """The badge, the answer and the hour; nothing of who asked."""
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    session.add(Scan(badge_id=checked.badge_id, answer=checked.answer.value, hour=hour))


def count_wrong_digits(session: Session, badge_id: str, at: datetime) -> None:
    session.execute(delete(TypedTry).where(TypedTry.badge_id == badge_id, TypedTry.at < at - KEPT))
    session.add(TypedTry(badge_id=badge_id, at=at))


def _find(session: Session, asked: Asked) -> Badge | None:
    found = select(Badge).options(undefer(Badge.secret), bearer()).limit(2)
    if asked.by_hand:
        found = found.where(with_number(asked.badge))
    else:
        found = found.where(Badge.id == (codes.badge_id_in(asked.badge) or NOBODY))
    badges = session.scalars(found).all()
    return badges[0] if len(badges) == 1 else None


def _phones(session: Session, person_id: str) -> Sequence[str]:
    live = select(Grant.device).where(Grant.person_id == person_id, Grant.revoked_at.is_(None))
    return session.scalars(live.order_by(Grant.created_at.desc()).limit(MOST_PHONES)).all()


def _code(
    session: Session, asked: Asked, badge: Badge | None, phones: Sequence[str], at: datetime, policy: Policy
) -> tuple[Code, bool]:
    """What the code says of this badge, and whether typing is closed for it: then the digits are not looked at."""
    secret, badge_id = (badge.secret, badge.id) if badge else (NO_SECRET, NOBODY)
    fresh = freshness(policy)
    if not asked.by_hand:
        return codes.scanned(asked.code, secret, badge_id, phones, at, fresh), False
    code = codes.typed(asked.code, secret, badge_id, phones, at, fresh)
    closed = _typing_is_closed(session, badge_id, at, typed_limit(policy))
    return Code(code.kind) if closed else code, closed


def _typing_is_closed(session: Session, badge_id: str, at: datetime, limit: TypedLimit) -> bool:
    since = at - 3 * timedelta(minutes=limit.minutes)
    tries = select(TypedTry.at).where(TypedTry.badge_id == badge_id, TypedTry.at > since)
    return typing_is_closed(session.scalars(tries.order_by(TypedTry.at.desc()).limit(500)), at, limit)


def _bearer(person: Person) -> Bearer:
    return Bearer(person.name, person.firm.name if person.firm else "", small(person.photo) if person.photo else None)


@lru_cache(maxsize=128)
def small(photo: bytes) -> bytes:
    """Fifteen milliseconds of work, done once for each photo."""
    return for_verify(photo)
