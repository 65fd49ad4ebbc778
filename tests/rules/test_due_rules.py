"""What asks somebody to sign or to renew: how far it has come, at each boundary (D9)."""

from datetime import date, timedelta

import pytest

from fieldvisit.codes.due_rules import Due, renewing, signing
from fieldvisit.codes.rules import InForce, Standing, Stands, stands
from fieldvisit.messages.call_rules import way_to

DAY = timedelta(days=1)
FIRST, SECOND = date(2026, 6, 1), date(2026, 11, 2)
VERSIONS = (
    InForce("one", FIRST, until=SECOND),
    InForce("two", SECOND),
)  # fourteen days of grace, then as many for officers


@pytest.mark.parametrize(
    ("contractor", "days", "due"),
    [
        (True, 0, Due.ASKED),
        (True, 8, Due.ASKED),
        (True, 9, Due.SOON),
        (True, 14, Due.SOON),
        (True, 15, Due.OVER),
        (False, 14, Due.SOON),
        (False, 15, Due.LATE),
        (False, 28, Due.LATE),
        (False, 29, Due.OVER),
    ],
)
def test_a_new_version_is_asked_for_again_before_the_days_of_grace_end_and_when_they_have(
    contractor: bool, days: int, due: Due
) -> None:
    on = SECOND + days * DAY
    assert signing(stands(VERSIONS, frozenset({"one"}), on, contractor=contractor), SECOND, on, 5) is due


@pytest.mark.parametrize(("days", "due"), [(0, Due.ASKED), (4, Due.ASKED), (5, Due.AGAIN), (90, Due.AGAIN)])
@pytest.mark.parametrize("facts", [{}, {"read": True}, {"questioned": True}])
def test_who_never_signed_is_asked_when_it_is_given_and_once_more(facts: dict[str, bool], days: int, due: Due) -> None:
    given = SECOND + 30 * DAY
    asked = stands(VERSIONS, frozenset[str](), given + days * DAY, contractor=True, **facts)
    assert signing(asked, given, given + days * DAY, 5) is due
    assert signing(asked, None, given + days * DAY, 5) is None, "not given yet"


@pytest.mark.parametrize("standing", [Standing.SIGNED, Standing.NOT_REQUIRED, Standing.SUPERSEDED])
def test_who_has_nothing_to_sign_is_not_called(standing: Standing) -> None:
    assert signing(Stands(standing, due_on=SECOND), FIRST, SECOND + 90 * DAY, 5) is None


@pytest.mark.parametrize(
    ("before", "due"), [(31, None), (30, Due.ASKED), (6, Due.ASKED), (5, Due.SOON), (0, Due.SOON), (-1, Due.OVER)]
)
def test_what_runs_out_calls_thirty_days_before_five_days_before_and_after(before: int, due: Due | None) -> None:
    assert renewing(SECOND, SECOND - before * DAY, 30, 5) is due


@pytest.mark.parametrize(
    ("email", "number", "channels", "way"),
    [
        ("a@b.example", "07700900123", ("sms", "email"), "email"),
        ("a@b.example", "07700900123", ("sms",), "sms"),
        ("a@b.example", "07700900123", (), "email"),
        ("a@b.example", "01664 502502", ("sms",), "email"),
        (None, "07700900123", ("sms", "email"), "sms"),
        ("", "07700900123", ("email",), ""),
        (None, "01664 502502", ("sms", "email"), ""),
        (None, "", ("sms", "email"), ""),
    ],
)
def test_it_goes_by_e_mail_or_by_text_to_whoever_has_but_that(
    email: str | None, number: str, channels: tuple[str, ...], way: str
) -> None:
    assert way_to(email, number, channels) == way
