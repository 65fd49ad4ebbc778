"""Workers who are out, and what happened to one, for the pages that show them: see `busy_council.py`."""

from datetime import timedelta

from playwright.sync_api import Page

from fieldvisit.db import new_id
from fieldvisit.ground.roles import DEMO
from fieldvisit.register.models import Person
from fieldvisit.safety import buddies, incidents, service
from fieldvisit.safety.state import Deed
from fieldvisit.visits.models import Visit
from tests.safety import a_watch
from tests.stories import Story
from tests.world import World

MINUTE = timedelta(minutes=1)


def ends_an_alarm(page: Page) -> None:
    page.get_by_text("Found safe", exact=True).click()
    page.get_by_label("Who found them safe").fill("Her manager stands beside her.")
    page.get_by_role("button", name="They were found safe").click()
    page.get_by_role("button", name="Yes, they are safe").wait_for()


def decides_without_a_reason(page: Page) -> None:
    page.get_by_role("button", name="Record the decision").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def some_watches(world: World, stories: dict[str, Story]) -> dict[str, str]:
    """One in time, one late, one in an alarm; and a fall that the law asks about."""
    ids: dict[str, str] = {}
    olive = world.principal("olive")
    with world.database.writing(DEMO) as session:
        for name, story, minutes in (("watched", "today", 5), ("late", "at_door", 37), ("alarm", "hasty", 20)):
            visit, at = session.get_one(Visit, stories[story].visit_id), world.now - minutes * MINUTE
            ids[name] = a_watch(session, visit, world.ids[stories[story].lead], at, world.policy)
            if name == "alarm":
                watch = service.lock(session, ids[name])
                assert watch
                deed = Deed(
                    "spoke", world.now - 2 * MINUTE, world.now - 2 * MINUTE, "", {"word": "duress", "from": "phone"}
                )
                service._write(session, watch, deed, "", new_id(), world.policy)
        service.choose_words(session, world.ids["asha"], "blue kettle", "grey heron", world.now)
        for worker, buddy in (("ben", "asha"), ("asha", "mona")):
            person = session.get_one(Person, world.ids[worker])
            buddies.name_buddy(session, person, world.ids[buddy], person.id, world.now)
        visit = session.get_one(Visit, stories["hasty"].visit_id)
        body = {"kind": "fall", "happened_at": (world.now - 60 * MINUTE).isoformat(), "hurt": "worker",
                "injury": "specified", "days_off": 8, "hospital": True, "police": False, "dangerous_gas": False}  # fmt: skip
        person = session.get_one(Person, world.ids["asha"])
        ids["incident"] = incidents.report(
            session, person, visit.area_id, visit.id, body, "She fell from the step and broke her arm.", key=new_id(),
            by=olive, at=world.now, policy=world.policy,
        ).id  # fmt: skip
    return ids
