"""What the tests of the scheduler's and the duty officer's pages share: typing a form, reading a page."""

import html
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.badges.models import Badge
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING
from fieldvisit.register.models import Household
from fieldvisit.visits.models import Entry, Visit
from tests.stories import FIRST_HOME, Story, a_visit
from tests.world import World

SignedIn = Callable[[str], FlaskClient]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SOUTH_HOME = "100030000004"


def said(answer: Any) -> str:
    """The page's words as a person reads them."""
    text = re.sub(r"<[^>]+>", " ", re.sub(r"<(style|script).*?</\1>", "", answer.text, flags=re.S))
    return re.sub(r"\s+", " ", html.unescape(text))


def day(name: str, on: date) -> dict[str, str]:
    return {f"{name}-day": str(on.day), f"{name}-month": str(on.month), f"{name}-year": str(on.year)}


def a_plan(world: World, **typed: str) -> dict[str, str]:
    form = {"k": new_id(), "do": "save", "kind": "responsive_repair", "reason": "The boiler does not heat",
            "lead": world.ids["asha"], "start": "9am", "end": "12pm"} | day("day", date(2026, 12, 10))  # fmt: skip
    return form | typed


def new_address(world: World, home: str = FIRST_HOME) -> str:
    return f"/office/plan/{world.ids[home]}"


def tomorrow(world: World, hours: int = 48) -> Story:
    """Planned last night, for so many hours from now."""
    return a_visit(world, starts=world.now + hours * HOUR, planned_at=world.now - 12 * HOUR)


def plan_of(story: Story) -> str:
    return f"/office/visits/{story.visit_id}/plan"


def act(story: Story, name: str) -> str:
    return f"/office/visits/{story.visit_id}/{name}"


def all_visits(world: World) -> list[Visit]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(Visit)))


def kinds_of(world: World, story: Story) -> list[str]:
    with world.database.reading(CHECKING) as session:
        kinds = select(Entry.kind).where(Entry.visit_id == story.visit_id).order_by(Entry.position)
        return list(session.scalars(kinds))


def told_by_hand(at: datetime, **typed: str) -> dict[str, str]:
    form = {"k": new_id(), "channel": "handed", "sent_time": f"{at:%H:%M}", "spoke_to": "tenant", "age": "adult",
            "states_who": "yes", "states_why": "yes", "proof": "Card 12, says Ben"}  # fmt: skip
    return form | day("sent", at.date()) | typed


def household(world: World, **needs: Any) -> None:
    with world.database.writing(world.principal("olive")) as session:
        found = session.scalars(select(Household).where(Household.home_id == world.ids[FIRST_HOME])).one()
        for name, value in needs.items():
            setattr(found, name, value)


def expire_badge(session: Any, world: World) -> None:
    session.get_one(Badge, world.ids["badge of asha"]).expires_on = date(2026, 12, 7)
