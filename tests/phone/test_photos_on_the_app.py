"""A photo and a signature from a phone's screen to the council's disk: the real scripts, the real server."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from fieldvisit.ground.roles import CHECKING
from fieldvisit.outbox.models import Attachment
from tests.phone.door_fixtures import HandHeld, address, chromium, phone  # noqa: F401 - fixtures
from tests.phone.stub_fixtures import a_picture
from tests.pictures import make_all_ready
from tests.stories import a_visit

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)


def i_am_ready_to_ask(phone: HandHeld, visit_id: str) -> None:
    phone.signs_in("asha")
    phone.page.goto(f"{phone.address}/visits/{visit_id}")
    phone.reads("Before you go")
    phone.is_ready()
    phone.presses("On my way", then="On the way")
    phone.presses("I am at the door", then="Who answered?")
    phone.presses("The tenant", then="Say who you are")
    phone.presses("I have said who I am", then="Say why you have come")
    phone.presses("I have said why", then="Show your ID")
    phone.presses("Card and phone", then="Let them check you")
    phone.presses("They are checking", then="How are they checking?")
    phone.presses("They ring the council", then="Wait outside")
    phone.presses("They are ready: go on", then="Ask to come in")


def they_sign(phone: HandHeld) -> None:
    phone.page.get_by_role("button", name="They want to sign").click()
    step = phone.page.locator("[data-step='consent-signed']")
    phone.chooses("The tenant", of="Who said yes?")
    phone.chooses("They are 18 or over")
    phone.chooses("They know why you are here")
    phone.chooses("Doing the work")
    phone.chooses("Photos of the work")
    step.locator("canvas").scroll_into_view_if_needed()
    box = step.locator("canvas").bounding_box()
    assert box
    phone.page.mouse.move(box["x"] + 20, box["y"] + 30)
    phone.page.mouse.down()
    phone.page.mouse.move(box["x"] + 200, box["y"] + 90, steps=8)
    phone.page.mouse.up()
    phone.presses("They said yes: save", then="Cover your shoes")


def everything_is_there(phone: HandHeld) -> None:
    for _ in range(60):
        if phone.page.locator("html[data-photos='0'][data-unsent='0']").count():
            return
        phone.page.clock.fast_forward(21_000)
        phone.page.wait_for_timeout(100)
    phone.page.wait_for_selector("html[data-photos='0'][data-unsent='0']", state="attached")


def attachments(phone: HandHeld) -> list[Attachment]:
    with phone.world.database.reading(CHECKING) as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.csize)))


def test_a_signature_and_a_photo_reach_the_councils_disk_whole(world, phone):
    story = a_visit(world).told()
    i_am_ready_to_ask(phone, story.visit_id)
    they_sign(phone)
    phone.presses("Covers are on: go in", then="Before you start")
    phone.page.locator("[data-step]:visible").get_by_role("button", name="Add a photo of before").click()
    phone.reads("Photos")
    expect(phone.page.get_by_label("Before the work")).to_be_checked()
    expect(phone.page.get_by_label("They said yes to this photo")).to_be_checked()
    phone.page.get_by_label("Take a photo").set_input_files(
        [{"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": a_picture(3200, 2400)}]
    )
    expect(phone.page.locator("[data-photo-list] li.is-sent")).to_have_count(1)
    phone.presses("Done: go back", then="Before you start")
    everything_is_there(phone)
    kinds = [entry.kind for entry in phone.recorded(story.visit_id)]
    assert kinds[-3:] == ["consent.given", "home.entered", "photo.taken"]
    assert phone.recorded(story.visit_id)[-1].body == {"what": "before", "asked": "yes"}
    phone.page.reload()
    phone.page.wait_for_selector("[data-visit][data-asked=yes]", state="attached")
    found = attachments(phone)
    assert sorted(row.type for row in found) == ["application/json", "image/jpeg"]
    assert all(row.completed_at and row.received == row.csize for row in found)
    words = {name: text for line in phone.words(story.visit_id) for name, text in line.items()}
    assert words["shown"].startswith("I have been told who you are and why you are here.")
    assert words["shown"].count("Doing the work.") == words["shown"].count("Photos of the work.") == 1


def test_a_photo_of_the_phone_is_the_photo_that_the_office_opens(world, phone, signed_in):
    story = a_visit(world).told()
    phone.signs_in("asha")
    phone.page.goto(f"{phone.address}/visits/{story.visit_id}")
    phone.reads("Before you go")
    phone.is_ready()
    phone.presses("On my way", then="On the way")
    phone.presses("I am at the door", then="Who answered?")
    phone.presses("Nobody answers", then="Nobody answers")
    phone.page.locator("[data-step]:visible").get_by_role("button", name="Add a photo of the card").click()
    phone.page.get_by_label("Take a photo").set_input_files(
        [{"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": a_picture(1000, 500, orientation=6)}]
    )
    expect(phone.page.locator("[data-photo-list] li[data-follows]")).to_have_count(1)
    everything_is_there(phone)
    [row] = attachments(phone)
    assert row.type == "image/jpeg" and row.completed_at
    assert make_all_ready(world) == ["cleaned"]
    desk = signed_in("olive")
    assert "Nobody was there to ask." in desk.get(f"/office/visits/{story.visit_id}").text
    opened = desk.get(f"/office/visits/{story.visit_id}/photos/{row.id}")
    assert opened.status_code == 200
    assert Image.open(io.BytesIO(opened.data)).size == (500, 1000)
