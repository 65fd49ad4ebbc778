"""Homes from a file: a new UPRN is a new home, a known one changes only in what the file carries.

An empty cell says nothing: no import ever empties what is known. An area that nobody has named yet is made by its name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import insert, select, tuple_
from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.register.cells import line_of, needed, postcode_of, uprn_of
from fieldvisit.register.models import Area, Home, ImportedRow
from fieldvisit.register.rows import Columns
from fieldvisit.register.uprn import bare, spellings

COLUMNS = Columns(("uprn", "address_line", "postcode"), ("building", "street", "town", "area", "tenure"))


_FACTS = ("address_line", "postcode", "building", "street", "town", "tenure")


class Word(StrEnum):
    IMPORTED = "imported"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row. note: what whoever runs the import should know although the row was taken."""

    word: Word
    column: str = ""
    reason: str = ""
    note: str = ""


IMPORTED, CHANGED, UNCHANGED = Result(Word.IMPORTED), Result(Word.CHANGED), Result(Word.UNCHANGED)


def refused(column: str, reason: str) -> Result:
    return Result(Word.REFUSED, column, reason)


@dataclass(frozen=True, slots=True)
class HomeRow:
    """An empty string: the file does not say."""

    uprn: str
    address_line: str
    postcode: str
    building: str
    street: str
    town: str
    area: str
    tenure: str

    @property
    def key(self) -> str:
        return bare(self.uprn)

    def claims(self) -> dict[str, tuple[str, str]]:
        return {}

    def facts(self) -> dict[str, str]:
        """What the file carries, by the names of the register's columns."""
        return {name: value for name in _FACTS if (value := getattr(self, name))}


def read_home(cells: Mapping[str, str]) -> HomeRow:
    uprn = uprn_of(cells)
    needed(cells, "address_line")
    return HomeRow(
        uprn=uprn,
        address_line=line_of(cells, "address_line"),
        postcode=postcode_of(cells),
        building=line_of(cells, "building"),
        street=line_of(cells, "street"),
        town=line_of(cells, "town"),
        area=line_of(cells, "area"),
        tenure=line_of(cells, "tenure", most=60),
    )


def store_homes(session: Session, rows: Sequence[HomeRow], usual_area: str) -> list[Result]:
    """One result for each row, in order. usual_area: where a new home goes when the file names no area."""
    known = homes_by_uprn(session, [row.uprn for row in rows])
    areas = area_ids(session, [row.area or usual_area for row in rows if row.area or row.key not in known])
    results, new = [], []
    for row in rows:
        home = known.get(row.key)
        if home is None:
            defaults = {"building": "", "street": "", "town": "", "tenure": ""}
            area_id = areas[(row.area or usual_area).casefold()]
            new.append(defaults | row.facts() | {"id": new_id(), "uprn": row.uprn, "area_id": area_id})
            results.append(IMPORTED)
        else:
            facts = row.facts() | ({"area_id": areas[row.area.casefold()]} if row.area else {})
            results.append(CHANGED if set_what_differs(home, facts) else UNCHANGED)
    if new:
        session.execute(insert(Home), new)
    return results


def homes_by_uprn(session: Session, uprns: Sequence[str]) -> dict[str, Home]:
    """By bare UPRN, however many zeros stand in front of it here or there."""
    wanted = {spelling for uprn in uprns for spelling in spellings(uprn)}
    return {bare(home.uprn): home for home in session.scalars(select(Home).where(Home.uprn.in_(wanted)))}


def set_what_differs(row: object, facts: Mapping[str, object]) -> bool:
    """Whether anything did."""
    differing = {name: value for name, value in facts.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def area_ids(session: Session, names: Sequence[str]) -> dict[str, str]:
    """The id of each area by its name in small letters; areas that nobody has named yet are made."""
    if not names:
        return {}
    found = {name.casefold(): area_id for area_id, name in session.execute(select(Area.id, Area.name))}
    for name in names:
        if name.casefold() not in found:
            session.add(area := Area(id=new_id(), name=name))
            found[name.casefold()] = area.id
    session.flush()
    return found


# --- what files said before ---------------------------------------------------------------------------------------


def said_before(session: Session, kind: str, keys: Sequence[str]) -> dict[str, str]:
    """The digest of what a file last said about each of these keys."""
    rows = select(ImportedRow.key, ImportedRow.digest).where(ImportedRow.kind == kind, ImportedRow.key.in_(keys))
    return dict(session.execute(rows).all())


def remember(session: Session, kind: str, digests: Mapping[str, str], before: Mapping[str, str]) -> None:
    new = {key: digest for key, digest in digests.items() if key not in before}
    if new:
        rows = [{"id": new_id(), "kind": kind, "key": key, "digest": digest} for key, digest in new.items()]
        session.execute(insert(ImportedRow), rows)
    again = [(kind, key) for key in digests if key in before]
    if not again:
        return
    for row in session.scalars(select(ImportedRow).where(tuple_(ImportedRow.kind, ImportedRow.key).in_(again))):
        row.digest = digests[row.key]
