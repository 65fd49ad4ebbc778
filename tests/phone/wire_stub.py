"""A small council's server for the phone's modules: it enrols phones and takes in events as the wire format says.

It is written from the wire format alone and shares no code with the product, so that a mistake made on both sides
cannot hide. It opens each seal and checks each signature before it answers; what it finds wrong is in `faults`.
"""

import base64
import hashlib
import json
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask, Response, jsonify, request, send_from_directory
from joserfc import jwe
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

SCRIPTS = Path(__file__).resolve().parents[2] / "static" / "js"
CSRF = "token-of-the-test"
CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
SEALED_KEYS = {
    "v", "uuid", "grant", "visit", "kind", "kv", "body", "wall", "offset_ms", "mono_ms", "tz_min", "app", "blobs",
}  # fmt: skip


@dataclass(frozen=True)
class Stored:
    wire: dict
    sealed: dict
    device: str
    server_seq: int


class WireStub:
    """`next_answers`: how to meet the next posts of events, one each: an HTTP status, "cut", "portal", or "later"."""

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
        self.come_back_kinds: set[str] = set()
        self.hold_kinds: set[str] = set()
        self.unreadable_kinds: set[str] = set()
        self.badge_works = True
        self.badges_shown = 0
        self._server = make_server("127.0.0.1", 0, self._flask(), threaded=True)
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

    # --- the server -------------------------------------------------------------------------------------------

    def _flask(self) -> Flask:
        app = Flask("wire-stub")
        app.add_url_rule("/door", view_func=self._door)
        app.add_url_rule("/static/js/<name>", view_func=lambda name: send_from_directory(SCRIPTS, name))
        app.add_url_rule("/devices", view_func=self._devices, methods=["POST"])
        app.add_url_rule("/events", view_func=self._events, methods=["POST"])
        app.add_url_rule("/badge/code", view_func=self._badge)
        return app

    def _now(self) -> str:
        return (datetime.now(UTC) + self.clock_ahead).isoformat()

    def _ours(self, answer: dict) -> Response:
        response = jsonify(answer)
        response.headers["X-FieldVisit-Proto"] = "1"
        return response

    def _door(self) -> Response:
        page = DOOR.replace("PERSON", request.args.get("person", "")).replace("TOKEN", CSRF)
        page = page.replace("REFRESH", request.args.get("refresh", ""))
        response = Response(page, mimetype="text/html", headers={"Content-Security-Policy": CSP})
        # Werkzeug adds no cache headers of its own: a test must never see the page of the last one.
        response.headers["Cache-Control"] = "no-store"
        response.set_cookie("person", request.args.get("person", ""))
        return response

    def _badge(self) -> Response:
        if not self.badge_works:
            return Response("<p>Sign in to the Wi-Fi</p>", mimetype="text/html")
        self.badges_shown += 1
        page = f"<svg viewBox='0 0 1 1'></svg><p>code {self.badges_shown}</p>"
        return Response(page, mimetype="text/html")

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
        if isinstance(manner, int):
            return Response(status=manner, headers={"X-FieldVisit-Proto": "1"})
        if manner == "portal":
            return Response("<p>Welcome to the Wi-Fi</p>", mimetype="text/html")
        if manner == "later":
            return Response(status=429, headers={"X-FieldVisit-Proto": "1", "Retry-After": "600"})
        self._check_message(message)
        opened = [self._open(message["device"], wire) for wire in message["events"]]
        if any(sealed["kind"] in self.unreadable_kinds for sealed in opened):
            return Response(status=400, headers={"X-FieldVisit-Proto": "1"})
        results = [
            self._take(message["device"], wire, sealed) for wire, sealed in zip(message["events"], opened, strict=True)
        ]
        answer = self._ours({
            "proto": 1, "server_time": self._now(), "epoch": self.epoch, "durable_up_to": None, "results": results,
        })  # fmt: skip
        if manner == "cut":
            return self._cut(answer)
        self.results += results
        return answer

    def _cut(self, answer: Response) -> Response:
        """All is committed; the connection dies in the middle of the answer."""
        whole = answer.get_data()
        cut = Response(iter([whole[: len(whole) // 2]]), mimetype="application/json", headers=answer.headers)
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
        stored = Stored(wire, sealed, device, len(self.stored) + 1)
        self.stored.append(stored)
        if sealed["kind"] in self.hold_kinds:
            return self._result(stored, "held")
        return self._result(stored, "accepted", code="outside-window")

    def _result(self, stored: Stored, status: str, code: str | None = None) -> dict:
        message: dict = {"message": "The visit was cancelled. The office will ring you."} if status == "held" else {}
        message |= {"code": code} if code else {}
        return {"uuid": stored.wire["uuid"], "status": status, "server_seq": stored.server_seq,
                "attachments_missing": [], **message}  # fmt: skip

    # --- what the wire format says --------------------------------------------------------------------------------

    def _check_message(self, message: dict) -> None:
        keys = {"proto", "device", "app", "sent_at", "queued", "last_seq", "events"}
        self._insist(set(message) == keys, f"POST /events says {sorted(message)}")
        self._insist(message["proto"] == 1, "proto is not 1")
        self._insist(not request.cookies, "POST /events carried a cookie")
        self._insist(0 < len(message["events"]) <= 25, f"{len(message['events'])} events in one post")
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
        line = f"fv1\n{wire['grant']}\n{wire['uuid']}\n{wire['seq']}\n{seal}".encode("ascii")
        raw = _unbase64url(wire["sig"])
        x, y = (int.from_bytes(_unbase64url(jwk[axis])) for axis in ("x", "y"))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        try:
            public.verify(signature, line, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return len(raw) == 64

    def _insist(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(fault)


def _unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


DOOR = """<!doctype html>
<html lang="en-GB" data-face="field" data-person="PERSON">
<head>
<meta charset="utf-8"><title>At the door</title>
<meta name="csrf-token" content="TOKEN"><meta name="fv-app" content="test-1">
<link rel="icon" href="data:,">
<script type="module" src="/static/js/app.js"></script>
</head>
<body data-refresh="REFRESH">
<main data-visit="visit-1">
<p data-outbox-status></p>
<p data-said role="status"></p>
<section data-step="knock" id="step-knock">
  <h2>Knock</h2>
  <form method="dialog" data-event="door.answered" data-label="The door was answered" data-next="introduce">
    <fieldset><legend>Who answered?</legend>
      <label><input type="radio" name="by" value="adult" required
        data-error="Say who answered the door."> An adult</label>
      <label><input type="radio" name="by" value="child" data-next="child"
        data-event="door.child_answered"> A child</label>
    </fieldset>
    <label for="said">What they said</label>
    <textarea id="said" name="said" required data-error="Write what they said."></textarea>
    <label for="wait">Minutes waited</label> <input id="wait" name="wait_min" type="number" data-type="int">
    <label><input type="checkbox" name="mask" data-type="bool"> They asked for a mask</label>
    <label><input type="checkbox" name="needs" value="stairs" data-type="list"> Stairs</label>
    <label><input type="checkbox" name="needs" value="dog" data-type="list"> Dog</label>
    <label><input type="checkbox" name="left" value="card" data-type="list"> Left a card</label>
    <input type="hidden" name="screen" value="door" data-type="none">
    <label><input type="radio" name="calm" value="yes" data-type="yesno"> Calm</label>
    <label><input type="radio" name="calm" value="no" data-type="yesno"> Not calm</label>
    <label for="more">Anything else</label> <input id="more" name="more">
    <button>Save the answer</button>
  </form>
</section>
<section data-step="introduce" id="step-introduce" hidden>
  <h2>Introduce yourself</h2>
  <form method="dialog" data-event="door.introduced" data-kv="2" data-label="Introduced" data-next="stay">
    <button name="how" value="spoken">I have said who I am</button>
  </form>
  <form method="dialog" data-event="visit.noted" data-label="Noted" data-next="stay"><button>Note it</button></form>
  <form method="dialog" data-event="box" data-label="A welfare worry" data-next="stay">
    <button>Tell the team</button></form>
  <button type="button" data-show="child">A child is alone</button>
</section>
<section data-step="child" id="step-child" hidden><h2>Do not go in</h2></section>
<ol data-ledger></ol>
</main>
<h1>Entries</h1><ol data-outbox-list></ol><p data-outbox-empty hidden>Nothing here.</p>
<button type="button" data-send-now>Send now</button>
<div><div data-badge-live data-badge-src="/badge/code"><p>code 0</p></div></div>
</body></html>
"""
