"""RaiseRepair messages become jobs. Their home is the one with that postcode and address line, or they are refused.

A job is a responsive repair; WorkClassCode and RequiredCompletionDateTime are checked and not kept: nothing here asks
for them yet. The same message again is unchanged; a message that differs in anything is another job, since RaiseRepair
has no order number. Its alerts become warnings of the home, which nobody owns until a person has looked at them.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.register.imports import IMPORTED, UNCHANGED, Result, refused
from fieldvisit.register.models import Home
from fieldvisit.register.needs_warnings import take_alerts
from fieldvisit.visits import needs_told
from fieldvisit.visits.hact import RaiseRepair, address_key
from fieldvisit.visits.models import Job

assert needs_told  # a warning that comes with a message is told to the home's open visits

HOME = "SitePropertyUnit[0].Address"
KIND = "responsive_repair"


def store_messages(session: Session, rows: Sequence[RaiseRepair], at: datetime) -> list[Result]:
    """One result for each message, in order."""
    homes = _homes_by_postcode(session, {row.postcode for row in rows})
    refs = [ref for row in rows for ref in row.refs]
    known = set(session.scalars(select(Job.ref).where(Job.ref.in_(refs))))
    results = [
        UNCHANGED if known.intersection(row.refs) else _store(session, row, homes.get(row.postcode, []), at)
        for row in rows
    ]
    session.flush()
    return results


def _homes_by_postcode(session: Session, postcodes: set[str]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    rows = session.execute(select(Home.id, Home.postcode, Home.address_line).where(Home.postcode.in_(postcodes)))
    for home_id, postcode, line in rows:
        found.setdefault(postcode, []).append((home_id, address_key(line)))
    return found


def _store(session: Session, row: RaiseRepair, homes: Sequence[tuple[str, str]], at: datetime) -> Result:
    candidates = [home_id for home_id, line in homes if line in row.addresses]
    if len(candidates) != 1:
        return refused(HOME, _which_home(len(candidates), row.postcode))
    session.add(
        Job(
            id=new_id(),
            ref=row.ref,
            home_id=candidates[0],
            kind=KIND,
            reason=row.reason,
            priority=row.priority,
            trade=row.trade,
            reported_at=row.reported_at,
        )
    )
    take_alerts(session, candidates[0], row.alerts, at)
    return IMPORTED


def _which_home(candidates: int, postcode: str) -> str:
    if candidates:
        return f"{candidates} candidates at {postcode} have this address line. Send the line that tells them apart."
    return f"0 candidates at {postcode} have this address line. Import the home, or write it as the register does."
