"""'Is this badge ours, and due at this home now?' The one place that looks beyond a call handler's own sight.

It answers one of four words and, where the answer is yes, whom to look for. No visit, time, reason or tenant leaves.
Of the word that the worker must say it answers right or not right; the word itself leaves nowhere (T05).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, undefer

from fieldvisit.badges.models import Badge
from fieldvisit.badges.rules import is_good, name_shown
from fieldvisit.badges.service import standing
from fieldvisit.db import Database
from fieldvisit.desk.forms import CallerQuestion
from fieldvisit.desk.rules import Booked, CallerAnswer, WordSaid, caller_answer, is_due, is_the_word, words_are_closed
from fieldvisit.evidence.clean import for_verify
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import VERIFYING, Principal
from fieldvisit.messages.saying import sign_typed
from fieldvisit.notices.links import LinkTry, TenantLink
from fieldvisit.notices.signs import STYLES, workers_sign
from fieldvisit.register.models import Home, Household, Person
from fieldvisit.visits.models import Visit, VisitWorker

NO_HOME = ""  # asked about all the same, so that an unknown home and a home without a visit are one answer in one time

AROUND = timedelta(days=2)
COUNTED = timedelta(hours=1)  # wrong words of before that close nothing any more


@dataclass(frozen=True, slots=True)
class Checked:
    """badge_id: for the access record. name, firm, photo: of DUE alone; firm: empty for the council's own officers.

    word: of DUE alone, where one was typed. Where it is wrong, or not looked at, nobody is to be looked for.
    """

    answer: CallerAnswer
    badge_id: str = ""
    name: str = ""
    firm: str = ""
    photo: bytes | None = None
    word: WordSaid | None = None

    @property
    def reason(self) -> str:
        """For the access record: never the word."""
        return f"{self.answer}, word {self.word}" if self.word else str(self.answer)


def check_caller(database: Database, asked: CallerQuestion, by: Principal, policy: Policy) -> Checked:
    """At the instant of `by`, who asks."""
    home_id, protected = _home(database, asked)
    with database.reading(VERIFYING) as session:
        badge = session.scalars(
            select(Badge)
            .where(func.upper(Badge.number) == asked.badge)
            .options(joinedload(Badge.person).options(joinedload(Person.firm), undefer(Person.photo)))
        ).first()
        booked = _booked(session, badge.person_id if badge else "", home_id, by.at)
        good = badge and bool(is_good(standing(session, badge.person, badge, london_date(by.at)), by.at))
        answer = caller_answer(bool(good), booked, by.at, policy, protected=protected)
        if badge is None:
            return Checked(answer)
        if answer is not CallerAnswer.DUE:
            return Checked(answer, badge.id)
        checked = _bearer(badge, policy)
    if not asked.word:
        return checked
    due = [visit.visit_id for visit in booked if is_due(visit, by.at, policy)]
    word = _heard(database, asked.word, due, home_id, _of_badge_and_home(checked.badge_id, home_id), by.at)
    wrong = word in (WordSaid.WRONG, WordSaid.CLOSED)
    return Checked(checked.answer, checked.badge_id, word=word) if wrong else replace(checked, word=word)


def _bearer(badge: Badge, policy: Policy) -> Checked:
    person = badge.person
    return Checked(
        CallerAnswer.DUE,
        badge.id,
        name_shown(person.name, policy.badge.name_style.value),
        person.firm.name if person.firm else "",
        for_verify(person.photo) if person.photo else None,
    )


def _heard(database: Database, said: str, due: list[str], home_id: str, key: str, at: datetime) -> WordSaid:
    """A wrong word is counted for this badge at this home, one after another: two at once are two."""
    with database.writing(VERIFYING) as session:
        links = session.scalars(
            select(TenantLink).where(TenantLink.visit_id.in_(due)).order_by(TenantLink.id).with_for_update()
        ).all()
        household = session.scalars(select(Household).where(Household.home_id == home_id).with_for_update()).first()
        must_say = set(_must_say(links, household.password if household else ""))
        recent = select(LinkTry.at).where(LinkTry.key == key, LinkTry.at > at - COUNTED).order_by(LinkTry.at)
        if words_are_closed(session.scalars(recent), at):
            return WordSaid.CLOSED
        if not must_say:
            return WordSaid.NONE
        if is_the_word((said, sign_typed(said.strip(".!?,; "))), must_say):
            return WordSaid.RIGHT
        session.add(LinkTry(key=key, at=at))
        return WordSaid.WRONG


def _must_say(links: Iterable[TenantLink], password: str) -> Iterator[str]:
    """In every style: which of them the household chose is not the caller's to learn. Its own password is instead of all."""
    if password:
        yield password
        return
    for link in links:
        for style in STYLES:
            yield workers_sign(link.signs, style)


def _of_badge_and_home(badge_id: str, home_id: str) -> str:
    return hashlib.sha256(f"caller's word\n{badge_id}\n{home_id}".encode()).hexdigest()


def _home(database: Database, asked: CallerQuestion) -> tuple[str, bool]:
    """The one home of that address, or NO_HOME: two that fit are none: a yes is about the caller's own door.

    And whether a home that fits must be protected.
    """
    with database.reading(VERIFYING) as session:
        query = select(Home.id, Household.protected).outerjoin(Household, Household.home_id == Home.id).limit(2)
        if asked.uprn:
            query = query.where(Home.uprn == asked.uprn)
        else:
            line, house = func.lower(Home.address_line), asked.house.lower()
            begins = or_(*(line.startswith(house + end, autoescape=True) for end in (" ", ",")))
            query = query.where(
                func.upper(func.replace(Home.postcode, " ", "")) == asked.postcode, or_(line == house, begins)
            )
        found = session.execute(query).all()
    return found[0].id if len(found) == 1 else NO_HOME, any(row.protected for row in found)


def _booked(session: Session, person_id: str, home_id: str, at: datetime) -> list[Booked]:
    """The bearer's visits to that home about now, by a wide margin: which of them counts, the rule decides."""
    visits = session.scalars(
        select(Visit)
        .join(VisitWorker, VisitWorker.visit_id == Visit.id)
        .where(Visit.home_id == home_id, VisitWorker.person_id == person_id, VisitWorker.ends.is_(None))
        .where(Visit.window_start.between(at - AROUND, at + AROUND))
        .limit(100)
    )
    return [Booked(one.window_start, one.window_end, one.stage, one.arrived_at, one.id) for one in visits]
