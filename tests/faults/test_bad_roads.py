"""The road between phone and server fails: an answer cut anywhere, a request cut anywhere, a line left hanging."""

import pytest

from tests.faults.conftest import LONG
from tests.faults.council import Council
from tests.faults.offline_phone import OverTheWire

STEP = 1 if LONG else 29
PORTALS = {
    "a sign-in page": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 30\r\n\r\n<p>Sign in to the Wi-Fi</p>   \n",
    "an empty answer": b"HTTP/1.1 204 No Content\r\n\r\n",
    "a way elsewhere": b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n",
    "our own words from somebody else": b'HTTP/1.1 200 OK\r\nContent-Length: 41\r\n\r\n{"proto":1,"results":[{"status":"held"}]}',
}


def test_an_answer_cut_at_any_byte_is_no_answer_and_the_next_one_is_the_same_receipt(open_council: Council) -> None:
    road = open_council.a_bad_road()
    phone = open_council.a_phone(road=OverTheWire(road.place))
    visit = open_council.a_visit().visit_id
    open_council.saves(phone, visit, 1)
    phone.sync(open_council.now())
    whole = len(road.answers[-1])
    for cut in range(0, whole, STEP):
        if cut % (40 * STEP) == 0:
            visit = open_council.a_visit().visit_id
        item = open_council.saves(phone, visit, 1)[0]
        road.then("cut-answer", cut)
        assert phone.sync(open_council.now()) == "no answer"
        assert item.state == "queued"
        assert phone.sync(open_council.now()) == "done"
        assert phone.heard[-1].told["results"][0]["status"] == "duplicate"
    assert open_council.tally(phone) == (0, 0, 0)


def test_a_request_cut_at_any_byte_leaves_nothing_behind(open_council: Council) -> None:
    road = open_council.a_bad_road()
    phone = open_council.a_phone(road=OverTheWire(road.place))
    open_council.saves(phone, open_council.a_visit().visit_id, 1)
    road.then("lost")
    phone.sync(open_council.now())
    for cut in range(1, len(road.requests[0]), 2 * STEP):
        road.then("cut-request", cut)
        assert phone.sync(open_council.now()) == "no answer"
    open_council.server.wait()
    assert open_council.entries(phone.device) == []
    phone.sync_until_sent(open_council.now)
    assert open_council.tally(phone) == (0, 0, 0)


def test_lines_left_hanging_keep_nobody_else_from_sending_and_leave_nothing_behind(open_council: Council) -> None:
    road = open_council.a_bad_road()
    stuck = open_council.a_phone(road=OverTheWire(road.place))
    open_council.saves(stuck, open_council.a_visit().visit_id, 1)
    for _ in range(5):
        road.then("half-open", 700)
        assert stuck.sync(open_council.now()) == "no answer"
    other = open_council.a_phone("ben")
    open_council.saves(other, open_council.a_visit("ben").visit_id, 3)
    assert other.sync(open_council.now()) == "done"
    assert open_council.entries(stuck.device) == []
    road.let_go()
    stuck.sync_until_sent(open_council.now)
    assert open_council.tally(stuck, other) == (0, 0, 0)


@pytest.mark.parametrize("somebody", PORTALS)
def test_somebody_elses_answer_is_not_a_receipt(open_council: Council, somebody: str) -> None:
    road = open_council.a_bad_road()
    phone = open_council.a_phone(road=OverTheWire(road.place))
    item = open_council.saves(phone, open_council.a_visit().visit_id, 1)[0]
    road.then("instead", PORTALS[somebody])
    assert phone.sync(open_council.now()) == "no answer"
    assert item.state == "queued"
    phone.sync_until_sent(open_council.now)
    assert open_council.tally(phone) == (0, 0, 0)
