"""A hazard or a complaint is kept while it is written down from a call, as a concern about conduct is: by the same code."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.breaches import drafts
from fieldvisit.breaches.models import ConcernDraft
from fieldvisit.ground.roles import TAKING
from tests.conftest import Clock
from tests.web.desk_forms import said
from tests.web.test_caller_tells import COMPLAINT, CROSS, HAZARD, MOULD
from tests.web.test_intake_line import SAID, every_row
from tests.world import World

ON_BOTH_DATABASES = True
PAGES = [(HAZARD, MOULD, "about a hazard"), (COMPLAINT, CROSS, "about a complaint")]
EACH = pytest.mark.parametrize(("address", "typed", "about"), PAGES, ids=["hazard", "complaint"])
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def hana(world: World) -> FlaskClient:
    return world.client("hana")


def saves(client: FlaskClient, address: str, typed: dict[str, Any], n: int) -> Any:
    return client.post(f"{address}/draft", data=typed | {"n": str(n)}, headers=SCRIPT)


def kept(world: World) -> list[ConcernDraft]:
    with world.database.reading(TAKING) as session:
        return list(session.scalars(select(ConcernDraft).where(ConcernDraft.filed.is_(False))))


def page_of(world: World, client: FlaskClient, address: str) -> str:
    [draft] = kept(world)
    return client.get(f"{address}?draft={draft.id}").text


def box(form: str, name: str) -> str:
    found = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', form)
    assert found
    return found[1]


@EACH
def test_what_is_typed_is_kept_and_offered_on_each_page_of_the_line(
    world: World, hana: FlaskClient, address: str, typed: dict[str, Any], about: str
) -> None:
    answer = saves(hana, address, typed, 7)
    assert (answer.status_code, answer.json) == (200, {"saved": "09:00"})
    for page in ("/office/intake", HAZARD, COMPLAINT):
        shown = said(hana.get(page))
        assert f"You began one that is not filed, {about}" in shown
        assert typed.get("new_seen", typed.get("new_words")) not in shown
    form = page_of(world, hana, address)
    assert all(value in form for name, value in typed.items() if name not in ("new_channel", "new_dangers"))
    assert 'data-number="7"' in form and f'data-intake="{address}/draft"' in form


def test_what_was_ticked_and_chosen_comes_back_too(world: World, hana: FlaskClient) -> None:
    saves(hana, HAZARD, MOULD | {"new_at_risk": ["baby", "older"], "new_emergency": "yes"}, 1)
    form = page_of(world, hana, HAZARD)
    assert form.count(" checked") == 4 and 'value="damp_and_mould_growth" selected' in form


@EACH
def test_a_copy_of_the_database_tells_nothing_of_it_nor_what_it_is_about(
    world: World, hana: FlaskClient, address: str, typed: dict[str, Any], about: str
) -> None:
    saves(hana, address, typed, 1)
    row = str(every_row(world.database, "concern_draft"))
    for secret in ("Terry", "Larch", "le13", "mould", "Nobody came", "hazard", "complaint", typed["k"]):
        assert secret not in row


@EACH
def test_it_is_nobody_elses(world: World, hana: FlaskClient, address: str, typed: dict[str, Any], about: str) -> None:
    saves(hana, address, typed, 1)
    olive = world.client("olive")
    assert "You began one" not in olive.get(address).text
    assert "Terry" not in page_of(world, olive, address)
    assert saves(olive, address, typed, 99).status_code == 409
    olive.post(f"/office/intake/draft/{kept(world)[0].id}/delete")
    assert "Terry" in page_of(world, hana, address)
    hana.post(f"/office/intake/draft/{kept(world)[0].id}/delete")
    assert kept(world) == []


@EACH
def test_writing_it_down_ends_the_draft_and_the_pages_script_is_told_where_to_go(
    world: World, hana: FlaskClient, address: str, typed: dict[str, Any], about: str
) -> None:
    saves(hana, address, typed, 1)
    once, again = (hana.post(address, data=typed, headers=SCRIPT) for _ in range(2))
    assert once.json == again.json and "Reference:" in hana.get(once.json["to"]).text
    assert kept(world) == [] and saves(hana, address, typed, 2).status_code == 409
    assert "You began one" not in hana.get(address).text


@EACH
def test_what_could_not_be_written_down_keeps_its_draft(
    world: World, hana: FlaskClient, address: str, typed: dict[str, Any], about: str
) -> None:
    saves(hana, address, typed, 30)
    for wrong in ({"new_house": "99"}, {"new_seen": "", "new_words": ""}):
        back = hana.post(address, data=typed | wrong | {"n": "30"})
        assert back.status_code == 422 and 'name="n" value="30"' in back.text
    assert "Terry" in page_of(world, hana, address)


def test_one_that_is_gone_on_with_later_says_that_they_rang_when_it_was_begun(
    world: World, hana: FlaskClient, clock: Clock
) -> None:
    """A clock of the law runs from then (D4), and whoever writes it down sees that and may say otherwise."""
    saves(hana, HAZARD, MOULD, 1)
    world.now = world.now.replace(hour=15)
    clock.move_to(world.now)
    hana = world.client("hana")
    saves(hana, HAZARD, MOULD, 2)
    form = page_of(world, hana, HAZARD)
    assert (box(form, "new_on-day"), box(form, "new_on-year"), box(form, "new_at")) == ("8", "2026", "9am")
    saves(hana, HAZARD, MOULD | {"new_at": "2pm"}, 3)
    form = page_of(world, hana, HAZARD)
    assert (box(form, "new_on-day"), box(form, "new_at")) == ("", "2pm")


def test_a_draft_of_one_page_is_not_opened_on_another(world: World, hana: FlaskClient) -> None:
    saves(hana, HAZARD, MOULD, 1)
    for address in (COMPLAINT, "/office/intake"):
        form = page_of(world, hana, address)
        assert "le13 9aa" not in form and MOULD["k"] not in form


def test_a_draft_that_an_older_release_kept_is_one_about_conduct(world: World, hana: FlaskClient, app: Any) -> None:
    with world.database.writing(TAKING) as session:
        key = drafts.draft_key(app.config["SECRET_KEY"])
        row = ConcernDraft(form_key="f" * 32, person_id=world.ids["hana"], filed=False)
        drafts._write(row, SAID, 5, world.now, world.policy, key)
        session.add(row)
    assert "about how somebody behaved" in said(hana.get(HAZARD))
    assert SAID["what"] in page_of(world, hana, "/office/intake")


@EACH
@pytest.mark.parametrize("typed_in", ["x" * 5000, "1\x00", "\ud800", "%"])
def test_nothing_that_is_typed_breaks_a_draft(
    world: World, hana: FlaskClient, address: str, typed: dict[str, Any], about: str, typed_in: str
) -> None:
    words = typed_in.encode("utf-8", "surrogatepass")
    assert saves(hana, address, dict.fromkeys(typed, words) | {"k": typed["k"]}, 1).status_code == 200
    assert hana.get(f"{address}?draft={kept(world)[0].id}").status_code == 200
    assert saves(hana, address, typed | {"k": "no key"}, 2).status_code == 400


def test_the_pages_have_the_script_that_keeps_it_and_nothing_on_the_machine(hana: FlaskClient) -> None:
    for address in ("/office/intake", HAZARD, COMPLAINT):
        answer = hana.get(address)
        assert "desk/intake" in answer.text and "Nothing is kept until you press the button at the end" in answer.text
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.text.count("writingsuggestions") == answer.text.count("<textarea") + answer.text.count(
            'spellcheck="false" writingsuggestions'
        )
