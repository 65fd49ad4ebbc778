"""The photo of a badge for a phone, and its QR (drawn in fieldvisit/qr.py). Cards are in badges/cards.py."""

import io
from functools import lru_cache

from PIL import Image

from fieldvisit.qr import qr_matrix, qr_png, qr_svg

__all__ = ["PHOTO_BYTES", "PHOTO_SIZE", "badge_photo", "qr_matrix", "qr_png", "qr_svg"]

PHOTO_SIZE = 280, 350  # as wide as the badge page shows it
PHOTO_BYTES = 8 * 1024  # it goes to the phone with each pack


@lru_cache(maxsize=128)
def badge_photo(jpeg: bytes) -> bytes:
    """The clean portrait that is on file, small enough to travel with the day's pack."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as opened:
        small = opened.convert("RGB").resize(PHOTO_SIZE, Image.Resampling.LANCZOS)
    for quality in (70, 60, 50, 40, 30):
        sink = io.BytesIO()
        small.save(sink, "JPEG", quality=quality, progressive=True, optimize=True)
        if sink.tell() <= PHOTO_BYTES:
            break
    return sink.getvalue()
