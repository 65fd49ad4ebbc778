"""The same thing comes twice, a thousand times, from another phone, or under the same name with other bytes."""

import json
from collections import Counter
from typing import Any

import pytest

from fieldvisit.outbox import intake
from fieldvisit.visits.models import Entry
from tests.faults.conftest import LONG
from tests.faults.council import Council
from tests.faults.offline_phone import OfflinePhone, OverTheWire
from tests.stories import a_phone, a_visit
from tests.world import NOW, World

ROUNDS = 500 if LONG else 15
TIMES = 10_000 if LONG else 500
REFUSED = {"reason": "unwell", "who": "tenant"}


def statuses(phone: OfflinePhone) -> list[tuple[str, str | None]]:
    return [(result["status"], result.get("code")) for result in phone.heard[-1].told["results"]]


def test_two_senders_of_one_batch_at_one_time_make_one_row_and_get_one_receipt(open_council: Council) -> None:
    road = open_council.a_bad_road()
    phone = open_council.a_phone(road=OverTheWire(road.place))
    for turn in range(ROUNDS):
        if turn % 10 == 0:
            visit = open_council.a_visit().visit_id
        open_council.saves(phone, visit, 2)
        road.then("at-once", 3)
        assert phone.sync(open_council.now()) == "done"
        told = [json.loads(answer.partition(b"\r\n\r\n")[2])["results"] for answer in road.answers[-3:]]
        assert {tuple(result["server_seq"] for result in answer) for answer in told} == {
            tuple(result["server_seq"] for result in told[0])
        }
        assert Counter(result["status"] for answer in told for result in answer) == {"accepted": 2, "duplicate": 4}
    assert open_council.tally(phone) == (0, 0, 0)


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_a_copy_that_was_kept_while_this_one_was_being_read_is_no_quarrel(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL lets both in: the second looks before the first is committed, and again after it."""
    visit, phone = a_visit(world).told().visit_id, a_phone(world, "asha")
    item = phone.save("visit.set_off", visit, {}, NOW)
    truly, first = intake.open_item, []

    def the_other_is_quicker(*what: Any) -> Any:
        if not first:
            first.append(None)
            first[0] = phone.send(NOW, [item])
        return truly(*what)

    monkeypatch.setattr(intake, "open_item", the_other_is_quicker)
    second = phone.send(NOW, [item])
    assert [result["status"] for result in (*first[0], *second)] == ["accepted", "duplicate"]
    assert first[0][0]["server_seq"] == second[0]["server_seq"]


def test_the_same_bytes_many_hundred_times_are_one_entry_with_one_effect(open_council: Council) -> None:
    story = open_council.a_visit()
    phone = open_council.a_phone()
    refusal = phone.keep("consent.refused", story.visit_id, REFUSED, at=open_council.now())
    phone.sync(open_council.now())
    before = len(open_council.tasks()), open_council.count(Entry)
    for _ in range(TIMES // 50):
        phone.post([refusal] * 50, open_council.now())
        assert set(statuses(phone)) == {("duplicate", None)}
        assert {result["server_seq"] for result in phone.heard[-1].told["results"]} == {refusal.server_seq}
    assert (len(open_council.tasks()), open_council.count(Entry)) == before


def test_old_bytes_that_somebody_recorded_on_the_road_change_nothing(open_council: Council) -> None:
    road = open_council.a_bad_road()
    phone = open_council.a_phone(road=OverTheWire(road.place))
    open_council.saves(phone, open_council.a_visit().visit_id, 5)
    phone.sync(open_council.now())
    before = open_council.count(Entry)
    for _ in range(TIMES // 50):
        answer = road._whole(road.requests[0])
        assert b'"duplicate"' in answer
        assert b'"accepted"' not in answer
    assert open_council.count(Entry) == before


def test_the_same_number_with_other_bytes_is_kept_beside_the_first_and_a_person_is_told(open_council: Council) -> None:
    story, phone = open_council.a_visit(), open_council.a_phone()
    first = open_council.saves(phone, story.visit_id, 1)[0]
    phone.sync(open_council.now())
    tasks = len(open_council.tasks("held"))
    for minutes in range(1, 6):
        phone.seq = 0
        phone.keep("visit.late", story.visit_id, {"minutes": minutes}, at=open_council.now(), uuid=first.uuid)
        phone.sync(open_council.now())
        assert statuses(phone) == [("held", "conflict")]
    assert len(open_council.entries(phone.device)) == 1
    assert {line.code for line in open_council.held(phone.device)} == {"conflict"}
    assert (len(open_council.held(phone.device)), len(open_council.tasks("held"))) == (5, tasks + 5)


def test_the_same_counter_under_another_id_is_kept_beside_the_first(open_council: Council) -> None:
    story, phone = open_council.a_visit(), open_council.a_phone()
    open_council.saves(phone, story.visit_id, 1)
    phone.sync(open_council.now())
    phone.seq = 0
    phone.keep("visit.late", story.visit_id, {"minutes": 3}, at=open_council.now())
    phone.sync(open_council.now())
    assert statuses(phone) == [("held", "conflict")]
    assert len(open_council.entries(phone.device)) == 1


def test_an_id_that_another_phone_used_first_does_not_touch_the_true_one(open_council: Council) -> None:
    story = open_council.a_visit(lead="asha", others=("ben",))
    hers, his = open_council.a_phone("asha"), open_council.a_phone("ben")
    true = open_council.saves(hers, story.visit_id, 1)[0]
    his.keep("visit.late", story.visit_id, {"minutes": 99}, at=open_council.now(), uuid=true.uuid)
    his.sync(open_council.now())
    assert statuses(his) == [("accepted", None)]
    hers.sync(open_council.now())
    assert statuses(hers) == [("accepted", None)]
    assert open_council.tally(hers, his) == (0, 0, 0)


def test_her_sealed_bytes_sent_by_his_phone_do_not_count_and_hers_still_do(open_council: Council) -> None:
    story = open_council.a_visit()
    hers, his = open_council.a_phone("asha"), open_council.a_phone("ben")
    true = open_council.saves(hers, story.visit_id, 1)[0]
    his.post([true], open_council.now())
    assert statuses(his) == [("retry", "bad-signature")]
    hers.sync(open_council.now())
    assert statuses(hers) == [("accepted", None)]
