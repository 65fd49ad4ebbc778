"""A call that did not arrive: what is tried next, and when a text may ring."""

from datetime import UTC, date, datetime

import pytest

from fieldvisit.ground.policy import Policy
from fieldvisit.ground.working_days import WorkingDays
from fieldvisit.messages.call_rules import Next, after_failure, takes_texts, text_at


@pytest.mark.parametrize(
    ("channel", "other", "can_text", "then"),
    [
        ("email", None, True, Next.TEXT),
        ("email", None, False, Next.TELL),
        ("email", "open", True, Next.NOTHING),
        ("email", "failed", True, Next.TELL),
        ("sms", None, True, Next.TELL),
        ("sms", "open", True, Next.NOTHING),
        ("sms", "failed", False, Next.TELL),
    ],
)
def test_an_e_mail_goes_by_text_next_and_what_arrives_by_neither_is_told(
    channel: str, other: str | None, can_text: bool, then: Next
) -> None:
    assert after_failure(channel, other, can_text=can_text) is then


@pytest.mark.parametrize(
    ("number", "takes"),
    [
        ("07700 900123", True),
        ("+44 7700 900123", True),
        ("0044 7700-900123", True),
        ("447700900123", True),
        ("01664 502502", False),
        ("+44 (0)1664 502502", False),
        ("020 7946 0000", False),
        ("0770090012", False),
        ("07700900123 ext 4", False),
        ("+353 87 123 4567", True),
        ("", False),
        ("none", False),
    ],
)
def test_a_number_of_a_house_takes_no_texts(number: str, takes: bool) -> None:
    assert takes_texts(number) is takes


@pytest.mark.parametrize(
    ("at", "goes"),
    [
        ("2026-12-08T07:59:59", "2026-12-08T08:00:00"),
        ("2026-12-08T08:00:00", "2026-12-08T08:00:00"),
        ("2026-12-08T17:59:59", "2026-12-08T17:59:59"),
        ("2026-12-08T18:00:00", "2026-12-09T08:00:00"),
        ("2026-12-11T23:30:00", "2026-12-14T08:00:00"),  # over a weekend
        ("2026-12-24T19:00:00", "2026-12-29T08:00:00"),  # over Christmas, and the day in its place
        ("2026-12-26T03:00:00", "2026-12-29T08:00:00"),
    ],
)
def test_one_that_can_wait_rings_when_the_desk_is_open_and_one_that_cannot_at_once(
    at: str, goes: str, policy: Policy
) -> None:
    then = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert text_at(then, policy.working_days, urgent=False) == datetime.fromisoformat(goes).replace(tzinfo=UTC)
    assert text_at(then, policy.working_days, urgent=True) == then


def test_in_summer_the_desk_opens_by_the_clock_on_its_wall(policy: Policy) -> None:
    assert text_at(datetime(2026, 7, 1, 6, tzinfo=UTC), policy.working_days, urgent=False).hour == 7


def test_a_year_whose_holidays_nobody_wrote_down_still_has_mornings() -> None:
    unknown = WorkingDays(frozenset[date](), frozenset[int]())
    assert text_at(datetime(2031, 12, 6, 12, tzinfo=UTC), unknown, urgent=False) == datetime(2031, 12, 8, 8, tzinfo=UTC)
