"""The phone line as a call handler works it: by keyboard alone, with a line that is lost, and nothing left on the machine."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from fieldvisit.breaches.models import Concern, ConcernDraft
from fieldvisit.ground.roles import TAKING
from tests.phone.door_fixtures import HandHeld, address, chromium, phone  # noqa: F401 - fixtures
from tests.phone.matter import STORED
from tests.world import World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)
BUDGET = 32  # presses of keys that are no words, from the first field to the reference: 26 when this was written
WORDS = "He pushed the door open and shouted at me"


class Keyboard:
    """Presses keys and counts them; a mouse is never touched."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses = page, 0

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)
            self.presses += 1

    def goes_to(self, name: str, most: int = 6) -> None:
        """Tabs on until the field of that name has the focus."""
        for _ in range(most):
            if self.page.evaluate("document.activeElement.name || document.activeElement.id") == name:
                return
            self.press("Tab")
        assert self.page.evaluate("document.activeElement.name") == name, f"{name} is more than {most} steps away"

    def types(self, name: str, words: str) -> None:
        self.goes_to(name)
        self.page.keyboard.type(words)

    def chooses(self, name: str, *, downs: int = 0) -> None:
        self.goes_to(name)
        self.press("Space")
        self.press("ArrowDown", downs)


@pytest.fixture
def desk(phone: HandHeld) -> Page:
    phone.page.set_viewport_size({"width": 1280, "height": 800})
    phone.signs_in("hana")
    return phone.page


def concerns(world: World) -> list[Concern]:
    with world.database.reading(TAKING) as session:
        return list(session.scalars(select(Concern)))


def drafts(world: World) -> int:
    with world.database.reading(TAKING) as session:
        return len(session.scalars(select(ConcernDraft.id).where(ConcernDraft.filed.is_(False))).all())


def nothing_is_stored(page: Page, *words: str) -> None:
    kept: Any = page.evaluate(STORED)
    for word in words:
        assert word not in str(kept) and word not in page.content()


def test_a_whole_call_by_keyboard_within_the_step_budget_and_nothing_of_it_stays(
    phone: HandHeld, desk: Page, world: World
) -> None:
    desk.goto(f"{phone.address}/office/intake")
    desk.get_by_role("radio").first.focus()  # where the skip link and one Tab lead
    keys = Keyboard(desk)
    keys.chooses("danger_now")
    keys.press("Tab")
    keys.chooses("still_there")
    keys.press("Tab")
    keys.chooses("anonymous")
    keys.types("caller_name", "Joan Abbot")
    keys.types("caller_contact", "01632 960123, mornings")
    keys.types("happened_where", "3 Mill House, LE13 9AB")
    keys.types("happened_when", "This morning")
    keys.types("who", "MB-1003")
    keys.press("Enter")  # looks up, and never files
    expect(desk.get_by_label("Carl L., Oakline Repairs, badge MB-1003")).to_be_visible()
    assert concerns(world) == []
    keys.chooses("about_id")
    keys.types("what", WORDS)
    keys.types("wants", "An apology")
    keys.goes_to("do", most=8)
    keys.press("Enter")
    expect(desk.get_by_text("Concern taken").first).to_be_visible()
    print(f"{keys.presses} presses")
    assert keys.presses <= BUDGET
    (kept,) = concerns(world)
    assert (kept.what, kept.about_id, kept.caller_name) == (WORDS, world.ids["carl"], "Joan Abbot")
    assert (kept.danger_now, kept.still_there, kept.is_complaint) == (False, False, True)
    assert drafts(world) == 0
    nothing_is_stored(desk, WORDS, "Joan Abbot", "960123")
    desk.get_by_role("button", name="Sign out").click()
    expect(desk.get_by_label("E-mail address")).to_be_visible()
    nothing_is_stored(desk, WORDS, "Joan Abbot", "960123", kept.ref)


def test_a_line_that_is_lost_half_way_and_a_tab_that_is_closed_cost_no_word(
    phone: HandHeld, desk: Page, world: World
) -> None:
    desk.goto(f"{phone.address}/office/intake")
    line = desk.locator("[data-saved]")
    desk.get_by_label("Name", exact=True).fill("Joan Abbot")
    expect(line).to_contain_text("Saved 09:00")
    desk.context.set_offline(True)
    desk.get_by_label("What happened, in their words").fill(WORDS)
    expect(line).to_contain_text("Not saved since 09:00")
    desk.context.set_offline(False)
    desk.clock.fast_forward(20_000)
    expect(line).to_contain_text("Saved 09:00")
    desk.get_by_label("What would they like to happen?").fill("An apology")
    desk.goto("about:blank")  # the tab goes while the last words may still be on their way
    desk.goto(f"{phone.address}/office/intake")
    expect(desk.get_by_text("You began one that is not filed")).to_be_visible()
    desk.get_by_role("link", name="Go on with it").click()
    expect(desk.get_by_label("What happened, in their words")).to_have_value(WORDS)
    expect(desk.get_by_label("What would they like to happen?")).to_have_value("An apology")
    expect(desk.get_by_label("Name", exact=True)).to_have_value("Joan Abbot")
    with desk.expect_request("**/office/intake/draft") as saved:
        desk.get_by_role("radio", name="They stay anonymous").check()
    assert "what=" in (saved.value.post_data or "") and "Joan" not in (saved.value.post_data or "")
    expect(desk.get_by_label("Name", exact=True)).to_be_hidden()
    expect(desk.get_by_text("Without a name it cannot be a complaint").last).to_be_visible()
    desk.keyboard.press("ArrowUp")  # the keys slipped
    expect(desk.get_by_label("Name", exact=True)).to_have_value("Joan Abbot")
    desk.keyboard.press("ArrowDown")
    expect(desk.get_by_label("Name", exact=True)).to_be_hidden()
    for question in ("Is anyone in danger now", "Is the person still there"):
        desk.get_by_role("group", name=question).get_by_label("No", exact=True).check()
    desk.get_by_label("If they stay anonymous").check()
    desk.context.set_offline(True)
    desk.get_by_role("button", name="File this concern").click()
    expect(line).to_contain_text("Not filed yet: there is no connection.")
    assert concerns(world) == []
    phone.signs_out_elsewhere()
    desk.context.set_offline(False)
    desk.clock.fast_forward(3_000)
    expect(line).to_contain_text("Not filed yet. You have been signed out. Sign in in another tab")
    phone.signs_in_in_another_tab("hana")
    desk.clock.fast_forward(3_000)
    expect(desk.get_by_text("Their receipt")).to_be_visible()
    (kept,) = concerns(world)
    assert (kept.what, kept.anonymous, kept.caller_name, kept.received_at) == (WORDS, True, "", None)
    assert drafts(world) == 0
    phone.refused_by_the_browser[:] = [
        each
        for each in phone.refused_by_the_browser
        if not any(one in each for one in ("INTERNET_DISCONNECTED", "401 ", "400 "))
    ]
