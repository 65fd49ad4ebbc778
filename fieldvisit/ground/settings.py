"""What a setting of a policy is, and how one is declared: its type, unit, limits, and which way is kinder."""

from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Generic, Literal, TypeVar

from fieldvisit.ground.verdict import Clause

PROJECT_DEFAULT = "project default"
DEFAULT_NOTE = "our default, not this council's code"

T_co = TypeVar("T_co", covariant=True)
Kinder = Literal["more", "less", "yes", "no"]
Value = int | bool | str | time | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Setting(Generic[T_co]):
    """checked: the day on which a person last compared the number with its source."""

    value: T_co
    unit: str
    source: str
    where: str
    checked: date

    @property
    def clause(self) -> Clause:
        return Clause(self.source, self.where)

    @property
    def default(self) -> bool:
        """True where the council's code is silent and the number is ours (R18)."""
        return self.source == PROJECT_DEFAULT

    @property
    def written_in(self) -> str:
        """For a page: where it stands, or that it is ours."""
        return f"{DEFAULT_NOTE[0].upper()}{DEFAULT_NOTE[1:]}" if self.default else str(self.clause)

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Spec:
    """What a setting may be. `kinder` says which way a council may move from the statute's number."""

    kind: type
    units: tuple[str, ...] = ("",)
    kinder: Kinder | None = None
    least: int = 0
    most: int = 10_000
    choices: tuple[str, ...] = ()
    pattern: str = ""
    bare: bool = False  # a plain fact of the council, written as `name = "..."` with no source


def _spec(spec: Spec) -> Any:
    return field(metadata={"spec": spec})


def number(unit: str, kinder: Kinder | None = None, least: int = 0, most: int = 10_000) -> Any:
    return _spec(Spec(int, tuple(unit.split("|")), kinder, least, most))


def yes_no(kinder: Kinder | None = None) -> Any:
    return _spec(Spec(bool, kinder=kinder))


def words(*choices: str, pattern: str = "") -> Any:
    return _spec(Spec(str, choices=choices, pattern=pattern))


def fact(*choices: str, pattern: str = "") -> Any:
    return _spec(Spec(str, choices=choices, pattern=pattern, bare=True))


def time_of_day() -> Any:
    return _spec(Spec(time))


def numbers(unit: str) -> Any:
    return _spec(Spec(tuple, (unit,)))


def rows(*columns: str, needs: tuple[str, ...] = ()) -> Any:
    """A list of tables. columns: what each row says beside its source and where; needs: codes that must be there."""
    return field(metadata={"columns": columns, "needs": needs})
