"""Naming a buddy: on a worker's own page, by a firm's manager; and what the board and the phone say of them (D10)."""

import pytest
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, DEMO
from fieldvisit.register.models import Person
from fieldvisit.safety import routes
from fieldvisit.safety.models import SafetyBuddy, Watch, WatchStep
from fieldvisit.visits.models import Visit, VisitWorker
from tests.safety import a_watch
from tests.services.test_safety import MINUTE, rows, the_watch, ticked, watched
from tests.stories import a_visit
from tests.web.desk_forms import said
from tests.world import World


def named(world: World, ref: str, buddy: str, at: str = "/safety/buddy") -> int:
    return world.client(ref).post(at, data={"buddy": world.ids.get(buddy, buddy)}).status_code


def buddy_of(world: World, ref: str) -> str | None:
    found = {row.person_id: row.buddy_id for row in rows(world, SafetyBuddy)}
    refs = {person_id: ref for ref, person_id in world.ids.items()}
    return refs.get(found.get(world.ids[ref], ""))


def test_a_worker_chooses_from_the_list_and_may_choose_nobody(world: World) -> None:
    page = world.client("asha").get("/safety").text
    assert ">Ben Okafor</option>" in page and "Carl Lindqvist" not in page and "Dora Quill" not in page
    assert 'type="tel"' not in page, "no number of a private person is typed"
    assert named(world, "asha", "ben") == 303 and buddy_of(world, "asha") == "ben"
    assert f'value="{world.ids["ben"]}" selected>Ben Okafor' in world.client("asha").get("/safety").text
    assert "You are the buddy of Asha Kaur." in said(world.client("ben").get("/safety"))
    assert named(world, "asha", "") == 303 and buddy_of(world, "asha") is None


def test_whoever_is_not_on_the_list_is_refused_in_words(world: World) -> None:
    answer = world.client("asha").post("/safety/buddy", data={"buddy": world.ids["carl"]})
    assert answer.status_code == 409 and "Choose from the list." in said(answer)
    assert buddy_of(world, "asha") is None


def test_a_firms_manager_names_one_for_the_firms_own_workers_alone(world: World) -> None:
    mona, address = world.client("mona"), "/office/safety/buddies"
    page = said(mona.get(address))
    assert "Asha Kaur" in page and "Carl Lindqvist" not in page
    assert named(world, "mona", "ben", f"{address}/{world.ids['asha']}") == 303
    assert buddy_of(world, "asha") == "ben"
    assert "The buddy is set." in said(mona.get(f"{address}?done=yes"))
    for stranger in ("carl", "mona", "olive"):
        assert named(world, "mona", "ben", f"{address}/{world.ids[stranger]}") == 404
    assert named(world, "mona", "carl", f"{address}/{world.ids['asha']}") == 409 and buddy_of(world, "asha") == "ben"
    with world.database.reading(CHECKING) as session:
        kept = session.scalars(select(AccessRecord).where(AccessRecord.action == "buddies")).all()
        assert ("named", world.ids["asha"]) in {(row.reason, row.object_id) for row in kept}


def test_the_board_shows_the_buddy_with_a_way_to_ring_them_and_records_the_call(world: World) -> None:
    named(world, "asha", "ben")
    watched(world)
    with world.database.reading(CHECKING) as session:
        phone = session.get_one(Person, world.ids["ben"]).phone.replace(" ", "")
    dora, address = world.client("dora"), f"/office/safety/{the_watch(world).id}"
    for page in (dora.get("/office/safety").text, dora.get(address).text):
        assert "Ben Okafor" in page and f'href="tel:{phone}"' in page
    ticked(world, 35)
    world.clock.move_to(world.now + 35 * MINUTE)
    sent = {"k": new_id(), "called_whom": "buddy", "called_answered": "yes"}
    assert dora.post(f"{address}/called", data=sent).status_code == 303
    assert "their buddy, who answered" in said(dora.get(address))
    assert rows(world, WatchStep)[-1].body == {"whom": "buddy", "answered": True}


def test_without_one_the_board_says_so(world: World) -> None:
    watched(world)
    assert "Their buddy None named" in said(world.client("dora").get(f"/office/safety/{the_watch(world).id}"))


def test_the_phone_is_told_who_the_buddy_is_and_whether_anything_calls_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = watched(world)
    asha = world.client("asha")
    before = asha.get(f"/safety/{story.visit_id}/watching").get_json()["says"]
    assert "uddy" not in before
    named(world, "asha", "ben")
    says = asha.get(f"/safety/{story.visit_id}/watching").get_json()["says"]
    assert says == f"{before} Your buddy is Ben Okafor, whom nothing calls by itself."
    assert "no message leaves its computer" in said(asha.get("/safety"))
    monkeypatch.setattr(routes, "_ways_out", lambda: ("sms",))
    says = asha.get(f"/safety/{story.visit_id}/watching").get_json()["says"]
    assert says == f"{before} If you are late, Ben Okafor is called too."
    assert "they are called too" in said(asha.get("/safety"))


def test_a_buddy_sees_on_their_own_page_whom_to_ring(world: World) -> None:
    named(world, "asha", "ben")
    watched(world)
    assert "is late to check in" not in said(world.client("ben").get("/safety"))
    ticked(world, 35)
    world.clock.move_to(world.now + 35 * MINUTE)
    page = said(world.client("ben").get("/safety"))
    assert "Asha Kaur is late to check in. Ring them now" in page and "Larch" not in page
    assert "is late to check in" not in said(world.client("asha").get("/safety"))


def test_what_needs_signal_says_so_at_the_door(world: World) -> None:
    a_visit(world).at_the_door()
    assert "My two words, my buddy, and check in with a word Needs signal" in said(world.client("asha").get("/steps"))


# --- two workers on one visit -------------------------------------------------------------------------------------


def test_a_second_worker_is_watched_for_themselves_and_can_say_that_they_are_out_after_the_visit_was_closed(
    world: World,
) -> None:
    """D10: whoever closed the visit has left; it says nothing of the other one."""
    story = watched(world)
    with world.database.writing(DEMO) as session:
        visit = session.get_one(Visit, story.visit_id)
        session.add(VisitWorker(visit_id=visit.id, person_id=world.ids["ben"], lead=False, starts=world.now, ends=None))
        session.flush()
        bens = a_watch(session, visit, world.ids["ben"], world.now, world.policy)
    story.says("visit.withdrew", at=world.now + MINUTE, reason="not_said")
    world.clock.move_to(world.now + 2 * MINUTE)
    stages = {watch.person_id: watch.stage for watch in rows(world, Watch)}
    assert stages == {world.ids["asha"]: "ended", world.ids["ben"]: "active"}
    ben = world.client("ben")
    over = "The visit is over, but nobody has said that you are out."
    assert over in ben.get(f"/safety/{story.visit_id}/watching").get_json()["says"]
    assert over in said(ben.get("/safety"))
    assert world.client("asha").post(f"/safety/{bens}/out").status_code == 404
    for _ in range(2):
        assert ben.post(f"/safety/{bens}/out", data={"k": "a" * 32}).status_code == 303
    stages = {watch.person_id: watch.stage for watch in rows(world, Watch)}
    assert stages[world.ids["ben"]] == "ended"
    assert [step.kind for step in rows(world, WatchStep) if step.watch_id == bens] == ["started", "ended"]


def test_saying_that_one_is_out_ends_no_alarm(world: World) -> None:
    watched(world).says("safety.panicked")
    world.clock.move_to(world.now + 5 * MINUTE)
    asha = world.client("asha")
    assert asha.post(f"/safety/{the_watch(world).id}/out", data={"k": "a" * 32}).status_code == 303
    assert the_watch(world).stage == "alarm"
    assert "Nobody is watching you now" in said(asha.get("/safety")), (
        "the phone's owner may not be the one who holds it"
    )


def test_what_is_shown_once_a_visit_is_over_leads_to_the_page_where_a_watch_ends(world: World) -> None:
    steps = said(world.client("asha").get("/steps"))
    assert steps.count("Still watched? Say that you are out Needs signal") == 5
