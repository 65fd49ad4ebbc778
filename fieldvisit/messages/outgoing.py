"""What goes to a provider and what comes back: the seam between the worker and the adapters. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, ready: the tenant's own link is in it. reference: ours; with it a provider sends once.

    to: +44..., an e-mail address, or the lines of an address. body: plain text, paragraphs between empty lines.
    look: plain, large_print, easy_read: how a letter is set. again: it may have been handed over before. headings: first
    lines of paragraphs that a letter sets as headings.
    """

    reference: str
    channel: str
    to: str
    subject: str
    body: str
    language: str = "en"
    look: str = "plain"
    again: bool = False
    headings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Taken:
    """The provider has it. provider_id: its own name for it, empty where it has none. at: aware UTC."""

    provider_id: str
    at: datetime


class NotNowError(Exception):
    """The provider did not answer, or said: later. Whether it has the message is not known. Try again."""


class NeverError(Exception):
    """The provider will not send this, now or later. `status`: permanent-failure or technical-failure (ours)."""

    def __init__(self, status: str, why: str) -> None:
        super().__init__(why)
        self.status = status
