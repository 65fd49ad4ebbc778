"""A call to the desk that did not arrive: what is tried next, and when. Pure."""

import re
from collections.abc import Collection
from datetime import date, datetime, time
from enum import StrEnum

from fieldvisit.ground.clock import in_london, london_date, london_instant
from fieldvisit.ground.working_days import ONE_DAY, BankHolidaysMissing, WorkingDays

OPENS, CLOSES = time(8), time(18)  # when a text that can wait may ring on somebody's own telephone
_BRITISH = re.compile(r"(?:\+?44|0044)?0?([1-9]\d{8,9})")


class Next(StrEnum):
    NOTHING = "nothing"
    TEXT = "text"
    TELL = "tell"  # whoever looks after them, who can reach them in another way


def takes_texts(number: str) -> bool:
    """A mobile number, as far as it shows: a British one begins with 7; of others nobody knows."""
    digits = re.sub(r"[^\d+]", "", number)
    if digits.startswith("+") and not digits.startswith("+44"):
        return len(digits) > 7
    found = _BRITISH.fullmatch(digits)
    return bool(found and found[1].startswith("7") and len(found[1]) == 10)


def way_to(email: str | None, number: str, channels: Collection[str]) -> str:
    """By which of e-mail and text somebody is called who has nothing but one of them, or for whom one alone goes out; empty:
    by neither. Where nothing goes out an e-mail is written: somebody may carry it."""
    texts = "sms" in channels and takes_texts(number)
    if email and ("email" in channels or not texts):
        return "email"
    return "sms" if texts else ""


def after_failure(channel: str, other: str | None, *, can_text: bool) -> Next:
    """channel: email or sms, by which it did not arrive. other: how the same call stands by the other one: open (it arrived,
    or is on its way), failed, None (it was not written)."""
    if other == "open":
        return Next.NOTHING
    if channel == "email" and other is None and can_text:
        return Next.TEXT
    return Next.TELL


def text_at(at: datetime, working_days: WorkingDays, *, urgent: bool) -> datetime:
    """When it may go, aware UTC: an e-mail that was sent in the morning of a working day may come back in the night."""
    day, then = london_date(at), in_london(at).time()
    if urgent or (_is_open(day, working_days) and OPENS <= then < CLOSES):
        return at
    day = day if then < OPENS else day + ONE_DAY
    while not _is_open(day, working_days):
        day += ONE_DAY
    return london_instant(day, OPENS)


def _is_open(day: date, working_days: WorkingDays) -> bool:
    try:
        return working_days.is_working_day(day)
    except BankHolidaysMissing:  # a text on a holiday is better than none
        return day.weekday() < 5
