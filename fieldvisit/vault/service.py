"""Everything that a reader does in the vault. A read is written down and committed before anything is opened (N6).

Who may not see a case gets the answer that a case gets that never was: no row, no count, no other word (N3).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.db import canonical, new_id
from fieldvisit.failpoints import reach
from fieldvisit.ground.verdict import Refused, RefusedError, insist
from fieldvisit.vault import rules, state
from fieldvisit.vault.doors import Staying, take_code
from fieldvisit.vault.intake import about_key, exclude, open_box, read
from fieldvisit.vault.keys import opened_with, sealed_with
from fieldvisit.vault.models import Act, Box, Case, Exclusion, Opening, Reader
from fieldvisit.vault.record import ABSENT, note
from fieldvisit.vault.rules import Rank, Who
from fieldvisit.vault.state import Clock, State
from fieldvisit.vault.store import Vault


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as its readers see it without opening it: times, steps, clocks; no word of anybody's."""

    case: Case
    boxes: Sequence[Box]
    acts: Sequence[Act]
    state: State
    clocks: Sequence[Clock]
    unopened: Sequence[Box]
    seeing: frozenset[str]


@dataclass(frozen=True, slots=True)
class Opened:
    """What one opening shows: each report as it was said, and the leads' own words, by the act's id."""

    seen: Seen
    reports: Sequence[tuple[Box, Mapping[str, Any]]]
    words: Mapping[str, Mapping[str, str]]


# --- who sees what ------------------------------------------------------------------------------------------------


def readers(session: Session) -> list[Reader]:
    """All who are enrolled now, in one order."""
    rows = session.scalars(select(Reader).where(Reader.ended_at.is_(None)).order_by(Reader.enrolled_at, Reader.id))
    return list(rows)


def whos(rows: Sequence[Reader]) -> list[Who]:
    return [Who(row.id, Rank(row.rank)) for row in rows]


def cases_of(session: Session, vault: Vault, reader: Reader) -> list[Seen]:
    """Every case that this reader may see: what is unopened first, then by whose clock runs out first."""
    rows = session.scalars(select(Case).order_by(Case.received_at, Case.id))
    found = [seen for case in rows if (seen := _seen(session, vault, case, reader))]
    return sorted(found, key=_by_urgency)


def _by_urgency(seen: Seen) -> tuple[Any, ...]:
    first, came = seen.clocks[0].due if seen.clocks else None, seen.case.received_at
    return (seen.state.stage == "closed", not seen.unopened, first is None, first or came, came, seen.case.id)


def find(session: Session, vault: Vault, reader: Reader, case_id: str) -> Seen | None:
    """None where there is no such case, and where it is not there for this reader."""
    case = session.get(Case, case_id)
    return _seen(session, vault, case, reader) if case else None


def _seen(session: Session, vault: Vault, case: Case, reader: Reader) -> Seen | None:
    found = look(session, vault, case)
    excluded = excluded_from(session, case.id)
    who = Who(reader.id, Rank(reader.rank))
    return found if rules.may_see(who, whos(readers(session)), excluded, found.state.shared) else None


def look(session: Session, vault: Vault, case: Case) -> Seen:
    """As the vault itself sees it: for its clocks. Pages go by `find` and `cases_of`."""
    boxes = list(session.scalars(select(Box).where(Box.case_id == case.id).order_by(Box.received_at, Box.id)))
    acts = list(session.scalars(select(Act).where(Act.case_id == case.id).order_by(Act.position)))
    folded = state.fold(
        [boxes[0].received_at, *sorted(box.there_since for box in boxes[1:])], [_done(act) for act in acts]
    )
    last = session.scalars(select(Opening.at).where(Opening.case_id == case.id).order_by(Opening.at.desc())).first()
    unopened = [box for box in boxes if last is None or box.there_since > last]
    seeing = rules.circle(whos(readers(session)), excluded_from(session, case.id))
    return Seen(case, boxes, acts, folded, state.clocks(folded, vault.policy), unopened, seeing)


def excluded_from(session: Session, case_id: str) -> frozenset[str]:
    return frozenset(session.scalars(select(Exclusion.reader_id).where(Exclusion.case_id == case_id)))


def _done(act: Act) -> state.Done:
    return state.Done(act.kind, act.by_id, act.at, act.facts)


# --- opening ------------------------------------------------------------------------------------------------------


def open_report(vault: Vault, staying: Staying, case_id: str, reason: str, why: str, code: str, at: datetime) -> Opened:
    """Raises RefusedError (reason, words, code, too-many), LookupError where no such case is there for this reader.

    The code is used up and the record is committed before anything is opened; where the record cannot be written, the
    error of that goes to the caller and nothing was opened.
    """
    insist(rules.may_open(reason, why))
    take_code(vault, staying.reader, code, at)
    with vault.store.writing() as session:
        seen = find(session, vault, staying.reader, case_id)
        action = "opened" if seen else ABSENT
        note(session, vault, staying.reader, action, case_id, at, reason=reason, words=why)
        if seen:
            session.add(Opening(stay_id=staying.stay.id, case_id=case_id, at=at))
    reach("vault_recorded")
    if seen is None:
        raise LookupError(case_id)
    return _open(vault, case_id)


def open_again(vault: Vault, staying: Staying, case_id: str, at: datetime) -> Opened:
    """The same page after a form on it was refused. Recorded like any other read."""
    with vault.store.writing() as session:
        seen = find(session, vault, staying.reader, case_id)
        if seen is None or not is_open(session, staying, case_id, at):
            raise LookupError(case_id)
        note(session, vault, staying.reader, "opened", case_id, at, reason="act")
    return _open(vault, case_id)


def is_open(session: Session, staying: Staying, case_id: str, at: datetime) -> bool:
    """Did this reader open it in this browser within the last quarter of an hour?"""
    wanted = select(Opening.id).where(
        Opening.stay_id == staying.stay.id, Opening.case_id == case_id, Opening.at > at - rules.LASTS
    )
    return session.scalars(wanted).first() is not None


def _open(vault: Vault, case_id: str) -> Opened:
    """Plain words, in memory alone. Called after the record of it was committed, and from nowhere else."""
    with vault.store.reading() as session:
        seen = look(session, vault, session.get_one(Case, case_id))
    key = _key(vault, seen.case)
    reports = [(box, read(open_box(vault.keys, box.jwe))) for box in seen.boxes]
    words = {act.id: json.loads(opened_with(key, act.words, about_words(act.id))) for act in seen.acts if act.words}
    return Opened(seen, reports, words)


def _key(vault: Vault, case: Case) -> bytes:
    return vault.keys.unlock(case.key, about_key(case.id))


def about_words(act_id: str) -> str:
    return f"act|words|{act_id}"


# --- acting -------------------------------------------------------------------------------------------------------


def act(
    vault: Vault,
    staying: Staying,
    case_id: str,
    kind: str,
    facts: Mapping[str, Any],
    words: Mapping[str, str],
    key: str,
    at: datetime,
) -> None:
    """One step. key: made with the form, so that a form sent twice is one act.

    Raises RefusedError, LookupError where no such case is there for this reader, and RefusedError `closed-again` where the
    quarter of an hour since it was opened is over.
    """
    with vault.store.writing() as session:
        case = session.get(Case, case_id, with_for_update=not vault.store.is_sqlite or None)
        seen = _seen(session, vault, case, staying.reader) if case else None
        if case is None or seen is None or staying.reader.rank == Rank.INVESTIGATOR:
            raise LookupError(case_id)
        if session.scalars(select(Act.id).where(Act.form_key == key)).first():
            return
        if not is_open(session, staying, case_id, at):
            raise RefusedError(Refused("not-open", "You opened this more than 15 minutes ago. Open it again first."))
        insist(state.may(kind, seen.state, staying.reader.id, facts))
        if "reader" in facts:
            _insist_on_reader(session, kind, facts["reader"])
        made = Act(
            id=new_id(), case_id=case_id, position=len(seen.acts) + 1, kind=kind, by_id=staying.reader.id, at=at,
            facts=dict(facts), words=None, form_key=key,
        )  # fmt: skip
        if words:
            made.words = sealed_with(_key(vault, case), canonical(dict(words)).encode(), about_words(made.id))
        session.add(made)
        if kind == "named":
            exclude(session, case_id, _same_person(session, facts["reader"]), at)
        note(session, vault, staying.reader, kind, case_id, at)


def _insist_on_reader(session: Session, kind: str, reader_id: str) -> None:
    there = session.get(Reader, reader_id)
    fits = there is not None and there.ended_at is None
    if fits and there is not None and kind in ("shared", "unshared"):
        fits = there.rank == Rank.INVESTIGATOR
    if not fits:
        raise RefusedError(Refused("reader", "Choose one of the names."))


def _same_person(session: Session, reader_id: str) -> list[Reader]:
    """Enrolled again, somebody is still who they were."""
    person = session.get_one(Reader, reader_id).person_id
    return list(session.scalars(select(Reader).where(Reader.person_id == person)))
