"""Reads one JSON object strictly, key by key, and writes one answer a line. An error names the key and what to do.

A line that cannot be read answers `{"id", "error"}`, and the next line goes on: nothing here lets an exception out
for bad input.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from fieldvisit.ground.clock import in_london

# A visit outside these years is a slip of the pen; it also keeps every sum inside what a date can hold.
FIRST_YEAR, LAST_YEAR = 2000, 2100

Answer = dict[str, Any]


class Unreadable(ValueError):
    """The message names the key and says what it must be."""


class Reader:
    """One JSON object and where it stands ("notices[0]"). Every key must be asked for, or be refused by name."""

    def __init__(self, value: object, place: str, known: Collection[str]) -> None:
        self.place = place
        if not isinstance(value, dict):
            raise Unreadable(f"{place or 'the line'}: must be an object {{...}}")
        self.values: Mapping[str, Any] = value
        strangers = sorted(set(value) - set(known))
        if strangers:
            raise Unreadable(f"{self.name(strangers[0])}: not a key we know. The keys are: {', '.join(known)}")

    def name(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def needed(self, key: str) -> object:
        if self.values.get(key) is None:
            raise Unreadable(f"{self.name(key)}: missing")
        return self.values[key]

    def instant(self, key: str) -> datetime | None:
        value = self.values.get(key)
        if value is None:
            return None
        try:
            instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            wanted = "must be a time with its offset, such as 2026-12-08T10:30:00+00:00"
            raise Unreadable(f"{self.name(key)}: {wanted}")
        try:
            instant = instant.astimezone(UTC)
        except OverflowError:
            self._sane_year(key, instant.year)
        self._sane_year(key, instant.year)
        return instant

    def needed_instant(self, key: str) -> datetime:
        instant = self.instant(key)
        if instant is None:
            raise Unreadable(f"{self.name(key)}: missing")
        return instant

    def day(self, key: str) -> date | None:
        value = self.values.get(key)
        if value is None:
            return None
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            day = None
        if day is None:
            raise Unreadable(f"{self.name(key)}: must be a date, such as 2027-01-20")
        self._sane_year(key, day.year)
        return day

    def _sane_year(self, key: str, year: int) -> None:
        if not FIRST_YEAR <= year < LAST_YEAR:
            raise Unreadable(f"{self.name(key)}: the year must be from {FIRST_YEAR} to {LAST_YEAR - 1}")

    def one_of(self, key: str, choices: Collection[str], default: str | None = None) -> str | None:
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, str) or value not in choices:
            raise Unreadable(f"{self.name(key)}: must be one of {', '.join(choices)}")
        return value

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            raise Unreadable(f"{self.name(key)}: must be words in quotes")
        return value

    def yes_no(self, key: str, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise Unreadable(f"{self.name(key)}: must be true or false")
        return value

    def whole(self, key: str, least: int, most: int) -> int | None:
        value = self.values.get(key)
        if value is None:
            return None
        # true is an int to Python; an age of true is nobody's age.
        if type(value) is not int or not least <= value <= most:
            raise Unreadable(f"{self.name(key)}: must be a whole number from {least} to {most}")
        return value

    def rows(self, key: str) -> list[Any]:
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Unreadable(f"{self.name(key)}: must be a list [...]")
        return value


def write_instant(instant: datetime | None) -> str | None:
    """ISO 8601 with the London offset of its day."""
    return None if instant is None else in_london(instant).isoformat()


def answer_line(line: str | bytes, answer: Callable[[object], Answer]) -> str:
    """One line in, one line out. answer: raises Unreadable for an object that it cannot read."""
    known_id: object = None
    try:
        value = _parse(line)
        known_id = value.get("id") if isinstance(value, dict) else None
        reply = {"id": known_id, **answer(value)}
    except Unreadable as error:
        reply = {"id": known_id, "error": str(error)}
    try:
        return json.dumps(reply, allow_nan=False)
    except RecursionError:
        return json.dumps({"id": None, "error": "id: too many brackets inside each other"})


def answer_lines(lines: Iterable[str | bytes], answer: Callable[[object], Answer]) -> Iterator[str]:
    """One answer for each line that is not blank, in order."""
    return (answer_line(line, answer) for line in lines if line.strip())


def _parse(line: str | bytes) -> object:
    try:
        text = line.decode() if isinstance(line, bytes) else line
        return json.loads(
            text.removeprefix("\ufeff"),
            parse_constant=_not_a_number,
            parse_float=_finite,
            object_pairs_hook=_each_key_once,
        )
    except Unreadable:
        raise
    except UnicodeError:
        raise Unreadable("the line: not text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"the line: not JSON, {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise Unreadable("the line: too many brackets inside each other") from None
    except ValueError:
        # Python refuses to read a number of thousands of digits.
        raise Unreadable("the line: a number is too long") from None


def _not_a_number(word: str) -> object:
    raise Unreadable(f"the line: {word} is not a number in JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise Unreadable(f"the line: {digits[:20]} is too large a number")
    return value


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
        raise Unreadable(f"{twice}: there twice in one object")
    return found
