"""Reading RaiseRepair messages: keys in either case, what is missing by its path, and what is not read on purpose."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldvisit.register.cells import BadCell
from fieldvisit.visits.hact import BrokenJson, RaiseRepair, address_key, messages, read_raise_repair


def a_message(**changes: Any) -> dict[str, Any]:
    address = {"AddressLine": ["Flat 3", "Mill House"], "PostalCode": "LE13 9AB"}
    return {
        "DescriptionOfWork": "The tap drips",
        "Priority": {"PriorityCode": 2, "RequiredCompletionDateTime": "2026-12-18T17:00:00Z"},
        "WorkClass": {"WorkClassCode": "0"},
        "SitePropertyUnit": [{"Address": address}],
    } | changes


def read(message: Any) -> RaiseRepair:
    (found,) = messages(json.dumps(message))
    return read_raise_repair(found.value)


def refusal(message: Any) -> BadCell:
    with pytest.raises(BadCell) as refused:
        read(message)
    return refused.value


def in_camel_case(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: in_camel_case(inner) for key, inner in value.items()}
    return [in_camel_case(inner) for inner in value] if isinstance(value, list) else value


def test_camel_case_and_pascal_case_are_one_message() -> None:
    assert read(in_camel_case(a_message())) == read(a_message())


def test_the_order_of_keys_does_not_make_another_message() -> None:
    assert read(dict(reversed(a_message().items()))).digest == read(a_message()).digest


def test_another_word_makes_another_message() -> None:
    assert read(a_message(DescriptionOfWork="The tap runs")).digest != read(a_message()).digest


@pytest.mark.parametrize("code", [2, "2"])
def test_a_priority_may_be_a_number_or_a_word(code: int | str) -> None:
    due = {"RequiredCompletionDateTime": "2026-12-18T17:00:00Z"}
    assert read(a_message(Priority={"PriorityCode": code} | due)).priority == "2"


def test_the_description_becomes_the_reason_and_the_trade_is_read() -> None:
    found = read(a_message(WorkElement=[{"Trade": [{"Code": "PL"}]}], DateReported="2026-07-01T09:00:00"))
    assert (found.reason, found.trade) == ("The tap drips", "PL")
    assert found.reported_at == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)  # no offset: London's summer time


def test_alerts_and_key_safes_leave_nothing_but_the_hash() -> None:
    secret = "0451 by the gate"
    alert = [{"Type": "10", "Comments": secret}]
    found = read(a_message(PersonAlert=alert, LocationAlert=alert, AccessInformation={"Keysafe": {"Code": secret}}))
    assert secret not in repr(found)


@pytest.mark.parametrize(
    ("gone", "path"),
    [
        ("DescriptionOfWork", "DescriptionOfWork"),
        ("Priority", "Priority.PriorityCode"),
        ("WorkClass", "WorkClass.WorkClassCode"),
        ("SitePropertyUnit", "SitePropertyUnit[0].Address.PostalCode"),
    ],
)
def test_a_missing_key_is_named_by_its_path(gone: str, path: str) -> None:
    refused = refusal({key: value for key, value in a_message().items() if key != gone})
    assert refused.column == path and path in refused.reason


def test_everything_that_is_missing_is_named_at_once() -> None:
    reason = refusal({"DescriptionOfWork": "The tap drips"}).reason
    assert "Priority.PriorityCode" in reason and "WorkClass.WorkClassCode" in reason and "AddressLine" in reason


def test_two_homes_in_one_message_are_refused() -> None:
    assert "2 homes" in refusal(a_message(SitePropertyUnit=[{}, {}])).reason


def test_one_key_in_both_cases_is_refused() -> None:
    assert "stands twice" in refusal(a_message(descriptionOfWork="Another")).reason


def test_another_kind_of_message_is_refused_by_its_name() -> None:
    assert "ScheduleRepair" in refusal({"ScheduleRepair": a_message()}).reason


@pytest.mark.parametrize("value", [None, 7, "text", [], [[]], True])
def test_what_is_no_object_is_no_message(value: Any) -> None:
    with pytest.raises(BadCell):
        read_raise_repair(value)


def test_our_one_line_may_be_two_of_theirs_with_street_and_town_after_it() -> None:
    assert address_key("Flat 3, Mill House") in read(a_message()).addresses


def test_each_message_of_a_list_knows_its_line() -> None:
    text = "[\n" + json.dumps(a_message()) + ",\n\n" + json.dumps(a_message()) + "\n]"
    assert [message.line for message in messages(text)] == [2, 4]


def test_the_messages_before_a_broken_place_are_read() -> None:
    found = messages("[\n" + json.dumps(a_message()) + ",\n{broken\n]")
    assert read_raise_repair(next(found).value).reason == "The tap drips"
    with pytest.raises(BrokenJson) as broken:
        next(found)
    assert broken.value.line == 3


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5000, "NaN", "[1,", "{}{}", "[1 2]", "["])
def test_hostile_json_is_a_refusal_and_never_an_error(text: str) -> None:
    with pytest.raises(BrokenJson):
        list(messages(text))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.sampled_from(sorted(a_message())), JSON)
def test_any_value_anywhere_is_read_or_refused_with_a_sentence(key: str, value: Any) -> None:
    try:
        (found,) = messages(json.dumps(a_message(**{key: value}), allow_nan=False, default=str))
        read_raise_repair(found.value)
    except BadCell as refused:
        assert refused.reason.endswith(".")
    except ValueError:
        assert "Infinity" in json.dumps(value) or "NaN" in json.dumps(value)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        for message in messages(text):
            read_raise_repair(message.value)
    except (BadCell, BrokenJson) as refused:
        assert str(refused)
