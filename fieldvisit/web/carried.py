"""A form that came after its sender's sign-in had run out: nothing of it is recorded, and nothing typed is lost.

It goes back to the same browser, sealed, in the page where they sign in; whoever then is the same person gets it filled
in again, and sends it with a press. It is in no cookie, no address and no database, and opens for nobody else.
"""

import base64
import hmac
import json
import secrets
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app, request

FIELD = "carried"
LASTS = timedelta(hours=12)  # over a night at a desk that was left, and no longer
LONGEST = 56 * 1024  # characters: a form may have 64 KiB, and signing in takes some of it
_NONCE = 12
_SECRET = ("csrf_token", FIELD)


@dataclass(frozen=True, slots=True)
class Carried:
    """to: path and query of the form. fields: in their order, as typed. files: some were chosen, and are not here."""

    person_id: str
    to: str
    fields: Sequence[tuple[str, str]]
    files: bool = False

    def words(self) -> list[str]:
        """What somebody wrote, to be read again before it is sent: codes and choices stand in the form itself."""
        return [text for _, text in self.fields if len(text.split()) > 1]


View = TypeVar("View", bound=Callable[..., Any])
Late = Callable[[str], tuple[str, Sequence[tuple[str, str]]]]


def as_its_own_door_does(late: Late) -> Callable[[View], View]:
    """Of a view with a second door: what is to be carried of its form for this person, by id, is already sealed to that door."""

    def mark(view: View) -> View:
        view.late = late  # type: ignore[attr-defined]
        return view

    return mark


def of_this_request(person_id: str) -> Carried:
    """Without passwords: they are typed again."""
    late: Late | None = getattr(current_app.view_functions.get(request.endpoint or ""), "late", None)
    if late:
        return Carried(person_id, *late(person_id))
    typed = [
        (name, text)
        for name, text in request.form.items(multi=True)
        if name not in _SECRET and "password" not in name and "\x00" not in text
    ]
    to = request.full_path.removesuffix("?")
    chosen = any(file.filename for file in request.files.values())
    return Carried(person_id, to, typed, chosen)


def seal(one: Carried, at: datetime) -> str:
    """Empty where it is too long to be carried."""
    said = {"to": one.to, "fields": list(one.fields), "files": one.files, "at": at.isoformat()}
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_key()).encrypt(nonce, zlib.compress(json.dumps(said).encode(), 9), one.person_id.encode())
    text = base64.urlsafe_b64encode(nonce + sealed).decode()
    return text if len(text) <= LONGEST else ""


def opened(text: str, person_id: str, at: datetime) -> Carried | None:
    """None: it is another's, too old, or no seal of ours."""
    try:
        sealed = base64.urlsafe_b64decode(text)
        plain = zlib.decompress(AESGCM(_key()).decrypt(sealed[:_NONCE], sealed[_NONCE:], person_id.encode()))
    except (InvalidTag, ValueError, zlib.error):
        return None
    said = json.loads(plain)
    if at.astimezone(UTC) - datetime.fromisoformat(said["at"]) > LASTS:
        return None
    return Carried(person_id, said["to"], [(name, value) for name, value in said["fields"]], said["files"])


def is_from_our_page() -> bool:
    """By what the browser itself says: another site cannot make it say so."""
    if (site := request.headers.get("Sec-Fetch-Site")) is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host


def _key() -> bytes:
    secret = current_app.config["SECRET_KEY"]
    return hmac.digest(secret if isinstance(secret, bytes) else secret.encode(), b"forms that are carried 1", "sha256")
