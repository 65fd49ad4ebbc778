"""Who sees which case, and a case as its readers see it without opening it: times, steps, clocks; no word of anybody's.

Everything is read in so many statements, however many cases there are. What is not there for whoever asks is left out by
the first of them: a page takes no longer for what it does not show (N3).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from fieldvisit.vault import rules, state
from fieldvisit.vault.intake import known
from fieldvisit.vault.models import Act, Box, Case, Exclusion, Opening, Reader
from fieldvisit.vault.naming import persons
from fieldvisit.vault.rules import INSIDE, Rank, Who
from fieldvisit.vault.state import Arrived, Clock, State
from fieldvisit.vault.store import Vault


@dataclass(frozen=True, slots=True)
class Seen:
    """excluded: ids of readers for whom it is not there. persons: of every reader, who that is."""

    case: Case
    boxes: Sequence[Box]
    acts: Sequence[Act]
    state: State
    clocks: Sequence[Clock]
    unopened: Sequence[Box]
    seeing: frozenset[str]
    excluded: frozenset[str]
    persons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Everybody:
    """enrolled: now, in one order. persons: whoever was ever enrolled, by id: who that is."""

    enrolled: Sequence[Reader]
    persons: Mapping[str, str]

    def whos(self) -> list[Who]:
        return [Who(row.id, Rank(row.rank), self.persons[row.id]) for row in self.enrolled]

    def same_as(self, ids: Iterable[str]) -> frozenset[str]:
        """All ids under which these people were ever enrolled."""
        wanted = {self.persons[one] for one in ids}
        return frozenset(own for own, person in self.persons.items() if person in wanted)


def everybody(session: Session) -> Everybody:
    rows = list(session.scalars(select(Reader).order_by(Reader.enrolled_at, Reader.id)))
    enrolled = [row for row in rows if row.ended_at is None]
    return Everybody(enrolled, persons({row.id: known(row) for row in rows}))


def readers(session: Session) -> Sequence[Reader]:
    """All who are enrolled now, in one order."""
    return everybody(session).enrolled


def cases_of(session: Session, vault: Vault, reader: Reader) -> list[Seen]:
    """Every case that this reader may see: what is unopened first, then by whose clock runs out first."""
    all_readers = everybody(session)
    return sorted(look(session, vault, all_readers, _visible(session, all_readers, reader)), key=_by_urgency)


def _by_urgency(seen: Seen) -> tuple[Any, ...]:
    first, came = seen.clocks[0].due if seen.clocks else None, seen.case.received_at
    ended = ("closed", "destroyed").index(seen.state.stage) + 1 if seen.state.stage in ("closed", "destroyed") else 0
    return (ended, not seen.unopened, first is None, first or came, came, seen.case.id)


def find(session: Session, vault: Vault, reader: Reader, case_id: str, *, whole: bool = False) -> Seen | None:
    """None where there is no such case, and where it is not there for this reader. whole: with the sealed boxes."""
    all_readers = everybody(session)
    found = look(session, vault, all_readers, _visible(session, all_readers, reader, case_id), whole=whole)
    return found[0] if found else None


def _visible(session: Session, all_readers: Everybody, reader: Reader, case_id: str = "") -> list[str]:
    """Ids of cases. The same statements whatever there is, and whatever of it is hidden."""
    if reader.id not in {row.id for row in all_readers.enrolled}:
        return []
    lost = select(Exclusion.case_id).where(Exclusion.reader_id.in_(all_readers.same_as([reader.id])))
    wanted = select(Case.id).where(Case.id.not_in(lost))
    if case_id:
        wanted = wanted.where(Case.id == case_id)
    left = list(session.scalars(wanted))
    if Rank(reader.rank) in INSIDE:  # who is left is in the circle: rules.circle
        return left
    shared = _shared(session, case_id)
    excluded = _excluded(session, all_readers, case_id)
    who, there = Who(reader.id, Rank(reader.rank), all_readers.persons[reader.id]), all_readers.whos()
    return [
        one for one in left
        if rules.may_see(who, there, excluded.get(one, frozenset()), shared.get(one, frozenset()))
    ]  # fmt: skip


def who_can_read(session: Session, all_readers: Everybody, case_id: str) -> list[Reader]:
    """Without whoever only has it shared with them."""
    excluded = _excluded(session, all_readers, case_id).get(case_id, frozenset())
    ids = rules.circle(all_readers.whos(), excluded)
    return [row for row in all_readers.enrolled if row.id in ids]


def _shared(session: Session, case_id: str) -> dict[str, frozenset[str]]:
    """With which investigators each case is shared now."""
    wanted = select(Act.case_id, Act.kind, Act.facts).where(Act.kind.in_(("shared", "unshared")))
    if case_id:
        wanted = wanted.where(Act.case_id == case_id)
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    for each, kind, facts in session.execute(wanted.order_by(Act.case_id, Act.position)):
        one = {str(facts["reader"])}
        found[each] = found[each] | one if kind == "shared" else found[each] - one
    return found


def _excluded(session: Session, all_readers: Everybody, case_id: str = "") -> dict[str, frozenset[str]]:
    """Ids of readers by case: whoever is enrolled twice is excluded twice."""
    wanted = select(Exclusion.case_id, Exclusion.reader_id)
    if case_id:
        wanted = wanted.where(Exclusion.case_id == case_id)
    found: dict[str, set[str]] = defaultdict(set)
    for each, reader_id in session.execute(wanted):
        found[each].add(reader_id)
    return {each: all_readers.same_as(ids) for each, ids in found.items()}


def look(
    session: Session, vault: Vault, all_readers: Everybody, ids: Sequence[str] | None, *, whole: bool = False
) -> list[Seen]:
    """As the vault itself sees them. ids: None for every case, for its clocks; pages go by `find` and `cases_of`."""

    def of(column: Any, asked: Any) -> Any:
        return asked if ids is None else asked.where(column.in_(ids))

    if ids is not None and not ids:
        return []
    cases = list(session.scalars(of(Case.id, select(Case)).order_by(Case.received_at, Case.id)))
    boxes = select(Box) if whole else select(Box).options(defer(Box.jwe, raiseload=True))
    boxes_of = _by_case(session.scalars(of(Box.case_id, boxes).order_by(Box.received_at, Box.id)))
    acts_of = _by_case(session.scalars(of(Act.case_id, select(Act)).order_by(Act.case_id, Act.position)))
    opened = select(Opening.case_id, func.max(Opening.at)).group_by(Opening.case_id)
    last: dict[str, datetime] = dict(session.execute(of(Opening.case_id, opened)).all())
    excluded = _excluded(session, all_readers, ids[0] if ids is not None and len(ids) == 1 else "")
    there = all_readers.whos()
    return [
        _seen(vault, all_readers, case, boxes_of[case.id], acts_of[case.id], last.get(case.id), there,
              excluded.get(case.id, frozenset()))
        for case in cases
    ]  # fmt: skip


def _by_case(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def _seen(
    vault: Vault,
    all_readers: Everybody,
    case: Case,
    boxes: list[Box],
    acts: list[Act],
    last: datetime | None,
    there: Sequence[Who],
    excluded: frozenset[str],
) -> Seen:
    arrived = [Arrived(boxes[0].received_at, boxes[0].danger)]
    arrived += sorted((Arrived(box.there_since, box.danger) for box in boxes[1:]), key=lambda one: one.at)
    folded = state.fold(
        arrived, [state.Done(act.kind, all_readers.persons[act.by_id], act.at, act.facts) for act in acts]
    )
    unopened = [box for box in boxes if last is None or box.there_since > last]
    seeing, clocks = rules.circle(there, excluded), state.clocks(folded, vault.policy)
    return Seen(case, boxes, acts, folded, clocks, unopened, seeing, excluded, all_readers.persons)
