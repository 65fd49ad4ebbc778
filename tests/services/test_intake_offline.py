"""A phone that was away: numbers of arrival, heartbeats, broken readers, gaps, clocks, and a database that is not there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from fieldvisit import failpoints
from fieldvisit.deployment import Deployment
from fieldvisit.ground.roles import CHECKING
from fieldvisit.outbox import intake
from fieldvisit.outbox.models import Arrival, FailedParse, Held, Phone
from fieldvisit.outbox.wire import MOST_BYTES
from fieldvisit.tasks import Task
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Entry
from tests.phone_double import Phone as PhoneDouble
from tests.stories import a_phone, a_visit
from tests.world import NOW, World

UNKNOWN = "f" * 32


def rows(world: World, wanted: Any) -> list[Any]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(wanted))


def gap_tasks(world: World) -> list[Task]:
    return rows(world, select(Task).where(Task.kind == "phone_gap").order_by(Task.raised_at))


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    def at(place: str, action: str) -> None:
        monkeypatch.setitem(failpoints.WANTED, place, (action, ""))

    return at


# --- numbers, epoch, heartbeats -----------------------------------------------------------------------------------


def test_every_entry_and_every_held_one_gets_the_servers_next_number(world: World) -> None:
    first, second = a_visit(world).told(), a_visit(world, lead="ben", home="100030000002").told()
    first.phone.save("visit.set_off", first.visit_id, {}, NOW)
    first.phone.save("visit.set_off", UNKNOWN, {}, NOW)
    numbers = [result["server_seq"] for result in first.phone.send(NOW)]
    second.phone.save("visit.set_off", second.visit_id, {}, NOW)
    numbers += [result["server_seq"] for result in second.phone.send(NOW)]
    assert numbers == [1, 2, 3]


def test_the_same_bytes_again_get_the_number_that_they_have(world: World) -> None:
    story = a_visit(world).told()
    item = story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    lost = story.phone.save("visit.set_off", UNKNOWN, {}, NOW)
    before = [result["server_seq"] for result in story.phone.send(NOW, [item, lost])]
    assert [result["server_seq"] for result in story.phone.send(NOW, [lost, item, item])] == [2, 1, 1] != before
    assert len(rows(world, select(Arrival))) == 2


def test_a_bad_signature_gets_no_number(world: World) -> None:
    story = a_visit(world).told()
    item = story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    result = story.phone.send(NOW, [item | {"sig": "A" * 86}])[0]
    assert (result["status"], result["server_seq"]) == ("retry", None)


def test_the_epoch_and_what_is_safe_come_from_the_database(world: World) -> None:
    phone = a_phone(world, "asha")
    with world.database.writing(None) as session:
        session.execute(update(Deployment).values(epoch="the second", durable_up_to=41))
    told = phone.heartbeat(NOW)
    assert (told["epoch"], told["durable_up_to"], told["results"]) == ("the second", 41, [])
    assert told["server_time"] == "2026-12-08T09:00:00Z"


def test_enrolling_tells_the_epoch_too(world: World) -> None:
    answer = world.client("asha").post(
        "/devices", json={"device": "a-device-1", "public_jwk": PhoneDouble(world.app).public_jwk, "label": ""}
    )
    assert answer.get_json()["epoch"] == a_phone(world, "ben").heartbeat(NOW)["epoch"]


def test_a_batch_of_two_hundred_kilobytes_is_read(world: World) -> None:
    story = a_visit(world).told()
    for _ in range(20):
        story.phone.save("visit.noted", story.visit_id, {"words": "x" * 4000}, NOW)
    assert {result["status"] for result in story.phone.send(NOW)} == {"accepted"}


def test_a_batch_over_the_limit_is_told_so_in_our_own_voice(world: World) -> None:
    answer = world.app.test_client().post("/events", data=b" " * (MOST_BYTES + 1), headers={"Host": "localhost"})
    assert (answer.status_code, answer.headers["X-FieldVisit-Proto"]) == (413, "1")


# --- the order of one phone's entries -----------------------------------------------------------------------------


def test_a_batch_that_came_shuffled_is_filed_in_the_phones_own_order(world: World) -> None:
    story = a_visit(world).told()
    items = [story.phone.save("visit.late", story.visit_id, {"minutes": n}, NOW) for n in range(6)]
    results = story.phone.send(NOW, [items[place] for place in (4, 0, 5, 2, 1, 3)])
    assert [result["server_seq"] for result in results] == [5, 1, 6, 3, 2, 4]
    lines = rows(world, select(Entry).where(Entry.device == story.phone.device).order_by(Entry.position))
    assert [line.seq for line in lines] == [item["seq"] for item in items]


# --- clocks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [3, -3])
def test_a_phone_three_days_wrong_is_set_right_and_marked(world: World, days: int) -> None:
    story = a_visit(world).told()
    story.phone.slow_by = timedelta(days=days)
    story.set_off().arrived()
    entry = rows(world, select(Entry).where(Entry.kind == "visit.arrived"))[0]
    assert entry.corrected_time == story.at
    assert entry.device_time == story.at - timedelta(days=days)
    assert story.row().exceptions == ["clock"]


def test_a_clock_set_back_between_two_entries_moves_neither(world: World) -> None:
    """The phone knew at its last contact that its clock was right; then somebody set it back three hours (F22)."""
    story = a_visit(world).told()
    phone, at = story.phone, NOW + timedelta(minutes=10)
    phone.offset_ms = 0
    phone.save("visit.set_off", story.visit_id, {}, NOW)
    phone.slow_by = timedelta(hours=3)
    phone.save("visit.arrived", story.visit_id, {}, NOW + timedelta(minutes=5))
    world.at_the_time(at, lambda: phone.send(at))
    lines = rows(world, select(Entry).where(Entry.device == phone.device).order_by(Entry.seq))
    assert [line.corrected_time for line in lines] == [NOW, NOW + timedelta(minutes=5)]
    assert story.state().marks == {lines[1].uuid: ("clock",)}


# --- a reader that breaks (F29) -----------------------------------------------------------------------------------


def test_an_entry_that_breaks_its_reader_comes_back_five_times_and_is_then_kept_for_a_person(
    world: World, fails: Callable[[str, str], None]
) -> None:
    story = a_visit(world).told()
    item = story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    fails("parse", "raise")
    told = [story.phone.send(NOW, [item])[0] for _ in range(6)]
    assert [(one["status"], one.get("code")) for one in told] == [("retry", "not-read")] * 5 + [("held", "unreadable")]
    assert [row.times for row in rows(world, select(FailedParse))] == [5]
    assert bytes(rows(world, select(Held))[0].jwe).decode() == item["jwe"]


def test_the_entries_behind_it_are_filed_meanwhile(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    story = a_visit(world).told()
    poison = story.phone.save("visit.late", story.visit_id, {"minutes": 7}, NOW)
    story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    read = intake.open_item

    def breaks(item: Any, key: Any) -> Any:
        if item.uuid == poison["uuid"]:
            raise RecursionError
        return read(item, key)

    monkeypatch.setattr(intake, "open_item", breaks)
    assert [result["status"] for result in story.phone.send(NOW)] == ["retry", "accepted"]


def test_what_breaks_in_its_effects_is_held_at_once_and_leaves_no_half_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> None:
        raise ValueError("a reaction of ours")

    monkeypatch.setitem(intake.REACTIONS, ev.VisitSetOff, (breaks,))
    story = a_visit(world).told()
    entries = story.row().entries
    story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    assert story.phone.send(NOW)[0]["code"] == "reaction-failed"
    assert story.row().entries == entries


# --- gaps (O8) ----------------------------------------------------------------------------------------------------


def test_three_missing_is_one_task_for_the_next_working_day(world: World) -> None:
    story = a_visit(world).told()
    for _ in range(3):
        story.phone.save("visit.late", story.visit_id, {"minutes": 5}, NOW)
    story.phone.waiting.clear()  # the phone's disk lost them
    story.set_off()
    phone = rows(world, select(Phone))[0]
    assert (phone.missing, phone.last_seq, phone.queued) == (3, 4, 0)
    (task,) = gap_tasks(world)
    assert (task.about_id, task.due_at.isoformat()) == (phone.id, "2026-12-09T23:59:59+00:00")
    assert task.area_id == world.ids["North"]


def test_what_still_waits_on_the_phone_is_not_missing(world: World) -> None:
    story = a_visit(world).told()
    for _ in range(3):
        story.phone.save("visit.late", story.visit_id, {"minutes": 5}, NOW)
    story.phone.heartbeat(NOW)
    assert (rows(world, select(Phone))[0].queued, gap_tasks(world)) == (3, [])


def test_a_gap_is_told_once_and_closes_itself_when_they_arrive(world: World) -> None:
    story = a_visit(world).told()
    lost = [story.phone.save("visit.late", story.visit_id, {"minutes": n}, NOW) for n in range(3)]
    story.phone.waiting.clear()
    story.set_off()
    story.phone.heartbeat(NOW)
    assert [task.done_at for task in gap_tasks(world)] == [None]
    story.phone.send(NOW, lost[:2])
    assert [task.done_at for task in gap_tasks(world)] == [None]
    story.phone.send(NOW, lost[2:])
    assert [task.done_at for task in gap_tasks(world)] == [NOW]


def test_a_gap_that_grows_is_still_one_task(world: World) -> None:
    story = a_visit(world).told()
    for _ in range(3):
        story.phone.save("visit.late", story.visit_id, {"minutes": 5}, NOW)
        story.phone.waiting.clear()
        story.phone.heartbeat(NOW)
    assert len(gap_tasks(world)) == 1


def test_a_later_gap_is_a_task_of_its_own(world: World) -> None:
    story = a_visit(world).told()
    for _ in range(2):
        lost = story.phone.save("visit.late", story.visit_id, {"minutes": 5}, NOW)
        story.phone.waiting.clear()
        story.says("visit.late", minutes=9)
        story.phone.send(NOW, [lost])
    assert [task.done_at is None for task in gap_tasks(world)] == [False, False]


def test_held_entries_are_not_missing(world: World) -> None:
    phone = a_phone(world, "asha")
    phone.save("visit.set_off", UNKNOWN, {}, NOW)
    phone.send(NOW)
    phone.heartbeat(NOW)
    assert gap_tasks(world) == []


def test_a_new_phone_of_somebody_whose_old_one_had_entries_is_a_task(world: World) -> None:
    story = a_visit(world).told()
    for _ in range(3):
        story.phone.save("visit.late", story.visit_id, {"minutes": 5}, NOW)
    story.phone.heartbeat(NOW)
    PhoneDouble(world.app).enrol(world.client("asha"))
    PhoneDouble(world.app).enrol(world.client("asha"))
    assert len(gap_tasks(world)) == 1
    story.phone.send(NOW)
    assert [task.done_at for task in gap_tasks(world)] == [NOW]


@pytest.mark.parametrize(("hours", "expected"), [(23.9, 0), (24, 1), (24.1, 1)])
def test_a_phone_silent_for_a_day_with_entries_on_it_is_a_task(world: World, hours: float, expected: int) -> None:
    story, other = a_visit(world).told(), a_phone(world, "ben")
    story.phone.save("visit.late", story.visit_id, {"minutes": 5}, NOW)
    story.phone.heartbeat(NOW)
    later = NOW + timedelta(hours=hours)
    world.at_the_time(later, lambda: other.heartbeat(later))
    assert len(gap_tasks(world)) == expected


def test_a_heartbeat_of_a_phone_that_nobody_enrolled_is_not_believed(world: World) -> None:
    stranger = PhoneDouble(world.app)
    stranger.seq = 1000
    stranger.heartbeat(NOW)
    assert rows(world, select(Phone)) == []


def test_after_a_restore_a_phone_is_given_time_to_offer_things_again(world: World) -> None:
    story = a_visit(world).told()
    lost = story.phone.save("visit.late", story.visit_id, {"minutes": 5}, NOW)
    story.phone.waiting.clear()
    story.phone.heartbeat(NOW, queued=1)
    with world.database.writing(None) as session:
        session.execute(update(Deployment).values(epoch="after the restore"))
    story.phone.heartbeat(NOW, queued=0)  # it believes that everything was sent
    assert gap_tasks(world) == []
    assert story.phone.waiting == [lost]


# --- a database that is not there ---------------------------------------------------------------------------------


def test_a_database_that_is_gone_answers_503_in_our_voice_and_keeps_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = a_visit(world).told()
    story.phone.save("visit.set_off", story.visit_id, {}, NOW)

    def gone(*_: Any, **__: Any) -> None:
        raise OperationalError("insert", {}, Exception("database or disk is full"))

    monkeypatch.setattr(intake, "record", gone)
    answer = story.phone.post(NOW, story.phone.waiting)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (answer.headers["X-FieldVisit-Proto"], answer.get_json()["code"]) == ("1", "busy")
    assert rows(world, select(Held)) == []


def test_a_full_disk_answers_503_for_entries(world: World, fails: Callable[[str, str], None]) -> None:
    fails("before_commit", "enospc")
    answer = a_phone(world, "asha").post(NOW, [])
    assert (answer.status_code, answer.get_json()["code"]) == (503, "disk-full")


def test_connections_that_the_database_dropped_are_made_anew(world: World) -> None:
    """F34: the pool asks each connection whether it lives before it is used."""
    phone = a_phone(world, "asha")
    phone.heartbeat(NOW)
    if not world.database.is_sqlite:
        _drop_every_connection(world)
    assert phone.heartbeat(NOW)["results"] == []


def _drop_every_connection(world: World) -> None:
    from sqlalchemy import NullPool, create_engine, text

    admin = create_engine(world.database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
            ),
            {"name": world.database.url.database},
        )
