"""A soak that a person can run: `python -m tests.faults.soak --events 20000 --phones 8 --faults`.

A real server and so many phones, each in a thread of its own, over roads that cut, lose and repeat, with workers killed
around the commit and the whole server killed now and then. At the end it prints lost, doubled, out of order: 0, 0, 0.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from fieldvisit.ground.policy import load_policy
from tests.faults.conftest import a_council
from tests.faults.council import Council
from tests.faults.offline_phone import OfflinePhone, OverTheWire
from tests.faults.proxy import Proxy

KILLS = "before_commit:kill:2%,after_commit:kill:2%"
WORKERS = ("asha", "ben", "carl")
OF_ONE_VISIT = 20  # entries of one phone at one visit, as a real visit has
MANNERS = (("cut-answer", 40), ("cut-answer", 400), ("cut-request", 300), ("lost",), ("twice",), ("at-once", 2))


@dataclass
class Soak:
    council: Council
    events: int
    faults: bool
    seed: int
    roads: dict[str, Proxy] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)

    def enrol(self, many: int) -> None:
        for number in range(many):
            road = self.council.a_bad_road()
            phone = self.council.a_phone(WORKERS[number % 3], road=OverTheWire(road.place))
            self.roads[phone.device] = road

    def run(self) -> tuple[int, int, int]:
        server, phones = self.council.server, self.council.phones
        share = [self.events // len(phones) + (n < self.events % len(phones)) for n in range(len(phones))]
        visits = [self._visits(WORKERS[n % 3], many) for n, many in enumerate(share)]
        with server.running(KILLS if self.faults else ""):
            crowd = [
                threading.Thread(target=self._works, args=(phone, theirs, many, n))
                for n, (phone, theirs, many) in enumerate(zip(phones, visits, share, strict=True))
            ]
            for one in crowd:
                one.start()
            self._trouble_the_server(crowd)
            for one in crowd:
                one.join()
            server.restart()
            for phone in phones:
                self.roads[phone.device].manners.clear()
                phone.sync_until_sent(self.council.now)
        return self.council.tally()

    def _visits(self, ref: str, entries: int) -> list[str]:
        return [self.council.a_visit(ref).visit_id for _ in range(0, entries, OF_ONE_VISIT)]

    def _works(self, phone: OfflinePhone, visits: list[str], many: int, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        while len(phone.items) < many:
            visit = visits[len(phone.items) // OF_ONE_VISIT]
            room = OF_ONE_VISIT - len(phone.items) % OF_ONE_VISIT
            self.council.saves(phone, visit, min(chance.randint(1, 12), room, many - len(phone.items)))
            if self.faults and chance.random() < 0.3:
                self.roads[phone.device].then(*chance.choice(MANNERS))
            phone.sync(self.council.now())

    def _trouble_the_server(self, crowd: list[threading.Thread]) -> None:
        """kill -9 of all of it whenever another fifth of the entries is saved."""
        for fifth in range(1, 5):
            while sum(len(phone.items) for phone in self.council.phones) < self.events * fifth / 5:
                if not any(one.is_alive() for one in crowd):
                    return
                crowd[0].join(0.05)
            if self.faults:
                self.council.server.restart(KILLS)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--phones", type=int, default=6)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args(argv)
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fv-soak-", ignore_cleanup_errors=True)))
        server = _server(folder, stack, postgresql=told.postgresql)
        (folder / "home").mkdir()
        council = stack.enter_context(a_council(server, load_policy("melton"), folder / "home"))
        soak = Soak(council, told.events, told.faults, told.seed)
        soak.enrol(told.phones)
        lost, doubled, disordered = soak.run()
        requests = sum(len(phone.heard) for phone in council.phones)
        unanswered = sum(not heard.status for phone in council.phones for heard in phone.heard)
        there = len(council.entries()) + len(council.held())
    print(f"{told.events} entries of {told.phones} phones in {time.monotonic() - began:.0f} s")
    print(f"{requests} requests, {unanswered} without an answer; {there} entries stored")
    print(f"lost {lost}, doubled {doubled}, out of order {disordered}")
    return 1 if lost or doubled or disordered or there != told.events else 0


def _server(folder: Path, stack: ExitStack, *, postgresql: bool) -> object:
    from tests.conftest import _PostgresServer, _SqliteServer

    if not postgresql:
        return _SqliteServer(folder)
    server = _PostgresServer(folder)
    stack.callback(server.stop)
    return server


if __name__ == "__main__":
    sys.exit(main())
