"""Reading a UPRN. Pure. It is a name of up to twelve digits, not a quantity, and it is kept as it was written.

Spreadsheets turn it into a number: 1.00E+08 has lost its last digits for good, and guessing them would send a worker to
a stranger's door. Some systems pad it with zeros to twelve digits and others do not, so both spellings are one home.
"""

import re

LONGEST = 12

_DIGITS = re.compile(r"[0-9]+")
_SHORTENED = re.compile(r"[0-9]+([.,][0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)
_AS_A_NUMBER = re.compile(r"[0-9]+[.,][0-9]+|[0-9]{1,3}(,[0-9]{3})+")
_FIX = "Open the file it came from, set the whole column to Text, and save it again"


class NotAUprn(ValueError):
    """What is wrong with it, and how to put it right, in one sentence or two."""


def read_uprn(text: str) -> str:
    """The UPRN without its spaces. Raises NotAUprn."""
    digits = "".join(text.split())
    if not digits:
        raise NotAUprn("There is no UPRN. Write the 1 to 12 digits of this home.")
    if _SHORTENED.fullmatch(digits):
        raise NotAUprn(f"A spreadsheet has shortened this UPRN to {digits} and its last digits are lost. {_FIX}.")
    if _AS_A_NUMBER.fullmatch(digits):
        raise NotAUprn(f"A spreadsheet has written this UPRN as the number {digits}. {_FIX}.")
    if not _DIGITS.fullmatch(digits):
        raise NotAUprn("A UPRN has digits only, with no letters or signs. Write the 1 to 12 digits of this home.")
    if len(digits) > LONGEST:
        raise NotAUprn(f"A UPRN has at most {LONGEST} digits and this one has {len(digits)}. Check it.")
    if not digits.strip("0"):
        raise NotAUprn("A UPRN is never nought. Write the 1 to 12 digits of this home.")
    return digits


def bare(uprn: str) -> str:
    """Without the zeros that some systems put in front: what two spellings of one home have in common."""
    return uprn.lstrip("0")


def spellings(uprn: str) -> tuple[str, ...]:
    """Every way of writing this UPRN, from its bare digits to twelve with zeros in front."""
    digits = bare(uprn)
    return tuple(digits.rjust(length, "0") for length in range(len(digits), LONGEST + 1))
