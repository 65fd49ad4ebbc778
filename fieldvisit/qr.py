"""A QR as its modules, as an SVG for a page, or as a PNG for paper. Beside `db.py`: badges and letters both draw them."""

import io
import re
from importlib import import_module
from xml.sax.saxutils import escape

from PIL import Image

QUIET = 4  # modules of white around a QR; readers need them
_COMPACT = re.compile(r"[0-9A-Z $%*+\-./:]+")

Matrix = list[list[bool]]


def qr_matrix(text: str, *, compact: bool = True) -> Matrix:
    """The modules of a QR, dark is true, without the white around it.

    compact: capitals and digits as in badges/codes.py::live_address. Raises ValueError for anything that a QR cannot
    hold in its alphanumeric mode: it would come out half as large again and harder to read in a stairwell. A tenant's
    own link has small letters and lies on a table: it is not compact.
    """
    if compact and not _COMPACT.fullmatch(text):
        raise ValueError(f"{text!r} is not in capitals: make it with badges/codes.py::live_address")
    qrcode = import_module("qrcode")  # only here: a page that draws nothing does not pay for it
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return [[bool(dark) for dark in row] for row in code.modules]


def qr_svg(text: str, label: str, *, compact: bool = True) -> str:
    """An <svg> that can stand in a page or be a file of its own: no style, no script. label: read out instead of it."""
    matrix = qr_matrix(text, compact=compact)
    side = len(matrix) + 2 * QUIET
    runs = "".join(_runs(row, y + QUIET) for y, row in enumerate(matrix))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" shape-rendering="crispEdges">'
        f"<title>{escape(label)}</title>"
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{runs}"/></svg>'
    )


def qr_png(text: str, module_px: int = 8, *, compact: bool = True) -> bytes:
    """A black and white PNG. module_px: whole pixels for each module, so that edges stay sharp."""
    matrix = qr_matrix(text, compact=compact)
    side = len(matrix) + 2 * QUIET
    image = Image.new("1", (side, side), 1)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((x + QUIET, y + QUIET), 0)
    sink = io.BytesIO()
    image.resize((side * module_px, side * module_px), Image.Resampling.NEAREST).save(sink, "PNG", optimize=True)
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
