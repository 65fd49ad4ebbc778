"""What a worker is told to do at one home: the precaution, never the cause (security.md 2; domain C16). Pure."""

from collections.abc import Sequence

from fieldvisit.register.needs import LANGUAGES, SENTENCES, UNKNOWN

__all__ = ["LANGUAGES", "SENTENCES", "UNKNOWN", "say_precautions"]


def say_precautions(codes: Sequence[str], *, language: str, trusted_adult: bool) -> tuple[str, ...]:
    """Sentences in the order of the table, each once."""
    asked = {*codes, "trusted_adult"} if trusted_adult else set(codes)
    said = [sentence for code, sentence in SENTENCES.items() if code in asked]
    if language not in ("", "en"):
        said.append(f"{LANGUAGES.get(language, 'Another language')} is easier for the tenant. Ask the office for an "
                    "interpreter. Never use a child to interpret.")  # fmt: skip
    return (*said, *([UNKNOWN] if asked - set(SENTENCES) else ()))
