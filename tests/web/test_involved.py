"""`/p/<token>`: nothing of anybody before their own word; then what they must read and sign, without cookie or script."""

import re
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.codes.models import Acknowledgement, CodeQuestion, CodeVersion
from fieldvisit.db import new_id
from fieldvisit.ground.roles import DEMO
from fieldvisit.messages.models import Message
from fieldvisit.register import involved
from fieldvisit.register.involved import InvolvedPerson
from tests.services.test_codes import a_version
from tests.web.desk_forms import said
from tests.world import World

WORD = r"\b[2-9A-Z]{4} [2-9A-Z]{4}\b"


@pytest.fixture
def rosa(world: World) -> dict[str, str]:
    """An involved resident whom a live code binds: her address, and her word."""
    code = a_version(world, "2", document="MR", binds=("resident",))
    key = involved.key_of_links(world.app.config["SECRET_KEY"])
    with world.database.writing(None) as session:
        person = involved.take_in(
            session, "resident", "Rosa Quist", starts_on=date(2026, 1, 1), organisation="Tenants' forum",
            area_id=world.ids["North"],
        )  # fmt: skip
        return {
            "id": person.id, "code": code, "here": f"/p/{involved.token_of(person, key)}",
            "word": involved.word_of(person, key),
        }  # fmt: skip


def signs(client: FlaskClient, rosa: dict[str, str], world: World, **typed: Any) -> Any:
    with world.database.reading(None) as session:
        sha256 = session.get_one(CodeVersion, rosa["code"]).text_sha256
    form = {"word": rosa["word"], "act": "sign", "sha256": sha256, "name": "Rosa Quist", "position": "Resident"}
    form |= {"organisation": "Tenants' forum", "agrees": "yes"}
    return client.post(f"{rosa['here']}/code/{rosa['code']}", data=form | typed)


def test_a_look_says_nothing_of_anybody_and_sets_no_cookie(client: FlaskClient, rosa: dict[str, str]):
    answer = client.get(rosa["here"])
    assert "Rosa" not in answer.text
    assert "resident involvement" not in answer.text
    assert "Your word" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "<script" not in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_with_the_word_she_sees_what_she_must_do(client: FlaskClient, rosa: dict[str, str]):
    page = client.post(rosa["here"], data={"word": rosa["word"]})
    assert "Rosa Quist" in page.text
    assert "Read and sign" in page.text


def test_a_link_that_is_nobodys_looks_as_one_that_is_over(client: FlaskClient, rosa: dict[str, str]):
    for token in ("A" * 33, "x", "%20"):
        for answer in (client.get(f"/p/{token}"), client.post(f"/p/{token}", data={"word": rosa["word"]})):
            assert "Please call us" in answer.text
            assert answer.status_code == 200


def test_a_wrong_word_is_said_and_five_of_them_close_the_link(client: FlaskClient, rosa: dict[str, str]):
    for _ in range(5):
        assert client.post(rosa["here"], data={"word": "NOPE NOPE"}).status_code == 422
    answer = client.post(rosa["here"], data={"word": rosa["word"]})
    assert answer.status_code == 429
    assert "Rosa" not in answer.text


def test_she_reads_and_signs_and_it_is_kept_with_the_text(world: World, client: FlaskClient, rosa: dict[str, str]):
    page = client.post(f"{rosa['here']}/code/{rosa['code']}", data={"word": rosa["word"]})
    assert "Cover your shoes" in page.text
    assert "Thank you" in said(signs(client, rosa, world))
    with world.database.reading(None) as session:
        [row] = session.scalars(select(Acknowledgement).where(Acknowledgement.involved_id == rosa["id"]))
        version = session.get_one(CodeVersion, rosa["code"])
    assert (row.name, row.how, row.text_sha256) == ("Rosa Quist", "typed", version.text_sha256)
    assert "You signed it on" in said(client.post(rosa["here"], data={"word": rosa["word"]}))


@pytest.mark.parametrize("missing", ["name", "position", "organisation", "agrees"])
def test_what_is_missing_is_said(world: World, client: FlaskClient, rosa: dict[str, str], missing: str):
    answer = signs(client, rosa, world, **{missing: ""})
    assert answer.status_code == 422
    assert f'href="#{missing}"' in answer.text


def test_without_the_word_nothing_is_signed(world: World, client: FlaskClient, rosa: dict[str, str]):
    assert signs(client, rosa, world, word="").status_code == 422
    assert signs(client, rosa, world, word="NOPE NOPE").status_code == 422
    with world.database.reading(None) as session:
        assert session.scalars(select(Acknowledgement).where(Acknowledgement.involved_id.is_not(None))).all() == []


def test_she_cannot_open_a_code_that_does_not_bind_her(world: World, client: FlaskClient, rosa: dict[str, str]):
    other = f"{rosa['here']}/code/{world.ids['ME 1.0']}"
    assert client.post(other, data={"word": rosa["word"]}).status_code == 404


def test_she_may_ask_and_have_it_printed(world: World, client: FlaskClient, rosa: dict[str, str]):
    here = f"{rosa['here']}/code/{rosa['code']}"
    client.post(here, data={"word": rosa["word"], "act": "ask", "k": new_id(), "said": "What is a forum?"})
    client.post(here, data={"word": rosa["word"], "act": "ask", "k": new_id(), "paper": "yes"})
    with world.database.reading(None) as session:
        asked = session.scalars(select(CodeQuestion.kind).where(CodeQuestion.involved_id == rosa["id"])).all()
    assert sorted(asked) == ["paper", "question"]


# --- at the office ------------------------------------------------------------------------------------------------


def test_an_officer_takes_somebody_in_and_gives_them_link_and_word(world: World, client: FlaskClient):
    olive = world.client("olive")
    form = {"kind": "panel", "name": "Paul Ames", "organisation": "Scrutiny panel", "area_id": world.ids["North"]}
    form |= {"starts_on-day": "1", "starts_on-month": "12", "starts_on-year": "2026"}
    answer = olive.post("/office/codes/involved", data=form)
    taken = olive.get(answer.location)
    assert "/p/" not in taken.text and not re.search(WORD, taken.text)
    here = str(answer.location).partition("?")[0]
    page = olive.post(f"{here}/link")
    link, word = re.search(r"http[^<]*(/p/[\w-]+)", page.text), re.search(WORD, page.text)
    assert link and word and page.headers["Cache-Control"] == "no-store"
    assert "Paul Ames" in said(client.post(link[1], data={"word": word[0]}))
    olive.post(f"{here}/link")
    assert "Please call us" in said(client.post(link[1], data={"word": word[0]}))


def test_link_and_word_are_seen_once_by_whoever_had_them_made_which_is_logged_and_she_is_told(
    world: World, rosa: dict[str, str]
):
    with world.database.writing(None) as session:
        session.get_one(InvolvedPerson, rosa["id"]).email = "rosa@home.example"
    here = f"/office/codes/involved/{rosa['id']}"
    for who in ("olive", "adam"):
        seen = world.client(who).get(here).text
        assert rosa["word"] not in seen and rosa["here"] not in seen
    made = world.client("olive").post(f"{here}/link").text
    link, word = re.search(r"/p/[\w-]+", made), re.search(WORD, made)
    assert link and word
    again = world.client("olive").get(here).text
    assert word[0] not in again and link[0] not in again
    with world.database.reading(DEMO) as session:
        [told] = session.scalars(select(Message).where(Message.to == "rosa@home.example"))
        assert "new link and a new word" in told.body and word[0] not in told.body and link[0] not in told.body
        logged = select(AccessRecord).where(AccessRecord.object_id == rosa["id"], AccessRecord.reason == "new link")
        assert [row.person_id for row in session.scalars(logged)] == [world.ids["olive"]]


@pytest.mark.parametrize(("email", "phone", "way"), [("", "07700 900123", "sms"), ("", "", None)])
def test_whoever_has_no_email_is_told_by_text_message_where_there_is_a_number(
    world: World, rosa: dict[str, str], email: str, phone: str, way: str | None
):
    with world.database.writing(None) as session:
        person = session.get_one(InvolvedPerson, rosa["id"])
        person.email, person.phone = email, phone
    assert world.client("olive").post(f"/office/codes/involved/{rosa['id']}/link").status_code == 200
    with world.database.reading(DEMO) as session:
        assert [row.channel for row in session.scalars(select(Message))] == ([way] if way else [])


def test_an_officer_of_another_area_sees_none_of_it(world: World, rosa: dict[str, str]):
    otto, olive = world.client("otto"), world.client("olive")
    assert otto.get(f"/office/codes/involved/{rosa['id']}").status_code == 404
    assert "Rosa Quist" not in said(otto.get("/office/codes/involved"))
    assert "Rosa Quist" in said(olive.get("/office/codes/involved"))


def test_the_landlord_signs_its_side(world: World, client: FlaskClient, rosa: dict[str, str]):
    signs(client, rosa, world)
    olive = world.client("olive")
    page = olive.get(f"/office/codes/involved/{rosa['id']}").text
    address = re.search(r"/office/codes/signatures/[0-9a-f]{32}/countersign", page)
    assert address
    assert olive.post(address[0]).status_code == 303
    with world.database.reading(None) as session:
        [row] = session.scalars(select(Acknowledgement).where(Acknowledgement.involved_id == rosa["id"]))
        assert (row.countersigned_by, row.countersigned_at) == (world.ids["olive"], world.now)


def test_an_officer_of_another_area_signs_no_side_of_hers(world: World, client: FlaskClient, rosa: dict[str, str]):
    signs(client, rosa, world)
    with world.database.reading(None) as session:
        [row] = session.scalars(select(Acknowledgement).where(Acknowledgement.involved_id == rosa["id"]))
    assert world.client("otto").post(f"/office/codes/signatures/{row.id}/countersign").status_code == 404
    with world.database.reading(None) as session:
        assert session.get_one(Acknowledgement, row.id).countersigned_at is None


def test_the_last_day_is_recorded(world: World, rosa: dict[str, str]):
    day = {"ends_on-day": "31", "ends_on-month": "12", "ends_on-year": "2026"}
    world.client("olive").post(f"/office/codes/involved/{rosa['id']}/ended", data=day)
    with world.database.reading(None) as session:
        assert session.get_one(InvolvedPerson, rosa["id"]).ends_on == date(2026, 12, 31)


def test_an_officer_answers_and_she_reads_the_answer(world: World, client: FlaskClient, rosa: dict[str, str]):
    here = f"{rosa['here']}/code/{rosa['code']}"
    client.post(here, data={"word": rosa["word"], "act": "ask", "k": new_id(), "said": "What is a forum?"})
    olive = world.client("olive")
    page = olive.get(f"/office/codes/involved/{rosa['id']}").text
    address = re.search(r"/office/codes/questions/[0-9a-f]{32}/answer", page)
    assert address
    for stranger in ("otto", "mona"):
        assert world.client(stranger).post(address[0], data={"answer": "No."}).status_code == 404
    assert olive.post(address[0], data={"answer": "A group of tenants."}).status_code == 303
    assert "A group of tenants." in said(client.post(here, data={"word": rosa["word"]}))
