"""A notice on its way, for tests: a provider that keeps a ledger, and what a desk, a worker and a receipt do."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, SENDING
from fieldvisit.messages import service as messages
from fieldvisit.messages.outgoing import NotNowError, Outgoing, Taken
from fieldvisit.register.models import Household, Resident
from fieldvisit.visits import events as ev
from fieldvisit.visits import notifying
from fieldvisit.visits.service import lines_of, lock
from tests.stories import FIRST_HOME, Story, a_visit
from tests.world import NOW, World

DAYS = timedelta(days=1)


class Provider:
    """Stands where the adapters stand: a ledger by reference, and what it says when it is asked."""

    def __init__(self) -> None:
        self.ledger: dict[str, Outgoing] = {}
        self.handed = 0
        self.fails: Exception | None = None
        self.loses_answers = False

    def send(self, outgoing: Outgoing, _sending: Any, at: datetime) -> Taken:
        if self.fails:
            raise self.fails
        self.handed += 1
        if outgoing.again and outgoing.reference in self.ledger:
            return Taken("p-" + outgoing.reference, at)
        assert outgoing.reference not in self.ledger, "sent twice"
        self.ledger[outgoing.reference] = outgoing
        if self.loses_answers:
            self.loses_answers = False
            raise NotNowError("timeout")
        return Taken("p-" + outgoing.reference, at)


def in_three_days(world: World) -> Story:
    return a_visit(world, starts=NOW + 3 * DAYS, planned_at=NOW)


def gives_notice(story: Story, channel: str = "sms", key: str | None = None) -> str:
    key = key or new_id()
    world = story.world
    asking = world.principal(story.by)
    with world.database.writing(asking) as session:
        visit = lock(session, story.visit_id)
        assert visit
        way = next(way for way in notifying.ways(session, visit, world.now) if way.channel == channel)
        text = notifying.text_for(session, visit, "notice", way, world.policy)
        notifying.give_notice(session, visit, text, by=asking.person_id, at=world.now, policy=world.policy, key=key)
    return key


def hears(world: World, reference: str, status: str, happened: datetime) -> None:
    with world.database.writing(SENDING) as session:
        messages.receive_by_reference(session, reference, "", status, happened, by="callback", at=world.now)


def rows(world: World, model: Any) -> list[Any]:
    with world.database.reading(SENDING) as session:
        return list(session.scalars(select(model)))


def said(story: Story) -> list[str]:
    with story.world.database.reading(CHECKING) as session:
        return [ev.name_of(line.event) for line in lines_of(session, story.visit_id)]


def tells(story: Story, event: ev.Event, at: datetime | None = None) -> None:
    """What the desk's command tells besides, as its route does."""
    world, asking = story.world, story.world.principal(story.by)
    with world.database.writing(asking) as session:
        visit = lock(session, story.visit_id)
        assert visit
        notifying.follow(
            session, visit, event, by=asking.person_id, at=at or world.now, policy=world.policy, key=new_id()
        )


CANCELLED = ev.VisitCancelled(by="council", reason="worker_ill", apologised=True, offered_new_time=True)


def rents_too(world: World, ref: str = "T-1b", name: str = "Ann Moss", **facts: Any) -> str:
    """Ann rents the first home too, after Terry; all its ways are safe. Her id."""
    with world.database.writing(SENDING) as session:
        home = world.ids[FIRST_HOME]
        household = session.scalars(select(Household).where(Household.home_id == home)).one()
        household.contact_safety = dict.fromkeys(("letter", "email", "sms", "phone"), "safe")
        ann = Resident(ref=ref, home_id=home, role="tenant", name=name, **({"phone": "07700900188"} | facts))
        session.add(ann)
        session.flush()
        return ann.id


def household(world: World, **facts: Any) -> None:
    with world.database.writing(SENDING) as session:
        found = session.scalars(select(Household).where(Household.home_id == world.ids[FIRST_HOME])).one()
        for name, value in facts.items():
            setattr(found, name, value)
