"""The worker killed without warning, again and again: no message lost, none sent twice, each heard of once."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, SENDING
from fieldvisit.jobs import LEASE, Work
from fieldvisit.messages.models import Message, Receipt
from fieldvisit.visits import notifying
from fieldvisit.visits.models import Entry
from fieldvisit.visits.service import lock
from tests.faults.conftest import BOTH, LONG
from tests.faults.council import Council
from tests.faults.real_server import ROOT
from tests.stand_ins.notify import KEY, SMS_TEMPLATE, NotifyStandIn
from tests.stories import a_visit
from tests.world import NOW

pytestmark = BOTH

KILLS = 200 if LONG else 20
PLACES = ("work_taken", "before_provider", "after_provider", "before_settled", "after_settled")
KILLED = -9


class Nursery:
    def __init__(self, council: Council, notify: NotifyStandIn) -> None:
        told = os.environ | {
            "FIELDVISIT_HOME": str(council.home), "FIELDVISIT_POLICY": "melton", "FIELDVISIT_SMS": "notify",
            "DATABASE_URL": council.database.url.render_as_string(hide_password=False),
            "FIELDVISIT_NOTIFY_KEY": KEY, "FIELDVISIT_NOTIFY_URL": notify.url,
            "FIELDVISIT_NOTIFY_SMS_TEMPLATE": SMS_TEMPLATE,
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.faults.worker_nursery"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=told, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.council = council

    def works(self, later: timedelta, fail: dict[str, Any] | None = None) -> int:
        """A worker whose clock is so much later than the council's; how it ended."""
        ahead = (self.council.ahead + later).total_seconds()
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"ahead_s": ahead, "fail": fail or {}}).encode() + b"\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


@contextmanager
def a_nursery(council: Council, notify: NotifyStandIn) -> Iterator[Nursery]:
    made = Nursery(council, notify)
    try:
        yield made
    finally:
        made.close()


def a_notice_is_given(council: Council, at: datetime) -> str:
    story = a_visit(council.world, starts=NOW + timedelta(days=4), planned_at=NOW)
    key, asking = new_id(), council.world.principal("olive", at)
    with council.database.writing(asking) as session:
        visit = lock(session, story.visit_id)
        assert visit
        [way] = [way for way in notifying.ways(session, visit, at) if way.channel == "sms"]
        text = notifying.text_for(session, visit, "notice", way, council.policy)
        notifying.give_notice(session, visit, text, by=asking.person_id, at=at, policy=council.policy, key=key)
    return key


def rows(council: Council, model: Any) -> list[Any]:
    with council.database.reading(SENDING) as session:
        return list(session.scalars(select(model)))


def test_a_worker_that_is_killed_anywhere_loses_no_message_and_sends_none_twice(council: Council) -> None:
    chance, later, killed = random.Random(4), timedelta(0), 0
    with NotifyStandIn() as notify, a_nursery(council, notify) as nursery:
        while killed < KILLS:
            if killed % 4 == 0:
                a_notice_is_given(council, NOW + later)
            for sent in notify.ledger:
                if sent.status == "created" and chance.random() < 0.5:
                    notify.happens(str(sent.reference), "delivered", NOW + later)
            place = chance.choice(PLACES)
            ended = nursery.works(later, {place: ["kill", str(chance.randint(1, 2))]})
            assert ended in (0, KILLED)
            killed += ended == KILLED
            later += LEASE + timedelta(seconds=30)
        for _ in range(5):  # a long run ends a day before the visits: their reminders go out only now
            for sent in [one for one in notify.ledger if one.status == "created"]:
                notify.happens(str(sent.reference), "delivered", NOW + later)
            later += timedelta(hours=7)
            assert nursery.works(later) == 0
        ledger = Counter(sent.reference for sent in notify.ledger)
    messages = {message.id for message in rows(council, Message)}
    assert set(ledger) == messages, "lost"
    assert set(ledger.values()) == {1}, "sent twice"
    delivered = [receipt.message_id for receipt in rows(council, Receipt) if receipt.status == "delivered"]
    assert sorted(delivered) == sorted(messages), "heard of twice, or not at all"
    assert [work.kind for work in rows(council, Work) if work.done_at is None and work.kind in ("send", "hear")] == []
    with council.database.reading(CHECKING) as session:
        told = [
            entry.body.get("delivery") for entry in session.scalars(select(Entry)) if entry.kind == "notice.recorded"
        ]
    notices = sum(message.notice_id is not None for message in rows(council, Message))  # the others are reminders
    assert Counter(told) == {"pending": notices, "delivered": notices}
