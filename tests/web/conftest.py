"""Whose browser the desk's tests use most."""

import pytest
from flask.testing import FlaskClient

from tests.world import World


@pytest.fixture
def olive(world: World) -> FlaskClient:
    """The scheduler of the north, signed in."""
    return world.client("olive")
