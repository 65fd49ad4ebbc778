"""What people read out to each other on the telephone: one prefix for each kind of thing, and letters that are told apart. Pure.

Two kinds never share a prefix: a tenant who reads one out must be told which of the two it is. What was given out stays.
Receipts of a concern and of the vault and links have none: each is asked for by what it is. A badge, and a job of another
system, is called as the council calls it.
"""

import secrets
from collections.abc import Iterable, Mapping
from enum import StrEnum, unique

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 or O, 1, I or L, U: none that is misheard or misread for another
LENGTH = 9  # 2e13 of them: no clash to speak of in five million


@unique
class Kind(StrEnum):
    VISIT = "V"
    JOB = "J"  # one that is planned here or came without a number of its own
    HAZARD = "H"
    INCIDENT = "I"
    CONCERN = "C"
    COMPLAINT = "M"  # rhymes with none of these, and looks like none
    CASE = "B"
    DECLARATION = "D"


# Prefixes that a kind had before, of what was given out then.
BEFORE: Mapping[Kind, tuple[str, ...]] = {Kind.COMPLAINT: ("C",), Kind.JOB: ("H", "FV")}


def reference(kind: Kind, letters: str) -> str:
    return f"{kind.value}-{letters}"


def new_reference(kind: Kind) -> str:
    return reference(kind, letters_of(secrets.choice(range(len(LETTERS))) for _ in range(LENGTH)))


def letters_of(numbers: Iterable[int]) -> str:
    return "".join(LETTERS[number % len(LETTERS)] for number in numbers)


def typed_as(kind: Kind, typed: str) -> tuple[str, ...]:
    """Every reference of this kind that somebody may mean: blanks, hyphens, small letters and no prefix are forgiven, and one
    that was given out before the prefix changed is found. Empty where it cannot be one."""
    said = "".join(letter for letter in typed.upper() if letter.isalnum())
    prefixes = (kind.value, *BEFORE.get(kind, ()))
    if len(said) > LENGTH:
        said = next((said.removeprefix(each) for each in prefixes if said.startswith(each)), "")
    if len(said) != LENGTH or not set(said) <= set(LETTERS):
        return ()
    return tuple(f"{each}-{said}" for each in prefixes)
