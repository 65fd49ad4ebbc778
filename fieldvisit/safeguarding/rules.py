"""What a sealed report looks like from outside, and how long we go on trying to hand it over. Pure.

Nothing here can open one: it is sealed to the vault, and the main server carries it (security.md D2).
"""

import re
from datetime import timedelta

# Bytes of what is sealed: every report is filled up to one of these, so that its length says next to nothing (T12).
SIZES = (4 * 1024, 32 * 1024, 256 * 1024)
LARGEST_BOX = 400 * 1024  # characters: 256 KiB in base64, its header, and some room
LARGEST_POST = LARGEST_BOX + 1024  # bytes of what a desk sends
DESK = "desk"  # the device of a report that was written at a desk (ruling R2)

_BOX = re.compile(r"[A-Za-z0-9_-]{1,1024}\.\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{22}")

# The vault may be away: we try soon, then every so often, for ever.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=5)

# A receipt lies here for a phone that was without signal; then it is forgotten, for it is nobody's here.
RECEIPT_KEPT = timedelta(days=30)


def is_box(text: object) -> bool:
    """A compact seal of the one kind that we make, of a length that we carry. Whose key opens it, nobody can see."""
    return isinstance(text, str) and len(text) <= LARGEST_BOX and _BOX.fullmatch(text) is not None


def try_again_in(tries: int) -> timedelta:
    """tries: how often it was tried in vain, from 1. It never ends."""
    return min(LONGEST_WAIT, FIRST_WAIT * int(2 ** min(tries - 1, 10)))


def receipt_text(sha256: str, number: str, received_at: str) -> bytes:
    """What the vault signs. received_at: as the vault wrote it."""
    return f"fv-receipt1\n{sha256}\n{number}\n{received_at}".encode()
