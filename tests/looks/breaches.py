"""What has happened before anybody looks at the pages of conduct cases, and what is done on them."""

from datetime import timedelta

from playwright.sync_api import Page
from sqlalchemy import select

from fieldvisit.breaches import case_letters
from fieldvisit.breaches.case_evidence import to_attach
from fieldvisit.breaches.case_models import BreachEvidence, BreachTold
from fieldvisit.breaches.cases import find
from fieldvisit.breaches.procedure import procedures
from fieldvisit.ground.roles import CONDUCT
from tests.cases import Case, a_case
from tests.stories import a_visit
from tests.world import World

DAY = timedelta(days=1)


def decides_with_nothing_typed(page: Page) -> None:
    page.get_by_role("button", name="Record the decision").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def some_breaches(world: World) -> dict[str, str]:
    """One that nobody has looked at, one with a code to choose, one to decide, and one whose outcome was told."""
    heard = world.now - 5 * DAY
    new = a_case(world, "ben", heard_at=heard, words="He smoked on the landing.\nThe tenant asked him twice to stop.")
    new.seated("screener", "ines").seated("decider", "ivan")
    visit = a_visit(world, home="100030000003", starts=world.now - 6 * DAY, reason="The lock").at_the_door()
    told = a_case(world, "asha", heard_at=heard, visit_id=visit.visit_id)
    told.screened(why="The neighbour named the tenant and her illness.")
    told.act("notified", "ines", words={"letter": _letter(world, told, "notice")}, how="page")
    told.act("answered", words={"answer": "I did talk to the neighbour.\nI did not think that it was private."})
    with world.database.reading(CONDUCT) as session:
        case = find(session, told.id)
        assert case
        items = [item.key for item in to_attach(session, case)]
    told.act("evidence", "ines", items=items)
    over = a_case(world, "olive", heard_at=heard).screened().told().answered().decided()
    over.act("communicated", "ivan", words={"letter": _letter(world, over, "outcome")}, how="page")
    words = {"why": "She has keys.", "letter": _letter(world, over, "interim")}
    over.act("suspended", "ivan", words=words, because="safety", how="page")
    words = {"why": "The keys are back, and nobody has asked for her.", "letter": _letter(world, over, "lifted")}
    over.proposed("lifted", "ines", words=words, how="page")
    with world.database.reading(CONDUCT) as session:
        shown = session.scalars(select(BreachEvidence.id).where(BreachEvidence.case_id == told.id).limit(1)).one()
        letters = {row.case_id: row.id for row in session.scalars(select(BreachTold)) if row.letter == "notice"}
    return {
        "breach_new": new.id, "breach_told": told.id, "breach_over": over.id, "breach_shown": shown,
        "letter_told": letters[told.id],
    }  # fmt: skip


def _letter(world: World, case: Case, letter: str) -> str:
    about = case_letters.About("Asha Kaur", "Brightwater Heating", "‘Letters to you’")
    given = world.now - 4 * DAY
    text = case_letters.first_text(letter, case.state, "B-7K2M9QWRT", about, procedures()["ME"], given, world.policy)
    return text.replace("[say ", "").replace("]", "")
