"""A phone of the demo: its own key, its own counter. It seals and signs as a real one does, without a radio."""

import base64
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwe
from joserfc.jwk import ECKey
from sqlalchemy.orm import Session

from fieldvisit.ground.policy import Policy
from fieldvisit.outbox.envelope import IntakeKey, signed_text
from fieldvisit.outbox.intake import receive
from fieldvisit.outbox.wire import Sent
from fieldvisit.register.service import enrol

APP = "demo"
_SEAL = {"alg": "ECDH-ES", "enc": "A256GCM"}


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Phone:
    """The key is random and is forgotten when the demo has been loaded: nobody can sign as this phone afterwards."""

    device: str
    intake: IntakeKey
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    grant: str = ""
    seq: int = 0
    waiting: list[Sent] = field(default_factory=list)

    def enrol(self, session: Session, person_id: str, at: datetime) -> "Phone":
        numbers = self.key.public_key().public_numbers()
        jwk: dict[str, object] = {
            "kty": "EC",
            "crv": "P-256",
            "x": _b64(numbers.x.to_bytes(32, "big")),
            "y": _b64(numbers.y.to_bytes(32, "big")),
        }
        self.grant = enrol(session, person_id, self.device, jwk, "Demo phone", at).id
        return self

    def save(self, kind: str, visit_id: str, body: dict[str, Any], at: datetime) -> None:
        self.seq += 1
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.device}/{self.seq}"))
        inside = {
            "v": 1, "uuid": name, "grant": self.grant, "visit": visit_id, "kind": kind, "kv": 1, "body": body,
            "wall": at.isoformat().replace("+00:00", "Z"), "offset_ms": 0, "mono_ms": self.seq * 1000, "tz_min": 0,
            "app": APP, "blobs": [],
        }  # fmt: skip
        public = self.intake.public_jwk
        sealed = jwe.encrypt_compact(
            _SEAL | {"kid": public["kid"]},
            json.dumps(inside).encode(),
            ECKey.import_key(public),
            algorithms=list(_SEAL.values()),
        )
        r, s = decode_dss_signature(self.key.sign(signed_text(self.grant, name, self.seq, sealed), ec.ECDSA(SHA256())))
        sig = _b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        self.waiting.append(Sent(grant=self.grant, uuid=name, seq=self.seq, jwe=sealed, sig=sig))

    def send(self, session: Session, at: datetime, policy: Policy) -> None:
        """Whatever waits, at that instant, by a right clock. Raises RuntimeError for a fact not taken in."""
        waiting, self.waiting = self.waiting, []
        results = receive(session, waiting, device=self.device, phone_now=at, at=at, key=self.intake, policy=policy)
        if wrong := [result for result in results if result.status != "accepted"]:
            raise RuntimeError(f"the demo's own phone was not believed: {wrong[0]}")
