"""What was typed on the page of one message text. Nothing is decided here."""

from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_READ = 20_000  # letters: far over what may be saved, so that the page can say how much too long it is
LONGEST_NAME = 80
DOES = ("save", "preview", "test")


@dataclass(frozen=True, slots=True)
class TypedText:
    """As it came, to show it again. seen: the version that stood when the form was opened; -1: none that we made."""

    subject: str
    body: str
    seen: int
    does: str


def read_text(form: Mapping[str, str]) -> TypedText:
    seen, does = form.get("seen", ""), form.get("do", "")
    return TypedText(
        form.get("subject", "")[:LONGEST_READ].replace("\x00", ""),
        form.get("body", "")[:LONGEST_READ].replace("\x00", ""),
        int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 7 else -1,
        does if does in DOES else "save",
    )


def read_speaker(form: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    name = " ".join(form.get("speaker", "").replace("\x00", "").split())
    if not name:
        return "", {"speaker": "Type the name of the person who speaks the language and has read the text."}
    if len(name) > LONGEST_NAME:
        return name, {"speaker": f"The name is {len(name)} letters long. {LONGEST_NAME} is the most."}
    return name, {}
