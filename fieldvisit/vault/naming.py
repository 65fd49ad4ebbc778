"""Is this person named in that report? Pure. Better once too often than once too seldom (N1): who is named loses sight,
and somebody else reads.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Where a sender writes who did it or who works here: there one word of a name is enough.
ACCUSING = ("named_staff", "who_harms")
SHORTEST = 3  # letters of a word that counts as a part of a name
NEARLY = 5  # from so many letters on, one wrong, missing or doubled letter is the same word
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\+?\d[\d ().-]{5,}\d")
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr"})
_SMALL = frozenset({"the", "and", "van", "von", "der", "bin", "del"})


@dataclass(frozen=True, slots=True)
class Known:
    """What somebody is known by: of a reader, or of whoever may become one."""

    person_id: str
    ref: str
    name: str
    email: str = ""
    phone: str = ""


def persons(everybody: Mapping[str, Known]) -> dict[str, str]:
    """For each of these ids the id that stands for the person behind it: whoever shares a sign-in, a staff number, an
    e-mail address or a telephone number is one person (N1), however often they are enrolled."""
    found: dict[str, str] = {}
    by_mark: dict[tuple[str, str], str] = {}
    for own, who in everybody.items():
        found[own] = own
        for mark in _marks(who):
            if mark in by_mark:
                old, new = found[own], found[by_mark[mark]]
                found = {each: new if person == old else person for each, person in found.items()}
            else:
                by_mark[mark] = own
    return found


def _marks(who: Known) -> Iterator[tuple[str, str]]:
    yield "person", who.person_id
    if who.ref:
        yield "ref", who.ref.casefold()
    if who.email:
        yield "email", who.email.casefold()
    if len(phone := digits_of(who.phone)) >= 7:
        yield "phone", phone


def is_named(who: Known, said: Mapping[str, Any]) -> bool:
    every = "\n".join(texts_in(said))
    accusing = "\n".join(text for field in ACCUSING for text in texts_in(said.get(field)))
    return (
        _is_told_by_a_mark(who, every)
        or _as_a_name(who.name, every)
        or _any_of(name_words(who.name), words_of(accusing))
    )


def _is_told_by_a_mark(who: Known, text: str) -> bool:
    """The id, the staff number, the e-mail address or the telephone number stands in it, however it is written."""
    folded = text.casefold()
    marks = [mark.casefold() for mark in (who.person_id, who.email) if mark]
    if any(mark in folded for mark in marks):
        return True
    if who.ref and re.search(rf"(?<![\w-]){re.escape(who.ref.casefold())}(?![\w-])", folded):
        return True
    phone = digits_of(who.phone)
    return len(phone) >= 7 and any(phone == digits_of(found) for found in _NUMBER.findall(text))


def _as_a_name(name: str, text: str) -> bool:
    """Two words of it, in any order and however short; its only word; or the whole where words have no gaps between."""
    parts = words_of(name) - _TITLES
    there = [part for part in parts if _is_there(part, words_of(text))]
    whole = "".join(name.casefold().split())
    return len(there) >= min(2, len(parts) or 9) or (not whole.isascii() and whole in "".join(text.casefold().split()))


def _any_of(name: frozenset[str], text: frozenset[str]) -> bool:
    return any(_is_there(part, text) for part in name)


def _is_there(part: str, text: frozenset[str]) -> bool:
    return part in text or (len(part) >= NEARLY and any(_nearly(part, word) for word in text))


def _nearly(one: str, other: str) -> bool:
    """One letter wrong, missing or too many."""
    if abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    for place, letter in enumerate(short):
        if letter != long[place]:
            return short[place + (len(short) == len(long)) :] == long[place + 1 :]
    return True


def name_words(name: str) -> frozenset[str]:
    """Of which one is enough where somebody is accused: the longer ones, or all of a name that has none."""
    parts = words_of(name) - _TITLES
    return frozenset(word for word in parts if len(word) >= SHORTEST and word not in _SMALL) or parts


def words_of(text: str) -> frozenset[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return frozenset(_WORD.findall(plain.casefold()))


def digits_of(number: str) -> str:
    """As dialled inside the country: +44 7700 900123 and 0044 7700... are 07700900123."""
    digits = "".join(filter(str.isdigit, number))
    if number.strip().startswith("+44") or digits.startswith("0044"):
        digits = "0" + digits.removeprefix("00").removeprefix("44").lstrip("0")
    return digits


def texts_in(value: Any) -> Iterator[str]:
    """Every piece of text, however deep it lies."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from texts_in(inner)
    elif value is not None:
        yield str(value)
