"""The QR of a badge, as a picture for a screen or a card, and its photo for a phone. Cards are in badges/cards.py."""

import io
import re
from functools import lru_cache
from importlib import import_module
from xml.sax.saxutils import escape

from PIL import Image

PHOTO_SIZE = 280, 350  # as wide as the badge page shows it
PHOTO_BYTES = 8 * 1024  # it goes to the phone with each pack
QUIET = 4  # modules of white around a QR; readers need them
_COMPACT = re.compile(r"[0-9A-Z $%*+\-./:]+")

Matrix = list[list[bool]]


def qr_matrix(text: str) -> Matrix:
    """The modules of a QR, dark is true, without the white around it.

    text: capitals and digits as in badges/codes.py::live_address. Raises ValueError for anything that a QR cannot hold
    in its alphanumeric mode: it would come out half as large again and harder to read in a stairwell.
    """
    if not _COMPACT.fullmatch(text):
        raise ValueError(f"{text!r} is not in capitals: make it with badges/codes.py::live_address")
    qrcode = import_module("qrcode")  # only here: a page that draws nothing does not pay for it
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return [[bool(dark) for dark in row] for row in code.modules]


def qr_svg(text: str, label: str) -> str:
    """An <svg> that can stand in a page or be a file of its own: no style, no script. label: read out instead of it."""
    matrix = qr_matrix(text)
    side = len(matrix) + 2 * QUIET
    runs = "".join(_runs(row, y + QUIET) for y, row in enumerate(matrix))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" shape-rendering="crispEdges">'
        f"<title>{escape(label)}</title>"
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{runs}"/></svg>'
    )


def qr_png(text: str, module_px: int = 8) -> bytes:
    """A black and white PNG. module_px: whole pixels for each module, so that edges stay sharp."""
    matrix = qr_matrix(text)
    side = len(matrix) + 2 * QUIET
    image = Image.new("1", (side, side), 1)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((x + QUIET, y + QUIET), 0)
    sink = io.BytesIO()
    image.resize((side * module_px, side * module_px), Image.Resampling.NEAREST).save(sink, "PNG", optimize=True)
    return sink.getvalue()


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


def _runs(row: list[bool], y: int) -> str:
    """One row of modules as horizontal bars, which is a third of the bytes of squares."""
    bars, start = [], None
    for x, dark in enumerate([*row, False]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            bars.append(f"M{start + QUIET} {y}h{x - start}v1h{start - x}z")
            start = None
    return "".join(bars)
