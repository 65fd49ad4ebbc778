"""The visit log: filtered, newest first, a page at a time by its last row. Everything through the person asking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from fieldvisit.desk.forms import COUNCIL_ITSELF, LogFilter, Place
from fieldvisit.ground.clock import london_instant
from fieldvisit.register.models import Firm, Home
from fieldvisit.visits.models import Visit

PAGE = 50
COUNTED = 1000  # beyond that the list says 'or more': an exact total reads every row
HOMES = 200  # homes whose visits a search shows


@dataclass(frozen=True, slots=True)
class LogPage:
    """newer, older: where the neighbouring pages begin, or None. total: at most COUNTED; more: there are more.
    more_homes: more homes match than the search looked at."""

    visits: Sequence[Visit]
    newer: Place | None
    older: Place | None
    total: int
    more: bool
    more_homes: bool


def page_of(session: Session, wanted: LogFilter, *, words: bool = True) -> LogPage:
    """words: may the person asking read them? If not, neither does a search: what it finds would tell them."""
    conditions, more_homes = _conditions(session, wanted, words)
    visits, newer, older = _rows(session, wanted, conditions)
    alone = not (newer or older)
    total = len(visits) if alone else _count(session, conditions)
    return LogPage(visits, newer, older, min(total, COUNTED), total > COUNTED, more_homes)


def firms(session: Session) -> Sequence[Firm]:
    return session.scalars(select(Firm).order_by(Firm.name).limit(500)).all()


def firm_names(session: Session, visits: Sequence[Visit]) -> dict[str | None, str]:
    wanted = {visit.firm_id for visit in visits if visit.firm_id}
    found = session.scalars(select(Firm).where(Firm.id.in_(wanted)))
    return {None: "The council"} | {firm.id: firm.name for firm in found}


def _conditions(session: Session, wanted: LogFilter, words: bool) -> tuple[list[ColumnElement[bool]], bool]:
    found: list[ColumnElement[bool]] = []
    if wanted.firm:
        found.append(Visit.firm_id.is_(None) if wanted.firm == COUNCIL_ITSELF else Visit.firm_id == wanted.firm)
    if wanted.kind:
        found.append(Visit.kind == wanted.kind)
    if wanted.outcome:
        found.append(Visit.outcome == ("" if wanted.outcome == "open" else wanted.outcome))
    if wanted.notice:
        found.append(Visit.notice_result == wanted.notice)
    if wanted.since:
        found.append(Visit.window_start >= london_instant(wanted.since))
    if wanted.until:
        found.append(Visit.window_start < london_instant(wanted.until + timedelta(days=1)))
    if wanted.marked:
        found.append(Visit.exception_count > 0)
    if not wanted.q:
        return found, False
    homes = _homes(session, wanted.q)
    by_text = [Visit.home_id.in_(homes[:HOMES]), Visit.ref == wanted.q.upper()]
    if words:
        by_text.append(Visit.reason.icontains(wanted.q, autoescape=True))
    return [*found, or_(*by_text)], len(homes) > HOMES


def _homes(session: Session, q: str) -> list[str]:
    """The first step of a search: matching homes, so that their visits are then read by an index."""
    squeezed = q.replace(" ", "")
    where = or_(
        (Home.address_line + ", " + Home.town + ", " + Home.postcode).icontains(q, autoescape=True),
        func.replace(Home.postcode, " ", "").icontains(squeezed, autoescape=True),
        Home.uprn.startswith(squeezed, autoescape=True),
    )
    return list(session.scalars(select(Home.id).where(where).order_by(Home.address_line, Home.id).limit(HOMES + 1)))


def _rows(
    session: Session, wanted: LogFilter, conditions: list[ColumnElement[bool]]
) -> tuple[list[Visit], Place | None, Place | None]:
    """One row more than a page is read, to know whether there is a next one."""
    query = select(Visit).where(*conditions).options(joinedload(Visit.home), joinedload(Visit.lead)).limit(PAGE + 1)
    key: Any = tuple_(Visit.window_start, Visit.id)
    if wanted.before:
        ahead = key > (wanted.before.at, wanted.before.id)
        rows = list(session.scalars(query.where(ahead).order_by(Visit.window_start, Visit.id)))
        more, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        return rows, _first(rows) if more else None, _last(rows)
    if wanted.after:
        query = query.where(key < (wanted.after.at, wanted.after.id))
    rows = list(session.scalars(query.order_by(Visit.window_start.desc(), Visit.id.desc())))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return rows, _first(rows) if wanted.after else None, _last(rows) if more else None


def _first(rows: Sequence[Visit]) -> Place | None:
    return Place(rows[0].window_start, rows[0].id) if rows else None


def _last(rows: Sequence[Visit]) -> Place | None:
    return Place(rows[-1].window_start, rows[-1].id) if rows else None


def _count(session: Session, conditions: list[ColumnElement[bool]]) -> int:
    """Of at most one more than we count to."""
    return len(session.scalars(select(Visit.id).where(*conditions).limit(COUNTED + 1)).all())
