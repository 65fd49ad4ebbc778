"""A provider in the place of the adapters, and a worker that works off what is due."""

from typing import Any

import pytest

from fieldvisit import worker
from fieldvisit.config import Config
from fieldvisit.messages import adapters
from tests.telling import Provider
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
