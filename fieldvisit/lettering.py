"""What can be set in type: the letters of the built-in fonts, or of the font that a council names (ruling R25).

Beside `db.py`: cards and letters both print. Importing this loads no PDF library.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path

# What the built-in fonts lack and Unicode does not take apart into a letter and its accent.
LETTERS = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ħ": "h", "Ħ": "H", "‘": "'", "’": "'",
                         "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "•": "-", "…": "..."})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fonts:
    """TrueType files with the letters of the people's names (ruling R25: a council sets the path)."""

    regular: Path
    bold: Path

    def insist_they_are_there(self) -> None:
        for path in (self.regular, self.bold):
            if not path.is_file():
                raise FileNotFoundError(f"{path}: no such font. Set the path of a TrueType file, or leave it unset.")


def plain_letters(words: str) -> str:
    """Words in the letters that the built-in fonts have: 'Łukasz Ŵyn' as 'Lukasz Wyn', what is left as '?'."""
    taken_apart = []
    for letter in words.translate(LETTERS):
        if letter.isascii() or _in_latin_1(letter):
            taken_apart.append(letter)
        else:
            taken_apart.append(unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or "?")
    return "".join(taken_apart)


def missing_letters(words: str, fonts: Fonts | None) -> set[str]:
    """The letters, marks and digits that would not be readable in print. Signs and emoji may be lost, words may not."""
    wanted = {letter for letter in words if unicodedata.category(letter)[0] in "LMN"}
    if fonts is None:
        return {letter for letter in wanted if "?" in plain_letters(letter)}
    return {letter for letter in wanted if ord(letter) not in _letters_of(fonts.regular)}


@lru_cache(maxsize=4)
def _letters_of(font: Path) -> frozenset[int]:
    """Raises OSError for a file that is not there, or no font."""
    reader = import_module("fontTools.ttLib")
    with font.open("rb") as file:
        try:
            return frozenset(reader.TTFont(file, lazy=True).getBestCmap() or ())
        except reader.TTLibError as error:
            raise OSError(f"{font} is no TrueType font") from error


def _in_latin_1(letter: str) -> bool:
    return letter.encode("latin-1", "ignore") != b""
