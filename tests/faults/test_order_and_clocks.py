"""Entries come late, out of order, from two phones, by clocks that are wrong: the log still says what happened."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from fieldvisit.visits.fold import fold
from fieldvisit.visits.service import line_of, lines_of
from fieldvisit.visits.state import Stage
from tests.faults.conftest import LONG
from tests.faults.council import Council
from tests.faults.offline_phone import OfflinePhone

EACH = 3 if LONG else 2
DOOR = ("visit.set_off", "visit.arrived", "door.introduced", "door.reason_given")
CONSENT = {"who": "tenant", "adult": True, "able": True, "how": "spoken", "scope": ["enter", "work"]}
WALLS = {
    "three days fast": timedelta(days=3),
    "three days slow": timedelta(days=-3),
    "on a leap day": datetime(2028, 2, 29, 23, 59, 58, tzinfo=UTC),
    "in the hour that the spring leaves out": datetime(2027, 3, 28, 1, 30, tzinfo=UTC),
    "in the hour that the autumn has twice": datetime(2027, 10, 31, 0, 59, 59, tzinfo=UTC),
    "beyond what 32 bits can count": datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
}


def folded(council: Council, visit: str) -> tuple[Stage, tuple[str, ...], tuple[str, ...]]:
    """What the log adds up to, and in which order it was read."""
    from fieldvisit.ground.roles import CHECKING

    with council.database.reading(CHECKING) as session:
        state = fold(lines_of(session, visit), council.policy)
    return state.stage, state.steps, state.exceptions


def door_story(phone: OfflinePhone, visit: str, council: Council, kinds: tuple[str, ...] = DOOR) -> None:
    for minute, kind in enumerate(kinds):
        phone.keep(kind, visit, at=council.now() + timedelta(seconds=minute - 60))


def test_entries_that_come_in_backwards_fold_as_they_happened(open_council: Council) -> None:
    visit, phone = open_council.a_visit().visit_id, open_council.a_phone()
    door_story(phone, visit, open_council)
    for item in reversed(phone.items):
        phone.post([item], open_council.now())
    assert [line.kind for line in open_council.entries(phone.device)] == list(reversed(DOOR))
    assert folded(open_council, visit) == (Stage.AT_DOOR, ("door.introduced", "door.reason_given"), ())


def test_an_entry_of_a_visit_that_nobody_knows_is_held_and_those_behind_it_go_on(open_council: Council) -> None:
    visit, phone = open_council.a_visit().visit_id, open_council.a_phone()
    phone.keep("visit.set_off", "f" * 32, at=open_council.now())
    phone.keep("visit.set_off", visit, at=open_council.now())
    phone.sync(open_council.now())
    assert [(item.state, item.code) for item in phone.items] == [("held", "unknown-visit"), ("sent", None)]


def test_two_phones_at_one_visit_add_up_to_the_same_whichever_comes_first(open_council: Council) -> None:
    """Every way in which the entries of one and of the other can come in."""
    seen = set()
    began = open_council.now() - timedelta(minutes=5)
    hers, his = open_council.a_phone("asha"), open_council.a_phone("ben")
    for order in combinations(range(2 * EACH), EACH):
        visit = open_council.a_visit(lead="asha", others=("ben",)).visit_id
        streams = []
        for phone, delay in ((hers, 0), (his, 1)):
            kinds = DOOR[1 : EACH + 1]
            streams.append([
                phone.keep(kind, visit, at=began + timedelta(seconds=2 * n + delay)) for n, kind in enumerate(kinds)
            ])  # fmt: skip
        for place in range(2 * EACH):
            phone, stream = (hers, streams[0]) if place in order else (his, streams[1])
            phone.post([stream.pop(0)], open_council.now())
        seen.add(folded(open_council, visit)[:2])
        assert {line.recorded_by for line in open_council.entries(visit=visit)} == {
            open_council.ids["asha"], open_council.ids["ben"],
        }  # fmt: skip
        assert len(open_council.entries(visit=visit)) == 2 * EACH
    assert len(seen) == 1


def test_the_same_counter_on_two_phones_of_one_person_is_two_entries(open_council: Council) -> None:
    visit = open_council.a_visit().visit_id
    phones = [open_council.a_phone("asha"), open_council.a_phone("asha")]
    for phone in phones:
        open_council.saves(phone, visit, 1)
        phone.sync(open_council.now())
        assert [(item.seq, item.state, item.code) for item in phone.items] == [(1, "sent", None)]
    assert open_council.tally(*phones) == (0, 0, 0)


@pytest.mark.parametrize("wall", WALLS)
def test_a_clock_that_is_wrong_is_kept_beside_ours_and_said(open_council: Council, wall: str) -> None:
    visit, phone = open_council.a_visit().visit_id, open_council.a_phone()
    at = open_council.now()
    wrong = WALLS[wall]
    phone.slow_by = -wrong if isinstance(wrong, timedelta) else at - wrong
    phone.keep("visit.set_off", visit, at=at)
    assert phone.sync(at) == "done"
    (line,) = open_council.entries(phone.device)
    assert line.device_time == at - phone.slow_by
    assert abs(line.corrected_time - at) < timedelta(minutes=2)
    assert folded(open_council, visit) == (Stage.EN_ROUTE, (), ("clock",))


def test_a_clock_set_back_between_two_entries_does_not_turn_them_round(open_council: Council) -> None:
    visit, phone = open_council.a_visit().visit_id, open_council.a_phone()
    at = open_council.now()
    phone.keep("visit.set_off", visit, at=at - timedelta(minutes=2))
    phone.slow_by = timedelta(days=2)
    phone.keep("visit.arrived", visit, at=at - timedelta(minutes=1))
    assert phone.sync(at) == "done"
    lines = sorted(open_council.entries(phone.device), key=lambda line: line.seq or 0)
    assert lines[1].device_time < lines[0].device_time
    stage, _, exceptions = folded(open_council, visit)
    assert stage is Stage.AT_DOOR
    assert "out-of-order" not in exceptions


def test_a_gap_in_the_counter_is_a_task_for_a_person(open_council: Council) -> None:
    """Three entries of a phone never come: the office is told how many, and since when."""
    visit, phone = open_council.a_visit().visit_id, open_council.a_phone()
    open_council.saves(phone, visit, 2)
    phone.sync(open_council.now())
    before = {task.id for task in open_council.tasks()}
    phone.seq += 3  # saved, and wiped with the storage that they were in
    open_council.saves(phone, visit, 1)
    phone.sync(open_council.now())
    raised = [task for task in open_council.tasks() if task.id not in before]
    assert [task.kind for task in raised] == ["phone_gap"]


def test_the_fold_reads_a_line_as_the_phone_wrote_it(open_council: Council) -> None:
    visit, phone = open_council.a_visit().visit_id, open_council.a_phone()
    door_story(phone, visit, open_council)
    phone.keep("consent.given", visit, CONSENT, at=open_council.now())
    phone.sync(open_council.now())
    assert [line_of(entry).seq for entry in open_council.entries(phone.device)] == [1, 2, 3, 4, 5]
