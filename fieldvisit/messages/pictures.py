"""The few pictures of an Easy Read letter, drawn in lines. Each stands beside words that say the same, never alone."""

import math
import re
from itertools import pairwise
from typing import Any

_TIME = re.compile(r"\b\d{1,2}[:.]\d{2}\b")
_PHONE = re.compile(r"\+?\d[\d ]{8,}\d")


def picture_for(paragraph: str, after: str = "") -> str:
    """What a paragraph is about, by what stands in it, so that it holds in every language. Empty for 'Dear Ms Moss,'.

    after: the picture before it.
    """
    if "://" in paragraph:
        return "screen"
    if _PHONE.search(paragraph):
        return "telephone"
    if _TIME.search(paragraph):
        return "clock"
    if not after:
        return "" if paragraph.rstrip().endswith((",", "،")) else "house"
    return "talk"


def draw_picture(pdf: Any, name: str, x: float, y: float, side: float) -> None:
    """pdf: an fpdf2 document. x, y: the top left corner in millimetres."""
    pdf.set_draw_color(0)
    pdf.set_fill_color(0)
    pdf.set_line_width(side * 0.04)
    _DRAW[name](pdf, x, y, side / 20)
    pdf.set_line_width(0.2)


# Each on a field of twenty by twenty; u is one of these in millimetres.


def _clock(pdf: Any, x: float, y: float, u: float) -> None:
    pdf.circle(x + 10 * u, y + 10 * u, 9 * u)
    for hour in range(12):
        turn = math.radians(30 * hour)
        for_x, for_y = math.sin(turn), -math.cos(turn)
        pdf.line(
            x + (10 + 7.3 * for_x) * u,
            y + (10 + 7.3 * for_y) * u,
            x + (10 + 8.3 * for_x) * u,
            y + (10 + 8.3 * for_y) * u,
        )
    pdf.line(x + 10 * u, y + 10 * u, x + 10 * u, y + 4 * u)
    pdf.line(x + 10 * u, y + 10 * u, x + 14 * u, y + 12.3 * u)


def _telephone(pdf: Any, x: float, y: float, u: float) -> None:
    pdf.rect(x + 5 * u, y + u, 10 * u, 18 * u, round_corners=True, corner_radius=1.6 * u)
    pdf.line(x + 8.5 * u, y + 3 * u, x + 11.5 * u, y + 3 * u)
    for row in range(4):
        for column in range(3):
            pdf.circle(x + (7.5 + 2.5 * column) * u, y + (6.5 + 3 * row) * u, 0.7 * u, style="F")


def _screen(pdf: Any, x: float, y: float, u: float) -> None:
    pdf.rect(x + u, y + 3 * u, 18 * u, 11.5 * u, round_corners=True, corner_radius=u)
    for row, width in enumerate((12, 9, 11)):
        pdf.line(x + 4 * u, y + (6 + 2.7 * row) * u, x + (4 + width) * u, y + (6 + 2.7 * row) * u)
    pdf.line(x + 10 * u, y + 14.5 * u, x + 10 * u, y + 17.5 * u)
    pdf.line(x + 6 * u, y + 17.5 * u, x + 14 * u, y + 17.5 * u)


def _house(pdf: Any, x: float, y: float, u: float) -> None:
    roof = [(1, 10), (10, 1.5), (19, 10)]
    for (ax, ay), (bx, by) in pairwise(roof):
        pdf.line(x + ax * u, y + ay * u, x + bx * u, y + by * u)
    pdf.rect(x + 4 * u, y + 8 * u, 12 * u, 10.5 * u)
    pdf.rect(x + 8 * u, y + 12 * u, 4 * u, 6.5 * u)
    pdf.circle(x + 11 * u, y + 15.4 * u, 0.4 * u, style="F")


def _talk(pdf: Any, x: float, y: float, u: float) -> None:
    pdf.rect(x + u, y + 2 * u, 18 * u, 11 * u, round_corners=True, corner_radius=3 * u)
    pdf.line(x + 5 * u, y + 13 * u, x + 4 * u, y + 18 * u)
    pdf.line(x + 4 * u, y + 18 * u, x + 10 * u, y + 13 * u)
    for row, width in enumerate((10, 7)):
        pdf.line(x + 5 * u, y + (6 + 3 * row) * u, x + (5 + width) * u, y + (6 + 3 * row) * u)


_DRAW = {"clock": _clock, "telephone": _telephone, "screen": _screen, "house": _house, "talk": _talk}
