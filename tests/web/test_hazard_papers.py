"""The summary of a hazard as a PDF and a message, the month's report as a page and a spreadsheet, photos on the case."""

import csv
import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.badges.portraits import portrait
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Resident
from tests.pictures import make_all_ready
from tests.services.test_hazards import MINUTE, reported
from tests.services.test_hazards_from_the_door import inside, reports
from tests.stories import FIRST_HOME
from tests.web.desk_forms import SignedIn, day, household, said
from tests.web.test_hazards import cases, found, kinds, logged
from tests.world import World

SAYS = ["found", "action", "times", "contact", "complain"]


@pytest.fixture
def olive(signed_in: SignedIn) -> FlaskClient:
    return signed_in("olive")


def safe(world: World) -> None:
    household(world, contact_safety={"email": "safe", "letter": "safe"})
    with world.database.writing(CHECKING) as session:
        for one in session.scalars(select(Resident).where(Resident.home_id == world.ids[FIRST_HOME])):
            one.email = "tenant@example.org"


def a_summary(**typed: Any) -> dict[str, Any]:
    form = {"summary_written_summary": "We found damp.", "summary_written_says": SAYS,
            "summary_written_how": "email", "k": new_id()}  # fmt: skip
    return form | typed


def messages(world: World) -> list[Message]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(Message)))


def test_a_summary_that_is_handed_over_is_large_where_they_asked_for_that_and_has_its_heading(
    world: World, olive: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fieldvisit.messages import printing

    printed: list[Any] = []
    monkeypatch.setattr(printing, "letter_pdf", lambda outgoing, *_, **__: printed.append(outgoing) or b"%PDF-")
    here = f"/office/hazards/{found(world)}"
    text = "What we found at 1 Larch Close\nOur reference: H-1\n\nWe found damp."
    for look, wanted in (("plain", "plain"), ("easy_read", "large_print")):
        household(world, letter_look=look)
        assert olive.post(f"{here}/summary_written", data=a_summary(do="pdf", summary_written_summary=text)).data
        assert (printed[-1].look, printed[-1].headings) == (wanted, {"What we found at 1 Larch Close"})


# --- the summary --------------------------------------------------------------------------------------------------


def test_it_is_written_looked_at_and_sent(world: World, olive: FlaskClient) -> None:
    safe(world)
    here = f"/office/hazards/{(case := found(world))}"
    page = olive.get(here).text
    assert "tenant@example.org" in page and "Until it is safe: Do not scrub" in said(olive.get(here))
    looked = olive.post(f"{here}/summary_written", data=a_summary(do="pdf"))
    assert (looked.mimetype, looked.data[:5]) == ("application/pdf", b"%PDF-")
    assert "no-store" in looked.headers["Cache-Control"]
    assert messages(world) == [], "nothing is recorded by looking"
    assert olive.post(f"{here}/summary_written", data=a_summary()).status_code == 303
    [message] = messages(world)
    assert (message.home_id, message.visit_id, message.body) == (world.ids[FIRST_HOME], None, "We found damp.")
    assert "Written summary handed to our messages" in said(olive.get(here))
    assert olive.get(f"{here}/summary.pdf").data[:5] == b"%PDF-"
    assert case in olive.get("/office/hazards").text


def test_the_message_of_a_summary_says_what_it_is_about(world: World, olive: FlaskClient) -> None:
    safe(world)
    olive.post(f"/office/hazards/{found(world)}/summary_written", data=a_summary())
    [message] = messages(world)
    page = said(olive.get(f"/office/messages/{message.id}"))
    assert "Written summary of a hazard" in page and "a test of a text" not in page and "1 Larch Close" in page
    assert "Written summary of a hazard" in said(olive.get("/office/messages"))


@pytest.mark.parametrize(
    ("typed", "status", "box"),
    [
        ({"summary_written_says": SAYS[:4]}, 409, "says"), ({"summary_written_how": ""}, 422, "how"),
        ({"summary_written_summary": ""}, 422, "summary"), ({"summary_written_summary": "We will [say what]."}, 422, "summary"),
        ({"summary_written_summary": "We will [say what].", "do": "pdf"}, 422, "summary"),
    ],
)  # fmt: skip
def test_one_that_is_not_complete_is_not_sent(
    world: World, olive: FlaskClient, typed: Any, status: int, box: str
) -> None:
    safe(world)
    answer = olive.post(f"/office/hazards/{found(world)}/summary_written", data=a_summary(**typed))
    assert answer.status_code == status
    assert f'id="summary_written_{box}-error"' in answer.text
    assert messages(world) == [] and "summary_written" not in kinds(world)


def test_where_no_way_is_safe_none_is_offered_and_none_is_taken(world: World, olive: FlaskClient) -> None:
    household(world, contact_safety={"email": "content_free", "letter": "never"})
    here = f"/office/hazards/{found(world)}"
    assert "This household has not said of any way that we may write everything there" in said(olive.get(here))
    assert olive.post(f"{here}/summary_written", data=a_summary()).status_code == 409
    assert messages(world) == []


def test_a_case_without_a_summary_has_no_pdf(world: World, olive: FlaskClient) -> None:
    assert olive.get(f"/office/hazards/{found(world)}/summary.pdf").status_code == 404


def test_safety_information_that_was_given_is_on_record(world: World, olive: FlaskClient) -> None:
    here = f"/office/hazards/{reported(world)}"
    assert "Keep anybody who finds it hard to breathe" in said(olive.get(here))
    assert (
        olive.post(f"{here}/advised", data={"advised_what": "Sleep in the other room.", "k": new_id()}).status_code
        == 303
    )
    assert "Sleep in the other room." in said(olive.get(here))


# --- the case, as the door told it --------------------------------------------------------------------------------


def test_the_case_shows_the_workers_words_and_photos_and_what_else_is_open_there(
    world: World, olive: FlaskClient
) -> None:
    story = reports(reports(inside(world)), hazard="electrical_hazards", seen="Bare wires", where="Hall")
    blob = story.phone.photo(story.visit_id, portrait(2), story.at + MINUTE, "hazard")
    story.phone.photo(story.visit_id, b"another", story.at + MINUTE, "hazard")
    story.phone.send(world.now)
    story.phone.put_whole(blob)
    make_all_ready(world)
    first, second = sorted(cases(world), key=lambda case: case.hazard)
    page = olive.get(f"/office/hazards/{second.id}")
    for words in (
        "Bare wires",
        "Hall",
        "Photo 1, taken at",
        "is still on the phone",
        "Also open at this home",
        first.ref,
    ):
        assert words in said(page), words
    assert f'href="/office/visits/{story.visit_id}/photos/' in page.text


# --- the month ----------------------------------------------------------------------------------------------------


def test_the_month_is_a_page_and_a_spreadsheet(world: World, olive: FlaskClient) -> None:
    case = reported(world)
    ref = cases(world)[0].ref
    page = said(olive.get("/office/hazards/report"))
    assert "Hazards in December 2026" in page and ref in page and "Still running" in page
    sheet = olive.get("/office/hazards/report.csv?month=2026-12")
    rows = list(csv.reader(io.StringIO(sheet.data.decode("utf-8-sig"))))
    assert rows[0][:2] == ["Case", "Hazard"] and {row[0] for row in rows[1:]} == {ref}
    assert "Investigate" in {row[3] for row in rows}
    assert {(record, reason) for record, _, reason in logged(world)} >= {("list", "report"), ("list", "report.csv")}
    assert case


def test_no_cell_of_the_spreadsheet_is_a_formula(world: World, olive: FlaskClient) -> None:
    from fieldvisit.register.models import Home

    reported(world)
    with world.database.writing(CHECKING) as session:
        session.get_one(Home, world.ids[FIRST_HOME]).address_line = '=HYPERLINK("http://x")'
    rows = list(csv.reader(io.StringIO(olive.get("/office/hazards/report.csv").data.decode("utf-8-sig"))))
    assert len(rows) > 1 and all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("2027-01", "January 2027"), ("../etc", "December 2026"), ("2026-13", "December 2026")],
)
def test_a_month_that_cannot_be_read_is_this_one(world: World, olive: FlaskClient, typed: str, shown: str) -> None:
    assert f"Hazards in {shown}" in said(olive.get("/office/hazards/report", query_string={"month": typed}))


def test_another_areas_cases_are_in_no_report_of_mine(world: World, signed_in: SignedIn) -> None:
    reported(world)
    ref = cases(world)[0].ref
    otto = signed_in("otto")
    assert ref not in otto.get("/office/hazards/report").text and ref not in otto.get("/office/hazards/report.csv").text


def test_a_person_who_posts_a_summary_says_so_and_the_case_hears_it_at_once(world: World, olive: FlaskClient) -> None:
    safe(world)
    case = found(world)
    olive.post(f"/office/hazards/{case}/summary_written", data=a_summary(summary_written_how="letter_first_class"))
    [message] = messages(world)
    with world.database.writing(CHECKING) as session:
        row = session.get_one(Message, message.id)
        row.provider, row.state, row.taken_at = "print", "taken", world.now
    said_so = {"status": "despatched"} | day("happened", world.now.date())
    assert olive.post(f"/office/messages/{message.id}/said", data=said_so).status_code == 303
    assert kinds(world)[-1] == "summary_sent"
    assert "Written summary sent" in said(olive.get(f"/office/hazards/{case}"))
