"""What may be kept of a concern about conduct, and by when somebody looks at it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fieldvisit.breaches.rules import (
    PUBLIC_AN_HOUR,
    Channel,
    Standing,
    Told,
    Trace,
    answered_by,
    complaint_or_not,
    draft_dies_at,
    fits,
    home_in,
    how_it_stands,
    identity,
    in_fours,
    in_groups,
    is_enough,
    is_likely,
    is_urgent,
    kept,
    looked_at_by,
    makes_a_complaint,
    may_have_come,
    may_look_up,
    may_merge,
    may_report,
    place,
    pointers,
    postcode_in,
    raised_at,
    receipt,
    receipt_hash,
    receipt_typed,
    received,
    reference,
    reference_typed,
    says_name,
    search_words,
    trace,
)
from tests.world import NOW

LONDON = ZoneInfo("Europe/London")
NAMED = Told(
    danger_now=False, still_there=False, anonymous=False, what="He shouted", caller_name="Joan Abbot",
    caller_contact="07700 900123", safe_to_ring="mornings",
)  # fmt: skip
NAMELESS = replace(NAMED, anonymous=True)


@pytest.mark.parametrize(
    ("taken", "by"),
    [
        (datetime(2026, 12, 10, 16, 0, tzinfo=LONDON), date(2026, 12, 11)),  # Thursday: Friday
        (datetime(2026, 12, 11, 16, 0, tzinfo=LONDON), date(2026, 12, 14)),  # Friday: Monday
        (datetime(2026, 12, 12, 9, 0, tzinfo=LONDON), date(2026, 12, 14)),  # Saturday: Monday
        (datetime(2026, 12, 24, 9, 0, tzinfo=LONDON), date(2026, 12, 29)),  # over Christmas and its Monday in lieu
    ],
)
def test_somebody_looks_at_it_by_the_end_of_the_next_working_day(taken, by, policy):
    due = looked_at_by(received(NAMED, taken), policy)
    assert due.astimezone(LONDON) == datetime(by.year, by.month, by.day, 23, 59, 59, tzinfo=LONDON)


def stands(*stages: str, late_s: int = 0, **facts: bool) -> Standing:
    facts = {"is_joined": False, "is_over": False} | facts
    return how_it_stands(stages, looked_at_by=NOW, at=NOW + timedelta(seconds=late_s), **facts)


@pytest.mark.parametrize(("late_s", "standing"), [(-1, Standing.NEW), (0, Standing.NEW), (1, Standing.LATE)])
def test_nobody_says_that_it_is_looked_into_before_somebody_does(late_s, standing):
    assert stands("reported", late_s=late_s) is stands(late_s=late_s) is standing
    assert stands("screened", late_s=late_s) is stands("reported", "decided", late_s=late_s) is Standing.OPEN
    assert stands("reported", late_s=late_s, is_joined=True) is Standing.OPEN
    assert stands("reported", "screened", late_s=late_s, is_joined=True, is_over=True) is Standing.DONE


def test_a_council_may_give_itself_longer(policy):
    longer = replace(policy.task, concern_wd=replace(policy.task.concern_wd, value=2))
    due = looked_at_by(received(NAMED, NOW), replace(policy, task=longer))
    assert due.astimezone(LONDON).date() == date(2026, 12, 10)


def test_a_call_just_after_midnight_counts_from_its_own_day_in_london(policy):
    just_after = datetime(2027, 4, 12, 23, 30, tzinfo=ZoneInfo("UTC"))  # 00:30 on the 13th in London
    assert received(NAMED, just_after).on == date(2027, 4, 13)


def test_of_an_anonymous_caller_no_name_and_no_way_back_is_kept():
    assert (kept(NAMELESS).caller_name, kept(NAMELESS).caller_contact, kept(NAMELESS).safe_to_ring) == ("", "", "")
    assert kept(NAMELESS).what == NAMELESS.what


def test_what_a_named_caller_said_is_kept_whole():
    assert kept(NAMED) == NAMED


def test_of_an_anonymous_call_the_day_is_kept_and_not_the_time():
    came = received(NAMELESS, NOW)
    assert came.at is None
    assert raised_at(came) == datetime(2026, 12, 8, tzinfo=LONDON)


def test_a_complaint_is_acknowledged_within_five_working_days(policy):
    assert answered_by(NAMED, received(NAMED, NOW), policy) == datetime(2026, 12, 15, 23, 59, 59, tzinfo=LONDON)


def test_nobody_is_promised_an_answer_to_what_is_no_complaint_or_has_no_name(policy):
    no_complaint = replace(NAMED, is_complaint=False)
    assert answered_by(no_complaint, received(no_complaint, NOW), policy) is None
    assert answered_by(NAMELESS, received(NAMELESS, NOW), policy) is None


def test_the_same_form_and_words_are_one_concern_and_other_words_another():
    once = identity("a" * 32, NAMED)
    assert identity("a" * 32, NAMED) == once
    assert identity("a" * 32, replace(NAMED, what="He shouted twice")) != once
    assert identity("b" * 32, NAMED) != once


def test_a_reference_is_read_out_in_four_and_three_letters_that_nobody_mishears():
    first, second = in_groups(reference(identity("a" * 32, NAMED)))
    assert (len(first), len(second)) == (4, 3)
    assert not set(first + second) & set("01OILU")


def test_another_concern_has_another_reference():
    letters = {reference(identity(f"{number:032x}", NAMED)) for number in range(2000)}
    assert len(letters) == 2000


# --- receipts (T31) -----------------------------------------------------------------------------------------------


def test_a_receipt_is_sixteen_digits_and_the_same_form_gives_the_same_ones():
    once = receipt("a" * 32, "b" * 32, b"key")
    assert len(once) == 16 and once.isdecimal()
    assert receipt("a" * 32, "b" * 32, b"key") == once
    assert len({receipt(f"{n:032x}", "b" * 32, b"key") for n in range(2000)}) == 2000
    assert receipt("a" * 32, "b" * 32, b"another key") != once


def test_what_is_kept_of_a_receipt_cannot_be_tried_out_without_the_key():
    assert receipt_hash("1" * 16, b"key") != receipt_hash("1" * 16, b"another key")
    assert "1" * 16 not in receipt_hash("1" * 16, b"key")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1234 5678 9012 3456", "1234567890123456"), ("1234-5678-9012-3456", "1234567890123456"),
        ("123456789012345", ""), ("12345678901234567", ""), ("1234 5678 9012 345x", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_receipt_is_read_however_it_is_spaced(typed, read):
    assert receipt_typed(typed) == read


def test_a_receipt_is_said_in_fours():
    assert in_fours("1234567890123456") == ("1234", "5678", "9012", "3456")
    assert in_fours("") == ()


@pytest.mark.parametrize(
    ("typed", "read"),
    [("C-ABCD234", "C-ABCD234"), ("c abcd 234", "C-ABCD234"), ("abcd234", "C-ABCD234"), ("ABCD23", ""),
     ("C-ABCD2345", ""), ("C-ABCDO34", ""), ("", "")],
)  # fmt: skip
def test_a_reference_is_read_as_people_type_it(typed, read):
    assert reference_typed(typed) == read


# --- may it be the same thing? ------------------------------------------------------------------------------------

DAY = date(2026, 12, 8)
ONE = Trace("asha", "", "12 Larch Close, LE13 9AA", DAY)


@pytest.mark.parametrize(("days", "likely"), [(6, True), (7, True), (8, False), (-6, True), (-7, True), (-8, False)])
def test_the_same_person_at_the_same_place_within_seven_days_may_be_the_same(days, likely):
    assert is_likely(ONE, replace(ONE, on=DAY + timedelta(days=days))) is likely


@pytest.mark.parametrize(
    ("other", "likely"),
    [
        (Trace("asha", "", "Number 12, le139aa", DAY), True),
        (Trace("ben", "", "12 Larch Close, LE13 9AA", DAY), False),
        (Trace("asha", "", "14 Larch Close, LE13 9AA", DAY), False),
        (Trace("asha", "", "", DAY), False),
        (Trace(None, "", "12 Larch Close, LE13 9AA", DAY), True),
        (Trace(None, "", "12 Larch Close", DAY), False),
        (Trace("ben", "MB-1001", "12 Larch Close, LE13 9AA", DAY), False),
    ],
)
def test_another_person_or_another_place_is_another_thing(other, likely):
    assert is_likely(ONE, other) is is_likely(other, ONE) is likely


HOME = Trace(None, "", "12 Larch Close, LE13 9AA", DAY)


@pytest.mark.parametrize(("days", "likely"), [(6, True), (7, True), (8, False), (-6, True), (-7, True), (-8, False)])
def test_of_one_home_it_may_be_the_same_though_nobody_knows_a_name_or_a_badge(days, likely):
    assert (
        is_enough(HOME)
        and is_likely(HOME, replace(HOME, where="no 12, le139aa", on=DAY + timedelta(days=days))) is likely
    )


@pytest.mark.parametrize("where", ["Larch Close, LE13 9AA", "12 Larch Close", "the flats by the church", ""])
def test_without_a_number_and_a_postcode_no_home_is_meant_and_whom_it_is_about_decides(where):
    nowhere = replace(HOME, where=where)
    assert not is_enough(nowhere) and not is_likely(nowhere, nowhere)
    assert not home_in(where)


def test_a_home_is_known_by_its_postcode():
    assert home_in("Flat 3, Mill House, le139ab") == "LE13 9AB"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("it was Olive", True),
        ("OLIVE, of the council", True),
        ("olives", False),
        ("a tall man, ginger", False),
        ("Ng", False),
    ],
)
def test_a_name_that_was_said_is_a_whole_word_of_it(text, said):
    assert says_name("Olive Ng", "He swore", text) is said


def test_a_badge_stands_for_a_person_whom_nobody_pointed_out():
    heard = Trace(None, "mb-1001 ", "12 Larch Close", DAY)
    assert is_likely(heard, Trace(None, "MB1001", "12, larch close", DAY))
    assert not is_likely(heard, Trace(None, "MB-1002", "12, larch close", DAY))
    assert not is_likely(Trace(None, "", "12 Larch Close", DAY), Trace(None, "", "12 Larch Close", DAY))


def test_a_place_is_its_number_and_postcode_or_else_its_words():
    assert place("Flat 3, Mill House, LE13 9AB") == place("3 mill house le13 9ab") == "3 LE139AB"
    assert place("The Cross, Melton") == place("the cross melton")
    assert place("Mill House, LE13 9AB") != place("Quarry House, LE13 9AB")
    assert place("") == ""


def test_what_is_compared_of_a_letter_is_the_day_on_which_it_came():
    letter = replace(NAMED, channel=Channel.LETTER, came_on=date(2026, 12, 1), happened_where="1 Larch Close")
    assert trace(letter, NOW).on == date(2026, 12, 1)


# --- who is found -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "found"), [("ka", False), ("kau", False), ("kaur", True)])
def test_only_a_whole_word_finds_somebody(asked, found):
    words = search_words(asked)
    assert (bool(words) and fits(words, "Asha Kaur", "Brightwater Heating")) is found


def test_a_firm_alone_finds_no_person_and_a_name_with_its_firm_does():
    assert not fits(search_words("brightwater"), "Asha Kaur", "Brightwater Heating")
    assert fits(search_words("asha brightwater"), "Asha Kaur", "Brightwater Heating")
    assert fits(search_words("brightwater"), "", "Brightwater Heating")
    assert not fits(search_words("asha oakline"), "Asha Kaur", "Brightwater Heating")


# --- floods and guesses (T40, T31) --------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "may"), [(4, True), (5, False), (6, False)])
def test_from_one_network_the_sixth_report_in_an_hour_is_asked_to_ring(before, may):
    assert bool(may_report([NOW - timedelta(minutes=59)] * before, NOW)) is may


@pytest.mark.parametrize(("seconds", "may"), [(3599, False), (3600, True), (3601, True)])
def test_after_an_hour_the_form_is_open_again(seconds, may):
    assert bool(may_report([NOW - timedelta(seconds=seconds)] * 5, NOW)) is may


def test_of_five_thousand_in_a_day_from_one_network_five_an_hour_are_taken():
    """T40, as they are counted: each by the hour that it fell in (T31)."""
    taken: list[datetime] = []
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(5_000):
        at = midnight + number * timedelta(days=1) / 5_000
        if may_report(taken, at):
            taken.append(at.replace(minute=0, second=0, microsecond=0))
    assert len(taken) == 24 * PUBLIC_AN_HOUR == 120


@pytest.mark.parametrize(("wrong", "may"), [(9, True), (10, False), (11, False)])
def test_after_ten_wrong_receipts_in_an_hour_none_is_looked_up(wrong, may):
    assert may_look_up([NOW] * wrong, NOW) is may


# --- what belongs to it -------------------------------------------------------------------------------------------


def test_what_is_said_of_the_complaint_when_it_was_taken():
    assert complaint_or_not(NAMED) == "made"
    assert complaint_or_not(replace(NAMED, anonymous=True)) == "nameless"
    for anonymous in (True, False):
        assert complaint_or_not(replace(NAMED, is_complaint=False, anonymous=anonymous)) == "said-no"


@pytest.mark.parametrize(("danger", "there"), [(True, False), (False, True), (True, True), (False, False)])
def test_danger_and_somebody_who_is_still_there_wait_for_no_working_day(danger, there):
    assert is_urgent(replace(NAMED, danger_now=danger, still_there=there)) is (danger or there)


@pytest.mark.parametrize(
    ("said", "postcode"),
    [("3 Mill House, le139ab", "LE13 9AB"), ("LE13 9AB, or LE13 9AA", "LE13 9AB"), ("Mill House", ""), ("", "")],
)
def test_the_postcode_of_a_place(said, postcode):
    assert postcode_in(said) == postcode


@pytest.mark.parametrize(
    ("told", "both"),
    [
        (NAMED, True), (replace(NAMED, is_complaint=False), False), (NAMELESS, False),
        (replace(NAMED, channel=Channel.STAFF), False), (replace(NAMED, channel=Channel.LETTER), True),
    ],
)  # fmt: skip
def test_it_is_a_complaint_too_unless_they_say_no_or_nobody_could_be_answered(told, both):
    assert makes_a_complaint(told) is both


@pytest.mark.parametrize(("days", "may"), [(-1, False), (0, True), (1, True), (365, True), (366, True), (367, False)])
def test_a_letter_came_within_the_last_year_and_not_tomorrow(days, may):
    assert may_have_come(DAY - timedelta(days=days), DAY) is may


def test_a_letter_counts_from_the_day_on_which_it_came(policy):
    letter = replace(NAMED, channel=Channel.LETTER, came_on=date(2026, 12, 1))
    came = received(letter, NOW)
    assert (came.on, came.at) == (date(2026, 12, 1), None)
    assert answered_by(letter, came, policy) == datetime(2026, 12, 8, 23, 59, 59, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("saved", "last_day"),
    [
        (datetime(2026, 12, 10, 9, tzinfo=LONDON), date(2026, 12, 11)),
        (datetime(2026, 12, 11, 9, tzinfo=LONDON), date(2026, 12, 14)),
        (datetime(2026, 12, 24, 9, tzinfo=LONDON), date(2026, 12, 29)),
    ],
)
def test_a_draft_lives_to_the_end_of_the_next_working_day(saved, last_day, policy):
    assert draft_dies_at(saved, policy).astimezone(LONDON).date() == last_day


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He shouted at a woman", ()), ("Ring me on 07700 900123", ("a phone number",)),
        ("Write to joan@example.org", ("an e-mail address",)), ("It was at LE13 9AA", ("a postcode",)),
        ("He came into my flat", ("words such as ‘my name is’ or ‘my flat’",)), ("It cost 1234567 pounds", ()),
    ],
)  # fmt: skip
def test_what_may_lead_to_the_one_who_said_it_is_pointed_out(text, found):
    assert pointers("", text) == found


@pytest.mark.parametrize(
    ("one", "other", "pairs", "code"),
    [
        ("a", "b", [], "allowed"), ("a", "a", [], "same"), ("a", "b", [("a", "c")], "merged"),
        ("a", "b", [("b", "c")], "into-merged"), ("a", "b", [("c", "a")], "has-merged"), ("a", "b", [("c", "b")], "allowed"),
    ],
)  # fmt: skip
def test_concerns_are_merged_into_one_and_never_in_a_chain(one, other, pairs, code):
    assert may_merge(one, other, pairs).code == code
