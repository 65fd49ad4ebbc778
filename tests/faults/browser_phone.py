"""A worker's phone in a real browser, its profile on this disk, in front of a real server process."""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.council import Council as RealCouncil
from tests.phone.shell_fixtures import KeptPhone

RECORD = """async ({ visit, many, words }) => {
    for (let number = 0; number < many; number += 1) {
        const body = { code: "note", words: `${words} ${number}` };
        const fact = { uuid: crypto.randomUUID(), kind: "visit.noted", kv: 1, visit, body, label: "Noted", next: null };
        const item = await globalThis.outboxOfTheTest.record(fact);
        console.log(`saved ${item.uuid}`);
    }
}"""

# The page may run all its scripts as one file: then this is one more tab of the same phone.
HOLD = """async () => {
    const { src } = document.querySelector("script[type=module]");
    const said = (name) => document.querySelector(`meta[name="${name}"]`).content;
    const outbox = await import(new URL(src.endsWith("/js/app.js") ? "outbox.js" : "js/outbox.js", src));
    outbox.isFor({ person: document.documentElement.dataset.person, app: said("fv-app"), csrf: said("csrf-token") });
    globalThis.outboxOfTheTest = outbox;
}"""


@dataclass
class BrowserPhone(KeptPhone):
    real: Any = None
    visit: str = ""
    road: Any = None

    def opens(self) -> None:
        self.world.now = self.real.now()
        super().opens()
        self.acknowledged: list[str] = []
        self.page.on("console", lambda message: self._heard(message.text))

    def _heard(self, text: str) -> None:
        if text.startswith("saved "):
            self.acknowledged.append(text.removeprefix("saved "))

    def is_signed_in(self, ref: str) -> None:
        """By typing: the server is a process of its own."""
        self.signs_in(ref)

    def is_ready(self) -> None:
        super().is_ready()
        self.page.evaluate(HOLD)

    def records(self, visit: str, many: int, words: str = "x") -> None:
        """Through the page's own outbox: each is told to the console as soon as it is 'Saved on this phone'."""
        self.page.evaluate(RECORD, {"visit": visit, "many": many, "words": words})

    def begins_to_record(self, visit: str, many: int, words: str) -> None:
        self.page.evaluate(f"told => {{ ({RECORD})(told); }}", {"visit": visit, "many": many, "words": words})

    def has_acknowledged(self, many: int) -> None:
        while len(self.acknowledged) < many:
            self.page.wait_for_event("console")

    def dies(self) -> None:
        """kill -9 of every process of this browser at once."""
        for pid in _family_of(self.profile):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(Exception):
            self.context.close()
        for lock in self.profile.glob("Singleton*"):
            lock.unlink()

    def tries_again(self) -> None:
        """What the phone does by itself every twenty seconds while it is looked at."""
        self.page.clock.fast_forward(21_000)
        self.page.wait_for_timeout(100)

    def sends_everything(self) -> None:
        """What a person does who looks at the phone: it tries again, and again."""
        for _ in range(200):
            if self.page.locator("html[data-unsent='0']").count():
                return
            self.tries_again()
        raise AssertionError(f"still unsent: {self.lies('unsent')}")


def a_browser_phone(playwright: Any, council: RealCouncil, profile: Path, address: str = "") -> BrowserPhone:
    return BrowserPhone(
        council.world,
        address or council.server.address,
        None,
        None,
        playwright=playwright,
        profile=profile,
        real=council,
    )  # type: ignore[arg-type]


def _family_of(profile: Path) -> list[int]:
    """The browser that was started with this profile, and its children's children. Nobody else's."""
    parents, heads = {}, []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(status[1])
            if f"--user-data-dir={profile}".encode() in (entry / "cmdline").read_bytes():
                heads.append(int(entry.name))
    found = set(heads)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)
