"""Calls at night: they go out, or the page says that they did not; until somebody opens the report."""

from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.messages.adapters.settings import Notify, Sending, Smtp
from fieldvisit.messages.outgoing import NeverError, NotNowError, Outgoing
from fieldvisit.vault import watch
from fieldvisit.vault.models import Page
from fieldvisit.vault.seeing import cases_of
from tests.services.test_vault import MIN, seen_by
from tests.services.test_vault_acts import called
from tests.vault_house import House
from tests.world import NOW

BOTH = Sending(notify=Notify(key="k", sms_template="t"), smtp=Smtp(host="mail.example", sender="safe@council.example"))


class Post:
    """Stands for both servers. away: neither answers; refuses: channels that take nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, house: House, way: str) -> None:
        self.went: list[Outgoing] = []
        self.away, self.refuses = False, set[str]()
        monkeypatch.setattr("fieldvisit.vault.watch.smtp.send", self.send)
        monkeypatch.setattr("fieldvisit.vault.watch.notify.send", self.send)
        monkeypatch.setattr(type(house.vault.config), "ways_of_sending", lambda _self: BOTH)
        house.vault.config.vault_pager = way

    def send(self, outgoing: Outgoing, sending: Sending, at: Any) -> None:
        if self.away:
            raise NotNowError("away")
        if outgoing.channel in self.refuses:
            raise NeverError("permanent-failure", "no such number")
        self.went.append(outgoing)

    def to(self) -> list[tuple[str, str]]:
        return [(one.channel, one.to) for one in self.went]


def page_says(house: House, ref: str) -> str:
    with house.vault.store.reading() as session:
        reader = session.get_one(watch.Reader, house.readers[ref])
        return " ".join(watch.say_calls(watch.calls_of(session, reader, cases_of(session, house.vault, reader))))


def test_a_safe_to_try_out_calls_nobody_and_never_says_that_it_did(house: House):
    house.enrol("lena")
    house.send()
    assert page_says(house, "lena") == ""
    assert watch.watch(house.vault, NOW + 15 * MIN) == 0
    said = page_says(house, "lena")
    assert "You were called" not in said and "Nobody was called" in said and "would have been called once" in said
    with house.vault.store.reading() as session:
        assert session.scalars(select(Page.sent_at)).all() == [None]


def test_the_page_says_called_of_what_went_out_and_what_could_not_be_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    post = Post(monkeypatch, house, "smtp")
    house.enrol("lena")
    house.send()
    post.away = True
    watch.watch(house.vault, NOW + 15 * MIN)
    assert "no call could be sent" in page_says(house, "lena") and "You were called" not in page_says(house, "lena")
    post.away = False
    watch.watch(house.vault, NOW + 16 * MIN)
    assert page_says(house, "lena").startswith("You were called once") and "no call" not in page_says(house, "lena")


def test_what_a_safe_to_try_out_did_not_send_does_not_go_when_it_learns_to(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    house.enrol("lena")
    house.send()
    watch.watch(house.vault, NOW + 15 * MIN)
    post = Post(monkeypatch, house, "smtp")
    watch.watch(house.vault, NOW + 16 * MIN)
    assert post.to() == []


def test_somebody_in_danger_now_calls_at_once(house: House, monkeypatch: pytest.MonkeyPatch):
    post = Post(monkeypatch, house, "smtp")
    house.enrol("lena", "dina", "dirk")
    house.send(danger="yes")
    watch.watch(house.vault, NOW)
    assert post.to() == [("email", "lena@council.example")]
    watch.watch(house.vault, NOW + 15 * MIN)
    watch.watch(house.vault, NOW + 60 * MIN)
    assert called(house) == ["lena", "dina", "dirk"]


def test_after_four_hours_all_are_called_every_hour_until_it_is_opened(house: House, monkeypatch: pytest.MonkeyPatch):
    post = Post(monkeypatch, house, "smtp")
    house.enrol("lena", "luca", "dina")
    case = house.case_of(house.send())
    for minutes in range(0, 301, 5):
        watch.watch(house.vault, NOW + minutes * MIN)
    assert len(post.went) == 3 + 3
    watch.watch(house.vault, NOW + 500 * MIN)
    assert len(post.went) == 9, "a watch that was away makes up for none"
    assert page_says(house, "lena").startswith("You were called 3 times")
    at = NOW + 505 * MIN
    house.open(house.staying("dina", at), "dina", case, at)
    watch.watch(house.vault, NOW + 570 * MIN)
    watch.watch(house.vault, NOW + 630 * MIN)
    assert len(post.went) == 9 and page_says(house, "lena") == ""


def test_a_text_message_goes_to_their_phone_and_a_mail_where_none_can(house: House, monkeypatch: pytest.MonkeyPatch):
    post = Post(monkeypatch, house, "notify")
    house.enrol("lena")
    house.send()
    watch.watch(house.vault, NOW + 15 * MIN)
    assert [channel for channel, _ in post.to()] == ["sms"] and post.went[0].to.startswith("07700 900")
    assert post.went[0].body == watch.TEXT
    post.refuses = {"sms"}
    house.send()
    watch.watch(house.vault, NOW + 15 * MIN)
    assert post.to()[1:] == [("email", "lena@council.example")]


# --- all leads named (N1) -------------------------------------------------------------------------------------------


def test_with_all_leads_named_the_contact_outside_is_told_who_can_open_it(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    post = Post(monkeypatch, house, "smtp")
    house.enrol("lena", "dina", "dirk", "opal")
    case = house.case_of(house.send(named_staff="Lena and Dina"))
    assert seen_by(house, "dirk") == seen_by(house, "opal") == [case]
    watch.watch(house.vault, NOW + 15 * MIN)
    outside = house.vault.policy.safeguarding.outside_email.value
    assert {to for _, to in post.to()} == {outside, "dirk@council.example", "opal@council.example"}
    [told] = [one.body for one in post.went if one.to == outside]
    assert "Dirk Hallam, 07700 900" in told and "Opal Strand, 07700 900" in told
    assert not any(word in told.lower() for word in ("safeguard", "report", "lena", "dina"))


def test_where_nobody_can_open_it_the_contact_outside_is_told_that(house: House, monkeypatch: pytest.MonkeyPatch):
    post = Post(monkeypatch, house, "smtp")
    house.enrol("lena", "dina")
    house.send(named_staff="Lena and Dina")
    watch.watch(house.vault, NOW + 15 * MIN)
    [told] = post.went
    assert told.body == watch.NOBODY_CAN and told.to == house.vault.policy.safeguarding.outside_email.value
