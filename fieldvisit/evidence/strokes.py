"""A signature drawn from the strokes that a finger made. Numbers in, a picture of ours out; nothing of theirs is copied."""

import io
import json
import math
from typing import Any

from PIL import Image, ImageDraw

MOST_BYTES = 256 * 1024
MOST_STROKES = 400
MOST_POINTS = 20_000
LARGEST_PAD = 4_000  # units on a side, as the phone measured
WIDTH = 800  # pixels of the picture
TALLEST = 800
PEN = 4

Stroke = list[tuple[float, float]]


class NotStrokes(ValueError):
    """These bytes are no signature that a pad of ours could have made."""


def draw(raw: bytes) -> bytes:
    """A PNG. raw: {v: 1, w, h, strokes: [[[x, y, milliseconds], ...], ...]} as JSON. Raises NotStrokes."""
    wide, high, strokes = _read(raw)
    scale = min(WIDTH / wide, TALLEST / high)
    sheet = Image.new("L", (max(1, round(wide * scale)), max(1, round(high * scale))), 255)
    pen = ImageDraw.Draw(sheet)
    for stroke in strokes:
        points = [(x * scale, y * scale) for x, y in stroke]
        pen.line(points, fill=0, width=PEN, joint="curve")
        for x, y in (points[0], points[-1]):
            pen.ellipse((x - PEN / 2, y - PEN / 2, x + PEN / 2, y + PEN / 2), fill=0)
    sink = io.BytesIO()
    sheet.save(sink, "PNG")
    return sink.getvalue()


def _read(raw: bytes) -> tuple[float, float, list[Stroke]]:
    if len(raw) > MOST_BYTES:
        raise NotStrokes("too large")
    try:
        said = json.loads(raw)
        wide, high = _number(said["w"], 1, LARGEST_PAD), _number(said["h"], 1, LARGEST_PAD)
        rows = said["strokes"]
        if said["v"] != 1 or not isinstance(rows, list) or not 0 < len(rows) <= MOST_STROKES:
            raise NotStrokes("not strokes")
        if sum(len(row) for row in rows) > MOST_POINTS:
            raise NotStrokes("too many points")
        return wide, high, [[(_number(p[0], 0, wide), _number(p[1], 0, high)) for p in row] for row in rows if row]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise NotStrokes(type(error).__name__) from None


def _number(value: Any, low: float, high: float) -> float:
    """A finger may leave the pad: what is outside is drawn on its edge."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NotStrokes("not a number")
    return max(low, min(high, float(value)))
