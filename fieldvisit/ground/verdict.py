"""What a rule answers: allowed, or refused with a code, a sentence, the clause, and when it would be allowed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a rule is written: a document and the place in it, or a rule id of our own ("NR-5")."""

    source: str
    where: str

    def __str__(self) -> str:
        return f"{self.source} {self.where}".strip()


@dataclass(frozen=True, slots=True)
class Allowed:
    code: str = "allowed"
    message: str = ""
    clause: Clause | None = None
    not_before: datetime | None = None

    def __bool__(self) -> Literal[True]:
        return True


@dataclass(frozen=True, slots=True)
class Refused:
    """code: short and stable. message: what happened and what would lift it. not_before: aware UTC, or None."""

    code: str
    message: str
    clause: Clause | None = None
    not_before: datetime | None = None

    def __bool__(self) -> Literal[False]:
        return False


Verdict = Allowed | Refused


class RefusedError(Exception):
    """A command that a rule refused. Carries the verdict, so that the page can say why and where it is written."""

    def __init__(self, verdict: Refused) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


def insist(verdict: Verdict) -> None:
    if isinstance(verdict, Refused):
        raise RefusedError(verdict)
