"""What an officer typed or chose about held entries, read and cleaned. Nothing is decided here."""

from collections.abc import Mapping

from pydantic import ValidationError

from fieldvisit.outbox.rules import LONGEST_WHY
from fieldvisit.outbox.wire import Rescue


def read_why(form: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    why = " ".join(form.get("why", "").replace("\x00", "").split())
    if not why:
        return why, {"why": "Write why, so that others can follow it later."}
    if len(why) > LONGEST_WHY:
        return why, {"why": f"Make the reason shorter: at most {LONGEST_WHY} characters."}
    return why, {}


def read_rescue(raw: bytes) -> tuple[Rescue | None, dict[str, str]]:
    if not raw:
        return None, {"file": "Choose the rescue file first."}
    try:
        return Rescue.model_validate_json(raw), {}
    except ValidationError:
        return None, {"file": "This is not a rescue file from a phone, or it was cut short. Nothing was taken in."}
