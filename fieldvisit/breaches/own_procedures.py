"""How breaches of a council's own codes are dealt with: procedures/<CODE>.toml in the folder of those codes. Pure.

The same form as our own five (`procedures/*.toml`), and read as strictly: a wrong file stops the start, and says every
mistake at once, with its file and line. Its days are counted in working days, with the clause of the code that sets them.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fieldvisit.breaches.procedure import Procedure, ProcedureError, procedures, read_procedure, use_own
from fieldvisit.codes import own
from fieldvisit.codes.catalogue import Document, all_clauses
from fieldvisit.codes.own import PROCEDURES, OwnCodesError


def use(folder: Path | None) -> None:
    """Reads the council's own codes and what is done where one is broken; None: the five alone. Raises OwnCodesError."""
    own.use(folder)
    wrong: list[str] = []
    found = dict(_read(folder, wrong)) if folder else {}
    if wrong:
        raise OwnCodesError(wrong)
    use_own(found)


def problems(folder: Path | None) -> tuple[str, ...]:
    """As `use`: every mistake, with its file and line. Empty: they are in use."""
    try:
        use(folder)
    except OwnCodesError as error:
        return error.problems
    return ()


def say() -> list[str]:
    """For `fieldvisit check`: a sentence for each of the council's own codes."""
    return [own.say_procedure(document.code) for document in own.own_documents()]


def _read(folder: Path, wrong: list[str]) -> Iterator[tuple[str, Procedure]]:
    documents = {each.code: each for each in own.own_documents()}
    clauses = (each.id for document in documents.values() for each in document.clauses)
    known = frozenset((*clauses, *(each.id for each in all_clauses())))
    for path in sorted((folder / PROCEDURES).glob("*.toml")):
        document, here = documents.get(path.stem), f"{PROCEDURES}/{path.name}"
        if document is None:
            wrong.append(
                f"{here}: no code in this folder is called {path.stem}. Name the file after the code in [document], "
                "or take it away."
            )
        elif document.procedure:
            wrong.append(
                f'{document.name}.toml: document.procedure says "{document.procedure}", and {here} is there too. '
                "Take one of them away."
            )
        elif (text := _text(path, here, wrong)) is not None:
            try:
                yield document.code, read_procedure(here, text, known, own=document.code)
            except ProcedureError as error:
                wrong += error.problems
    for document in documents.values():
        if document.procedure:
            yield document.code, borrowed(document, procedures()[document.procedure])


def _text(path: Path, here: str, wrong: list[str]) -> str | None:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        wrong.append(f"{here} is not text in UTF-8: save it as UTF-8 and try again.")
    except OSError as error:
        wrong.append(f"{here} cannot be read: {error.strerror}.")
    return None


def borrowed(document: Document, lender: Procedure) -> Procedure:
    """Another code's procedure for this one: its rows that any clause may lead to, each with the clause that it has there.
    A row for one clause of the other code, as where a landlord goes to court, is not lent."""
    ladders = tuple(each for each in lender.ladders if not each.clauses)
    names = {each.name for each in ladders}
    return replace(
        lender,
        document=document.code,
        title=f"{document.title}, by the procedure of {lender.title}",
        ladders=ladders,
        presets=tuple(each for each in lender.presets if each.ladder in names),
    )
