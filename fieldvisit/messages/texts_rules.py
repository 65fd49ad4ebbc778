"""May a council save this text? It may say it in its own words, but may leave nothing out that the tenant needs. Pure.

NR-15: a notice that does not say who, why and when does not count, and it must carry how to check the caller, our
number, and how to rearrange and complain. The tenant's page, behind the link, shows the last three; the word and the
number are how to check.
"""

from collections.abc import Mapping
from types import MappingProxyType

from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict
from fieldvisit.messages.texts import CHANNELS, KINDS, ONLY_IN_LETTERS, PART, PARTS, segments
from fieldvisit.messages.threats import NEVER_THREATENS, legal_words_in

NR_15 = Clause("Notice rule", "NR-15")
LONGEST_SUBJECT = 120
LONGEST_BODY: Mapping[str, int] = MappingProxyType({"sms": 612, "email": 6000, "letter": 6000})
NOT_IN_A_SUBJECT = frozenset({"link", "word", "reference", "why"})  # a subject is read over a shoulder
CONTENT_FREE: Mapping[str, frozenset[str]] = MappingProxyType({"call_us": frozenset({"council", "phone"})})
WHO_WHY_WHEN = ("who", "why", "day", "window")

_GIVES_NOTICE = (*WHO_WHY_WHEN, "word", "phone", "link")
_OF_KIND: Mapping[str, tuple[str, ...]] = {
    "notice": _GIVES_NOTICE,
    "confirmation": _GIVES_NOTICE,
    "moved": _GIVES_NOTICE,
    "change_of_worker": ("who", "day", "window", "phone", "link"),
    "reminder": ("who", "day", "window", "phone", "link"),
    "cancelled": ("day", "phone"),
    "on_the_way": ("who", "phone"),
    "late": ("who", "phone"),
    "summary": ("link", "phone"),
    "access_ask": ("day", "phone"),
    "access_again": ("why", "phone"),
    "access_legal": ("why", "phone"),
    "entered": ("phone", "link"),
    "call_us": ("council", "phone"),
    "test": (),
}
# Nobody types the link of a letter by hand: its reference is what is read out on the phone.
REQUIRED: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        (kind, channel): (
            *_OF_KIND[kind],
            *(("reference",) if channel == "letter" and "word" in _OF_KIND[kind] else ()),
        )
        for kind in KINDS
        for channel in CHANNELS
    }
)
_SAYS: Mapping[str, str] = {
    "who": "who is coming",
    "why": "why",
    "day": "on which day",
    "window": "at what time",
    "word": "the tenant’s doorstep word",
    "phone": "our telephone number",
    "link": "where the tenant’s own page is",
    "reference": "the visit reference",
    "council": "who we are",
}


def parts_of(text: str) -> tuple[str, ...]:
    """Every name between double brackets, as it stands, each once."""
    return tuple(dict.fromkeys(PART.findall(text)))


def missing_parts(kind: str, channel: str, body: str) -> tuple[str, ...]:
    used = set(parts_of(body))
    return tuple(part for part in REQUIRED[kind, channel] if part not in used)


def unknown_parts(body: str) -> tuple[str, ...]:
    return tuple(part for part in parts_of(body) if part not in PARTS)


def may_save_text(kind: str, channel: str, subject: str, body: str, clause: Clause = NR_15) -> Verdict:
    """clause: where this council's code asks for who, why and when (Melton: ME-3.1b).

    Refuses: text-empty, subject-empty, text-too-long, subject-too-long, parts-unknown, brackets, parts-not-here,
    subject-says-too-much, says-too-much, parts-missing, threatens.
    """
    findings = (
        _is_there(channel, subject, body),
        _parts_are_ours(channel, subject, body),
        _says_too_much(kind, subject, body),
        _says_too_little(kind, channel, body, clause),
        _threatens(kind, subject, body),
    )
    return next((found for found in findings if found is not None), Allowed())


def _is_there(channel: str, subject: str, body: str) -> Refused | None:
    if not body.strip():
        return Refused("text-empty", "There is no text. Write one, or go back to the standard text.")
    if channel != "sms" and not subject.strip():
        return Refused("subject-empty", "There is no subject. Write a short one.")
    if len(subject) > LONGEST_SUBJECT:
        return Refused(
            "subject-too-long", f"The subject is {len(subject)} letters long. {LONGEST_SUBJECT} is the most."
        )
    if len(body) > LONGEST_BODY[channel]:
        sentence = f"The text is {len(body)} letters long. {LONGEST_BODY[channel]} is the most. Say less."
        return Refused("text-too-long", sentence)
    return None


def _parts_are_ours(channel: str, subject: str, body: str) -> Refused | None:
    text = f"{subject}\n{body}"
    if unknown := unknown_parts(text):
        sentence = f"{_in_brackets(unknown)}: we know no such part. Take one from the list of parts."
        return Refused("parts-unknown", sentence)
    rest = PART.sub("", text)
    if "((" in rest or "))" in rest:
        sentence = (
            "There are double brackets that are no part. Write a part like this: ((who)). Or use single brackets."
        )
        return Refused("brackets", sentence)
    if strangers := tuple(part for part in parts_of(text) if part in ONLY_IN_LETTERS and channel != "letter"):
        return Refused("parts-not-here", f"{_in_brackets(strangers)} is for letters only. Take it out.")
    if shown := tuple(part for part in parts_of(subject) if part in NOT_IN_A_SUBJECT):
        sentence = f"{_in_brackets(shown)} may not be in the subject: others may read it there. Put it in the text."
        return Refused("subject-says-too-much", sentence)
    return None


def _says_too_much(kind: str, subject: str, body: str) -> Refused | None:
    """T17: to some homes we say nothing but to ring us: another person may read it."""
    allowed = CONTENT_FREE.get(kind)
    more = tuple(part for part in parts_of(f"{subject}\n{body}") if allowed is not None and part not in allowed)
    if not more:
        return None
    sentence = (
        f"This message must say nothing about a visit: another person may read it. Take out {_in_brackets(more)}."
    )
    return Refused("says-too-much", sentence)


def _says_too_little(kind: str, channel: str, body: str, clause: Clause) -> Refused | None:
    missing = missing_parts(kind, channel, body)
    if not missing:
        return None
    said = _and([f"{_SAYS[part]} (({part}))" for part in missing])
    asked = clause if any(part in WHO_WHY_WHEN for part in missing) else NR_15
    return Refused("parts-missing", f"The text does not say {said}. Put it in: a tenant must be told.", asked)


def _threatens(kind: str, subject: str, body: str) -> Refused | None:
    """D2: only the letter that a manager has signed off speaks of a court."""
    if kind not in NEVER_THREATENS or not (found := legal_words_in(f"{subject}\n{body}")):
        return None
    said = _and([f"‘{word}’" for word in found])
    return Refused("threatens", f"This asks, and never threatens. Take out {said}.", Clause("Our own rule", "D2"))


def length_of(channel: str, body: str) -> str:
    """For the editing page: how much it is, in words. body: composed."""
    if channel != "sms":
        return ""
    count = segments(body)
    return "1 text message" if count == 1 else f"{count} text messages, joined into one on the phone"


def _in_brackets(parts: tuple[str, ...]) -> str:
    return _and([f"(({part}))" for part in parts])


def _and(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
