"""`/office/codes`: versions from draft to live, who has signed, training, checks and insurance."""

import io
import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.badges.portraits import portrait
from fieldvisit.codes.models import TrainingRecord
from fieldvisit.db import new_id
from fieldvisit.register.models import Firm, Person
from tests.services.test_codes import a_version, page_of
from tests.web.desk_forms import said
from tests.web.test_codes import DAY, a_day, approval, going_live, signatures, started, uploaded
from tests.world import World

# --- versions -----------------------------------------------------------------------------------------------------


def test_an_administrator_takes_a_version_from_draft_to_live(world: World):
    adam = world.client("adam")
    address = started(world, adam)
    uploaded(adam, address, page_of())
    adam.post(f"{address}/consult", data=a_day("consulted_from", date(2026, 11, 1)))
    assert "Being consulted on" in said(adam.get(address))
    refused = adam.post(f"{address}/approve", data=approval(consulted=""))
    assert refused.status_code == 422
    assert "A big change needs a consultation first" in said(refused)
    assert adam.post(f"{address}/approve", data=approval()).status_code == 303
    assert adam.post(f"{address}/go_live", data=going_live(owner="")).status_code == 422
    assert adam.post(f"{address}/go_live", data=going_live()).status_code == 303
    page = said(adam.get(address))
    assert "Live" in page
    assert "Cabinet" in page
    assert "8 December 2028" in page
    again = adam.post(f"{address}/go_live", data=going_live())
    assert again.status_code == 409
    assert "somebody was faster" in said(again)


def test_a_code_binds_nobody_backwards(world: World):
    adam = world.client("adam")
    address = started(world, adam)
    uploaded(adam, address, page_of())
    adam.post(f"{address}/approve", data=approval())
    refused = adam.post(f"{address}/go_live", data=going_live() | a_day("live_from", date(2026, 12, 7)))
    assert refused.status_code == 422
    assert "Choose today or a later day" in said(refused)
    assert "Live" not in said(adam.get(address)).split("Approved")[0]
    assert adam.post(f"{address}/go_live", data=going_live()).status_code == 303


def test_what_goes_through_the_desk_is_in_the_access_record(world: World):
    address = started(world, world.client("adam"))
    with world.database.reading(None) as session:
        kept = session.scalars(select(AccessRecord.reason).where(AccessRecord.record == "code")).all()
    assert kept == ["started"]
    assert address


def test_a_firm_sees_no_draft(world: World):
    address = started(world, world.client("adam"))
    assert world.client("mona").get(address).status_code == 404
    assert world.client("olive").get(address).status_code == 200


# --- who has signed -----------------------------------------------------------------------------------------------


def test_a_firms_manager_sees_the_firms_own_people_and_an_administrator_everybody(world: World):
    a_version(world)
    firm, everybody = (said(world.client(ref).get("/office/codes/people")) for ref in ("mona", "adam"))
    assert "Asha Kaur" in firm
    assert "Carl Lindqvist" not in firm
    assert "Olive Marsh" not in firm
    assert all(name in everybody for name in ("Asha Kaur", "Carl Lindqvist", "Olive Marsh"))


def test_the_roll_can_be_narrowed_to_those_who_are_blocked(world: World, clock: Any):
    a_version(world)
    world.now += 15 * DAY
    clock.move_to(world.now)
    page = said(world.client("adam").get("/office/codes/people?show=overdue_blocked"))
    assert "Asha Kaur" in page
    assert "Olive Marsh" not in page  # an officer: the manager is asked first


def test_the_training_file_as_a_table_has_names_that_are_no_formulas(world: World):
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["asha"]).name = "=HYPERLINK(1)"
    table = world.client("mona").get("/office/codes/people.csv").text
    assert "\n=HYPERLINK" not in table and ",=HYPERLINK" not in table
    assert "HYPERLINK(1)" in table


def test_paper_is_scanned_by_a_supervisor_and_counts_after_a_second_person(world: World):
    new, mona, olive = a_version(world), world.client("mona"), world.client("olive")
    file = f"/office/codes/people/{world.ids['asha']}"
    form = {"version": new, "scan": (io.BytesIO(portrait(1)), "scan.jpg")} | a_day("signed_on", date(2026, 12, 8))
    assert mona.post(f"{file}/paper", data=form).status_code == 303
    assert "Waits for a second person" in said(mona.get(file))
    [row] = signatures(world, new)
    scan = olive.get(f"/office/codes/signatures/{row.id}/scan")
    assert (scan.mimetype, scan.data[:2]) == ("image/jpeg", b"\xff\xd8")
    assert world.client("omar").get(f"/office/codes/signatures/{row.id}/scan").status_code == 404
    assert mona.post(f"/office/codes/signatures/{row.id}/countersign").status_code == 404
    assert olive.post(f"/office/codes/signatures/{row.id}/countersign").status_code == 303
    assert "looked at by a second person" in said(mona.get(file))


def test_who_scanned_it_does_not_countersign_it(world: World):
    new, olive = a_version(world), world.client("olive")
    file = f"/office/codes/people/{world.ids['asha']}"
    form = {"version": new, "scan": (io.BytesIO(portrait(1)), "scan.jpg")} | a_day("signed_on", date(2026, 12, 8))
    olive.post(f"{file}/paper", data=form)
    [row] = signatures(world, new)
    answer = olive.post(f"/office/codes/signatures/{row.id}/countersign")
    assert answer.status_code == 409
    assert "Somebody else must look at it" in said(answer)
    assert signatures(world, new)[0].countersigned_at is None


def test_who_scanned_it_does_not_countersign_it_by_a_second_account(world: World):
    new = a_version(world)
    form = {"version": new, "scan": (io.BytesIO(portrait(1)), "scan.jpg")} | a_day("signed_on", date(2026, 12, 8))
    world.client("olive").post(f"/office/codes/people/{world.ids['asha']}/paper", data=form)
    with world.database.writing(None) as session:
        for ref in ("olive", "otto"):
            session.get_one(Person, world.ids[ref]).phone = "07700 900777"
    [row] = signatures(world, new)
    assert world.client("otto").post(f"/office/codes/signatures/{row.id}/countersign").status_code == 409
    assert signatures(world, new)[0].countersigned_at is None


def test_a_scan_that_is_no_picture_is_refused(world: World):
    new, mona = a_version(world), world.client("mona")
    form = {"version": new, "scan": (io.BytesIO(b"MZ not a picture"), "scan.jpg")} | a_day(
        "signed_on", date(2026, 12, 8)
    )
    answer = mona.post(f"/office/codes/people/{world.ids['asha']}/paper", data=form)
    assert answer.status_code == 422
    assert signatures(world, new) == []


def test_training_a_check_and_insurance_are_recorded_by_an_officer(world: World):
    olive, file = world.client("olive"), f"/office/codes/people/{world.ids['asha']}"
    form = {"k": new_id(), "kind": "safeguarding", "title": "Level 1"}
    form |= a_day("done_on", date(2026, 12, 1)) | a_day("expires_on", date(2029, 12, 1))
    for _ in range(2):  # pressed twice
        assert olive.post(f"{file}/training", data=form).status_code == 303
    olive.post(f"{file}/check", data={"may_visit": "no"} | a_day("checked_on", date(2026, 12, 7)))
    page = said(olive.get(file))
    assert "Level 1" in page
    assert "No, checked on Monday 7 December 2026" in page
    firm = world.ids["Oakline Repairs"]
    olive.post(f"/office/codes/firms/{firm}/insurance", data=a_day("until", date(2028, 1, 31)))
    with world.database.reading(None) as session:
        assert len(session.scalars(select(TrainingRecord)).all()) == 1
        assert session.get_one(Firm, firm).insurance_until == date(2028, 1, 31)
        assert session.get_one(Person, world.ids["asha"]).training_until == date(2029, 12, 1)
    assert "The council has told us that you may not visit homes" in said(world.client("asha").get("/badge"))


def managed_by(world: World, ref: str, manager: str) -> None:
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids[ref]).manager_id = world.ids[manager]


OWN_FILE = [
    ("check", {"may_visit": "yes"} | a_day("checked_on", date(2026, 12, 7))),
    ("about", {"position": "Head of everything", "half_housing": "yes"}),
    ("training", {"kind": "safeguarding", "title": "Level 3"} | a_day("done_on", date(2026, 12, 1))
     | a_day("expires_on", date(2029, 12, 1))),
]  # fmt: skip


@pytest.mark.parametrize(("what", "typed"), OWN_FILE)
def test_an_officer_records_nothing_in_their_own_file_by_any_account_and_their_manager_does(world: World, what, typed):
    olive, otto = f"/office/codes/people/{world.ids['olive']}", f"/office/codes/people/{world.ids['otto']}"
    kept = said(world.client("olive").get(olive))
    answer = world.client("olive").post(f"{olive}/{what}", data=typed | {"k": new_id()})
    assert answer.status_code == 422 and "This is your own file. Somebody else must record this in it." in said(answer)
    assert f"{olive}/{what}" not in answer.text
    assert said(world.client("olive").get(olive)) == kept
    managed_by(world, "otto", "olive")
    assert world.client("olive").post(f"{otto}/{what}", data=typed | {"k": new_id()}).status_code == 303
    with world.database.writing(None) as session:  # a second account of the same human being
        session.get_one(Person, world.ids["otto"]).phone = "07700 900555"
        session.get_one(Person, world.ids["olive"]).phone = "07700900555"
    assert world.client("olive").post(f"{otto}/{what}", data=typed | {"k": new_id()}).status_code == 422


def test_of_a_check_there_is_no_box_for_words(world: World):
    """Ruling R21: yes or no, and the day. Nothing else of it can be typed."""
    text = world.client("olive").get(f"/office/codes/people/{world.ids['asha']}").text
    form = re.search(r'action="/office/codes/people/[0-9a-f]+/check".*?</form>', text, re.DOTALL)
    assert form
    named = set(re.findall(r' name="([^"]+)"', form[0]))
    assert named == {"csrf_token", "may_visit", "checked_on-day", "checked_on-month", "checked_on-year"}


def test_half_the_hours_on_housing_decide_that_the_code_for_housing_staff_binds(world: World):
    a_version(world, "1", document="HS", binds=("housing",))
    olive = world.client("olive")
    assert "housing staff" not in said(olive.get("/codes"))
    managed_by(world, "olive", "otto")
    said_so = {"position": "Officer", "half_housing": "yes"}
    world.client("otto").post(f"/office/codes/people/{world.ids['olive']}/about", data=said_so)
    assert "Code of conduct for housing staff" in said(olive.get("/codes"))
