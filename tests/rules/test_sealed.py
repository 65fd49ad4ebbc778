"""What a sealed report looks like from outside, and that nobody ever gives up handing it over."""

from datetime import timedelta

import pytest

from fieldvisit.safeguarding.rules import LARGEST_BOX, LONGEST_WAIT, is_box, try_again_in

BOX = f"{'h' * 40}..{'i' * 16}.{'w' * 100}.{'t' * 22}"


def test_the_one_kind_of_seal_that_we_make_is_a_box() -> None:
    assert is_box(BOX)


@pytest.mark.parametrize(
    "spoilt",
    ["", "in clear", None, 7, BOX + ".x", BOX.replace("..", ".key."), BOX.replace("w", "ö"), BOX + "\n", BOX[:-1],
     BOX.replace("w" * 100, "w" * LARGEST_BOX)],
)  # fmt: skip
def test_whatever_else_comes_is_none(spoilt: object) -> None:
    assert not is_box(spoilt)


def test_it_is_tried_soon_and_then_every_five_minutes_for_ever() -> None:
    waits = [try_again_in(tries) for tries in (1, 2, 3, 7, 1000, 10**9)]
    assert waits[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert waits[3:] == [LONGEST_WAIT] * 3
