"""Many finished visits, fast: copies of last week's visits, moved to other days and homes. For trials of speed.

Each copy is whole: its own ids, its notice, its worker, its words, its log. The log's lines are those of a visit that
came in by the real door, moved back by whole days; their hashes are computed anew by the chain's own function, and the
cached state is the original's, moved as the log was: a refold gives the same, because every fact moved alike. What a
copy has not: envelopes, signatures and a grant (nobody signed these lines), and the tasks that a refusal raises.
Written in batches, each in a transaction of its own: a load that is stopped leaves whole visits behind, only fewer.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from types import SimpleNamespace
from typing import Any, cast, get_args, get_type_hints

from sqlalchemy import Table, insert, select, text
from sqlalchemy.orm import Session

from fieldvisit.db import Base, Database, canonical, new_id
from fieldvisit.demo.homes import ASKING, Place
from fieldvisit.demo.people import SCHEDULER
from fieldvisit.ground.roles import DEMO
from fieldvisit.notices.models import Notice
from fieldvisit.visits.fold import DESK
from fieldvisit.visits.kinds import READERS
from fieldvisit.visits.models import Entry, Visit, VisitWorker, Words
from fieldvisit.visits.service import chain_hash, entries_of, new_ref

BATCH = 2_000
DAYS_BACK = 365  # copies lie on so many days before their originals
Row = dict[str, Any]
Progress = Callable[[int, int | None], None]


@dataclass
class Original:
    """One visit that came in by the real door, as rows. moments: for each line, the keys of its body that are times."""

    scheduler: str
    share: int
    visit: Row
    lines: list[Row]
    moments: list[dict[str, datetime | date]]
    notices: list[Row]
    workers: list[Row]
    words: list[Row]


@dataclass
class Copies:
    """The rows of one batch."""

    visits: list[Row] = field(default_factory=list)
    workers: list[Row] = field(default_factory=list)
    notices: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    words: list[Row] = field(default_factory=list)


def original_of(session: Session, visit: Visit, scheduler: str, share: int) -> Original:
    lines = [_row(entry) for entry in entries_of(session, visit.id)]
    entry_ids = [line["id"] for line in lines]
    return Original(
        scheduler=scheduler,
        share=share,
        visit=_row(visit),
        lines=lines,
        moments=[_moments(line) for line in lines],
        notices=[_row(each) for each in session.scalars(select(Notice).where(Notice.visit_id == visit.id))],
        workers=[_row(each) for each in session.scalars(select(VisitWorker).where(VisitWorker.visit_id == visit.id))],
        words=[_row(each) for each in session.scalars(select(Words).where(Words.entry_id.in_(entry_ids)))],
    )


def _row(thing: Base) -> Row:
    values = {column.key: getattr(thing, column.key) for column in thing.__mapper__.columns}
    return {key: value.astimezone(UTC) if isinstance(value, datetime) else value for key, value in values.items()}


def _moments(line: Row) -> dict[str, datetime | date]:
    hints = get_type_hints(READERS[line["kind"], line["version"]])
    found: dict[str, datetime | date] = {}
    for name, value in line["body"].items():
        kinds = {hints[name], *get_args(hints[name])}
        if datetime in kinds:
            found[name] = datetime.fromisoformat(value)
        elif date in kinds:
            found[name] = date.fromisoformat(value)
    return found


def write_copies(
    database: Database, originals: Sequence[Original], places: Sequence[Place], areas: dict[str, str], count: int, *,
    seed: int, progress: Progress | None = None,
) -> None:  # fmt: skip
    with database.reading(DEMO) as session:
        used = set(session.scalars(select(Visit.ref)))
    made = _copies(_Copier(originals, places, areas, seed, used), count)
    done = 0
    while batch := list(islice(made, BATCH)):
        with database.writing(DEMO) as session:
            _write(session, batch)
        done += len(batch)
        if progress:
            progress(done, count)


def _write(session: Session, batch: Sequence[Copies]) -> None:
    if session.get_bind().dialect.name == "sqlite":
        # Random ids land all over the indexes: with SQLite's own two megabytes every line would be a read from disk.
        session.execute(text("PRAGMA cache_size = -262144"))
    for model, name in (
        (Visit, "visits"), (VisitWorker, "workers"), (Notice, "notices"), (Entry, "lines"), (Words, "words"),
    ):  # fmt: skip
        table = model.__table__
        assert isinstance(table, Table)
        if rows := [row for copies in batch for row in getattr(copies, name)]:
            session.connection().execute(insert(table), rows)


def _copies(copier: "_Copier", count: int) -> Iterator[Copies]:
    for _ in range(count):
        yield copier.next()


class _Copier:
    def __init__(
        self, originals: Sequence[Original], places: Sequence[Place], areas: dict[str, str], seed: int, used: set[str]
    ) -> None:
        self._chance = random.Random(f"copies {seed}")  # noqa: S311 - which home and which day, not a secret
        self._originals, self._shares = originals, [original.share for original in originals]
        self._areas, self._used = areas, used
        self._homes: dict[str, list[Place]] = {}
        for place in places:
            if (place.area, place.number) not in ASKING:
                self._homes.setdefault(SCHEDULER[place.area], []).append(place)
        self._seqs: dict[str, int] = {}

    def next(self) -> Copies:
        original = self._chance.choices(self._originals, self._shares)[0]
        place = self._chance.choice(self._homes[original.scheduler])
        back = timedelta(days=self._chance.randint(1, DAYS_BACK))
        return self._copy(original, place, back)

    def _copy(self, original: Original, place: Place, back: timedelta) -> Copies:
        visit_id, made = new_id(), Copies()
        notice_ids = {notice["id"]: new_id() for notice in original.notices}
        entry_ids: dict[str, str] = {}
        before = ""
        for line, moments in zip(original.lines, original.moments, strict=True):
            row = self._line(line, moments, back, visit_id, notice_ids)
            row["prev_hash"] = before
            row["hash"] = before = chain_hash(_as_entry(row))
            entry_ids[line["id"]] = row["id"]
            made.lines.append(row)
        visit = _moved(original.visit, back)
        visit |= {"id": visit_id, "ref": self._ref(), "home_id": place.home_id, "area_id": self._areas[place.area]}
        made.visits.append(visit | {"head": before})
        for notice in original.notices:
            made.notices.append(_moved(notice, back) | {"id": notice_ids[notice["id"]], "visit_id": visit_id})
        for worker in original.workers:
            made.workers.append(_moved(worker, back) | {"id": new_id(), "visit_id": visit_id})
        for words in original.words:
            ours = {"id": new_id(), "entry_id": entry_ids[words["entry_id"]], "subject_id": place.home_id}
            made.words.append(_moved(words, back) | ours)
        return made

    def _line(
        self, line: Row, moments: dict[str, datetime | date], back: timedelta, visit_id: str, notices: dict[str, str]
    ) -> Row:
        body = line["body"]
        if moments:
            body = body | {name: _written(moment - back) for name, moment in moments.items()}
        if "notice" in body:
            body = body | {"notice": notices[body["notice"]]}
        row = _moved(line, back)
        row |= {"id": new_id(), "visit_id": visit_id, "uuid": new_id(), "body": body, "grant_id": None}
        if line["device"] != DESK:
            device = row["device"] = f"demo-past-{line['recorded_by']}"
            row["seq"] = self._seqs[device] = self._seqs.get(device, 0) + 1
        row["envelope_sha256"] = hashlib.sha256(canonical([line["kind"], body]).encode()).hexdigest()
        return row

    def _ref(self) -> str:
        # Of 100,000 references some two are the same every fifth time: whoever makes many looks first.
        while (ref := new_ref()) in self._used:
            pass
        self._used.add(ref)
        return ref


def _as_entry(row: Row) -> Entry:
    """All that the chain reads of an entry, a fifth of the time that a mapped object takes to make."""
    return cast(Entry, SimpleNamespace(**row))


def _moved(row: Row, back: timedelta) -> Row:
    return {key: value - back if isinstance(value, date) else value for key, value in row.items()}


def _written(moment: datetime | date) -> str:
    return moment.isoformat().replace("+00:00", "Z")
