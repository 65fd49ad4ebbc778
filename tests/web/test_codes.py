"""`/codes`: reading, asking and signing; `/office/codes`: versions, who has signed, and a person's file."""

import io
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit import create_app
from fieldvisit.audit.models import AccessRecord
from fieldvisit.badges.portraits import portrait
from fieldvisit.codes.catalogue import all_clauses
from fieldvisit.codes.models import Acknowledgement, CodeText, CodeVersion, TrainingRecord
from fieldvisit.codes.related import all_related
from fieldvisit.config import ConfigError
from fieldvisit.db import new_id
from fieldvisit.register.models import Firm, Person
from tests.services.test_codes import a_version, page_of
from tests.web.desk_forms import said
from tests.world import World

DAY = timedelta(days=1)
A_PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\nstartxref\n9\n%%EOF\n"


def a_day(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def signing(world: World, version_id: str, **typed: Any) -> dict[str, Any]:
    with world.database.reading(None) as session:
        sha256 = session.get_one(CodeVersion, version_id).text_sha256
    form = {"name": "Asha Kaur", "position": "Gas engineer", "organisation": "Brightwater Heating", "agrees": "yes"}
    return form | {"sha256": sha256} | typed


def signatures(world: World, version_id: str) -> list[Acknowledgement]:
    with world.database.reading(None) as session:
        return list(session.scalars(select(Acknowledgement).where(Acknowledgement.code_version_id == version_id)))


# --- reading and signing ------------------------------------------------------------------------------------------


def test_a_worker_reads_section_by_section_to_the_end_and_signs_without_a_script(world: World):
    new, asha = a_version(world), world.client("asha")
    assert "Sign the new version" in said(asha.get("/codes"))
    first = asha.get(f"/codes/{new}")
    assert "At the door" in first.text
    assert "Cover your shoes" not in first.text
    assert "Read it to the end first" in said(asha.get(f"/codes/{new}/sign"))
    answer = asha.post(f"/codes/{new}/read", data={"part": "1"})
    assert answer.location == f"/codes/{new}?part=2"
    assert "Cover your shoes" in asha.get(f"/codes/{new}").text  # where one left off
    assert asha.post(f"/codes/{new}/read", data={"part": "2"}).location == f"/codes/{new}/sign"
    form = asha.get(f"/codes/{new}/sign").text
    assert 'value="Asha Kaur"' in form
    assert 'value="Brightwater Heating"' in form
    assert asha.post(f"/codes/{new}/sign", data=signing(world, new)).location == "/codes?done=signed"
    [row] = signatures(world, new)
    assert (row.name, row.position, row.organisation, row.how) == (
        "Asha Kaur", "Gas engineer", "Brightwater Heating", "typed",
    )  # fmt: skip
    assert row.text_sha256 == signing(world, new)["sha256"]
    assert "You have signed this code" in said(asha.get("/codes"))


@pytest.mark.parametrize("missing", ["name", "position", "organisation", "agrees"])
def test_what_is_missing_is_said_and_nothing_typed_is_lost(world: World, missing: str):
    new, asha = a_version(world), world.client("asha")
    asha.post(f"/codes/{new}/read", data={"part": "all"})
    typed = signing(world, new, position="Senior engineer of boilers") | {missing: ""}
    answer = asha.post(f"/codes/{new}/sign", data=typed)
    assert answer.status_code == 422
    assert f'href="#{missing}"' in answer.text
    if missing != "position":
        assert "Senior engineer of boilers" in answer.text
    assert signatures(world, new) == []


def test_nobody_signs_what_they_have_not_read_to_the_end(world: World):
    new, asha = a_version(world), world.client("asha")
    asha.post(f"/codes/{new}/read", data={"part": "1"})
    answer = asha.post(f"/codes/{new}/sign", data=signing(world, new))
    assert answer.status_code == 422
    assert "Read the code to its end first" in said(answer)
    assert signatures(world, new) == []


def test_a_signature_may_be_drawn_as_well(world: World):
    new, asha = a_version(world), world.client("asha")
    asha.post(f"/codes/{new}/read", data={"part": "all"})
    asha.post(f"/codes/{new}/sign", data=signing(world, new, drawn="M1 2 L3 4"))
    assert [row.how for row in signatures(world, new)] == ["drawn"]
    assert '<path d="M1 2 L3 4"/>' in asha.get("/codes/file").text


def test_what_is_no_drawing_is_left_out_and_the_typed_name_is_enough(world: World):
    new, asha = a_version(world), world.client("asha")
    asha.post(f"/codes/{new}/read", data={"part": "all"})
    asha.post(f"/codes/{new}/sign", data=signing(world, new, drawn='M1 2"/><script>x()</script>'))
    assert [row.how for row in signatures(world, new)] == ["typed"]
    assert "<script>" not in asha.get("/codes/file").text


def test_who_is_overdue_reads_why_and_the_badge_says_so(world: World, clock: Any):
    new, asha = a_version(world), world.client("asha")
    assert "Until then you may visit as before" in said(asha.get("/codes"))
    world.now += 15 * DAY
    clock.move_to(world.now)
    assert "You cannot be sent on new visits" in said(world.client("asha").get("/codes"))
    assert "You have not signed the code of conduct" in said(world.client("asha").get("/badge"))
    assert new


def test_a_question_goes_to_the_firms_manager_and_the_answer_comes_back(world: World):
    new, asha, mona = a_version(world), world.client("asha"), world.client("mona")
    asha.post(f"/codes/{new}/ask", data={"k": new_id(), "said": "May I take tea?"})
    assert "May I take tea?" in said(mona.get("/office/codes"))
    assert "May I take tea?" not in said(world.client("omar").get("/office/codes"))
    file = mona.get(f"/office/codes/people/{world.ids['asha']}").text
    answer = re.search(r"/office/codes/questions/[0-9a-f]{32}/answer", file)
    assert answer
    assert world.client("omar").post(answer[0], data={"answer": "No."}).status_code == 404
    mona.post(answer[0], data={"answer": "Yes, when it is offered."})
    assert "Yes, when it is offered." in said(asha.get("/codes"))
    assert "May I take tea?" not in said(mona.get("/office/codes"))


def test_a_draft_is_seen_by_nobody_until_it_is_offered_and_binds_nobody_then(world: World):
    with world.database.writing(None) as session:
        draft = CodeVersion(document="HS", version="draft", status="draft", binds=["officer"], text_sha256="0" * 64)
        session.add(draft)
        session.flush()
        id_ = draft.id
    olive, adam = world.client("olive"), world.client("adam")
    assert olive.get(f"/codes/{id_}").status_code == 404
    adam.post(f"/office/codes/{id_}/offer")
    assert "A draft binds nobody" in said(olive.get("/codes"))
    assert "a draft that binds nobody" in said(olive.get(f"/codes/{id_}"))
    assert world.client("asha").get(f"/codes/{id_}").status_code == 404


def test_my_own_file_is_a_page_to_print(world: World):
    page = said(world.client("asha").get("/codes/file"))
    assert "Training file: Asha Kaur" in page
    assert "From a file" in page


# --- the document -------------------------------------------------------------------------------------------------


def test_the_document_itself_is_handed_over_as_it_was_uploaded_and_can_run_nothing(world: World):
    new = a_version(world)
    answer = world.client("asha").get(f"/codes/{new}/signed.document")
    assert answer.data == page_of("two")
    sealed = answer.headers["Content-Security-Policy"]
    assert sealed.startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_pdf_is_a_file_and_a_version_of_it_alone_cannot_go_live(world: World):
    adam = world.client("adam")
    address = started(world, adam)
    uploaded(adam, address, A_PDF)
    adam.post(f"{address}/consult", data=a_day("consulted_from", date(2026, 11, 1)))
    adam.post(f"{address}/approve", data=approval())
    refused = adam.post(f"{address}/go_live", data=going_live())
    assert refused.status_code == 422
    assert "Nobody can go live with a PDF alone" in said(refused)
    answer = adam.get(f"{address}/signed.document")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.mimetype == "application/pdf"


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("code.html", b"<h1>Hi</h1><script>x()</script>" + page_of(), "This page has a <script> in it"),
        ("code.pdf", b"GIF89a not a document", "This is no document that we know"),
        ("code.html", b"", "Choose a file first"),
        ("code.html", b"<p>" + b"word " * 900_000, "This file is over 4 MB"),
    ],
)
def test_an_upload_that_is_no_document_is_refused_with_a_sentence_and_nothing_is_kept(world: World, name, raw, says):
    adam = world.client("adam")
    address = started(world, adam)
    answer = uploaded(adam, address, raw, name)
    assert answer.status_code == 422
    assert says in said(answer).replace("&lt;", "<").replace("&gt;", ">")
    with world.database.reading(None) as session:
        assert session.scalars(select(CodeText.id)).all() == []


def test_what_is_in_a_document_is_decided_by_its_bytes_and_not_by_its_name(world: World):
    adam = world.client("adam")
    address = started(world, adam)
    assert uploaded(adam, address, page_of(), "code.pdf").status_code == 303
    with world.database.reading(None) as session:
        assert session.scalars(select(CodeText.media_type)).all() == ["text/html"]


def test_a_councils_own_new_code_says_until_when_somebody_at_work_here_may_visit_as_before(world: World):
    a_version(world, "1", document="MO", binds=("operative", "officer"))
    page = said(world.client("asha").get("/codes"))
    assert "Sign by the end of Tuesday 22 December 2026." in page and "Until then you may visit as before" in page


# --- versions -----------------------------------------------------------------------------------------------------


def started(world: World, adam: FlaskClient, **typed: Any) -> str:
    form = {"document": "ME", "version": "2.0", "size": "significant", "change": "Shoe covers", "binds": ["operative"]}
    answer = adam.post("/office/codes/new", data=form | typed)
    assert answer.status_code == 303, said(answer)
    return str(answer.location).partition("?")[0]


def uploaded(adam: FlaskClient, address: str, raw: bytes, name: str = "code.html", kind: str = "signed") -> Any:
    """As a browser sends it. The test client would leave a large file behind that nobody closes."""
    parts = (('name="kind"', kind.encode()), (f'name="file"; filename="{name}"', raw))
    body = b"".join(
        b"--cut\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + part + b"\r\n"
        for head, part in parts
    )
    address = f"{address}/text"
    return adam.post(address, data=body + b"--cut--\r\n", content_type="multipart/form-data; boundary=cut")


def approval(**typed: Any) -> dict[str, Any]:
    form = {"change": "Shoe covers", "consulted": "We asked the forum.", "approved_by": "Cabinet"}
    return form | a_day("consulted_until", date(2026, 12, 1)) | a_day("approved_on", date(2026, 12, 7)) | typed


def going_live(**typed: Any) -> dict[str, Any]:
    return (
        {"owner": "Ada Owner"} | a_day("live_from", date(2026, 12, 8)) | a_day("review_on", date(2028, 12, 8)) | typed
    )


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


# --- from a clause to where it lives ------------------------------------------------------------------------------


def test_the_office_goes_from_a_clause_to_where_it_lives(world: World):
    page = world.client("olive").get("/office/codes/clauses?code=ME").text
    assert 'id="ME-Ack1"' in page
    assert 'href="/office/visits"' in page
    assert "MR-9" not in page


def test_anybody_reads_the_live_code_and_how_each_clause_is_kept(world: World, client: FlaskClient):
    a_version(world)
    assert 'href="/rights/codes"' in client.get("/rights").text
    listed = client.get("/rights/codes")
    assert "/rights/codes/ME" in listed.text
    page = client.get("/rights/codes/ME")
    assert "Cover your shoes" in page.text
    assert 'id="ME-Ack1"' in page.text
    assert 'href="/v"' in page.text
    assert "/office/" not in page.text
    assert client.get("/rights/codes/ME/signed.document").data == page_of("two")
    for answer in (listed, page):
        assert "Set-Cookie" not in answer.headers
        assert "<script" not in answer.text
    assert client.get("/rights/codes/HS").status_code == 404


def test_what_a_code_says_of_conduct_in_the_home_is_said_there_again(world: World):
    """The steps that every visit shares: what to ask, what to cover, what never to do, and to step back from a quarrel."""
    steps = said(world.client("asha").get("/steps"))
    for sentence in (
        "Ask before you move anything.", "No smoking, no vaping, no alcohol.", "No loud music.", "Put dust sheets down",
        "If they want to argue: stop, step back, leave.", "Looked for asbestos", "Do not ask for food or drink.",
        "Keep your voice low where neighbours can hear",
    ):  # fmt: skip
        assert sentence in steps


def test_beside_a_code_stands_what_else_to_read_and_whom_to_ask(world: World, client: FlaskClient):
    new = a_version(world)
    mine, everybodys = world.client("asha").get(f"/codes/{new}"), client.get("/rights/codes/ME")
    for page in (mine, everybodys):
        assert "Compensation and refunds" in said(page)
        assert "Terms and Conditions Handbook" not in said(page)  # of another code


def test_each_code_points_to_the_policies_that_it_names():
    known = {each.id for each in all_clauses()}
    for one in all_related():
        assert set(one.clauses) <= known, one.title
        assert all(clause.startswith(f"{one.code}-") for clause in one.clauses)
        assert one.address == "" or one.address.startswith(("/", "https://"))


def test_who_opened_the_page_on_whistleblowing_is_written_down_nowhere(world: World):
    new = a_version(world, "1", document="MO", binds=("employee",))
    assert "Whistleblowing" in said(world.client("hana").get(f"/codes/{new}"))
    with world.database.reading(None) as session:
        assert session.scalars(select(AccessRecord.id).where(AccessRecord.record == "code")).all() == []


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_a_wrong_file_of_a_councils_own_codes_stops_the_start_and_says_where(world: World, tmp_path: Path):
    """Every mistake of the folder at once (tests/rules/test_own_codes.py)."""
    (tmp_path / "mine.toml").write_text("[document]\ncode = 'x'\n")
    config = world.app.extensions["fv_config"].model_copy(update={"codes_dir": tmp_path})
    with pytest.raises(ConfigError, match=r"mine\.toml: document\.title \(line 1\): is absent\."):
        create_app(config, database=world.database)


def test_who_is_close_to_a_councillor_can_say_so(world: World):
    assert "councillor" in said(world.client("olive").get("/declare/interest"))
