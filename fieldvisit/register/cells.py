"""Reading one cell of somebody else's spreadsheet. Pure. Each function raises BadCell with what to write instead."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time

import phonenumbers

from fieldvisit.ground.clock import LONDON, in_utc, london_instant
from fieldvisit.register.uprn import NotAUprn, read_uprn

LONGEST_LINE = 200  # characters of a name or a line of an address
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)

_BRITISH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?:[ T]+(.+))?")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# The shapes of a British postcode: AN NAA, ANN NAA, AAN NAA, AANN NAA, ANA NAA, AANA NAA, and the bank's GIR 0AA.
_POSTCODE = re.compile(r"(GIR|[A-Z]{1,2}[0-9][0-9A-Z]?)([0-9][A-Z]{2})")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
_PHONE = re.compile(r"\+?[0-9()\s.\-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,4})?")


class BadCell(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column, self.reason = column, reason


def shown(text: str) -> str:
    """A cell's words, short and harmless enough to be printed on a terminal."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in text)
    return clean if len(clean) <= 40 else f"{clean[:37]}..."


def needed(cells: Mapping[str, str], column: str) -> str:
    if not cells.get(column):
        raise BadCell(column, "This is empty and must not be. Fill it in.")
    return cells[column]


def line_of(cells: Mapping[str, str], column: str, most: int = LONGEST_LINE) -> str:
    """One line of words; a line break inside a quoted cell becomes a comma."""
    text = cells.get(column, "")
    if not text:
        return ""
    parts = (" ".join(part.split()).strip(",") for part in text.splitlines())
    text = ", ".join(part for part in parts if part)
    if len(text) > most:
        raise BadCell(column, f"This has {len(text)} characters and may have {most}. Shorten it.")
    return text


def paragraph_of(cells: Mapping[str, str], column: str, most: int) -> str:
    """Words that keep their lines."""
    text = "\n".join(" ".join(part.split()) for part in cells.get(column, "").splitlines()).strip()
    if len(text) > most:
        raise BadCell(column, f"This has {len(text)} characters and may have {most}. Shorten it.")
    return text


def uprn_of(cells: Mapping[str, str]) -> str:
    try:
        return read_uprn(needed(cells, "uprn"))
    except NotAUprn as wrong:
        raise BadCell("uprn", str(wrong)) from wrong


def postcode_of(cells: Mapping[str, str], column: str = "postcode") -> str:
    return tidy_postcode(needed(cells, column), column)


def tidy_postcode(text: str, column: str) -> str:
    found = _POSTCODE.fullmatch("".join(text.split()).upper())
    if found is None:
        raise BadCell(column, f"{shown(text)} is not a postcode. Write it as LE13 1AA.")
    return f"{found[1]} {found[2]}"


def code_of(cells: Mapping[str, str], column: str, allowed: tuple[str, ...]) -> str:
    """One of a closed list, however it was spaced and capitalised; empty where the file says nothing."""
    text = cells.get(column, "")
    code = "_".join(text.lower().replace("-", " ").replace("_", " ").split())
    if code and code not in allowed:
        raise BadCell(column, f"{shown(text)} is not one of: {', '.join(allowed)}.")
    return code


def list_of(cells: Mapping[str, str], column: str) -> tuple[str, ...]:
    """Split at | or ; or , and each name once, in the order of the file."""
    parts = (" ".join(part.split()) for part in re.split(r"[|;,\n]", cells.get(column, "")))
    return tuple(dict.fromkeys(part for part in parts if part))


def day_of(cells: Mapping[str, str], column: str) -> date | None:
    """2026-12-08, or 08/12/2026 with the day first, as it is written in Britain."""
    text = cells.get(column, "")
    if not text:
        return None
    try:
        if british := _BRITISH.fullmatch(text):
            day = date(int(british[3]), int(british[2]), int(british[1]))
        elif _ISO_DAY.fullmatch(text[:10]) and text[10:] in ("", "T00:00:00", " 00:00:00", " 00:00", "T00:00"):
            day = date.fromisoformat(text[:10])
        else:
            raise ValueError
    except ValueError as wrong:
        raise BadCell(column, f"{shown(text)} is not a date. Write it as 2026-12-08 or 08/12/2026.") from wrong
    return _in_living_memory(day, column, text)


def instant_of(cells: Mapping[str, str], column: str) -> datetime | None:
    """Aware UTC. A time without an offset is London's; a date alone is its first minute in London."""
    text = cells.get(column, "")
    return tidy_instant(text, column) if text else None


def tidy_instant(text: str, column: str) -> datetime:
    try:
        if british := _BRITISH.fullmatch(text):
            day = date(int(british[3]), int(british[2]), int(british[1]))
            moment = datetime.combine(day, time.fromisoformat(british[4]) if british[4] else time(0, 0))
        elif _ISO_DAY.fullmatch(text[:10]):
            moment = datetime.fromisoformat(text)
        else:
            raise ValueError
    except ValueError as wrong:
        sentence = f"{shown(text)} is not a time. Write it as 2026-12-08T09:30 or 08/12/2026 09:30."
        raise BadCell(column, sentence) from wrong
    _in_living_memory(moment.date(), column, text)
    if moment.tzinfo is None:
        return london_instant(moment.date(), moment.time())
    return in_utc(moment.astimezone(LONDON))


def _in_living_memory(day: date, column: str, text: str) -> date:
    if not EARLIEST <= day < LATEST:
        raise BadCell(column, f"{shown(text)} cannot be right: check the year.")
    return day


def email_of(cells: Mapping[str, str], column: str = "email") -> str:
    text = cells.get(column, "").lower()
    if text and (len(text) > 254 or not _EMAIL.fullmatch(text)):
        raise BadCell(column, "This is not an e-mail address. Write it as name@council.example.")
    return text


def language_of(cells: Mapping[str, str], column: str = "language") -> str:
    text = cells.get(column, "").lower().replace("_", "-")
    if text and not _LANGUAGE.fullmatch(text):
        raise BadCell(column, f"{shown(text)} is not a language code. Write two letters, such as en, pl or ur.")
    return text


def phone_of(cells: Mapping[str, str], column: str = "phone") -> str:
    """British numbers as 07700900123, which also mends a nought that a spreadsheet dropped; others as +33..."""
    text = cells.get(column, "")
    if not text:
        return ""
    # The number itself is never repeated: what an import prints is kept in logs.
    wrong = BadCell(column, "This is not a telephone number. Write it with its area code, such as 01632 960123.")
    if not _PHONE.fullmatch(text):
        raise wrong
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException as unparsed:
        raise wrong from unparsed
    # A number without its area code is possible in its own street, and nowhere else.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise wrong
    if number.country_code != 44:
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(letter for letter in national if letter.isdigit())
