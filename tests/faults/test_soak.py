"""Two thousand entries of six phones over bad roads to a server that keeps dying."""

from tests.faults.conftest import LONG
from tests.faults.council import Council
from tests.faults.soak import Soak

EVENTS = 10_000 if LONG else 1_000  # on each database


def test_two_thousand_entries_none_lost_none_doubled_none_out_of_order(council: Council) -> None:
    soak = Soak(council, EVENTS, faults=True, seed=1)
    soak.enrol(6)
    assert soak.run() == (0, 0, 0)
    assert len(council.entries()) == EVENTS
