"""A message as a letter: A4, its address in the window of an envelope, plain, in large print, or in Easy Read.

The first page keeps to the areas in which GOV.UK Notify prints, so that one PDF does for its printer and for ours. Each piece
of it is tagged as what it is (ISO 32000-1, 14.8), so that one that is read aloud has headings and paragraphs, in their order.
Importing this loads no PDF library: that costs a quarter of a second, and is done where a letter is made.
"""

import io
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module

from babel.dates import format_date
from PIL import Image

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.languages import direction, offered
from fieldvisit.lettering import Fonts, missing_letters, plain_letters
from fieldvisit.messages.outgoing import NeverError, Outgoing
from fieldvisit.messages.pictures import draw_picture, picture_for
from fieldvisit.qr import qr_png

_LEFT_TO_RIGHT, _END = "\u2066", "\u2069"  # what stands between is laid out by itself
_BEGINS = re.compile("[\u2066-\u2068]")
LINK = re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?)]")
_GROUPS = re.compile(r"\+?\d+(?: \d+)+")  # one telephone number, or more of them side by side
_WHOLE = 10, 11  # digits of a British one; with +44, one more
ADDRESS = 24.6, 39.5, 95.4, 26.8  # millimetres: left, top, width and height of what the window shows
HEAD = 24.6, 12.0, 98.0
BESIDE_THE_WINDOW = 128.0, 12.0, 66.0  # left, top and width of what stands to the right of it
BODY_TOP = 97.0
NEXT_TOP, BOTTOM = 20.0, 22.0
LEADING = 0.5  # millimetres from line to line for each point of size: open, for tired eyes
GAP = 0.28  # and after a paragraph
QR_SIDE = 34.0


@dataclass(frozen=True, slots=True)
class LetterHead:
    """Who writes. phone: as it is said aloud to tenants. fonts: None sets what the built-in ones can."""

    council: str = ""
    phone: str = ""
    fonts: Fonts | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Sizes in points, margins in millimetres. pictures: one beside each paragraph, in a margin of its own."""

    size: float
    heading: float
    near: float  # the margin on the side where reading begins
    far: float
    pictures: bool = False


LOOKS = {
    "plain": Look(12, 15, near=24.6, far=22),
    "large_print": Look(18, 22, near=22, far=18),
    "easy_read": Look(16, 20, near=68, far=32, pictures=True),  # about forty letters to a line
}


def insist_on_letters(outgoing: Outgoing, head: LetterHead, *, by_post: bool = True) -> None:
    """Raises NeverError where the letter would be print that nobody can read, or could be posted to nobody."""
    if by_post and len(_lines(outgoing.to)) < 2:
        raise NeverError("permanent-failure", "This letter has no address: a house and a postcode at least.")
    try:
        if head.fonts:
            head.fonts.insist_they_are_there()
        missing = missing_letters(_composed(outgoing.subject + outgoing.body + outgoing.to), head.fonts)
    except OSError as error:
        raise NeverError("technical-failure", "There is no font at FIELDVISIT_FONT that can be read.") from error
    if missing:
        here = "The font at FIELDVISIT_FONT has" if head.fonts else "The built-in fonts have"
        raise NeverError("technical-failure", f"no font for this letter. {here} {len(missing)} of its letters not.")


def letter_pdf(outgoing: Outgoing, head: LetterHead, at: datetime, *, by_post: bool = True) -> bytes:
    """The letter. at: its date. by_post: else somebody hands it over, and it needs no address. Raises NeverError where there
    is no font that can set it."""
    insist_on_letters(outgoing, head, by_post=by_post)
    pages, _uncounted = _Letter(outgoing, head, at).finished()
    return _Letter(outgoing, head, at, of=pages).finished()[1]


def _lines(address: str) -> list[str]:
    return [line.strip() for line in address.splitlines() if line.strip()]


def kept_together(groups: str) -> str:
    """Groups of digits, with blanks at which no line ends inside each number, and a blank of any kind between two."""
    numbers: list[list[str]] = []
    for group in groups.split(" "):
        digits = sum(len(each.lstrip("+")) for each in numbers[-1]) if numbers else 0
        if not numbers or _begins_another(numbers[-1][0], digits, group):
            numbers.append([])
        numbers[-1].append(group)
    return " ".join("\u00a0".join(number) for number in numbers)


def _begins_another(first: str, digits: int, group: str) -> bool:
    """digits: of the number so far, which began with the group `first`."""
    if not first.startswith(("0", "+")):
        return group.startswith("0") and len(group) > 2
    least, most = (each + first.startswith("+") for each in _WHOLE)
    return digits + len(group) > most or (digits >= least and (group.startswith("0") or len(group) < 3))


def carried_over(lines: list[str]) -> list[str]:
    """What is set apart on one line and goes on in the next is set apart there too: each line is laid out by itself."""
    found, inside = [], False
    for line in lines:
        whole = f"{_LEFT_TO_RIGHT}{line}" if inside else line
        inside = len(_BEGINS.findall(whole)) > whole.count(_END)
        found.append(f"{whole}{_END}" if inside else whole)
    return found


def say_date_of_letter(day: date, language: str) -> str:
    """8 December 2026, 8 grudnia 2026; 8.12.2026 in a letter that runs to the left."""
    if direction(language) == "rtl":
        return f"{day.day}.{day.month}.{day.year}"
    return format_date(day, "d MMMM y", locale=offered(language))


def _composed(words: str) -> str:
    return unicodedata.normalize("NFC", words)


class _Letter:
    """of: how many pages it will have, known when it was made once before; 0: not yet."""

    def __init__(self, outgoing: Outgoing, head: LetterHead, at: datetime, of: int = 0) -> None:
        self.outgoing, self.head, self.at, self.of = outgoing, head, at, of
        self.look = LOOKS[outgoing.look]
        self.reads_left = direction(outgoing.language) == "rtl"
        self.align = "R" if self.reads_left else "L"
        self.left = self.look.far if self.reads_left else self.look.near
        self.width = 210 - self.look.near - self.look.far
        self.pdf = import_module("fpdf").FPDF(unit="mm", format="A4")
        self._set_up()

    def _set_up(self) -> None:
        pdf, fonts = self.pdf, self.head.fonts
        pdf.set_auto_page_break(False)
        pdf.set_margin(0)
        pdf.c_margin = 0
        pdf.set_creation_date(self.at)
        pdf.set_lang(self.outgoing.language)
        pdf.viewer_preferences = import_module("fpdf").ViewerPreferences(display_doc_title=True)
        self.family = "letter" if fonts else "helvetica"
        if fonts:
            pdf.add_font("letter", "", fonts.regular)
            pdf.add_font("letter", "B", fonts.bold)
        self._direction(self.reads_left)
        pdf.set_title(self.text(self.outgoing.subject))

    def _direction(self, to_the_left: bool) -> None:
        if self.head.fonts:
            self.pdf.set_text_shaping(True, direction="rtl" if to_the_left else "ltr")

    def text(self, words: str) -> str:
        """A number that is read out stays on one line, and reads the same way round between words that run to the left."""
        words = _GROUPS.sub(lambda found: kept_together(found[0]), _composed(words))
        if self.reads_left:
            words = LINK.sub(lambda found: f"{_LEFT_TO_RIGHT}{found[0]}{_END}", words)
        return words if self.head.fonts else plain_letters(words)

    def finished(self) -> tuple[int, bytes]:
        """How many pages it has, and what it is as PDF."""
        self._write()
        return self.pdf.page, bytes(self.pdf.output())

    def _write(self) -> None:
        self._page()
        self._head()
        self._address()
        self.pdf.set_y(BODY_TOP)
        self._paragraph(self.outgoing.subject, self.look.heading, tag="H1")
        linked, shown = "", ""
        for paragraph in re.split(r"\n\s*\n", self.outgoing.body.strip()):
            first, _, rest = paragraph.partition("\n")
            if rest and first in self.outgoing.headings:
                self._paragraph(first, self.look.size, tag="H2", then=self._first_lines(rest))
                paragraph = rest
            found = None if linked else LINK.search(paragraph)
            picture = picture_for(paragraph, after=shown) if self.look.pictures else ""
            self._paragraph(paragraph, self.look.size, qr=found[0] if found else "", picture=picture)
            linked, shown = linked or (found[0] if found else ""), picture or shown

    def _page(self) -> None:
        self.pdf.add_page()
        self.pdf.set_y(NEXT_TOP)
        if self.of > 1:
            self._at(0, self.pdf.h - 14, self.pdf.w, 11, f"{self.pdf.page} / {self.of}", align="C", tag="Artifact")
            self.pdf.set_y(NEXT_TOP)

    def _head(self) -> None:
        left, top, width = HEAD
        self._at(left, top, width, max(14, self.look.size), self.head.council, bold=True)
        left, top, width = BESIDE_THE_WINDOW
        dated = say_date_of_letter(london_date(self.at), self.outgoing.language)
        self._at(left, top, width, self.look.size, "\n".join(filter(None, (self.head.phone, dated))))

    def _address(self) -> None:
        """Smaller where it has many lines: what the window does not show, the post does not read."""
        left, top, width, height = ADDRESS
        lines = _lines(self.outgoing.to)
        size = 12.0
        while size > 7 and not self._fits(lines, size, width, height):
            size -= 0.5
        self._at(left + 0.5, top + 0.5, width - 0.5, size, "\n".join(lines), leading=0.42)

    def _fits(self, lines: list[str], size: float, width: float, height: float) -> bool:
        self.pdf.set_font(self.family, "", size)
        whole = self.pdf.multi_cell(width - 0.5, size, self.text("\n".join(lines)), dry_run=True, output="LINES")
        widest = max((self.pdf.get_string_width(word) for line in lines for word in self.text(line).split()), default=0)
        return len(whole) * size * 0.42 <= height - 1 and widest <= width - 1

    def _at(
        self, x: float, y: float, width: float, size: float, words: str, *, bold: bool = False, align: str = "L",
        leading: float = LEADING, tag: str = "P",
    ) -> None:  # fmt: skip
        """Words at a place, in the direction of addresses and numbers, which is the same in every language."""
        self._direction(False)
        self.pdf.set_font(self.family, "B" if bold else "", size)
        self.pdf.set_xy(x, y)
        with self._tagged(tag):
            self.pdf.multi_cell(width, size * leading, self.text(words), align=align)
        self._direction(self.reads_left)

    @contextmanager
    def _tagged(self, tag: str) -> Iterator[None]:
        """What is drawn within, as that structure of one page. Artifact: what nobody reads aloud. fpdf2 offers no other way
        to tag text than what its own pictures use."""
        pdf = self.pdf
        if tag == "Artifact":
            pdf._out("/Artifact BMC")
        else:
            number = pdf.struct_builder.next_mcid_for_page(pdf.page)
            pdf._add_marked_content(struct_type=f"/{tag}", mcid=number)
            pdf._out(f"/{tag} <</MCID {number}>> BDC")
        yield
        pdf._out("EMC")

    def _lines_of(self, words: str, size: float, bold: bool) -> list[str]:
        self.pdf.set_font(self.family, "B" if bold else "", size)
        found: list[str] = self.pdf.multi_cell(
            self.width, size * LEADING, self.text(words), align=self.align, dry_run=True, output="LINES"
        )
        return carried_over(found) if self.reads_left else found

    def _first_lines(self, words: str) -> float:
        """The height of as much of a paragraph as stands below its heading on one page."""
        return min(len(self._lines_of(words, self.look.size, bold=False)), 3) * self.look.size * LEADING

    def _paragraph(
        self, words: str, size: float, *, tag: str = "P", qr: str = "", picture: str = "", then: float = 0
    ) -> None:
        """Whole lines of one paragraph, on the next page where they end; its picture and its code stand with it. then: the
        height of what must follow it on its page."""
        pdf, bold = self.pdf, tag != "P"
        line, side = size * LEADING, size * 1.9 if picture else 0.0
        lines = self._lines_of(words, size, bold)
        whole = len(lines) * line + then + (QR_SIDE + size * GAP if qr else 0)
        together = whole if qr or bold else min(len(lines), 3) * line  # never one lonely line at the foot of a page
        if pdf.get_y() + max(together, side) > pdf.h - BOTTOM:
            self._page()
        top, began = pdf.get_y(), pdf.page
        if picture:
            with self._tagged("Artifact"):
                draw_picture(
                    pdf, picture, self.left + self.width + 8 if self.reads_left else self.left - 8 - side, top, side
                )
        pdf.set_y(top)
        while lines:
            fits = max(1, int((pdf.h - BOTTOM - pdf.get_y()) / line + 1e-6))
            here, lines = lines[:fits], lines[fits:]
            with self._tagged(tag):
                self._set(here, size, bold)
            if lines:
                self._page()
        foot = top + side if pdf.page == began else 0.0
        pdf.set_y(max(pdf.get_y(), foot) + (0 if then else size * GAP))
        if qr:
            self._qr(qr)

    def _set(self, lines: list[str], size: float, bold: bool) -> None:
        self.pdf.set_font(self.family, "B" if bold else "", size)
        for text in lines:
            self.pdf.set_x(self.left)
            self.pdf.multi_cell(self.width, size * LEADING, text, align=self.align, new_x="LMARGIN", new_y="NEXT")

    def _qr(self, link: str) -> None:
        pdf = self.pdf
        if pdf.get_y() + QR_SIDE > pdf.h - BOTTOM:
            self._page()
        left = self.left + self.width - QR_SIDE if self.reads_left else self.left
        with Image.open(io.BytesIO(qr_png(link, 8, compact=False))) as code:
            pdf.image(code.convert("L"), left, pdf.get_y(), QR_SIDE, QR_SIDE, alt_text=link)
        pdf.set_y(pdf.get_y() + QR_SIDE + self.look.size * GAP)
