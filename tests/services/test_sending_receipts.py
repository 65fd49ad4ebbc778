"""Notify's receipts as they come in: each says its token, and one that is forged or unreadable changes nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from fieldvisit.ground.roles import SENDING
from fieldvisit.jobs import Work
from fieldvisit.messages import service
from fieldvisit.messages.adapters.statuses import OF_NOTIFY
from fieldvisit.messages.models import Message, Receipt
from fieldvisit.messages.rules import Standing
from tests.stand_ins.notify import NotifyStandIn, Sent
from tests.stories import a_visit
from tests.world import World

TOKEN = "what Notify says to our tests"  # as tests/conftest.py sets it
ADDRESS = "/messages/notify"
PROVIDER_ID = "740e5834-3a29-46b4-9a6f-16142fde533a"


class Callbacks:
    """One text that Notify has taken, and Notify calling about it."""

    def __init__(self, world: World, channel: str = "sms") -> None:
        self.world, self.notify = world, NotifyStandIn()
        visit = a_visit(world)
        with world.database.writing(SENDING) as session:
            message = Message(
                visit_id=visit.visit_id, kind="notice", channel=channel, to="+447700900101", language="en", subject="",
                body="We come on Wednesday.", template="t" * 64, provider="notify", provider_id=PROVIDER_ID,
                state="taken", written_at=world.now - timedelta(minutes=5), written_by=world.ids["olive"],
                taken_at=world.now,
            )  # fmt: skip
            session.add(message)
            session.flush()
            self.reference = message.id
        kind = "letter" if channel.startswith("letter") else channel
        self.sent = Sent(PROVIDER_ID, kind, self.reference, "+447700900101", "", "", b"", None, world.now)

    def says(self, status: str, at: datetime, token: str | None = TOKEN, **changed: Any) -> TestResponse:
        self.sent.status, self.sent.completed_at = status, at
        return self.posts(json=self.notify.receipt(self.sent, **changed), token=token)

    def posts(self, token: str | None = TOKEN, **request: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        browser = self.world.app.test_client()  # nobody's: no cookie, no form's token
        return browser.post(ADDRESS, headers=headers, base_url="http://localhost", **request)

    def kept(self) -> list[tuple[str, datetime, str]]:
        with self.world.database.reading(SENDING) as session:
            rows = session.scalars(select(Receipt).order_by(Receipt.at, Receipt.status)).all()
            return [(row.status, row.at, row.by) for row in rows]

    def standing(self) -> Standing:
        with self.world.database.reading(SENDING) as session:
            return service.standing_of(session, session.get_one(Message, self.reference))

    def to_hear(self) -> int:
        with self.world.database.reading(SENDING) as session:
            return session.scalars(select(func.count(Work.id)).where(Work.kind == "hear")).one()


@pytest.fixture
def callbacks(world: World) -> Callbacks:
    return Callbacks(world)


def test_a_receipt_is_kept_and_its_visit_will_hear_of_it(callbacks: Callbacks) -> None:
    at = callbacks.world.now - timedelta(minutes=3)
    answer = callbacks.says("delivered", at)
    assert (answer.status_code, answer.data) == (204, b"")
    assert callbacks.kept() == [("delivered", at, "callback")]
    assert callbacks.to_hear() == 1
    assert "Set-Cookie" not in answer.headers


def test_the_same_receipt_twice_is_one_receipt(callbacks: Callbacks) -> None:
    at = callbacks.world.now
    assert [callbacks.says("delivered", at).status_code for _ in range(3)] == [204] * 3
    assert (len(callbacks.kept()), callbacks.to_hear()) == (1, 1)


def test_receipts_out_of_order_stand_for_the_same(callbacks: Callbacks) -> None:
    early, late = callbacks.world.now - timedelta(hours=2), callbacks.world.now - timedelta(hours=1)
    callbacks.says("permanent-failure", late)
    callbacks.says("delivered", early)
    callbacks.says("sending", early)
    assert callbacks.standing() == Standing("permanent-failure", None, None, bounced=True)


@pytest.mark.parametrize("said", sorted(OF_NOTIFY))
def test_every_status_that_is_documented_is_kept_in_our_words(callbacks: Callbacks, said: str) -> None:
    assert callbacks.says(said, callbacks.world.now).status_code == 204
    assert [status for status, _, _ in callbacks.kept()] == [OF_NOTIFY[said]]


def test_a_letter_is_never_delivered_by_a_receipt(world: World) -> None:
    callbacks = Callbacks(world, "letter_first_class")
    callbacks.says("delivered", world.now)
    assert callbacks.kept() == [("despatched", world.now, "callback")]
    assert callbacks.standing().delivery == "pending"


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], f"{TOKEN} ", f"{TOKEN}x", "ż"])
def test_a_forged_receipt_changes_nothing(callbacks: Callbacks, token: str | None) -> None:
    answer = callbacks.says("delivered", callbacks.world.now, token=token)
    assert answer.status_code == 401
    assert (callbacks.kept(), callbacks.to_hear()) == ([], 0)


def test_the_token_alone_is_not_a_bearer_token(callbacks: Callbacks) -> None:
    browser = callbacks.world.app.test_client()
    for said in (TOKEN, f"Basic {TOKEN}", f"bearer{TOKEN}"):
        assert browser.post(ADDRESS, headers={"Authorization": said}, base_url="http://localhost").status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"status": None},
        {"status": ["delivered"]},
        {"status": "x" * 81},
        {"completed_at": "yesterday"},
        {"completed_at": "2026-12-08T09:00:00"},  # of which zone?
        {"completed_at": "0001-01-01T00:00:00+14:00"},
        {"reference": 7},
        {"id": None},
        {"id": "\x00"},
        {"notification_type": "pigeon"},
    ],
)
def test_an_unreadable_receipt_is_refused_and_changes_nothing(callbacks: Callbacks, changed: dict[str, Any]) -> None:
    callbacks.sent.status, callbacks.sent.completed_at = "delivered", callbacks.world.now
    said = callbacks.notify.receipt(callbacks.sent) | changed
    assert callbacks.posts(json=said).status_code == 400
    assert callbacks.kept() == []


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_json_is_refused(callbacks: Callbacks, data: bytes) -> None:
    assert callbacks.posts(data=data, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    "reference", [None, "", "f" * 32, "0" * 31, "an invoice of another department", "' OR 1=1 --", "\x00"]
)
def test_a_receipt_of_a_message_that_is_not_ours_is_answered_like_any_other(
    callbacks: Callbacks, reference: str | None
) -> None:
    assert callbacks.says("delivered", callbacks.world.now, reference=reference).status_code == 204
    assert callbacks.kept() == []


def test_a_receipt_of_another_notification_under_our_reference_changes_nothing(callbacks: Callbacks) -> None:
    assert callbacks.says("delivered", callbacks.world.now, id="0" * 36).status_code == 204
    assert callbacks.kept() == []


def test_a_status_of_next_year_is_no_news_and_is_not_sent_again_and_again(callbacks: Callbacks) -> None:
    assert callbacks.says("carried-by-hand", callbacks.world.now).status_code == 204
    assert callbacks.kept() == []


def test_a_receipt_without_a_time_happened_when_it_came(callbacks: Callbacks) -> None:
    callbacks.says("sending", callbacks.world.now, completed_at=None)
    assert [at for _, at, _ in callbacks.kept()] == [callbacks.world.now]


def test_a_receipt_from_tomorrow_is_one_from_now(callbacks: Callbacks) -> None:
    callbacks.says("delivered", callbacks.world.now + timedelta(days=1))
    assert [at for _, at, _ in callbacks.kept()] == [callbacks.world.now]


def test_without_a_token_set_there_is_no_such_address(callbacks: Callbacks) -> None:
    config = callbacks.world.app.extensions["fv_config"]
    callbacks.world.app.extensions["fv_config"] = config.model_copy(
        update={"callback_token": type(config.callback_token)("")}
    )
    callbacks.world.app.extensions["fv_config"].__dict__.pop("sending", None)
    for token in (None, "", TOKEN):
        assert callbacks.says("delivered", callbacks.world.now, token=token).status_code == 404
    assert callbacks.kept() == []


def test_nobody_needs_to_be_signed_in_and_being_signed_in_is_no_help(callbacks: Callbacks) -> None:
    signed_in = callbacks.world.client("olive")
    answer = signed_in.post(ADDRESS, json=callbacks.notify.receipt(callbacks.sent))
    assert answer.status_code == 401
    assert "Cookie" not in answer.headers.get("Vary", "")  # none was read


def test_a_receipt_is_only_ever_posted(callbacks: Callbacks) -> None:
    browser = callbacks.world.app.test_client()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert browser.get(ADDRESS, headers=headers, base_url="http://localhost").status_code == 404
