"""A small council's server for the phone's modules: it enrols phones and takes in events and photos as the wire format
says.

It is written from the wire format alone and shares no code with the product, so that a mistake made on both sides
cannot hide. It opens each seal and checks each signature before it answers; what it finds wrong is in `faults`.
"""

import base64
import copy
import functools
import hashlib
import json
import mimetypes
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask, Response, jsonify, request
from joserfc import jwe
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

from tests.browser import Quiet
from tests.phone.stub_pages import DOOR, visit_page

STATIC = Path(__file__).resolve().parents[2] / "static"
PIECE = 256 * 1024
CSRF = "token-of-the-test"
CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:"
SEALED_KEYS = {
    "v", "uuid", "grant", "visit", "kind", "kv", "body", "wall", "offset_ms", "mono_ms", "tz_min", "app", "blobs",
}  # fmt: skip
TOLD_KEYS = {"id", "type", "size", "csize", "sha256", "csha256", "key", "iv"}


@dataclass(frozen=True)
class Stored:
    wire: dict
    sealed: dict
    device: str
    server_seq: int


@dataclass
class Attachment:
    """told: what the seal of its event says of it; plain: the bytes as they were before, once all are here."""

    told: dict
    kind: str
    received: bytes = b""
    plain: bytes | None = None


class WireStub:
    """`next_answers`: how to meet the next posts of events, one each.

    An HTTP status; "later" (429, in ten minutes) or "busy" (503, the same); "portal", "portal-204", "redirect": not ours;
    "echo": a proxy that answers as if all were accepted, and is not ours either;
    "cut" or "cut:3": stored, and the answer ends in the middle, or after three bytes.
    `next_pieces`: the same for pieces of photos; "spoiled" stores the piece with a flipped bit, "wait" answers when the
    test opens the `gate`. `refuse_photo`: the status that one photo gets each time, by its place. `road`: what came.
    """

    def __init__(self, clock_ahead: timedelta = timedelta(0)) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "stub-1"}, private=True)
        self.epoch = "epoch-1"
        self.clock_ahead = clock_ahead
        self.grants: dict[str, dict] = {}
        self.stored: list[Stored] = []
        self.posts: list[dict] = []
        self.results: list[dict] = []
        self.faults: list[str] = []
        self.next_answers: deque = deque()
        self.next_pieces: deque = deque()
        self.refuse_photo: dict[int, int] = {}
        self.attachments: dict[str, Attachment] = {}
        self.durable_up_to: int | None = None
        self.road: list[str] = []
        self.gate = threading.Event()
        self.backup: tuple | None = None
        self.come_back_kinds: set[str] = set()
        self.hold_kinds: set[str] = set()
        self.unreadable_kinds: set[str] = set()
        self._server = make_server("127.0.0.1", 0, self._flask(), threaded=True, request_handler=Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def start(self) -> "WireStub":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def kinds(self) -> list[str]:
        return [stored.sealed["kind"] for stored in self.stored]

    def person_of(self, stored: Stored) -> str:
        return self.grants[stored.wire["grant"]]["person"]

    def bodies(self, kind: str) -> list[dict]:
        return [stored.sealed["body"] for stored in self.stored if stored.sealed["kind"] == kind]

    def photos(self) -> list[bytes]:
        """Those that are here in full, as they were before they were locked."""
        return [found.plain for found in self.attachments.values() if found.plain is not None]

    def make_backup(self) -> None:
        """All that is here now is in a verified backup; the next answer says so."""
        self.backup = copy.deepcopy((self.stored, self.attachments))
        self.durable_up_to = max((stored.server_seq for stored in self.stored), default=0)

    def restore(self) -> None:
        assert self.backup, "there is no backup"
        self.stored, self.attachments = copy.deepcopy(self.backup)
        self.epoch += "-restored"

    # --- the server -------------------------------------------------------------------------------------------

    def _flask(self) -> Flask:
        app = Flask("wire-stub")
        app.add_url_rule("/door", view_func=self._door)
        app.add_url_rule("/visit", "visit", view_func=self._visit)
        app.add_url_rule("/static/<path:name>", view_func=lambda name: _file(name))
        app.add_url_rule("/attachments/<name>", view_func=self._attachments, methods=["PUT"])
        app.add_url_rule("/devices", view_func=self._devices, methods=["POST"])
        app.add_url_rule("/events", view_func=self._events, methods=["POST"])
        return app

    def _now(self) -> str:
        return (datetime.now(UTC) + self.clock_ahead).isoformat()

    def _ours(self, answer: dict) -> Response:
        response = jsonify(answer)
        response.headers["X-FieldVisit-Proto"] = "1"
        return response

    def _door(self) -> Response:
        return self._page(DOOR)

    def _visit(self) -> Response:
        return self._page(visit_page())

    def _page(self, page: str) -> Response:
        page = page.replace("PERSON", request.args.get("person", "")).replace("TOKEN", CSRF)
        page = page.replace("REFRESH", request.args.get("refresh", ""))
        response = Response(page, mimetype="text/html", headers={"Content-Security-Policy": CSP})
        # Werkzeug adds no cache headers of its own: a test must never see the page of the last one.
        response.headers["Cache-Control"] = "no-store"
        response.set_cookie("person", request.args.get("person", ""))
        return response

    def _devices(self) -> Response:
        asked = request.get_json()
        person = request.cookies.get("person")
        if not person or request.headers.get("X-CSRFToken") != CSRF:
            return Response(status=403, headers={"X-FieldVisit-Proto": "1"})
        self._insist(set(asked) == {"device", "public_jwk", "label"}, f"POST /devices says {sorted(asked)}")
        self._insist(set(asked["public_jwk"]) == {"kty", "crv", "x", "y"}, "the public key holds more than a point")
        grant = f"grant-{len(self.grants) + 1}-{person}"
        self.grants[grant] = {"person": person, "device": asked["device"], "jwk": asked["public_jwk"]}
        return self._ours({
            "grant": grant, "server_jwk": self.key.as_dict(private=False), "vault_jwk": None, "epoch": self.epoch,
            "server_time": self._now(), "badge": {"id": "b", "day_keys": []},
        })  # fmt: skip

    def _events(self) -> Response:
        message = request.get_json()
        self.posts.append(message)
        manner = self.next_answers.popleft() if self.next_answers else "well"
        if (refusal := self._refusal(manner)) is not None:
            return refusal
        if manner == "echo":
            results = [{"uuid": one["uuid"], "status": "accepted", "server_seq": 1} for one in message["events"]]
            return jsonify({"proto": 1, "server_time": self._now(), "epoch": self.epoch, "results": results})
        self._check_message(message)
        self.road += [f"events {len(message['events'])}"]
        opened = [self._open(message["device"], wire) for wire in message["events"]]
        if any(sealed["kind"] in self.unreadable_kinds for sealed in opened):
            return Response(status=400, headers={"X-FieldVisit-Proto": "1"})
        results = [
            self._take(message["device"], wire, sealed) for wire, sealed in zip(message["events"], opened, strict=True)
        ]
        answer = self._ours({
            "proto": 1, "server_time": self._now(), "epoch": self.epoch, "durable_up_to": self.durable_up_to,
            "results": results,
        })  # fmt: skip
        if str(manner).startswith("cut"):
            return self._cut(answer, manner)
        self.results += results
        return answer

    def _refusal(self, manner: int | str) -> Response | None:
        proto = {"X-FieldVisit-Proto": "1"}
        if isinstance(manner, int):
            return Response(status=manner, headers=proto)
        if manner in ("later", "busy"):
            return Response(status=429 if manner == "later" else 503, headers=proto | {"Retry-After": "600"})
        if manner == "redirect":
            return Response(status=302, headers={"Location": "/door"})
        if manner.startswith("portal"):
            return Response("<p>Welcome to the Wi-Fi</p>", status=204 if "204" in manner else 200, mimetype="text/html")
        return None

    def _cut(self, answer: Response, manner: str) -> Response:
        """All is committed; the connection dies in the middle of the answer."""
        whole = answer.get_data()
        after = manner.partition(":")[2]
        cut = Response(
            iter([whole[: int(after) if after else len(whole) // 2]]),
            mimetype="application/json",
            headers=answer.headers,
        )
        cut.headers["Content-Length"] = str(len(whole))
        return cut

    def _take(self, device: str, wire: dict, sealed: dict) -> dict:
        if sealed["kind"] in self.come_back_kinds:
            return {"uuid": wire["uuid"], "status": "retry", "code": "bad-signature", "server_seq": None,
                    "attachments_missing": []}  # fmt: skip
        known = next((s for s in self.stored if (s.device, s.wire["uuid"]) == (device, wire["uuid"])), None)
        if known:
            self._insist(known.wire == wire, f"{wire['uuid']} came again with other bytes")
            return self._result(known, "duplicate", code="unknown-visit" if sealed["kind"] in self.hold_kinds else None)
        stored = Stored(wire, sealed, device, max((s.server_seq for s in self.stored), default=0) + 1)
        self.stored.append(stored)
        for told in sealed["blobs"]:
            self._insist(set(told) == TOLD_KEYS, f"the seal tells {sorted(told)} of a photo")
            self.attachments.setdefault(told["id"], Attachment(told, sealed["kind"]))
        if sealed["kind"] in self.hold_kinds:
            return self._result(stored, "held")
        return self._result(stored, "accepted", code="outside-window")

    def _result(self, stored: Stored, status: str, code: str | None = None) -> dict:
        message: dict = {"message": "The visit was cancelled. The office will ring you."} if status == "held" else {}
        message |= {"code": code} if code else {}
        ids = [told["id"] for told in stored.sealed["blobs"]]
        missing = [name for name in ids if self.attachments[name].plain is None]
        return {"uuid": stored.wire["uuid"], "status": status, "server_seq": stored.server_seq,
                "attachments_missing": missing, **message}  # fmt: skip

    def _attachments(self, name: str) -> Response:
        piece, offset = request.get_data(), int(request.args["offset"])
        manner = self.next_pieces.popleft() if self.next_pieces else "well"
        self.road.append(f"piece {offset}")
        found = self.attachments.get(name)
        if manner == "wait":
            self.gate.wait(20)
        if (refusal := self._refusal(manner)) is not None:
            return refusal
        if found is None or (status := self.refuse_photo.get(list(self.attachments).index(name))):
            return Response(status=404 if found is None else status, headers={"X-FieldVisit-Proto": "1"})
        self._check_piece(name, found, piece, offset)
        if offset != len(found.received) or found.plain is not None:
            return self._received(found, 409)
        found.received += piece if manner != "spoiled" else bytes([piece[0] ^ 1]) + piece[1:]
        self._finish(found)
        answer = self._received(found)
        return self._cut(answer, manner) if manner.startswith("cut") else answer

    def _received(self, found: Attachment, status: int = 200) -> Response:
        answer = self._ours({"received": len(found.received), "complete": found.plain is not None})
        answer.status_code = status
        return answer

    def _finish(self, found: Attachment) -> None:
        """Bytes that are not those that the seal told of count for nothing."""
        told = found.told
        if len(found.received) < told["csize"]:
            return
        if hashlib.sha256(found.received).hexdigest() != told["csha256"]:
            found.received = b""
            return
        key, iv = _unbase64url(told["key"]), _unbase64url(told["iv"])
        plain = AESGCM(key).decrypt(iv, found.received, told["id"].encode("ascii"))
        same = (len(plain), hashlib.sha256(plain).hexdigest()) == (told["size"], told["sha256"])
        self._insist(same, "a photo is not what its event says")
        found.plain = plain

    def _check_piece(self, name: str, found: Attachment, piece: bytes, offset: int) -> None:
        self._insist(0 < len(piece) <= PIECE, f"a piece of {len(piece)} bytes")
        self._insist(int(request.args["total"]) == found.told["csize"], "the total is not the photo's size")
        self._insist(not request.cookies, "PUT /attachments carried a cookie")
        self._insist(offset + len(piece) <= found.told["csize"], "a piece goes beyond the photo's end")
        grant, sig = request.headers["X-FieldVisit-Piece"].split(" ")
        line = f"fv1-piece\n{grant}\n{name}\n{offset}\n{hashlib.sha256(piece).hexdigest()}"
        self._insist(_is_signed(self.grants[grant]["jwk"], line, sig), "the signature of a piece is wrong")

    # --- what the wire format says --------------------------------------------------------------------------------

    def _check_message(self, message: dict) -> None:
        keys = {"proto", "device", "app", "sent_at", "queued", "last_seq", "events"}
        self._insist(set(message) == keys, f"POST /events says {sorted(message)}")
        self._insist(message["proto"] == 1, "proto is not 1")
        self._insist(not request.cookies, "POST /events carried a cookie")
        self._insist(len(message["events"]) <= 25, f"{len(message['events'])} events in one post")
        seqs = [wire["seq"] for wire in message["events"]]
        self._insist(seqs == sorted(seqs), f"out of order: {seqs}")
        self._insist(len(request.get_data()) <= 205_000, "a post of more than 200 KB")

    def _open(self, device: str, wire: dict) -> dict:
        self._insist(set(wire) == {"grant", "uuid", "seq", "jwe", "sig"}, f"an event says {sorted(wire)}")
        grant = self.grants[wire["grant"]]
        self._insist(grant["device"] == device, "the grant belongs to another phone")
        self._insist(self._is_well_signed(grant["jwk"], wire), f"the signature of {wire['uuid']} is wrong")
        box = jwe.decrypt_compact(wire["jwe"], self.key, algorithms=["ECDH-ES", "A256GCM"])
        header = {key: box.protected[key] for key in ("alg", "enc", "kid")}
        self._insist(header == {"alg": "ECDH-ES", "enc": "A256GCM", "kid": "stub-1"}, f"the seal says {header}")
        sealed = json.loads(box.plaintext or b"")
        self._insist(set(sealed) == SEALED_KEYS, f"the seal holds {sorted(sealed)}")
        same = all(sealed[key] == wire[key] for key in ("uuid", "grant"))
        self._insist(same, "the seal and its envelope name different things")
        return sealed

    def _is_well_signed(self, jwk: dict, wire: dict) -> bool:
        seal = hashlib.sha256(wire["jwe"].encode("ascii")).hexdigest()
        return _is_signed(jwk, f"fv1\n{wire['grant']}\n{wire['uuid']}\n{wire['seq']}\n{seal}", wire["sig"])

    def _insist(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(fault)


def _file(name: str) -> Response:
    content, mimetype = _read(name)
    return Response(content, mimetype=mimetype, headers={"Cache-Control": "no-cache"})


@functools.cache
def _read(name: str) -> tuple[bytes, str | None]:
    """A page asks for thirty: from this process's memory, as nobody changes them while the tests run."""
    return (STATIC / name).read_bytes(), mimetypes.guess_type(name)[0]


def _is_signed(jwk: dict, line: str, sig: str) -> bool:
    raw = _unbase64url(sig)
    x, y = (int.from_bytes(_unbase64url(jwk[axis])) for axis in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    try:
        public.verify(signature, line.encode("ascii"), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return len(raw) == 64


def _unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
