"""Why a clock ran as it did, written by an officer: on the case, under its clock, in the month's report and its spreadsheet."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING
from fieldvisit.hazards.models import Hazard
from fieldvisit.hazards.service import fold_anew
from tests.services.test_hazards import acts, reported, triaged
from tests.web.desk_forms import SignedIn, said
from tests.web.test_hazards import cases
from tests.world import World

WORDS = "The firm sent nobody on either day."


@pytest.fixture
def olive(signed_in: SignedIn) -> FlaskClient:
    return signed_in("olive")


def writes(olive: FlaskClient, case: str, **typed: str) -> tuple[int, str]:
    form = {"k": new_id(), "noted_clock": "0:awaab_emergency", "noted_why": "contractor", "noted_note": WORDS}
    answer = olive.post(f"/office/hazards/{case}/noted", data=form | typed)
    return answer.status_code, said(answer)


def test_a_reason_stands_under_its_clock_and_in_the_month(world: World, olive: FlaskClient) -> None:
    case = reported(world, emergency=True)
    assert writes(olive, case)[0] == 303
    page = said(olive.get(f"/office/hazards/{case}"))
    sentence = f"The contractor was late, or did not come: {WORDS}"
    assert sentence in page[page.index("Investigate and make safe") : page.index("What to record next")]
    assert sentence in said(olive.get("/office/hazards/report"))
    assert sentence in olive.get("/office/hazards/report.csv").data.decode("utf-8-sig")
    acts(world, case, "advised")
    assert cases(world)[0].stage == "logged", "a reason moves nothing"


@pytest.mark.parametrize(("box", "typed", "status"), [
    ("noted_clock", "", 422), ("noted_clock", "0:awaab_safety", 409), ("noted_clock", "x:look", 409), ("noted_why", "luck", 422),
    ("noted_note", "", 422), ("noted_note", "Late.", 409),
])  # fmt: skip
def test_what_is_wrong_with_a_reason_is_said_and_nothing_is_lost(
    world: World, olive: FlaskClient, box: str, typed: str, status: int
) -> None:
    case = reported(world, emergency=True)
    answer = writes(olive, case, **{box: typed})
    assert answer[0] == status
    assert box == "noted_note" or WORDS in answer[1]


def test_each_clock_says_what_has_been_done_towards_it(world: World, olive: FlaskClient) -> None:
    case = reported(world)
    page = said(olive.get(f"/office/hazards/{case}"))
    assert "Nothing has been done towards this yet." in page
    triaged(world, case, "significant")
    acts(world, case, "investigating", how="in_person")
    page = said(olive.get(f"/office/hazards/{case}"))
    clock = page[page.index("Investigate Running") : page.index("What to record next")]
    assert "9am on Tuesday 8 December 2026 : Decided how urgent it is" in clock and "Investigation begun" in clock


# --- what the law does not cover ----------------------------------------------------------------------------------


def test_a_hazard_that_the_law_does_not_cover_has_its_day_on_the_board_and_on_its_page(
    world: World, olive: FlaskClient
) -> None:
    case = reported(world, hazard="lead")
    triaged(world, case, "significant")
    board, page = said(olive.get("/office/hazards")), said(olive.get(f"/office/hazards/{case}"))
    assert "Deal with it, by the day that we set ourselves: 31 days left" in board and "Nothing is owed" not in board
    assert "20 working days after Tuesday 8 December 2026. (Our default, not this council's code.)" in page
    assert "our own target" in said(olive.get("/office/hazards/report"))


def test_one_from_before_there_was_such_a_clock_gets_its_day(world: World, olive: FlaskClient) -> None:
    case = reported(world, hazard="lead")
    triaged(world, case, "significant")
    with world.database.writing(CHECKING) as session:
        session.get_one(Hazard, case).runs_out_at = None
    with world.database.writing(CHECKING) as session:
        assert (fold_anew(session, world.policy), fold_anew(session, world.policy)) == (1, 0)
    [row] = cases(world)
    assert row.runs_out_at and row.runs_out_at > world.now + timedelta(days=20)
