"""What has happened before anybody looks at the pages of entry without consent."""

from datetime import timedelta

from playwright.sync_api import Page
from sqlalchemy import select

from fieldvisit.ground.roles import CHECKING
from fieldvisit.visits import lawful_entry_steps as steps
from fieldvisit.visits.lawful_entry_models import LawfulEntry
from tests.services.test_lawful_entry import LEFT, WENT_IN, a_manager, asked, does
from tests.stories import Story, a_visit
from tests.world import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND_HOME, THIRD_HOME = "100030000002", "100030000003"


def asks_with_nothing_typed(page: Page) -> None:
    page.get_by_role("button", name="Ask the duty officer").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def asks_for_entry(page: Page) -> None:
    """On the worker's phone, with nothing typed yet."""
    page.wait_for_selector("html[data-outbox=ready]", state="attached")
    page.get_by_role("button", name="It cannot wait: ask for entry").click()
    page.get_by_role("button", name="Ask the office").click()
    page.get_by_text("Write what the danger is.").wait_for()


def _shut(world: World, home: str, hours: int) -> Story:
    story = a_visit(
        world, home=home, starts=world.now - hours * HOUR, lead="ben", reason="Water comes through the ceiling"
    )
    return story.at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)


def _allowed(world: World, home: str, hours: int) -> Story:
    story = asked(world, _shut(world, home, hours))
    does(world, story, steps.authorise, "tenancy-agreement", "It runs into the flat below.")
    return story


def entries_without_consent(world: World) -> dict[str, str]:
    """One of each stage that a page shows differently. Of the last, nearly everything was wrong."""
    waits = _allowed(world, SECOND_HOME, 3)
    does(
        world, waits, steps.try_contact, "knocked", "no_reply", waits.at, "Called through the letter box.", who="olive"
    )
    inside = _allowed(world, THIRD_HOME, 5).says("entry.lawful", **WENT_IN).says("home.entered", shoe_covers=True)
    locked = _allowed(world, THIRD_HOME, 30).says("entry.lawful", **WENT_IN).says("home.entered", shoe_covers=True)
    locked.says("photo.taken", what="before").says("entry.secured", **LEFT, inventory="The hall carpet is wet.")
    told = _allowed(world, SECOND_HOME, 50).says("entry.lawful", **WENT_IN).says("home.entered", shoe_covers=True)
    told.says("entry.secured", **(LEFT | {"only_made_safe": False}))
    does(world, told, steps.say_told, "no_reply", "Rang twice.", who="olive", notice_left=True)
    wrong = _shut(world, SECOND_HOME, 75).says("entry.lawful", contact_methods=[], second_person="other")
    wrong.says("entry.secured", **(LEFT | {"only_made_safe": False, "notice_left": False}))
    stories = {
        "asked": asked(world, _shut(world, THIRD_HOME, 1)), "waits": waits, "inside": inside, "locked": locked,
        "told": told, "wrong": wrong,
    }  # fmt: skip
    a_manager(world, "olive")
    with world.database.reading(CHECKING) as session:
        found = {case.visit_id: case.id for case in session.scalars(select(LawfulEntry))}
    ids = {f"entry_{name}": found[story.visit_id] for name, story in stories.items()}
    return ids | {"entry_visit_asked": stories["asked"].visit_id}
