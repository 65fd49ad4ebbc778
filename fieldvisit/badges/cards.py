"""The cards that a visitor carries, as PDF: one of plastic-card size, one in large print for the doorstep.

Neither carries a telephone number: the advice is to ring a number that the householder already has, never one that a
caller hands over (domain C1). The printed QR has no code in it, so it can never answer more than 'not enough'.
Importing this costs a quarter of a second (fpdf2): do it inside the view that prints.
"""

import io
import textwrap
from dataclasses import dataclass, replace
from datetime import date, datetime

from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos
from PIL import Image

from fieldvisit.lettering import Fonts, plain_letters
from fieldvisit.qr import qr_png

__all__ = ["CardFacts", "Fonts", "british_date", "doorstep_card_pdf", "plain_letters", "printed_card_pdf"]

CARD = 85.6, 53.98  # millimetres, ISO/IEC 7810 ID-1
A5 = 148.0, 210.0
DOORSTEP_PT = 18  # domain C4: aim at 18
SMALLEST_DOORSTEP_PT = 14  # and never below: the National Doorstep Cold Calling Protocol
LEADING = 0.43  # millimetres from line to line for each point of size


@dataclass(frozen=True, slots=True)
class CardFacts:
    """qr_address: badges/codes.py::printed_address. typed_address: what a person types, such as 'verify.example/v'."""

    name: str
    company: str
    council: str
    badge_number: str
    expires_on: date
    qr_address: str
    typed_address: str


def printed_card_pdf(facts: CardFacts, photo: bytes, at: datetime, fonts: Fonts | None = None) -> bytes:
    """Front and back of a plastic card. photo: a clean JPEG, four wide to five high. at: when it was printed."""
    card = _Card(CARD, facts, at, fonts)
    card.front(photo)
    card.back()
    return bytes(card.pdf.output())


def doorstep_card_pdf(facts: CardFacts, photo: bytes, at: datetime, fonts: Fonts | None = None) -> bytes:
    """The larger card of the National Doorstep Cold Calling Protocol: A5, two sides, nothing under 14 point."""
    card = _DoorstepCard(A5, facts, at, fonts)
    card.front(photo)
    card.back()
    return bytes(card.pdf.output())


class _Sheet:
    """A small document whose text always fits its width, whatever the name."""

    def __init__(self, size: tuple[float, float], facts: CardFacts, at: datetime, fonts: Fonts | None) -> None:
        self.pdf = FPDF(unit="mm", format=size)
        self.pdf.set_auto_page_break(False)
        self.pdf.set_margin(0)
        self.pdf.c_margin = 0
        self.pdf.set_creation_date(at)
        self.pdf.set_lang("en-GB")
        self.facts = replace(facts, name=_cut(facts.name, 60), company=_cut(facts.company, 80))
        self.family = "helvetica"
        if fonts is not None:
            self._load(fonts)
        self.pdf.set_title(self._text(f"Badge {facts.badge_number}"))

    def _load(self, fonts: Fonts) -> None:
        fonts.insist_they_are_there()
        for style, path in (("", fonts.regular), ("B", fonts.bold)):
            self.pdf.add_font("card", style, path)
        self.family = "card"

    def _text(self, words: str) -> str:
        if self.family == "card":
            return words
        return plain_letters(words)

    def line(self, words: str, x: float, y: float, width: float, size: float, bold: bool = False) -> None:
        """One line, set smaller until it fits: an address that is typed letter by letter is never broken."""
        self.pdf.set_y(y)
        self.lines(words, x, width, size, 4, rows=1, bold=bold)

    def lines(
        self, words: str, x: float, width: float, size: float, smallest: float, rows: int = 3, bold: bool = False
    ) -> None:
        """Words wrapped to a width from where the pen stands, smaller while they need more rows; the pen ends below."""
        text = self._text(words)
        while not self._fits(text, width, size, rows, bold) and size > smallest:
            size -= 0.5
        self.pdf.set_x(x)
        self.pdf.multi_cell(width, size * LEADING, text, align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)
        self.pdf.set_y(self.pdf.get_y() + size * 0.08)

    def _fits(self, text: str, width: float, size: float, rows: int, bold: bool) -> bool:
        self.pdf.set_font(self.family, "B" if bold else "", size)
        if any(self.pdf.get_string_width(word) > width for word in text.split()):
            return False
        wrapped = self.pdf.multi_cell(width, 1, text, align="L", dry_run=True, output=MethodReturnValue.LINES)
        return len(wrapped) <= rows  # type: ignore[arg-type]

    def qr(self, x: float, y: float, side: float) -> None:
        label = "Square code that opens the council's badge check"
        with Image.open(io.BytesIO(qr_png(self.facts.qr_address, 10))) as code:
            self.pdf.image(code.convert("L"), x, y, side, side, alt_text=label)

    def photo(self, jpeg: bytes, x: float, y: float, width: float) -> None:
        label = "Photo of the person who holds this badge"
        self.pdf.image(io.BytesIO(jpeg), x, y, width, width * 1.25, alt_text=label)

    def band(self, height: float) -> None:
        self.pdf.set_fill_color(11, 12, 12)
        self.pdf.rect(0, 0, self.pdf.w, height, style="F")
        self.pdf.set_text_color(255)

    def ink(self) -> None:
        self.pdf.set_text_color(0)


class _Card(_Sheet):
    def front(self, photo: bytes) -> None:
        facts = self.facts
        self.pdf.add_page()
        self.band(9)
        self.line(facts.council, 4, 2.4, 77, 10, bold=True)
        self.ink()
        self.photo(photo, 4, 12, 29)
        self.pdf.set_y(12)
        self.lines(facts.name, 36, 46, 14, 7, rows=2, bold=True)
        self.lines(facts.company, 36, 46, 9, 6, rows=2)
        self.line("Badge number", 36, 31, 46, 8)
        self.line(facts.badge_number, 36, 34.5, 46, 14, bold=True)
        self.line("Valid to the end of", 36, 41.5, 46, 8)
        self.line(british_date(facts.expires_on), 36, 45, 46, 11, bold=True)

    def back(self) -> None:
        self.pdf.add_page()
        self.qr(2, 3, 39)
        self.pdf.set_y(5)
        self.lines("This card alone is not enough.", 42, 41, 9.5, 8, bold=True)
        self.lines("Ask to see the moving code on the phone. Scan it with your own phone.", 42, 41, 8, 7)
        self.lines(
            "Ask for the word that the visitor must say, or ring the number that you already have.", 42, 41, 8, 7
        )
        self.lines("You never have to let anyone in.", 42, 41, 8, 7, bold=True)
        self.line(self.facts.typed_address, 4, 43, 77, 11, bold=True)
        self.line(f"Found this card? Return it to {self.facts.council}.", 4, 48.5, 77, 7)


class _DoorstepCard(_Sheet):
    def front(self, photo: bytes) -> None:
        facts = self.facts
        self.pdf.add_page()
        self.band(20)
        self.pdf.set_y(5)
        self.large(facts.council, rows=1, bold=True)
        self.ink()
        self.notch()
        self.photo(photo, 36, 24, 76)
        self.pdf.set_y(122)
        self.large(facts.name, 28, rows=2, bold=True)
        self.large(f"{facts.company}, for {facts.council}" if facts.company else facts.council)
        self.large(f"Badge {facts.badge_number}", 24, rows=1, bold=True)
        self.large(f"Valid to the end of {british_date(facts.expires_on)}", rows=1)

    def back(self) -> None:
        self.pdf.add_page()
        self.pdf.set_y(7)
        self.large("Take your time. Check first.", 24, rows=1, bold=True)
        for number, step in enumerate(STEPS, start=1):
            self.large(f"{number}. {step}", rows=4)
        self.large("You never have to let anyone in.", rows=1, bold=True)
        top = self.pdf.get_y() + 1
        side = 178 - top
        self.qr(4, top, side)
        self.pdf.set_y(top + 5)
        beside = 6 + side
        self.lines(NOT_ENOUGH, beside, 140 - beside, DOORSTEP_PT, SMALLEST_DOORSTEP_PT, rows=8)
        self.pdf.set_y(180)
        self.large(HELPER, rows=2)
        self.large(self.facts.typed_address, rows=1, bold=True)

    def large(self, words: str, size: float = DOORSTEP_PT, rows: int = 3, bold: bool = False) -> None:
        self.lines(words, 8, 132, size, SMALLEST_DOORSTEP_PT, rows, bold)

    def notch(self) -> None:
        """Where to cut one corner off, so that fingers know which way up the card is (domain C4)."""
        self.pdf.set_line_width(0.4)
        self.pdf.set_draw_color(255)
        self.pdf.line(self.pdf.w - 12, 0, self.pdf.w, 12)


STEPS = (
    "Shut the door. I will wait outside.",
    "Look at my photo and my badge number.",
    "Ask me for the word. The council has told you one: keep it to yourself. I must say the other.",
    "Or ring the council. Use the number that you already have, never one that a caller gives you.",
    "Or scan the moving code on my phone with your own phone.",
)
NOT_ENOUGH = "This printed code is not enough: it can be copied."
HELPER = "No phone that scans? Somebody who helps you may type:"


def british_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _cut(words: str, length: int) -> str:
    return textwrap.shorten(words, length, placeholder="...")
