"""What Notify's words mean in ours (STATUSES of messages/rules.py), in one table. Pure."""

from datetime import UTC, datetime
from typing import Any

from fieldvisit.messages.rules import Heard

# Notify's documented statuses. A letter is never 'delivered': Notify knows when it left the printer, and the notice
# rules count the days of the post from there.
OF_NOTIFY = {
    "created": "taken",
    "pending-virus-check": "taken",
    "accepted": "taken",  # a letter, at the printer's
    "sending": "sending",
    "pending": "sending",  # the phone has not answered yet
    "sent": "sending",  # abroad: nobody will ever say whether it came
    "delivered": "delivered",
    "received": "despatched",  # a letter: printed and posted
    "permanent-failure": "permanent-failure",
    "temporary-failure": "temporary-failure",
    "technical-failure": "technical-failure",
    "failed": "technical-failure",
    "virus-scan-failed": "technical-failure",
    "validation-failed": "technical-failure",
    "cancelled": "technical-failure",  # somebody stopped the letter at Notify: it is not in the post
    "returned-letter": "permanent-failure",
}


def status_of(said: str, kind: str) -> str | None:
    """kind: Notify's sms, email or letter. None: a word that Notify had not when this was written, no news of ours."""
    status = OF_NOTIFY.get(said)
    return "despatched" if status == "delivered" and kind == "letter" else status


def heard_of(notification: dict[str, Any]) -> Heard | None:
    """One notification as Notify tells it when it is asked. None where it says nothing that we can use."""
    status = status_of(str(notification.get("status")), str(notification.get("type")))
    happened = next(filter(None, map(notification.get, ("completed_at", "sent_at", "created_at"))), None)
    if status is None or not isinstance(happened, str):
        return None
    try:
        moment = datetime.fromisoformat(happened)
    except ValueError:
        return None
    return Heard(status, moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))
