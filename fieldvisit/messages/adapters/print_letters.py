"""Letters that people here print, put in an envelope and post. That it was posted is said by the person who did."""

from datetime import datetime

from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.letter import insist_on_letters
from fieldvisit.messages.outgoing import Outgoing, Taken


def send(outgoing: Outgoing, sending: Sending, at: datetime) -> Taken:
    """Taken: it waits at the desk as a PDF. NeverError at once where nobody could print it."""
    insist_on_letters(outgoing, sending.head)
    return Taken("", at)
