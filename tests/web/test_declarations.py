"""`/declare` and `/office/declarations`: told in a few taps, decided by somebody else, published without anybody's name."""

import csv
import io
import re
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit import conduct
from fieldvisit.audit.models import AccessRecord
from fieldvisit.conduct import Reported
from fieldvisit.db import new_id
from fieldvisit.declarations.models import Declaration, Recusal, Undertaking
from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.roles import CHECKING, DECLARING
from fieldvisit.register import involved
from fieldvisit.register.apart import KeptApart
from fieldvisit.register.involved_routes import key as key_of_links
from fieldvisit.register.models import Person, PersonDuty
from fieldvisit.tasks import Task
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


# --- interests ----------------------------------------------------------------------------------------------------


def test_an_officers_interest_is_read_and_managed_by_the_line_manager(world: World):
    world.client("olive").post("/declare/interest", data=interest())
    one, dora = only(world), world.client("dora")
    assert step(dora, one, "managed", homes="100030000001", reason=WHY).status_code == 409
    assert step(dora, one, "read").status_code == 303
    wrong = step(dora, one, "managed", homes="100030000009", reason=WHY)
    assert wrong.status_code == 422 and "No home of your areas" in wrong.get_data(as_text=True)
    assert (
        step(dora, one, "managed", homes="100030000001", people="INES@council.example", reason=WHY).status_code == 303
    )
    page = dora.get(f"/office/declarations/{one.id}").get_data(as_text=True)
    assert "Is not sent to 1 Larch Close" in page and "about Ines Vale" in page
    with world.database.reading(DECLARING) as session:
        assert {row.person_id for row in session.scalars(select(KeptApart))} == {world.ids["olive"]}


def test_a_contractors_interest_is_read_by_the_firms_manager_and_the_councils_contact_who_says_what_follows(
    world: World,
):
    world.client("asha").post("/declare/interest", data=interest())
    one, mona, otto = only(world), world.client("mona"), world.client("otto")
    assert step(otto, one, "read").status_code == 404
    assert step(mona, one, "heard").status_code == 404
    assert step(mona, one, "read").status_code == 303
    assert step(mona, one, "managed", reason=WHY).status_code == 404
    assert step(otto, one, "heard").status_code == 303
    assert step(otto, one, "managed", reason=WHY).status_code == 303
    assert only(world).stage == "managed"


def test_one_senior_officer_does_not_acknowledge_for_both(world: World):
    world.client("asha").post("/declare/interest", data=interest())
    one, dora = only(world), world.client("dora")
    shown = dora.get(f"/office/declarations/{one.id}").get_data(as_text=True)
    assert "Acknowledge as the manager" in shown and "Acknowledge for the council" in shown
    assert step(dora, one, "read").status_code == 303
    assert "Acknowledge for the council" not in dora.get(f"/office/declarations/{one.id}").get_data(as_text=True)
    refused = step(dora, one, "heard")
    assert refused.status_code == 409 and "You have acknowledged it already" in refused.get_data(as_text=True)
    assert step(world.client("otto"), one, "heard").status_code == 303


def test_what_waits_of_a_declaration_is_for_whoever_may_see_it_and_never_for_whoever_declared_it(world: World):
    with world.database.writing(None) as session:
        session.add(PersonDuty(person_id=world.ids["olive"], duty="repairs_manager", area_id=None, starts=LONG_AGO))
    world.client("olive").post("/declare/interest", data=interest())
    with world.database.reading(DECLARING) as session:
        task = session.scalars(select(Task).where(Task.about == "declaration")).one()
    done = f"/office/tasks/{task.id}/done"
    for ref in ("olive", "otto"):
        assert done not in world.client(ref).get("/office/tasks").get_data(as_text=True)
        assert world.client(ref).post(done).status_code == 404
    assert done in world.client("dora").get("/office/tasks").get_data(as_text=True)


@pytest.mark.parametrize("phone", ["07700 900 777", ""])
def test_nobody_decides_their_own_by_another_account(milton_keynes: World, phone: str):
    with milton_keynes.database.writing(None) as session:
        for ref in ("asha", "mona"):
            session.get_one(Person, milton_keynes.ids[ref]).phone = phone.replace(" ", "") if ref == "asha" else phone
    milton_keynes.client("asha").post("/declare/gift", data=gift())
    answer = step(milton_keynes.client("mona"), only(milton_keynes), "decided", decision="keep", reason=WHY)
    assert answer.status_code == (409 if phone else 303)


def test_a_home_that_the_manager_may_not_see_stays_out_of_bounds(world: World):
    south = a_visit(world, home="100030000004", lead="olive", by="otto")
    world.client("olive").post("/declare/interest", data=interest(visit=south.visit_id, this_home="yes"))
    one, dora = only(world), world.client("dora")
    step(dora, one, "read")
    assert step(dora, one, "managed", homes="100030000001", reason=WHY).status_code == 303
    with world.database.reading(DECLARING) as session:
        stands = session.scalars(select(KeptApart.home_id).where(KeptApart.ends.is_(None))).all()
    assert set(stands) == {world.ids["100030000001"], world.ids["100030000004"]}


def test_this_visits_household_is_out_of_bounds_at_once(world: World):
    story = a_visit(world)
    asha = world.client("asha")
    form = asha.get(f"/declare/interest?visit={story.visit_id}").get_data(as_text=True)
    assert "visit’s household" in form
    asha.post("/declare/interest", data=interest(visit=story.visit_id, this_home="yes"))
    with world.database.reading(DECLARING) as session:
        assert session.scalars(select(KeptApart.home_id)).all() == [world.ids[FIRST_HOME]]


def test_whoever_declared_it_says_that_it_is_over(world: World):
    olive = world.client("olive")
    olive.post("/declare/interest", data=interest(firm=world.ids["Oakline Repairs"]))
    one = only(world)
    assert olive.post(f"/declare/{one.id}/changed", data={"k": new_id()}).status_code == 422
    assert olive.post(f"/declare/{one.id}/over", data={"k": new_id(), "what": "I sold them."}).status_code == 303
    assert only(world).stage == "ended"


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


# --- involved people ----------------------------------------------------------------------------------------------


@pytest.fixture
def pat(world: World) -> tuple[str, str, str]:
    """A panel member: id, address and word."""
    with world.app.app_context(), world.database.writing(None) as session:
        made = involved.take_in(session, "panel", "Pat Ryder", starts_on=datetime(2026, 12, 1).date())
        key = key_of_links()
        return made.id, f"/p/{involved.token_of(made, key)}", involved.word_of(made, key)


def test_a_panel_member_signs_and_declares_by_the_personal_link_alone(world: World, pat):
    who, here, word = pat
    nobody = world.app.test_client()
    lines = nobody.post(here, data={"word": word}).get_data(as_text=True)
    assert "Keep it private" in lines and "What could sway you" in lines
    form = nobody.post(f"{here}/declare/conflicts", data={"word": word}).get_data(as_text=True)
    key = re.search(r'name="k" value="([0-9a-f]{32})"', form)
    assert key
    sign = {"word": word, "do": "sign", "k": key[1], "name": "Pat Ryder", "type": "financial", "who": "Oakline"}
    unread = nobody.post(f"{here}/declare/conflicts", data=sign | {"what": "I own a share."})
    assert unread.status_code == 422 and "I own a share." in unread.get_data(as_text=True)
    done = nobody.post(f"{here}/declare/conflicts", data=sign | {"what": "I own a share.", "agrees": "yes"})
    assert done.status_code == 200 and "Thank you" in done.get_data(as_text=True)
    assert "Set-Cookie" not in done.headers
    with world.database.reading(DECLARING) as session:
        assert session.scalars(select(Undertaking.kind)).all() == ["conflicts"]
    assert (only(world).subject_id, only(world).form) == (who, "financial")
    assert "as every tenant does" in form
    assert "Signed" in world.client("dora").get("/office/declarations/involved").get_data(as_text=True)


def test_without_the_word_nothing_is_signed_and_nothing_said(world: World, pat):
    _, here, _ = pat
    answer = world.app.test_client().post(f"{here}/declare/confidentiality", data={"word": "WRONG", "do": "sign"})
    assert answer.status_code == 422 and "Pat" not in answer.get_data(as_text=True)
    assert world.app.test_client().post("/p/nonsense/declare/gift", data={"word": "x"}).status_code == 200
    assert declared(world) == []


def test_a_panel_members_gift_waits_for_the_senior_officer(world: World, pat):
    _, here, word = pat
    world.policy = world.app.extensions["fv_policy"] = load_policy("alliance")
    sent = gift() | {"word": word, "do": "sign", "reason": WHY}
    assert world.app.test_client().post(f"{here}/declare/gift", data=sent).status_code == 200
    one = only(world)
    assert (one.subject_kind, one.stage) == ("involved", "referred")
    assert step(world.client("dora"), one, "decided", decision="keep", reason=WHY).status_code == 303


def test_taking_no_part_is_recorded_with_what_the_chair_did(world: World, pat):
    who, _, _ = pat
    dora, when = world.client("dora"), {"on-day": "7", "on-month": "12", "on-year": "2026"}
    here = f"/office/declarations/involved/{who}"
    said = {
        "k": new_id(),
        "about": "meeting",
        "left": "yes",
        "words": "Item 4, the repairs contract. The chair noted it.",
    }
    assert dora.post(f"{here}/recused", data=said | when | {"words": "Item 4"}).status_code == 422
    assert dora.post(f"{here}/recused", data=said | when).status_code == 303
    assert "Item 4, the repairs contract" in dora.get(here).get_data(as_text=True)
    with world.database.reading(DECLARING) as session:
        assert session.scalars(select(Recusal.left)).all() == [True]
