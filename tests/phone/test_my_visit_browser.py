"""The tenant's own page in a real browser: scripts off, narrow, zoomed, right to left, by keyboard alone."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import brings_axe, faults
from tests.phone.door_fixtures import SLOW_MS, address, chromium  # noqa: F401 - fixtures
from tests.stories import a_visit
from tests.web.test_my_visit import Tenant, household
from tests.world import NOW, World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

DAY = timedelta(days=1)
HAND, NARROW, ZOOMED = {"width": 360, "height": 740}, {"width": 320, "height": 640}, {"width": 320, "height": 256}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """[...document.querySelectorAll('main button, main summary, main input:not([type=hidden]), .call')]
    .filter(e => e.offsetParent && e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80))"""
Opens = Callable[..., Page]


@pytest.fixture
def tenant(world: World) -> Tenant:
    return Tenant(world, world.app.test_client(), a_visit(world, starts=NOW + DAY).told())


@pytest.fixture
def opens(chromium: Browser, address: str) -> Iterator[Opens]:
    """A browser that nobody has used before, on one page of ours."""
    contexts: list[BrowserContext] = []

    def open_(path: str, size: dict[str, int] = HAND, **settings: Any) -> Page:
        settings = {"java_script_enabled": False} | settings
        context = chromium.new_context(viewport=size, locale="en-GB", **settings)
        contexts.append(context)
        context.set_default_timeout(SLOW_MS)
        if settings["java_script_enabled"]:
            brings_axe(context)
        page = context.new_page()
        page.goto(address + path)
        return page

    yield open_
    for context in contexts:
        assert context.cookies() == []
        context.close()


def i_type_my_word(page: Page, tenant: Tenant, style: str = "words") -> None:
    page.locator("#word").fill(tenant.link().signs[style][0])
    i_press_and_the_answer_stands(page, "main form button")


def i_press_and_the_answer_stands(page: Page, button: str) -> None:
    """A click comes back before its answer does; axe and a measurement would read a page that is going away."""
    with page.expect_navigation():
        page.locator(button).first.click()


def test_i_see_who_comes_and_say_yes_without_any_script(tenant: Tenant, opens: Opens) -> None:
    page = opens(tenant.address)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    i_type_my_word(page, tenant)
    expect(page.get_by_role("heading", name="Your visit", exact=True)).to_be_visible()
    expect(page.get_by_alt_text("Photo of Asha K.")).to_be_visible()
    expect(page.get_by_text(tenant.workers_word, exact=True)).to_be_visible()
    assert [url for url in asked if not url.startswith("data:")] == [page.url]
    page.get_by_role("button", name="Yes, this time is good for me").click()
    expect(page.get_by_role("status")).to_contain_text("Thank you. You said yes to this visit.")
    assert tenant.story.row().stage == "confirmed"


def test_i_ask_for_another_time_in_my_own_words(tenant: Tenant, opens: Opens) -> None:
    page = opens(tenant.address)
    i_type_my_word(page, tenant)
    page.get_by_text("I want another time").click()
    page.get_by_label("Which days and times are good for you?").fill("Any Friday")
    page.get_by_role("button", name="Ask for another time").click()
    expect(page.get_by_role("status")).to_contain_text("We know that you want another time.")
    page.reload()  # the browser sends the form once more
    assert [kind for kind, _ in tenant.tasks()] == ["asks_other_time"]


def test_what_i_forgot_is_said_beside_its_box_and_nothing_is_lost(tenant: Tenant, opens: Opens) -> None:
    page = opens(tenant.address)
    i_type_my_word(page, tenant)
    page.get_by_text("Report how somebody behaved").click()
    page.get_by_label("Keep my name and my home out of it").check()
    page.get_by_role("button", name="Send my report").click()
    expect(page.get_by_role("alert")).to_have_text("Write what happened. A few words are enough.")
    expect(page.get_by_label("Keep my name and my home out of it")).to_be_checked()
    expect(page.get_by_label("What happened?")).to_have_accessible_description(
        "Write what happened. A few words are enough."
    )


def test_i_get_from_the_link_to_yes_by_keyboard_alone(tenant: Tenant, opens: Opens) -> None:
    page = opens(tenant.address)
    reaches(page, "#word")
    page.keyboard.type(tenant.word)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your visit", exact=True).wait_for()
    reaches(page, "button[value=confirm]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Thank you")
    reaches(page, "summary")
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1


def reaches(page: Page, what: str) -> None:
    """By the tab key, as far as it takes; what has the focus shows it."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"no tab leads to {what}")


PAGES = {
    "word": ("", False), "visit": ("", True), "easy": ("?easy=1", True), "polish": ("?lang=pl", True),
    "urdu": ("?lang=ur", True), "urdu, easy": ("?lang=ur&easy=1", True),
}  # fmt: skip
BARE = ("/t", "/t/nonsense", "/rights", "/rights?easy=1", "/rights?lang=ur")


def test_no_page_is_wider_than_the_screen_and_no_button_is_too_small(tenant: Tenant, opens: Opens) -> None:
    for name, page in every_page(tenant, opens, NARROW):
        for each in page.locator("summary").all():
            each.click()
        for size in (NARROW, ZOOMED):
            page.set_viewport_size(size)
            assert page.evaluate(SIDEWAYS) <= 0, (name, size)
            assert page.evaluate(SMALL_TARGETS) == [], (name, size)
        page.set_viewport_size(NARROW)


def test_letters_of_twice_the_size_push_nothing_out_of_sight(tenant: Tenant, opens: Opens) -> None:
    """Large print is the browser's own: every size on these pages is in rem."""
    page = opens(tenant.address, HAND)
    i_type_my_word(page, tenant)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 36
    assert page.evaluate(SIDEWAYS) <= 0


def test_every_page_is_clean_by_axe(tenant: Tenant, opens: Opens) -> None:
    wrong = []
    for name, page in every_page(tenant, opens, HAND, java_script_enabled=True):  # axe is a script
        for each in page.locator("summary").all():
            each.click()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            wrong += [f"{name}, {scheme}: {fault}" for fault in faults(page)]
    assert wrong == []


def every_page(tenant: Tenant, opens: Opens, size: dict[str, int], **settings: Any) -> Iterator[tuple[str, Page]]:
    """One after another in one tab: nothing of the last is known to the next, for there is no cookie."""
    page = opens(BARE[0], size, **settings)
    here = page.url.removesuffix(BARE[0])
    for path in BARE:
        page.goto(here + path)
        yield path, page
    for name, (tail, inside) in PAGES.items():
        page.goto(here + tenant.address + tail)
        if inside:
            i_type_my_word(page, tenant)
        yield name, page
    page.goto(here + tenant.address)
    page.locator("#word").fill("wrong")
    i_press_and_the_answer_stands(page, "main form button")
    yield "wrong word", page


def test_in_urdu_the_page_runs_from_the_right_and_the_number_does_not(tenant: Tenant, opens: Opens) -> None:
    household(tenant.world, language="ur", word_style="picture")
    page = opens(tenant.address)
    i_type_my_word(page, tenant, "picture")
    assert page.evaluate("getComputedStyle(document.documentElement).direction") == "rtl"
    assert page.evaluate("getComputedStyle(document.querySelector('.call bdi')).direction") == "ltr"
    bar = page.evaluate("(e => [getComputedStyle(e).borderRightWidth, getComputedStyle(e).borderLeftWidth])"
                        "(document.querySelector('.signs'))")  # fmt: skip
    assert bar[0] > bar[1]
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Your visit", exact=True)).to_be_visible()
    assert page.locator("html").get_attribute("dir") == "ltr"


def test_a_signs_picture_stands_beside_its_name(tenant: Tenant, opens: Opens) -> None:
    household(tenant.world, word_style="picture")
    page = opens(tenant.address)
    i_type_my_word(page, tenant, "picture")
    sign = page.locator(".sign")
    expect(sign.locator("svg")).to_be_visible()
    expect(sign).to_have_text(tenant.link().signs["picture"][1])
