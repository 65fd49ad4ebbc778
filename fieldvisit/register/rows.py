"""Reading a CSV file that somebody else made, one row at a time: however long it is, a few rows are in memory.

Understood: UTF-8 with or without byte-order mark and UTF-16 with one; Windows, Unix and old Mac line ends; comma,
semicolon or tab; line breaks inside quotation marks. A row that cannot be read is a BadRow and the reading goes on,
also after a quotation mark that is never closed. UnreadableFile is for what no row can be got out of.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fieldvisit.register.cells import shown

SAVE_AS = 'In the spreadsheet choose Save As, then "CSV UTF-8", and import that file.'
OUT_OF_PLACE = 'A quotation mark (") is out of place. Put one at each end of the cell, and double any inside it.'
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


_PLAIN = re.compile(r"[ -~]*")  # what nearly every cell is: looked at first, because it is quick


@dataclass(frozen=True, slots=True)
class Columns:
    required: tuple[str, ...]
    optional: tuple[str, ...]

    def known(self) -> frozenset[str]:
        return frozenset(self.required + self.optional)


@dataclass(frozen=True, slots=True)
class Row:
    """line: the physical line of the file on which the row starts. cells: stripped; the empty ones left out."""

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


def _physical_lines(file: BinaryIO) -> Iterator[str]:
    """Bytes that are not text become marks that refuse the one row they are in."""
    start = file.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _split(file, start, codecs.getincrementaldecoder("utf-16")("replace"))
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFile(f"This is a spreadsheet, not a CSV file. {SAVE_AS}")
    if b"\x00" in start:
        raise UnreadableFile(f"This is not a text file. {SAVE_AS}")
    return _split(file, start, codecs.getincrementaldecoder("utf-8-sig")("surrogateescape"))


def _split(file: BinaryIO, data: bytes, decoder: codecs.IncrementalDecoder) -> Iterator[str]:
    """Lines with their ends: LF, CR LF or CR. One that never ends is cut, so that memory stays small."""
    held = ""
    while True:
        pieces = io.StringIO(held + decoder.decode(data, final=not data), newline="").readlines()
        if not data:
            yield from pieces
            return
        # the last may go on, and a CR at the very end may have its LF in the next piece
        held = pieces.pop() if pieces else ""
        yield from pieces
        if len(held) > 4 * MOST_CHARACTERS:
            yield held
            held = ""
        data = file.read(65_536)


def _header(lines: _Lines, columns: Columns) -> tuple[list[str], str]:
    for line in lines:
        lines.start_row()
        if line.strip(" \t\r\n,;") and not line.lower().startswith("sep="):  # Excel's own hint of the delimiter
            return _read_header(line, columns)
    raise UnreadableFile(f"This file is empty. Its first line must name the columns: {', '.join(columns.required)}.")


def _read_header(line: str, columns: Columns) -> tuple[list[str], str]:
    header, delimiter = max(
        ((_words(line, delimiter), delimiter) for delimiter in DELIMITERS),
        key=lambda found: len(columns.known() & set(found[0])),
    )
    missing = [column for column in columns.required if column not in header]
    if missing:
        raise UnreadableFile(
            f"The first line does not name the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}. "
            f"It must name {', '.join(columns.required)}, and may name {', '.join(columns.optional)}."
        )
    twice = sorted(column for column in columns.known() if header.count(column) > 1)
    if twice:
        raise UnreadableFile(f"The first line names the column {twice[0]} more than once. Keep one of them.")
    return header, delimiter


def _words(line: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    plain = (cell.replace("-", " ").replace("_", " ").lower() for cell in cells)
    words = ("_".join(cell.split()) for cell in plain)
    return [ALSO_CALLED.get(word, word) for word in words]


def _rows(lines: _Lines, header: list[str], delimiter: str, columns: Columns) -> Iterator[Row | BadRow]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    wanted = [(place, column) for place, column in enumerate(header) if column in columns.known()]
    while True:
        lines.start_row()
        starts = lines.line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _NeverClosed):
            lines.give_back_all_but_one()
            yield BadRow(starts, "", OUT_OF_PLACE)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if not "".join(cells).isspace() and any(cells):
            yield _row(starts, cells, wanted, len(header))


def _row(line: int, cells: list[str], wanted: list[tuple[int, str]], width: int) -> Row | BadRow:
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        sentence = f"This row has {len(cells)} cells and the header {width}."
        return BadRow(line, "", f"{sentence} Put quotation marks round a cell that has the separator in it.")
    kept = {}
    for place, column in wanted:
        if place >= len(cells) or not (text := cells[place].strip()):
            continue
        if not _PLAIN.fullmatch(text) and (wrong := _unprintable(text)):
            return BadRow(line, column, wrong)
        kept[column] = text
    return Row(line, kept)


def _unprintable(text: str) -> str:
    if any("\ud800" <= letter <= "\udfff" or letter == "\ufffd" for letter in text):
        return f"{shown(text)} has letters that are not UTF-8. {SAVE_AS}"
    if any((ord(letter) < 32 and letter not in "\t\r\n") or ord(letter) == 127 for letter in text):
        return f"{shown(text)} has characters in it that are not letters. Type the cell anew."
    return ""
