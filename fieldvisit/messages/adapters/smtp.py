"""E-mail by SMTP. A mail server says that it took a message, and never whether it came: nothing is ever 'delivered'.

Nor can it be asked whether it has a message already: the same Message-ID each time is all that we can give, and a
connection that broke in the one moment between the message and the answer may mean two of it.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from fieldvisit.messages.adapters.settings import Sending, Smtp
from fieldvisit.messages.outgoing import NeverError, NotNowError, Outgoing, Taken

TIMEOUT_S = 15


def send(outgoing: Outgoing, sending: Sending, at: datetime) -> Taken:
    """Taken when the server has answered that it has it. Raises NotNowError, NeverError."""
    settings = sending.smtp
    message = written(outgoing, settings, at)
    with _troubles(), _connected(settings) as server:
        server.send_message(message)
    return Taken("", at)


def written(outgoing: Outgoing, settings: Smtp, at: datetime) -> EmailMessage:
    """The e-mail: plain text. Raises NeverError for an address that is none."""
    _name, ours = parseaddr(settings.sender)
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{outgoing.reference}@{ours.rpartition('@')[2]}>"
    message["Date"] = format_datetime(at)
    message["From"] = settings.sender
    message["To"] = _address(outgoing.to)
    message["Subject"] = " ".join(outgoing.subject.split())  # a line break would begin a header of its own
    message["Auto-Submitted"] = "auto-generated"  # so that no machine answers us that its owner is away
    message.set_content(outgoing.body, subtype="plain", charset="utf-8", cte="quoted-printable")
    message["Content-Language"] = outgoing.language  # after the content, which sweeps away such headers
    return message


def _address(written_down: str) -> Address:
    try:
        return Address(addr_spec=written_down)
    except Exception as error:  # the standard library's parser breaks in many ways on what is none
        raise NeverError("permanent-failure", "This is not an e-mail address.") from error


@contextmanager
def _connected(settings: Smtp) -> Iterator[smtplib.SMTP]:
    secure = ssl.create_default_context()
    if settings.tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_S, context=secure)
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
    try:
        if settings.tls == "starttls":
            server.starttls(context=secure)
        if settings.user:
            server.login(settings.user, settings.password)
        yield server
        with suppress(OSError, smtplib.SMTPException):
            server.quit()  # it has the message: how it says goodbye changes nothing
    finally:
        server.close()


@contextmanager
def _troubles() -> Iterator[None]:
    """What went wrong, in the two words that the worker knows. No reason carries an address."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise _of_code(next(iter(error.recipients.values()))[0], "permanent-failure", "the address") from error
    except smtplib.SMTPNotSupportedError as error:
        # No encryption, no sign-in or no foreign letters: it will not have them tomorrow.
        raise NeverError("technical-failure", "The mail server cannot do what is asked of it.") from error
    except smtplib.SMTPConnectError as error:
        raise NotNowError(f"The mail server answered {error.smtp_code}.") from error
    except smtplib.SMTPResponseException as error:  # of the sender, the sign-in or the text
        raise _of_code(error.smtp_code, "technical-failure", "the message") from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotNowError(f"The mail server could not be reached: {type(error).__name__}.") from error


def _of_code(code: int, status: str, what: str) -> Exception:
    if 500 <= code < 600:
        return NeverError(status, f"The mail server refused {what}: {code}.")
    return NotNowError(f"The mail server answered {code}.")
