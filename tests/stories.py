"""Visits that reach a state by driving the real door: planned at the desk, then told by a phone that seals and signs.

a_visit(world).told("handed").set_off().arrived().answered().identified().consented().entered().closed()
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fieldvisit.db import new_id
from fieldvisit.ground.verdict import Allowed
from fieldvisit.register.models import Home, Person
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Visit
from fieldvisit.visits.planning import Plan, command, plan
from fieldvisit.visits.service import lock, refold
from fieldvisit.visits.state import VisitState
from tests.phone_double import Phone
from tests.world import World

FIRST_HOME = "100030000001"


def a_phone(world: World, ref: str) -> Phone:
    if ref not in world.phones:
        world.phones[ref] = Phone(world.app).enrol(world.client(ref))
    phone: Phone = world.phones[ref]
    return phone


def a_visit(
    world: World, *, kind: str = "responsive_repair", reason: str = "The boiler does not heat", lead: str = "asha",
    by: str = "olive", home: str = FIRST_HOME, starts: datetime | None = None, hours: int = 2,
    planned_at: datetime | None = None, others: tuple[str, ...] = (), works_started: bool = False,
) -> "Story":  # fmt: skip
    """Planned two and a half days before it starts; it starts now unless `starts` says otherwise."""
    starts = starts or world.now
    planned_at = planned_at or starts - timedelta(hours=60)
    asking = world.principal(by, planned_at)
    with world.database.writing(asking) as session:
        wanted = Plan(
            home=session.get_one(Home, world.ids[home]),
            kind=kind,
            reason=reason,
            lead=session.get_one(Person, world.ids[lead]),
            others=tuple(session.get_one(Person, world.ids[ref]) for ref in others),
            window_start=starts,
            window_end=starts + timedelta(hours=hours),
            works_started=works_started,
        )
        visit_id = plan(session, wanted, asking, planned_at, world.policy).id
    return Story(world, visit_id, lead, by, starts, starts + timedelta(hours=hours), planned_at)


@dataclass
class Story:
    world: World
    visit_id: str
    lead: str
    by: str
    starts: datetime
    ends: datetime
    planned_at: datetime
    at: datetime = field(init=False)
    results: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.at = self.planned_at

    @property
    def phone(self) -> Phone:
        return a_phone(self.world, self.lead)

    # --- at the desk
    def desk(self, event: ev.Event, at: datetime | None = None, by: str | None = None) -> "Story":
        at = at or self.at
        asking = self.world.principal(by or self.by, at)
        with self.world.database.writing(asking) as session:
            visit = lock(session, self.visit_id)
            assert visit, f"{by or self.by} cannot see this visit"
            command(session, visit, event, Allowed(), by=asking, at=at, policy=self.world.policy, form_key=new_id())
        return self

    def told(self, channel: str = "handed", *, hours_before: float = 50, **facts: Any) -> "Story":
        """The tenant was told, in writing and in full, so many hours before the window starts."""
        given = self.starts - timedelta(hours=hours_before)
        facts = {"spoke_to": "tenant"} | facts
        if channel in ("sms", "email") and "delivery" not in facts:
            facts |= {"delivery": "delivered", "delivered_at": given}
        return self.desk(
            ev.NoticeRecorded(
                notice=new_id(), channel=channel, sent_at=given, window_start=self.starts, window_end=self.ends, **facts
            ),
            at=given,
        )

    # --- at the door
    def says(self, kind: str, at: datetime | None = None, **body: Any) -> "Story":
        """The phone saves one fact and sends it at once."""
        self.at = at or max(self.at + timedelta(minutes=1), self.starts + timedelta(minutes=5))
        self.phone.save(kind, self.visit_id, body, self.at)
        self.results += self.world.at_the_time(self.at, lambda: self.phone.send(self.at))
        return self

    def set_off(self, at: datetime | None = None) -> "Story":
        return self.says("visit.set_off", at or self.starts - timedelta(minutes=20))

    def arrived(self, at: datetime | None = None) -> "Story":
        return self.says("visit.arrived", at or self.starts + timedelta(minutes=5))

    def answered(self, who: str = "tenant") -> "Story":
        return self.says("door.answered", who=who)

    def identified(self) -> "Story":
        return self.says("door.introduced").says("door.reason_given").says("door.id_shown", how="both")

    def consented(self, **facts: Any) -> "Story":
        body = {"who": "tenant", "adult": True, "able": True, "how": "spoken", "scope": ["enter", "work"]}
        return self.says("consent.given", **(body | facts))

    def refused(self, reason: str = "unwell", **facts: Any) -> "Story":
        return self.says("consent.refused", reason=reason, **facts)

    def entered(self, **facts: Any) -> "Story":
        return self.says("home.entered", **({"shoe_covers": True} | facts))

    def closing(self, why: str = "done") -> "Story":
        return self.says("visit.closing", why=why)

    def closed(self, **facts: Any) -> "Story":
        body = {
            "tidy": True, "rubbish_removed": True, "left_as_found": True, "further_visit": False, "unhappy": False,
            "hazard_seen": False, "welfare_prompt_shown": True,
        }  # fmt: skip
        return self.says("visit.closed", **(body | facts))

    def at_the_door(self) -> "Story":
        return self.told().set_off().arrived()

    def in_the_home(self) -> "Story":
        return self.at_the_door().answered().identified().consented().entered()

    def done(self) -> "Story":
        return self.in_the_home().closing().closed()

    # --- what the log adds up to
    def state(self) -> VisitState:
        from fieldvisit.ground.roles import CHECKING

        with self.world.database.reading(CHECKING) as session:
            return refold(session, self.visit_id, self.world.policy)

    def row(self) -> Visit:
        from fieldvisit.ground.roles import CHECKING

        with self.world.database.reading(CHECKING) as session:
            return session.get_one(Visit, self.visit_id)
