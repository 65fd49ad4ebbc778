"""The vault's public part: the key that a report is sealed to, and the key that receipts are checked with."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from fieldvisit.safeguarding.rules import receipt_text

_PARTS = ("kty", "crv", "x", "y", "kid")


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """As JWK. Nothing here opens anything."""

    seal: dict[str, str]
    sign: dict[str, str]

    def signed(self, sha256: str, number: str, received_at: str, signature: str) -> bool:
        """Is this the vault's own receipt for that box?"""
        try:
            raw = _bytes(signature)
            der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            _point(self.sign).verify(der, receipt_text(sha256, number, received_at), ec.ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return len(raw) == 64


def read_public_keys(path: Path) -> PublicKeys | None:
    """None where there is no vault, or what stands there is no key: then numbers are shown, and nothing is sealed."""
    try:
        found = json.loads(path.read_bytes())
        keys = PublicKeys(_public(found["seal"]), _public(found["sign"]))
        _point(keys.seal)
        _point(keys.sign)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return keys


def _public(jwk: dict[str, Any]) -> dict[str, str]:
    if (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise ValueError("no P-256 key")
    return {name: str(jwk[name]) for name in _PARTS if name in jwk}


def _point(jwk: dict[str, str]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(_bytes(jwk[name]), "big") for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
