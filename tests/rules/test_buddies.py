"""Who may be the buddy of a worker who goes alone, and when they are called (D10)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fieldvisit.ground.policy import load_policy
from fieldvisit.safety.buddy_rules import Colleague, calls_buddy, may_be_buddy
from fieldvisit.safety.state import Deed, fold, lengths_of

POLICY = load_policy("melton")
LENGTHS = lengths_of(POLICY)
AT = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BEN = Colleague("operative", "brightwater", "07700 900 202")
STARTED = Deed("started", AT, AT, "asha", {"interval_min": 30})
DUE, OVERDUE = Deed("due", AT + 30 * MINUTE, AT + 30 * MINUTE), Deed("overdue", AT + 35 * MINUTE, AT + 35 * MINUTE)
BY_TIME = Deed("alarm_by_time", AT + 45 * MINUTE, AT + 45 * MINUTE)


@pytest.mark.parametrize(("firm", "other", "code"), [
    ("brightwater", BEN, "allowed"),
    ("brightwater", replace(BEN, role="contractor_manager"), "allowed"),
    ("brightwater", replace(BEN, firm_id="oakline"), "no-colleague"),
    ("brightwater", Colleague("officer", None, "01632 960"), "no-colleague"),
    ("brightwater", Colleague("officer", None, "01632 960", on_duty=True), "allowed"),
    ("brightwater", replace(BEN, is_worker=True), "oneself"),
    ("brightwater", replace(BEN, works_here=False), "gone"),
    ("brightwater", replace(BEN, phone=" "), "no-phone"),
    (None, Colleague("officer", None, "01632 960", shares=True), "allowed"),
    (None, Colleague("officer", None, "01632 960"), "no-colleague"),
    (None, Colleague("operative", None, "01632 960"), "allowed"),
    (None, Colleague("call_handler", None, "01632 960", shares=True), "no-colleague"),
    (None, BEN, "no-colleague"),
])  # fmt: skip
def test_a_buddy_is_a_colleague_of_the_same_firm_or_on_duty(firm: str | None, other: Colleague, code: str) -> None:
    verdict = may_be_buddy(firm, other)
    assert verdict.code == code
    assert verdict or (verdict.clause and verdict.clause.where == "D10")


def of(*deeds: Deed, minutes: float = 36) -> int | None:
    at = AT + minutes * MINUTE
    return calls_buddy(deeds, fold(deeds, LENGTHS, at), at, POLICY)


def test_they_are_called_once_the_worker_is_late_and_not_before() -> None:
    assert of(STARTED, minutes=29) is None and of(STARTED, DUE, minutes=34) is None
    assert of(STARTED, DUE, OVERDUE, minutes=35) == 3
    assert of(STARTED, DUE, OVERDUE, Deed("called", AT + 36 * MINUTE, AT + 36 * MINUTE, "dora")) == 3
    assert of(STARTED, DUE, OVERDUE, BY_TIME, minutes=46) == 3, "nobody has reached the worker yet"


@pytest.mark.parametrize("deed", [
    Deed("checked_in", AT + 36 * MINUTE, AT + 36 * MINUTE, "asha"),
    Deed("ended", AT + 36 * MINUTE, AT + 36 * MINUTE, "asha"),
    Deed("spoke", AT + 36 * MINUTE, AT + 36 * MINUTE, "asha", {"word": "right", "from": "phone"}),
    Deed("spoke", AT + 36 * MINUTE, AT + 36 * MINUTE, "asha", {"word": "duress", "from": "phone"}),
    Deed("panicked", AT + 36 * MINUTE, AT + 36 * MINUTE, "asha"),
    Deed("aggression", AT + 36 * MINUTE, AT + 36 * MINUTE, "asha"),
    Deed("closed", AT + 36 * MINUTE, AT + 36 * MINUTE, "dora"),
])  # fmt: skip
def test_nobody_is_called_once_they_were_heard_or_asked_for_help_silently(deed: Deed) -> None:
    assert of(STARTED, DUE, OVERDUE, deed) is None


def test_a_silent_call_out_of_an_alarm_that_stands_already_calls_nobody_either() -> None:
    quietly = Deed("panicked", AT + 46 * MINUTE, AT + 46 * MINUTE, "asha")
    assert of(STARTED, DUE, OVERDUE, BY_TIME, quietly, minutes=47) is None


def test_after_a_decision_about_999_a_buddy_is_no_use() -> None:
    decided = Deed("decided", AT + 46 * MINUTE, AT + 46 * MINUTE, "dora", {"what": "999"})
    assert of(STARTED, DUE, OVERDUE, BY_TIME, decided, minutes=47) is None


def test_an_alarm_of_itself_calls_no_buddy() -> None:
    for kind in ("panicked", "aggression"):
        assert of(STARTED, Deed(kind, AT + MINUTE, AT + MINUTE, "asha"), minutes=2) is None


def test_late_a_second_time_calls_them_a_second_time() -> None:
    heard = Deed("checked_in", AT + 36 * MINUTE, AT + 36 * MINUTE, "asha")
    again = [replace(deed, at=deed.at + 36 * MINUTE, heard=deed.heard + 36 * MINUTE) for deed in (DUE, OVERDUE)]
    assert of(STARTED, DUE, OVERDUE, heard, *again, minutes=72) == 6


def test_every_council_says_when_and_by_what_source() -> None:
    for name in ("melton", "milton-keynes", "alliance"):
        said = load_policy(name).safety.buddy_min
        assert said.value == 0 and "D10" in said.where
