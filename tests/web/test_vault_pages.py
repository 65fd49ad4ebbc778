"""The vault's pages: they die with the fresh code, show what is due, and let a case be copied, left and destroyed."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldvisit.register.models import Person
from fieldvisit.vault import state
from fieldvisit.vault.models import Reader
from fieldvisit.vault.seeing import find
from tests.vault_house import AFTER_ITS_TIME, SECRET, STEP, WHY, House, a_vault
from tests.web.test_vault import comes_in, opens
from tests.world import NOW, World

MIN = timedelta(minutes=1)
pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)  # the main database is not asked for anything


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[House]:
    vault = a_vault(tmp_path)
    world.app.extensions["fv_vault"] = vault
    with world.database.writing(None) as session:
        luca = Person(ref="luca", role="safeguarding_lead", name="Luca Ferrante", email="luca@council.example")
        session.add(luca)
        session.flush()
        ids = world.ids | {"luca": luca.id}
    world.ids = ids
    yield House(vault).enrol("lena", "luca", "ines", ids=ids)
    vault.store.dispose()


def key_in(page: str, step: str) -> str:
    found = re.search(rf'action="/safe/\w+/{step}".*?name="k" value="(\w{{32}})"', page, re.S)
    assert found, step
    return found[1]


def goes(page: TestResponse) -> tuple[int, int]:
    """When a page where somebody may type goes by itself: without script, and whatever anybody types (seconds)."""
    alone = re.search(r'<noscript><meta http-equiv="refresh" content="(\d+); url=/safe"></noscript>', page.text)
    whole = re.fullmatch(r"(\d+); url=/safe", page.headers["Refresh"])
    assert alone and whole and 'src="/static/desk/safe.js' in page.text and "no-store" in page.headers["Cache-Control"]
    assert f'data-left="{alone[1]}" data-ends="{int(whole[1]) - 1}"' in page.text
    return int(alone[1]), int(whole[1]) - 1


# --- dead when the code is no longer fresh --------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "seconds"), [(0, 601), (9, 601), (55, 301), (59, 61)])
def test_every_page_of_the_vault_goes_to_the_door_by_itself(world: World, house: House, after: int, seconds: int):
    case = house.case_of(house.send())
    client = comes_in(world, house, "lena")
    for minutes in range(9, after + 1, 9):
        world.at_the_time(NOW + minutes * MIN, lambda: client.get("/safe"))
    pages = [
        world.at_the_time(NOW + after * MIN, lambda path=path: client.get(path))
        for path in ("/safe", "/safe/record", f"/safe/{'f' * 32}")
    ]
    assert [one.headers["Refresh"] for one in pages] == [f"{seconds}; url=/safe"] * 3
    assert {one.headers["Cache-Control"] for one in pages} == {"no-store"}
    typing = world.at_the_time(NOW + after * MIN, lambda: client.get(f"/safe/{case}"))
    assert goes(typing) == (seconds, (60 - after) * 60)


def test_the_opened_page_goes_too_and_says_when(world: World, house: House):
    case = house.case_of(house.send())
    opened = opens(comes_in(world, house, "lena"), house, case)
    assert SECRET in opened.text and "closes by itself at 9:10am" in opened.text
    assert goes(opened) == (601, 3600)


def test_after_an_hour_there_is_a_door_whatever_was_done_and_the_code_that_opened_it_opens_nothing(
    world: World, house: House
):
    case = house.case_of(house.send())
    client = comes_in(world, house, "lena")
    assert SECRET in opens(client, house, case).text
    again = world.at_the_time(NOW + MIN / 4, lambda: opens(client, house, case))
    assert again.status_code == 422 and "used before" in again.text and SECRET not in again.text
    for minutes in (9, 18, 27, 36, 45, 54):
        assert "Leave the safe" in world.at_the_time(NOW + minutes * MIN, lambda: client.get("/safe")).text
    later = world.at_the_time(NOW + 60 * MIN, lambda: client.get("/safe", headers={"Accept": "text/html"}))
    assert later.location == "/sign-in?next=/safe" and "Refresh" not in later.headers


# --- due in ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "says"), [(0, "due in 1 hour"), (18, "due in 42 minutes"), (61, "ran out 1 minute ago")]
)
def test_danger_now_is_shown_with_how_long_is_left(world: World, house: House, minutes: int, says: str):
    case = house.case_of(house.send(NOW - minutes * MIN, danger="yes"))
    client = comes_in(world, house, "lena")
    for page in (client.get("/safe").text, client.get(f"/safe/{case}").text):
        assert f"Danger now: triage within the hour: {says}" in page and ">Danger now<" in re.sub(r"\s+", " ", page)
    assert "Is somebody in danger now?" in opens(client, house, case).text


# --- a copy ---------------------------------------------------------------------------------------------------------


def copied(client: FlaskClient, house: House, case: str, key: str, **changes: str):
    form = {
        "k": key,
        "copy_for": "referral",
        "copy_to": "First Response, Ms Hale",
        "copy_why": "It goes with the referral",
    }
    return client.post(f"/safe/{case}/copy", data=form | {"copy_code": house.code("lena", NOW + STEP)} | changes)


def test_a_copy_has_all_of_it_and_says_for_whom_by_whom_and_when(world: World, house: House):
    receipt = house.send(who_harmed="The <b>lilac</b> neighbour")
    case, client = house.case_of(receipt), comes_in(world, house, "lena")
    key = key_in(opens(client, house, case).text, "copy")
    page = copied(client, house, case, key)
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store" and "Refresh" in page.headers
    for words in (
        SECRET,
        "The &lt;b&gt;lilac&lt;/b&gt; neighbour",
        receipt.number,
        "First Response, Ms Hale",
        "Lena Osei, lead",
    ):
        assert words in page.text
    assert "attachment" not in page.headers.get("Content-Disposition", "")
    assert "A copy was made for somebody outside" in client.get(f"/safe/{case}").text


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"copy_for": ""}, "Choose what the copy is for"), ({"copy_to": ""}, "Say who gets the copy"),
     ({"copy_why": "short"}, "10 characters"), ({"copy_code": "000000"}, "not right")],
)  # fmt: skip
def test_a_copy_that_lacks_something_is_none_and_keeps_what_was_typed(
    world: World, house: House, changes: dict[str, str], says: str
):
    case = house.case_of(house.send())
    client = comes_in(world, house, "lena")
    key = key_in(opens(client, house, case).text, "copy")
    page = copied(client, house, case, key, **changes)
    assert page.status_code == 422 and says in page.text and SECRET not in page.text
    assert "copy_to" in changes or "First Response, Ms Hale" in page.text


def test_before_it_was_opened_and_for_an_investigator_there_is_no_form_for_a_copy(world: World, house: House):
    case = house.case_of(house.send())
    assert "/copy" not in comes_in(world, house, "lena").get(f"/safe/{case}").text
    assert comes_in(world, house, "ines").post(f"/safe/{case}/copy", data={"k": "a" * 32}).status_code == 404


# --- standing aside -------------------------------------------------------------------------------------------------


def test_a_lead_stands_aside_without_opening_it_and_it_is_gone_for_them(world: World, house: House):
    case = house.case_of(house.send())
    client = comes_in(world, house, "lena")
    shown = client.get(f"/safe/{case}").text
    assert "Stand aside" in shown and "Triage</span>" not in shown  # the other steps wait until it was opened
    form = {"k": key_in(shown, "stood_aside"), "stood_aside_near": "household"}
    answer = client.post(f"/safe/{case}/stood_aside", data=form)
    assert (answer.status_code, answer.location) == (303, "/safe")
    assert client.get(f"/safe/{case}").status_code == 404 and "No report is here for you" in client.get("/safe").text
    other = comes_in(world, house, "luca").get(f"/safe/{case}").text
    assert "Stood aside" in other and "Of the same household or family" in other


# --- its time is over -----------------------------------------------------------------------------------------------


def over(world: World, house: House, case: str, ref: str, step: str, at) -> str:
    def does() -> str:
        world.now = at  # they sign in that day
        client = world.client(ref)
        assert client.post("/safe/come-in", data={"code": house.code(ref, at - STEP)}).status_code == 303
        assert "Its time is over" in client.get("/safe").text
        form = {"reason": "over", "why": WHY, "code": house.code(ref, at)}
        key = key_in(client.post(f"/safe/{case}/open", data=form).text, step)
        answer = client.post(f"/safe/{case}/{step}", data={"k": key, f"{step}_wanted": "no"})
        assert answer.status_code == 303, answer.text
        return client.get(f"/safe/{case}").text + client.get("/safe").text

    world.clock.move_to(at)
    return does()


def test_two_people_destroy_a_case_on_its_pages_and_what_is_left_says_so(world: World, house: House):
    case = house.closed_case()
    with house.vault.store.reading() as session:
        seen = find(session, house.vault, session.get_one(Reader, house.readers["lena"]), case)
        assert seen and "asked_destroy" not in state.offered(seen.state, "anybody")
    asked = over(world, house, case, "lena", "asked_destroy", AFTER_ITS_TIME)
    assert "Waits for a second person" in asked and "Agree, and destroy it now" not in asked
    gone = over(world, house, case, "luca", "agreed_destroy", AFTER_ITS_TIME + 2 * MIN)
    assert "two people destroyed it" in gone and "Nobody asked that it be kept" in gone
    assert "Destroyed when their time was over: 1" in gone and f'action="/safe/{case}/open"' not in gone


@pytest.mark.parametrize(("ref", "path"), [("hana", "/concern"), ("asha", "/matter")])
def test_whoever_reports_may_say_that_somebody_is_in_danger_now_and_is_told_999_first(
    world: World, ref: str, path: str
):
    form = world.client(ref).get(path).text
    boxes = re.findall(r'name="danger"[^>]*value="(yes|no)"|value="(yes|no)"[^>]*name="danger"', form)
    assert ["".join(one) for one in boxes] == ["yes", "no"]
    assert form.index("999") < form.index('name="danger"')
