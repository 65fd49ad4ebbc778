"""`/declare` and `/office/declarations`: told in a few taps, decided by somebody else, published without anybody's name."""

import csv
import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit import conduct
from fieldvisit.audit.models import AccessRecord
from fieldvisit.conduct import Reported
from fieldvisit.db import new_id
from fieldvisit.declarations.models import Declaration
from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.roles import CHECKING, DECLARING
from fieldvisit.register.models import Person, PersonDuty
from tests.stories import FIRST_HOME, a_visit
from tests.world import LONG_AGO, World

CAKE = "A cake in a tin, because the boiler works again."
WHY = "A small thing, and the tenant would have been hurt."


@pytest.fixture(autouse=True)
def told(monkeypatch) -> list[Reported]:
    heard: list[Reported] = []
    monkeypatch.setattr(conduct, "_answer", lambda session, reported: heard.append(reported))
    return heard


@pytest.fixture
def milton_keynes(world: World) -> World:
    world.policy = world.app.extensions["fv_policy"] = load_policy("milton-keynes")
    return world


@pytest.fixture(autouse=True)
def who_manages_whom(world: World) -> None:
    """Olive answers to Dora; Otto is the contact for contractors, and Olga's kind of senior is Dora."""
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["olive"]).manager_id = world.ids["dora"]
        for ref, duty in (("dora", "complaints_senior"), ("otto", "repairs_manager")):
            session.add(PersonDuty(person_id=world.ids[ref], duty=duty, area_id=None, starts=LONG_AGO))


def gift(**typed: str) -> dict[str, str]:
    return {"k": new_id(), "giver": "tenant", "form": "thing", "taken": "yes", "what": CAKE, "worth": "12.50"} | typed


def interest(**typed: str) -> dict[str, str]:
    return {"k": new_id(), "type": "relative", "who": "My sister", "what": "She lives at 1 Larch Close."} | typed


def declared(world: World) -> list[Declaration]:
    with world.database.reading(DECLARING) as session:
        return list(session.scalars(select(Declaration).order_by(Declaration.declared_at, Declaration.id)))


def only(world: World) -> Declaration:
    [found] = declared(world)
    return found


def step(client: FlaskClient, one: Declaration, name: str, **typed: Any) -> Any:
    return client.post(f"/office/declarations/{one.id}/{name}", data={"k": new_id()} | typed)


# --- declaring ----------------------------------------------------------------------------------------------------


def test_from_a_visit_the_giver_is_known_and_four_taps_and_a_sentence_are_enough(world: World):
    story, asha = a_visit(world), world.client("asha")
    form = asha.get(f"/declare/gift?visit={story.visit_id}").get_data(as_text=True)
    assert re.search(r'value="tenant" checked', form)
    hidden = dict(re.findall(r'<input type="hidden" name="(k|visit)" value="([^"]*)"', form))
    answer = asha.post("/declare/gift", data=hidden | {"giver": "tenant", "form": "cash", "taken": "no", "what": "£20"})
    assert answer.status_code == 303
    said = asha.get(answer.location).get_data(as_text=True)
    assert "passed on to the council" in said and "Passed on" in said
    one = only(world)
    assert (one.visit_id, one.giver_key) == (story.visit_id, f"home:{world.ids[FIRST_HOME]}")


def test_the_form_names_what_else_must_be_read(world: World):
    asha = world.client("asha")
    form = asha.get("/declare/gift").get_data(as_text=True)
    assert "gifts and hospitality policy (March 2020)" in form and "A cup of tea is no gift" in form
    assert "Do not ask for food or drink. They may offer." in asha.get("/steps").get_data(as_text=True)


def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(milton_keynes: World):
    asha = milton_keynes.client("asha")
    answer = asha.post("/declare/gift", data=gift(worth="twelve pounds", form=""))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert CAKE in page and "twelve pounds" in page
    assert "Say what was offered." in page and "such as 12.50" in page
    assert asha.post("/declare/gift", data=gift(worth="")).status_code == 422
    assert declared(milton_keynes) == []


def test_a_day_that_has_not_come_is_no_day_of_an_offer(world: World):
    when = {"on-day": "9", "on-month": "12", "on-year": "2026"}
    assert "has not come yet" in world.client("asha").post("/declare/gift", data=gift(**when)).get_data(as_text=True)


def test_criminal_matters_are_sent_to_hr_and_not_kept(world: World):
    answer = world.client("olive").post("/declare/interest", data=interest(what="I was convicted in 2019"))
    assert answer.status_code == 422
    assert "stay with HR" in answer.get_data(as_text=True)
    assert declared(world) == []


def test_one_sees_ones_own_and_nobody_elses(world: World):
    world.client("asha").post("/declare/gift", data=gift())
    one = only(world)
    assert CAKE in world.client("asha").get(f"/declare/{one.id}").get_data(as_text=True)
    for other in ("ben", "mona", "olive", "ines"):
        assert world.client(other).get(f"/declare/{one.id}").status_code == 404
        assert one.ref not in world.client(other).get("/declare").get_data(as_text=True)


def test_a_visit_that_one_may_not_see_is_no_visit_of_the_form(world: World):
    story = a_visit(world, home="100030000004", lead="carl", by="otto")
    world.client("asha").post("/declare/gift", data=gift(visit=story.visit_id))
    assert only(world).visit_id is None


# --- deciding -----------------------------------------------------------------------------------------------------


def test_the_firms_manager_decides_what_nobody_else_manages_and_the_worker_reads_why(milton_keynes: World):
    world = milton_keynes
    world.client("asha").post("/declare/gift", data=gift(worth="24.99"))
    one, mona = only(world), world.client("mona")
    assert one.ref in mona.get("/office/declarations").get_data(as_text=True)
    assert step(mona, one, "decided", decision="keep", reason=WHY).status_code == 303
    assert WHY in world.client("asha").get(f"/declare/{one.id}").get_data(as_text=True)
    assert only(world).stood == "approved_keep"


def test_another_firms_manager_and_officers_without_the_duty_see_nothing_of_it(milton_keynes: World):
    world = milton_keynes
    world.client("asha").post("/declare/gift", data=gift())
    one = only(world)
    for other in ("omar", "olive", "asha", "hana", "ines", "adam"):
        client = world.client(other)
        assert client.get(f"/office/declarations/{one.id}").status_code == 404
        assert step(client, one, "decided", decision="keep").status_code == 404
        assert one.ref not in client.get("/office/declarations?show=all").get_data(as_text=True)


def test_nobody_decides_their_own_also_not_with_the_senior_duty(milton_keynes: World):
    world = milton_keynes
    world.client("dora").post("/declare/gift", data=gift())
    one, dora = only(world), world.client("dora")
    assert step(dora, one, "decided", decision="keep").status_code == 404
    assert dora.get(f"/office/declarations/{one.id}").status_code == 404
    assert one.ref not in dora.get("/office/declarations?show=all").get_data(as_text=True)


def test_of_two_who_decide_at_once_the_second_is_told_and_keeps_what_they_wrote(milton_keynes: World):
    world = milton_keynes
    world.client("asha").post("/declare/gift", data=gift())
    one, mona, dora = only(world), world.client("mona"), world.client("dora")
    assert step(mona, one, "decided", decision="return").status_code == 303
    second = step(dora, one, "decided", decision="keep", reason=WHY)
    page = second.get_data(as_text=True)
    assert second.status_code == 409
    assert "Somebody has decided this already" in page and WHY in page and "Mona Idris" in page
    assert only(world).stage == "refused_return"


def test_what_must_go_back_is_over_when_the_worker_says_how_we_know(milton_keynes: World):
    world = milton_keynes
    asha = world.client("asha")
    asha.post("/declare/gift", data=gift(worth="25.00"))
    one = only(world)
    bare = asha.post(f"/declare/{one.id}/given_back", data={"k": new_id(), "how": "returned", "evidence": "Yes"})
    assert bare.status_code == 409
    said = {"k": new_id(), "how": "returned", "evidence": "Handed back at the door; Ben saw it."}
    assert asha.post(f"/declare/{one.id}/given_back", data=said).status_code == 303
    assert only(world).stood == "returned_or_donated"


def test_the_third_from_one_giver_is_marked_and_needs_a_reason(milton_keynes: World):
    world = milton_keynes
    for who in ("carl", "ben", "asha"):
        world.client(who).post("/declare/gift", data=gift(giver="other", giver_name="Mr J. Pell "))
    dora = world.client("dora")
    assert dora.get("/office/declarations").get_data(as_text=True).count("Pattern") == 3
    one = declared(world)[-1]
    assert "A pattern: 3 offers from the same giver" in dora.get(f"/office/declarations/{one.id}").get_data(
        as_text=True
    )
    assert step(dora, one, "decided", decision="keep").status_code == 409
    assert step(dora, one, "decided", decision="keep", reason=WHY).status_code == 303


def test_each_look_and_each_step_is_on_record(milton_keynes: World):
    world = milton_keynes
    world.client("asha").post("/declare/gift", data=gift())
    one, mona = only(world), world.client("mona")
    mona.get(f"/office/declarations/{one.id}")
    step(mona, one, "decided", decision="return")
    with world.database.reading(CHECKING) as session:
        rows = session.scalars(select(AccessRecord).where(AccessRecord.object_id == one.id).order_by(AccessRecord.at))
        assert sorted((row.action, row.reason) for row in rows) == [("own", "gift"), ("read", ""), ("work", "decided")]


# --- the public register ------------------------------------------------------------------------------------------


def test_the_register_names_nobody_and_holds_no_formula(milton_keynes: World):
    world = milton_keynes
    with world.database.writing(None) as session:
        from fieldvisit.register.models import Firm

        session.get_one(Firm, world.ids["Oakline Repairs"]).name = "=HYPERLINK(1)"
    trick = gift(
        giver="supplier", firm=world.ids["Oakline Repairs"], giver_name="=1+1", what="For Terry Moss, who is ill"
    )
    world.client("olive").post("/declare/gift", data=trick)
    world.client("olive").post("/declare/interest", data=interest())
    world.client("asha").post("/declare/gift", data=gift(form="cash"))
    dora = world.client("dora")
    text = dora.get("/office/declarations/register.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Outcome"] for row in rows].count("Recorded") == 2
    assert [row["Organisation"] for row in rows if row["Organisation"]] == ["'=HYPERLINK(1)"]
    page = dora.get("/office/declarations/register").get_data(as_text=True)
    for secret in ("Terry", "ill", "Olive", "Asha", "sister", "Larch", "=1+1", "relative"):
        assert secret not in text
    for secret in ("Terry Moss", "Olive Marsh", "Asha", "sister", "Larch"):
        assert secret not in page


def test_only_the_senior_duty_publishes(world: World):
    for who, status in (("dora", 200), ("olive", 404), ("mona", 404), ("aud", 404), ("ines", 404)):
        for path in ("register", "register.csv", "involved"):
            assert world.client(who).get(f"/office/declarations/{path}").status_code == status


@pytest.mark.parametrize("who", ["hana", "ines", "adam"])
def test_whoever_has_no_round_is_led_to_no_page_of_the_phones(world: World, who: str) -> None:
    browser = world.client(who)
    led_to = set(re.findall(r'href="(/[^"]*)"', browser.get("/declare").text))
    pages = {address for address in led_to if not address.startswith(("/static/", "/app/"))}
    assert "/office" in pages
    assert {address: browser.get(address).status_code for address in pages} == dict.fromkeys(pages, 200)


def test_whoever_visits_still_has_the_round_beside_it(world: World) -> None:
    assert {"/today", "/badge", "/outbox"} <= set(
        re.findall(r'href="(/[^"]*)"', world.client("asha").get("/declare").text)
    )
