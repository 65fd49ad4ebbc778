"""kill -9 of the server at the worst moments, again and again: nothing lost, nothing twice, nothing out of order."""

from tests.faults.conftest import BOTH, LONG
from tests.faults.council import Council

pytestmark = BOTH

KILLS = 200 if LONG else 10  # on each database


def test_killed_before_the_commit_nothing_was_kept_and_the_phone_sends_it_again(council: Council) -> None:
    story, phone = council.a_visit(), council.a_phone()
    council.saves(phone, story.visit_id, 30)
    with council.server.running("before_commit:kill:2"):
        assert phone.sync(council.now()) == "no answer"
        assert (len(council.entries()), len(phone.queued)) == (25, 5)
        phone.sync_until_sent(council.now)
    assert len(council.entries()) == 30
    assert council.tally() == (0, 0, 0)


def test_killed_after_the_commit_and_before_the_answer_the_same_receipt_comes_the_second_time(council: Council) -> None:
    story, phone = council.a_visit(), council.a_phone()
    council.saves(phone, story.visit_id, 30)
    with council.server.running("after_commit:kill:2"):
        assert phone.sync(council.now()) == "no answer"
        assert (len(council.entries()), len(phone.queued)) == (30, 5)
        phone.sync_until_sent(council.now)
        receipts = [result["server_seq"] for result in phone.heard[-1].told["results"]]
        assert [result["status"] for result in phone.heard[-1].told["results"]] == ["duplicate"] * 5
    assert receipts == sorted(set(receipts))
    assert len(council.entries()) == 30
    assert council.tally() == (0, 0, 0)


def test_a_server_that_is_killed_again_and_again_loses_and_doubles_nothing(council: Council) -> None:
    phones = [council.a_phone(ref) for ref in ("asha", "ben")]
    kills = 0
    with council.server.running("before_commit:kill:40%,after_commit:kill:40%"):
        while kills < KILLS:
            visits = [council.a_visit("asha").visit_id, council.a_visit("ben").visit_id]
            for phone, visit in [pair for pair in zip(phones, visits, strict=True) for _ in range(4)]:
                council.saves(phone, visit, 3)
                kills += phone.sync(council.now()) == "no answer"
        council.server.restart()  # the whole of it, too: kill -9 of every process, and no failpoint from now on
        for phone in phones:
            phone.sync_until_sent(council.now)
    assert council.tally() == (0, 0, 0)
    assert len(council.entries()) == sum(len(phone.items) for phone in phones)
