"""Draws the icons of this folder: a door with a tick, in no council's colours. Run it with Pillow installed."""

from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).parent
INK = "#12263a"
PAPER = "#ffffff"
TICK = "#1e8a5a"
FINE = 4  # drawn this many times too large, then shrunk, for smooth edges


def icon(size: int, inset: float, rounded: bool) -> Image.Image:
    """inset: the share of each side left free of the drawing; a maskable icon may lose its outer tenth."""
    side = size * FINE
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, side - 1, side - 1), radius=side * 0.2 if rounded else 0, fill=INK)

    def at(x: float, y: float) -> tuple[float, float]:
        return side * (inset + x * (1 - 2 * inset)), side * (inset + y * (1 - 2 * inset))

    draw.rectangle((*at(0.18, 0.02), *at(0.72, 0.98)), fill=PAPER)
    draw.rectangle((*at(0.02, 0.93), *at(0.98, 0.98)), fill=PAPER)
    draw.ellipse((*at(0.58, 0.44), *at(0.65, 0.51)), fill=INK)
    draw.ellipse((*at(0.5, 0.5), *at(1.0, 1.0)), fill=INK)
    draw.ellipse((*at(0.54, 0.54), *at(0.96, 0.96)), fill=TICK)
    stroke = int(side * 0.055 * (1 - 2 * inset))
    points = [at(0.65, 0.76), at(0.73, 0.84), at(0.87, 0.67)]
    draw.line(points, fill=PAPER, width=stroke, joint="curve")
    for x, y in points:
        draw.ellipse((x - stroke / 2, y - stroke / 2, x + stroke / 2, y + stroke / 2), fill=PAPER)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


for name, size, inset, rounded in (
    ("icon-192.png", 192, 0.17, True),
    ("icon-512.png", 512, 0.17, True),
    ("maskable-192.png", 192, 0.24, False),
    ("maskable-512.png", 512, 0.24, False),
    ("touch-180.png", 180, 0.19, False),
):
    flat = icon(size, inset, rounded)
    (flat if rounded else flat.convert("RGB")).save(HERE / name, optimize=True)
