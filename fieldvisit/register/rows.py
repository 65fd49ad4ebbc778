"""Reading a CSV file that somebody else made, one row at a time: however long it is, a few rows are in memory.

Understood: UTF-8 with or without byte-order mark and UTF-16 with one; Windows, Unix and old Mac line ends; comma,
semicolon or tab; line breaks inside quotation marks. A row that cannot be read is a BadRow and the reading goes on,
also after a quotation mark that is never closed. UnreadableFile is for what no row can be got out of.
"""

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fieldvisit.register.cells import shown

SAVE_AS = 'In the spreadsheet choose Save As, then "CSV UTF-8", and import that file.'
DELIMITERS = (",", ";", "\t")
MOST_LINES = 60  # physical lines of one row: a quotation mark still open after so many was never meant
MOST_CHARACTERS = 64_000

# The same thing by the names that other systems use.
ALSO_CALLED = {
    "post_code": "postcode",
    "building_name": "building",
    "street_name": "street",
    "city_name": "town",
    "e_mail": "email",
    "telephone": "phone",
}


@dataclass(frozen=True, slots=True)
class Columns:
    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def known(self) -> frozenset[str]:
        return frozenset(self.required + self.optional)


@dataclass(frozen=True, slots=True)
class Row:
    """line: the physical line of the file on which the row starts. cells: stripped, and only those that say something."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    line: int
    column: str
    reason: str


class UnreadableFile(Exception):
    """One sentence or two for the person who ran the import."""


class _NeverClosed(Exception):
    pass


class _Lines:
    """Physical lines, with those of the row at hand kept so that they can be given back."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self.line = 0  # of the line given last
        self.taken: list[str] = []
        self._characters = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES or self._characters > MOST_CHARACTERS:
            raise _NeverClosed
        line = self._again.popleft() if self._again else next(self._text)
        self.line += 1
        self.taken.append(line)
        self._characters += len(line)
        return line

    def start_row(self) -> None:
        self.taken, self._characters = [], 0

    def give_back_all_but_one(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))
        self.line -= len(self.taken) - 1


def read_rows(file: BinaryIO, columns: Columns) -> Iterator[Row | BadRow]:
    """Raises UnreadableFile, before the first row, when there is no header to read the rows by."""
    lines = _Lines(_physical_lines(file))
    header, delimiter = _header(lines, columns)
    return _rows(lines, header, delimiter, columns)


def _encoding(start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFile(f"This is a spreadsheet, not a CSV file. {SAVE_AS}")
    if b"\x00" in start:
        raise UnreadableFile(f"This is not a text file. {SAVE_AS}")
    return "utf-8-sig"


def _physical_lines(file: BinaryIO) -> Iterator[str]:
    """Bytes that are not text become lone surrogates, and refuse the one row that they are in."""
    start = file.read(4096)
    text = codecs.getreader(_encoding(start))(_Rejoined(start, file), errors="surrogateescape")
    return _split(text)


class _Rejoined(io.RawIOBase):
    """A file whose first bytes were already looked at. A pipe cannot be wound back."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._rest = start, rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._start:
            start, self._start = self._start, b""
            return start
        return self._rest.read(size if size > 0 else 65_536)


def _split(text: codecs.StreamReader) -> Iterator[str]:
    """Lines with their ends. Only LF, CR LF and CR end a line; one without end is cut, so that memory stays small."""
    held = ""
    while True:
        try:
            piece = text.read(65_536)
        except UnicodeDecodeError as wrong:  # UTF-16 that stops in mid-letter
            raise UnreadableFile(f"This file stops in the middle of a letter. {SAVE_AS}") from wrong
        pieces = io.StringIO(held + piece, newline="").readlines()
        if not piece:
            yield from pieces
            return
        # the last may go on, and a CR at the very end may have its LF in the next piece
        held = pieces.pop() if pieces else ""
        yield from pieces
        if len(held) > 4 * MOST_CHARACTERS:
            yield held
            held = ""


def _header(lines: _Lines, columns: Columns) -> tuple[list[str], str]:
    for line in lines:
        lines.start_row()
        if line.strip(" \t\r\n,;\ufeff") and not line.lower().startswith("sep="):  # Excel's own hint of the delimiter
            return _read_header(line, columns)
    raise UnreadableFile(f"This file is empty. Its first line must name the columns: {', '.join(columns.required)}.")


def _read_header(line: str, columns: Columns) -> tuple[list[str], str]:
    header, delimiter = max(
        ((_words(line, delimiter), delimiter) for delimiter in DELIMITERS),
        key=lambda found: len(columns.known & set(found[0])),
    )
    missing = [column for column in columns.required if column not in header]
    if missing:
        raise UnreadableFile(
            f"The first line does not name the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}. "
            f"It must name {', '.join(columns.required)}, and may name {', '.join(columns.optional)}."
        )
    twice = sorted(column for column in columns.known if header.count(column) > 1)
    if twice:
        raise UnreadableFile(f"The first line names the column {twice[0]} more than once. Keep one of them.")
    return header, delimiter


def _words(line: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    words = ("_".join(cell.strip(" \t\r\n\ufeff").lower().replace("-", " ").replace("_", " ").split()) for cell in cells)
    return [ALSO_CALLED.get(word, word) for word in words]


def _rows(lines: _Lines, header: list[str], delimiter: str, columns: Columns) -> Iterator[Row | BadRow]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.start_row()
        starts = lines.line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _NeverClosed):
            lines.give_back_all_but_one()
            yield BadRow(starts, "", 'A quotation mark (") is out of place. Put one at each end of the cell, and double any inside.')
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if any(cell.strip() for cell in cells):
            yield _row(starts, cells, header, columns)


def _row(line: int, cells: list[str], header: list[str], columns: Columns) -> Row | BadRow:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        return BadRow(line, "", f"This row has {len(cells)} cells and the header {len(header)}. Put quotation marks round a cell "
                                "that has the separator in it.")
    kept = {}
    for column, cell in zip(header, cells, strict=False):
        if column not in columns.known or not (text := cell.strip()):
            continue
        if wrong := _unprintable(text):
            return BadRow(line, column, wrong)
        kept[column] = text
    return Row(line, kept)


def _unprintable(text: str) -> str:
    if text.isprintable():
        return ""
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return f"{shown(text)} has letters that are not UTF-8. {SAVE_AS}"
    if any(ord(letter) < 32 and letter not in "\t\r\n" or ord(letter) == 127 for letter in text):
        return f"{shown(text)} has characters in it that are not letters. Type the cell anew."
    return ""
