"""What an import prints: a line for each row, what it came to, and a bar on a terminal while it runs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from fieldvisit.register.imports import Result, Word
from fieldvisit.register.rows import UnreadableFile

BAR = 30  # characters
_WORTH_A_LINE = (Word.CHANGED, Word.REFUSED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row. line: the line of the file where it starts. key: its UPRN or reference. part: how much
    of the file had been read by then, 0 to 1."""

    line: int
    key: str
    result: Result
    part: float = 0.0


class Report:
    """The outcomes, row by row as they are iterated; then `counts` and `first_refused`.

    Iterating does the work, and raises UnreadableFile where no row can be got out of the file or the database cannot
    be written.
    """

    def __init__(self, outcomes: Iterator[Outcome], *, dry_run: bool = False) -> None:
        self._outcomes = outcomes
        self.dry_run = dry_run
        self.counts: Counter[Word] = Counter()
        self.first_refused: Outcome | None = None

    def __iter__(self) -> Iterator[Outcome]:
        for outcome in self._outcomes:
            self.counts[outcome.result.word] += 1
            if outcome.result.word is Word.REFUSED and self.first_refused is None:
                self.first_refused = outcome
            yield outcome


def print_report(report: Report, *, out: TextIO, err: TextIO) -> int:
    """Does the import and prints it; answers 0 done, or 1 where a row or the whole file was refused.

    On a terminal the rows that changed nothing, or went in without remark, are counted and not listed.
    """
    bar = _Bar(err, "Trying" if report.dry_run else "Importing")
    try:
        for outcome in report:
            bar.draw(outcome.part)
            if not out.isatty() or outcome.result.note or outcome.result.word in _WORTH_A_LINE:
                bar.wipe()
                _print(out, say(outcome))
    except UnreadableFile as wrong:
        bar.wipe()
        _print(err, str(wrong))
        return 1
    bar.wipe()
    _print(out, in_all(report))
    if report.first_refused is None:
        return 0
    refused = report.counts[Word.REFUSED]
    _print(err, f"{'1 row was' if refused == 1 else f'{refused} rows were'} refused. {say(report.first_refused)}")
    return 1


def say(outcome: Outcome) -> str:
    """line 5: refused 1.00E+08, uprn: A spreadsheet has shortened ..."""
    result = outcome.result
    said = " ".join(part for part in (f"line {outcome.line}:", result.word, outcome.key) if part)
    if result.word is Word.REFUSED:
        return f"{said}{',' if outcome.key else ''} {result.column or 'row'}: {result.reason}"
    return f"{said}. {result.note}" if result.note else said


def in_all(report: Report) -> str:
    """Only the words that came up: '9 imported, 1 refused'."""
    counts = ", ".join(f"{report.counts[word]} {word}" for word in Word if report.counts[word]) or "no rows"
    return f"{counts} (dry run: nothing was kept)" if report.dry_run else counts


def _print(stream: TextIO, line: str) -> None:
    """A name that this terminal cannot write becomes question marks, and never a traceback."""
    encoding = stream.encoding or "utf-8"
    stream.write(line.encode(encoding, "replace").decode(encoding) + "\n")


class _Bar:
    def __init__(self, stream: TextIO, doing: str) -> None:
        self._stream, self._doing, self._on = stream, doing, stream.isatty()
        self._shown = -1

    def draw(self, part: float) -> None:
        per_cent = int(part * 100)
        if not self._on or per_cent == self._shown:
            return
        self._shown = per_cent
        self._stream.write(f"\r{self._doing} [{'#' * (per_cent * BAR // 100):.<{BAR}}] {per_cent}%")
        self._stream.flush()

    def wipe(self) -> None:
        if self._shown >= 0:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = -1
