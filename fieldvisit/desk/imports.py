"""Taking in a file: homes, people, jobs or HACT messages, a thousand rows to a transaction, at constant memory.

Every row is judged alone. A row that says what a file last said is unchanged and nothing is written, so the same file
twice changes nothing. Two rows of one file that contradict each other are not a question of which comes last: the
second is refused.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from fieldvisit.db import Database
from fieldvisit.desk.import_badges import store_people_with_badges
from fieldvisit.desk.import_report import Outcome, Report, print_report
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import IMPORTING
from fieldvisit.notices.facts import CHANNELS
from fieldvisit.register import import_people
from fieldvisit.register import imports as homes
from fieldvisit.register.cells import BadCell, shown
from fieldvisit.register.imports import UNCHANGED, Result, Word, refused, remember, said_before
from fieldvisit.register.rows import BadRow, Columns, Row, UnreadableFile, read_rows
from fieldvisit.visits import hact
from fieldvisit.visits import imports as jobs
from fieldvisit.visits.import_hact import store_messages

__all__ = ["KINDS", "Outcome", "Report", "print_report", "run"]

KINDS = ("homes", "people", "jobs", "hact")
BATCH = 1000  # rows in one transaction
IN_USE = "The register did not take this row: something in it is in use already. Check it and import it again."
LARGEST_HACT = 64 * 1024 * 1024  # bytes: a JSON file is read whole

_WRITTEN = (Word.IMPORTED, Word.CHANGED)

Progress = Callable[[int, int | None], None]


class RowRead(Protocol):
    @property
    def key(self) -> str: ...
    def claims(self) -> dict[str, tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class _Kind:
    items: Callable[[BinaryIO], Iterator["_Entry"]]
    store: Callable[[Session, Sequence[Any]], list[Result]]


@dataclass(slots=True)
class _Entry:
    line: int
    key: str = ""
    row: RowRead | None = None
    digest: str = ""
    result: Result | None = None


def run(
    kind: str, path: Path, database: Database, policy: Policy, at: datetime, *, dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:  # fmt: skip
    """kind: one of KINDS. Nothing is read until the report is iterated. dry_run: all is tried, nothing is kept.

    progress: called after each batch with the rows so far and None, for who iterates the report without printing it.
    """
    return Report(_outcomes(_kind(kind, policy, at), kind, path, database, dry_run, progress), dry_run=dry_run)


def _outcomes(
    chosen: "_Kind", kind: str, path: Path, database: Database, dry_run: bool, progress: Progress | None
) -> Iterator[Outcome]:
    rows = 0
    with _opened(path) as file, closing(_Taking(kind, chosen.store, database, dry_run)) as taking:
        size = os.fstat(file.fileno()).st_size  # nought for a pipe, which nobody can measure
        try:
            for batch in taking.batches(chosen.items(file)):
                rows += len(batch)
                if progress:
                    progress(rows, None)
                part = min(1.0, file.tell() / size) if size else 0.0
                yield from (Outcome(entry.line, entry.key, result, part) for entry, result in batch)
        except OSError as wrong:
            raise UnreadableFile(f"{shown(path.name)} could not be read to its end. Import it again.") from wrong


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as wrong:
        why = (wrong.strerror or "no reason given").lower()
        raise UnreadableFile(f"{shown(path.name)} cannot be opened: {why}.") from wrong
    except ValueError as wrong:  # a null character in its name
        raise UnreadableFile("There is no file of that name.") from wrong


# --- the four kinds -----------------------------------------------------------------------------------------------


def _kind(kind: str, policy: Policy, at: datetime) -> _Kind:
    hazards = tuple(hazard.name for hazard in policy.hazards)
    days = tuple(policy.deadline.right_to_repair.value)
    read_person = partial(import_people.read_person, channels=tuple(CHANNELS), today=london_date(at))
    kinds = {
        "homes": _Kind(
            partial(_csv, columns=homes.COLUMNS, read=homes.read_home),
            partial(homes.store_homes, usual_area=policy.council.short_name),
        ),
        "people": _Kind(
            partial(_csv, columns=import_people.COLUMNS, read=read_person),
            partial(store_people_with_badges, at=at, policy=policy),
        ),
        "jobs": _Kind(
            partial(_csv, columns=jobs.COLUMNS, read=partial(jobs.read_job, hazards=hazards, days=days)),
            partial(jobs.store_jobs, policy=policy),
        ),
        "hact": _Kind(_hact, partial(store_messages, at=at)),
    }
    return kinds[kind]


def _csv(file: BinaryIO, columns: Columns, read: Callable[[Mapping[str, str]], RowRead]) -> Iterator[_Entry]:
    named = columns.required[0]
    for item in read_rows(file, columns):
        match item:
            case BadRow():
                yield _Entry(item.line, result=refused(item.column, item.reason))
            case Row():
                yield _entry(item.line, partial(read, item.cells), shown(item.cells.get(named, "")))


def _entry(line: int, read: Callable[[], RowRead], key: str = "") -> _Entry:
    try:
        row = read()
    except BadCell as wrong:
        return _Entry(line, key, result=refused(wrong.column, wrong.reason))
    # Every field of a row is a plain value, so its repr is the same for the same facts, today and next month.
    return _Entry(line, key or row.key[:12], row, hashlib.sha256(repr(row).encode()).hexdigest())


def _hact(file: BinaryIO) -> Iterator[_Entry]:
    data = file.read(LARGEST_HACT + 1)
    if len(data) > LARGEST_HACT:
        raise UnreadableFile("This file is over 64 MB. Split it into smaller lists of messages.")
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as wrong:
        raise UnreadableFile("This file is not UTF-8, as JSON must be. Ask the sending system for UTF-8.") from wrong
    if not text.strip():
        raise UnreadableFile("This file is empty. It must hold one RaiseRepair message, or a list of them.")
    try:
        for message in hact.messages(text):
            yield _entry(message.line, partial(hact.read_raise_repair, message.value))
    except hact.BrokenJson as wrong:
        yield _Entry(wrong.line, result=refused("", wrong.reason))


# --- taking rows in -----------------------------------------------------------------------------------------------


class _Taking:
    def __init__(
        self, kind: str, store: Callable[[Session, Sequence[Any]], list[Result]], database: Database, dry_run: bool
    ) -> None:
        self._kind, self._store, self._database, self._dry_run = kind, store, database, dry_run
        self._claims = _Claims()

    def close(self) -> None:
        self._claims.close()

    def batches(self, entries: Iterator[_Entry]) -> Iterator[list[tuple[_Entry, Result]]]:
        batch: list[_Entry] = []
        names: set[str] = set()
        for entry in entries:
            its_names = {name for _, name, _ in _claimed(entry)}
            # Whether an earlier row really claims a name is known once that row is taken.
            if len(batch) >= BATCH or not names.isdisjoint(its_names):
                yield self._take(batch)
                batch, names = [], set()
            entry.result = entry.result or self._claims.objection(entry)
            names |= its_names
            batch.append(entry)
        yield self._take(batch)

    def _take(self, batch: list[_Entry]) -> list[tuple[_Entry, Result]]:
        waiting = [entry for entry in batch if entry.result is None]
        if waiting:
            for entry, result in zip(waiting, self._write(waiting), strict=True):
                entry.result = result
        self._claims.add(entry for entry in waiting if entry.result and entry.result.word is not Word.REFUSED)
        return [(entry, entry.result) for entry in batch if entry.result]

    def _write(self, entries: list[_Entry]) -> list[Result]:
        try:
            return self._transaction(entries)
        except (IntegrityError, DataError):
            if len(entries) == 1:
                return [refused("", IN_USE)]
            return [result for entry in entries for result in self._write([entry])]  # so that one stops no other
        except OperationalError as wrong:
            raise UnreadableFile(
                f"The database could not be written at line {entries[0].line}. The rows before it are in. "
                "Run the same import again."
            ) from wrong

    def _transaction(self, entries: list[_Entry]) -> list[Result]:
        with self._database.session(IMPORTING, write=True) as session:
            results = self._store_new(session, entries)
            if self._dry_run:
                session.rollback()
            else:
                session.commit()
        return results

    def _store_new(self, session: Session, entries: list[_Entry]) -> list[Result]:
        before = said_before(session, self._kind, [_row(entry).key for entry in entries])
        new = [entry for entry in entries if before.get(_row(entry).key) != entry.digest]
        if not new:
            return [UNCHANGED] * len(entries)
        stored = self._store(session, [entry.row for entry in new])
        results = {_row(entry).key: result for entry, result in zip(new, stored, strict=True)}
        # A row with a note is looked at afresh each time: what it waits for may have come.
        written = {key for key, result in results.items() if result.word in _WRITTEN and not result.note}
        remember(session, self._kind, {_row(e).key: e.digest for e in new if _row(e).key in written}, before)
        return [results.get(_row(entry).key, UNCHANGED) for entry in entries]


def _row(entry: _Entry) -> RowRead:
    assert entry.row is not None
    return entry.row


def _claimed(entry: _Entry) -> list[tuple[str, str, str]]:
    """(column, name, what is said of it): of its own key that it says this, and whatever the row claims besides."""
    if entry.row is None:
        return []
    others = [(column, name, said) for column, (name, said) in entry.row.claims().items()]
    return [("", f"key {entry.row.key}", entry.digest), *others]


class _Claims:
    """What the rows so far have said, in a scratch file of SQLite's own: memory does not grow with the file."""

    def __init__(self) -> None:
        self._scratch = sqlite3.connect("", isolation_level=None)
        self._scratch.execute("PRAGMA journal_mode = OFF")
        self._scratch.execute("PRAGMA synchronous = OFF")
        self._scratch.execute("CREATE TABLE claim (name TEXT PRIMARY KEY, said TEXT, line INTEGER) WITHOUT ROWID")

    def close(self) -> None:
        self._scratch.close()

    def add(self, entries: Iterator[_Entry]) -> None:
        rows = [(name, said, entry.line) for entry in entries for _, name, said in _claimed(entry)]
        self._scratch.execute("BEGIN")
        self._scratch.executemany("INSERT OR IGNORE INTO claim VALUES (?, ?, ?)", rows)
        self._scratch.execute("COMMIT")

    def objection(self, entry: _Entry) -> Result | None:
        """Unchanged where an earlier row says the very same; refused where one says otherwise."""
        for column, name, said in _claimed(entry):
            found = self._scratch.execute("SELECT said, line FROM claim WHERE name = ?", (name,)).fetchone()
            if found is None:
                continue
            if found[0] != said:
                return refused(column, f"Line {found[1]} of this file says otherwise. Keep one of the two rows.")
            if not column:
                return UNCHANGED
        return None
