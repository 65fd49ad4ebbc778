"""E-mail, to a real mail server on this machine: what it took, what it refused, and what it hung up on."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fieldvisit.messages.adapters import ask, send, smtp
from fieldvisit.messages.adapters.settings import Sending, Smtp
from fieldvisit.messages.outgoing import NeverError, NotNowError, Outgoing, Taken
from tests.stand_ins.smtp import PASSWORD, USER, SmtpStandIn

AT = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
LINK = "https://visits.melton.example/t/" + "aB3_dE6-hI9" * 3
BODY = (
    f"Asha Kaur comes on Wednesday.\n\nPytania? Zadzwoń. آپ کے گھر\n\n{LINK}\n.\nA line of one full stop stands above."
)
EMAIL = Outgoing(
    "0123456789abcdef0123456789abcdef", "email", "terry@tenant.example", "Wizyta w domu: środa", BODY, "pl"
)


@pytest.fixture
def server() -> Iterator[SmtpStandIn]:
    with SmtpStandIn() as standing_in:
        yield standing_in


@pytest.fixture
def sending(server: SmtpStandIn) -> Sending:
    sender = "Melton visits <visits@melton.example>"
    return Sending(email="smtp", smtp=Smtp("localhost", server.port, sender=sender, tls="none"))


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SmtpStandIn, Sending]]:
    with SmtpStandIn(secure=tmp_path) as standing_in:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))
        settings = Smtp("localhost", standing_in.port, USER, PASSWORD, "visits@melton.example")
        yield standing_in, Sending(email="smtp", smtp=settings)


def test_an_email_arrives_word_for_word_as_plain_text(server: SmtpStandIn, sending: Sending) -> None:
    assert send(EMAIL, sending, AT) == Taken("", AT)
    (got,) = server.ledger
    assert (got.get_content_type(), got.get_content_charset()) == ("text/plain", "utf-8")
    assert got.get_content().replace("\r\n", "\n").rstrip("\n") == BODY
    assert (got["Subject"], got["To"], got["Content-Language"]) == (EMAIL.subject, EMAIL.to, "pl")
    assert got["From"] == "Melton visits <visits@melton.example>"
    assert server.recipients == [EMAIL.to]


def test_sent_twice_it_has_the_same_message_id_and_that_is_our_reference(server: SmtpStandIn, sending: Sending) -> None:
    send(EMAIL, sending, AT)
    send(replace(EMAIL, again=True), sending, AT)
    assert {got["Message-ID"] for got in server.ledger} == {f"<{EMAIL.reference}@melton.example>"}


def test_a_subject_with_line_breaks_begins_no_header(server: SmtpStandIn, sending: Sending) -> None:
    send(replace(EMAIL, subject="A visit\r\nBcc: everybody@tenant.example"), sending, AT)
    (got,) = server.ledger
    assert got["Bcc"] is None
    assert got["Subject"] == "A visit Bcc: everybody@tenant.example"


@pytest.mark.parametrize(
    "to", ["", "terry", "terry@", "terry@tenant.example\nBcc: x@y.example", "a@b.example, c@d.example"]
)
def test_what_is_no_address_is_a_permanent_failure_and_no_connection(
    server: SmtpStandIn, sending: Sending, to: str
) -> None:
    with pytest.raises(NeverError) as refused:
        send(replace(EMAIL, to=to), sending, AT)
    assert refused.value.status == "permanent-failure"
    assert server.recipients == []


@pytest.mark.parametrize(
    ("word", "said", "status"),
    [
        ("RCPT", "550 No such mailbox", "permanent-failure"),
        ("DATA", "554 We do not take this", "technical-failure"),
        ("AFTER", "552 Too large", "technical-failure"),
    ],
)
def test_a_five_hundred_is_never(server: SmtpStandIn, sending: Sending, word: str, said: str, status: str) -> None:
    server.answers = {word: said}
    with pytest.raises(NeverError) as refused:
        send(EMAIL, sending, AT)
    assert refused.value.status == status
    assert EMAIL.to not in str(refused.value)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("RCPT", "450 Come back later"),
        ("RCPT", "421 Closing"),
        ("DATA", "451 Later"),
        ("RCPT", "drop"),
        ("DATA", "drop"),
    ],
)
def test_a_four_hundred_or_a_hang_up_is_not_now(server: SmtpStandIn, sending: Sending, word: str, said: str) -> None:
    server.answers = {word: said}
    with pytest.raises(NotNowError):
        send(EMAIL, sending, AT)


@pytest.mark.parametrize("said", ["drop", "500 I do not know that word"])
def test_a_server_that_says_no_goodbye_has_the_message_all_the_same(
    server: SmtpStandIn, sending: Sending, said: str
) -> None:
    server.answers = {"QUIT": said}
    assert send(EMAIL, sending, AT) == Taken("", AT)
    assert len(server.ledger) == 1


def test_no_server_is_not_now(sending: Sending) -> None:
    with pytest.raises(NotNowError):
        send(EMAIL, replace(sending, smtp=replace(sending.smtp, port=9)), AT)


def test_a_server_that_says_nothing_is_given_up_after_a_while(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port, began = silent.getsockname()[1], time.monotonic()
        with pytest.raises(NotNowError):
            send(EMAIL, replace(sending, smtp=replace(sending.smtp, host="127.0.0.1", port=port)), AT)
    assert time.monotonic() - began < 5


def test_it_is_encrypted_and_signed_in(secure: tuple[SmtpStandIn, Sending]) -> None:
    server, sending = secure
    send(EMAIL, sending, AT)
    assert (len(server.ledger), set(server.signed_in)) == (1, {USER})


def test_a_server_without_starttls_is_told_nothing(server: SmtpStandIn, sending: Sending) -> None:
    careful = replace(sending, smtp=replace(sending.smtp, tls="starttls", user=USER, password=PASSWORD))
    with pytest.raises(NeverError) as refused:
        send(EMAIL, careful, AT)
    assert (refused.value.status, server.ledger, server.signed_in) == ("technical-failure", [], [])


def test_a_certificate_that_nobody_vouches_for_is_told_nothing(
    secure: tuple[SmtpStandIn, Sending], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, sending = secure
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(NotNowError, match="SSLCertVerificationError"):
        send(EMAIL, sending, AT)
    assert (server.ledger, server.signed_in) == ([], [])


def test_a_wrong_password_is_a_technical_failure_that_names_no_password(secure: tuple[SmtpStandIn, Sending]) -> None:
    _server, sending = secure
    with pytest.raises(NeverError, match="535") as refused:
        send(EMAIL, replace(sending, smtp=replace(sending.smtp, password="wrong")), AT)
    assert refused.value.status == "technical-failure"
    assert "wrong" not in str(refused.value)


def test_a_mail_server_is_never_asked_what_became_of_it(sending: Sending) -> None:
    assert ask(EMAIL.reference, "", "email", sending) == []
