"""The one door for what a phone says: accepted, duplicate, held or retry, each judged alone (ruling R1)."""

from datetime import timedelta

from sqlalchemy import func, select

from fieldvisit.ground.roles import CHECKING
from fieldvisit.outbox.models import Held
from fieldvisit.register.models import Grant, Person
from fieldvisit.tasks import Task
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Entry
from tests.stories import a_phone, a_visit
from tests.world import NOW, World


def count(world: World, model: type) -> int:
    with world.database.reading(CHECKING) as session:
        return session.scalar(select(func.count()).select_from(select(model).subquery())) or 0


def test_the_same_bytes_again_are_a_duplicate_and_change_nothing(world: World) -> None:
    story = a_visit(world).told()
    item = story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    first, second = story.phone.send(NOW, [item]), story.phone.send(NOW, [item])
    assert (first[0]["status"], second[0]["status"]) == ("accepted", "duplicate")
    assert first[0]["server_seq"] == second[0]["server_seq"]
    assert story.row().entries == 3


def test_other_bytes_under_the_same_number_are_both_kept(world: World) -> None:
    story = a_visit(world).told()
    phone = story.phone
    first = phone.save("visit.set_off", story.visit_id, {}, NOW)
    phone.seq -= 1
    second = phone.save("visit.late", story.visit_id, {"minutes": 10}, NOW, uuid=first["uuid"])
    results = phone.send(NOW, [first, second])
    assert [(r["status"], r.get("code")) for r in results] == [("accepted", None), ("held", "conflict")]
    assert count(world, Held) == 1


def test_the_same_counter_with_another_uuid_is_held(world: World) -> None:
    story = a_visit(world).told()
    phone = story.phone
    phone.save("visit.set_off", story.visit_id, {}, NOW)
    phone.seq -= 1
    phone.save("visit.late", story.visit_id, {"minutes": 10}, NOW)
    assert [r["status"] for r in phone.send(NOW)] == ["accepted", "held"]


def test_a_uuid_copied_by_another_phone_first_does_not_harm_its_owner(world: World) -> None:
    story = a_visit(world, others=("ben",)).told()
    mine = story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    thief = a_phone(world, "ben")
    thief.save("visit.late", story.visit_id, {"minutes": 99}, NOW, uuid=mine["uuid"])
    thief.send(NOW)
    assert story.phone.send(NOW, [mine])[0]["status"] == "accepted"


def test_a_changed_bit_is_not_accepted_and_the_phone_keeps_the_entry(world: World) -> None:
    story = a_visit(world).told()
    item = story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    spoiled = item | {"jwe": item["jwe"][:-1] + ("A" if item["jwe"][-1] != "A" else "B")}
    result = story.phone.send(NOW, [spoiled])[0]
    assert (result["status"], result["code"]) == ("retry", "bad-signature")
    assert count(world, Held) == 0


def test_an_unknown_kind_is_held_and_the_others_go_on(world: World) -> None:
    story = a_visit(world).told()
    phone = story.phone
    phone.save("visit.teleported", story.visit_id, {}, NOW)
    phone.save("visit.set_off", story.visit_id, {}, NOW)
    results = phone.send(NOW)
    assert [(r["status"], r.get("code")) for r in results] == [("held", "unreadable"), ("accepted", None)]


def test_a_newer_version_of_a_known_kind_is_held(world: World) -> None:
    story = a_visit(world).told()
    story.phone.save("visit.set_off", story.visit_id, {}, NOW, kv=2)
    assert story.phone.send(NOW)[0]["code"] == "unreadable"


def test_a_phone_cannot_speak_for_the_office(world: World) -> None:
    story = a_visit(world)
    body = {"basis": "gas", "authorised_by": world.ids["asha"], "proposed_by": world.ids["asha"]}
    story.phone.save("entry.authorised", story.visit_id, body, NOW)
    assert story.phone.send(NOW)[0]["status"] == "held"
    assert story.state().basis == ""


def test_an_unknown_visit_is_held(world: World) -> None:
    phone = a_phone(world, "asha")
    phone.save("visit.set_off", "f" * 32, {}, NOW)
    assert phone.send(NOW)[0]["code"] == "unknown-visit"


def test_a_visit_that_was_never_theirs_is_held(world: World) -> None:
    story = a_visit(world, lead="asha").told()
    carl = a_phone(world, "carl")
    carl.save("visit.set_off", story.visit_id, {}, NOW)
    assert carl.send(NOW)[0]["code"] == "not-yours"


def test_a_visit_that_was_theirs_until_today_is_accepted(world: World) -> None:
    story = a_visit(world, lead="asha").told()
    phone = story.phone
    story.desk(ev.VisitReassigned(lead=world.ids["ben"], visitor="contractor"), at=NOW)
    phone.save("visit.set_off", story.visit_id, {}, NOW)
    assert phone.send(NOW)[0]["status"] == "accepted"


def test_what_happened_before_a_phone_was_withdrawn_is_accepted_and_after_is_held(world: World) -> None:
    story = a_visit(world).told()
    phone = story.phone
    for minutes, kind in ((-1, "visit.set_off"), (0, "visit.arrived"), (1, "door.introduced")):
        phone.save(kind, story.visit_id, {}, NOW + timedelta(minutes=minutes))
    with world.database.writing(None) as session:
        session.get_one(Grant, phone.grant).revoked_at = NOW
    results = world.at_the_time(NOW + timedelta(minutes=5), lambda: phone.send(NOW + timedelta(minutes=5)))
    assert [(r["status"], r.get("code")) for r in results] == [
        ("accepted", None), ("held", "after-revoke"), ("held", "after-revoke"),
    ]  # fmt: skip


def test_a_disabled_persons_later_entries_are_held_and_never_refused(world: World) -> None:
    story = a_visit(world).told()
    story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["asha"]).disabled_at = NOW - timedelta(hours=1)
    assert story.phone.send(NOW)[0]["code"] == "after-revoke"


def test_what_happened_after_the_office_cancelled_is_held(world: World) -> None:
    story = a_visit(world).told()
    story.desk(
        ev.VisitCancelled(by="tenant", reason="tenant_asked", apologised=False, offered_new_time=False),
        at=NOW - timedelta(hours=1),
    )
    story.phone.save("visit.arrived", story.visit_id, {}, NOW)
    assert story.phone.send(NOW)[0]["code"] == "after-cancel"
    assert story.row().stage == "cancelled"


def test_each_held_entry_is_a_task_for_one_working_day(world: World) -> None:
    phone = a_phone(world, "asha")
    phone.save("visit.set_off", "f" * 32, {}, NOW)
    phone.send(NOW)
    with world.database.reading(CHECKING) as session:
        task = session.scalars(select(Task)).one()
    assert (task.kind, task.due_at.isoformat()) == ("held", "2026-12-09T23:59:59+00:00")


def test_a_slow_phones_times_are_corrected_and_marked(world: World) -> None:
    story = a_visit(world).told()
    story.phone.slow_by = timedelta(hours=3)
    story.set_off().arrived()
    with world.database.reading(CHECKING) as session:
        entry = session.scalars(select(Entry).where(Entry.kind == "visit.arrived")).one()
    assert entry.corrected_time == story.starts + timedelta(minutes=5)
    assert entry.device_time == entry.corrected_time - timedelta(hours=3)
    assert story.row().exceptions == ["clock"]


def test_an_unhappy_tenant_is_a_task_dated_when_it_was_heard(world: World) -> None:
    story = a_visit(world).in_the_home().closing().closed(unhappy=True)
    with world.database.reading(CHECKING) as session:
        task = session.scalars(select(Task).where(Task.kind == "tenant_unhappy")).one()
    assert task.raised_at == story.at
    assert task.due_at.isoformat() == "2026-12-15T23:59:59+00:00"


def test_a_refusal_for_want_of_id_is_a_task_of_its_own(world: World) -> None:
    a_visit(world).at_the_door().answered().refused("no-id")
    with world.database.reading(CHECKING) as session:
        kinds = sorted(session.scalars(select(Task.kind)))
    assert kinds == ["no_id", "refusal"]
