"""What a phone and its batch cost: intake beside a bare insert, sealing in the browser, a tap until it says 'Saved'.

Run by `make bench`. Each figure is printed; nothing is asserted about the clock.
"""

import hashlib
import shutil
import statistics
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import insert

from fieldvisit import create_app
from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database, new_id
from fieldvisit.ground.policy import Policy
from fieldvisit.visits.models import Entry, Envelope
from tests.faults.offline_phone import InProcess, OfflinePhone
from tests.phone.stub_fixtures import at_the_door, browser, go_to_introduce  # noqa: F401 - a fixture among them
from tests.phone.wire_stub import WireStub
from tests.stories import Story, a_visit
from tests.world import World

BATCH = 25
ROUNDS = 12
SLOWED = 4  # times, as offline.md measured it
TAPS = 12
SEAL = """async () => {
    const { newSigningKey, seal, sign } = await import("/static/js/envelope.js");
    const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const server = await crypto.subtle.exportKey("jwk", pair.publicKey);
    const { privateKey } = await newSigningKey();
    const event = { v: 1, uuid: crypto.randomUUID(), body: { words: "w".repeat(500) }, blobs: [] };
    const took = [];
    for (let turn = 0; turn < 40; turn += 1) {
        const began = performance.now();
        const jwe = await seal(event, server);
        await sign({ grant: "g", uuid: event.uuid, seq: turn, jwe }, privateKey);
        took.push(performance.now() - began);
    }
    return took;
}"""
TAP = """button => new Promise((done) => {
    const said = document.querySelector("[data-said]");
    said.textContent = "";
    said.classList.remove("is-saved");
    const began = performance.now();
    new MutationObserver((_, watching) => {
        if (!said.classList.contains("is-saved")) return;
        watching.disconnect();
        done(performance.now() - began);
    }).observe(said, { attributes: true, childList: true, subtree: true });
    button.click();
})"""


def tell(benchmark: Any, request: pytest.FixtureRequest, what: str, took_ms: list[float]) -> None:
    middle, worst = statistics.median(took_ms), max(took_ms)
    benchmark.extra_info |= {"median_ms": round(middle, 2), "worst_ms": round(worst, 2)}
    with request.getfixturevalue("capsys").disabled():
        print(f"\n{what}: median {middle:.1f} ms, worst of {len(took_ms)} {worst:.1f} ms")


# --- the server: a batch


@pytest.fixture(scope="module")
def council(sqlite_server: Any, policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """On the disk of this machine, not in its memory: a commit costs what it costs."""
    home: Path = tmp_path_factory.mktemp("home")
    config = Config(home=home, database_url="")
    make_keys(config)
    shutil.copy(sqlite_server.template, home / "fieldvisit.db")
    database = Database(config.url)
    now = datetime.now(UTC)
    yield World(create_app(config, database=database), database, policy, sqlite_server.ids, now=now)
    database.dispose()


def a_visit_now(world: World) -> Story:
    return a_visit(world, starts=world.now - timedelta(minutes=30)).told()


@pytest.mark.parametrize("which", ["ours", "bare"])
def test_a_batch_of_twenty_five(benchmark: Any, council: World, request: pytest.FixtureRequest, which: str) -> None:
    """Signatures checked, seals opened, chained, folded, numbered, committed; beside the same rows and nothing else."""
    benchmark.group = f"a batch of {BATCH}, committed"
    setup, act = (_ours if which == "ours" else _bare)(council)
    benchmark.pedantic(act, setup=setup, rounds=ROUNDS)
    each = [1000 * seconds / BATCH for seconds in benchmark.stats.stats.data]
    tell(benchmark, request, f"one event of a batch, {which}", each)


def _ours(council: World) -> tuple[Callable[[], Any], Callable[..., Any]]:
    phone = OfflinePhone(road=InProcess(council.app)).enrol(council.client("asha"))

    def setup() -> Any:
        visit = a_visit_now(council).visit_id  # a real visit's log has about so many lines
        return ([phone.keep("visit.late", visit, {"minutes": 5}, at=datetime.now(UTC)) for _ in range(BATCH)],), {}

    def act(items: Any) -> None:
        told = phone.post(items, datetime.now(UTC)).told
        assert {result["status"] for result in told["results"]} == {"accepted"}

    return setup, act


def _bare(council: World) -> tuple[Callable[[], Any], Callable[..., Any]]:
    def setup() -> Any:
        visit = a_visit_now(council)
        first = visit.row().entries + 1
        rows = [_row(council, visit.visit_id, first + number) for number in range(BATCH)]
        return (rows, [{"id": new_id(), "entry_id": row["id"], "jwe": b"e" * 900, "sig": "s" * 86} for row in rows]), {}

    def act(rows: Any, envelopes: Any) -> None:
        with council.database.as_owner(write=True).begin() as connection:
            for row, envelope in zip(rows, envelopes, strict=True):
                connection.execute(insert(Entry.__table__), row)
                connection.execute(insert(Envelope.__table__), envelope)

    return setup, act


def _row(council: World, visit: str, position: int) -> dict[str, Any]:
    now, digest = datetime.now(UTC), hashlib.sha256(f"{visit}{position}".encode()).hexdigest()
    return {
        "id": new_id(), "visit_id": visit, "position": position, "prev_hash": digest, "hash": digest, "device": "bench",
        "uuid": new_id(), "seq": None, "grant_id": None, "envelope_sha256": digest, "kind": "visit.late", "version": 1,
        "body": {"minutes": 5}, "device_time": now, "corrected_time": now, "skew_s": 0, "received_at": now,
        "recorded_by": council.ids["asha"], "badge_id": None,
    }  # fmt: skip


# --- the phone: sealing, and a tap


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone at a door, its clock its own."""
    stub = WireStub().start()
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    found = at_the_door(context, stub)
    yield found
    context.close()
    stub.stop()


def slow_down(page: Page, times: int) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})


@pytest.mark.parametrize("times", [1, SLOWED])
def test_sealing_and_signing_one_entry(benchmark: Any, page: Page, request: pytest.FixtureRequest, times: int) -> None:
    slow_down(page, times)
    benchmark.group = "sealing 500 characters, 40 times, in the browser"
    took = benchmark.pedantic(lambda: page.evaluate(SEAL), rounds=3)
    tell(benchmark, request, f"sealing and signing one entry, CPU slowed {times}x", took)


@pytest.mark.parametrize("times", [1, SLOWED])
def test_a_tap_until_it_says_saved_with_no_network(
    benchmark: Any, page: Page, request: pytest.FixtureRequest, times: int
) -> None:
    page.context.set_offline(True)
    go_to_introduce(page)
    slow_down(page, times)
    benchmark.group = "a tap until 'Saved', no network"
    button = page.get_by_role("button", name="Note it")
    took: list[float] = []

    def setup() -> None:
        page.wait_for_selector("html:not([data-busy])", state="attached")

    benchmark.pedantic(lambda: took.append(button.evaluate(TAP)), setup=setup, rounds=TAPS)
    tell(benchmark, request, f"a tap until 'Saved', CPU slowed {times}x", took)
