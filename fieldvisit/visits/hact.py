"""Reading HACT RaiseRepair messages. Pure.

Only what a visit needs is read. Of LocationAlert and PersonAlert the code alone is: their comments say why somebody may
be dangerous or in danger, and a worker is told a precaution, never its cause. Keysafe and AccessInformation are not read:
a key-safe code is shown only at the door and never lies in a list of jobs. The hash of the whole message is kept, to
know it again.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fieldvisit.ground.references import BEFORE, Kind
from fieldvisit.register.cells import BadCell, paragraph_of, tidy_instant, tidy_postcode
from fieldvisit.register.hact_alerts import Alert, Regarding

LONGEST_REASON = 2000  # characters
LONGEST_CODE = 24
LONGEST_ALERT = 12  # characters of its code
UNREAD = "unread"  # the code of an alert that says none we can read: it must not vanish either

POSTCODE = "SitePropertyUnit[0].Address.PostalCode"
ADDRESS = "SitePropertyUnit[0].Address.AddressLine"
DUE = "Priority.RequiredCompletionDateTime"
NEEDED = ("DescriptionOfWork", "Priority.PriorityCode", DUE, "WorkClass.WorkClassCode", POSTCODE, ADDRESS)

_STEP = re.compile(r"[A-Za-z]+|[0-9]+")
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class RaiseRepair:
    """digest: SHA-256 of the canonical message, its key. addresses: how the home may be written, shortest first.
    alerts: each code once, in the order of the message."""

    digest: str
    reason: str
    priority: str
    trade: str
    postcode: str
    addresses: tuple[str, ...]
    reported_at: datetime | None
    alerts: tuple[Alert, ...] = ()

    @property
    def key(self) -> str:
        return self.digest

    @property
    def ref(self) -> str:
        """What people read out: a RaiseRepair message has no order number of its own."""
        return self.refs[0]

    @property
    def refs(self) -> tuple[str, ...]:
        """And those that an earlier release gave to the same message."""
        prefixes = (Kind.JOB, *BEFORE[Kind.JOB])
        return tuple(f"{each}-{self.digest[:12].upper()}" for each in prefixes)

    def claims(self) -> dict[str, tuple[str, str]]:
        return {}


@dataclass(frozen=True, slots=True)
class Message:
    """line: where it starts in the file. value: whatever JSON stood there."""

    line: int
    value: Any


class BrokenJson(Exception):
    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


def messages(text: str) -> Iterator[Message]:
    """One message, or each of a list. Raises BrokenJson at the first place that is not JSON, after all before it."""
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
    place = _skip(text, 0)
    if text[place : place + 1] != "[":
        value, end = _decode(decoder, text, place)
        yield Message(_line(text, place), value)
        _insist_end(text, end)
        return
    place = _skip(text, place + 1)
    line, counted = _line(text, place), place
    while text[place : place + 1] != "]":
        value, end = _decode(decoder, text, place)
        yield Message(line, value)
        end = _skip(text, end)
        if text[end : end + 1] not in (",", "]"):
            raise BrokenJson(_line(text, end), "A comma is missing here, or the end. Nothing after it was read.")
        place = _skip(text, end + 1) if text[end] == "," else end
        line, counted = line + text.count("\n", counted, place), place
    _insist_end(text, place + 1)


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _decode(decoder: json.JSONDecoder, text: str, place: int) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, place)
    except json.JSONDecodeError as wrong:
        raise BrokenJson(wrong.lineno, f"This is not JSON: {wrong.msg}. Nothing after it was read.") from wrong
    except (ValueError, RecursionError) as wrong:  # a number of thousands of digits; lists in lists without end
        raise BrokenJson(_line(text, place), "This is not a message. Nothing after it was read.") from wrong


def _insist_end(text: str, place: int) -> None:
    place = _skip(text, place)
    if place < len(text):
        raise BrokenJson(_line(text, place), "There is more after the end. Put messages in one list: [ ..., ... ].")


@dataclass(frozen=True, slots=True)
class _Twice:
    """An object that says one key in two ways: descriptionOfWork and DescriptionOfWork."""

    key: str


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """Keys in PascalCase, however they were written, so that one message is one message."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        pascal = key[:1].upper() + key[1:]
        if pascal in made:
            return _Twice(pascal)
        made[pascal] = value
    return made


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def canonical_digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def read_raise_repair(value: Any) -> RaiseRepair:
    """Raises BadCell, its column the path of the key."""
    try:
        return _read(_unwrapped(value))
    except RecursionError as wrong:
        raise BadCell("", "This is not a RaiseRepair message: it has lists in lists without end.") from wrong


def _read(value: dict[str, Any]) -> RaiseRepair:
    units = value.get("SitePropertyUnit")
    if isinstance(units, list) and len(units) > 1:
        raise BadCell("SitePropertyUnit", f"This message names {len(units)} homes. Send one message for each.")
    _insist_all(value)
    _instant(value, DUE)
    _text(value, "WorkClass.WorkClassCode", LONGEST_CODE)
    return RaiseRepair(
        digest=canonical_digest(value),
        reason=_words(value, "DescriptionOfWork"),
        priority=_text(value, "Priority.PriorityCode", LONGEST_CODE),
        trade=_text(value, "WorkElement[0].Trade[0].Code", LONGEST_CODE),
        postcode=tidy_postcode(_text(value, POSTCODE, 12), POSTCODE),
        addresses=_addresses(value),
        reported_at=_instant(value, "DateReported"),
        alerts=tuple(dict.fromkeys((*_alerts(value, "person"), *_alerts(value, "location")))),
    )


def _unwrapped(value: Any) -> dict[str, Any]:
    if twice := _find_twice(value):
        raise BadCell(twice.key, f"{twice.key} stands twice in one object. Keep one of the two.")
    if isinstance(value, dict) and isinstance(value.get("RaiseRepair"), dict):
        value = value["RaiseRepair"]
    if not isinstance(value, dict):
        raise BadCell("", "This is not a RaiseRepair message. Each message is an object: { ... }.")
    if other := next((key for key in value if key in ("ScheduleRepair", "JobStatusUpdate", "WorkOrderComplete")), None):
        raise BadCell(other, f"This is a {other} message. Only RaiseRepair messages are imported.")
    return value


def _find_twice(value: Any) -> _Twice | None:
    if isinstance(value, _Twice):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for one in inner if (found := _find_twice(one))), None)


def _at(value: Any, path: str) -> Any:
    """What stands at SitePropertyUnit[0].Address.PostalCode, or None."""
    for step in _STEP.findall(path):
        if step.isdigit():
            value = value[int(step)] if isinstance(value, list) and len(value) > int(step) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _insist_all(value: dict[str, Any]) -> None:
    missing = [path for path in NEEDED if _at(value, path) in (None, "", [])]
    if missing:
        sentence = f"Missing or empty: {', '.join(missing)}."
        raise BadCell(missing[0], f"{sentence} Ask the sending system to fill in what is missing.")


def _text(value: Any, path: str, most: int) -> str:
    """Codes come as numbers from some systems and as words from others. Empty where there is none."""
    found = _at(value, path)
    if found is None:
        return ""
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise BadCell(path, "This must be a word or a whole number.")
    if isinstance(found, int) and abs(found) > 10**most:
        raise BadCell(path, f"This number is too long: {most} digits at most.")
    text = " ".join(str(found).split())
    if len(text) > most or not text.isprintable():
        raise BadCell(path, f"This must be a plain word of at most {most} characters.")
    return text


def _words(value: Any, path: str) -> str:
    found = _at(value, path)
    if not isinstance(found, str):
        raise BadCell(path, "This must be words.")
    text = paragraph_of({path: found}, path, LONGEST_REASON)
    if not text:
        raise BadCell(path, "This is empty and must not be. Say what is to be done.")
    if not text.replace("\n", "").isprintable():
        raise BadCell(path, "This has characters in it that are not letters. Take them out.")
    return text


def _instant(value: Any, path: str) -> datetime | None:
    found = _at(value, path)
    if found is None:
        return None
    if not isinstance(found, str):
        raise BadCell(path, "This must be a date and time, such as 2026-12-08T09:30:00Z.")
    return tidy_instant(found, path)


def _alerts(value: dict[str, Any], regarding: Regarding) -> Iterator[Alert]:
    """A repair is not refused because its alert is badly written: it is told as one that we cannot read."""
    listed = value.get(f"{regarding.capitalize()}Alert")
    for one in listed if isinstance(listed, list) else [] if listed is None else [listed]:
        found = one.get("Type") if isinstance(one, dict) else one
        code = str(found).strip() if isinstance(found, str | int) and not isinstance(found, bool) else ""
        readable = 0 < len(code) <= LONGEST_ALERT and all(
            (each.isascii() and each.isalnum()) or each == "-" for each in code
        )
        yield Alert(regarding, code if readable else UNREAD)


def _addresses(value: Any) -> tuple[str, ...]:
    """The first line alone, the first two together and so on, as `address_key` writes them: a sender may break one
    line of ours into two, and adds street and town after it."""
    lines = _at(value, ADDRESS)
    lines = [lines] if isinstance(lines, str) else lines
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise BadCell(ADDRESS, "This must be a list of the lines of the address.")
    keys = (address_key(" ".join(lines[:count])) for count in range(1, min(len(lines), 7) + 1))
    found = tuple(dict.fromkeys(key for key in keys if key))
    if not found:
        raise BadCell(ADDRESS, "The address has no words in it.")
    return found


def address_key(text: str) -> str:
    """Letters and digits only, in small letters: 'Flat 1A, Rosewood Court' and 'FLAT 1A ROSEWOOD COURT' are one."""
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.casefold()).split())
