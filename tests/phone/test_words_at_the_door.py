"""The doorstep word on the worker's phone: there from the window's opening or at the door, and not before (ruling R14)."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from fieldvisit.ground.roles import DEMO
from fieldvisit.notices.links import link_of_visit
from fieldvisit.register.models import Household
from tests.phone.door_fixtures import HandHeld, address, chromium, phone  # noqa: F401 - fixtures
from tests.phone.test_the_door_flow import i_go_to_the_door, i_open_my_visit
from tests.stories import Story, a_visit
from tests.world import NOW, World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)


def signs(world: World, story: Story) -> dict[str, list[str]]:
    with world.database.reading(DEMO) as session:
        link = link_of_visit(session, story.visit_id)
        assert link
        return link.signs


def household(world: World, **facts: Any) -> None:
    with world.database.writing(DEMO) as session:
        for one in session.scalars(select(Household)):
            for name, value in facts.items():
                setattr(one, name, value)


@pytest.mark.parametrize(("minutes", "there"), [(1, False), (0, True), (-1, True)])
def test_the_word_shows_from_the_windows_opening(world, phone, minutes, there):
    story = a_visit(world, starts=NOW + timedelta(minutes=minutes)).told()
    i_open_my_visit(phone, story.visit_id)
    word = phone.page.get_by_text(signs(world, story)["words"][1], exact=True).first
    expect(word).to_be_visible(visible=there)


def test_at_the_door_the_worker_says_his_word_and_never_sees_hers(world, phone):
    story = a_visit(world).told()
    hers, his = signs(world, story)["words"]
    i_open_my_visit(phone, story.visit_id)
    i_go_to_the_door(phone)
    phone.presses("The tenant", then="Say who you are")
    expect(phone.page.locator("[data-step]:visible").get_by_text(his, exact=True)).to_be_visible()
    assert hers not in phone.page.content()


@pytest.mark.parametrize(
    ("facts", "style", "title"),
    [({"word_style": "numbers"}, "numbers", "Say this number"),
     ({"word_style": "picture"}, "picture", "Say that the picture is this")],
)  # fmt: skip
def test_numbers_or_a_picture_where_the_household_asked_for_them(world, phone, facts, style, title):
    household(world, **facts)
    story = a_visit(world).told()
    i_open_my_visit(phone, story.visit_id)
    expect(phone.page.get_by_text(title, exact=True).first).to_be_visible()
    expect(phone.page.get_by_text(signs(world, story)[style][1], exact=True).first).to_be_visible()


def test_a_password_of_the_tenants_own_stands_in_the_words_place(world, phone):
    household(world, password="grey geese fly")
    story = a_visit(world).told()
    i_open_my_visit(phone, story.visit_id)
    expect(phone.page.get_by_text("grey geese fly", exact=True).first).to_be_visible()
    assert signs(world, story)["words"][1] not in phone.page.content()
