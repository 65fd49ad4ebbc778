"""A phone, in Python: its own key, its own counter, its own clock. It seals, signs and posts as `static/js` does."""

import base64
import hashlib
import json
import os
import uuid as uuids
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask
from joserfc import jwe
from joserfc.jwk import ECKey

PIECE = 256 * 1024


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
    offset_ms: int | None = None  # how far the server was ahead at the last contact, as this phone knows it
    kept: list[dict[str, Any]] = field(default_factory=list)  # all that it ever saved: offered again after a restore
    blobs: dict[str, bytes] = field(default_factory=dict)  # ciphertext, by blob id
    epoch: str | None = None
    last: dict[str, Any] = field(default_factory=dict)  # the last answer, whole

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
        return self.sign_text(
            "\n".join(("fv1", self.grant, uuid, str(seq), hashlib.sha256(sealed.encode()).hexdigest()))
        )

    def sign_text(self, text: str) -> str:
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(SHA256())))
        return _b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def save(
        self,
        kind: str,
        visit: str,
        body: dict[str, Any] | None,
        at: datetime,
        *,
        kv: int = 1,
        uuid: str | None = None,
        blobs: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Sealed and signed when it is saved, as on the real one. at: the true time; the phone writes its own."""
        self.seq += 1
        uuid = uuid or str(uuids.uuid4())
        inside = {
            "v": 1, "uuid": uuid, "grant": self.grant, "visit": visit, "kind": kind, "kv": kv, "body": body or {},
            "wall": (at - self.slow_by).isoformat().replace("+00:00", "Z"), "offset_ms": self.offset_ms,
            "mono_ms": self.seq * 1000, "tz_min": 0, "app": "test", "blobs": blobs or [],
        }  # fmt: skip
        sealed = self.seal(inside)
        item = {
            "grant": self.grant, "uuid": uuid, "seq": self.seq, "jwe": sealed, "sig": self.sign(uuid, self.seq, sealed),
        }  # fmt: skip
        self.waiting.append(item)
        self.kept.append(item)
        return item

    def blob(self, content: bytes, type: str = "image/jpeg") -> dict[str, Any]:
        """Encrypts a photo or a signature under a key of its own, and tells what the seal is to name."""
        name, key, iv = str(uuids.uuid4()), os.urandom(32), os.urandom(12)
        self.blobs[name] = cipher = AESGCM(key).encrypt(iv, content, name.encode())
        return {
            "id": name, "type": type, "size": len(content), "csize": len(cipher), "key": _b64(key), "iv": _b64(iv),
            "sha256": hashlib.sha256(content).hexdigest(), "csha256": hashlib.sha256(cipher).hexdigest(),
        }  # fmt: skip

    def photo(self, visit: str, content: bytes, at: datetime, what: str = "before", **more: str) -> str:
        """Taken and saved, as yet unsent. Answers the blob's id."""
        blob = self.blob(content)
        self.save("photo.taken", visit, {"what": what} | more, at, blobs=[blob])
        return str(blob["id"])

    def put(
        self, blob: str, offset: int = 0, data: bytes | None = None, *, total: int | None = None, sig: str | None = None
    ) -> Any:
        """One piece of a blob (all of it, unless `data` says otherwise): the answer, whatever it is."""
        data = self.blobs[blob][offset : offset + PIECE] if data is None else data
        digest = hashlib.sha256(data).hexdigest()
        sig = sig or self.sign_text(f"fv1-piece\n{self.grant}\n{blob}\n{offset}\n{digest}")
        total = len(self.blobs[blob]) if total is None else total
        return self.app.test_client().put(
            f"/attachments/{blob}?offset={offset}&total={total}", data=data,
            headers={"Host": "localhost", "X-FieldVisit-Piece": f"{self.grant} {sig}"},
        )  # fmt: skip

    def put_whole(self, blob: str) -> Any:
        """Piece after piece, going on from where the server says."""
        offset, answer = 0, None
        for _ in range(100):
            answer = self.put(blob, offset)
            if answer.status_code not in (200, 409) or answer.get_json()["complete"]:
                return answer
            offset = answer.get_json()["received"]
        return answer

    def post(self, at: datetime, events: list[dict[str, Any]], queued: int | None = None) -> Any:
        """One request with no cookie, at the true time `at`: the answer, whatever it is."""
        batch = {
            "proto": 1, "device": self.device, "app": "test", "last_seq": self.seq,
            "queued": max(len(self.waiting), len(events)) if queued is None else queued,
            "sent_at": (at - self.slow_by).isoformat().replace("+00:00", "Z"), "events": events,
        }  # fmt: skip
        return self.app.test_client().post("/events", json=batch, headers={"Host": "localhost"})

    def heartbeat(self, at: datetime, queued: int | None = None) -> dict[str, Any]:
        answer = self.post(at, [], queued)
        assert answer.status_code == 200, answer.text
        return self.hear(answer.get_json())

    def hear(self, told: dict[str, Any]) -> dict[str, Any]:
        """A new epoch is a restore: everything that it ever saved waits again."""
        if self.epoch not in (None, told["epoch"]):
            self.waiting = list(self.kept)
        self.epoch, self.last = told["epoch"], told
        return told

    def send(self, at: datetime, items: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
        """Posts what waits (or these items) at the true time `at`, with no cookie. Answers the results."""
        answer = self.post(at, self.waiting if items is None else items)
        assert answer.status_code == 200, answer.text
        if items is None:
            self.waiting = []
        results: list[dict[str, Any]] = self.hear(answer.get_json())["results"]
        return results
