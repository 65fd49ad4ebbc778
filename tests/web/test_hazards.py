"""`/office/hazards`: the board, a case, and a form for each step of D4."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING
from fieldvisit.hazards import rules
from fieldvisit.hazards.board import PAGE
from fieldvisit.hazards.models import Hazard, HazardStep
from tests.services.test_hazards import DAMP, HOUR, WET, acts, reported, seen_at_the_door, triaged
from tests.stories import FIRST_HOME, a_visit
from tests.web.desk_forms import SOUTH_HOME, SignedIn, household, said
from tests.world import World

WHY = "The wall is wet through, and a baby sleeps there."


def new(world: World, home: str = FIRST_HOME) -> str:
    return f"/office/homes/{world.ids[home]}/hazards/new"


def a_report(**typed: Any) -> dict[str, Any]:
    form = {"k": new_id(), "new_dangers": "yes", "new_hazard": DAMP, "new_seen": WET, "new_at_risk": ["baby", "child"]}
    return form | typed


def cases(world: World) -> list[Hazard]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(Hazard)))


def kinds(world: World) -> list[str]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(HazardStep.kind).order_by(HazardStep.position)))


def logged(world: World) -> list[tuple[str, str, str]]:
    with world.database.reading(CHECKING) as session:
        rows = session.scalars(select(AccessRecord).where(AccessRecord.record == "hazard").order_by(AccessRecord.at))
        return [(row.action, row.object_id, row.reason) for row in rows]


def found(world: World, finding: str = "significant") -> str:
    case = reported(world)
    triaged(world, case, "emergency" if finding == "emergency" else "significant")
    acts(world, case, "investigating", how="remote")
    acts(world, case, "concluded", finding=finding)
    return case


# --- the board ----------------------------------------------------------------------------------------------------


def test_what_runs_out_first_stands_first(world: World, olive: FlaskClient) -> None:
    slow, fast = reported(world), reported(world, home="100030000002")
    seen_at_the_door(world)
    triaged(world, slow, "significant")
    triaged(world, fast, "emergency")
    page = olive.get("/office/hazards").text
    described = [page.index(case) for case in (fast, slow)]
    assert described == sorted(described)
    words = said(olive.get("/office/hazards"))
    assert "Investigate and make safe: 23 hours left" in words
    assert "A hazard to be described" in words
    assert words.index("Look at it and decide") < words.index("Investigate and make safe")


def test_what_was_reported_as_an_emergency_says_so_until_somebody_decides(world: World, olive: FlaskClient) -> None:
    case = reported(world, emergency=True)
    assert "Reported as an emergency" in said(olive.get("/office/hazards"))
    triaged(world, case, "significant")
    assert "Reported as an emergency" not in said(olive.get("/office/hazards"))


def test_closed_cases_are_shown_when_somebody_asks(world: World, olive: FlaskClient) -> None:
    case = reported(world)
    triaged(world, case, "other")
    acts(world, case, "closed", told=True)
    assert case not in olive.get("/office/hazards").text
    assert case in olive.get("/office/hazards?show=all").text


def test_a_long_board_goes_on_behind_its_last_row(world: World, olive: FlaskClient) -> None:
    made = {reported(world) for _ in range(PAGE + 1)}
    first = olive.get("/office/hazards").text
    last = max((case for case in made if case in first), key=first.index)
    second = olive.get(f"/office/hazards?after={last}").text
    assert len({case for case in made if case in first}) == PAGE
    assert {case for case in made if f"hazards/{case}" in second} == made - {case for case in made if case in first}


@pytest.mark.parametrize("ref", ["asha", "mona", "hana", "lena", "ines", "adam", "aud"])
def test_nobody_but_an_officer_sees_them(world: World, signed_in: SignedIn, ref: str) -> None:
    case = reported(world)
    for address in ("/office/hazards", f"/office/hazards/{case}", new(world)):
        assert signed_in(ref).get(address).status_code == 404
    assert signed_in(ref).post(f"/office/hazards/{case}/made_safe", data={"k": new_id()}).status_code == 404


def test_another_area_has_no_such_case(world: World, signed_in: SignedIn) -> None:
    case, otto = reported(world), signed_in("otto")
    assert case not in otto.get("/office/hazards?show=all").text
    assert otto.get(f"/office/hazards/{case}").status_code == 404
    assert otto.post(f"/office/hazards/{case}/reported", data={"k": new_id()}).status_code == 404
    a_visit(world, home=SOUTH_HOME, lead="olive", by="otto").told()  # to visit a home is not to look after it
    olive = signed_in("olive")
    assert olive.get(new(world, SOUTH_HOME)).status_code == 404
    assert olive.post(new(world, SOUTH_HOME), data=a_report()).status_code == 404


def test_each_read_is_logged_before_it_is_shown(world: World, olive: FlaskClient) -> None:
    case = reported(world)
    olive.get("/office/hazards")
    olive.get(f"/office/hazards/{case}")
    assert sorted(logged(world)) == [("list", "", ""), ("read", case, "")]


# --- reporting one ------------------------------------------------------------------------------------------------


def test_an_officer_reports_one_and_pressing_twice_is_once(world: World, olive: FlaskClient) -> None:
    form = a_report(new_emergency="yes")
    for _ in range(2):
        answer = olive.post(new(world), data=form)
        assert answer.status_code == 303
    [case] = cases(world)
    assert answer.location == f"/office/hazards/{case.id}?done=opened"
    page = said(olive.get(answer.location))
    for words in (
        "Damp and mould growth at 1 Larch Close", WET, "A baby, or a child under 5 A child", "The case is open.",
        "Reported as an emergency: it is one until an officer decides.", "(24 hours left)",
    ):  # fmt: skip
        assert words in page


def test_whom_to_ring_stands_before_the_form(world: World, olive: FlaskClient) -> None:
    page = olive.get(new(world)).text.split("Do this first")[1]  # an id above may have such digits
    places = [
        page.index(number) for number in ("999", "0800 111 999", "105", '<form method="post" action="/office/homes')
    ]
    assert places == sorted(places)
    assert f'href="{new(world)}"' in olive.get(f"/office/homes/{world.ids[FIRST_HOME]}").text


WRONG_REPORTS = (
    ({"new_dangers": ""}, "new_dangers", "whom to ring first"),
    ({"new_hazard": "ghosts"}, "new_hazard", "Choose which hazard it is."),
    ({"new_at_risk": []}, "new_at_risk", "Say who is at risk"),
    ({"new_seen": " "}, "new_seen", "Write down what was seen"),
    ({"new_seen": "x" * 4001}, "new_seen", "Use 4000 letters or fewer."),
    ({"new_at": "9am"}, "new_on", "Say on which day as well."),
    ({"new_on-day": "9", "new_on-month": "12", "new_on-year": "2026", "new_at": "9am"}, "new_on", "in the future"),
)


@pytest.mark.parametrize(("typed", "box", "sentence"), WRONG_REPORTS, ids=[row[1] + row[2] for row in WRONG_REPORTS])
def test_what_is_wrong_with_a_report_stands_beside_its_box(
    world: World, olive: FlaskClient, typed: dict[str, Any], box: str, sentence: str
) -> None:
    answer = olive.post(new(world), data=a_report(**typed))
    assert answer.status_code == 422
    assert f'id="{box}-error"' in answer.text
    assert f'<a href="#{box}">' in answer.text
    assert sentence in said(answer)
    assert cases(world) == []
    assert WET in answer.text or "new_seen" in typed


# --- the case -----------------------------------------------------------------------------------------------------


def test_what_we_know_of_the_household_stands_where_somebody_decides(world: World, olive: FlaskClient) -> None:
    household(world, needs=["dog"], language="pl")
    case = reported(world)
    page = olive.get(f"/office/hazards/{case}").text
    before_the_decision = page[: page.index("I have read what we know")]
    assert before_the_decision.count("Polish is easier for the tenant") == 2


STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("described", {"described_hazard": "electrical_hazards", "described_at_risk": ["child"]}),
    ("triaged", {"triaged_as": "significant", "triaged_household_read": "yes", "triaged_reason": WHY}),
    ("investigating", {"investigating_how": "remote", "investigating_investigator": "Ida Rook, surveyor"}),
    ("concluded", {"concluded_finding": "significant", "concluded_reason": WHY}),
    ("asked_in_person", {}),
    ("investigating", {"investigating_how": "in_person", "investigating_investigator": "Ida Rook, surveyor"}),
    ("concluded", {"concluded_finding": "significant", "concluded_reason": WHY}),
    ("alternative_offered", {"alternative_offered_answer": "declined", "alternative_offered_what": "A hotel."}),
    ("made_safe", {"made_safe_what": "The wall was dried."}),
    ("summary_sent", {"summary_sent_summary": "We found damp.", "summary_sent_how": "email",
                      "summary_sent_says": ["found", "action", "times", "contact", "complain"]}),
    ("preventative", {"preventative_what": "A new gutter."}),
    ("steps_taken", {"steps_taken_what": "Ordered."}),
    ("work_started", {"work_started_what": "The gutter is off."}),
    ("completed", {"completed_told": "yes"}),
    ("closed", {"closed_told": "yes"}),
    ("reported", {"reported_seen": "The mould is back."}),
)  # fmt: skip


def test_a_case_is_worked_through_by_its_forms_alone(world: World, olive: FlaskClient) -> None:
    case = reported(world)
    for minute, (step, typed) in enumerate(STEPS):
        here = f"/office/hazards/{case}"

        def press(step: str = step, typed: dict[str, Any] = typed, here: str = here) -> None:
            assert f'action="{here}/{step}"' in olive.get(here).text, f"{step} is not offered"
            answer = olive.post(f"{here}/{step}", data=typed | {"k": new_id()})
            assert (answer.status_code, answer.location) == (303, f"{here}?done={step}"), said(answer)
            assert 'id="banner-done"' in olive.get(answer.location).text

        world.at_the_time(world.now + timedelta(minutes=minute), press)
    assert kinds(world) == ["reported", *(step for step, _ in STEPS)]
    page = said(olive.get(f"/office/hazards/{case}"))
    for words in ("The wall was dried.", "We found damp.", "A hotel.", "Ida Rook, surveyor", "The mould is back."):
        assert words in page


REFUSED = (
    ("logged", "triaged", {"triaged_as": "other", "triaged_reason": WHY}, 409, "triaged_household_read"),
    ("logged", "triaged", {"triaged_as": "other", "triaged_household_read": "yes"}, 409, "triaged_reason"),
    ("logged", "triaged", {"triaged_household_read": "yes", "triaged_reason": WHY}, 422, "triaged_as"),
    ("found", "summary_sent", {"summary_sent_summary": "Damp.", "summary_sent_how": "email",
                               "summary_sent_says": ["found"]}, 409, "summary_sent_says"),
    ("found", "summary_sent", {"summary_sent_summary": "We will [say what].", "summary_sent_how": "email",
                               "summary_sent_says": ["found"]}, 422, "summary_sent_summary"),
    ("found", "made_safe", {}, 422, "made_safe_what"),
    ("found", "made_safe", {"made_safe_what": "Dried.", "made_safe_on-day": "9", "made_safe_on-month": "12",
                            "made_safe_on-year": "2026", "made_safe_at": "9am"}, 409, "made_safe_on"),
)  # fmt: skip


@pytest.mark.parametrize(("stage", "step", "typed", "status", "box"), REFUSED, ids=[f"{r[4]} {r[3]}" for r in REFUSED])
def test_a_refusal_stands_beside_its_box_and_keeps_nothing(
    world: World, olive: FlaskClient, stage: str, step: str, typed: dict[str, Any], status: int, box: str
) -> None:
    case = found(world) if stage == "found" else reported(world)
    before = kinds(world)
    answer = olive.post(f"/office/hazards/{case}/{step}", data=typed | {"k": new_id()})
    assert answer.status_code == status
    assert f'id="{box}-error"' in answer.text
    assert f'<a href="#{box}">' in answer.text
    assert kinds(world) == before
    for text in typed.values():
        assert isinstance(text, list) or text in ("yes", "other", "email") or text in answer.text


def test_what_another_officer_did_first_is_said_and_what_was_typed_is_still_there(
    world: World, olive: FlaskClient
) -> None:
    case = found(world)
    acts(world, case, "made_safe")
    answer = olive.post(f"/office/hazards/{case}/made_safe", data={"k": new_id(), "made_safe_what": "Dried by us."})
    assert answer.status_code == 409
    assert "Record first what the investigation found." in said(answer)
    assert "Dried by us." in answer.text


def test_whoever_found_an_emergency_is_not_offered_to_say_that_it_is_none(
    world: World, olive: FlaskClient, signed_in: SignedIn
) -> None:
    case = found(world, "emergency")
    here, form = f"/office/hazards/{case}", {"downgraded_reason": WHY}
    assert f"{here}/downgraded" not in olive.get(here).text
    answer = olive.post(f"{here}/downgraded", data=form | {"k": new_id()})
    assert (answer.status_code, "Another officer must say" in said(answer)) == (409, True)
    assert signed_in("dora").post(f"{here}/downgraded", data=form | {"k": new_id()}).status_code == 303
    page = said(olive.get(here))
    assert "Significant hazard found" in page
    assert "Investigate and make safe Met" in page, "what the 24 hours came to stays"


def test_the_first_text_of_a_summary_has_what_the_law_asks_and_says_what_is_missing(
    world: World, olive: FlaskClient
) -> None:
    page = said(olive.get(f"/office/hazards/{found(world)}"))
    for words in (
        "We found a significant hazard: damp and mould growth.", "[say what will be done", "you can complain",
        "Housing Ombudsman for advice at any time. Its website is www.housing-ombudsman.org.uk.",
        "We make it safe: by Tuesday 15 December 2026 at the latest.", *(rules.SAYS[code] for code in rules._OF_A_FINDING),
    ):  # fmt: skip
        assert words in page


def test_a_step_that_is_none_of_ours_is_not_there(world: World, olive: FlaskClient) -> None:
    case = reported(world)
    for step in ("access_failed", "forgotten"):
        assert olive.post(f"/office/hazards/{case}/{step}", data={"k": new_id()}).status_code == 404
    assert olive.post(f"/office/hazards/{case}/asked_in_person", data={}).status_code == 400


def test_what_was_typed_is_escaped(world: World, olive: FlaskClient) -> None:
    nasty = '<script>alert(1)</script>"'
    olive.post(new(world), data=a_report(new_seen=nasty))
    assert "<script>alert" not in olive.get(f"/office/hazards/{cases(world)[0].id}").text


def test_a_deed_of_yesterday_is_recorded_with_its_own_time(world: World, olive: FlaskClient) -> None:
    case = reported(world)
    form = {"k": new_id(), "triaged_as": "other", "triaged_household_read": "yes", "triaged_reason": WHY,
            "triaged_on-day": "8", "triaged_on-month": "12", "triaged_on-year": "2026", "triaged_at": "8:30am"}  # fmt: skip
    assert olive.post(f"/office/hazards/{case}/triaged", data=form).status_code == 303
    with world.database.reading(CHECKING) as session:
        step = session.scalars(select(HazardStep).where(HazardStep.kind == "triaged")).one()
    assert (step.at, step.recorded_at) == (world.now - HOUR / 2, world.now)
