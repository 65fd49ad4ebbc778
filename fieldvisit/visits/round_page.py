"""What today's round shows: the worker's own visits of today, and tomorrow's first. No rule is made here.

The session asks under the operative's column (ruling R9): the wall shows nothing but that person's own round.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.orm.interfaces import ORMOption

from fieldvisit.badges.rules import is_good
from fieldvisit.badges.service import badge_of, standing
from fieldvisit.badges.words import to_its_holder
from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.verdict import Refused, Verdict
from fieldvisit.register.models import Home, Household, Person
from fieldvisit.visits.models import Visit, VisitWorker
from fieldvisit.visits.precautions import say_precautions
from fieldvisit.visits.state import PLANNING, Stage

NOT_BEGUN = (*PLANNING, Stage.CANCELLED)
MOST = 60  # visits of one person in two days: more than anybody can make
KINDS = {
    "responsive_repair": "Repair",
    "planned_works": "Planned work",
    "inspection": "Inspection",
    "safety_check": "Safety check",
    "tenancy_visit": "Tenancy visit",
    "follow_up": "Follow-up",
    "other": "Visit",
}


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit of the round, as the phone may show it: no phone number, no cause of a precaution, no history."""

    id: str
    ref: str
    door: str  # the first line of the address: what stands on the door
    address: str
    map_link: str
    tenant: str
    can_call: bool
    kind: str
    reason: str
    window: tuple[datetime, datetime]
    stage: str
    notice_result: str
    precautions: tuple[str, ...]
    trusted_adult: bool


@dataclass(frozen=True, slots=True)
class Round:
    badge: Verdict
    today: tuple[Stop, ...] = ()
    left_open: tuple[Stop, ...] = ()  # of earlier days: not today's, and not to be taken for it
    tomorrow: Stop | None = None

    @property
    def all(self) -> tuple[Stop, ...]:
        return (*self.today, *self.left_open, *((self.tomorrow,) if self.tomorrow else ()))


def todays_round(session: Session, person_id: str, at: datetime, agent: str) -> Round:
    """A badge that is not good removes the day's visits (ME-3.2a)."""
    badge = badge_verdict(session, person_id, at)
    if not badge:
        return Round(badge)
    midnight, next_midnight = (london_instant(london_date(at) + timedelta(days=days)) for days in (0, 1))
    found = _own_visits(session, person_id)
    later = [visit for visit in found if visit.window_start >= next_midnight]
    return Round(
        badge,
        tuple(stop_of(visit, agent) for visit in found if midnight <= visit.window_start < next_midnight),
        tuple(stop_of(visit, agent) for visit in found if visit.window_start < midnight),
        stop_of(later[0], agent) if later else None,
    )


def begun_today(session: Session, person_id: str, at: datetime) -> list[str]:
    """The ids of today's visits that are under way: those that a phone keeps whatever becomes of the badge."""
    today = london_date(at)
    found = _own_visits(session, person_id)
    return [one.id for one in found if london_date(one.window_start) == today and Stage(one.stage) not in NOT_BEGUN]


def badge_verdict(session: Session, person_id: str, at: datetime) -> Verdict:
    """In words for whoever wears the badge, not for the office."""
    person = session.get_one(Person, person_id, options=[joinedload(Person.firm)])
    stands = standing(session, person, badge_of(session, person_id), london_date(at))
    verdict = is_good(stands, at)
    return replace(verdict, message=to_its_holder(verdict, stands)) if isinstance(verdict, Refused) else verdict


def _own_visits(session: Session, person_id: str) -> list[Visit]:
    """The wall shows the person's own round and no more; asking by the worker's index spares it every other visit."""
    sent = aliased(VisitWorker)
    mine = (
        select(Visit)
        .where(Visit.id.in_(select(sent.visit_id).where(sent.person_id == person_id)))
        .order_by(Visit.window_start, Visit.id)
        .options(*with_home())
        .limit(MOST)
    )
    return list(session.scalars(mine))


def with_home() -> tuple[ORMOption, ...]:
    """The home, its household, its warnings and its residents in three queries, however many visits."""
    home = joinedload(Visit.home)
    warnings = joinedload(Visit.home).joinedload(Home.household).selectinload(Household.warnings)
    return warnings, home.selectinload(Home.residents)


def stop_of(visit: Visit, agent: str) -> Stop:
    home, household = visit.home, visit.home.household
    trusted_adult = bool(household and household.trusted_adult)
    return Stop(
        id=visit.id,
        ref=visit.ref,
        door=home.address_line,
        address=home.address,
        map_link=map_link(home.address, agent),
        tenant=" and ".join(one.name for one in sorted(home.residents, key=lambda r: r.ref) if one.role == "tenant"),
        can_call=phone_of(home) is not None,
        kind=KINDS.get(visit.kind, KINDS["other"]),
        reason=visit.reason,
        window=(visit.window_start, visit.window_end),
        stage=visit.stage,
        notice_result=visit.notice_result,
        precautions=say_precautions(
            household.precautions if household else [],
            language=household.language if household else "en",
            trusted_adult=trusted_adult,
        ),
        trusted_adult=trusted_adult,
    )


def phone_of(home: Home) -> str | None:
    """The first number that may be rung: the tenant's before a representative's; none where calls are of no use or
    not safe."""
    household = home.household
    if household and ("phone" in household.unusable_channels or household.contact_safety.get("phone") == "never"):
        return None
    in_turn = sorted(home.residents, key=lambda one: (one.role != "tenant", one.ref))
    return next((one.phone for one in in_turn if one.phone), None)


def map_link(address: str, agent: str) -> str:
    """Opens the phone's own maps. A web address of a map service would tell a third party which home is visited.

    iPhones do not answer `geo:`; they answer `maps:`.
    """
    where = quote(address, safe="")
    return f"maps:?q={where}" if any(name in agent for name in ("iPhone", "iPad")) else f"geo:0,0?q={where}"
