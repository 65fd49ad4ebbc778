"""The desk's page for another matter: numbers for everybody, a form for whoever has a script; and what it takes in."""

import re
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.ground.roles import BOXES
from fieldvisit.safeguarding.models import SealedBox
from tests.world import World

BOX = f"{'h' * 40}..{'i' * 16}.{'w' * 5462}.{'t' * 22}"
STAFF = ("asha", "mona", "olive", "hana", "lena", "ines", "adam", "aud")


def rows(world: World) -> list[SealedBox]:
    with world.database.reading(BOXES) as session:
        return list(session.scalars(select(SealedBox)))


def looks(world: World) -> int:
    with world.database.reading(None) as session:
        return len(session.scalars(select(AccessRecord.id)).all())


@pytest.mark.parametrize("ref", STAFF)
def test_everybody_who_is_signed_in_may_write_and_nobody_may_read(world: World, ref: str) -> None:
    browser, before = world.client(ref), looks(world)
    page = browser.get("/concern").text
    assert "0116 305 0005" in page and "data-seal=" in page
    sent = {"uuid": str(uuid4()), "sealed": BOX}
    assert [browser.post("/concern", json=sent).json for _ in range(2)] == [{"taken": True}] * 2
    [row] = rows(world)
    assert (row.device, row.seq, row.jwe) == ("desk", None, BOX)
    assert world.ids[ref] not in str(vars(row))
    assert browser.get(f"/concern/{sent['uuid']}").json == {"receipts": []}
    assert looks(world) == before  # not even the access record says who was here (N3)


def test_without_a_script_there_are_numbers_and_no_field_to_type_in_vain(world: World, olive: FlaskClient) -> None:
    page = olive.get("/concern").text
    assert re.search(r"<form data-write hidden novalidate autocomplete=\"off\">", page)
    assert "Without JavaScript nothing can be locked here" in page


def test_where_there_is_no_vault_phone_and_desk_show_numbers_alone(
    world: World, olive: FlaskClient, monkeypatch
) -> None:
    monkeypatch.setitem(world.app.jinja_env.globals, "vault_keys", None)
    for page in (olive.get("/concern").text, world.client().get("/matter").text):
        assert "0116 305 0005" in page and "<textarea" not in page and "data-seal" not in page


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422), (b"[]", 422), (b'{"uuid": "1", "sealed": "x"}', 422),
        (b'{"uuid": "7d3f0b7e-5a27-4f0a-9f0e-2a6d1f3c4b5a", "sealed": "My own words"}', 422), (b"a" * 500_000, 413),
    ],
)  # fmt: skip
def test_nothing_is_taken_that_is_not_sealed(world: World, olive: FlaskClient, body: bytes, status: int) -> None:
    answer = olive.post("/concern", data=body, content_type="application/json")
    assert (answer.status_code, answer.json, rows(world)) == (status, {"taken": False}, [])


def test_the_page_that_phones_keep_is_about_nobody_and_the_same_for_all(world: World) -> None:
    pages = {world.client(ref).get("/matter").data for ref in (None, "asha", "olive")}
    assert len(pages) == 1
    assert b"Set-Cookie" not in str(world.client("asha").get("/matter").headers).encode()
