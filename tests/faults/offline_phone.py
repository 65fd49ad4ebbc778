"""A phone that keeps what it saved until a genuine answer names it: the client's half of offline.md 3.4, in Python.

It forgets nothing that the real one keeps and keeps nothing that the real one forgets, so that what is lost here would
be lost there. `tests/phone_double.py` seals and signs; this adds the outbox.
"""

import contextlib
import hashlib
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.phone_double import PIECE, Phone

MOST_EVENTS, MOST_CHARACTERS = 25, 200_000
DELIVERED = ("accepted", "duplicate", "held")
NO_ROOM = ("later 503", "later 507")  # either is right: the phone keeps all and tries again
SPLIT = (400, 401, 403, 413, 415, 422)


@dataclass
class Heard:
    """One answer. `told` is empty when it was not ours, not whole, or never came: then it is no answer."""

    status: int = 0
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        return bool(self.told)


Road = Callable[[str, str, bytes, dict[str, str]], Heard]


def read(status: int, headers: Any, body: bytes) -> Heard:
    if headers.get("X-FieldVisit-Proto") != "1":
        return Heard(status) if status >= 500 else Heard()
    with contextlib.suppress(ValueError):
        told = json.loads(body)
        if isinstance(told, dict):
            return Heard(status, told | {"server_time": told.get("server_time")})
    return Heard(status) if status >= 500 else Heard()


class OverTheWire:
    """A fresh connection for each request, as a phone that moves about has."""

    def __init__(self, place: tuple[str, int], patience_s: float = 30) -> None:
        self.place, self.patience_s = place, patience_s

    def __call__(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Heard:
        asked = http.client.HTTPConnection(*self.place, timeout=self.patience_s)
        with contextlib.closing(asked):
            try:
                asked.request(method, path, body, headers | {"Host": "localhost"})
                answer = asked.getresponse()
                return read(answer.status, answer.headers, answer.read())
            except (OSError, http.client.HTTPException):
                return Heard()


class InProcess:
    """Straight into a Flask app of this process."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Heard:
        answer = self.app.test_client().open(path, method=method, data=body, headers=headers | {"Host": "localhost"})
        return read(answer.status_code, answer.headers, answer.get_data())


@dataclass
class Blob:
    id: str
    data: bytes  # the ciphertext
    sent: int = 0
    state: str = "waits"  # waits, wanted, done


@dataclass
class Item:
    seq: int
    uuid: str
    grant: str
    jwe: str | None
    sig: str | None
    visit: str
    kind: str
    state: str = "queued"  # queued, sent, held
    server_seq: int | None = None
    code: str | None = None
    blobs: list[Blob] = field(default_factory=list)
    cover_seq: int | None = None  # with photos: an entry that the server numbered after all of them were there

    @property
    def is_whole(self) -> bool:
        return self.state != "queued" and all(blob.state == "done" for blob in self.blobs)

    @property
    def on_the_wire(self) -> dict[str, Any]:
        return {"grant": self.grant, "uuid": self.uuid, "seq": self.seq, "jwe": self.jwe, "sig": self.sig}


@dataclass
class OfflinePhone(Phone):
    app: Any = None
    road: Road | None = None
    items: list[Item] = field(default_factory=list)
    durable: int | None = None
    heard: list[Heard] = field(default_factory=list)

    # --- saving
    def keep(
        self, kind: str, visit: str, body: dict[str, Any] | None = None, *, at: datetime, photos: tuple[bytes, ...] = (),
        kv: int = 1, uuid: str | None = None,
    ) -> Item:  # fmt: skip
        """Saved on this phone: sealed, signed, with its photos, in one go."""
        named = [self.blob(plain) for plain in photos]
        wire = self.save(kind, visit, body, at, kv=kv, uuid=uuid, blobs=named)
        blobs = [Blob(told["id"], self.blobs[told["id"]]) for told in named]
        item = Item(wire["seq"], wire["uuid"], wire["grant"], wire["jwe"], wire["sig"], visit, kind, blobs=blobs)
        self.items.append(item)
        return item

    @property
    def queued(self) -> list[Item]:
        return [item for item in self.items if item.state == "queued"]

    @property
    def photos_to_go(self) -> list[Blob]:
        return [blob for item in self.items for blob in item.blobs if blob.state == "wanted"]

    @property
    def all_sent(self) -> bool:
        return not self.queued and not self.photos_to_go

    # --- sending
    def sync(self, at: datetime) -> str:
        """One round: every item has its turn, then the photos. "done", or why the round was given up."""
        passed: set[int] = set()
        size = MOST_EVENTS
        while batch := self._next_batch(passed, size):
            heard = self.post(batch, at)
            if heard.is_ours and heard.status == 200 and isinstance(heard.told.get("results"), list):
                self.settle(batch, heard.told, at)
                passed |= {item.seq for item in batch}
                size = min(size * 2, MOST_EVENTS)
            elif heard.is_ours and heard.status in SPLIT:
                if len(batch) == 1:
                    passed.add(batch[0].seq)
                size = max(1, len(batch) // 2)
            else:
                return f"later {heard.status}" if heard.status else "no answer"
        return self._send_photos()

    def sync_until_sent(self, now: Callable[[], datetime], rounds: int = 60) -> None:
        """As often as it takes; a phone has no last try, a test does."""
        for _ in range(rounds):
            self.sync(now())
            if self.all_sent:
                return
        raise AssertionError(
            f"{len(self.queued)} entries and {len(self.photos_to_go)} photos never went: {self.heard[-1]}"
        )

    def post(self, batch: list[Item], at: datetime) -> Heard:
        told = {
            "proto": 1, "device": self.device, "app": "test", "queued": len(self.queued), "last_seq": self.seq,
            "sent_at": (at - self.slow_by).isoformat().replace("+00:00", "Z"),
            "events": [item.on_the_wire for item in batch],
        }  # fmt: skip
        return self._ask("POST", "/events", json.dumps(told).encode(), {"Content-Type": "application/json"})

    def heartbeat(self, at: datetime) -> Heard:
        heard = self.post([], at)
        if heard.is_ours and heard.status == 200:
            self._hear(heard.told, at)
        return heard

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Heard:
        assert self.road, "this phone has no road to the server"
        heard = self.road(method, path, body, headers)
        self.heard.append(heard)
        return heard

    def _next_batch(self, passed: set[int], size: int) -> list[Item]:
        batch: list[Item] = []
        room = MOST_CHARACTERS
        for item in [item for item in self.queued if item.seq not in passed][:size]:
            room -= len(json.dumps(item.on_the_wire)) + 1
            if batch and room < 0:
                break
            batch.append(item)
        return batch

    def settle(self, batch: list[Item], told: dict[str, Any], at: datetime) -> None:
        self._hear(told, at)
        whole = [item for item in self.items if item.is_whole]
        results = {result.get("uuid"): result for result in told["results"] if isinstance(result, dict)}
        for item in batch:
            result = results.get(item.uuid) or {}
            item.code = result.get("code")
            if result.get("status") not in DELIVERED:
                continue
            item.state = "held" if result["status"] == "held" or item.code else "sent"
            item.server_seq, item.cover_seq = result.get("server_seq"), None
            missing = result.get("attachments_missing", [])
            for blob in item.blobs:
                blob.state = "wanted" if blob.id in missing else "done"
        fresh = [result["server_seq"] for result in results.values() if result.get("status") == "accepted"]
        for item in whole:
            item.cover_seq = item.cover_seq or min(fresh, default=None)
        self._let_go()

    def _hear(self, told: dict[str, Any], at: datetime) -> None:
        """A new epoch is a restore: what the backup may lack is offered again."""
        ahead = datetime.fromisoformat(told["server_time"]) - (at - self.slow_by)
        self.offset_ms = round(ahead.total_seconds() * 1000)
        self.durable = told.get("durable_up_to", self.durable)
        before, self.epoch = self.epoch, told.get("epoch", self.epoch)
        if before is not None and before != self.epoch:
            for item in self.items:
                if item.state != "queued" and item.jwe and not self._is_covered(item):
                    item.state = "queued"
                    for blob in item.blobs:
                        blob.state, blob.sent = "waits", 0

    def _is_covered(self, item: Item) -> bool:
        seq = item.cover_seq if item.blobs else item.server_seq
        return self.durable is not None and seq is not None and seq <= self.durable

    def _let_go(self) -> None:
        for item in self.items:
            if item.is_whole and self._is_covered(item):
                item.jwe = item.sig = None

    # --- photos, in pieces that resume
    def _send_photos(self) -> str:
        for item in self.items:
            for blob in item.blobs:
                while blob.state == "wanted":
                    if (stopped := self.send_piece(item, blob)) is not None:
                        return stopped
        return "done"

    def send_piece(self, item: Item, blob: Blob, size: int = PIECE) -> str | None:
        """One piece. None: go on; otherwise why not."""
        piece = blob.data[blob.sent : blob.sent + size]
        heard = self.put_piece(item.grant, blob.id, blob.sent, len(blob.data), piece)
        if heard.is_ours and heard.status in (200, 409):
            blob.sent = heard.told["received"]
            if heard.told.get("complete"):
                blob.state = "done"
            return None
        if heard.is_ours and heard.status == 404:
            item.state, blob.state, blob.sent = "queued", "waits", 0  # not known yet: the entry first
        return f"later {heard.status}" if heard.status else "no answer"

    def put_piece(self, grant: str, blob_id: str, offset: int, total: int, piece: bytes) -> Heard:
        text = f"fv1-piece\n{grant}\n{blob_id}\n{offset}\n{hashlib.sha256(piece).hexdigest()}"
        headers = {
            "X-FieldVisit-Piece": f"{grant} {self.sign_text(text)}",
            "Content-Type": "application/octet-stream",
        }
        return self._ask("PUT", f"/attachments/{blob_id}?offset={offset}&total={total}", piece, headers)
