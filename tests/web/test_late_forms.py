"""A form that is sent after its sender's sign-in ran out is not recorded and not lost: it comes back, to its sender alone."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from fieldvisit.ground.roles import Role
from fieldvisit.register.models import Person, SignIn
from fieldvisit.register.rules import seen_every
from fieldvisit.register.service import hash_password
from fieldvisit.web import carried
from tests.web.signing_in import PASSWORD, quick_hashes  # noqa: F401 - a fixture
from tests.world import World

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
WORDS = 'The decision: I asked both of them,\r\nand "neither" saw <it> happen.'
FORM = {
    "about": "somebody",
    "words": WORDS,
    "where": ["kitchen", "hall"],
    "password": "three-small-owls",
    "k": "a" * 32,
}
LONG = timedelta(minutes=11)


@pytest.fixture
def ines(world: World) -> FlaskClient:
    with world.database.writing(None) as session:
        for ref in ("ines", "lena"):
            session.get_one(Person, world.ids[ref]).password_hash = hash_password(PASSWORD)
    return world.client("ines")


def posts(client: FlaskClient, **more: Any) -> Any:
    return client.post("/conduct?from=here", data=FORM, headers=PAGE, **more)


def sealed_in(page: str) -> str:
    found = re.search(r'name="carried" value="([^"]+)"', page)
    return found[1] if found else ""


def enters(client: FlaskClient, sealed: str, ref: str = "ines", password: str = PASSWORD) -> Any:
    return client.post("/sign-in", data={"email": f"{ref}@council.example", "password": password, "carried": sealed})


def handed_back(page: str) -> list[tuple[str, str]]:
    main = page.partition("<main")[2]
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', main)
    return [(name, unescape(value)) for name, value in pairs if name != "csrf_token"]


def test_what_was_typed_comes_back_after_signing_in_and_goes_where_it_was_sent(world: World, ines: FlaskClient):
    world.clock.move_to(world.now + LONG)
    late = posts(ines)
    assert late.status_code == 401 and "not recorded, and not lost" in late.text
    assert "neither" not in late.text, "sealed: whoever stands at this screen reads nothing"
    assert "set-cookie" not in late.headers or "neither" not in late.headers["set-cookie"]
    wrong = enters(ines, sealed_in(late.text), password="not-the-password-at-all")
    assert sealed_in(wrong.text) == sealed_in(late.text), "also after a wrong password"
    page = enters(ines, sealed_in(wrong.text))
    assert page.status_code == 200 and 'action="/conduct?from=here"' in page.text
    fields = handed_back(page.text)
    assert ("words", WORDS) in [(name, text.replace("\n", "\r\n").replace("\r\r", "\r")) for name, text in fields]
    assert [text for name, text in fields if name == "where"] == ["kitchen", "hall"] and ("k", "a" * 32) in fields
    assert not [name for name, _ in fields if "password" in name]
    assert "<strong>Ines Vale</strong>" in page.text, "from whom it goes, where two people use one desk"
    assert "What you typed is still here" in page.text and "&lt;it&gt; happen" in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text.partition("<main")[2])
    assert token
    ines.environ_base.pop("HTTP_X_CSRFTOKEN")
    again = ines.post("/conduct?from=here", data=MultiDict([*fields, ("csrf_token", token[1])]), headers=PAGE)
    assert again.status_code not in (400, 401, 404)


def test_it_opens_for_nobody_else(world: World, ines: FlaskClient):
    world.clock.move_to(world.now + LONG)
    sealed = sealed_in(posts(ines).text)
    other = enters(world.client(), sealed, ref="lena")
    assert other.status_code == 303 and "neither" not in other.text


def test_it_opens_for_half_a_day_and_not_when_a_letter_of_it_was_changed(world: World):
    one = carried.Carried(world.ids["ines"], "/conduct", [("words", WORDS)])
    with world.app.app_context():
        sealed = carried.seal(one, world.now)
        for at, opens in ((timedelta(hours=12), True), (timedelta(hours=12, seconds=1), False)):
            assert bool(carried.opened(sealed, one.person_id, world.now + at)) is opens
        middle = len(sealed) // 2
        forged = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
        for text in (forged, "", "x", sealed[:20]):
            assert carried.opened(text, one.person_id, world.now) is None
        assert len(carried.seal(carried.Carried("p", "/x", [("words", "long words " * 5000)]), world.now)) < 2000


def test_whoever_signed_out_or_was_never_in_is_told_what_everybody_is(world: World, ines: FlaskClient):
    assert posts(world.client()).status_code == 404
    with world.database.writing(None) as session:
        for row in session.query(SignIn):
            row.ended_at = world.now
    assert posts(ines).status_code == 404
    world.clock.move_to(world.now + LONG)
    assert posts(ines).status_code == 404


def test_a_form_of_before_somebody_signed_in_anew_comes_back_with_a_new_token(world: World, ines: FlaskClient):
    here = {"Sec-Fetch-Site": "same-origin"}
    ines.environ_base.pop("HTTP_X_CSRFTOKEN")
    page = ines.post("/conduct", data=FORM | {"csrf_token": "old"}, headers=PAGE | here)
    assert page.status_code == 409 and ("k", "a" * 32) in handed_back(page.text)
    for other in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        answer = ines.post("/conduct", data=FORM | {"csrf_token": "old"}, headers=PAGE | other)
        assert answer.status_code == 400 and handed_back(answer.text) == []
    assert ines.post("/safety/words", data=FORM | {"csrf_token": "old"}, headers=PAGE | here).status_code == 400


def test_a_script_is_told_to_sign_in_first(world: World, ines: FlaskClient):
    world.clock.move_to(world.now + LONG)
    answer = ines.post("/conduct", data=FORM, headers={"Accept": "application/json"})
    assert answer.status_code == 401 and answer.headers["X-FieldVisit-Proto"] == "1" and answer.data == b""


@pytest.mark.parametrize(("role", "minutes"), [(Role.INVESTIGATOR, 1), (Role.CALL_HANDLER, 3), (Role.OPERATIVE, 5)])
def test_nobody_is_out_much_before_their_time(role: Role, minutes: int):
    assert seen_every(role) == timedelta(minutes=minutes)


def test_whoever_was_here_nine_minutes_ago_is_still_in(world: World, ines: FlaskClient):
    for minutes, status in ((4, 200), (13, 200), (23, 302)):
        world.clock.move_to(world.now + timedelta(minutes=minutes))
        assert ines.get("/conduct", headers=PAGE).status_code == status, minutes
