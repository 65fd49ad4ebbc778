"""A provider in the place of the adapters, a worker that works off what is due, and a vault."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from fieldvisit import worker
from fieldvisit.config import Config
from fieldvisit.messages import adapters
from tests.importing import count, find, importing  # noqa: F401 - fixtures
from tests.stand_ins.bucket import bucket_server  # noqa: F401 - a fixture
from tests.telling import Provider
from tests.vault_house import House, a_vault
from tests.world import World


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(adapters, "send", made.send)
    return made


@pytest.fixture
def works(world: World, home: Any) -> Any:
    config = Config.model_construct(
        home=home, host="localhost", verify_host="visits.example", https=True, port=8000, **_sending_defaults()
    )

    def work() -> int:
        return worker.run(world.database, config, world.policy, once=True)

    work.config = config  # type: ignore[attr-defined]
    return work


def _sending_defaults() -> dict[str, Any]:
    return {name: field.get_default(call_default_factory=True) for name, field in Config.model_fields.items()
            if name.startswith(("sms", "email", "letter", "notify", "smtp", "callback"))}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A vault that nobody has used yet, on each database."""
    if request.param == "sqlite":
        made = House(a_vault(tmp_path))
        yield made
        made.vault.store.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    with server.admin.connect() as connection:
        connection.execute(text("CREATE DATABASE vault"))
    made = House(a_vault(tmp_path, server.admin.url.set(database="vault").render_as_string(hide_password=False)))
    yield made
    made.vault.store.dispose()
    with server.admin.connect() as connection:
        connection.execute(text("DROP DATABASE vault WITH (FORCE)"))
