"""What the tests of another matter share: the words that must be nowhere, and the vault at the end of the road."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request

from fieldvisit import worker
from fieldvisit.config import Config
from fieldvisit.vault.intake import read
from fieldvisit.vault.models import Box
from fieldvisit.vault.opening import open_vault
from tests.world import World

FACTS, HARMED, REACH = "The boy said heliotrope hurts him", "Young Wisteria", "07700 900777"
WORDS = ("heliotrope", "Wisteria", "900777")
WAITS = "Sent, waiting for the safeguarding team."
STORED = """async () => {
    const found = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href, document.title];
    for (const { name } of await indexedDB.databases()) {
        const db = await new Promise((done) => { indexedDB.open(name).onsuccess = (e) => done(e.target.result); });
        for (const store of db.objectStoreNames) found.push(await new Promise((done) => {
            db.transaction([store]).objectStore(store).getAll().onsuccess = (e) => done(JSON.stringify(e.target.result)); }));
        db.close();
    }
    for (const name of await caches.keys()) { const cache = await caches.open(name);
        for (const request of await cache.keys()) found.push(request.url, await (await cache.match(request)).text()); }
    return found.join("\\n");
}"""


@pytest.fixture
def config(home: Path, tmp_path: Path) -> Config:
    made = Config.model_construct(
        home=home, host="localhost", port=8000, policy="melton", vault_database_url=f"sqlite:///{tmp_path / 'vault.db'}"
    )
    open_vault(made, make=True).store.dispose()
    return made


@pytest.fixture
def hand_over(world: World, config: Config) -> Callable[[], Any]:
    return lambda: worker.run(world.database, config, world.policy, once=True)


@pytest.fixture
def left() -> list[str]:
    """All that went out of the browser, as it went."""
    return []


def notes(page: Page, left: list[str]) -> None:
    def note(request: Request) -> None:
        left.append(f"{request.url} {request.post_data or ''} {json.dumps(request.headers)}")

    page.on("request", note)


def holds_no_word(*texts: str) -> None:
    for word in WORDS:
        assert not any(word in text for text in texts), word


def what_the_vault_has(config: Config, world: World) -> list[dict[str, Any]]:
    vault = open_vault(config, world.policy)
    with vault.store.reading() as session:
        return [read(vault.keys.open(box.jwe)) for box in session.query(Box)]


def on_the_disk(*folders: Path) -> bytes:
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return b"".join(path.read_bytes() for path in files)
