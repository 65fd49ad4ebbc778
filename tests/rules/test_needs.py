"""What may be changed of a household's needs: marks, passwords, reviews; and HACT's alerts in and out."""

from datetime import date, timedelta
from typing import Any

import pytest

from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.messages.rules import may_say
from fieldvisit.notices.facts import CHANNELS as OF_NOTICES
from fieldvisit.notices.signs import STYLES
from fieldvisit.register import hact_alerts, needs
from fieldvisit.register import needs_rules as rules
from fieldvisit.register.hact_alerts import Alert
from fieldvisit.visits.hact import UNREAD
from fieldvisit.visits.precautions import SENTENCES, UNKNOWN, say_precautions
from tests.rules.test_hact import a_message, read
from tests.world import NOW

POLICY = load_policy("melton")
TODAY = date(2026, 12, 8)
DAY = timedelta(days=1)


# --- the words ----------------------------------------------------------------------------------------------------


def test_everything_that_can_be_asked_for_or_warned_of_has_a_sentence_for_the_worker() -> None:
    assert set(needs.NEEDS) | set(needs.WARNINGS) <= set(SENTENCES)
    assert "trusted_adult" not in {*needs.NEEDS, *needs.WARNINGS}, "that is asked for with who it is"


def test_no_sentence_says_why() -> None:
    causes = ("deaf", "blind", "dementia", "disab", "violen", "abuse", "police", "ill ", "mental", "aggress")
    assert [s for s in SENTENCES.values() if any(cause in s.lower() for cause in causes)] == []


def test_the_lists_of_the_register_are_those_of_the_slices_above_it() -> None:
    assert tuple(OF_NOTICES) == needs.CHANNELS
    assert needs.WORD_STYLES == STYLES


# --- how much may be said where -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", needs.MARKS)
def test_a_way_of_an_ordinary_home_may_be_marked_as_the_tenant_says(mark: str) -> None:
    assert rules.may_mark("sms", mark, protected=False)


def test_no_way_of_a_protected_home_is_ever_marked_safe() -> None:
    assert rules.may_mark("letter", "safe", protected=True).code == "protected-home"
    assert rules.may_mark("letter", "content_free", protected=True)


@pytest.mark.parametrize(("channel", "mark"), [("pigeon", "safe"), ("sms", "loud"), ("", "")])
def test_a_mark_that_is_on_no_list_is_refused(channel: str, mark: str) -> None:
    assert rules.may_mark(channel, mark, protected=False).code == "unknown"


@pytest.mark.parametrize(
    ("stands", "new", "code"),
    [
        ("safe", "content_free", "allowed"), ("safe", "never", "allowed"), ("content_free", "never", "allowed"),
        ("never", "never", "allowed"), ("never", "content_free", "lower"), ("content_free", "safe", "lower"),
        (None, "safe", "lower"), (None, "content_free", "allowed"),
    ],
)  # fmt: skip
def test_who_takes_calls_may_make_us_say_less_and_never_more(stands: str | None, new: str, code: str) -> None:
    assert rules.may_raise("sms", {"sms": stands} if stands else {}, new).code == code


def test_the_strictest_of_two_marks_is_the_one_that_says_least() -> None:
    assert rules.strictest({"sms": "never"}, "sms", "content_free") == "never"
    assert rules.strictest({"sms": "safe"}, "sms", "content_free") == "content_free"
    assert rules.strictest({}, "sms", "never") == "never"


def test_a_tenants_own_numbers_are_marked_safe_as_they_were_used() -> None:
    marks = rules.marks_of_use({}, phone="07700900101", email="", protected=False)
    assert marks == {"letter": "safe", "sms": "safe", "phone": "safe"}
    assert rules.marks_of_use({}, phone="", email="a@b.example", protected=False) == {"letter": "safe", "email": "safe"}


def test_numbers_that_come_again_open_nothing_that_somebody_closed() -> None:
    closed = {"sms": "never", "letter": "content_free"}
    marks = rules.marks_of_use(closed, phone="07700900101", email="", protected=False)
    assert marks == closed | {"phone": "safe"}


def test_a_protected_home_gets_no_mark_by_use() -> None:
    assert rules.marks_of_use({}, phone="07700900101", email="a@b.example", protected=True) == {}


def test_once_protected_nothing_stays_safe_and_what_was_never_stays_never() -> None:
    marks = rules.marks_once_protected({"sms": "safe", "email": "never"})
    assert marks == {"sms": "content_free", "email": "never", "phone": "content_free", "letter": "content_free"}


def test_what_was_safe_was_the_old_number() -> None:
    marks = rules.marks_after_a_new_number({"sms": "safe", "phone": "never", "email": "safe"}, ("sms", "phone"))
    assert marks == {"sms": "content_free", "phone": "never", "email": "safe"}


def test_the_marks_are_those_that_messages_ask_for() -> None:
    """What is sent asks messages/rules.py: both must mean the same by a word."""
    for mark in needs.MARKS:
        assert may_say("letter_first_class", {"letter": mark}, protected=False) == mark
    assert may_say("sms", {}, protected=False) == needs.UNMARKED


# --- letters to an old address ------------------------------------------------------------------------------------


def test_letters_rest_for_fourteen_days_where_somebody_has_left() -> None:
    assert rules.held_until(TODAY, POLICY) == date(2026, 12, 22)


@pytest.mark.parametrize(("days", "code"), [(0, "past"), (1, "allowed"), (180, "allowed"), (181, "too-long")])
def test_letters_are_held_from_tomorrow_and_for_half_a_year_at_most(days: int, code: str) -> None:
    assert rules.may_hold_letters(TODAY + days * DAY, TODAY, POLICY).code == code


# --- the password -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "allowed"), ("blue kettle", "allowed"), ("kettle", "allowed"), ("no no", "allowed"), ("چائے خانہ", "allowed"),
        ("194512", "allowed"), ("kettl", "too-short"), ("k", "too-short"), ("1234", "like-a-pin"), ("12 34", "like-a-pin"),
        ("1-2-3-4-5", "like-a-pin"), ("cat 1", "too-short"), ("a" * 41, "too-long"), ("a\u202ebcdefg", "unsayable"),
        ("!!! ???", "too-short"),
    ],
)  # fmt: skip
def test_a_password_is_two_words_or_one_of_six_letters_and_no_short_number(password: str, code: str) -> None:
    assert rules.may_set_password(password).code == code


# --- warnings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "code"), [(0, "past"), (1, "allowed"), (365, "allowed"), (366, "too-far")])
def test_a_warning_is_looked_at_again_within_the_councils_days(days: int, code: str) -> None:
    assert rules.may_review_on(TODAY + days * DAY, TODAY, POLICY).code == code
    assert POLICY.people.precaution_review_days.default


@pytest.mark.parametrize(("days", "due"), [(1, False), (0, True), (-1, True)])
def test_a_warning_is_due_from_its_review_date(days: int, due: bool) -> None:
    assert rules.is_due(TODAY + days * DAY, TODAY) is due


@pytest.mark.parametrize(
    ("person", "role", "areas", "code"),
    [
        ("owner", Role.OFFICER, {"South"}, "allowed"), ("else", Role.OFFICER, {"North"}, "allowed"),
        ("else", Role.OFFICER, {"South"}, "not-yours"), ("else", Role.CALL_HANDLER, {"North"}, "not-yours"),
        ("else", Role.OPERATIVE, set(), "not-yours"),
    ],
)  # fmt: skip
def test_its_owner_or_an_officer_of_the_area_ends_a_warning(
    person: str, role: Role, areas: set[str], code: str
) -> None:
    by = Principal(person, role, NOW, frozenset(areas))
    assert rules.may_end(by, "owner", "North").code == code


def test_nobody_is_named_without_the_tenants_word() -> None:
    assert rules.may_name("Ida Rook", "01632 960123", agreed=False).code == "not-agreed"
    assert rules.may_name("Ida Rook", "", agreed=True).code == "incomplete"
    assert rules.may_name("Ida Rook", "01632 960123", agreed=True)


# --- HACT's alerts ------------------------------------------------------------------------------------------------

# Every code that the schemas of RaiseRepair name.
PERSON = (
    "0",
    "1",
    "10",
    "10-10",
    "20",
    "20-10",
    "20-20",
    "20-30",
    "20-40",
    "20-50",
    "20-60",
    "20-70",
    "30",
    "40",
    "50",
    "60",
)
LOCATION = ("0", "1", "10", "20", "30", "40", "50")


def alerts(**of_message: Any) -> tuple[Alert, ...]:
    return read(a_message(**of_message)).alerts


def test_the_codes_of_a_message_are_read_and_its_comments_are_not() -> None:
    found = alerts(PersonAlert=[{"Type": "10", "Comments": "He shouts"}], LocationAlert=[{"Type": 20}])
    assert found == (Alert("person", "10"), Alert("location", "20"))
    assert "shouts" not in repr(found)


@pytest.mark.parametrize(
    "odd", [{}, {"Type": None}, {"Type": ""}, {"Type": "x" * 13}, {"Type": "<b>"}, {"Type": True}, 5.5]
)
def test_an_alert_that_we_cannot_read_is_not_lost_and_stops_no_repair(odd: Any) -> None:
    assert alerts(PersonAlert=[odd]) == (Alert("person", UNREAD),)


@pytest.mark.parametrize("none", [None, []])
def test_no_alert_is_none(none: Any) -> None:
    assert alerts(PersonAlert=none) == ()


def test_the_same_alert_twice_is_one() -> None:
    assert alerts(PersonAlert=[{"Type": "10"}, {"Type": "10"}]) == (Alert("person", "10"),)


@pytest.mark.parametrize(
    "alert", [Alert("person", c) for c in PERSON] + [Alert("location", c) for c in LOCATION], ids=str
)
def test_whatever_code_comes_the_worker_is_told_something(alert: Alert) -> None:
    """Our sentence, where there is one; and, until a person has looked, that the office must be called."""
    ours = hact_alerts.instruction_for(alert)
    assert ours == "" or ours in SENTENCES
    said = say_precautions([code for code in (ours, alert.key) if code], language="en", trusted_adult=False)
    assert said == ((SENTENCES[ours], UNKNOWN) if ours else (UNKNOWN,))


def test_what_came_from_another_system_goes_back_as_it_came_with_the_instruction_and_no_cause() -> None:
    found = hact_alerts.as_messages([("two_person", "person 10-10"), ("", "location 50"), ("dog", ""), ("dog", "")])
    assert found == {
        "PersonAlert": [{"Type": "10-10", "Comments": SENTENCES["two_person"]}],
        "LocationAlert": [{"Type": "50", "Comments": UNKNOWN}, {"Type": "0", "Comments": SENTENCES["dog"]}],
    }


def test_every_instruction_goes_out_with_a_code_that_the_schema_knows() -> None:
    for code in SENTENCES:
        found = hact_alerts.as_messages([(code, "")])
        [(where, [said])] = [item for item in found.items() if item[1]]
        assert said["Type"] in (PERSON if where == "PersonAlert" else LOCATION)
