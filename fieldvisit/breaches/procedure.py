"""How each code deals with a breach, as data: ladders, deciders, time limits, presets and appeals, each with its clause.

Pure. `procedures/ME.toml` and its sisters are read once; a wrong file says everything that is wrong at once, each with its
table and line. A clause is one of the code's own, "project default" (ours, R18), or "none in the code".
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from fieldvisit.codes.catalogue import all_clauses
from fieldvisit.ground.deadlines import CLOCKS
from fieldvisit.ground.policy import PolicyError, Source
from fieldvisit.ground.settings import DEFAULT_NOTE, PROJECT_DEFAULT

NONE_IN_THE_CODE = "none in the code"
DOCUMENTS = ("ME", "MR", "MO", "AL", "HS")
PEOPLE = ("screener", "decider")
WORDS = ("screen", "notify", "respond", "decide", "tell", "appeal", "cih")
NEEDED_WORDS = WORDS[:5]
LIMITS = ("screen", "consider", "respond", "tell")
ORDERS = ("strict", "free")
FOR = ("", "firm")
NEEDS = ("", "vote")
STOPS = ("", "paused", "ended")
NAME = re.compile(r"[a-z][a-z0-9_]{0,23}")


class ProcedureError(Exception):
    """problems: one sentence for each thing that is wrong, in the order of the file."""

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n  ".join([f"The procedure {name} cannot be used:", *problems]))


@dataclass(frozen=True, slots=True)
class Written:
    """Words of a procedure, and where they are written."""

    label: str
    clause: str

    @property
    def where(self) -> str:
        return say_clause(self.clause)


@dataclass(frozen=True, slots=True)
class Deciding:
    """Who does it, in the council's own titles. joined_by: who decides with them; joined_part: the part
    that this person has in the case, who confirms it then. if_coordinator: where the accused is one."""

    label: str
    clause: str
    joined_by: str = ""
    joined_part: str = ""
    if_coordinator: str = ""
    if_coordinator_clause: str = ""

    def called(self, coordinates: bool) -> Written:
        if coordinates and self.if_coordinator:
            return Written(self.if_coordinator, self.if_coordinator_clause)
        return Written(self.label, self.clause)


@dataclass(frozen=True, slots=True)
class Limit:
    """clock: a name of ground/deadlines.py; without one, so many working days, which are ours."""

    clause: str
    clock: str = ""
    working_days: int = 0


@dataclass(frozen=True, slots=True)
class Sanction:
    """only_for: "firm" (who works for one), or anybody. must_consider: ME 8.2. needs: "vote" of the members present.

    stops: "paused" or "ended", what it does to the part of an involved resident or a panel member."""

    code: str
    label: str
    clause: str
    only_for: str = ""
    must_consider: bool = False
    needs: str = ""
    stops: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """rungs: codes of sanctions, the mildest first. strict: no rung is skipped. skip: the part
    whose holder confirms the reason for it, where one may be skipped all the same. at_once: suspended before they answer.

    clauses: beginnings of the clauses that lead to it; none: any that leads to no other.
    """

    name: str
    label: str
    clause: str
    rungs: tuple[tuple[str, ...], ...]
    strict: bool
    at_once: bool = False
    clauses: tuple[str, ...] = ()
    skip: str = ""
    skip_clause: str = ""

    def rung_of(self, sanction: str) -> int | None:
        return next((place for place, rung in enumerate(self.rungs) if sanction in rung), None)


@dataclass(frozen=True, slots=True)
class Preset:
    """A breach so serious that its ladder may be begun at this rung."""

    code: str
    label: str
    clause: str
    ladder: str
    rung: int


@dataclass(frozen=True, slots=True)
class Appeals:
    levels: tuple[Written, ...]
    window_wd: int
    clause: str
    route: str


@dataclass(frozen=True, slots=True)
class Procedure:
    document: str
    title: str
    people: Mapping[str, Deciding]
    words: Mapping[str, Written]
    limits: Mapping[str, Limit]
    appeals: Appeals
    sanctions: tuple[Sanction, ...]
    ladders: tuple[Ladder, ...]
    presets: tuple[Preset, ...]

    def sanction(self, code: str) -> Sanction | None:
        return next((each for each in self.sanctions if each.code == code), None)

    def ladder(self, name: str) -> Ladder | None:
        return next((each for each in self.ladders if each.name == name), None)

    def preset(self, code: str) -> Preset | None:
        return next((each for each in self.presets if each.code == code), None)

    def word(self, act: str) -> Written:
        """What this code calls an act; the plain word where it is silent."""
        return self.words.get(act) or Written(act.capitalize(), NONE_IN_THE_CODE)


def say_clause(clause: str) -> str:
    return DEFAULT_NOTE[0].upper() + DEFAULT_NOTE[1:] if clause == PROJECT_DEFAULT else clause


@cache
def procedures() -> Mapping[str, Procedure]:
    """Raises ProcedureError with what is wrong in any of the files."""
    known = frozenset(clause.id for clause in all_clauses())
    found: dict[str, Procedure] = {}
    problems: list[str] = []
    for document in DOCUMENTS:
        text = (files(__package__) / "procedures" / f"{document}.toml").read_text("utf-8")
        try:
            found[document] = read_procedure(f"{document}.toml", text, known)
        except ProcedureError as error:
            problems += error.problems
    if problems:
        raise ProcedureError("files", problems)
    return MappingProxyType(found)


_own: Mapping[str, Procedure] = MappingProxyType({})


def use_own(own: Mapping[str, Procedure]) -> None:
    """Of the council's own codes (own_procedures.py)."""
    global _own
    _own = MappingProxyType(dict(own))


def procedure_of(document: str) -> Procedure | None:
    """None: a code of the council's own, whose procedure nobody has written."""
    return procedures().get(document) or _own.get(document)


def read_procedure(name: str, text: str, known: frozenset[str], own: str = "") -> Procedure:
    """known: every clause there is. own: the council's own code that it must be of. Raises ProcedureError."""
    try:
        source = Source(name, text)
    except PolicyError as error:
        raise ProcedureError(name, error.problems) from None
    reading = _Reading(source, known, own)
    made = reading.procedure()
    if source.problems or made is None:
        raise ProcedureError(name, source.problems)
    return made


class _Reading:
    def __init__(self, source: Source, known: frozenset[str], own: str) -> None:
        self.source, self.known, self.own = source, known, own

    def procedure(self) -> Procedure | None:
        tables, wrong = self.source.tables, self.source.wrong
        allowed = {"document", "title", "people", "words", "clocks", "appeal", "sanctions", "ladders", "presets"}
        for name in tables:
            if name not in allowed:
                wrong(name, f"is not something a procedure says: {', '.join(sorted(allowed))}.")
        documents = (self.own,) if self.own else DOCUMENTS
        if tables.get("document") not in documents:
            wrong("document", f"must be {' or '.join(documents)}.")
        people = {name: self._person(name) for name in PEOPLE}
        words = {name: Written(**self._row(f"words.{name}", row, {"label": str}))
                 for name, row in self._tables("words", WORDS, NEEDED_WORDS)}  # fmt: skip
        limits = {name: self._limit(name, row) for name, row in self._tables("clocks", LIMITS, ("respond",))}
        sanctions = tuple(self._sanction(here, row) for here, row in self._list("sanctions", needed=True))
        ladders = tuple(self._ladder(here, row, sanctions) for here, row in self._list("ladders", needed=True))
        presets = tuple(self._preset(here, row, ladders) for here, row in self._list("presets", needed=False))
        appeals = self._appeals()
        title = tables.get("title")
        if not isinstance(title, str) or not title:
            wrong("title", "must be words in quotes.")
        if self.source.problems:
            return None
        return Procedure(
            str(tables["document"]), str(title), people, words, limits, appeals, sanctions, ladders, presets
        )

    def _person(self, name: str) -> Deciding:
        more = {"with": str, "with_part": str, "if_coordinator": str, "if_coordinator_clause": str}
        row = self._row(f"people.{name}", self.source.section("people").get(name), {"label": str}, more)
        if second := row.get("if_coordinator_clause"):
            self._clause(f"people.{name}", second)
        joined_by, joined_part = row.pop("with", ""), row.pop("with_part", "")
        if joined_part not in ("", "screener") or (joined_part and not joined_by):
            self.source.wrong(f"people.{name}", 'with_part is "screener", who confirms it, and goes with a `with`.')
        return Deciding(joined_by=joined_by, joined_part=joined_part, **row)

    def _limit(self, name: str, row: Any) -> Limit:
        here = f"clocks.{name}"
        row = self._row(here, row, {}, {"clock": str, "working_days": int})
        if ("clock" in row) == ("working_days" in row):
            self.source.wrong(here, "has either a clock or working_days.")
        if "clock" in row and row["clock"] not in CLOCKS:
            self.source.wrong(here, f"{row['clock']!r} is not a clock of ours: {', '.join(CLOCKS)}.")
        if "working_days" in row and not 0 < row["working_days"] <= 60:
            self.source.wrong(here, f"working_days is {row['working_days']}, and must be from 1 to 60.")
        # A code of the five counts by a clock of ours; one of a council's own says its days itself.
        ours = self.own or row.get("clause") in (PROJECT_DEFAULT, None)
        if "working_days" in row and not ours:
            self.source.wrong(here, "is a limit of the code: name its clock, so that it is counted in one place.")
        return Limit(**row)

    def _sanction(self, here: str, row: Any) -> Sanction:
        made = self._row(
            here, row, {"code": str, "label": str}, {"for": str, "must_consider": bool, "needs": str, "stops": str}
        )
        only_for = made.pop("for", "")
        for name, value, known in (
            ("for", only_for, FOR), ("needs", made.get("needs", ""), NEEDS), ("stops", made.get("stops", ""), STOPS)
        ):  # fmt: skip
            if value not in known:
                self.source.wrong(
                    here, f"{name} is {value!r}, and must be {' or '.join(repr(one) for one in known if one)}."
                )
        return Sanction(only_for=only_for, **made)

    def _ladder(self, here: str, row: Any, sanctions: Iterable[Sanction]) -> Ladder:
        needed = {"name": str, "label": str, "order": str, "rungs": list}
        made = self._row(here, row, needed, {"at_once": bool, "clauses": list, "skip": str, "skip_clause": str})
        if ("skip" in made) != ("skip_clause" in made) or made.get("skip", "screener") != "screener":
            self.source.wrong(here, 'skip is "screener", who confirms that a step is skipped, and has a skip_clause.')
        elif "skip_clause" in made:
            self._clause(here, made["skip_clause"])
        order, rungs, clauses = made.pop("order", ""), made.pop("rungs", []), made.pop("clauses", [])
        if order not in ORDERS:
            self.source.wrong(here, f"order is {order!r}, and must be {' or '.join(ORDERS)}.")
        if not rungs or not all(_are_words(rung) for rung in rungs):
            self.source.wrong(here, 'rungs must be lists of sanctions, the mildest first: [["a", "b"], ["c"]].')
            rungs = []
        codes = {sanction.code for sanction in sanctions}
        for code in (code for rung in rungs for code in rung):
            if code not in codes:
                self.source.wrong(here, f"{code!r} is not among the sanctions of this procedure.")
        for clause in clauses:
            if not any(str(known).startswith(str(clause)) for known in self.known):
                self.source.wrong(here, f"no clause begins with {clause!r}.")
        return Ladder(
            rungs=tuple(tuple(map(str, rung)) for rung in rungs),
            strict=order == "strict",
            clauses=tuple(clauses),
            **made,
        )

    def _preset(self, here: str, row: Any, ladders: Iterable[Ladder]) -> Preset:
        made = self._row(here, row, {"code": str, "label": str, "ladder": str, "rung": int})
        ladder = next((each for each in ladders if each.name == made["ladder"]), None)
        if ladder is None:
            self.source.wrong(here, f"ladder {made['ladder']!r} is not in this procedure.")
        elif not 0 <= made["rung"] < len(ladder.rungs):
            self.source.wrong(here, f"rung is {made['rung']}, and must be from 0 to {len(ladder.rungs) - 1}.")
        return Preset(**made)

    def _appeals(self) -> Appeals:
        table = self.source.section("appeal")
        made = self._row("appeal", table, {"window_wd": int, "route": str}, {"levels": list})
        levels = [
            Written(**self._row(f"appeal.levels[{place}]", row, {"label": str}))
            for place, row in enumerate(made.pop("levels", []))
        ]
        if levels and not 0 < made["window_wd"] <= 60:
            self.source.wrong("appeal", "window_wd must be from 1 to 60 where there is a level of appeal.")
        return Appeals(tuple(levels), **made)

    def _tables(self, section: str, known: Sequence[str], needed: Sequence[str]) -> list[tuple[str, Any]]:
        table = self.source.section(section)
        for name in table:
            if name not in known:
                self.source.wrong(f"{section}.{name}", f"is not something [{section}] says: {', '.join(known)}.")
        for name in needed:
            if name not in table:
                self.source.wrong(section, f"{name} is absent: write [{section}.{name}].")
        return [(name, row) for name, row in table.items() if name in known]

    def _list(self, name: str, *, needed: bool) -> list[tuple[str, Any]]:
        listed = self.source.tables.get(name, [])
        if not isinstance(listed, list) or (needed and not listed):
            self.source.wrong(name, f"must be a list with at least one [[{name}]].")
            return []
        key = "name" if name == "ladders" else "code"
        seen: set[str] = set()
        for place, row in enumerate(listed):
            value = str(row.get(key)) if isinstance(row, dict) else ""
            if value in seen:
                self.source.wrong(f"{name}[{place}]", f"{value} is there twice.")
            elif not NAME.fullmatch(value):
                self.source.wrong(
                    f"{name}[{place}]", f"{key} is {value!r}, and must be 1 to 24 small letters, digits and _."
                )
            seen.add(value)
        return [(f"{name}[{place}]", row) for place, row in enumerate(listed)]

    def _row(
        self, here: str, row: Any, needed: Mapping[str, type], more: Mapping[str, type] = MappingProxyType({})
    ) -> Any:
        """Each cell in its type, its clause among those we know. What is wrong is said, and stands here as nothing."""
        words = {str: "words in quotes", int: "a whole number", bool: "true or false", list: "a list"}
        kinds = {**needed, **more, "clause": str}
        row = row if isinstance(row, dict) else {}
        for key in row:
            if key not in kinds:
                self.source.wrong(f"{here}.{key}", f"means nothing here: {', '.join(kinds)}.")
        made: dict[str, Any] = {}
        for key, kind in kinds.items():
            if key in more and key not in row:
                continue
            if type(row.get(key)) is kind and row[key] != "":
                made[key] = row[key]
            else:
                made[key] = kind()
                if key != "clause":
                    self.source.wrong(here, f"{key} must be {words[kind]}.")
        self._clause(here, made["clause"])
        return made

    def _clause(self, here: str, clause: str) -> None:
        if clause not in self.known and clause not in (PROJECT_DEFAULT, NONE_IN_THE_CODE):
            said = f"clause {clause!r} is in none of the codes" if clause else "no clause"
            self.source.wrong(here, f'{said}: name one, or "{PROJECT_DEFAULT}", or "{NONE_IN_THE_CODE}".')


def _are_words(rung: Any) -> bool:
    return isinstance(rung, list) and bool(rung) and all(isinstance(each, str) for each in rung)
