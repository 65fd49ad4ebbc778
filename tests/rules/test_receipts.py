"""What receipts add up to, how much a channel may say, what is tried next, and when we stop trying."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldvisit.messages.rules import (
    FAILED,
    GIVE_UP,
    STATUSES,
    Heard,
    Standing,
    Way,
    ask_again_at,
    may_be_said_of,
    may_say,
    may_settle,
    next_way,
    sayable,
    standing,
    try_again_at,
)

SENT = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def heard(status: str, minutes: int = 0) -> Heard:
    return Heard(status, SENT + minutes * MINUTE)


def test_nothing_heard_is_pending():
    assert standing([]) == standing([heard("taken"), heard("sending", 1)]) == Standing()


def test_delivered_is_when_the_provider_says_it_was():
    assert standing([heard("delivered", 3)]) == Standing("delivered", SENT + 3 * MINUTE)


@pytest.mark.parametrize("failure", FAILED)
def test_a_failure_after_a_delivery_is_a_bounce(failure):
    assert standing([heard("delivered", 1), heard(failure, 2)]) == Standing(failure, bounced=True)


@pytest.mark.parametrize("failure", FAILED)
def test_at_one_instant_the_failure_outweighs_the_delivery(failure):
    assert standing([heard(failure, 1), heard("delivered", 1)]).delivery == failure


def test_a_delivery_after_a_failure_counts_from_the_delivery():
    assert standing([heard("temporary-failure", 1), heard("delivered", 9)]) == Standing("delivered", SENT + 9 * MINUTE)


def test_of_two_deliveries_the_first_gave_it():
    assert standing([heard("delivered", 5), heard("delivered", 2)]) == Standing("delivered", SENT + 2 * MINUTE)


def test_what_is_said_of_sending_afterwards_is_no_news():
    assert standing([heard("delivered", 2), heard("sending", 9)]) == Standing("delivered", SENT + 2 * MINUTE)


def test_a_letter_left_when_it_was_first_said_to_have_left():
    assert standing([heard("despatched", 7), heard("despatched", 3)]) == Standing(despatched_at=SENT + 3 * MINUTE)


@given(st.lists(st.builds(heard, st.sampled_from(STATUSES), st.integers(0, 6)), max_size=8), st.randoms())
def test_any_shuffle_and_any_repetition_stand_for_the_same(receipts, random):
    shuffled = receipts + [random.choice(receipts) for _ in range(3)] if receipts else []
    random.shuffle(shuffled)
    assert standing(iter(shuffled)) == standing(receipts)


# --- how much may be said -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mark", "protected", "may"),
    [
        ("safe", False, "safe"), ("safe", True, "content_free"),
        ("content_free", False, "content_free"), ("content_free", True, "content_free"),
        ("never", False, "never"), ("never", True, "never"),
        (None, False, "content_free"), (None, True, "content_free"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("channel", ["sms", "email", "letter_first_class"])
def test_details_go_only_where_somebody_said_that_they_may(channel, mark, protected, may):
    marked = {} if mark is None else {channel.split("_")[0]: mark}
    assert may_say(channel, marked, protected=protected) == may


def test_a_channel_that_is_marked_with_a_word_we_do_not_know_says_nothing():
    assert may_say("sms", {"sms": "Safe"}, protected=False) == "content_free"


def test_the_next_way_is_a_safe_one_that_was_not_tried():
    ways = [
        Way("sms", "+447700900101", "safe"),
        Way("email", "a@b.example", "safe"),
        Way("letter_first_class", "1", "safe"),
    ]
    assert next_way(ways, ["sms"]) == ways[1]
    assert next_way(ways, ["sms", "email"]) == ways[2]
    assert next_way(ways, ["sms", "email", "letter_first_class"]) is None


def test_a_way_that_is_never_used_or_that_they_cannot_use_is_not_offered():
    assert (
        next_way([Way("sms", "+44", "never"), Way("email", "a@b", "safe", usable=False), Way("email", "", "safe")], [])
        is None
    )


def test_a_safe_letter_comes_before_a_text_that_may_say_nothing():
    ways = [Way("sms", "+44", "content_free"), Way("letter_first_class", "1 Larch Close", "safe")]
    assert next_way(ways, []) == ways[1]


# --- trying again -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "tries_on"),
    [(GIVE_UP - timedelta(seconds=1), True), (GIVE_UP, False), (GIVE_UP + timedelta(seconds=1), False)],
)
def test_a_provider_is_tried_for_half_a_day(after, tries_on):
    assert (try_again_at(SENT, 5, SENT + after) is not None) is tries_on


def test_what_waited_a_night_for_a_worker_is_not_given_up_at_the_first_bad_minute():
    assert try_again_at(SENT, 1, SENT + 14 * HOUR) == SENT + 14 * HOUR + timedelta(seconds=30)


def test_each_pause_is_longer_and_none_is_over_an_hour():
    pauses = [try_again_at(SENT, tries, SENT) - SENT for tries in range(1, 12)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=30), HOUR)


@pytest.mark.parametrize(
    ("waited", "next_in"),
    [(timedelta(0), 2 * MINUTE), (2 * MINUTE, 15 * MINUTE), (HOUR, 6 * HOUR), (24 * HOUR, 48 * HOUR)],
)
def test_a_provider_is_asked_at_growing_distances(waited, next_in):
    assert ask_again_at(SENT, SENT + waited) == SENT + next_in


@pytest.mark.parametrize(("days", "asked"), [(5, True), (7, True), (7 + 1 / 24, False)])
def test_a_letter_that_waits_for_the_printer_over_easter_is_still_asked_for_and_after_a_week_nothing_is(days, asked):
    assert (ask_again_at(SENT, SENT + timedelta(days=days)) is not None) is asked


# --- what a person may say ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "channel", "known"),
    [
        ("notify", "sms", ()), ("", "sms", ()), ("smtp", "email", ("permanent-failure",)),
        ("screen", "sms", ("delivered", "permanent-failure")),
        ("print", "letter_first_class", ("despatched", "permanent-failure")),
    ],
)  # fmt: skip
def test_a_person_says_what_no_provider_will_and_nothing_else(provider, channel, known):
    assert sayable(provider, channel) == known
    said = [status for status in STATUSES if may_settle(provider, channel, status, Standing())]
    assert sorted(said) == sorted(known)


def test_nobody_can_say_that_an_email_of_a_mail_server_came():
    refused = may_settle("smtp", "email", "delivered", Standing())
    assert (refused.code, "another way" in refused.message) == ("nobody-knows", True)


def test_a_letter_is_said_to_have_left_once():
    assert may_settle("print", "letter_first_class", "despatched", Standing(despatched_at=SENT)).code == "said"


@pytest.mark.parametrize(("later", "code"), [(-1, "before-it-was-written"), (0, "allowed"), (1, "allowed")])
def test_it_cannot_have_come_before_it_was_written(later, code):
    assert may_be_said_of("delivered", SENT + later * MINUTE, SENT, SENT + HOUR).code == code


@pytest.mark.parametrize(("later", "code"), [(-1, "allowed"), (0, "allowed"), (1, "in-the-future")])
def test_nobody_says_what_has_not_happened_yet(later, code):
    assert may_be_said_of("delivered", SENT + HOUR + later * MINUTE, SENT, SENT + HOUR).code == code


def test_a_letter_may_leave_at_any_hour_of_the_day_on_which_it_was_written():
    midnight = SENT.replace(hour=0)
    assert may_be_said_of("despatched", midnight, SENT, SENT + HOUR)
    assert may_be_said_of("despatched", midnight - MINUTE, SENT, SENT + HOUR).code == "before-it-was-written"
