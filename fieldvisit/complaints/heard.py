"""What is said when a complaint is received. Pure."""

from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Somebody said that they are not content, in whatever way (B3: they need not say the word).

    heard_at: aware UTC, when it was first said, which is when it was received. words, wants: as they were said.
    wanted: False where the tenant was offered a complaint and said no. hazard: "" or a hazard's code ("unknown" where
    somebody must still say which); hazard_seen: what of it was seen, which stands in the hazard's own case.
    about_conduct: said of it; who says so reports it too. handler_is: who took it; about_person_id: whom it is about.
    representative: who speaks for them, or empty; authority: how we know that they may. put_right: what was done at once.
    """

    cause: str
    channel: str
    heard_at: datetime
    words: str
    wants: str = ""
    complainant_name: str = ""
    complainant_contact: str = ""
    safe_to_contact: str = ""
    representative: str = ""
    authority: str = ""
    put_right: str = ""
    home_id: str | None = None
    household_id: str | None = None
    visit_id: str | None = None
    about_conduct: bool = False
    hazard: str = ""
    hazard_seen: str = ""
    wanted: bool = True
    handler_is: str | None = None
    about_person_id: str | None = None


def identity(form_key: str, heard: Heard) -> str:
    """Pressed twice is received once; the same form with other words is another complaint, so that no word is lost."""
    said = {one.name: getattr(heard, one.name) for one in fields(heard) if one.name not in ("cause", "heard_at")}
    text = "\n".join([form_key, *(f"{name}={said[name]!r}" for name in sorted(said))])
    return sha256(text.encode()).hexdigest()[:32]
