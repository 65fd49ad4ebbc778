"""One small council behind a real server: its visits, its phones, and what its database then holds."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import CHECKING
from fieldvisit.outbox.envelope import IntakeKey
from fieldvisit.outbox.models import Held
from fieldvisit.register import service as register
from fieldvisit.tasks import Task
from fieldvisit.visits.models import Entry
from tests.faults.offline_phone import Item, OfflinePhone, OverTheWire, Road
from tests.faults.proxy import Proxy
from tests.faults.real_server import RealServer
from tests.stories import Story, a_visit
from tests.world import NOW, World


@dataclass
class Council:
    home: Path
    database: Database
    policy: Policy
    ids: dict[str, str]
    ahead: timedelta = field(default_factory=lambda: NOW - datetime.now(UTC))
    phones: list[OfflinePhone] = field(default_factory=list)
    roads: list[Proxy] = field(default_factory=list)

    def __post_init__(self) -> None:
        make_keys(Config(home=self.home))
        self.server = RealServer(self.home, self.database.url, self.ahead)
        self.world = World(None, self.database, self.policy, self.ids)  # type: ignore[arg-type]

    def now(self) -> datetime:
        """What the server's clock says: it began at nine on that Tuesday and goes on."""
        return datetime.now(UTC) + self.ahead

    def close(self) -> None:
        for road in self.roads:
            road.stop()
        self.server.kill()

    # --- people and places
    def a_visit(self, lead: str = "asha", others: tuple[str, ...] = ()) -> Story:
        """It began half an hour before the server did, and the tenant was told in full."""
        return a_visit(self.world, lead=lead, others=others, starts=NOW - timedelta(minutes=30)).told()

    def a_phone(self, ref: str = "asha", road: Road | None = None, phone: OfflinePhone | None = None) -> OfflinePhone:
        """Enrolled as `POST /devices` does, without the browser that signs in for it."""
        phone = phone or OfflinePhone()
        phone.road = road or OverTheWire(self.server.place)
        key = IntakeKey.from_file(self.home / "keys" / "intake.jwk")
        with self.database.writing(None) as session:
            phone.grant = register.enrol(
                session, self.ids[ref], phone.device, phone.public_jwk, "Test phone", NOW - timedelta(days=30)
            ).id
        phone.server_jwk = key.public_jwk
        self.phones.append(phone)
        return phone

    def a_bad_road(self) -> Proxy:
        self.roads.append(Proxy(self.server.place))
        return self.roads[-1]

    def saves(self, phone: OfflinePhone, visit: str, many: int, kind: str = "visit.late") -> list[Item]:
        """So many small facts of one visit, a second apart."""
        began = self.now() - timedelta(seconds=many)
        body = {"minutes": 10} if kind == "visit.late" else {}
        return [phone.keep(kind, visit, body, at=began + timedelta(seconds=n)) for n in range(many)]

    # --- what is there
    def entries(self, device: str | None = None, visit: str | None = None) -> list[Entry]:
        """The lines that phones wrote, in the order in which they came in."""
        asked = select(Entry).where(Entry.device != "desk")
        if device:
            asked = asked.where(Entry.device == device)
        if visit:
            asked = asked.where(Entry.visit_id == visit)
        with self.database.reading(CHECKING) as session:
            return list(session.scalars(asked.order_by(Entry.received_at, Entry.visit_id, Entry.position)))

    def held(self, device: str | None = None) -> list[Held]:
        asked = select(Held) if device is None else select(Held).where(Held.device == device)
        with self.database.reading(CHECKING) as session:
            return list(session.scalars(asked))

    def tasks(self, kind: str | None = None) -> list[Task]:
        asked = select(Task) if kind is None else select(Task).where(Task.kind == kind)
        with self.database.reading(CHECKING) as session:
            return list(session.scalars(asked))

    def rows(self, model: Any) -> list[Any]:
        with self.database.reading(CHECKING) as session:
            return list(session.scalars(select(model)))

    def count(self, model: Any) -> int:
        with self.database.reading(CHECKING) as session:
            return session.scalar(select(func.count(model.id))) or 0

    def tally(self, *phones: OfflinePhone) -> tuple[int, int, int]:
        """Lost, doubled, out of order, over what these phones saved. (0, 0, 0) is the promise."""
        lost = doubled = disordered = 0
        for phone in phones or tuple(self.phones):
            entries, held = self.entries(phone.device), self.held(phone.device)
            there = Counter([line.uuid for line in entries] + [line.uuid for line in held])
            lost += sum(1 for item in phone.items if not there[item.uuid] and item.state != "queued")
            doubled += sum(times - 1 for times in there.values())
            disordered += _backwards(entries)
        return lost, doubled, disordered


def _backwards(entries: list[Entry]) -> int:
    """How often, inside one visit, a later line of one phone stands before an earlier one."""
    last: dict[str, int] = {}
    wrong = 0
    for line in sorted(entries, key=lambda one: (one.visit_id, one.position)):
        wrong += line.seq < last.get(line.visit_id, 0)
        last[line.visit_id] = max(line.seq, last.get(line.visit_id, 0))
    return wrong
