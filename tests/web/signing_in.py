"""What the tests of signing in share: a password that is right, one that is not, and quick hashes."""

import pytest
from flask.testing import FlaskClient

from fieldvisit.register.models import Person
from fieldvisit.register.service import hash_password
from tests.world import World

PASSWORD = "three-small-owls-sang"
WRONG = "not-the-password-at-all"


@pytest.fixture
def asha(world: World) -> World:
    """The council, in which Asha has a password."""
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["asha"]).password_hash = hash_password(PASSWORD)
    return world


def browser(world: World) -> FlaskClient:
    return world.client()


def enter(client: FlaskClient, password: str = PASSWORD, email: str = "asha@council.example", **more: str):
    return client.post("/sign-in", data={"email": email, "password": password} | more)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch):
    """A password costs a tenth of a second to check, on purpose. Dozens of guesses need not."""
    from argon2 import PasswordHasher

    from fieldvisit.register import service

    monkeypatch.setattr(service, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    service._nobodys_password.cache_clear()
    yield
    service._nobodys_password.cache_clear()
