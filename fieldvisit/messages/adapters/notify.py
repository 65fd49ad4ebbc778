"""GOV.UK Notify, by its own client: texts, e-mails, and letters as PDF.

Notify does not make a reference unique: two requests with one reference are two messages. So a message that may have
been handed over before is looked for first, and what is found there is handed back: that is what makes it once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from io import BytesIO
from typing import Any

from fieldvisit.messages.adapters.settings import Notify, Sending
from fieldvisit.messages.adapters.statuses import heard_of
from fieldvisit.messages.letter import letter_pdf
from fieldvisit.messages.outgoing import NeverError, NotNowError, Outgoing, Taken
from fieldvisit.messages.rules import Heard

TIMEOUT_S = 15
POSTAGE = {"letter_first_class": "first", "letter_second_class": "second"}
RECIPIENT_FIELDS = ("phone_number", "email_address")  # a refusal begins with the field that it is about


def send(outgoing: Outgoing, sending: Sending, at: datetime) -> Taken:
    """Raises NotNowError, NeverError."""
    pdf = letter_pdf(outgoing, sending.head, at) if outgoing.channel in POSTAGE else b""
    with _client(sending.notify) as client, _troubles():
        if outgoing.again and (known := client.get_all_notifications(reference=outgoing.reference)["notifications"]):
            return Taken(known[-1]["id"], at)  # the newest stands first; were there two, the first one counts
        return Taken(_hand_over(client, outgoing, sending.notify, pdf)["id"], at)


def ask(reference: str, provider_id: str, sending: Sending) -> list[Heard]:
    """What Notify says became of it; [] where it does not know it (it forgets after seven days). Raises NotNowError."""
    try:
        with _client(sending.notify) as client, _troubles():
            found = client.get_all_notifications(reference=reference)["notifications"]
            ours = [heard_of(each) for each in found if provider_id in ("", each["id"])]
    except NeverError as error:  # it refuses the question; that says nothing of the message
        raise NotNowError(str(error)) from error
    return [heard for heard in ours if heard]


def _hand_over(client: Any, outgoing: Outgoing, settings: Notify, pdf: bytes) -> Any:
    if outgoing.channel == "sms":
        words = {"body": outgoing.body}
        return client.send_sms_notification(outgoing.to, settings.sms_template, words, outgoing.reference)
    if outgoing.channel == "email":
        words = {"subject": outgoing.subject, "body": outgoing.body}
        return client.send_email_notification(outgoing.to, settings.email_template, words, outgoing.reference)
    return client.send_precompiled_letter_notification(outgoing.reference, BytesIO(pdf), POSTAGE[outgoing.channel])


@contextmanager
def _client(settings: Notify) -> Iterator[Any]:
    maker = import_module("notifications_python_client").NotificationsAPIClient  # an extra: only here
    address = {"base_url": settings.url} if settings.url else {}
    client = maker(settings.key, timeout=TIMEOUT_S, **address)
    try:
        yield client
    finally:
        client.request_session.close()


@contextmanager
def _troubles() -> Iterator[None]:
    """What went wrong, in the two words that the worker knows. No reason carries what was sent, or to whom."""
    errors = import_module("notifications_python_client.errors")
    try:
        yield
    except errors.InvalidResponse as error:
        raise NotNowError("Notify's answer could not be read.") from error
    except errors.HTTPError as error:  # no answer at all is 503 here
        code = error.status_code
        if code in (408, 425, 429) or not 400 <= code < 500:
            raise NotNowError(f"Notify answered {code}.") from error
        if code == 400 and _about_the_recipient(error.message):
            raise NeverError("permanent-failure", "Notify says that nobody can be reached there.") from error
        raise NeverError("technical-failure", f"Notify refused the message: {code}.") from error
    except (KeyError, TypeError) as error:
        raise NotNowError("Notify's answer was not in its documented form.") from error


def _about_the_recipient(errors: Any) -> bool:
    said = (
        [str(each.get("message", "")) for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    )
    return any(message.startswith(RECIPIENT_FIELDS) for message in said)
