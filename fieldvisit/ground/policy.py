"""Reads a council's policy, and refuses by name whatever does not fit: all at once, each with its table and line.

Refused: an unknown setting, an absent one, a number with no source, a wrong type or unit, and a council's number
that is weaker than the statute's. The statute is the floor: a council may be kinder, never meaner.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from datetime import date, time
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fieldvisit.ground.policy_conduct import ComplaintGround
from fieldvisit.ground.policy_types import (
    SECTIONS,
    Contact,
    EmergencyType,
    Hazard,
    LawfulBasis,
    Policy,
    RefusalReason,
)
from fieldvisit.ground.settings import Kinder, Setting, Spec, Value
from fieldvisit.ground.verdict import Clause
from fieldvisit.ground.working_days import WorkingDays

__all__ = ["Policy", "PolicyError", "RefusalReason", "Setting", "councils", "load_policy", "read_policy"]

HEADER = re.compile(r"\s*(\[{1,2})\s*([\w.\s-]+?)\s*\]{1,2}")
KEY = re.compile(r"\s*([\w.-]+)\s*=")
# Each needs a place in words, so that a tenant who asks 'who says so?' can be told.
PROVENANCE = ("source", "where", "checked")
TYPE_WORDS = {int: "a whole number", bool: "true or false", str: "words in quotes", time: "a time such as 08:00:00"}
ROW_TYPES = {"valid": bool, "confirmed": bool, "checked": date, "in_scope_from": date, "emergency_from": date}
OPTIONAL_COLUMNS = {"in_scope_from", "emergency_from", "seen_as", "web", "web_source", "post"}
CONTACT_COLUMNS = ("code", "label", "number", "hours", "checked", "confirmed", "web", "web_source", "post")
CONTACTS_NEEDED = ("danger", "gas", "power", "safeguarding-adult", "safeguarding-child", "safeguarding-out-of-hours")
HAZARD_COLUMNS = ("name", "label", "in_scope_from", "emergency_from", "seen_as")
BANK_HOLIDAYS_A_YEAR = 8
RULE = re.compile(r"NR-([1-9]|1[0-6])")


class PolicyError(Exception):
    """problems: one sentence for each wrong setting, in the order of the file."""

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n  ".join([f"The policy {name} cannot be used:", *problems]))


class Source:
    """One TOML file as read, with the line on which each table stands, and what was found wrong with it."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self.problems: list[str] = []
        self.may_be_silent = False
        try:
            self.tables: dict[str, Any] = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise PolicyError(name, [f"{name}: {error}"]) from None
        self.lines = lines_of(text)

    def add_what_is_new(self, today: Mapping[str, Any]) -> None:
        for section in SECTIONS:
            self.tables[section] = today.get(section, {}) | self.section(section)

    def line(self, name: str) -> int:
        """The line of this table, or of the nearest thing that holds it."""
        while name not in self.lines and "." in name:
            name = name.rpartition(".")[0]
        return self.lines.get(name, 1)

    def wrong(self, name: str, what: str) -> None:
        self.problems.append(f"{self.name}: {name} (line {self.line(name)}): {what}")

    def section(self, name: str) -> dict[str, Any]:
        table = self.tables.get(name, {})
        if isinstance(table, dict):
            return table
        self.wrong(name, f"must be a table: write [{name}] on a line of its own.")
        return {}


def lines_of(text: str) -> dict[str, int]:
    """Where each table and key begins: {"notice.floor_h": 12, "door.refusal_reasons[0]": 80}. Lines count from 1."""
    lines: dict[str, int] = {}
    table, rows = "", dict[str, int]()
    for count, line in enumerate(text.splitlines(), start=1):
        if header := HEADER.match(line):
            table = re.sub(r"\s", "", header[2])
            if header[1] == "[[":
                row = rows[table] = rows.get(table, -1) + 1
                lines.setdefault(table, count)
                table = f"{table}[{row}]"
            lines.setdefault(table, count)
            lines.setdefault(table.partition(".")[0], count)
        elif key := KEY.match(line):
            lines.setdefault(f"{table}.{key[1]}".lstrip("."), count)
    return lines


def councils() -> tuple[str, ...]:
    """The councils that ship with FieldVisit, by their short names."""
    return tuple(sorted(file.name[:-5] for file in _shipped().iterdir() if file.name.endswith(".toml")))


def load_policy(council: str) -> Policy:
    """The policy of a council by its short name, or from a path that ends in .toml. Raises PolicyError."""
    statute = _statute()
    if council in councils():
        return read_policy(council, _shipped().joinpath(f"{council}.toml").read_text("utf-8"), statute)
    path = Path(council)
    if path.suffix != ".toml":
        known = ", ".join(councils())
        raise PolicyError(council, [f"There is no council called {council}. Use {known}, or a path ending in .toml."])
    try:
        return read_policy(path.stem, path.read_text("utf-8"), statute)
    except OSError as error:
        raise PolicyError(council, [f"{council} cannot be read: {error.strerror}."]) from None
    except ValueError:
        raise PolicyError(council, [f"{council} is not text in UTF-8: save it as UTF-8 and try again."]) from None


def read_policy(name: str, council_text: str, statute_text: str, *, kept: bool = False) -> Policy:
    """The policy that these two texts make. Raises PolicyError with everything that is wrong in either.

    kept: of an earlier day. A setting that has come since then is read from today's statute: nothing was judged by it.
    """
    statute, council = Source("statute.toml", statute_text), Source(f"{name}.toml", council_text)
    council.may_be_silent = kept
    if kept:
        statute.add_what_is_new(tomllib.loads(_statute()))
    _no_strangers(statute, {*SECTIONS, "contacts", "hazards", "bank_holidays"})
    _no_strangers(council, {*SECTIONS, "contacts", "clauses"})
    parts: dict[str, Any] = {key: _section(key, kind, council, statute) for key, kind in SECTIONS.items()}
    parts |= {"contacts": _contacts(council, statute), "clauses": _clauses(council)}
    parts |= {"hazards": _hazards(statute), "working_days": _working_days(statute)}
    if not (statute.problems or council.problems):
        _sections_agree(parts, council)
    if problems := statute.problems + council.problems:
        raise PolicyError(name, problems)
    text = statute_text + SEAM + council_text
    return Policy(name=name, hash=sha256(text.encode()).hexdigest(), source_text=text, **parts)


SEAM = "\n# --- above: the statute; below: the council ---\n"


def policy_as_kept(name: str, source_text: str) -> Policy:
    """A policy from the text that was kept with what it decided."""
    statute_text, _, council_text = source_text.partition(SEAM)
    return read_policy(name, council_text, statute_text, kept=True)


def no_weaker_than(statute: Value, council: Value, kinder: Kinder | None) -> bool:
    """May a council set this beside the statute's? `kinder` is the way in which it may move."""
    if kinder is None or statute == council:
        return True
    if isinstance(statute, bool) or isinstance(council, bool):
        return council is (kinder == "yes")
    if isinstance(statute, int) and isinstance(council, int):
        return council > statute if kinder == "more" else council < statute
    return False


def _statute() -> str:
    return files("fieldvisit").joinpath("ground", "statute.toml").read_text("utf-8")


def _shipped() -> Any:
    return files("fieldvisit").joinpath("councils")


def _no_strangers(source: Source, known: set[str]) -> None:
    for name in source.tables:
        if name not in known:
            source.wrong(name, f"there is no such part of a policy. The parts are: {', '.join(sorted(known))}.")


def _section(name: str, kind: type, council: Source, statute: Source) -> Any:
    """One dataclass of settings from both files, or None when something in it is wrong (and reported)."""
    ours, floor = council.section(name), statute.section(name)
    known = {setting.name: setting for setting in fields(kind)}
    for source, table in ((council, ours), (statute, floor)):
        for key in table:
            if key not in known:
                source.wrong(f"{name}.{key}", "there is no such setting. Check the spelling, or take it out.")
    values = {key: _value(name, item, council, statute) for key, item in known.items()}
    return None if None in values.values() else kind(**values)


def _value(section: str, item: Field[Any], council: Source, statute: Source) -> object:
    name = f"{section}.{item.name}"
    ours, floor = council.section(section).get(item.name), statute.section(section).get(item.name)
    if "columns" in item.metadata:
        return _door_rows(name, item, council if ours is not None or floor is None else statute)
    spec: Spec = item.metadata["spec"]
    lawful = _setting(name, floor, spec, statute) if floor is not None else None
    if ours is None:
        # A clock of the law, and what is said of complaints, codes and cases, needs no repeating; the rest a council says.
        if lawful is not None and (section in ("deadline", "complaint", "codes", "conduct") or council.may_be_silent):
            return lawful
        council.wrong(name, "is absent. Every setting must be there: copy it from a council that ships with us.")
        return None
    if spec.bare:
        return _checked_value(name, ours, spec, council)
    setting = _setting(name, ours, spec, council)
    if setting and lawful and not no_weaker_than(lawful.value, setting.value, spec.kinder):
        council.wrong(
            name,
            f"{setting.value} {setting.unit} is weaker than the floor of {lawful.value} ({lawful.clause}). "
            "A council may be kinder, never meaner.",
        )
        return None
    return setting


def _setting(name: str, table: object, spec: Spec, source: Source) -> Setting[Any] | None:
    if not isinstance(table, dict):
        source.wrong(name, f"must be a table [{name}] with value, unit, source, where and checked.")
        return None
    before = len(source.problems)
    for key in table:
        if key not in ("value", "unit", *PROVENANCE):
            source.wrong(f"{name}.{key}", "is not something a setting says: value, unit, source, where, checked.")
    value = _checked_value(name, table.get("value"), spec, source)
    unit = table.get("unit", "")
    if unit not in spec.units:
        source.wrong(name, f"its unit is {unit!r}, and must be {' or '.join(map(repr, spec.units))}.")
    _provenance(name, table, source, PROVENANCE)
    if len(source.problems) > before:
        return None
    return Setting(value, unit, table["source"], table["where"], table["checked"])


def _provenance(name: str, table: Mapping[str, Any], source: Source, needed: Sequence[str]) -> None:
    for key in needed:
        value = table.get(key)
        if key == "checked" and type(value) is not date:
            source.wrong(name, "no date checked: write the day it was compared with its source, checked = 2026-11-22.")
        elif key != "checked" and not (isinstance(value, str) and value.strip()):
            source.wrong(name, f"no {key}: everything in a policy says where it comes from.")


def _checked_value(name: str, value: object, spec: Spec, source: Source) -> object:
    """The value in its own type, or None when it does not fit (and reported)."""
    wrong = _what_is_wrong(value, spec)
    if wrong:
        source.wrong(name, wrong)
        return None
    return tuple(value) if isinstance(value, list) else value


def _what_is_wrong(value: object, spec: Spec) -> str | None:
    if value is None:
        return "has no value."
    if isinstance(value, list) and spec.kind is tuple:
        fits = bool(value) and all(type(each) is int and each >= 0 for each in value)
        return None if fits else "must be a list of whole numbers."
    # `type`, not isinstance: true is an int to Python, and a council that writes true means yes.
    if type(value) is not spec.kind:
        return f"is {value!r}, and must be {TYPE_WORDS.get(spec.kind, 'a list of whole numbers')}."
    if isinstance(value, int) and not isinstance(value, bool) and not spec.least <= value <= spec.most:
        return f"is {value}, and must be from {spec.least} to {spec.most}."
    if isinstance(value, str):
        if spec.choices and value not in spec.choices:
            return f"is {value!r}, and must be one of: {', '.join(spec.choices)}."
        if not value.strip() or (spec.pattern and not re.fullmatch(spec.pattern, value)):
            return f"is {value!r}, which is not how it is written: see the councils that ship with us."
    return None


def _door_rows(name: str, item: Field[Any], council: Source) -> tuple[Any, ...] | None:
    kinds: dict[str, type] = {
        "refusal_reasons": RefusalReason,
        "lawful_entry_bases": LawfulBasis,
        "emergency_types": EmergencyType,
        "grounds": ComplaintGround,
    }
    section, key = name.split(".")
    found = _rows(name, council.section(section).get(key), item.metadata["columns"], council, ("source", "where"))
    if found is None:
        return None
    by_code = {row["code"]: row for row in found}
    for code in item.metadata["needs"]:
        if not by_code.get(code, {}).get("valid"):
            council.wrong(name, f"{code} must be there with valid = true: the code of conduct names it (Q8).")
            return None
    return tuple(
        kinds[key](**{col: row[col] for col in item.metadata["columns"]}, clause=Clause(row["source"], row["where"]))
        for row in found
    )


def _rows(
    name: str, listed: object, columns: Sequence[str], source: Source, provenance: Sequence[str]
) -> list[dict[str, Any]] | None:
    """The tables of a list, each with every column in its type; None when something is wrong (and reported)."""
    before = len(source.problems)
    if not isinstance(listed, list) or not listed or not all(isinstance(row, dict) for row in listed):
        source.wrong(name, f"must be a list with at least one [[{name}]].")
        return None
    seen: set[str] = set()
    for place, row in enumerate(listed):
        here = f"{name}[{place}]"
        for key in row:
            if key not in columns and key not in provenance:
                source.wrong(f"{here}.{key}", f"is not something [[{name}]] says: {', '.join(columns)}.")
        for column in columns:
            _cell(here, column, row.get(column), source)
        _provenance(here, row, source, provenance)
        key = str(row.get(columns[0]))
        if key in seen:
            source.wrong(here, f"{key} is there twice.")
        seen.add(key)
    return listed if len(source.problems) == before else None


def _cell(here: str, column: str, value: object, source: Source) -> None:
    kind = ROW_TYPES.get(column, str)
    if value is None and column in OPTIONAL_COLUMNS:
        return
    if type(value) is not kind or value == "":
        words = {bool: "true or false", date: "a date such as 2026-11-22", str: "words in quotes"}[kind]
        source.wrong(here, f"{column} must be {words}.")


def _contacts(council: Source, statute: Source) -> tuple[Contact, ...]:
    """The national numbers first, in the statute's order; a council's own number replaces one with its code."""
    merged: dict[str, Contact] = {}
    for source in (statute, council):
        rows = _rows("contacts", source.tables.get("contacts"), CONTACT_COLUMNS, source, ("source",))
        for place, row in enumerate(rows or ()):
            if "web" in row and "web_source" not in row:
                source.wrong(f"contacts[{place}]", "web needs web_source: it is printed as it stands.")
        merged |= {row["code"]: Contact(**row) for row in rows or ()}
    for code in CONTACTS_NEEDED:
        if code not in merged and not (statute.problems or council.problems):
            council.wrong("contacts", f"{code} is absent: a worker in need must find that number.")
    return tuple(merged.values())


def _hazards(statute: Source) -> tuple[Hazard, ...]:
    rows = _rows("hazards", statute.tables.get("hazards"), HAZARD_COLUMNS, statute, ("source", "where"))
    return tuple(
        Hazard(
            name=row["name"],
            label=row["label"],
            in_scope_from=row.get("in_scope_from"),
            emergency_from=row.get("emergency_from"),
            seen_as=row.get("seen_as", ""),
            clause=Clause(row["source"], row["where"]),
        )
        for row in rows or ()
    )


def _working_days(statute: Source) -> WorkingDays:
    table = statute.section("bank_holidays")
    _provenance("bank_holidays", table, statute, PROVENANCE)
    dates = table.get("dates")
    if not isinstance(dates, list) or not dates or not all(type(day) is date for day in dates):
        statute.wrong("bank_holidays", "dates must be a list of dates.")
        return WorkingDays(frozenset())
    found = WorkingDays.from_dates(dates)
    for year in sorted(found.years):
        # A proclaimed day added alone must not pass for the whole of its year.
        if sum(day.year == year for day in found.bank_holidays) < BANK_HOLIDAYS_A_YEAR:
            statute.wrong("bank_holidays", f"{year} has too few dates: England has at least {BANK_HOLIDAYS_A_YEAR}.")
    return found


def _clauses(council: Source) -> Mapping[str, str]:
    table = council.section("clauses")
    for rule, clause in table.items():
        if not RULE.fullmatch(rule) or not isinstance(clause, str) or not clause.strip():
            council.wrong(f"clauses.{rule}", 'must be a notice rule and a clause id, NR-1 = "ME-3.1a".')
    return MappingProxyType(dict(table))


def _sections_agree(parts: Mapping[str, Any], council: Source) -> None:
    notice, door = parts["notice"], parts["door"]
    if notice.target_h.value < notice.floor_h.value:
        council.wrong("notice.target_h", "is less than notice.floor_h: the target is the floor or more.")
    if door.reasonable_to.value <= door.reasonable_from.value:
        council.wrong("door.reasonable_to", "is not after door.reasonable_from.")
