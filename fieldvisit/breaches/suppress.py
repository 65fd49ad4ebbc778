"""Small numbers are not said (security 2): neither by themselves, nor by what is left when the others are taken away. Pure.

Rows that are too small are put together in one, which names none of them. Where their sum would still tell, more are put
with them; where everything together is too small, the table says only that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

REST = "Others, put together"


@dataclass(frozen=True, slots=True)
class Table:
    """rows: what may be said. total: None where even that is too small."""

    rows: tuple[tuple[str, int], ...]
    total: int | None


def safe(counts: Mapping[str, int], small: int) -> Table:
    """small: a count below it is not said. Nothing of a row that is empty either: it would name those that are not."""
    total = sum(counts.values())
    if total < small:
        return Table((), None)
    rows = sorted(((name, count) for name, count in counts.items() if count), key=lambda row: (row[1], row[0]))
    hidden = [row for row in rows if row[1] < small]
    shown = [row for row in rows if row[1] >= small]
    while hidden and shown and _tells(hidden, small):
        hidden.append(shown.pop(0))
    if hidden and _tells(hidden, small):  # nothing is left to put with them
        return Table((), total)
    said = sorted(shown, key=lambda row: (-row[1], row[0]))
    rest = [(REST, sum(count for _, count in hidden))] if hidden else []
    return Table((*said, *rest), total)


def _tells(hidden: list[tuple[str, int]], small: int) -> bool:
    """A small sum is small, as one small row alone is; and a sum can say what each part must be."""
    total = sum(count for _, count in hidden)
    if total < small:
        return True
    each_is_small = all(count < small for _, count in hidden)
    return each_is_small and total in (len(hidden), len(hidden) * (small - 1))
