"""From the press of 'Suspend them at once' to the answer of the next scan, beside a scan alone: read the ratio.

Issue 6 asks for two seconds; nothing is asserted about the clock. Run by `make bench`.
"""

from typing import Any

import pytest

from tests.cases import LETTER, a_case
from tests.web.test_breach_cases import confirm, send
from tests.web.test_verify import FRESH, NO, badge_of, said, scan, shown
from tests.world import World


@pytest.mark.parametrize("which", ["act and scan", "scan"])
def test_a_suspended_badge_at_the_next_scan(benchmark: Any, world: World, which: str) -> None:
    case = a_case(world).screened()
    door, ines, lena = world.client(), world.client("ines"), world.client("lena")
    code = shown(world, world.now).code

    def lifted() -> None:
        if case.state.suspended:
            send(ines, case, "lifted", why="It was not she.", letter=LETTER, how="page")
            assert confirm(lena, case, "lifted").status_code == 303

    def act_and_scan() -> None:
        send(ines, case, "suspended", because="safety", why="She has a key.", letter=LETTER, how="page")
        assert said(scan(door, badge_of(world), code)) == NO

    def bare_scan() -> None:
        assert said(scan(door, badge_of(world), code)) == FRESH

    benchmark.group = "suspension"
    benchmark.pedantic(act_and_scan if which == "act and scan" else bare_scan, setup=lifted, rounds=20, warmup_rounds=1)
