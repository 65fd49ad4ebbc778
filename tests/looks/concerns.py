"""Concerns for the screens: one with a name and one without, merged; words said later; a draft that waits."""

from collections.abc import Callable

from playwright.sync_api import Page
from sqlalchemy import select

from fieldvisit.breaches import drafts, forms, links, receipts, rules, service
from fieldvisit.breaches.case_models import BreachCase, BreachSeat
from fieldvisit.breaches.models import Concern
from fieldvisit.ground.roles import TAKING
from tests.world import World


def some_concerns(world: World) -> dict[str, str]:
    by, secret = world.principal("hana"), world.app.config["SECRET_KEY"]
    told = rules.Told(
        danger_now=False, still_there=False, anonymous=False, what="He pushed the door open and shouted at her.\nShe is afraid.",
        caller_name="Joan Abbot", caller_contact="01632 960123", safe_to_ring="Mornings", about_id=world.ids["carl"],
        happened_where="3 Mill House, LE13 9AB", happened_when="Yesterday about ten", wants="An apology", needs="Large print",
    )  # fmt: skip
    nameless = rules.Told(
        danger_now=True, still_there=False, anonymous=True, what="A man from Oakline shouted in the yard.", firm="Oakline",
        badge_number="MB-1003", happened_where="Mill House",
    )  # fmt: skip
    with world.database.writing(TAKING) as session:
        key = receipts.receipt_key(secret)
        for number, one in enumerate((told, nameless)):
            service.take(session, one, form_key=f"{number:032x}", by=by, policy=world.policy, key=key)
        rows = {row.anonymous: row for row in session.scalars(select(Concern))}
        for case in session.scalars(select(BreachCase).where(BreachCase.concern_id.is_not(None))):
            session.add(BreachSeat(case_id=case.id, person_id=world.ids["ines"], part="lead", starts=world.now))
        receipts.add_words(session, rows[False].ref, "He came back today.", form_key="w" * 32, at=world.now, key=key)
        links.merge(session, rows[True].id, rows[False].ref, "Both tell of yesterday at ten.", world.principal("ines"))
        typed = forms.blank() | {"what": "He said that he", "happened_where": "2 Larch Close"}
        drafts.save(
            session, world.ids["hana"], typed, 3, at=world.now, policy=world.policy, key=drafts.draft_key(secret)
        )
        return {"concern": rows[False].id, "concern_merged": rows[True].id}


def looks_somebody_up(page: Page) -> None:
    page.get_by_label("Where did it happen?").fill("3 Mill House, LE13 9AB")
    page.get_by_label("Look somebody up").fill("lindqvist")
    page.get_by_role("button", name="Look up").click()
    page.get_by_label("Carl L., Oakline Repairs").check()
    page.get_by_text("This may be told already").wait_for()


def shows_who_told_it(page: Page) -> None:
    page.get_by_label("Why do you need to know?").fill("short")
    page.get_by_role("button", name="Show who told it").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def sends_it(button: str) -> Callable[[Page], None]:
    def sends(page: Page) -> None:
        page.get_by_label("What happened?").fill("He swore at me.")
        if button == "Send":
            page.get_by_label("Somebody else").check()
            page.get_by_label("Keep my name out of it").check()
        page.get_by_role("button", name=button, exact=True).click()
        page.get_by_text("receipt").first.wait_for()

    return sends


def asks_how_it_stands(page: Page) -> None:
    page.get_by_label("The 16 digits").fill("1234 5678 9012 3456")
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("There is no report").wait_for()
