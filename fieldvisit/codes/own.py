"""A council's own codes, in the same form as the five: a folder of TOML files that a setting names (FIELDVISIT_CODES_DIR).

A wrong file stops the start, and says every mistake at once with the file and the line, as a policy does. How a breach of
such a code is dealt with stands beside it, in procedures/<CODE>.toml; or it names one of the five under [document], as in
procedure = "ME"; or nobody has said it yet, and then no case can be looked at under it.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from fieldvisit.codes.catalogue import BROKEN_BY, MET, UNMET, Clause, Document, all_clauses, all_documents
from fieldvisit.ground.policy import lines_of

CODE = re.compile(r"[A-Z]{2,4}")
PROCEDURES = "procedures"  # the folder in that folder
_own: tuple[Document, ...] = ()
_folder: Path | None = None


class OwnCodesError(ValueError):
    """What is wrong with the council's own codes: each mistake a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("The council's own codes cannot be used:\n  " + "\n  ".join(problems))
        self.problems = tuple(problems)


def known_documents() -> tuple[Document, ...]:
    """The five, and the council's own."""
    return all_documents() + _own


def own_documents() -> tuple[Document, ...]:
    return _own


def clause(clause_id: str) -> Clause:
    """Of the five or of the council's own. Raises LookupError for an id that is in none of them."""
    for each in (*all_clauses(), *(each for document in _own for each in document.clauses)):
        if each.id == clause_id:
            return each
    raise LookupError(f"there is no clause {clause_id!r} in any code")


def use(folder: Path | None) -> None:
    """Reads the folder; None: the five alone. Raises OwnCodesError."""
    global _own, _folder
    _own, _folder = tuple(read_folder(folder)) if folder else (), folder


def procedure_file(document: Document) -> Path | None:
    """Where this code's own procedure is written. None: it brings none."""
    path = _folder / PROCEDURES / f"{document.code}.toml" if _folder else None
    return path if path and path.is_file() else None


def say_procedure(code: str) -> str:
    """A sentence for the office: what cases under this code follow. Empty for the five, which bring their own."""
    document = next((each for each in _own if each.code == code), None)
    if document is None and code in {each.code for each in all_documents()}:
        return ""
    if document is None:
        return (
            f"The file of {code} is not in the folder of the council’s own codes any more, so nobody knows how a breach of it "
            "is dealt with. Ask the administrator to put it back and to start the server again."
        )
    if document.procedure:
        return f"Cases under {code} follow the procedure of {document.procedure}, as {document.name}.toml says."
    if procedure_file(document):
        return f"Cases under {code} follow its own procedure, {PROCEDURES}/{code}.toml."
    return f"No case can be looked at under {code} yet: nobody has said how a breach of it is dealt with. {to_add(document)}"


def to_add(document: Document) -> str:
    return (
        f"Ask the administrator to put {PROCEDURES}/{document.code}.toml beside {document.name}.toml, or to name another "
        f'code there under [document], as in procedure = "ME", and to start the server again.'
    )


def read_folder(folder: Path) -> list[Document]:
    """Raises OwnCodesError with everything that is wrong in any of the files."""
    if not folder.is_dir():
        raise OwnCodesError(
            [f"{folder} is no folder. Set FIELDVISIT_CODES_DIR to the folder of the files, or leave it out."]
        )
    problems: list[str] = []
    found: list[Document] = []
    taken = {each.code: each.name for each in all_documents()}
    for path in sorted(folder.glob("*.toml")):
        file = _File(path, problems)
        document = file.document()
        if document is None:
            continue
        if document.code in taken:
            file.wrong("document.code", f"{document.code} is the code of {taken[document.code]}. Choose other letters.")
        taken.setdefault(document.code, path.name)
        found.append(document)
    if problems:
        raise OwnCodesError(problems)
    return found


class _File:
    def __init__(self, path: Path, problems: list[str]) -> None:
        self.name, self.problems, self.tables, self.lines = path.name, problems, dict[str, Any](), dict[str, int]()
        try:
            text = path.read_text("utf-8")
            self.tables, self.lines = tomllib.loads(text), lines_of(text)
        except UnicodeDecodeError:
            problems.append(f"{path.name} is not text in UTF-8: save it as UTF-8 and try again.")
        except (OSError, tomllib.TOMLDecodeError, RecursionError) as error:
            problems.append(f"{path.name}: {error}")

    def wrong(self, where: str, what: str) -> None:
        place = where
        while place not in self.lines and "." in place:
            place = place.rpartition(".")[0]
        self.problems.append(f"{self.name}: {where} (line {self.lines.get(place, 1)}): {what}")

    def document(self) -> Document | None:
        """None where the file could not be read at all, or something is wrong with it: that is in `problems`."""
        before = len(self.problems)
        if not self.tables:
            return None
        for strange in sorted(set(self.tables) - {"document", "clause"}):
            self.wrong(strange, "means nothing here: a code has [document] and [[clause]].")
        facts = self._texts("document", self.tables.get("document"), Document, {"name", "clauses"})
        code = facts.get("code", "")
        if facts and not CODE.fullmatch(code):
            self.wrong("document.code", "must be two to four capital letters.")
        if facts and facts.get("status") not in ("draft", "live"):
            self.wrong("document.status", 'must be "draft" or "live".')
        if facts.get("procedure", "") not in ("", *(each.code for each in all_documents())):
            known = ", ".join(each.code for each in all_documents())
            self.wrong(
                "document.procedure", f"must be one of {known}, whose procedure cases under this code then follow."
            )
        rows = self.tables.get("clause")
        if not isinstance(rows, list) or not rows:
            self.wrong("clause", "is absent. Write [[clause]] for each clause of the code.")
            rows = []
        clauses = [each for each in self._clauses(code, rows) if each]
        if len(self.problems) > before:
            return None
        return Document(**facts, name=self.name.removesuffix(".toml"), clauses=tuple(clauses))

    def _clauses(self, code: str, rows: list[Any]) -> Iterator[Clause | None]:
        seen: set[str] = set()
        for place, row in enumerate(rows):
            here = f"clause[{place}]"
            facts = self._texts(here, row, Clause, {"document"}, lists={"where", "tests"})
            ways = set(str(facts.get("how", "")).split("+"))
            if facts and not ways <= set(MET) and ways - set(UNMET):
                self.wrong(f"{here}.how", f"must be one or two of {', '.join(MET)}, or one of {', '.join(UNMET)}.")
            if facts.get("broken_by", "") not in BROKEN_BY:
                self.wrong(f"{here}.broken_by", f"must be {', '.join(BROKEN_BY[1:])}, or be left out.")
            if facts and not str(facts.get("id", "")).startswith(f"{code}-"):
                self.wrong(f"{here}.id", f"must begin with {code}-.")
            if facts.get("id") in seen:
                self.wrong(f"{here}.id", f"{facts['id']} is there twice.")
            seen.add(facts.get("id", ""))
            yield Clause(document=code, **facts) if {"id", "section", "bearer", "duty", "how"} <= set(facts) else None

    def _texts(
        self,
        where: str,
        row: Any,
        kind: type[Clause | Document],
        ours: set[str],
        lists: frozenset[str] | set[str] = frozenset(),
    ) -> dict[str, Any]:
        if not isinstance(row, dict):
            self.wrong(where, f"must be a table: write [{where}] on a line of its own.")
            return {}
        asked = {each.name: each.default is MISSING for each in fields(kind) if each.name not in ours}
        for strange in sorted(set(row) - set(asked)):
            self.wrong(f"{where}.{strange}", "means nothing here.")
        for absent in sorted(name for name, needed in asked.items() if needed and name not in row):
            self.wrong(f"{where}.{absent}", "is absent.")
        for name in sorted(set(row) & set(asked)):
            good = _is_texts(row[name]) if name in lists else isinstance(row[name], str)
            if not good:
                self.wrong(
                    f"{where}.{name}", "must be a list of texts." if name in lists else "must be text, in quotes."
                )
        known = {name: value for name, value in row.items() if name in asked}
        return known | {name: tuple(known[name]) for name in lists & set(known) if _is_texts(known[name])}


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
