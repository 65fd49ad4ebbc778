"""A phone, in Python: its own key, its own counter, its own clock. It seals, signs and posts as `static/js` does."""

import base64
import hashlib
import json
import uuid as uuids
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask
from joserfc import jwe
from joserfc.jwk import ECKey


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Phone:
    """One phone of one person. `slow_by`: how far its clock is behind the true time."""

    app: Flask
    device: str = field(default_factory=lambda: str(uuids.uuid4()))
    slow_by: timedelta = timedelta(0)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    grant: str = ""
    server_jwk: dict[str, Any] = field(default_factory=dict)
    badge: dict[str, Any] | None = None
    seq: int = 0
    waiting: list[dict[str, Any]] = field(default_factory=list)

    @property
    def public_jwk(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": _b64(numbers.x.to_bytes(32, "big")),
            "y": _b64(numbers.y.to_bytes(32, "big")),
        }

    def enrol(self, client: Any) -> "Phone":
        answer = client.post(
            "/devices", json={"device": self.device, "public_jwk": self.public_jwk, "label": "Test phone"}
        )
        assert answer.status_code == 200, answer.text
        told = answer.get_json()
        self.grant, self.server_jwk, self.badge = told["grant"], told["server_jwk"], told["badge"]
        return self

    def seal(self, inside: dict[str, Any]) -> str:
        header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": self.server_jwk["kid"]}
        plain = json.dumps(inside).encode()
        return jwe.encrypt_compact(header, plain, ECKey.import_key(self.server_jwk), algorithms=["ECDH-ES", "A256GCM"])

    def sign(self, uuid: str, seq: int, sealed: str) -> str:
        text = "\n".join(("fv1", self.grant, uuid, str(seq), hashlib.sha256(sealed.encode()).hexdigest()))
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(SHA256())))
        return _b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def save(
        self, kind: str, visit: str, body: dict[str, Any] | None, at: datetime, *, kv: int = 1, uuid: str | None = None
    ) -> dict[str, Any]:
        """Sealed and signed when it is saved, as on the real one. at: the true time; the phone writes its own."""
        self.seq += 1
        uuid = uuid or str(uuids.uuid4())
        inside = {
            "v": 1, "uuid": uuid, "grant": self.grant, "visit": visit, "kind": kind, "kv": kv, "body": body or {},
            "wall": (at - self.slow_by).isoformat().replace("+00:00", "Z"), "offset_ms": None, "mono_ms": self.seq * 1000,
            "tz_min": 0, "app": "test", "blobs": [],
        }  # fmt: skip
        sealed = self.seal(inside)
        item = {
            "grant": self.grant, "uuid": uuid, "seq": self.seq, "jwe": sealed, "sig": self.sign(uuid, self.seq, sealed),
        }  # fmt: skip
        self.waiting.append(item)
        return item

    def send(self, at: datetime, items: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
        """Posts what waits (or these items) at the true time `at`, with no cookie. Answers the results."""
        events = self.waiting if items is None else items
        batch = {
            "proto": 1, "device": self.device, "app": "test", "queued": len(events), "last_seq": self.seq,
            "sent_at": (at - self.slow_by).isoformat().replace("+00:00", "Z"), "events": events,
        }  # fmt: skip
        answer = self.app.test_client().post("/events", json=batch, headers={"Host": "localhost"})
        assert answer.status_code == 200, answer.text
        if items is None:
            self.waiting = []
        results: list[dict[str, Any]] = answer.get_json()["results"]
        return results
