"""`/office/complaints`: the list, receiving one, one complaint with a form for each step of D6, and the figures."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.complaints import service
from fieldvisit.complaints.models import Complaint
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, DEMO
from fieldvisit.messages.models import Message
from tests.complaints import DAY, acts, decided, logged, officers, received, row, writes
from tests.stories import a_visit
from tests.web.desk_forms import SignedIn, day, said
from tests.web.test_my_visit import tenant  # noqa: F401 - a fixture
from tests.world import World

LIST, NEW = "/office/complaints", "/office/complaints/new"


@pytest.fixture(autouse=True)
def with_officers(world: World) -> None:
    officers(world)


def at(complaint: str, step: str = "") -> str:
    return f"{LIST}/{complaint}" + (f"/{step}" if step else "")


def last(world: World, complaint: str) -> int:
    with world.database.reading(CHECKING) as session:
        return len(service.steps_of(session, [complaint])[complaint])


def kinds(world: World, complaint: str) -> list[str]:
    with world.database.reading(CHECKING) as session:
        return [step.kind for step in service.steps_of(session, [complaint])[complaint]]


def typed(world: World, complaint: str, **boxes: Any) -> dict[str, Any]:
    return {"k": new_id(), "seen": str(last(world, complaint))} | boxes


def all_of(world: World, model: Any) -> list[Any]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(model)))


def a_definition(world: World, handler: str = "olive") -> dict[str, Any]:
    return {
        "logged_definition": "Nobody came.", "logged_outcomes": "A new day.", "logged_responsible": "Our visits.",
        "logged_points": "- Nobody came\n\n- Nobody rang\n", "logged_theme": "visit", "logged_handler": world.ids[handler],
    }  # fmt: skip


def a_decision(**boxes: Any) -> dict[str, Any]:
    form = {
        "decided_finding1": "upheld", "decided_answer1": "The round was full.", "decided_finding2": "not_upheld",
        "decided_answer2": "He rang at 8.", "decided_outcome": "partly_upheld", "decided_remedies": ["apology"],
        "decided_reasons": "The record shows no visit.", "decided_remedy": "We say that we are sorry.",
    }  # fmt: skip
    return form | boxes


# --- the list -----------------------------------------------------------------------------------------------------


def test_what_runs_out_first_stands_first_and_each_filter_counts_its_own(world: World, olive: FlaskClient) -> None:
    new, old = received(world), received(world, heard_at=world.now - 6 * DAY)
    waits = received(world, heard_at=world.now - 9 * DAY)
    logged(world, waits)
    writes(world, waits, "ack1")
    page = olive.get(LIST).text
    assert sorted((old, new, waits), key=page.index) == [old, new, waits]
    words = said(olive.get(LIST))
    for count in ("Open: 3", "To be acknowledged: 2", "At stage 1: 1", "At stage 2: 0", "Ended: 0"):
        assert count in words
    only = olive.get(f"{LIST}?show=stage1").text
    assert (waits in only, new in only) == (True, False)


@pytest.mark.parametrize("ref", ["olga", "hana", "lena", "ines", "adam", "aud", "asha", "mona"])
def test_nobody_without_the_duty_finds_any_of_it(world: World, signed_in: SignedIn, ref: str) -> None:
    complaint, client = received(world), signed_in(ref)
    for address in (LIST, at(complaint), f"{LIST}/report", f"{LIST}/report.csv"):
        assert client.get(address).status_code == 404
    assert client.post(at(complaint, "noted"), data={"k": new_id()}).status_code == 404
    assert f'href="{LIST}"' not in client.get("/office").text


def test_whom_it_is_about_finds_the_same_pages_with_and_without_it(world: World, signed_in: SignedIn) -> None:
    """N1, N3: no row, no count, no figure, no task, byte for byte."""
    dora = signed_in("dora")
    pages = (
        LIST,
        f"{LIST}?show=ended",
        f"{LIST}/report",
        f"{LIST}/report.csv",
        "/office/tasks",
        "/office/messages",
        "/office",
    )
    received(world)
    before = [dora.get(page).text for page in pages]
    about = received(world, about_person_id=world.ids["dora"], heard_at=world.now - 3 * DAY)
    logged(world, about)
    writes(world, about, "ack1", how="letter_first_class")
    assert [dora.get(page).text for page in pages] == before
    nowhere = dora.get(at("f" * 32))
    there = dora.get(at(about))
    assert (there.status_code, there.text.replace(about, "")) == (404, nowhere.text.replace("f" * 32, ""))
    assert signed_in("olive").get(at(about)).status_code == 200


def test_another_area_has_no_such_complaint(world: World, signed_in: SignedIn) -> None:
    complaint, otto = received(world), signed_in("otto")
    assert complaint not in otto.get(LIST).text
    assert otto.get(at(complaint)).status_code == 404
    assert otto.post(at(complaint, "noted"), data={"k": new_id()}).status_code == 404


def test_each_read_is_logged_before_it_is_shown(world: World, olive: FlaskClient) -> None:
    complaint = received(world)
    olive.get(LIST)
    olive.get(at(complaint))
    found = [row for row in all_of(world, AccessRecord) if row.record == "complaint"]
    assert sorted((row.action, row.object_id) for row in found) == [("list", ""), ("read", complaint)]


# --- working on one -----------------------------------------------------------------------------------------------


def test_a_complaint_is_taken_through_stage_1_on_its_page(world: World, olive: FlaskClient) -> None:
    complaint = received(world)
    assert olive.post(at(complaint, "logged"), data=typed(world, complaint, **a_definition(world))).status_code == 303
    page = said(olive.get(at(complaint)))
    assert "What to do next Send the acknowledgement" in page
    assert "Olive Marsh looks into it." in page
    assert (
        olive.post(at(complaint, "acknowledge"), data=typed(world, complaint, acknowledge_how="own_post")).status_code
        == 303
    )
    page = said(olive.get(at(complaint)))
    assert "What to do next Decide, and answer each point" in page
    assert "Point 1: Nobody came" in page
    assert olive.post(at(complaint, "decided"), data=typed(world, complaint, **a_decision())).status_code == 303
    page = said(olive.get(at(complaint)))
    assert "What to do next Send the answer" in page
    assert "Missing" not in page
    assert olive.post(at(complaint, "answer"), data=typed(world, complaint, answer_how="by_hand")).status_code == 303
    assert (
        olive.post(
            at(complaint, "learned"), data=typed(world, complaint, learned_learning="Rounds are confirmed.")
        ).status_code
        == 303
    )
    assert olive.post(at(complaint, "closed"), data=typed(world, complaint)).status_code == 303
    assert row(world, complaint).stage == "closed"


def test_what_a_letter_lacks_is_shown_and_it_is_not_sent(world: World, olive: FlaskClient) -> None:
    complaint = received(world)
    acts(
        world,
        complaint,
        "logged",
        {"definition": "Nobody came.", "point:1": "x"},
        handler=world.ids["olive"],
        points=1,
        theme="visit",
    )
    assert "Missing What the tenant wants to come of it" in said(olive.get(at(complaint)))
    answer = olive.post(at(complaint, "acknowledge"), data=typed(world, complaint, acknowledge_how="by_hand"))
    assert answer.status_code == 409
    assert "The letter does not say yet: what the tenant wants to come of it; what we answer for" in said(answer)


def test_a_letter_is_looked_at_before_it_is_sent_and_read_after(world: World, olive: FlaskClient) -> None:
    complaint = received(world)
    logged(world, complaint)
    looked = olive.post(at(complaint, "acknowledge"), data=typed(world, complaint, do="pdf"))
    assert (looked.status_code, looked.mimetype) == (200, "application/pdf")
    assert kinds(world, complaint) == ["received", "logged"]
    olive.post(at(complaint, "acknowledge"), data=typed(world, complaint, acknowledge_how="by_hand"))
    [link] = [part.split('"')[0] for part in olive.get(at(complaint)).text.split('href="') if ".pdf" in part[:120]]
    assert olive.get(link).mimetype == "application/pdf"
    assert olive.get(at(complaint, f"letters/{'f' * 32}.pdf")).status_code == 404


def test_a_letter_to_somebody_whose_address_nobody_knows_is_printed_to_be_handed_over(
    world: World, olive: FlaskClient
) -> None:
    complaint = received(
        world, channel="representative", complainant_name="The tenant", representative="Her son, Piotr"
    )
    logged(world, complaint)
    looked = olive.post(at(complaint, "acknowledge"), data=typed(world, complaint, do="pdf"))
    assert (looked.status_code, looked.mimetype) == (200, "application/pdf")
    assert b"/Title" in looked.data
    olive.post(at(complaint, "acknowledge"), data=typed(world, complaint, acknowledge_how="by_hand"))
    [link] = [part.split('"')[0] for part in olive.get(at(complaint)).text.split('href="') if ".pdf" in part[:120]]
    assert olive.get(link).mimetype == "application/pdf"


def test_a_letter_by_our_messages_waits_until_somebody_says_that_it_went(world: World, olive: FlaskClient) -> None:
    complaint = received(world)
    logged(world, complaint)
    olive.post(at(complaint, "acknowledge"), data=typed(world, complaint, acknowledge_how="letter_first_class"))
    [message] = all_of(world, Message)
    assert message.subject == "We have your complaint"
    assert "What to do next Say that the letter was sent" in said(olive.get(at(complaint)))
    assert olive.post(at(complaint, "sent"), data=typed(world, complaint)).status_code == 303
    assert row(world, complaint).stage == "stage1_open"


def test_the_second_of_two_officers_is_told_and_loses_nothing(world: World, signed_in: SignedIn) -> None:
    complaint = received(world)
    mine = typed(world, complaint, noted_note="She rang again and is upset.")
    acts(world, complaint, "noted", {"note": "Somebody else’s note"}, by="dora")
    answer = signed_in("olive").post(at(complaint, "noted"), data=mine)
    assert answer.status_code == 409
    page = said(answer)
    assert "Somebody else has recorded something since you opened this page." in page
    assert "Somebody else’s note" in page
    assert "She rang again and is upset." in answer.text
    again = signed_in("olive").post(at(complaint, "noted"), data=mine | {"seen": str(last(world, complaint))})
    assert again.status_code == 303


@pytest.mark.parametrize(
    ("step", "boxes", "status", "sentence"),
    [
        ("decided", {"decided_answer2": ""}, 422, "Answer point 2."),
        ("decided", {"decided_finding1": ""}, 422, "Say whether point 1 is upheld."),
        ("decided", {"decided_outcome": "upheld"}, 409, "the whole is partly upheld"),
        ("decided", {"decided_remedies": ["none", "money"]}, 422, "choose one of the two"),
        (
            "extend",
            {"extend_how": "by_hand", "extend_reason": "The surveyor is ill."},
            422,
            "Say by which day we answer.",
        ),
        ("answer", {"answer_how": "by_hand"}, 409, "Decide first, and answer each point."),
        ("closed", {}, 409, "It is closed when it is answered."),
    ],
)
def test_a_refusal_stands_where_it_can_be_lifted(
    world: World, olive: FlaskClient, step: str, boxes: dict[str, Any], status: int, sentence: str
) -> None:
    complaint = received(world)
    logged(world, complaint)
    writes(world, complaint, "ack1")
    form = (a_decision() if step == "decided" else {}) | boxes
    answer = olive.post(at(complaint, step), data=typed(world, complaint, **form))
    assert (answer.status_code, sentence in said(answer)) == (status, True)


def test_a_senior_officer_extends_and_another_takes_stage_2(world: World, signed_in: SignedIn) -> None:
    complaint, dora = received(world), signed_in("dora")
    logged(world, complaint)
    writes(world, complaint, "ack1")
    assert "Extend it, once" not in said(signed_in("olive").get(at(complaint)))
    form = typed(
        world,
        complaint,
        extend_how="by_hand",
        extend_reason="The surveyor is ill.",
        **day("extend_until", date(2027, 1, 6)),
    )
    assert dora.post(at(complaint, "extend"), data=form).status_code == 303
    decided(world, complaint)
    writes(world, complaint, "answer1")
    assert dora.post(at(complaint, "escalated"), data=typed(world, complaint)).status_code == 303
    cass = signed_in("cass")
    page = cass.get(at(complaint))
    assert "What to do next Say who looks into it" in said(page)
    offered = page.text.split('name="handler_handler"')[1].split("</select>")[0]
    assert world.ids["olive"] not in offered and world.ids["dora"] not in offered
    form = typed(world, complaint, handler_handler=world.ids["cass"])
    assert cass.post(at(complaint, "handler"), data=form).status_code == 303
    assert "What to do next Send the acknowledgement" in said(cass.get(at(complaint)))
    assert (
        cass.post(at(complaint, "acknowledge"), data=typed(world, complaint, acknowledge_how="by_hand")).status_code
        == 303
    )
    assert row(world, complaint).stage == "stage2_open"


def test_a_promise_is_tracked_until_it_is_kept(world: World, olive: FlaskClient) -> None:
    complaint = received(world)
    logged(world, complaint)
    writes(world, complaint, "ack1")
    decided(world, complaint)
    form = typed(
        world,
        complaint,
        action_what="A new door is fitted.",
        action_owner=world.ids["dora"],
        **day("action_due", date(2027, 1, 15)),
    )
    assert olive.post(at(complaint, "action"), data=form).status_code == 303
    writes(world, complaint, "answer1")
    assert "Promised action 1: A new door is fitted." in said(olive.get(at(complaint)))
    done = olive.post(at(complaint, "closed"), data=typed(world, complaint))
    assert "We promised something that is not done yet: 1." in said(done)
    told = typed(world, complaint, updated_told="Rang: the door comes on Friday.")
    assert olive.post(at(complaint, "updated"), data=told).status_code == 303
    assert "Told how it stands" in said(olive.get(at(complaint)))
    form = typed(world, complaint, action_done_number="1", action_done_what="Fitted on Friday.")
    assert olive.post(at(complaint, "action_done"), data=form).status_code == 303


def test_the_language_and_the_needs_of_the_household_stand_beside_its_numbers(world: World, olive: FlaskClient) -> None:
    from fieldvisit.register.models import Household
    from tests.stories import FIRST_HOME

    with world.database.writing(CHECKING) as session:
        found = session.scalars(select(Household).where(Household.home_id == world.ids[FIRST_HOME])).one()
        found.language, found.needs = "pl", ["wait_longer"]
    page = said(olive.get(at(received(world))))
    assert "07700900101" in page
    assert "Polish" in page


def test_a_complaint_of_no_home_is_given_one(world: World, olive: FlaskClient) -> None:
    complaint = received(world, home_id=None)
    assert (
        olive.post(at(complaint, "placed"), data=typed(world, complaint, placed_uprn="100030000004")).status_code == 422
    )
    assert (
        olive.post(at(complaint, "placed"), data=typed(world, complaint, placed_uprn="100030000001")).status_code == 303
    )
    assert row(world, complaint).area_id == world.ids["North"]


def test_the_tenants_complaint_from_their_own_page_and_from_the_door_lead_from_the_task(
    world: World, olive: FlaskClient
) -> None:
    a_visit(world, starts=world.now - timedelta(hours=3)).in_the_home().closing().closed(unhappy=True)
    [found] = all_of(world, Complaint)
    assert f'href="{at(found.id)}"' in olive.get("/office/tasks").text


def test_a_complaint_is_found_by_the_reference_that_is_read_out(world: World):
    """Also one from before the prefix changed; one that is kept from whoever looks is not there (N3)."""
    found = received(world)
    ref = row(world, found).ref
    olive = world.client("olive")
    assert ref.startswith("M-")
    for typed in (ref, ref.lower().replace("-", " "), ref[2:]):
        assert olive.get("/office/complaints", query_string={"called": typed}).location == f"/office/complaints/{found}"
    with world.database.writing(DEMO) as session:
        session.get_one(Complaint, found).ref = f"C-{ref[2:]}"
    assert olive.get("/office/complaints", query_string={"called": f"C-{ref[2:]}"}).status_code == 302
    with world.database.writing(DEMO) as session:
        session.get_one(Complaint, found).kept_from = world.ids["olive"]
    missing = olive.get("/office/complaints", query_string={"called": ref})
    assert missing.status_code == 200 and "no such complaint in your areas" in missing.get_data(as_text=True)
