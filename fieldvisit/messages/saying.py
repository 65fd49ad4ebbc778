"""Days, windows and doorstep signs, said in the tenant's own language. Times are London's. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Any

from babel.dates import format_date, format_time

from fieldvisit.ground.clock import in_london, london_date, say_time
from fieldvisit.ground.languages import ENGLISH, LANGUAGES, offered

# How a clock time is said, and how two of them make a window. Words of a day's parts (morning, evening) are Babel's.
_CLOCKS = {"pl": "H:mm", "ur": "B h:mm"}
_WINDOWS = {ENGLISH: "{0} to {1}", "pl": "{0}–{1}", "ur": "{0} سے {1} تک"}


def say_day(day: date | datetime, language: str) -> str:
    """Wednesday 9 December 2026; środa 9 grudnia 2026; بدھ 9 دسمبر 2026. Of an instant: its day in London."""
    if isinstance(day, datetime):
        day = london_date(day)
    return format_date(day, "EEEE d MMMM y", locale=offered(language))


def say_clock(at: datetime | time, language: str) -> str:
    """10:30am, midday; 10:30; صبح 10:30."""
    local = in_london(at).time() if isinstance(at, datetime) else at
    language = offered(language)
    if language == ENGLISH:
        return say_time(local)  # as the desk says it: 12am is read both ways
    return format_time(local, _CLOCKS.get(language, "short"), locale=language)


def say_window(start: datetime, end: datetime, language: str) -> str:
    """10am to midday; 10:00–12:00; صبح 10:00 سے دوپہر 12:00 تک. start, end: aware."""
    pattern = _WINDOWS.get(offered(language), "{0}–{1}")
    return pattern.format(say_clock(start, language), say_clock(end, language))


def say_sign(sign: str, language: str) -> str:
    """A doorstep sign as the tenant reads it: a picture by its name in that language; a number or a word as it is."""
    return pictures(language).get(sign, sign)


def sign_typed(typed: str) -> str:
    """The sign that somebody typed: the name of a picture in any of our languages is that picture."""
    said = " ".join(typed.casefold().split())
    named = {name.casefold(): sign for code in LANGUAGES for sign, name in pictures(code).items()}
    return named.get(said, typed)


@cache
def pictures(language: str) -> Mapping[str, str]:
    """Sign to name, of every picture that may be drawn at a door (notices/signs.py)."""
    found: Mapping[str, str] = standard_file(offered(language))["pictures"]
    return found


@cache
def standard_file(language: str) -> Mapping[str, Any]:
    """messages/standard/<language>.toml, as it is written."""
    return loads((files(__package__) / "standard" / f"{language}.toml").read_text(encoding="utf-8"))
