"""The ways that messages go out, behind two functions: `send` hands one over, `ask` hears what became of it."""

from datetime import datetime

from fieldvisit.messages.adapters import notify, print_letters, screen, smtp
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.outgoing import Outgoing, Taken
from fieldvisit.messages.rules import Heard

_SEND = {"screen": screen.send, "smtp": smtp.send, "notify": notify.send, "print": print_letters.send}


def send(outgoing: Outgoing, sending: Sending, at: datetime) -> Taken:
    """Hands one message to the provider of its channel.

    Raises NotNowError (try again; whether it went is not known) or NeverError (it will not go; tell a person).
    """
    return _SEND[sending.provider_of(outgoing.channel)](outgoing, sending, at)


def ask(reference: str, provider_id: str, channel: str, sending: Sending) -> list[Heard]:
    """What the provider says became of it: [] where it cannot be asked, or does not know it. Raises NotNowError."""
    if sending.provider_of(channel) != "notify":
        return []
    return notify.ask(reference, provider_id, sending)
