"""A notice from the press of a button to the log: written with its change, sent once, and heard of again."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from fieldvisit import schema, worker
from fieldvisit.db import new_id
from fieldvisit.ground.roles import SENDING
from fieldvisit.jobs import Work
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message, Receipt
from fieldvisit.messages.outgoing import NeverError, NotNowError
from fieldvisit.notices.links import link_of_visit
from fieldvisit.register.models import Household
from fieldvisit.tasks import Task
from fieldvisit.visits import notifying
from tests.stories import a_visit
from tests.telling import CANCELLED, DAYS, gives_notice, hears, in_three_days, rows, said
from tests.world import NOW


def test_a_notice_that_goes_out_is_pending_and_gives_no_notice_yet(world, provider, works):
    story = in_three_days(world)
    reference = gives_notice(story)
    assert story.state().stage == "notice_pending"
    works()
    assert list(provider.ledger) == [reference]
    assert story.state().notice_result == "short"


def test_its_receipt_gives_it_at_the_providers_time_and_says_so_in_the_log(world, provider, works, clock):
    story = in_three_days(world)
    reference = gives_notice(story)
    works()
    clock.move_to(NOW + timedelta(minutes=30))
    hears(world, reference, "delivered", NOW + timedelta(minutes=2))
    works()
    state = story.state()
    assert (state.stage, state.notice_result) == ("notified", "full")
    assert said(story) == ["visit.planned", "notice.recorded", "notice.recorded"]


@pytest.mark.parametrize("times", [2, 3])
def test_a_receipt_that_comes_again_changes_nothing(world, provider, works, times):
    story = in_three_days(world)
    reference = gives_notice(story)
    works()
    for _ in range(times):
        hears(world, reference, "delivered", NOW)
        works()
    assert said(story) == ["visit.planned", "notice.recorded", "notice.recorded"]
    assert len(rows(world, Receipt)) == 2  # taken, delivered


def test_a_receipt_of_sending_after_one_of_delivered_changes_nothing(world, provider, works):
    story = in_three_days(world)
    reference = gives_notice(story)
    works()
    hears(world, reference, "delivered", NOW)
    hears(world, reference, "sending", NOW)
    works()
    assert story.state().stage == "notified"


def test_a_receipt_of_no_message_of_ours_changes_nothing(world, provider, works):
    story = in_three_days(world)
    gives_notice(story)
    works()
    hears(world, new_id(), "delivered", NOW)
    works()
    assert story.state().stage == "notice_pending"


def test_a_failure_puts_the_visit_back_and_a_task_on_the_desk_the_same_day(world, provider, works):
    story = in_three_days(world)
    reference = gives_notice(story)
    works()
    hears(world, reference, "permanent-failure", NOW)
    works()
    assert story.state().stage == "notice_pending"
    assert [task.kind for task in rows(world, Task)] == ["notice_failed"]


def test_a_late_bounce_withdraws_the_notice_and_the_visit_may_not_go(world, provider, works, clock):
    story = in_three_days(world)
    reference = gives_notice(story)
    works()
    hears(world, reference, "delivered", NOW)
    works()
    assert story.state().stage == "notified"
    clock.move_to(NOW + DAYS)
    hears(world, reference, "permanent-failure", NOW + DAYS)
    works()
    assert said(story)[-1] == "notice.withdrawn"
    assert story.state().notice_result == "short"
    assert [task.kind for task in rows(world, Task)] == ["notice_failed"]
    hears(world, reference, "delivered", NOW + DAYS)
    works()
    assert story.state().notice_result == "short"


def test_the_same_form_twice_is_one_notice_and_one_message(world, provider, works):
    story = in_three_days(world)
    key = gives_notice(story)
    gives_notice(story, key=key)
    works()
    assert len(rows(world, Message)) == 1
    assert said(story) == ["visit.planned", "notice.recorded"]


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_sent_twice(world, provider, works, clock):
    story = in_three_days(world)
    provider.loses_answers = True
    reference = gives_notice(story)
    works()
    clock.move_to(NOW + timedelta(minutes=5))
    works()
    assert (list(provider.ledger), provider.handed) == ([reference], 2)
    assert rows(world, Message)[0].state == "taken"


def test_a_provider_that_is_away_for_half_a_day_is_a_failure_that_somebody_is_told_of(world, provider, works, clock):
    story = in_three_days(world)
    provider.fails = NotNowError("away")
    gives_notice(story)
    for hours in range(14):
        clock.move_to(NOW + timedelta(hours=hours))
        works()
    assert [task.kind for task in rows(world, Task)] == ["notice_failed"]
    assert not provider.ledger


def test_a_number_that_the_provider_refuses_fails_at_once(world, provider, works):
    provider.fails = NeverError("permanent-failure", "no such number")
    story = in_three_days(world)
    gives_notice(story)
    works()
    works()
    assert said(story)[-1] == "notice.failed"


def test_the_link_is_in_what_goes_out_and_nowhere_in_what_is_kept(world, provider, works):
    reference = gives_notice(in_three_days(world))
    works()
    sent = provider.ledger[reference].body
    assert "https://visits.example/t/" in sent
    [kept] = rows(world, Message)
    assert "/t/" not in kept.body
    assert kept.body.replace("((link))", "") == sent.replace(sent[sent.index("https://") :].split()[0].rstrip("."), "")


def test_a_letter_counts_from_the_day_on_which_somebody_says_that_it_left(world, provider, works):
    story = a_visit(world, starts=NOW + 12 * DAYS, planned_at=NOW)
    reference = gives_notice(story, "letter_first_class")
    works()
    assert story.state().notice_result == "short"
    hears(world, reference, "despatched", NOW)
    works()
    assert story.state().notice_result == "full"


def test_a_posted_letter_that_comes_back_gave_no_notice(world, provider, works):
    story = a_visit(world, starts=NOW + 12 * DAYS, planned_at=NOW)
    reference = gives_notice(story, "letter_first_class")
    works()
    hears(world, reference, "despatched", NOW)
    works()
    hears(world, reference, "permanent-failure", NOW + DAYS)
    works()
    assert said(story)[-1] == "notice.withdrawn"
    assert story.state().notice_result == "short"


def test_no_word_of_a_provider_makes_a_letter_delivered(world, provider, works):
    story = a_visit(world, starts=NOW + 12 * DAYS, planned_at=NOW)
    reference = gives_notice(story, "letter_first_class")
    works()
    hears(world, reference, "delivered", NOW)
    works()
    assert [receipt.status for receipt in rows(world, Receipt)] == ["taken", "despatched"]


def test_a_receipt_from_before_the_message_was_written_gives_no_more_notice_than_there_was(world, provider, works):
    story = a_visit(world, starts=NOW + timedelta(hours=30), planned_at=NOW)
    reference = gives_notice(story)
    works()
    hears(world, reference, "delivered", NOW - 20 * DAYS)
    works()
    assert story.state().notice_result == "minimum"


def test_work_that_our_own_mistake_breaks_again_and_again_is_a_failure_that_somebody_is_told_of(
    world, provider, works, clock
):
    story = in_three_days(world)
    provider.fails = ZeroDivisionError()
    gives_notice(story)
    for hours in range(worker.MOST_TRIES + 2):
        clock.move_to(NOW + timedelta(hours=hours))
        works()
    assert said(story)[-1] == "notice.failed"
    assert [task.kind for task in rows(world, Task)] == ["notice_failed"]


def test_a_line_that_a_provider_caused_stands_after_the_one_that_it_answers(world, provider, works, clock):
    """The clocks of two machines differ by seconds."""
    story = in_three_days(world)
    world.now = NOW + timedelta(seconds=5)
    reference = gives_notice(story)
    world.now = NOW
    works()
    clock.move_to(NOW + timedelta(seconds=6))
    works()
    clock.move_to(NOW + timedelta(seconds=2))
    with world.database.writing(SENDING) as session:
        message = session.get_one(Message, reference)
        messages.receive(session, message, "delivered", NOW, by="callback", at=NOW)
    works()
    assert story.state().stage == "notified"


def test_a_visit_is_locked_before_its_message(world, provider, works):
    """In the other order, a press of the button that came twice and a receipt would wait for each other for ever."""
    story = in_three_days(world)
    reference = gives_notice(story)
    works()
    hears(world, reference, "delivered", NOW)
    order: list[str] = []
    with world.database.writing(SENDING) as session, pytest.MonkeyPatch.context() as patch:
        for name, module in (("visit", notifying), ("message", messages)):
            locks = module.lock
            patch.setattr(module, "lock", lambda *a, name=name, locks=locks: (order.append(name), locks(*a))[1])
        notifying.hear(session, reference, NOW, world.policy)
    assert order == ["visit", "message"]


def test_a_worker_waits_for_a_database_that_is_away_for_a_moment(world, works, monkeypatch):
    """One that gave up would be started again by nobody, on a machine of one's own."""
    stop, asked = threading.Event(), []

    def away(*_: Any) -> bool:
        asked.append(1)
        if len(asked) == 1:
            raise OperationalError("", {}, Exception())
        stop.set()
        return False

    monkeypatch.setattr(worker, "_one", away)
    monkeypatch.setattr(worker, "AWAY_S", 0.01)
    worker.run(world.database, works.config, world.policy, once=False, stop=stop)
    assert len(asked) == 2


def test_work_that_was_done_is_not_done_again(world, provider, works):
    gives_notice(in_three_days(world))
    works()
    handed = provider.handed
    works()
    assert provider.handed == handed
    assert all(work.done_at for work in rows(world, Work) if work.kind == "send")


def two_at_once(works: Any) -> None:
    workers = [threading.Thread(target=works) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)


def test_two_workers_at_once_do_each_piece_of_work_once(world, provider, works):
    stories = [in_three_days(world) for _ in range(6)]
    references = {gives_notice(story) for story in stories}
    two_at_once(works)
    assert (set(provider.ledger), provider.handed) == (references, 6)
    for reference in references:
        hears(world, reference, "delivered", NOW)
    two_at_once(works)
    assert all(said(story) == ["visit.planned", "notice.recorded", "notice.recorded"] for story in stories)
    assert {(work.tries, work.trouble) for work in rows(world, Work) if work.kind in ("send", "hear")} == {(1, "")}


def test_a_visit_that_was_planned_before_there_were_links_can_be_told_of(world, provider, works):
    story = in_three_days(world)
    over = in_three_days(world).desk(CANCELLED)
    schema.downgrade(world.database, "0003_phone_offline")
    schema.upgrade(world.database)
    with world.database.writing(SENDING) as session:
        for household in session.scalars(select(Household)):
            household.contact_safety = {"sms": "safe"}
    reference = gives_notice(story)
    works()
    assert "/t/" in provider.ledger[reference].body
    with world.database.reading(SENDING) as session:
        assert link_of_visit(session, over.visit_id) is None
