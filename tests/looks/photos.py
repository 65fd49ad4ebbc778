"""A visit with photos for the page that shows them side by side: see `busy_council.py`."""

from datetime import timedelta

from playwright.sync_api import Page

from fieldvisit.badges.portraits import portrait
from fieldvisit.ground.roles import DEMO
from fieldvisit.outbox.arrivals import attachment_id
from fieldvisit.outbox.models import Attachment
from tests.pictures import make_all_ready
from tests.stories import Story, a_visit
from tests.world import World

SECOND_HOME = "100030000002"
MINUTE = timedelta(minutes=1)
TAKEN = (
    ("before", "yes"), ("before", "yes"), ("after", "yes"), ("damage", "danger"), ("hazard", "danger"), ("other", ""),
)  # fmt: skip


def shows_all(page: Page) -> None:
    """Those further down too, which a page loads when somebody comes near."""
    page.evaluate("document.querySelectorAll('img').forEach(one => { one.loading = 'eager'; })")
    page.wait_for_function("() => [...document.images].every(one => one.complete && one.naturalWidth)")


def a_photographed_visit(world: World) -> dict[str, str]:
    """One of each sort, and one that is still on the phone."""
    starts = world.now - timedelta(hours=3)
    story = a_visit(world, home=SECOND_HOME, starts=starts, reason="The kitchen tap drips")
    story.at_the_door().answered().identified().consented().entered()
    for number, (what, asked) in enumerate(TAKEN):
        more = {"asked": asked} if asked else {}
        blob = story.phone.photo(story.visit_id, portrait(number), story.at + number * MINUTE, what, **more)
        story.phone.send(story.at + number * MINUTE)
        assert story.phone.put_whole(blob).get_json()["complete"]
    make_all_ready(world)
    story.phone.photo(story.visit_id, portrait(9), story.at + 9 * MINUTE, "after", asked="yes")
    story.phone.send(story.at + 9 * MINUTE)
    return {"photographed": story.visit_id} | _and_some_that_are_not_shown(world, story)


def _and_some_that_are_not_shown(world: World, story: Story) -> dict[str, str]:
    """One that is no photo, one that is being made ready, one over the visit's quota."""
    found = {}
    for minute, (what, content) in enumerate((("refused", b"GIF89a"), ("making", portrait(1)), ("over", portrait(2)))):
        when = story.at + (10 + minute) * MINUTE
        blob = story.phone.photo(story.visit_id, content, when, "damage", asked="yes")
        story.phone.send(when)
        story.phone.put_whole(blob)
        found[what] = attachment_id(story.phone.device, blob)
        if what == "refused":
            make_all_ready(world)
    with world.database.writing(DEMO) as session:
        session.get_one(Attachment, found["over"]).picture = "over"
    return {f"photo {what}": name for what, name in found.items()}
