"""The council's own target where the law holds none, and what was done towards each clock."""

import pytest

from fieldvisit.ground.policy import Policy
from fieldvisit.hazards import clocks, rules
from fieldvisit.hazards.state import KINDS, Deed, fold
from fieldvisit.hazards.towards import _TOWARDS, is_towards
from tests.rules.test_hazards import (
    AWARE,
    CONCLUDED,
    DAY,
    HOUR,
    LOOK,
    MORE,
    OTHER,
    REPORT,
    SAFE,
    SIGNIFICANT,
    SUMMARY,
    clock,
    deed,
    found,
)

# --- what the law does not cover ----------------------------------------------------------------------------------

LEAD = deed("reported", hazard="lead", at_risk=["child"])
FOUND_LEAD = (LEAD, SIGNIFICANT, LOOK, found("significant"))


@pytest.mark.parametrize("road", [(LEAD,), (LEAD, SIGNIFICANT), (LEAD, OTHER), FOUND_LEAD, (REPORT, OTHER)])
def test_a_hazard_that_the_law_does_not_cover_has_the_councils_own_day(road: tuple[Deed, ...], policy: Policy) -> None:
    state = fold(road)
    own = clock(state, clocks.OWN, policy)
    assert (own.where, own.runs, f"{own.due:%d %b %H:%M:%S}") == ("our own target", True, "08 Feb 23:59:59")
    assert clocks.runs_out_first(clocks.clocks(state, policy)), "so it stands on the board by its day"


@pytest.mark.parametrize("tick", [True, False])
def test_one_that_was_ticked_as_an_emergency_has_it_once_somebody_decides_that_it_is_none(
    tick: bool, policy: Policy
) -> None:
    state = fold((deed("reported", hazard="lead", at_risk=["child"], emergency=tick), SIGNIFICANT))
    assert clock(state, clocks.OWN, policy).runs
    assert [each.clock for each in clocks.clocks(fold((REPORT, SIGNIFICANT)), policy)] == ["look", "awaab_investigate"]


@pytest.mark.parametrize("ending", [
    (LEAD, OTHER, deed("closed", CONCLUDED, told=True)), (*FOUND_LEAD, SAFE), (LEAD, SIGNIFICANT, LOOK, found("none")),
])  # fmt: skip
def test_the_councils_own_target_is_met_by_dealing_with_it(ending: tuple[Deed, ...], policy: Policy) -> None:
    assert clock(fold(ending), clocks.OWN, policy).standing(CONCLUDED) == "met"


def test_the_councils_own_target_stands_in_the_way_of_no_closing(policy: Policy) -> None:
    state = fold((LEAD, OTHER))
    assert clocks.outstanding(state, policy) and rules.may_close(state, told=True, policy=policy)


# --- what was done towards each -----------------------------------------------------------------------------------


def towards(road: tuple[Deed, ...], name: str, policy: Policy, number: int = 0) -> list[str]:
    one = clock(fold(road), name, policy, number)
    return [each.kind for each in road if is_towards(one, each.kind, each.at, each.body)]


DOOR = deed("access_failed", AWARE + 2 * DAY, "", visit="v")
NOTED = deed("noted", CONCLUDED + 9 * DAY, clock="awaab_investigate", round=0, why="parts")


def test_under_each_clock_stands_what_was_done_towards_it(policy: Policy) -> None:
    road = (REPORT, SIGNIFICANT, LOOK, DOOR, found("significant"), SUMMARY, SAFE, MORE, NOTED)
    assert towards(road, "look", policy) == ["triaged"]
    assert towards(road, "awaab_investigate", policy) == [
        "triaged",
        "investigating",
        "access_failed",
        "concluded",
        "noted",
    ]
    assert towards(road, "awaab_summary", policy) == ["summary_sent"]
    assert towards(road, "awaab_safety", policy) == ["made_safe"]
    assert towards(road, "awaab_preventative", policy) == ["preventative"]


def test_what_came_after_a_clock_was_met_or_before_it_began_was_not_done_towards_it(policy: Policy) -> None:
    late = deed("access_failed", CONCLUDED + DAY, "", visit="v")
    again = deed("reported", CONCLUDED + 2 * DAY)
    road = (
        REPORT,
        SIGNIFICANT,
        LOOK,
        found("significant"),
        late,
        again,
        deed("triaged", again.at + HOUR, **{"as": "other"}),
    )
    assert towards(road, "awaab_investigate", policy) == ["triaged", "investigating", "concluded"]
    assert towards(road, "look", policy, 1) == ["triaged"]
    assert towards(road, "awaab_safety", policy) == ["access_failed"]


def test_every_clock_says_what_counts_towards_it() -> None:
    assert set(_TOWARDS) == set(clocks.LABELS) and {kind for kinds in _TOWARDS.values() for kind in kinds} <= set(KINDS)
