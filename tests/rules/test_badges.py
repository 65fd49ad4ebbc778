"""What the door page may say of a badge, and whether its holder may be sent to a home."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from fieldvisit.badges.rules import (
    MALFORMED,
    PRINTED,
    UNKNOWN,
    Answer,
    BadgeStanding,
    Code,
    Freshness,
    TypedLimit,
    answer,
    is_good,
    name_shown,
    typing_closed_until,
    typing_is_closed,
    what_is_wrong,
)

NOON = datetime(2026, 12, 8, 12, 0, tzinfo=UTC)
TODAY = date(2026, 12, 8)
TOMORROW, YESTERDAY = date(2026, 12, 9), date(2026, 12, 7)
FRESH_RULE = Freshness()
LIMIT = TypedLimit()
GOOD = BadgeStanding(
    "active",
    issued_on=date(2026, 1, 5),
    expires_on=date(2027, 1, 4),
    code_signed=True,
    training_until=date(2027, 3, 1),
    insurance_until=date(2027, 3, 31),
    person_active=True,
)


NOW = Code("well-formed", 0)


def says(standing: BadgeStanding = GOOD, code: Code = NOW, at: datetime = NOON) -> Answer:
    return answer(standing, code, at, FRESH_RULE)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [(-4, "old"), (-3, "old"), (-2, "fresh"), (-1, "fresh"), (0, "fresh"), (1, "fresh"), (2, "old"), (3, "old")],
)
def test_one_step_ahead_to_two_old_is_fresh_and_all_else_is_old(offset, expected):
    assert says(code=Code("well-formed", offset)) == expected


def test_a_well_formed_code_that_matches_nothing_is_old_on_a_good_badge():
    assert says(code=Code("well-formed", None)) is Answer.OLD


def test_a_printed_badge_alone_is_not_enough():
    assert says(code=PRINTED) is Answer.STATIC


def test_a_code_that_is_no_code_is_no():
    assert says(code=MALFORMED) is Answer.NO


BAD = {
    "badge-unknown": UNKNOWN,
    "badge-suspended": replace(GOOD, state="suspended"),
    "badge-revoked": replace(GOOD, state="revoked"),
    "person-inactive": replace(GOOD, person_active=False),
    "badge-not-yet": replace(GOOD, issued_on=TOMORROW),
    "badge-expired": replace(GOOD, expires_on=YESTERDAY),
    "code-unsigned": replace(GOOD, code_signed=False),
    "training-lapsed": replace(GOOD, training_until=YESTERDAY),
    "insurance-lapsed": replace(GOOD, insurance_until=YESTERDAY),
}


@pytest.mark.parametrize("code", BAD)
def test_every_bad_badge_is_refused_with_its_own_code_a_sentence_and_a_clause(code):
    verdict = is_good(BAD[code], NOON)
    assert verdict.code == code
    assert verdict.message.endswith(".")
    assert verdict.clause is not None


@pytest.mark.parametrize("shown", [PRINTED, MALFORMED, Code("well-formed", 0), Code("well-formed", None)])
@pytest.mark.parametrize("code", BAD)
def test_every_bad_badge_is_no_whatever_it_shows(code, shown):
    assert says(BAD[code], shown) is Answer.NO


def test_a_good_badge_is_good():
    assert is_good(GOOD, NOON)


def test_a_state_that_nobody_has_heard_of_is_an_unknown_badge():
    assert is_good(replace(GOOD, state="pending"), NOON).code == "badge-unknown"


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("expires_on", "badge-expired"),
        ("training_until", "training-lapsed"),
        ("insurance_until", "insurance-lapsed"),
    ],
)
@pytest.mark.parametrize(("last_day", "good"), [(YESTERDAY, False), (TODAY, True), (TOMORROW, True)])
def test_the_last_good_day_counts_and_the_day_after_does_not(field, code, last_day, good):
    verdict = is_good(replace(GOOD, **{field: last_day}), NOON)
    assert bool(verdict) is good
    assert good or verdict.code == code


@pytest.mark.parametrize(("first_day", "good"), [(YESTERDAY, True), (TODAY, True), (TOMORROW, False)])
def test_a_badge_starts_on_its_day_of_issue(first_day, good):
    assert bool(is_good(replace(GOOD, issued_on=first_day), NOON)) is good


def test_a_badge_that_starts_tomorrow_says_when():
    verdict = is_good(replace(GOOD, issued_on=TOMORROW), NOON)
    assert verdict.not_before == datetime(2026, 12, 9, tzinfo=UTC)
    assert "Wednesday 9 December 2026" in verdict.message


@pytest.mark.parametrize(
    ("at", "good"),
    [
        (datetime(2026, 6, 8, 22, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 8, 23, 0, 0, tzinfo=UTC), False),  # already 9 June in London
        (datetime(2026, 6, 9, 0, 0, 0, tzinfo=UTC), False),
    ],
)
def test_the_last_day_ends_at_midnight_in_london_also_in_summer(at, good):
    assert bool(is_good(replace(GOOD, expires_on=date(2026, 6, 8)), at)) is good


@pytest.mark.parametrize("field", ["issued_on", "expires_on", "training_until", "insurance_until"])
def test_a_date_that_nobody_wrote_down_refuses(field):
    assert not is_good(replace(GOOD, **{field: None}), NOON)


def test_the_councils_own_officer_needs_no_insurance_certificate():
    assert is_good(replace(GOOD, insurance_until=None, needs_insurance=False), NOON)


def test_the_office_sees_everything_that_is_wrong_gravest_first():
    standing = replace(GOOD, state="suspended", code_signed=False, insurance_until=YESTERDAY)
    codes = [refused.code for refused in what_is_wrong(standing, NOON)]
    assert codes == ["badge-suspended", "code-unsigned", "insurance-lapsed"]


def wrong_tries(*seconds: int) -> list[datetime]:
    return [NOON + timedelta(seconds=second) for second in seconds]


def test_four_wrong_typed_codes_leave_typing_open():
    assert typing_closed_until(wrong_tries(0, 1, 2, 3), LIMIT) is None


def test_five_wrong_typed_codes_close_typing_for_ten_minutes_from_the_fifth():
    assert typing_closed_until(wrong_tries(0, 1, 2, 3, 4), LIMIT) == NOON + timedelta(minutes=10, seconds=4)


def test_more_wrong_codes_while_closed_do_not_prolong_it():
    assert typing_closed_until(wrong_tries(0, 1, 2, 3, 4, 300, 301, 302, 303, 304, 603), LIMIT) == NOON + timedelta(
        minutes=10, seconds=4
    )


@pytest.mark.parametrize(("fifth", "closed"), [(599, True), (600, True), (601, False)])
def test_the_five_must_lie_within_ten_minutes(fifth, closed):
    assert (typing_closed_until(wrong_tries(0, 1, 2, 3, fifth), LIMIT) is not None) is closed


@pytest.mark.parametrize(("second", "closed"), [(3, False), (4, True), (603, True), (604, False), (605, False)])
def test_typing_opens_again_when_ten_minutes_are_over(second, closed):
    tries = wrong_tries(0, 1, 2, 3, 4)
    assert typing_is_closed(tries, NOON + timedelta(seconds=second), LIMIT) is closed


def test_after_it_opens_it_takes_five_more_to_close_again():
    tries = wrong_tries(0, 1, 2, 3, 4, 604, 604, 604, 604)
    assert not typing_is_closed(tries, NOON + timedelta(seconds=610), LIMIT)
    assert typing_is_closed([*tries, *wrong_tries(608)], NOON + timedelta(seconds=610), LIMIT)


def test_the_order_in_which_tries_are_listed_does_not_matter():
    tries = wrong_tries(4, 0, 3, 1, 2)
    assert typing_closed_until(tries, LIMIT) == NOON + timedelta(minutes=10, seconds=4)


@pytest.mark.parametrize(
    ("name", "style", "shown"),
    [
        ("Asha Kumari", "first_initial", "Asha K."),
        ("Asha Rani Kumari", "first_initial", "Asha K."),
        ("  Asha   Kumari ", "full", "Asha Kumari"),
        ("Asha", "first_initial", "Asha"),
        ("Łucja Żak", "first_initial", "Łucja Ż."),
        ("", "first_initial", ""),
        ("Asha Kumari", "a style nobody set", "Asha K."),
    ],
)
def test_a_name_is_shown_as_the_council_chose(name, style, shown):
    assert name_shown(name, style) == shown
