"""The five codes of conduct as data: each clause in our own words, how it is met, and the tests that prove it.

`how` says what this release does: enforced (the app stops what breaks it), prompted (asked or said at the moment),
recorded (kept in a log or register), displayed (shown to whom it concerns), planned (a later screen's work), out (no
software can meet it). Two of the first four may be joined by `+`. What the text says that is signed is another thing:
the document that the council uploads (ruling R21).

`broken_by` says who can break a clause at all, of those whom its code binds: "" each of them, firm (who works for one), council
(who does not), nobody (a permission, a right, or what the council, a tenant or a procedure owes).
"""

import re
import textwrap
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from importlib.resources import files
from typing import Any

MET = ("enforced", "prompted", "recorded", "displayed")
UNMET = ("planned", "out")
BROKEN_BY = ("", "firm", "council", "nobody")
FILES = ("melton", "milton-keynes-residents", "milton-keynes-officers", "alliance-panel", "housing-staff")


@dataclass(frozen=True, slots=True)
class Clause:
    id: str
    document: str
    section: str
    bearer: str
    duty: str
    how: str
    where: tuple[str, ...] = ()  # addresses, which begin with "/", or the names of records
    tests: tuple[str, ...] = ()  # "tests/rules/test_notices.py::test_name"
    met: str = ""  # what of the duty is met today
    why: str = ""  # why no software can meet it: of `out` alone
    broken_by: str = ""  # of BROKEN_BY

    def can_be_broken(self, *, of_a_firm: bool) -> bool:
        """By somebody whom its code binds. of_a_firm: who works for one."""
        return self.broken_by in ("", "firm" if of_a_firm else "council")

    @property
    def ways(self) -> tuple[str, ...]:
        return tuple(self.how.split("+"))

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(place for place in self.where if place.startswith("/"))


@dataclass(frozen=True, slots=True)
class Document:
    """status: live or draft; a draft may be shown and signed, but no case may rest on it alone (reading Q24).
    procedure: of a council's own code, that of the five whose procedure its cases follow; empty where it brings its own.
    """

    code: str
    name: str
    title: str
    landlord: str
    version: str
    dated: str
    status: str
    binds: str
    author: str = ""
    approved_on: str = ""
    approved_by: str = ""
    owner: str = ""
    review_due: str = ""
    procedure: str = ""
    clauses: tuple[Clause, ...] = field(default=(), repr=False)


@cache
def all_documents() -> tuple[Document, ...]:
    return tuple(_read(name) for name in FILES)


@cache
def all_clauses() -> tuple[Clause, ...]:
    return tuple(clause for document in all_documents() for clause in document.clauses)


def clause(clause_id: str) -> Clause:
    """Raises LookupError for an id that is in none of the five codes."""
    for each in all_clauses():
        if each.id == clause_id:
            return each
    raise LookupError(f"there is no clause {clause_id!r} in the five codes")


def by_section(clauses: Iterable[Clause]) -> list[tuple[str, list[Clause]]]:
    """(heading, clauses), as the code stands: "3.1 bullet 1" and "3.1 valid reason 1" are of section 3.1."""
    found: dict[str, tuple[str, list[Clause]]] = {}
    for each in clauses:
        named = re.split(r" bullet| \(|: | row | \d+$", each.section)[0]
        numbered = re.match(r"\d+(\.\d+)*(?= |$)", named)
        key = numbered[0] if numbered else named
        heading = f"Section {key}" if numbered and named == key else named
        found.setdefault(key, (heading, []))[1].append(each)
    return list(found.values())


def read_document(name: str, text: str) -> Document:
    """Raises ValueError with the name of the file and of the clause that cannot be read."""
    data = tomllib.loads(text)
    facts = data["document"]
    return Document(
        **_known(facts, Document, f"{name}: document"),
        name=name,
        clauses=tuple(_clause(facts["code"], row, name) for row in data["clause"]),
    )


def as_rows(clauses: Iterable[Clause] | None = None) -> list[dict[str, Any]]:
    """What `fieldvisit clauses --json` prints: `met` only where something is met, `why` only where nothing can be."""
    return [_row(each) for each in (all_clauses() if clauses is None else clauses)]


def as_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The same rows for a terminal 120 columns wide, with a last line that counts them."""
    heading = _lines("Clause", "Duty", "How it is met", ["Where, and which tests prove it"])
    body = [line for row in rows for line in _lines(row["id"], row["duty"], row["how"], _proofs(row))]
    return "\n".join([*heading, "-" * 120, *body, "-" * 120, _count(rows)])


def missing_proofs(collected: set[str], clauses: Iterable[Clause] | None = None) -> list[str]:
    """Every clause that says 'enforced' and names no test, and every named test that is not among those collected."""
    missing = []
    for each in all_clauses() if clauses is None else clauses:
        if "enforced" in each.ways and not each.tests:
            missing.append(f"{each.id} says 'enforced' and names no test")
        missing += [f"{each.id} names {test}, which is not there" for test in each.tests if test not in collected]
    return missing


def unknown_addresses(rules: Iterable[str], clauses: Iterable[Clause] | None = None) -> list[str]:
    """Every address in `where` that is none of these rules of the url map, whatever its placeholders are called."""
    known = {_shape(rule) for rule in rules}
    return [
        f"{each.id} points at {address}, which no route serves"
        for each in (all_clauses() if clauses is None else clauses)
        for address in each.addresses
        if _shape(address) not in known
    ]


def _read(name: str) -> Document:
    return read_document(name, (files(__package__) / "documents" / f"{name}.toml").read_text(encoding="utf-8"))


def _clause(document: str, row: dict[str, Any], name: str) -> Clause:
    values = _known(row, Clause, f"{name}: clause {row.get('id', '?')}")
    values |= {key: tuple(values[key]) for key in ("where", "tests") if key in values}
    return Clause(document=document, **values)


def _known(row: dict[str, Any], kind: type[Clause] | type[Document], place: str) -> dict[str, Any]:
    ours = {"document", "clauses", "name"}
    asked = {each.name: each.default is MISSING for each in fields(kind) if each.name not in ours}
    if unknown := sorted(set(row) - set(asked)):
        raise ValueError(f"{place} has {', '.join(unknown)}, which means nothing here")
    if absent := sorted(name for name, needed in asked.items() if needed and name not in row):
        raise ValueError(f"{place} has no {', '.join(absent)}")
    return dict(row)


def _row(each: Clause) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": each.id,
        "document": each.document,
        "section": each.section,
        "duty": each.duty,
        "how": each.how,
        "where": list(each.where),
        "tests": list(each.tests),
    }
    return row | {key: text for key, text in (("met", each.met), ("why", each.why)) if text}


def _proofs(row: Mapping[str, Any]) -> list[str]:
    return [text for text in (row.get("met", ""), row.get("why", ""), "; ".join(row["where"]), *row["tests"]) if text]


def _lines(clause_id: str, duty: str, how: str, proofs: Sequence[str]) -> list[str]:
    duties = textwrap.wrap(duty, 40)
    ways = how.replace("+", "+\n").split("\n")
    details = [line for text in proofs for line in textwrap.wrap(text, 47, break_on_hyphens=False)]
    depth = max(len(duties), len(ways), len(details), 1)
    columns = [column + [""] * (depth - len(column)) for column in ([clause_id], duties, ways, details)]
    return [f"{a:<12} {b:<41} {c:<15} {d}".rstrip() for a, b, c, d in zip(*columns, strict=True)]


def _count(rows: Sequence[Mapping[str, Any]]) -> str:
    ways = Counter(way for row in rows for way in str(row["how"]).split("+"))
    return f"{len(rows)} clauses: " + ", ".join(f"{ways[way]} {way}" for way in (*MET, *UNMET))


def _shape(address: str) -> str:
    return re.sub(r"<[^>]*>", "<>", address)
