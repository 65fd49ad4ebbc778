"""The key that opens the keys: one file outside the database and outside every backup (security.md 5.1).

Each home's photos and signatures lie under a key of that home's own; those keys lie in the database, wrapped under this
one. So a copy of the database, of the store, or of both opens no picture, and a home's key that was destroyed is
destroyed in every copy. The file holds one line for each key that still opens something, the one in force first.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fieldvisit.config import ConfigError, make_private
from fieldvisit.evidence.service import sync_folder

KIND = "fvkek1"
LENGTH = 32  # bytes: AES-256
NONCE = 12
_HEAD = "# Opens the photos and signatures of this home. Keep a copy of this file apart from every backup.\n"


class KekError(ConfigError):
    """The file is missing, can be read by others, is damaged, or is another home's. One sentence that names it."""


class NotOursError(Exception):
    """What is sealed here was not sealed under this key, or not for this use, or was changed since."""


def lock(key: bytes, plain: bytes, about: str) -> bytes:
    """AES-256-GCM. about: what it is bound to; the same must be said to open it."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def unlock(key: bytes, sealed: bytes, about: str) -> bytes:
    """Raises NotOursError."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], about.encode())
    except (InvalidTag, ValueError):
        raise NotOursError from None


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys of the file, by their mark. current: the mark of the one under which new keys are wrapped."""

    keys: Mapping[str, bytes]
    current: str

    @property
    def older(self) -> tuple[str, ...]:
        return tuple(mark for mark in self.keys if mark != self.current)

    def wrap(self, key: bytes, about: str) -> tuple[str, bytes]:
        """The mark of the key that it is wrapped under, and the wrapped one."""
        return self.current, lock(self.keys[self.current], key, f"{about}|{self.current}")

    def unwrap(self, mark: str, wrapped: bytes, about: str) -> bytes:
        """Raises NotOursError."""
        if mark not in self.keys:
            raise NotOursError
        return unlock(self.keys[mark], wrapped, f"{about}|{mark}")

    def with_a_new_one(self) -> "Ring":
        key = secrets.token_bytes(LENGTH)
        return Ring({mark_of(key): key, **self.keys}, mark_of(key))

    def current_alone(self) -> "Ring":
        return Ring({self.current: self.keys[self.current]}, self.current)


def mark_of(key: bytes) -> str:
    """Names a key and tells nothing of it: 16 hexadecimal digits, to be compared with the copy in the safe."""
    return hmac.new(key, b"fv1 mark of a key", hashlib.sha256).hexdigest()[:16]


def new_ring() -> Ring:
    key = secrets.token_bytes(LENGTH)
    return Ring({mark_of(key): key}, mark_of(key))


def make(path: Path) -> Ring:
    """Writes a new file that only its owner may read. Refuses to overwrite."""
    ring = new_ring()
    make_private(path, _text(ring))
    sync_folder(path.parent)
    return ring


def read(path: Path) -> Ring:
    """Raises KekError."""
    try:
        if path.stat().st_mode & 0o077:
            raise KekError(f"{path} can be read by others. Run: chmod 600 {path}")
        return _parse(path, path.read_text("ascii"))
    except FileNotFoundError:
        raise KekError(
            f"{path} is missing: no photo or signature can be opened or put away. Put the council’s own copy of it there."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise KekError(f"{path} cannot be read: {type(error).__name__}.") from None


def replace(path: Path, ring: Ring) -> None:
    """The file as a whole, or not at all."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(_text(ring))
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    sync_folder(path.parent)


def _text(ring: Ring) -> bytes:
    marks = (ring.current, *ring.older)
    lines = (f"{KIND} {mark} {base64.b64encode(ring.keys[mark]).decode()}\n" for mark in marks)
    return (_HEAD + "".join(lines)).encode("ascii")


def _parse(path: Path, text: str) -> Ring:
    keys: dict[str, bytes] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kind, _, rest = line.partition(" ")
        mark, _, said = rest.partition(" ")
        try:
            key = base64.b64decode(said.strip(), validate=True)
        except binascii.Error:
            key = b""
        if kind != KIND or len(key) != LENGTH or mark_of(key) != mark:
            raise KekError(f"{path} is damaged, or is no key of ours. Put the council’s own copy of it there.")
        keys[mark] = key
    if not keys:
        raise KekError(f"{path} holds no key. Put the council’s own copy of it there.")
    return Ring(keys, next(iter(keys)))
