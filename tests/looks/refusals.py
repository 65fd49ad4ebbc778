"""What has happened before anybody looks at the refusals' pages, and what is done on them."""

from datetime import timedelta

from playwright.sync_api import Page
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import TENANT
from fieldvisit.ground.verdict import Allowed
from fieldvisit.visits import access_service, access_steps
from fieldvisit.visits.access_cases import AccessAttempt
from fieldvisit.visits.pressed import Pressed
from fieldvisit.visits.service import lock
from fieldvisit.visits.tenant_acts import dispute
from tests.stories import Story, a_visit
from tests.world import World

DAY = timedelta(days=1)
SECOND_HOME, THIRD_HOME = "100030000002", "100030000003"


def half_a_contact(page: Page) -> None:
    page.get_by_text("Write down a contact").click()
    page.get_by_label("Phone call").check()
    page.get_by_role("button", name="Keep this contact").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def doors_that_stayed_shut(world: World, refused: Story) -> dict[str, str]:
    """A valid refusal; a child alone; nobody in, which the tenant disputes."""
    shut = {"waited_min": 10, "called": True, "card_left": True}
    child = a_visit(world, home=SECOND_HOME, starts=world.now - 3 * DAY, lead="ben", reason="A loose tile")
    child.at_the_door().says("door.child_answered", adult_coming=False)
    no_access = a_visit(world, home=THIRD_HOME, starts=world.now - 3 * DAY, lead="ben", reason="The lock")
    no_access.at_the_door().says("door.no_answer", **shut)
    at = world.now - DAY
    with world.database.writing(TENANT) as session:
        visit = lock(session, no_access.visit_id)
        assert visit
        dispute(session, visit, "I was in all day.", Allowed(), form_key=new_id(), at=at, policy=world.policy)
    ids = {}
    asking = world.principal("olive")
    with world.database.writing(asking) as session:
        for name, story in (("valid", refused), ("child", child), ("no_access", no_access)):
            wanted = select(AccessAttempt.case_id).where(AccessAttempt.visit_id == story.visit_id)
            ids[f"case_{name}"] = session.scalars(wanted).one()
        case = access_service.find(session, ids["case_no_access"], lock=True)
        assert case
        pressed = Pressed(new_id(), asking, world.policy)
        access_steps.record_contact(session, case, "phone", at, "no_reply", "Rang twice.", pressed)
    return ids
