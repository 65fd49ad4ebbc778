"""`/codes`: reading, asking and signing; the document itself; from a clause to where it is kept."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit import create_app
from fieldvisit.audit.models import AccessRecord
from fieldvisit.codes.catalogue import all_clauses
from fieldvisit.codes.models import Acknowledgement, CodeText, CodeVersion
from fieldvisit.codes.related import all_related
from fieldvisit.config import ConfigError
from fieldvisit.db import new_id
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


def test_all_that_is_missing_is_said_at_once_and_an_empty_box_stays_empty(world: World):
    new, asha = a_version(world), world.client("asha")
    asha.post(f"/codes/{new}/read", data={"part": "all"})
    wrong = asha.post(f"/codes/{new}/sign", data=signing(world, new) | {"name": "", "position": "", "agrees": ""}).text
    for sentence in ("Type your full name.", "Type your position.", "Tick the box to say"):
        assert sentence in wrong
    assert 'value="Asha Kaur"' not in wrong


def test_nobody_reaches_the_end_past_a_section(world: World):
    """The address of the last section shows the next one that is not read."""
    new, asha = a_version(world), world.client("asha")
    assert "Cover your shoes" not in asha.get(f"/codes/{new}?part=2").text
    assert asha.post(f"/codes/{new}/read", data={"part": "2"}).location == f"/codes/{new}?part=1"
    assert "Read it to the end first" in said(asha.get(f"/codes/{new}/sign"))


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
