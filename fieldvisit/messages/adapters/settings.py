"""Which provider a council sends through, and what that provider needs. Pure: `config.py` reads it from outside."""

import re
from dataclasses import dataclass, field

from fieldvisit.messages.letter import LetterHead

SMS = ("screen", "notify")
EMAIL = ("screen", "smtp", "notify")
LETTER = ("screen", "print", "notify")
LEAST_TOKEN = 24  # characters: whoever knows the token can say that a message was delivered
ON_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_NOTIFY_KEY = re.compile(r".*" + "-".join([r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"] * 2))


@dataclass(frozen=True, slots=True)
class Notify:
    """key: name, service and secret in one, as Notify gives it. url: empty for Notify's own.

    Both templates are Notify's: one for texts whose whole text is ((body)), one for e-mails with the subject ((subject))
    and the text ((body)). Letters need none: they go as PDF.
    """

    key: str = field(default="", repr=False)
    url: str = ""
    sms_template: str = ""
    email_template: str = ""
    callback_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Smtp:
    """tls: starttls, tls (from the first byte), none (a mail server on this machine alone). sender: as in From."""

    host: str = ""
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    tls: str = "starttls"


@dataclass(frozen=True, slots=True)
class Sending:
    """The default needs nothing: all is kept for the screen, and nothing leaves."""

    sms: str = "screen"
    email: str = "screen"
    letter: str = "screen"
    notify: Notify = field(default_factory=Notify)
    smtp: Smtp = field(default_factory=Smtp)
    head: LetterHead = field(default_factory=LetterHead)

    @property
    def ways_out(self) -> tuple[str, ...]:
        """By which of texts and e-mails somebody can be called: what is kept for the screen calls nobody."""
        return tuple(name for name in ("sms", "email") if getattr(self, name) != "screen")

    def provider_of(self, channel: str) -> str:
        """Who takes messages of this channel: sms, email, letter_first_class, letter_second_class."""
        way = "letter" if channel.startswith("letter") else channel
        if way not in ("sms", "email", "letter"):
            raise ValueError(f"{channel!r} is not a channel that messages go out by")
        chosen: str = getattr(self, way)
        return chosen


def what_is_missing(sending: Sending) -> list[str]:
    """A sentence for each thing that a chosen provider needs and has not got, with the variable to set."""
    notify, smtp = sending.notify, sending.smtp
    by_notify = "notify" in (sending.sms, sending.email, sending.letter)
    by_smtp = sending.email == "smtp"
    wanted = {
        "FIELDVISIT_NOTIFY_KEY is missing: something is sent through Notify.": by_notify and not notify.key,
        "FIELDVISIT_NOTIFY_KEY is not a key of Notify: it ends in two long ids. Copy it again.":
            by_notify and bool(notify.key) and not _NOTIFY_KEY.fullmatch(notify.key),
        "FIELDVISIT_NOTIFY_SMS_TEMPLATE is missing: texts go through Notify. Its text is ((body)).":
            sending.sms == "notify" and not notify.sms_template,
        "FIELDVISIT_NOTIFY_EMAIL_TEMPLATE is missing: e-mails go through Notify. It has ((subject)) and ((body)).":
            sending.email == "notify" and not notify.email_template,
        f"FIELDVISIT_CALLBACK_TOKEN is too short: use {LEAST_TOKEN} random characters or more.":
            0 < len(notify.callback_token) < LEAST_TOKEN,
        "FIELDVISIT_SMTP_HOST is missing: e-mails go by SMTP.": by_smtp and not smtp.host,
        "FIELDVISIT_SMTP_FROM is missing or no address: it is where answers to our e-mails would go.":
            by_smtp and "@" not in smtp.sender,
        "FIELDVISIT_SMTP_PASSWORD is missing: FIELDVISIT_SMTP_USER is set.":
            by_smtp and bool(smtp.user) and not smtp.password,
        "FIELDVISIT_SMTP_USER is missing: FIELDVISIT_SMTP_PASSWORD is set.":
            by_smtp and bool(smtp.password) and not smtp.user,
        "FIELDVISIT_SMTP_TLS may be none only for a mail server on this machine. Use starttls or tls.":
            by_smtp and smtp.tls == "none" and smtp.host not in ON_THIS_MACHINE,
    }  # fmt: skip
    return [sentence for sentence, is_so in wanted.items() if is_so]
