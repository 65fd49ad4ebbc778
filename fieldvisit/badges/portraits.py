"""Portraits of people who do not exist, for the demo council: shapes on a plain wall, the same for the same seed."""

import io
import random

from PIL import Image, ImageDraw

WALLS = ("#c9d6df", "#d9d4c7", "#cfe0d0", "#e0d3d8", "#d3d3e0")
SKINS = ("#f3d3bd", "#e5b594", "#c98d66", "#a86b45", "#7d4a2d", "#5a3422")
HAIRS = ("#1d1712", "#3b2618", "#6e4426", "#a8763e", "#8d8d8d", "#6b6b70", "#7a2f1a")
CLOTHES = ("#1f4e79", "#22543d", "#6b2737", "#3d3d4e", "#b45309", "#0f766e")
DRAWN = 400, 500  # the sheet that the shapes below are measured on


def portrait(seed: int, size: tuple[int, int] = (400, 500)) -> bytes:
    """A JPEG, four wide to five high. The seed decides everything."""
    chance = random.Random(f"portrait {seed}")  # noqa: S311 - a face, not a secret
    image = Image.new("RGB", (DRAWN[0] * 2, DRAWN[1] * 2), chance.choice(WALLS))
    pen = _Pen(ImageDraw.Draw(image))
    skin, hair = chance.choice(SKINS), chance.choice(HAIRS)
    wide, style = chance.randint(88, 108), chance.choice(("short", "long", "scarf", "none", "curls"))
    _behind(pen, style, hair, wide)
    _body(pen, skin, chance.choice(CLOTHES), chance.random() < 0.5)
    _face(pen, skin, wide, chance)
    if style in ("short", "none", "curls") and chance.random() < 0.4:
        pen.curve((200 - wide + 14, 200, 200 + wide - 14, 362), 20, 160, "#2a1e17", 16)
    _above(pen, style, hair, wide, chance)
    if chance.random() < 0.3:
        _glasses(pen)
    sink = io.BytesIO()
    image.resize(size, Image.Resampling.LANCZOS).save(sink, "JPEG", quality=85)
    return sink.getvalue()


class _Pen:
    """Draws at twice the size, so that making the picture smaller smooths its edges."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self.draw = draw

    def oval(self, x: int, y: int, wide: int, high: int, colour: str) -> None:
        self.draw.ellipse([2 * (x - wide), 2 * (y - high), 2 * (x + wide), 2 * (y + high)], fill=colour)

    def block(self, left: int, top: int, right: int, bottom: int, colour: str, round_by: int = 0) -> None:
        self.draw.rounded_rectangle([2 * left, 2 * top, 2 * right, 2 * bottom], 2 * round_by, fill=colour)

    def curve(self, box: tuple[int, int, int, int], start: int, end: int, colour: str, width: int) -> None:
        self.draw.arc([2 * side for side in box], start, end, fill=colour, width=2 * width)

    def wedge(self, box: tuple[int, int, int, int], colour: str) -> None:
        self.draw.chord([2 * side for side in box], 180, 360, fill=colour)


def _behind(pen: _Pen, style: str, hair: str, wide: int) -> None:
    if style == "long":
        pen.block(200 - wide - 24, 170, 200 + wide + 24, 400, hair, 60)
    if style == "scarf":
        pen.oval(200, 235, wide + 34, 160, hair)
        pen.block(120, 300, 280, 430, hair, 40)


def _body(pen: _Pen, skin: str, cloth: str, collar: bool) -> None:
    pen.block(40, 395, 360, 620, cloth, 90)
    pen.block(165, 330, 235, 420, skin, 30)
    if collar:
        pen.block(150, 398, 250, 412, "#f5f5f5", 6)


def _face(pen: _Pen, skin: str, wide: int, chance: random.Random) -> None:
    pen.oval(200, 240, wide, 125, skin)
    apart, brow = chance.randint(36, 46), chance.randint(196, 204)
    iris = chance.choice(("#3b2618", "#2f4f6f", "#3f5f3f"))
    for x in (200 - apart, 200 + apart):
        pen.oval(x, 230, 15, 9, "#ffffff")
        pen.oval(x, 230, 7, 8, iris)
        pen.curve((x - 20, brow, x + 20, brow + 22), 200, 340, "#2a1e17", 4)
    pen.curve((184, 240, 216, 278), 30, 150, "#5a3a2a", 3)
    depth = chance.randint(8, 22)
    pen.curve((165, 300 - depth, 235, 300 + depth), 15, 165, "#8c2f2f", 6)


def _above(pen: _Pen, style: str, hair: str, wide: int, chance: random.Random) -> None:
    top = chance.randint(92, 106)
    if style in ("short", "long"):
        pen.wedge((200 - wide - 8, top, 200 + wide + 8, top + 190), hair)
    if style == "scarf":
        pen.curve((200 - wide - 22, 96, 200 + wide + 22, 380), 160, 380, hair, 34)
    if style == "curls":
        for x in range(200 - wide, 201 + wide, 24):
            pen.oval(x, 150 - (wide - abs(x - 200)) // 3, 30, 28, hair)


def _glasses(pen: _Pen) -> None:
    for x in (158, 242):
        pen.curve((x - 30, 208, x + 30, 256), 0, 360, "#222222", 4)
    pen.curve((186, 224, 214, 238), 200, 340, "#222222", 4)
