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
from fieldvisit.vault.destroying import destroy
from fieldvisit.vault.doors import Staying, take_code
from fieldvisit.vault.intake import about_key, exclude, open_box, read
from fieldvisit.vault.keys import opened_with, sealed_with
from fieldvisit.vault.models import Act, Box, Case, Opening, Reader
from fieldvisit.vault.record import ABSENT, note
from fieldvisit.vault.rules import Rank
from fieldvisit.vault.seeing import Seen, find
from fieldvisit.vault.store import Vault

COPIED = "exported"  # the act that a copy for somebody outside leaves


@dataclass(frozen=True, slots=True)
class Opened:
    """What one opening shows: each report as it was said, and the leads' own words, by the act's id."""

    seen: Seen
    reports: Sequence[tuple[Box, Mapping[str, Any]]]
    words: Mapping[str, Mapping[str, str]]


# --- opening ------------------------------------------------------------------------------------------------------


def open_report(vault: Vault, staying: Staying, case_id: str, reason: str, why: str, code: str, at: datetime) -> Opened:
    """Raises RefusedError (reason, words, code, too-many), LookupError where no such case is there for this reader.

    The code is used up and the record is committed before anything is opened; where the record cannot be written, the
    error of that goes to the caller and nothing was opened.
    """
    insist(rules.may_open(reason, why))
    take_code(vault, staying.reader, code, at)
    with vault.store.writing() as session:
        seen = _recorded(session, vault, staying, case_id, "opened", reason, why, at)
        if seen:
            session.add(Opening(stay_id=staying.stay.id, case_id=case_id, at=at))
    reach("vault_recorded")
    if seen is None:
        raise LookupError(case_id)
    return _open(vault, staying.reader, case_id)


def copy_out(
    vault: Vault, staying: Staying, case_id: str, reason: str, to: str, why: str, code: str, key: str, at: datetime
) -> Opened:
    """All of one case, for a page that is printed or read out: D5's export. A read like any other, and an act besides.

    to: who gets it. key: made with the form. Raises as `open_report`; RefusedError `to` as well.
    """
    insist(rules.may_copy(reason, to, why))
    take_code(vault, staying.reader, code, at)
    with vault.store.writing() as session:
        seen = _recorded(session, vault, staying, case_id, COPIED, reason, why, at, acting=True)
        if seen:
            session.add(Opening(stay_id=staying.stay.id, case_id=case_id, at=at))
            if not session.scalars(select(Act.id).where(Act.form_key == key)).first():
                _add_act(
                    session, vault, seen, staying, COPIED, {"for": reason}, {"to": to.strip(), "why": why}, key, at
                )
    reach("vault_recorded")
    if seen is None:
        raise LookupError(case_id)
    return _open(vault, staying.reader, case_id)


def _recorded(
    session: Session, vault: Vault, staying: Staying, case_id: str, action: str, reason: str, why: str, at: datetime,
    *, acting: bool = False,
) -> Seen | None:  # fmt: skip
    """Writes down that somebody asks for a case, before it is known whether it is there for them (N1)."""
    seen = find(session, vault, staying.reader, case_id)
    if seen and acting and staying.reader.rank == Rank.INVESTIGATOR:
        seen = None
    if seen and seen.state.stage == "destroyed":
        raise RefusedError(Refused("destroyed", "Its words were destroyed when its time was over."))
    key = _key(vault, seen.case) if seen else None
    note(session, vault, staying.reader, action if seen else ABSENT, case_id, at, reason=reason, words=why, key=key)
    return seen


def open_again(vault: Vault, staying: Staying, case_id: str, at: datetime) -> Opened:
    """The same page after a form on it was refused. Recorded like any other read."""
    with vault.store.writing() as session:
        seen = find(session, vault, staying.reader, case_id)
        if seen is None or not is_open(session, staying, case_id, at):
            raise LookupError(case_id)
        note(session, vault, staying.reader, "opened", case_id, at, reason="act")
    return _open(vault, staying.reader, case_id)


def is_open(session: Session, staying: Staying, case_id: str, at: datetime) -> bool:
    """Did this reader open it in this browser within the last quarter of an hour?"""
    wanted = select(Opening.id).where(
        Opening.stay_id == staying.stay.id, Opening.case_id == case_id, Opening.at > at - rules.LASTS
    )
    return session.scalars(wanted).first() is not None


def _open(vault: Vault, reader: Reader, case_id: str) -> Opened:
    """Plain words, in memory alone. Called after the record of it was committed, and from nowhere else.

    Whether it is there for this reader is asked once more: since then they may have been named in it.
    """
    with vault.store.reading() as session:
        seen = find(session, vault, reader, case_id, whole=True)
    if seen is None:
        raise LookupError(case_id)
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
        seen = find(session, vault, staying.reader, case_id)
        if seen is None or staying.reader.rank == Rank.INVESTIGATOR:
            raise LookupError(case_id)
        if session.scalars(select(Act.id).where(Act.form_key == key)).first():
            return
        if kind not in state.UNREAD and not is_open(session, staying, case_id, at):
            raise RefusedError(Refused("not-open", "You opened this more than 15 minutes ago. Open it again first."))
        over = state.is_over(seen.state, vault.policy, at)
        insist(state.may(kind, seen.state, seen.persons[staying.reader.id], _by_person(facts, seen), over=over))
        if "reader" in facts:
            _insist_on_reader(session, kind, facts["reader"])
        asked = seen.state.destroy_by
        _add_act(session, vault, seen, staying, kind, facts, words, key, at)
        if kind in ("named", "stood_aside"):
            exclude(session, case_id, [session.get_one(Reader, facts.get("reader", staying.reader.id))], at)
        note(session, vault, staying.reader, kind, case_id, at)
        if kind == "agreed_destroy":
            destroy(session, vault, seen, asked, staying.reader, at)
    if kind == "agreed_destroy":
        vault.store.wipe()


def _by_person(facts: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
    """As the rules read them: of whom is said something, and not under which of their ids."""
    return dict(facts) | ({"reader": seen.persons.get(facts["reader"], "")} if "reader" in facts else {})


def _add_act(
    session: Session, vault: Vault, seen: Seen, staying: Staying, kind: str, facts: Mapping[str, Any],
    words: Mapping[str, str], key: str, at: datetime,
) -> None:  # fmt: skip
    made = Act(
        id=new_id(), case_id=seen.case.id, position=len(seen.acts) + 1, kind=kind, by_id=staying.reader.id, at=at,
        facts=dict(facts), words=None, form_key=key,
    )  # fmt: skip
    if words:
        made.words = sealed_with(_key(vault, seen.case), canonical(dict(words)).encode(), about_words(made.id))
    session.add(made)
    session.flush()


def _insist_on_reader(session: Session, kind: str, reader_id: str) -> None:
    there = session.get(Reader, reader_id)
    fits = there is not None and there.ended_at is None
    if fits and there is not None and kind in ("shared", "unshared"):
        fits = there.rank == Rank.INVESTIGATOR
    if not fits:
        raise RefusedError(Refused("reader", "Choose one of the names."))
