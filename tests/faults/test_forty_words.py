"""Forty secret words in every field of safeguarding reports, through a whole day of use, with the vault a process of its own.

Afterwards they are in no file of the main home, no log, no message, no phone, not in the web server's memory, and not in
the vault's own files either: the vault alone can say them. What was written elsewhere that day is found by the same search.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect
from sqlalchemy import select

from fieldvisit.config import Config
from fieldvisit.ground.roles import BOXES
from fieldvisit.safeguarding.models import SealedBox
from fieldvisit.vault.intake import read
from fieldvisit.vault.models import Box
from fieldvisit.vault.setup import make
from tests.faults.browser_phone import BrowserPhone, a_browser_phone
from tests.faults.council import Council
from tests.faults.forty_words import Sought, family_of, memory_of, words, writings
from tests.faults.real_server import ROOT, free_port
from tests.phone.matter import STORED
from tests.phone.shell_fixtures import playwright  # noqa: F401 - fixture

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)
TOKEN = "a word by chance that both of them know"
SECRET, OPEN = words(40, seed=5), words(8, seed=6)
FIELDS = {
    "facts": "What did you see, or what were you told?", "where": "Where?", "who_harmed": "Who may be harmed?",
    "who_harms": "Who may be doing it?", "named_staff": "Does any of them work for the council or a contractor? Who?",
    "who_else": "Who else is there?", "wishes": "What do they want to happen?", "reach": "How can the team reach you?",
    "quoting": "Does this add to something that you sent before?",
}  # fmt: skip


def reports() -> list[dict[str, str]]:
    """Four, each with its own words in every field; the four that are left stand beside the facts."""
    left = iter(SECRET)
    made = [{name: f"It was {next(left)} again" for name in FIELDS} for _ in range(4)]
    for one in made:
        one["facts"] += f", and {next(left)}"
    assert next(left, None) is None
    return made


@dataclass
class Vault:
    """A real `fieldvisit vault serve`, with a home, keys and a database of its own."""

    home: Path
    config: Config
    port: int = field(default_factory=free_port)
    process: Any = None

    def start(self, database: str) -> None:
        told = os.environ | {
            "FIELDVISIT_HOME": str(self.home), "DATABASE_URL": database, "FIELDVISIT_VAULT_TOKEN": TOKEN,
            "PORT": str(self.port), "FIELDVISIT_POLICY": "melton", "FIELDVISIT_VAULT_URL": "",
        }  # fmt: skip
        command = [sys.executable, "-c", "import sys; from fieldvisit.cli import main; sys.exit(main(sys.argv[1:]))"]
        with (self.home / "vault.log").open("ab") as log:
            self.process = subprocess.Popen([*command, "vault", "serve"], cwd=ROOT, env=told, stdout=log, stderr=log)
        for _ in range(300):
            with suppress(OSError):
                if urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2).status == 200:
                    return
            time.sleep(0.1)
        raise AssertionError((self.home / "vault.log").read_text()[-2000:])

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)

    def says(self) -> list[dict[str, Any]]:
        """What its own key opens: in this test's memory alone."""
        from fieldvisit.vault.opening import open_vault

        vault = open_vault(self.config)
        with vault.store.reading() as session:
            found = [read(vault.keys.open(jwe)) for jwe in session.scalars(select(Box.jwe))]
        vault.store.dispose()
        return found


@pytest.fixture
def vault(council: Council, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    home = tmp_path / "vault-home"
    config = Config(home=home, policy="melton")
    config.keys.mkdir(parents=True)
    (config.keys / "session.key").write_bytes(os.urandom(32))
    (config.keys / "session.key").chmod(0o600)
    make(config, demo=True).store.dispose()
    (council.home / "keys" / "vault.pub.json").write_bytes(config.vault_public_key.read_bytes())
    made = Vault(home, config)
    made.start(council.database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("FIELDVISIT_VAULT_URL", f"http://127.0.0.1:{made.port}")
    monkeypatch.setenv("FIELDVISIT_VAULT_TOKEN", TOKEN)
    yield made
    made.stop()


@pytest.fixture
def phone(playwright: Playwright, council: Council, vault: Vault, tmp_path: Path) -> Iterator[BrowserPhone]:
    council.server.start()
    made = a_browser_phone(playwright, council, tmp_path / "profile")
    yield made
    with suppress(Exception):
        made.closes()


def a_days_work(council: Council) -> None:
    """Consent, a note, a hazard, a complaint at close, a refusal, leaving: in words that the main database may hold."""
    done, no, left = (council.a_visit("ben").visit_id for _ in range(3))
    double = council.a_phone("ben")
    say = iter([f"They said {word}" for word in OPEN])
    closing = {
        "tidy": True, "rubbish_removed": True, "left_as_found": True, "further_visit": False, "unhappy": True,
        "hazard_seen": True, "welfare_prompt_shown": True, "unhappy_words": next(say), "put_right": next(say),
        "note": next(say), "wants_no_complaint": False,
    }  # fmt: skip
    steps: list[tuple[str, str, dict[str, Any]]] = [
        *((visit, kind, {}) for visit in (done, no, left) for kind in ("visit.set_off", "visit.arrived")),
        (done, "door.answered", {"who": "tenant"}), (done, "door.introduced", {}), (done, "door.reason_given", {}),
        (done, "door.id_shown", {"how": "both"}),
        (done, "consent.given", {"who": "tenant", "adult": True, "able": True, "how": "spoken", "scope": ["enter", "work"],
                                 "name": next(say)}),
        (done, "home.entered", {"shoe_covers": True}), (done, "visit.noted", {"code": "note", "words": next(say)}),
        (done, "hazard.reported", {"hazard": "damp_and_mould_growth", "at_risk": ["baby"], "emergency": False,
                                   "first_read": True, "where": "The back room", "seen": next(say)}),
        (done, "visit.closing", {"why": "done"}), (done, "visit.closed", closing),
        (no, "consent.refused", {"reason": "other", "who": "tenant", "words": next(say)}),
        (left, "visit.withdrew", {"reason": "aggression", "words": next(say)}),
    ]  # fmt: skip
    for number, (visit, kind, body) in enumerate(steps):
        double.keep(kind, visit, body, at=council.now() - timedelta(seconds=len(steps) - number))
    double.sync_until_sent(council.now)
    assert next(say, None) is None and council.held(double.device) == []


def fills(form: Any, said: dict[str, str]) -> None:
    form.get_by_label(FIELDS["facts"]).fill(said["facts"])
    form.get_by_text("More, if you know it").click()
    for name, label in FIELDS.items():
        form.get_by_label(label).fill(said[name])


def writes_at_the_door(phone: BrowserPhone, said: dict[str, str]) -> None:
    page = phone.page
    if not page.get_by_role("button", name="Write it down").is_visible():
        page.locator("summary").filter(has_text="Another matter").click()
    page.get_by_role("button", name="Write it down").click()
    form = page.locator("[data-matter]")
    fills(form, said)
    form.get_by_role("button", name="Save and lock it").click()
    expect(form.locator("form")).to_be_hidden()
    form.get_by_role("button", name="Go back").click()


def a_worker_works(council: Council, log: Path) -> None:
    """A real worker process: it hands over what is sealed, and writes what is to be sent."""
    told = os.environ | {
        "FIELDVISIT_HOME": str(council.home), "FIELDVISIT_POLICY": "melton",
        "DATABASE_URL": council.database.url.render_as_string(hide_password=False),
    }  # fmt: skip
    ahead = {"ahead_s": council.ahead.total_seconds() + 10, "fail": {}}
    with log.open("ab") as said:
        subprocess.run(
            [sys.executable, "-m", "tests.faults.worker_nursery"], cwd=ROOT, env=told,
            input=json.dumps(ahead).encode() + b"\n", stdout=said, stderr=said, timeout=120, check=True,
        )  # fmt: skip
    assert log.read_text().splitlines()[-1] == "0", log.read_text()


def test_forty_secret_words_are_nowhere_but_in_the_vaults_own_plaintext(
    phone: BrowserPhone, council: Council, vault: Vault, tmp_path: Path
) -> None:
    without, online, at_a_desk, again = reports()
    council.a_visit("asha")
    a_days_work(council)

    phone.opens()
    phone.keeps_the_day()
    phone.waits_until("async () => Boolean(await caches.match('/matter'))")
    page = phone.page
    council.server.kill()  # no signal
    phone.opens_the_visit_to("1 Larch Close")
    writes_at_the_door(phone, without)
    council.server.start()
    phone.sends_everything()
    writes_at_the_door(phone, online)
    phone.sends_everything()
    stored = page.evaluate(STORED)
    phone.closes()

    desk = a_browser_phone(phone.playwright, council, tmp_path / "desk")
    desk.opens()
    desk.signs_in("hana")
    for number, said in enumerate((at_a_desk, again)):
        desk.goes_to("/concern")
        fills(desk.page.locator("form[data-write]"), said)
        if number:
            desk.context.set_offline(True)
            desk.page.get_by_role("button", name="Lock it and send it").click()
            expect(desk.page.locator("[data-trouble]")).to_contain_text("NOT sent")
            desk.context.set_offline(False)
        desk.page.get_by_role("button", name="Lock it and send it").click()
        expect(desk.page.locator("[data-state]")).to_contain_text("Sent, waiting")
    stored += desk.page.evaluate(STORED) + desk.page.content()
    desk.closes()

    a_worker_works(council, council.home / "worker.log")
    with council.database.reading(BOXES) as session:
        rows = list(session.scalars(select(SealedBox)))
    assert len(rows) == 4 and all(row.jwe is None and row.number for row in rows), "the vault signed for every one"

    inside = json.dumps(vault.says(), ensure_ascii=False)
    assert [word for word in SECRET if word not in inside] == []

    sought, legitimate = Sought(SECRET, tmp_path), Sought(OPEN, tmp_path)
    main = Path(str(council.database.url.database))
    journals = list(main.parent.glob(f"{main.name}*"))
    assert (main.parent / f"{main.name}-wal").stat().st_size, "there is a journal to look into"
    assert set().union(*legitimate.in_files(*journals).values()) == set(OPEN), "what may be there is found there"
    assert sought.in_files(*journals) == {}
    assert (council.home / "server.log").exists() and (council.home / "worker.log").exists()
    assert sought.in_files(council.home) == {}, "keys, messages, letters, logs"
    assert (vault.home / "vault.log").exists() and (vault.home / "vault" / "vault.db-wal").exists()
    assert sought.in_files(vault.home) == {}, "the vault's own files hold no word either"
    assert sought.in_files(tmp_path / "profile", tmp_path / "desk") == {}
    assert sought.in_bytes(stored.encode()) == set()

    assert council.server.process
    web = family_of(council.server.process.pid)
    known = re.compile(b"Melton Borough Council")
    assert len(web) >= 2 and all(any(known.search(piece) for piece in memory_of(pid)) for pid in web)
    assert {pid: found for pid in web if (found := sought.in_memory(pid))} == {}


def test_the_search_finds_a_word_in_every_writing_and_in_memory(council: Council, tmp_path: Path) -> None:
    sought = Sought(SECRET, tmp_path)
    for word in SECRET[:5]:
        for number, writing in enumerate(sorted(writings(word))):
            (tmp_path / f"planted-{number}").write_bytes(os.urandom(999) + writing + os.urandom(99))
            assert sought.in_files(tmp_path / f"planted-{number}") == {f"planted-{number}": {word}}
    assert sought.in_bytes(os.urandom(9_999)) == set()
    holding = [
        sys.executable,
        "-c",
        "import sys; kept = sys.stdin.readline(); print(1, flush=True); sys.stdin.readline()",
    ]
    with subprocess.Popen(holding, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        process.stdin.write(f"It was {SECRET[7]} again\n".encode())
        process.stdin.flush()
        process.stdout.readline()
        assert sought.in_memory(process.pid) == {SECRET[7]}
