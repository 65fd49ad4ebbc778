"""What somebody does on a page before it is looked at: see `screens.py`."""

from collections.abc import Callable

from playwright.sync_api import Page


def nothing_more(page: Page) -> None:
    """The page is looked at as it opens."""


def presses(button: str) -> Callable[[Page], None]:
    """What the page does by itself: what brings another page is `is_answered`, or one that is going away is looked at."""
    return lambda page: page.get_by_role("button", name=button).click()


def is_answered(button: str) -> Callable[[Page], None]:
    """The page that comes is the one to be looked at."""

    def waits(page: Page) -> None:
        with page.expect_navigation():
            presses(button)(page)

    return waits


def opens_everything(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")


def opens_another_matter(page: Page) -> None:
    page.wait_for_selector("html[data-outbox=ready]", state="attached")
    opens_everything(page)
    page.get_by_role("button", name="Write it down").click()
    page.get_by_role("button", name="Save and lock it").click()
    opens_everything(page)


def sets_a_short_password(page: Page) -> None:
    page.get_by_text("Set a password for the door").click()
    page.get_by_label("Which password did the tenant choose?").fill("1234")
    page.get_by_role("button", name="Keep this password").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def decides_without_a_word(page: Page) -> None:
    page.get_by_text("Decide how urgent it is", exact=True).click()
    page.get_by_role("button", name="Record the decision").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def cancels_without_a_reason(page: Page) -> None:
    page.get_by_text("Cancel the visit", exact=True).first.click()
    is_answered("Cancel the visit")(page)


def fills_in_a_plan(page: Page) -> None:
    page.get_by_label("Repair", exact=False).first.check()
    page.get_by_label("Why is the visit needed?").fill("The boiler does not heat")
    for part, number in (("day", 9), ("month", 12), ("year", 2026)):
        page.locator(f"input[name=day-{part}]").fill(str(number))
    page.get_by_label("From", exact=True).fill("10am")
    page.get_by_label("Until", exact=True).fill("12pm")
    page.get_by_role("button", name="Check the notice").click()
    page.get_by_text("Earliest start").first.wait_for(state="attached")


def finds_a_home(page: Page) -> None:
    page.get_by_label("Postcode").fill("LE13 9AA")
    page.get_by_role("button", name="Find the home").click()
    page.get_by_text("2 homes found").wait_for()


def verifies(badge: str, house: str, postcode: str = "LE13 9AA", word: str = "") -> Callable[[Page], None]:
    def asks(page: Page) -> None:
        page.get_by_label("Badge number").fill(badge)
        page.get_by_label("Postcode").fill(postcode)
        page.get_by_label("House number or name").fill(house)
        page.get_by_label("The word that the person at the door said").fill(word)
        page.get_by_role("button", name="Check", exact=True).click()
        page.get_by_role("heading", name="Ask again").wait_for()

    return asks


def takes_a_concern(page: Page) -> None:
    for question, answer in (("Is anyone in danger now", "No"), ("Is the person still there", "No")):
        page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()
    page.get_by_role("radio", name="They stay anonymous").check()
    page.get_by_label("What happened, in their words").fill("He came in with his boots on.")
    page.get_by_label("If they stay anonymous").check()
    page.get_by_role("button", name="File this concern").click()
    page.get_by_text("Concern taken").first.wait_for()


def types_no_number(page: Page) -> None:
    page.get_by_label("The six numbers under the moving code").fill("12")
    page.get_by_label("Badge number").fill("MB-1001")
    is_answered("Check this badge")(page)
