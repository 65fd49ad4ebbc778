"""Hundreds of entries of six phones over bad roads to a server that keeps dying; thousands in `make faults`."""

from tests.faults.conftest import BOTH, LONG
from tests.faults.council import Council
from tests.faults.soak import Soak

pytestmark = BOTH

EVENTS = {"sqlite": 400, "postgresql": 100}
TIMES = 16 if LONG else 1


def test_of_many_entries_none_is_lost_none_doubled_none_out_of_order(council: Council) -> None:
    events = EVENTS["sqlite" if council.database.is_sqlite else "postgresql"] * TIMES
    soak = Soak(council, events, faults=True, seed=1)
    soak.enrol(6)
    assert soak.run() == (0, 0, 0)
    assert len(council.entries()) == events
