"""The sealed, signed envelope of interfaces section 4: JWE (ECDH-ES on P-256, A256GCM) and ES256 over its hash."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

MAX_ENVELOPE = 600 * 1024  # bytes of one sealed event: a photo travels apart, a report for the vault does not


class Sealed(ValueError):
    """This envelope cannot be opened here, or what is inside is not an event."""


def new_server_key() -> bytes:
    """A new private key of the intake, as JWK JSON with its thumbprint as `kid`."""
    key = ECKey.generate_key("P-256", private=True)
    return json.dumps(key.as_dict(private=True) | {"kid": key.thumbprint()}).encode()


class _Ours(jwe.JWERegistry):
    """Its own limit is 64 KiB of ciphertext, and a report for the vault may be larger."""

    max_ciphertext_length = MAX_ENVELOPE


class IntakeKey:
    def __init__(self, jwk: dict[str, Any]) -> None:
        self._key = ECKey.import_key(jwk)
        self.kid: str = jwk["kid"]
        self.public_jwk = {name: jwk[name] for name in ("kty", "crv", "x", "y", "kid")}

    @classmethod
    def from_file(cls, path: Path) -> "IntakeKey":
        return cls(json.loads(path.read_bytes()))

    def open(self, compact: str) -> dict[str, Any]:
        """The JSON object inside. Raises Sealed."""
        if len(compact) > MAX_ENVELOPE:
            raise Sealed("larger than an event can be")
        try:
            plain = jwe.decrypt_compact(compact, self._key, registry=_Ours(algorithms=["ECDH-ES", "A256GCM"])).plaintext
            inside = json.loads(plain or b"")
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Sealed(type(error).__name__) from None
        if not isinstance(inside, dict):
            raise Sealed("not an object")
        return inside


def digest_of(compact: str) -> str:
    return hashlib.sha256(compact.encode("ascii", "replace")).hexdigest()


def signed_text(grant: str, uuid: str, seq: int, compact: str) -> bytes:
    return "\n".join(("fv1", grant, uuid, str(seq), digest_of(compact))).encode()


def is_well_signed(public_jwk: dict[str, Any], sig: str, text: bytes) -> bool:
    try:
        raw = base64.urlsafe_b64decode(sig + "=" * (-len(sig) % 4))
        if len(raw) != 64:
            return False
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        _public_key(public_jwk).verify(der, text, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    return True


def _public_key(jwk: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    def number(name: str) -> int:
        value = jwk[name]
        return int.from_bytes(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)), "big")

    return ec.EllipticCurvePublicNumbers(number("x"), number("y"), ec.SECP256R1()).public_key()


def is_usable_public_jwk(jwk: Any) -> bool:
    """A P-256 public key and nothing more: no private part, a point on the curve."""
    if not isinstance(jwk, dict) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk:
        return False
    try:
        _public_key(jwk)
    except (ValueError, KeyError, TypeError):
        return False
    return True
