"""Counts for the board: small ones are not said, nor given away by what is left; and a quarter is told when it is over."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldvisit.breaches import suppress, totals
from fieldvisit.breaches.case_purge import goes_on
from fieldvisit.breaches.case_state import Deed, fold
from fieldvisit.breaches.suppress import REST, safe
from fieldvisit.breaches.totals import Quarter, newest, quarter_typed
from fieldvisit.ground.policy import Policy

SMALL = 5


@pytest.mark.parametrize(
    ("counts", "rows", "total"),
    [
        ({}, (), None),
        ({"a": 4}, (), None),
        ({"a": 5}, (("a", 5),), 5),
        ({"a": 6}, (("a", 6),), 6),
        ({"a": 4, "b": 20}, ((REST, 24),), 24),  # 24 less 20 would say 4
        ({"a": 4, "b": 6, "c": 20}, (("c", 20), (REST, 10)), 30),
        ({"a": 2, "b": 2, "c": 6, "d": 20}, (("d", 20), (REST, 10)), 30),  # two of them make 4, which is small
        ({"a": 3, "b": 2, "c": 20}, (("c", 20), (REST, 5)), 25),
        ({"a": 4, "b": 4, "c": 6, "d": 20}, (("d", 20), (REST, 14)), 34),  # 8 of two could only be 4 and 4
        ({"a": 5, "b": 0}, (("a", 5),), 5),
        ({"a": 1, "b": 2}, (), None),
    ],
)
def test_what_may_be_said(counts, rows, total):
    assert safe(counts, SMALL) == suppress.Table(rows, total)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 12), max_size=7))
def test_no_small_number_is_said_and_none_is_what_is_left(counts):
    table = safe(counts, SMALL)
    assert all(count >= SMALL for _, count in table.rows)
    if table.total is not None and table.rows:
        assert sum(count for _, count in table.rows) == table.total, "nothing is left to be worked out"
        named = {name for name, _ in table.rows}
        merged = [count for name, count in counts.items() if count and name not in named]
        assert len(merged) != 1, "a row alone cannot be put together with others"


# --- quarters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "said"),
    [("2027-01-29", "2026-3"), ("2027-01-30", "2026-3"), ("2027-01-31", "2026-4"), ("2027-04-30", "2026-4"),
     ("2027-05-01", "2027-1")],
)  # fmt: skip
def test_a_quarter_is_told_thirty_days_after_it_ended(policy: Policy, day: str, said: str):
    at = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    assert str(newest(at, policy)) == said


@pytest.mark.parametrize(
    ("typed", "read"), [("2026-3", "2026-3"), ("2026-5", None), ("2026", None), ("26-3", None), ("x-1", None)]
)
def test_what_is_typed_for_a_quarter(typed: str, read: str | None):
    found = quarter_typed(typed)
    assert (str(found) if found else None) == read


def test_quarters_follow_each_other():
    assert (Quarter(2026, 4).after(), Quarter(2027, 1).before()) == (Quarter(2027, 1), Quarter(2026, 4))
    assert Quarter(2026, 4).ends == Quarter(2027, 1).starts
    assert Quarter(2026, 3).said == "July to September 2026"


def test_themes_and_outcomes_say_no_name(policy: Policy):
    at = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    steps = [Deed("reported", at, ""), Deed("screened", at, "x", {"document": "MR", "ladder": "confidentiality"})]
    state = fold(steps)
    assert totals.theme_of(state) == "Resident involvement (Milton Keynes): passing on private information"
    assert totals.theme_of(fold(steps[:1])) == totals.NOT_LOOKED_AT
    assert totals.outcome_of(fold([steps[0], Deed("not_a_breach", at, "x")])) == totals.NO_BREACH


@pytest.mark.parametrize(
    ("closed", "goes"),
    [(None, None), ("2026-11-03", "2032-11-03"), ("2028-02-29", "2034-02-28")],
)
def test_the_day_on_which_its_words_go(policy: Policy, closed: str | None, goes: str | None):
    found = goes_on(date.fromisoformat(closed) if closed else None, policy)
    assert (found.isoformat() if found else None) == goes
