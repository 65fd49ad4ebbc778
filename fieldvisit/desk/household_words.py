"""The words of a household's page: what each choice is called, and what was done."""

from dataclasses import dataclass

from fieldvisit.notices.facts import CHANNELS
from fieldvisit.register import needs as asked

DONE = {
    "needs": "What they asked for is kept. The worker is told at the door.",
    "writing": "The language and the look of letters are kept.",
    "word": "It is kept how the doorstep word is given.",
    "password": "The password at the door is changed. Every worker must say it.",
    "trusted_adult": "It is kept whom the worker waits for.",
    "neighbour": "The neighbour is kept.",
    "numbers": "The numbers are kept. A new number says nothing of a visit until you mark it safe below.",
    "own": "It is kept how we write to this tenant.",
    "channels": "It is kept what this household cannot use. A notice sent that way does not count.",
    "safety": "It is kept how much each way may say.",
    "protected": "It is kept whether this home is protected.",
    "letters": "It is kept when letters may be posted here.",
    "warnings": "The warning is set. The worker is told what to do, and never why.",
    "reviewed": "The warning still holds. You answer for it until its next review.",
    "approved": "You have looked at this warning as the second officer.",
    "ended": "The warning has ended. The worker is not told of it any more.",
    "raised_content_free": "Done. We say nothing of any visit there: only “please call us”.",
    "raised_never": "Done. We never use that again.",
}


@dataclass(frozen=True, slots=True)
class Labels:
    """(value, label) or (value, label, hint), for the macros of forms."""

    needs: tuple[tuple[str, ...], ...] = tuple((c, label, asked.SENTENCES[c]) for c, label in asked.NEEDS.items())
    warnings: tuple[tuple[str, str], ...] = tuple((c, asked.SENTENCES[c]) for c in asked.WARNINGS)
    languages: tuple[tuple[str, str], ...] = (("en", "English"), *asked.LANGUAGES.items())
    looks: tuple[tuple[str, str], ...] = (
        ("plain", "As usual"), ("large_print", "Large print"), ("easy_read", "Easy Read, with pictures"),
    )  # fmt: skip
    styles: tuple[tuple[str, str], ...] = (("words", "Words"), ("numbers", "Numbers"), ("picture", "A picture"))
    channels: tuple[tuple[str, str], ...] = tuple(
        (c, f"{label[0].upper()}{label[1:]}") for c, label in CHANNELS.items()
    )
    reached_by: tuple[tuple[str, str], ...] = tuple(asked.REACHED_BY.items())
    marks: tuple[tuple[str, str, str], ...] = (
        ("safe", "Safe", "We may say who comes, when and why."),
        ("content_free", "Only “please call us”", "Nothing of a visit."),
        ("never", "Never", "We do not use it at all."),
    )

    @property
    def language_codes(self) -> tuple[str, ...]:
        return tuple(code for code, _ in self.languages)

    @property
    def look_codes(self) -> tuple[str, ...]:
        return tuple(code for code, _ in self.looks)

    @property
    def style_codes(self) -> tuple[str, ...]:
        return tuple(code for code, _ in self.styles)

    @property
    def warning_codes(self) -> tuple[str, ...]:
        return tuple(code for code, _ in self.warnings)

    def of(self, choices: tuple[tuple[str, ...], ...], code: str) -> str:
        """What a code is called; one that this release does not know, as it was written."""
        known = next((choice[1] for choice in choices if choice[0] == code), "")
        return known or code.replace("_", " ").capitalize()


LABELS = Labels()
