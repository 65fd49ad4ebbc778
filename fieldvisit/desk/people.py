"""Who visits homes in an officer's areas, what stands behind each one's badge, and the photo on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from fieldvisit.badges.models import Badge
from fieldvisit.badges.rules import BadgeStanding, what_is_wrong
from fieldvisit.badges.service import badge_of, standing, with_number
from fieldvisit.evidence.apart import clean_apart
from fieldvisit.evidence.clean import clean_portrait
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.ground.verdict import Refused
from fieldvisit.register.models import Area, Person, PersonArea
from fieldvisit.visits.models import VisitWorker

PAGE = 25
# The tag of the gravest thing that is wrong; templates/ui/tags.html has its words.
_TAGS = {
    "badge-unknown": "none",
    "badge-revoked": "withdrawn",
    "badge-suspended": "suspended",
    "badge-not-yet": "not_yet",
    "badge-expired": "expired",
    "code-unsigned": "code_unsigned",
    "training-lapsed": "training_lapsed",
    "insurance-lapsed": "insurance_lapsed",
    "may-not-visit": "may_not_visit",
    "check-lapsed": "check_lapsed",
}


@dataclass(frozen=True, slots=True)
class Worker:
    """wrong: every refusal that stands against the badge now, gravest first."""

    person: Person
    badge: Badge | None
    standing: BadgeStanding
    wrong: tuple[Refused, ...]
    has_photo: bool

    @property
    def tag(self) -> str:
        return _TAGS.get(self.wrong[0].code, "no") if self.wrong else "good"


def page_of(session: Session, who: Principal, q: str, after: str) -> tuple[list[Worker], str | None]:
    """By name; after: the id of the last person of the page before. And the id after which the next page begins."""
    query = select(Person.id, Person.name).where(_in_reach(who)).order_by(Person.name, Person.id).limit(PAGE + 1)
    if q:
        query = query.where(_is_called(q))
    if last := find(session, who, after) if after else None:
        query = query.where(tuple_(Person.name, Person.id) > (last.person.name, last.person.id))
    rows = session.execute(query).all()
    shown = [found for row in rows[:PAGE] if (found := find(session, who, row.id))]
    return shown, rows[PAGE - 1].id if len(rows) > PAGE else None


def find(session: Session, who: Principal, person_id: str) -> Worker | None:
    """The person of that id, if they are in reach of whoever asks."""
    query = select(Person, Person.photo.is_not(None)).where(Person.id == person_id, _in_reach(who))
    found = session.execute(query.options(joinedload(Person.firm))).first()
    if found is None:
        return None
    person, has_photo = found
    badge = badge_of(session, person.id)
    stands = standing(session, person, badge, london_date(who.at))
    return Worker(person, badge, stands, what_is_wrong(stands, who.at), has_photo)


def _in_reach(who: Principal) -> ColumnElement[bool]:
    """Whoever visits homes, and may be sent to these areas: by an area of theirs, by none at all, or by a visit there."""
    theirs = and_(PersonArea.person_id == Person.id, _stands(who))
    here = exists(select(PersonArea.id).where(theirs, PersonArea.area_id.in_(who.areas)))
    anywhere = ~exists(select(PersonArea.id).where(theirs))
    sent = exists(select(VisitWorker.id).where(VisitWorker.person_id == Person.id, VisitWorker.ends.is_(None)))
    visits = Person.role.in_((Role.OPERATIVE, Role.OFFICER))
    return and_(visits, Person.disabled_at.is_(None), or_(here, anywhere, sent))


def _stands(who: Principal) -> ColumnElement[bool]:
    """N5: a person's area as of now."""
    return and_(PersonArea.starts <= who.at, or_(PersonArea.ends.is_(None), PersonArea.ends > who.at))


def _is_called(q: str) -> ColumnElement[bool]:
    badge = or_(with_number(q), Badge.number.icontains(q, autoescape=True))
    return or_(
        Person.name.icontains(q, autoescape=True),
        Person.ref.icontains(q, autoescape=True),
        exists(select(Badge.id).where(Badge.person_id == Person.id, badge)),
    )


def area_names(session: Session, who: Principal, person: Person) -> Sequence[str]:
    """Of today; none: they may be sent anywhere."""
    theirs = select(PersonArea.area_id).where(PersonArea.person_id == person.id, _stands(who))
    return session.scalars(select(Area.name).where(Area.id.in_(theirs)).order_by(Area.name)).all()


def manager_of(session: Session, person: Person) -> Person | None:
    return session.get(Person, person.manager_id) if person.manager_id else None


def called(session: Session, said: str) -> Person | None:
    """Whoever has this e-mail address or reference, and has not left."""
    wanted = select(Person).where(or_(Person.email == said.lower(), Person.ref == said), Person.disabled_at.is_(None))
    return session.scalars(wanted.order_by(Person.id)).first()


def portrait_of(raw: bytes) -> bytes:
    """The photo as the badge shows it: a stranger's bytes are decoded apart, and ours are cut. Raises PhotoRefused."""
    return clean_portrait(clean_apart(raw)).jpeg
