"""GOV.UK Notify, spoken to as its documentation says: once each, whatever goes wrong between, and never in doubt."""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from fieldvisit.messages.adapters import ask, notify, send
from fieldvisit.messages.adapters.settings import Notify, Sending
from fieldvisit.messages.adapters.statuses import OF_NOTIFY, heard_of, status_of
from fieldvisit.messages.letter import LetterHead
from fieldvisit.messages.outgoing import NeverError, NotNowError, Outgoing, Taken
from fieldvisit.messages.rules import STATUSES, Heard
from tests.stand_ins.notify import EMAIL_TEMPLATE, SMS_TEMPLATE, NotifyStandIn

AT = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=7)
REFERENCE = "0123456789abcdef0123456789abcdef"
SMS = Outgoing(REFERENCE, "sms", "+447700900101", "A visit to your home", "Asha Kaur comes on Wednesday. Ząb, اردو.")
EMAIL = replace(SMS, channel="email", to="terry@tenant.example")
LETTER = replace(SMS, channel="letter_first_class", to="Terry Moss\n1 Larch Close\nLE13 9AA", body="Asha Kaur comes.")


@pytest.fixture(autouse=True)
def no_way_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr(notify, "TIMEOUT_S", 0.4)


@pytest.fixture
def provider() -> Iterator[NotifyStandIn]:
    with NotifyStandIn() as server:
        yield server


@pytest.fixture
def sending(provider: NotifyStandIn) -> Sending:
    settings = Notify(provider.key, provider.url, SMS_TEMPLATE, EMAIL_TEMPLATE)
    return Sending("notify", "notify", "notify", settings, head=LetterHead("Melton Borough Council", "01664 502 502"))


# --- what goes out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outgoing", [SMS, EMAIL], ids=["sms", "email"])
def test_a_message_arrives_word_for_word_under_our_reference(
    provider: NotifyStandIn, sending: Sending, outgoing: Outgoing
) -> None:
    taken = send(outgoing, sending, AT)
    (sent,) = provider.ledger
    assert taken == Taken(sent.id, AT)
    assert (sent.kind, sent.to, sent.body, sent.reference) == (outgoing.channel, outgoing.to, outgoing.body, REFERENCE)
    assert sent.subject == (outgoing.subject if outgoing is EMAIL else "")


@pytest.mark.parametrize(("channel", "postage"), [("letter_first_class", "first"), ("letter_second_class", "second")])
def test_a_letter_goes_as_a_pdf_with_its_postage(
    provider: NotifyStandIn, sending: Sending, channel: str, postage: str
) -> None:
    send(replace(LETTER, channel=channel), sending, AT)
    (sent,) = provider.ledger
    assert (sent.pdf[:5], sent.postage, sent.reference) == (b"%PDF-", postage, REFERENCE)


def test_a_letter_that_no_font_can_set_is_never_handed_over(provider: NotifyStandIn, sending: Sending) -> None:
    with pytest.raises(NeverError, match="no font") as refused:
        send(replace(LETTER, language="ur", body="آپ کے گھر"), sending, AT)
    assert (refused.value.status, provider.ledger) == ("technical-failure", [])


# --- once -----------------------------------------------------------------------------------------------------------


def test_a_provider_that_times_out_after_accepting_has_the_message_once(
    provider: NotifyStandIn, sending: Sending
) -> None:
    provider.faults = ["accepts-then-silent"]
    with pytest.raises(NotNowError):
        send(SMS, sending, AT)
    taken = send(replace(SMS, again=True), sending, LATER)
    assert [sent.id for sent in provider.ledger] == [taken.provider_id]


def test_one_that_fell_silent_before_accepting_gets_it_the_second_time(
    provider: NotifyStandIn, sending: Sending
) -> None:
    provider.faults = ["silent"]
    with pytest.raises(NotNowError):
        send(SMS, sending, AT)
    send(replace(SMS, again=True), sending, LATER)
    assert len(provider.ledger) == 1


def test_another_message_under_another_reference_is_not_taken_for_ours(
    provider: NotifyStandIn, sending: Sending
) -> None:
    send(replace(SMS, reference="f" * 32), sending, AT)
    send(replace(SMS, again=True), sending, AT)
    assert [sent.reference for sent in provider.ledger] == ["f" * 32, REFERENCE]


def test_where_it_cannot_be_asked_whether_it_has_it_nothing_is_sent_on_the_chance(
    provider: NotifyStandIn, sending: Sending
) -> None:
    provider.faults_of_asking = ["500"]
    with pytest.raises(NotNowError):
        send(replace(SMS, again=True), sending, AT)
    assert provider.ledger == []


# --- what goes wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["500", "503", "429", "silent", "no-json", "empty-json"])
def test_trouble_on_its_side_means_try_again(provider: NotifyStandIn, sending: Sending, fault: str) -> None:
    provider.faults, began = [fault], time.monotonic()
    with pytest.raises(NotNowError):
        send(SMS, sending, AT)
    assert time.monotonic() - began < 5


def test_a_provider_that_is_not_there_means_try_again(sending: Sending) -> None:
    away = replace(sending, notify=replace(sending.notify, url="http://127.0.0.1:9"))
    with pytest.raises(NotNowError, match="503"):
        send(SMS, away, AT)


@pytest.mark.parametrize("outgoing", [SMS, EMAIL], ids=["sms", "email"])
def test_a_recipient_that_cannot_be_is_a_permanent_failure(
    provider: NotifyStandIn, sending: Sending, outgoing: Outgoing
) -> None:
    provider.bad_recipients = {outgoing.to}
    with pytest.raises(NeverError) as refused:
        send(outgoing, sending, AT)
    assert refused.value.status == "permanent-failure"
    assert outgoing.to not in str(refused.value)


def test_a_service_in_trial_mode_is_our_trouble_and_not_the_tenants(provider: NotifyStandIn, sending: Sending) -> None:
    provider.trial_mode = True
    with pytest.raises(NeverError) as refused:
        send(SMS, sending, AT)
    assert refused.value.status == "technical-failure"


def test_a_template_that_is_not_there_is_a_technical_failure(sending: Sending) -> None:
    wrong = replace(sending, notify=replace(sending.notify, sms_template=EMAIL_TEMPLATE))
    with pytest.raises(NeverError) as refused:
        send(SMS, wrong, AT)
    assert refused.value.status == "technical-failure"


def test_a_wrong_key_is_a_technical_failure(provider: NotifyStandIn, sending: Sending) -> None:
    wrong = replace(sending, notify=replace(sending.notify, key=f"{provider.key[:-1]}f"))
    with pytest.raises(NeverError, match="403") as refused:
        send(SMS, wrong, AT)
    assert refused.value.status == "technical-failure"
    assert provider.refused == ["Invalid token: API key not found"]


def test_the_stand_in_checks_the_clock_as_notify_does(provider: NotifyStandIn, sending: Sending) -> None:
    """The sister: a stand-in that let every token in would prove nothing."""
    token = ""
    with time_machine.travel(AT, tick=False):
        from notifications_python_client.authentication import create_jwt_token

        token = create_jwt_token(provider.key[-36:], provider.key[-73:-37])
        assert provider.may(f"Bearer {token}") == ""
    with time_machine.travel(AT + timedelta(seconds=30), tick=False):
        assert provider.may(f"Bearer {token}") == ""
    with time_machine.travel(AT + timedelta(seconds=31), tick=False):
        assert "30 seconds" in provider.may(f"Bearer {token}")
    assert provider.may("") and provider.may("Bearer a.b.c") and provider.may(f"Basic {token}")


def test_nothing_about_the_tenant_is_logged(
    provider: NotifyStandIn, sending: Sending, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.bad_recipients = {SMS.to}
    for outgoing in (SMS, EMAIL, replace(EMAIL, again=True)):
        try:
            send(outgoing, sending, AT)
        except NeverError:
            continue
    assert caplog.text
    assert not any(said in caplog.text for said in (SMS.to, SMS.to[1:], EMAIL.to, "Asha", sending.notify.key[-36:]))


# --- what is heard --------------------------------------------------------------------------------------------------


def test_it_is_asked_what_became_of_a_message(provider: NotifyStandIn, sending: Sending) -> None:
    taken = send(SMS, sending, AT)
    provider.happens(REFERENCE, "delivered", LATER)
    assert ask(REFERENCE, taken.provider_id, "sms", sending) == [Heard("delivered", LATER)]


def test_what_it_does_not_know_is_nothing_heard(provider: NotifyStandIn, sending: Sending) -> None:
    assert ask(REFERENCE, "", "sms", sending) == []
    send(SMS, sending, AT)
    assert ask(REFERENCE, "of-another-message", "sms", sending) == []


def test_a_provider_that_does_not_answer_the_question_means_try_again(
    provider: NotifyStandIn, sending: Sending
) -> None:
    provider.faults_of_asking = ["silent"]
    with pytest.raises(NotNowError):
        ask(REFERENCE, "", "sms", sending)


def test_a_question_that_is_refused_says_nothing_of_the_message(sending: Sending) -> None:
    wrong = replace(sending, notify=replace(sending.notify, key=f"{sending.notify.key[:-1]}f"))
    with pytest.raises(NotNowError, match="403"):
        ask(REFERENCE, "", "sms", wrong)


def test_a_letter_that_was_printed_and_posted_is_despatched_and_never_delivered(
    provider: NotifyStandIn, sending: Sending
) -> None:
    send(LETTER, sending, AT)
    assert ask(REFERENCE, "", LETTER.channel, sending)[0].status == "taken"
    provider.happens(REFERENCE, "received", LATER)
    assert ask(REFERENCE, "", LETTER.channel, sending) == [Heard("despatched", LATER)]
    assert status_of("delivered", "letter") == "despatched"


def test_every_documented_status_has_a_meaning_of_ours() -> None:
    assert set(OF_NOTIFY.values()) <= set(STATUSES)
    assert {said for said, ours in OF_NOTIFY.items() if ours == "delivered"} == {"delivered"}
    assert status_of("sent", "sms") == "sending"  # abroad: no proof will come
    assert status_of("a word of next year", "sms") is None


@pytest.mark.parametrize(
    "told",
    [
        {"status": "a word of next year", "type": "sms", "created_at": "2026-12-08T09:00:00.000000Z"},
        {"status": "delivered", "type": "sms", "completed_at": "yesterday"},
        {"status": "delivered", "type": "sms"},
        {},
    ],
)
def test_what_cannot_be_read_is_nothing_heard(told: dict[str, str]) -> None:
    assert heard_of(told) is None
