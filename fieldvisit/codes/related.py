"""What stands beside each code: the other policies that it names, and whom to ask. Data: related.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Related:
    """address: of a page of ours or of the web, where everybody's is the same; otherwise empty."""

    code: str
    title: str
    says: str
    clauses: tuple[str, ...]
    address: str = ""


@cache
def all_related() -> tuple[Related, ...]:
    text = (files(__package__) / "related.toml").read_text(encoding="utf-8")
    return tuple(Related(**(row | {"clauses": tuple(row["clauses"])})) for row in tomllib.loads(text)["related"])


def beside(code: str) -> list[Related]:
    return [each for each in all_related() if each.code == code]
