"""What a message to a tenant says: the kinds, the parts that are filled in, our standard texts, and composing. Pure.

What a council may save in place of ours is judged in `texts_rules`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from hashlib import sha256
from types import MappingProxyType
from unicodedata import bidirectional

from fieldvisit.ground.languages import offered
from fieldvisit.messages.saying import pictures, say_clock, say_day, say_sign, say_window, sign_typed, standard_file

CHANNELS = ("sms", "email", "letter")
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "notice": "Notice of a visit",
        "confirmation": "Confirmation of what was said aloud",
        "change_of_worker": "Somebody else is coming",
        "moved": "The visit is at another time",
        "cancelled": "The visit is cancelled",
        "reminder": "Reminder",
        "on_the_way": "The worker is on the way",
        "late": "The worker is running late",
        "summary": "What was done",
        "access_ask": "Asking again after a visit that could not be",
        "access_again": "Asking once more",
        "access_legal": "What may follow, once a manager has signed it off",
        "entered": "We went into your home",
        "call_us": "Please call us, and nothing else",
        "test": "Test message",
    }
)
# Each part, and what it stands for, as an editor of texts reads it.
PARTS: Mapping[str, str] = MappingProxyType(
    {
        "council": "the council’s name",
        "phone": "the council’s telephone number",
        "who": "who is coming, by the name that is on the badge",
        "firm": "the firm that they come from",
        "why": "why the visit is needed",
        "day": "the day of the visit",
        "window": "the time of the visit, from and until",
        "word": "the tenant’s own doorstep word, number or picture",
        "link": "the tenant’s own page: who is coming with a photo, another time, saying no, complaining",
        "reference": "the visit reference, eight letters and numbers to read out on the phone",
        "address_line": "the first line of the address (letters only)",
    }
)
ONLY_IN_LETTERS = frozenset({"address_line"})
PART = re.compile(r"\(\(\s*([a-z_]+)\s*\)\)")
LINK = "((link))"
_NEITHER = re.compile(r"\({2,}|\){2,}")
_FIRST_STRONG, _END = "\u2068", "\u2069"  # what stands between is laid out by itself, whichever way the text runs


@dataclass(frozen=True, slots=True)
class Wording:
    """One text with its parts still open. digest: SHA-256 of subject and body, which a message keeps."""

    subject: str
    body: str
    digest: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the parts stand for, said in the language of the text: day and window by `say_day` and `say_window`, word
    by `say_sign`. Empty: not known. link None: filled in when the message goes out (`fill_link`)."""

    council: str
    phone: str
    firm: str = ""
    who: str = ""
    why: str = ""
    day: str = ""
    window: str = ""
    link: str | None = None
    reference: str = ""
    word: str = ""
    address_line: str = ""


class PartMissingError(ValueError):
    """A text asks for what is not known. A message with a blank in it never goes out."""

    def __init__(self, part: str) -> None:
        super().__init__(f"The text needs (({part})), and it is not known.")
        self.part = part


def wording(subject: str, body: str) -> Wording:
    """With lines and blanks as a message keeps them, so that the same text has the same digest from any browser."""
    subject = " ".join(subject.split())
    lines = [line.rstrip() for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return Wording(subject, body, sha256(f"{subject}\n\n{body}".encode()).hexdigest())


@cache
def standard(kind: str, channel: str, language: str) -> Wording:
    """Our own text; in English where we have not that language. Raises KeyError for a kind or channel that is none."""
    data = standard_file(offered(language))
    text, paragraphs = data[kind][channel], data["paragraphs"]
    body = text["body"]
    if isinstance(body, list):
        body = "\n\n".join(paragraphs[name].strip() for name in body)
    return wording(text.get("subject", ""), body)


def compose(text: Wording, facts: Facts) -> tuple[str, str]:
    """Subject and body with every part filled in, except the link where it is not known yet.

    What is filled in is never read for parts again. In a text that runs from right to left, a number or a name that
    does not is set apart, so that its figures stay in order. Raises PartMissingError, and KeyError for no part of ours.
    """
    values = {each.name: getattr(facts, each.name) for each in fields(facts)}
    set_apart = _set_apart if _runs_left(PART.sub("", text.body)) else str

    def fill(found: re.Match[str]) -> str:
        part = found[1]
        value = values[part]
        if value is None:
            return LINK
        value = " ".join(_NEITHER.sub(lambda many: many[0][0], value).split())
        if not value:
            raise PartMissingError(part)
        value = value.rstrip(".") if part == "why" else value
        return value if part == "link" else set_apart(value)

    return PART.sub(fill, text.subject), PART.sub(fill, text.body)


def fill_link(body: str, address: str) -> str:
    """The body as it goes out. address: of the tenant's own page; not kept anywhere."""
    return body.replace(LINK, address)


def _set_apart(value: str) -> str:
    return value if _runs_left(value) else f"{_FIRST_STRONG}{value}{_END}"


def _runs_left(text: str) -> bool:
    """Has it letters of a script that runs from right to left?"""
    return any(bidirectional(letter) in ("R", "AL") for letter in text)


# --- how long a text to a phone is --------------------------------------------------------------------------------

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_PAIRS = frozenset("^{}\\[~]|€")


def segments(text: str) -> int:
    """How many texts to a phone a network makes of it: 160 letters of the GSM alphabet, or 70 of any other, each;
    a few fewer where there are several."""
    if all(letter in _GSM or letter in _GSM_PAIRS for letter in text):
        length, one, of_many = sum(2 if letter in _GSM_PAIRS else 1 for letter in text), 160, 153
    else:
        length, one, of_many = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= one else -(-length // of_many)


__all__ = [
    "CHANNELS", "KINDS", "LINK", "ONLY_IN_LETTERS", "PART", "PARTS", "Facts", "PartMissingError", "Wording", "compose",
    "fill_link", "pictures", "say_clock", "say_day", "say_sign", "say_window", "segments", "sign_typed", "standard",
    "wording",
]  # fmt: skip
