"""The languages that tenants are written to in, and which of them a speaker has checked.

A language that nobody has checked says so on every page and at the desk. deploy/LANGUAGES.md: how to add the next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Direction = Literal["ltr", "rtl"]
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """own: its name in itself, as its speakers look for it. draft: the note, in itself, while nobody has checked it.

    checked_by: the speaker who read every page; None: a draft.
    """

    code: str
    own: str
    english: str
    direction: Direction = "ltr"
    checked_by: str | None = None
    draft: str = ""

    @property
    def is_draft(self) -> bool:
        return self.code != ENGLISH and not self.checked_by


_ALL = (
    Language(ENGLISH, "English", "English"),
    Language(
        "pl",
        "Polski",
        "Polish",
        draft="To wersja robocza. Nikt, kto mówi po polsku, jeszcze jej nie sprawdził. W razie wątpliwości zadzwoń do nas.",
    ),
    Language(
        "ur",
        "اردو",
        "Urdu",
        "rtl",
        draft="یہ ابھی مسودہ ہے۔ کسی اردو بولنے والے نے ابھی اسے نہیں دیکھا۔ شک ہو تو ہمیں فون کریں۔",
    ),
)
LANGUAGES: Mapping[str, Language] = MappingProxyType({language.code: language for language in _ALL})
DRAFT = "Draft, not yet checked by a speaker"


def offered(code: str | None) -> str:
    """The language itself where we have it, by its first part (pl-PL is pl); English where we have not."""
    first = (code or "").replace("_", "-").split("-")[0].lower()
    return first if first in LANGUAGES else ENGLISH


def direction(code: str | None) -> Direction:
    return LANGUAGES[offered(code)].direction


def draft_note(code: str | None) -> str:
    """What a page says of itself in a language that nobody has checked; empty where somebody has."""
    language = LANGUAGES[offered(code)]
    return language.draft if language.is_draft else ""
