"""Words that somebody was typing when they were out: sealed by the vault, in that browser's page, until they are in again.

They stand in no database and no cookie. They are shown after the door has taken a new code and the case was opened again:
whoever finds the screen meanwhile reads nothing.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from werkzeug.datastructures import MultiDict

from fieldvisit.vault.keys import CannotOpenError, VaultKeys

FIELD = "kept"
LASTS = timedelta(hours=12)
LONGEST = 40 * 1024  # characters; a form has 64 KiB
_NOT = ("csrf_token", FIELD, "keep", "code", "copy_code")


@dataclass(frozen=True, slots=True)
class Kept:
    """step: of the form that was being filled in: open, copy, or a step of the case."""

    case_id: str
    step: str
    fields: Sequence[tuple[str, str]]

    def typed(self) -> MultiDict[str, str]:
        return MultiDict(self.fields)


def seal(
    keys: VaultKeys, person_id: str, case_id: str, step: str, fields: Iterable[tuple[str, str]], at: datetime
) -> str:
    """Empty where there is nothing to keep, or more than a page can hold."""
    typed = [(name, text) for name, text in fields if name not in _NOT and text.strip()]
    if not [name for name, _ in typed if name != "k"]:
        return ""
    said = {"case": case_id, "step": step, "fields": typed, "at": at.isoformat()}
    sealed = keys.lock(zlib.compress(json.dumps(said).encode(), 9), _about(person_id))
    text = base64.urlsafe_b64encode(sealed).decode()
    return text if len(text) <= LONGEST else ""


def opened(keys: VaultKeys, person_id: str, text: str, at: datetime) -> Kept | None:
    """None: it is another's, too old, or no seal of ours."""
    try:
        said = json.loads(zlib.decompress(keys.unlock(base64.urlsafe_b64decode(text), _about(person_id))))
    except (CannotOpenError, binascii.Error, ValueError, zlib.error):
        return None
    if at - datetime.fromisoformat(said["at"]) > LASTS:
        return None
    return Kept(said["case"], said["step"], [(name, value) for name, value in said["fields"]])


def _about(person_id: str) -> str:
    return f"page|kept|{person_id}"
