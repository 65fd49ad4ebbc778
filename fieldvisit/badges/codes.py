"""The moving code of a badge: how its key, its ten characters and its six digits are made, and how they are checked.

The phone and the server make the same code without speaking to each other (offline.md amendment 7):

    key    = HMAC-SHA-256(the badge's secret, "fv1 badge" LF badge id LF device id LF the London day as 2026-12-08)
    digest = HMAC-SHA-256(key, the step as eight bytes, high byte first)
    code   = the first 50 bits of digest as ten letters of ALPHABET
    digits = (the last four bytes of digest without the top bit) modulo 1,000,000, as six decimals

A step is the number of whole `step_s` seconds since 1970. Steps of 30 s never straddle a midnight in London.
"""

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from fieldvisit.badges.rules import MALFORMED, PRINTED, Code, Freshness
from fieldvisit.ground.clock import london_date

# RFC 4648 base 32: capitals and digits, all of them in a QR's compact alphanumeric mode; no 0, 1, 8 to misread.
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ID_LENGTH = 26
CODE_LENGTH = 10
SERVER_DEVICE = "desk"  # the device of codes that the server itself draws; ruling R2's name for a desk

_ID = re.compile(f"[{ALPHABET}]{{{ID_LENGTH}}}")
_CODE = re.compile(f"[{ALPHABET}]{{{CODE_LENGTH}}}")
_DIGITS = re.compile("[0-9]{6}")


def new_badge_id() -> str:
    """26 random letters: 130 bits, so that nobody finds a badge by trying (security.md section 3)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def new_secret() -> bytes:
    return secrets.token_bytes(32)


def day_key(secret: bytes, badge_id: str, device: str, day: date) -> bytes:
    """The key of this badge on this phone for this London day: all that a phone is ever given."""
    return hmac.digest(secret, f"fv1 badge\n{badge_id}\n{device}\n{day.isoformat()}".encode(), "sha256")


def step_of(instant: datetime, step_s: int) -> int:
    """The step that an instant lies in. Raises ValueError for a naive time."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone: an instant is always aware")
    return int(instant.timestamp() // step_s)


def day_of(step: int, step_s: int) -> date:
    """The London date on which a step begins: the date whose key made its code."""
    return london_date(datetime.fromtimestamp(step * step_s, UTC))


def live_code(key: bytes, step: int) -> str:
    bits = int.from_bytes(_digest(key, step)[:7]) >> 6  # 50 of 56
    return "".join(ALPHABET[bits >> shift & 31] for shift in range(45, -1, -5))


def six_digits(key: bytes, step: int) -> str:
    """The same HMAC cut to six decimals, for typing or reading out."""
    return f"{(int.from_bytes(_digest(key, step)[-4:]) & 0x7FFFFFFF) % 1_000_000:06}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a badge shows at one instant. ends: the aware UTC instant at which the next code takes over."""

    code: str
    digits: str
    ends: datetime


def shown_at(secret: bytes, badge_id: str, device: str, at: datetime, step_s: int) -> Shown:
    step = step_of(at, step_s)
    key = day_key(secret, badge_id, device, day_of(step, step_s))
    return Shown(live_code(key, step), six_digits(key, step), datetime.fromtimestamp((step + 1) * step_s, UTC))


def scanned(
    text: str | None, secret: bytes, badge_id: str, devices: Iterable[str], at: datetime, freshness: Freshness
) -> Code:
    """The code in a scanned address, read for this badge. None: the printed card, which has no code."""
    return _read(text, _CODE, secret, badge_id, devices, at, freshness)


def typed(
    text: str | None, secret: bytes, badge_id: str, devices: Iterable[str], at: datetime, freshness: Freshness
) -> Code:
    """The six digits that somebody typed, spaces allowed. None or nothing: the badge number alone."""
    digits = "".join((text or "").split()) or None
    return _read(digits, _DIGITS, secret, badge_id, devices, at, freshness)


def badge_id_in(text: str) -> str | None:
    """The badge id in an address, whatever its case; None where there is none."""
    return text.upper() if _ID.fullmatch(text.upper()) else None


def number_typed(text: str) -> str:
    """A badge number or id as people type it, cut to its capitals and digits: 'mb 1234' and 'MB-1234' are one."""
    return "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())[:40]


def digits_readable(text: str) -> bool:
    """Whether the typed digits can be looked at: six of them, or none at all."""
    digits = "".join(text.split())
    return not digits or _DIGITS.fullmatch(digits) is not None


def live_address(base: str, badge_id: str, code: str) -> str:
    return f"{printed_address(base, badge_id)}/{code}"


def printed_address(base: str, badge_id: str) -> str:
    """The address in the QR of a printed card: capitals throughout, which a QR holds in half the room.

    base: scheme and host without a path, such as 'https://verify.example'.
    """
    return f"{base.rstrip('/')}/v/{badge_id}".upper()


def _read(
    text: str | None,
    shape: re.Pattern[str],
    secret: bytes,
    badge_id: str,
    devices: Iterable[str],
    at: datetime,
    freshness: Freshness,
) -> Code:
    if text is None:
        return PRINTED
    if not shape.fullmatch(text.upper()):
        return MALFORMED
    make = live_code if shape is _CODE else six_digits
    now = step_of(at, freshness.step_s)
    offset: int | None = None
    # Every candidate is made and compared, also after a match: the time taken says nothing about the code.
    for device in devices:
        for tried in range(-freshness.steps_old, freshness.steps_ahead + 1):
            step = now + tried
            key = day_key(secret, badge_id, device, day_of(step, freshness.step_s))
            if hmac.compare_digest(make(key, step), text.upper()):
                offset = tried
    return Code("well-formed", offset)


def _digest(key: bytes, step: int) -> bytes:
    return hmac.digest(key, step.to_bytes(8), "sha256")
