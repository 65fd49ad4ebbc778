"""The vault's keys: one that opens sealed reports, one that signs receipts, one under which its own words are locked.

They lie in the vault's own folder, readable by its owner alone. The public parts stand in `keys/vault.pub.json` of the
main home, where the web process and the phones find them.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from fieldvisit.config import ConfigError

SEAL, SIGN, DATA = "seal.jwk", "sign.jwk", "data.key"
NAMES = (SEAL, SIGN, DATA)
NONCE = 12  # bytes, by chance for each seal (security.md 5.1)
PUBLIC = ("kty", "crv", "x", "y", "kid")


class VaultKeyError(ConfigError):
    """A key that is missing, readable by others, broken, or not of this vault. The message says which and what to do."""


class CannotOpenError(ValueError):
    """This box or this seal was not made for these keys, or was changed since."""


def _new_jwk() -> dict[str, Any]:
    key = ECKey.generate_key("P-256", private=True)
    return dict(key.as_dict(private=True)) | {"kid": key.thumbprint()}


def public_part(jwk: dict[str, Any]) -> dict[str, Any]:
    return {name: jwk[name] for name in PUBLIC}


def _write(path: Path, content: bytes, mode: int) -> None:
    """A new file, never over an old one: a lost key is every report that was sealed to it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def make_keys(folder: Path, public: Path) -> None:
    """folder: the vault's `keys`. Refuses, and changes nothing, where one of them is there already."""
    there = [path for path in (*(folder / name for name in NAMES), public) if path.exists()]
    if there:
        raise VaultKeyError(f"{there[0]} is there already. Nothing was changed.")
    seal, sign = _new_jwk(), _new_jwk()
    _write(folder / SEAL, json.dumps(seal).encode(), 0o600)
    _write(folder / SIGN, json.dumps(sign).encode(), 0o600)
    _write(folder / DATA, secrets.token_bytes(32), 0o600)
    _write(public, public_bytes(seal, sign), 0o644)


def public_bytes(seal: dict[str, Any], sign: dict[str, Any]) -> bytes:
    return json.dumps({"seal": public_part(seal), "sign": public_part(sign)}, indent=1, sort_keys=True).encode()


def _read(path: Path) -> bytes:
    try:
        mode, content = path.stat().st_mode, path.read_bytes()
    except FileNotFoundError:
        raise VaultKeyError(
            f"The vault's key {path} is missing. Bring it back from the vault's backup (fieldvisit vault restore), or, "
            "where there never was a vault, make one: fieldvisit vault init"
        ) from None
    except OSError as error:
        raise VaultKeyError(f"The vault's key {path} cannot be read: {error.strerror}.") from None
    if mode & 0o077:
        raise VaultKeyError(f"The vault's key {path} can be read by others. Run: chmod 600 {path}")
    return content


def _jwk(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_read(path))
        ECKey.import_key(found)
        if "d" in found and found["crv"] == "P-256" and found["kid"]:
            return dict(found)
    except (ValueError, KeyError, TypeError, JoseError):
        pass
    raise VaultKeyError(f"The vault's key {path} is broken: it is no private P-256 key. Bring it back from its backup.")


class _Ours(jwe.JWERegistry):
    """Its own limit is 64 KiB of ciphertext, and the largest box has 256 before base64."""

    max_ciphertext_length = 400 * 1024


class VaultKeys:
    """All three, read and found to be one vault's. Lives in the vault's process alone."""

    def __init__(self, folder: Path, public: Path) -> None:
        """Raises VaultKeyError."""
        seal, sign, self._data = _jwk(folder / SEAL), _jwk(folder / SIGN), _read(folder / DATA)
        if len(self._data) != 32:
            raise VaultKeyError(f"The vault's key {folder / DATA} is broken: it has {len(self._data)} bytes, not 32.")
        self._seal = ECKey.import_key(seal)
        self._sign = _private(sign)
        self.kid: str = seal["kid"]
        self.public = {"seal": public_part(seal), "sign": public_part(sign)}
        _insist_on_the_pair(self.public, public)

    # --- reports

    def open(self, box: str) -> bytes:
        """The plain bytes of a sealed box, in memory alone. Raises CannotOpenError."""
        try:
            found = jwe.decrypt_compact(box, self._seal, registry=_Ours(algorithms=["ECDH-ES", "A256GCM"])).plaintext
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise CannotOpenError(type(error).__name__) from None
        if found is None:
            raise CannotOpenError("empty")
        return found

    def sign(self, text: bytes) -> str:
        """ES256, base64url of r and s, as receipts and the phones' own signatures have it."""
        r, s = decode_dss_signature(self._sign.sign(text, ec.ECDSA(SHA256())))
        return base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).rstrip(b"=").decode()

    # --- the vault's own words

    def lock(self, plain: bytes, about: str) -> bytes:
        """about: where the ciphertext belongs (table, column, row); moved elsewhere it does not open."""
        return sealed_with(self._data, plain, about)

    def unlock(self, sealed: bytes, about: str) -> bytes:
        """Raises CannotOpenError."""
        return opened_with(self._data, sealed, about)

    def chain(self, text: bytes) -> str:
        """A link of the access record. Keyed: who has the database alone cannot write it anew."""
        return hmac.new(hashlib.sha256(b"fv-vault-chain" + self._data).digest(), text, hashlib.sha256).hexdigest()

    def mark(self) -> str:
        """Kept in the database, so that a key of another vault is found at the start and not at the first report."""
        return self.chain(b"fv-vault-of-this-key")


def sealed_with(key: bytes, plain: bytes, about: str) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def opened_with(key: bytes, sealed: bytes, about: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], about.encode())
    except (InvalidTag, ValueError):
        raise CannotOpenError("not of this key, or not of this row") from None


def _private(jwk: dict[str, Any]) -> ec.EllipticCurvePrivateKey:
    number = base64.urlsafe_b64decode(jwk["d"] + "=" * (-len(jwk["d"]) % 4))
    return ec.derive_private_key(int.from_bytes(number, "big"), ec.SECP256R1())


def public_trouble(path: Path) -> str | None:
    """What is wrong with the public part where the vault is elsewhere: without it nobody can send a report."""
    if not path.exists():
        return f"{path} is missing: nobody can send a safeguarding report. Copy it here from the vault."
    try:
        said = json.loads(path.read_bytes())
        for part in ("seal", "sign"):
            ECKey.import_key({name: said[part][name] for name in PUBLIC})
    except (OSError, ValueError, KeyError, TypeError, JoseError):
        return f"{path} is broken: it is no public part of a vault, and nobody can send a report. Copy it here again."
    return None


def _insist_on_the_pair(ours: dict[str, Any], public: Path) -> None:
    try:
        said = json.loads(public.read_bytes())
    except FileNotFoundError:
        raise VaultKeyError(
            f"{public} is missing: nobody can seal a report. Run: fieldvisit vault init --public"
        ) from None
    except (OSError, ValueError):
        raise VaultKeyError(f"{public} cannot be read as JSON. Run: fieldvisit vault init --public") from None
    for part, name in (("seal", SEAL), ("sign", SIGN)):
        kept = said.get(part) if isinstance(said, dict) else None
        if not isinstance(kept, dict) or {key: kept.get(key) for key in PUBLIC} != ours[part]:
            raise VaultKeyError(
                f"The vault's key {name} is not the pair of {public}: what is sealed to that one would never be opened "
                "here. Bring back the key that belongs to it, or the public part of this one."
            )
