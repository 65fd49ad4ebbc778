"""Words that a lead was typing when the page closed: the screen is empty, and they come back to that lead alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldvisit.register.models import Person
from fieldvisit.register.service import hash_password
from fieldvisit.vault import kept
from tests.vault_house import SECRET, WHY, House, a_vault
from tests.web.signing_in import PASSWORD, quick_hashes  # noqa: F401 - a fixture
from tests.web.test_late_forms import PAGE, handed_back
from tests.web.test_vault import comes_in, opens
from tests.web.test_vault_pages import MIN
from tests.world import NOW, World

NOTE = "The neighbour rang: the damson jam was on the stair again."
pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)  # the main database is not asked for anything


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[House]:
    vault = a_vault(tmp_path)
    world.app.extensions["fv_vault"] = vault
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["lena"]).password_hash = hash_password(PASSWORD)
    yield House(vault).enrol("lena", "luca", "ines", ids=world.ids)
    vault.store.dispose()


def sealed_in(page: str, name: str = "kept") -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    return found[1] if found else ""


def writes(client: FlaskClient, case: str, **more: str) -> Any:
    return client.post(f"/safe/{case}/note", data={"k": "a" * 32, "note_what": NOTE} | more, headers=PAGE)


def come_back(world: World, house: House, client: FlaskClient, sealed: str, minutes: int) -> Any:
    at = NOW + minutes * MIN
    form = {"code": house.code("lena", at), "kept": sealed}
    return world.at_the_time(at, lambda: client.post("/safe/come-in", data=form, headers=PAGE))


def open_with(world: World, house: House, client: FlaskClient, case: str, sealed: str, minutes: int) -> Any:
    at = NOW + minutes * MIN
    form = {"reason": "act", "why": WHY, "code": house.code("lena", at), "kept": sealed}
    return world.at_the_time(at, lambda: client.post(f"/safe/{case}/open", data=form))


def test_the_page_that_closes_keeps_what_was_typed_and_shows_nothing_until_it_is_opened_again(
    world: World, house: House
):
    case, client = house.case_of(house.send()), comes_in(world, house, "lena")
    assert SECRET in opens(client, house, case).text
    closed = world.at_the_time(NOW + 9 * MIN, lambda: writes(client, case, keep="yes"))
    assert "sealed in this page" in closed.text and "damson" not in closed.text and SECRET not in closed.text
    assert "Come in" in world.at_the_time(NOW + 9 * MIN, lambda: client.get("/safe")).text, "and they are out"
    wrong = world.at_the_time(
        NOW + 10 * MIN,
        lambda: client.post("/safe/come-in", data={"code": "000000", "kept": sealed_in(closed.text)}),
    )
    assert sealed_in(wrong.text) == sealed_in(closed.text)
    inside = come_back(world, house, client, sealed_in(wrong.text), 11)
    assert inside.status_code == 200 and "it stands in its form" in inside.text and "damson" not in inside.text
    bad = world.at_the_time(
        NOW + 12 * MIN, lambda: client.post(f"/safe/{case}/open", data={"kept": sealed_in(inside.text), "why": "x"})
    )
    assert bad.status_code == 422 and sealed_in(bad.text) == sealed_in(inside.text)
    again = open_with(world, house, client, case, sealed_in(bad.text), 12)
    assert SECRET in again.text and f"{NOTE}</textarea>" in again.text and "Error:" not in again.text
    with house.vault.store.reading() as session:
        assert not session.connection().exec_driver_sql("SELECT 1 FROM act").fetchall(), "nothing of it was recorded"


def test_a_form_that_comes_too_late_is_kept_at_the_door(world: World, house: House):
    case, client = house.case_of(house.send()), comes_in(world, house, "lena")
    opens(client, house, case)
    world.at_the_time(NOW + 9 * MIN, lambda: client.get("/office"))  # signed in still, and out of the safe
    late = world.at_the_time(NOW + 12 * MIN, lambda: writes(client, case))
    assert sealed_in(late.text) and "damson" not in late.text


def test_also_where_the_sign_in_itself_has_run_out(world: World, house: House):
    case, client = house.case_of(house.send()), comes_in(world, house, "lena")
    opens(client, house, case)
    late = world.at_the_time(NOW + 30 * MIN, lambda: writes(client, case))
    assert late.status_code == 401 and "damson" not in late.text
    form = {"email": "lena@council.example", "password": PASSWORD, "carried": sealed_in(late.text, "carried")}
    page = world.at_the_time(NOW + 31 * MIN, lambda: client.post("/sign-in", data=form))
    assert "What you typed is still here" in page.text and "damson" not in page.text
    [(name, sealed)] = handed_back(page.text)
    assert name == "kept" and 'action="/safe/come-in"' in page.text
    token = sealed_in(page.text.partition("<main")[2], "csrf_token")
    client.environ_base.pop("HTTP_X_CSRFTOKEN")
    form = {"kept": sealed, "csrf_token": token}
    door = world.at_the_time(NOW + 31 * MIN, lambda: client.post("/safe/come-in", data=form, headers=PAGE))
    assert "sealed in this page" in door.text and "Error:" not in door.text
    form["code"] = house.code("lena", NOW + 31 * MIN)
    inside = world.at_the_time(NOW + 31 * MIN, lambda: client.post("/safe/come-in", data=form, headers=PAGE))
    assert inside.status_code == 200 and "it stands in its form" in inside.text


def test_a_late_form_without_a_word_carries_nothing(world: World, house: House):
    client = comes_in(world, house, "lena")
    late = world.at_the_time(NOW + 30 * MIN, lambda: client.post("/safe/leave", headers=PAGE))
    assert (late.status_code, late.location) == (303, "/sign-in")


def test_a_quarter_of_an_hour_after_it_was_opened_opening_again_keeps_the_words(world: World, house: House):
    case, client = house.case_of(house.send()), comes_in(world, house, "lena")
    opens(client, house, case)
    for minutes in (8, 14):
        world.at_the_time(NOW + minutes * MIN, lambda: client.post("/safe/here"))
    late = world.at_the_time(NOW + 16 * MIN, lambda: writes(client, case))
    assert late.status_code == 409 and "Open it again first" in late.text
    again = open_with(world, house, client, case, sealed_in(late.text), 17)
    assert f"{NOTE}</textarea>" in again.text


def test_typing_keeps_the_page_open_and_an_hour_is_the_end(world: World, house: House):
    client = comes_in(world, house, "lena")
    for minutes, left in ((9, 600), (18, 600), (27, 600), (36, 600), (45, 600), (54, 360)):
        answer = world.at_the_time(NOW + minutes * MIN, lambda: client.post("/safe/here"))
        assert answer.json == {"left": left} and "Refresh" not in answer.headers
    assert world.at_the_time(NOW + 61 * MIN, lambda: client.post("/safe/here")).status_code == 401


def test_it_opens_for_no_other_reader_and_for_nobody_whom_the_case_has_come_to_name(world: World, house: House):
    case, keys = house.case_of(house.send()), house.vault.keys
    sealed = kept.seal(keys, world.ids["lena"], case, "note", [("note_what", NOTE), ("code", "123456")], NOW)
    found = kept.opened(keys, world.ids["lena"], sealed, NOW)
    assert found and found.fields == [("note_what", NOTE)] and found.case_id == case
    assert kept.opened(keys, world.ids["ines"], sealed, NOW) is None
    assert kept.opened(keys, world.ids["lena"], sealed, NOW + kept.LASTS + MIN) is None
    assert kept.opened(keys, world.ids["lena"], sealed[:-8] + "AAAAAAAA", NOW) is None
    other = comes_in(world, house, "ines")
    assert other.get(f"/safe/{case}").status_code == 404
    other.post("/safe/leave")
    at = NOW + 2 * MIN
    own = kept.seal(keys, world.ids["ines"], case, "note", [("note_what", NOTE)], NOW)
    form = {"code": house.code("ines", at), "kept": own}
    answer = world.at_the_time(at, lambda: other.post("/safe/come-in", data=form))
    assert answer.status_code == 303, "no case, no words"


def test_nothing_typed_is_nothing_kept(house: House):
    assert (
        kept.seal(house.vault.keys, "p", "c", "note", [("k", "a" * 32), ("note_what", "  "), ("code", "1")], NOW) == ""
    )
