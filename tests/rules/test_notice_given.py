"""Was it given, to whom, and when: NR-2, NR-5 and NR-12 to NR-16. A missing fact is never guessed."""

from datetime import UTC, date, datetime

import pytest

from fieldvisit.ground.clock import end_of_london_day
from fieldvisit.ground.verdict import Refused
from fieldvisit.notices.facts import CHANNELS
from fieldvisit.notices.rules import Household, Notice, given_at
from tests.rules.telling import DAY, HOUR, MELTON, REPAIR, STARTS, TOLD, a_text, a_visit, handed, london, told

# NR-2 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["inspection", "safety_check"])
@pytest.mark.parametrize("channel", ["phone", "in_person"])
def test_an_inspection_needs_writing_so_saying_it_does_not_count(kind: str, channel: str) -> None:
    answer = told(a_visit(kind=kind), Notice(channel, sent_at=STARTS - 3 * DAY, spoke_to="tenant"))
    assert (answer.result, answer.clause) == ("short", "NR-2")


@pytest.mark.parametrize("channel", ["phone", "in_person"])
def test_a_repair_may_be_told_by_word_of_mouth(channel: str) -> None:
    assert told(a_visit(), Notice(channel, sent_at=STARTS - 3 * DAY, spoke_to="tenant")).result == "full"


@pytest.mark.parametrize("channel", ["handed", "letterbox"])
def test_a_card_is_writing(channel: str) -> None:
    assert told(a_visit(kind="inspection"), Notice(channel, sent_at=STARTS - 3 * DAY)).result == "full"


# NR-5 -----------------------------------------------------------------------------------------------------------


def given(notice: Notice, kind: str = REPAIR) -> datetime | None:
    found = given_at(notice, a_visit(kind=kind), Household(), MELTON)
    return None if isinstance(found, Refused) else found


@pytest.mark.parametrize("channel", ["handed", "letterbox", "in_person"])
def test_by_hand_is_given_at_that_instant(channel: str) -> None:
    assert given(Notice(channel, sent_at=TOLD)) == TOLD


@pytest.mark.parametrize("spoke_to", ["tenant", "joint_tenant", "representative"])
def test_a_call_counts_when_the_tenant_or_their_representative_was_spoken_to(spoke_to: str) -> None:
    assert given(Notice("phone", sent_at=TOLD, spoke_to=spoke_to)) == TOLD


@pytest.mark.parametrize("spoke_to", ["adult", "child", "other", None])
def test_a_call_with_anybody_else_does_not_count(spoke_to: str | None) -> None:
    assert given(Notice("phone", sent_at=TOLD, spoke_to=spoke_to)) is None


def test_a_voicemail_never_counts() -> None:
    assert given(Notice("voicemail", sent_at=TOLD, spoke_to="tenant", delivery="delivered", delivered_at=TOLD)) is None


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_message_is_given_when_it_was_delivered_not_when_it_was_sent(channel: str) -> None:
    assert given(Notice(channel, TOLD - DAY, "delivered", TOLD)) == TOLD


@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize(
    "delivery", ["pending", "sending", "temporary-failure", "permanent-failure", "technical-failure", None]
)
def test_a_message_not_known_to_be_delivered_is_not_given(channel: str, delivery: str | None) -> None:
    assert given(Notice(channel, TOLD - DAY, delivery, TOLD)) is None


def test_a_first_class_letter_is_given_at_the_end_of_the_second_working_day() -> None:
    posted = Notice("letter_first_class", despatched_at=london(2027, 4, 29, 17))
    assert given(posted) == end_of_london_day(date(2027, 5, 4))


def test_a_second_class_letter_is_given_at_the_end_of_the_fourth_working_day() -> None:
    posted = Notice("letter_second_class", despatched_at=london(2027, 4, 29, 17))
    assert given(posted) == end_of_london_day(date(2027, 5, 6))


def test_a_letter_is_dated_by_london_when_it_leaves_near_midnight() -> None:
    posted = Notice("letter_first_class", despatched_at=datetime(2027, 6, 1, 23, 30, tzinfo=UTC))
    assert given(posted) == end_of_london_day(date(2027, 6, 4))


def test_the_date_of_a_posted_letter_is_the_day_it_is_taken_as_given() -> None:
    posted = Notice("letter_first_class", despatched_at=london(2027, 4, 29, 17))
    assert told(a_visit(london(2027, 5, 18, 9), "planned_works"), posted).notice_days == 14


def test_a_signed_for_letter_is_given_when_it_was_signed_for() -> None:
    assert given(Notice("signed_for", despatched_at=TOLD - 3 * DAY, delivered_at=TOLD)) == TOLD


def test_a_signed_for_letter_still_on_its_way_is_not_given() -> None:
    assert given(Notice("signed_for", delivery="pending", delivered_at=TOLD)) is None


def test_a_letter_that_came_back_was_not_given() -> None:
    assert given(Notice("letter_first_class", despatched_at=TOLD, delivery="permanent-failure")) is None


def test_a_letter_in_a_year_we_cannot_count_in_is_not_guessed_at() -> None:
    posted = Notice("letter_second_class", despatched_at=london(2028, 12, 28, 12))
    answer = told(a_visit(london(2029, 2, 1, 9)), posted)
    assert (answer.result, answer.clause) == ("short", "NR-16")
    assert "bank holidays of 2029" in answer.reason


# NR-12 to NR-16 -------------------------------------------------------------------------------------------------


def test_the_notice_of_a_first_visit_does_not_cover_a_second() -> None:
    first = a_text(STARTS - 9 * DAY, window_start=STARTS, window_end=STARTS + 2 * HOUR)
    assert told(a_visit(STARTS + 7 * DAY, "follow_up"), first).result == "short"


@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_a_channel_that_the_household_cannot_use_never_counts(channel: str) -> None:
    notice = Notice(channel, TOLD, "delivered", TOLD, TOLD, spoke_to="tenant")
    answer = told(a_visit(), notice, household=Household(frozenset({channel})))
    assert (answer.result, answer.clause) == ("short", "NR-13")


@pytest.mark.parametrize(("age", "counts"), [(17, False), (18, True), (19, True)])
def test_a_card_handed_to_somebody_under_eighteen_was_not_given(age: int, counts: bool) -> None:
    assert told(a_visit(), handed(TOLD, spoke_to="adult", recipient_age=age)).may_proceed is counts
    assert told(a_visit(), handed(TOLD, recipient_age=age)).may_proceed is counts


@pytest.mark.parametrize(("age", "counts"), [(15, False), (16, True), (17, True)])
def test_a_tenant_of_sixteen_is_the_right_person(age: int, counts: bool) -> None:
    for whom in ("tenant", "joint_tenant"):
        assert told(a_visit(), handed(TOLD, spoke_to=whom, recipient_age=age)).may_proceed is counts


@pytest.mark.parametrize("spoke_to", ["child", "other"])
def test_a_card_given_to_a_child_or_a_stranger_was_not_given(spoke_to: str) -> None:
    answer = told(a_visit(), handed(TOLD, spoke_to=spoke_to))
    assert (answer.result, answer.clause) == ("short", "NR-14")


@pytest.mark.parametrize("left_out", ["states_who", "states_why"])
def test_a_notice_that_does_not_say_who_and_why_does_not_count(left_out: str) -> None:
    answer = told(a_visit(), handed(TOLD, **{left_out: False}))
    assert (answer.result, answer.clause) == ("short", "ME-3.1b")


@pytest.mark.parametrize(
    "notice",
    [
        Notice("sms", TOLD, "delivered"),
        Notice("letter_first_class", sent_at=TOLD),
        Notice("letter_second_class", delivered_at=TOLD),
        Notice("signed_for", sent_at=TOLD, despatched_at=TOLD),
        Notice("handed"),
        Notice("phone", spoke_to="tenant"),
        Notice("phone", sent_at=TOLD),
        Notice("carrier_pigeon", sent_at=TOLD),
    ],
)
def test_a_missing_fact_is_never_guessed(notice: Notice) -> None:
    answer = told(a_visit(), notice)
    assert (answer.result, answer.clause, answer.given_at) == ("short", "NR-16", None)
