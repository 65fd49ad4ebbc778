"""`fieldvisit rules notice` and `rules deadline`: one JSON object a line in, one a line out, never a traceback."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldvisit.ground import deadlines_jsonl
from fieldvisit.ground.deadlines import CLOCKS
from fieldvisit.ground.policy import load_policy
from fieldvisit.notices import jsonl

MELTON = load_policy("melton")
MANY = settings(max_examples=50, deadline=None, database=None)
VISIT = {"kind": "responsive_repair", "window_start": "2026-12-09T10:30:00+00:00"}
TEXT = {
    "channel": "sms",
    "sent_at": "2026-12-08T10:29:00Z",
    "delivery": "delivered",
    "delivered_at": "2026-12-08T10:30:00Z",
}
NOTICE_ANSWER = [
    "id",
    "result",
    "may_proceed",
    "given_at",
    "notice_seconds",
    "notice_days",
    "reason",
    "clause",
    "not_before",
]
DEADLINE_ANSWER = ["id", "clock", "applies", "due", "latest_extension", "rule", "reason"]
EMERGENCY = {
    "class_at_arrival": True,
    "authorised_by": "D. Officer",
    "authorised_at": "2026-12-09T10:00:00Z",
    "authoriser_is_visitor": False,
    "hazard": "gas",
    "reason": "Smell of gas",
}


def notice(*asked: Any) -> Any:
    """The answers to these objects (or lines); one answer where one was asked."""
    lines = [each if isinstance(each, str | bytes) else json.dumps(each) for each in asked]
    found = [json.loads(line) for line in jsonl.answers(lines, MELTON)]
    return found[0] if len(found) == 1 else found


def deadline(**asked: Any) -> Any:
    [line] = deadlines_jsonl.answers([json.dumps(asked)], MELTON)
    return json.loads(line)


def a_question(**visit: Any) -> dict[str, Any]:
    return {"id": 1, "visit": VISIT | visit, "notices": [TEXT]}


def test_a_visit_told_a_day_before_is_answered_with_these_keys() -> None:
    answer = notice(a_question())
    assert list(answer) == NOTICE_ANSWER
    assert (answer["result"], answer["notice_seconds"], answer["clause"]) == ("minimum", 86_400, "ME-3.1a")
    assert answer["given_at"] == "2026-12-08T10:30:00+00:00"


def test_a_short_answer_gives_the_time_in_london() -> None:
    answer = notice(
        {
            "visit": VISIT | {"window_start": "2027-03-28T12:00:00+01:00"},
            "notices": [{"channel": "handed", "sent_at": "2027-03-27T12:00:00Z"}],
        }
    )
    assert (answer["id"], answer["result"], answer["not_before"]) == (None, "short", "2027-03-28T13:00:00+01:00")


def test_absent_keys_take_their_defaults() -> None:
    assert notice({"visit": VISIT})["result"] == "short"
    assert notice({"visit": VISIT, "notices": [TEXT], "household": {}, "emergency": None})["result"] == "minimum"


def test_a_notice_that_names_only_a_start_told_a_single_time() -> None:
    asked = a_question(window_end="2026-12-09T12:30:00Z", arrival="2026-12-09T10:31:00Z")
    assert notice(asked)["may_proceed"]
    told_a_time = [TEXT | {"window_start": "2026-12-09T10:30:00Z"}]
    assert not notice(asked | {"notices": told_a_time})["may_proceed"]


def test_every_part_of_the_question_reaches_the_rule() -> None:
    assert notice(a_question() | {"household": {"unusable_channels": ["sms"]}})["clause"] == "NR-13"
    assert notice({"visit": VISIT, "emergency": EMERGENCY})["result"] == "exempt_emergency"
    investigation = {"authorised_by": "A. Manager", "reason": "Subletting"}
    assert notice({"visit": VISIT | {"visitor": "officer"}, "investigation": investigation})["result"] == (
        "exempt_investigation"
    )
    agreed = {"by": "tenant", "recorded_at": "2026-12-09T10:29:59Z", "recorded_by": "call_handler"}
    assert notice({"visit": VISIT, "agreed": agreed})["result"] == "agreed"
    programme = {"channel": "handed", "sent_at": "2026-11-25T12:00:00Z", "programme_start": "2026-12-09"}
    works = {"visit": VISIT | {"kind": "planned_works"}, "notices": [programme | {"programme_end": "2026-12-11"}]}
    assert notice(works)["notice_days"] == 14


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ([], "the line"),
        ("text", "the line"),
        ({}, "visit: missing"),
        ({"visit": 3}, "visit: must be an object"),
        ({"visit": {"kind": "repair", "window_start": VISIT["window_start"]}}, "visit.kind: must be one of"),
        ({"visit": {"kind": "other"}}, "visit.window_start: missing"),
        (a_question(window_start="2026-12-09T10:30:00"), "visit.window_start: must be a time with its offset"),
        (a_question(window_start="2026-12-09"), "visit.window_start"),
        (a_question(window_start="tomorrow"), "visit.window_start"),
        (a_question(window_start=1_700_000_000), "visit.window_start"),
        (a_question(window_start="0001-01-01T00:00:00+14:00"), "visit.window_start: the year"),
        (a_question(window_start="9999-12-31T23:59:59-14:00"), "visit.window_start: the year"),
        (a_question(window_start="2026-02-30T10:00:00Z"), "visit.window_start"),
        (a_question(window_end="2026-12-09T10:29:59Z"), "visit.window_end: is before"),
        (a_question(works_started=1), "visit.works_started: must be true or false"),
        (a_question(works_started=None), "visit.works_started: must be true or false"),
        (a_question(visitor="plumber"), "visit.visitor"),
        (a_question(colour="red"), "visit.colour: not a key we know"),
        (a_question() | {"extra": 1}, "extra: not a key we know"),
        (a_question() | {"notices": {}}, "notices: must be a list"),
        (a_question() | {"notices": [TEXT, 5]}, "notices[1]: must be an object"),
        (a_question() | {"notices": [{}]}, "notices[0].channel: missing"),
        (a_question() | {"notices": [TEXT | {"channel": "pigeon"}]}, "notices[0].channel"),
        (a_question() | {"notices": [TEXT | {"delivery": "lost"}]}, "notices[0].delivery"),
        (a_question() | {"notices": [TEXT | {"recipient_age": True}]}, "notices[0].recipient_age"),
        (a_question() | {"notices": [TEXT | {"recipient_age": 17.0}]}, "notices[0].recipient_age"),
        (a_question() | {"notices": [TEXT | {"recipient_age": -1}]}, "notices[0].recipient_age"),
        (a_question() | {"notices": [TEXT | {"recipient_age": 10**30}]}, "notices[0].recipient_age"),
        (a_question() | {"notices": [TEXT | {"states_who": "yes"}]}, "notices[0].states_who"),
        (a_question() | {"notices": [TEXT | {"programme_start": "2026-13-01"}]}, "notices[0].programme_start"),
        (
            a_question() | {"notices": [TEXT | {"programme_start": "2026-12-02", "programme_end": "2026-12-01"}]},
            "notices[0].programme_end: is before",
        ),
        (a_question() | {"household": {"unusable_channels": "sms"}}, "household.unusable_channels"),
        (a_question() | {"household": {"unusable_channels": [["sms"]]}}, "household.unusable_channels"),
        (a_question() | {"emergency": EMERGENCY | {"authorised_by": 5}}, "emergency.authorised_by"),
        (a_question() | {"emergency": EMERGENCY | {"class_at_arrival": "yes"}}, "emergency.class_at_arrival"),
        (a_question() | {"agreed": {"by": "neighbour"}}, "agreed.by"),
        (a_question() | {"agreed": {"recorded_by": "operative"}}, "agreed.recorded_by"),
    ],
)
def test_an_object_that_cannot_be_read_names_the_key(asked: Any, names: str) -> None:
    answer = notice(json.dumps(asked))
    assert list(answer) == ["id", "error"]
    assert names in answer["error"]
    assert answer["id"] == (asked.get("id") if isinstance(asked, dict) else None)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("{", "not JSON"),
        ('{"id": NaN}', "NaN is not a number"),
        ('{"id": -Infinity}', "-Infinity"),
        ('{"id": 1e999}', "too large"),
        ('{"id": ' + "9" * 5000 + "}", "too long"),
        ("[" * 100_000, "brackets"),
        ('{"id": 1, "id": 2}', "id: there twice"),
        (b'{"id": "\xff"}', "UTF-8"),
    ],
)
def test_a_line_that_is_not_good_json_says_what_is_wrong(line: str | bytes, names: str) -> None:
    assert names in notice(line)["error"]


def test_a_bad_line_does_not_stop_the_good_ones_and_blank_lines_are_passed_over() -> None:
    found = notice("\ufeff" + json.dumps(a_question()), "nonsense", "  ", json.dumps(a_question() | {"id": "last"}))
    assert [each.get("result", "error") for each in found] == ["minimum", "error", "minimum"]
    assert found[2]["id"] == "last"


def test_any_id_comes_back_as_it_was() -> None:
    for each in (None, 0, 1.5, "é\ud800", ["a", {"b": None}], True):
        assert notice(a_question() | {"id": each})["id"] == each


# deadlines --------------------------------------------------------------------------------------------------------


def test_a_deadline_is_answered_with_these_keys_and_londons_offset() -> None:
    answer = deadline(id="a", clock="complaint_ack", at="2027-05-24T10:00:00Z")
    assert list(answer) == DEADLINE_ANSWER
    assert (answer["id"], answer["due"], answer["rule"]) == ("a", "2027-06-01T23:59:59+01:00", "DR-8")
    winter = deadline(clock="awaab_investigate", at="2027-01-11T09:00:00Z", hazard="noise", triage="emergency")
    assert winter["due"] == "2027-01-25T23:59:59+00:00"


def test_a_clock_that_does_not_apply_has_no_date() -> None:
    answer = deadline(clock="awaab_summary", at="2027-01-11T09:00:00Z", hazard="noise", triage="significant")
    assert (answer["applies"], answer["due"], answer["rule"]) == (False, None, "DR-4")


@pytest.mark.parametrize("clock", CLOCKS)
def test_every_clock_of_the_interface_is_answered(clock: str) -> None:
    facts = {"hazard": "damp_and_mould_growth", "triage": "emergency", "working_days": 3, "immediate_danger": False}
    answer = deadline(clock=clock, at="2027-01-11T09:00:00Z", **facts)
    assert datetime.fromisoformat(answer["due"]).tzinfo is not None


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"at": "2027-01-11T09:00:00Z"}, "clock: missing"),
        ({"clock": "tea"}, "clock: must be one of"),
        ({"clock": "sar"}, "at: missing"),
        ({"clock": "sar", "at": "2027-01-11T09:00:00"}, "at: must be a time with its offset"),
        ({"clock": "sar", "at": "2027-01-11T09:00:00Z", "colour": 1}, "colour: not a key we know"),
        ({"clock": "awaab_summary", "at": "2027-01-11T09:00:00Z"}, "hazard"),
        ({"clock": "awaab_summary", "at": "2027-01-11T09:00:00Z", "hazard": "noise"}, "triage"),
        ({"clock": "awaab_summary", "at": "2027-01-11T09:00:00Z", "hazard": "Noise"}, "hazard"),
        ({"clock": "right_to_repair", "at": "2027-01-11T09:00:00Z", "working_days": True}, "working_days"),
        ({"clock": "right_to_repair", "at": "2027-01-11T09:00:00Z", "working_days": 2}, "working_days"),
        ({"clock": "safeguarding_triage", "at": "2027-01-11T09:00:00Z"}, "immediate_danger"),
        ({"clock": "safeguarding_triage", "at": "2027-01-11T09:00:00Z", "immediate_danger": 1}, "immediate_danger"),
        ({"clock": "complaint_ack", "at": "2028-12-29T09:00:00Z"}, "bank holidays of 2029"),
    ],
)
def test_a_deadline_that_cannot_be_worked_out_says_why(asked: dict[str, Any], names: str) -> None:
    answer = deadline(id=7, **asked)
    assert (list(answer), answer["id"]) == (["id", "error"], 7)
    assert names in answer["error"]


# whatever is thrown at it -----------------------------------------------------------------------------------------

TIMES = st.datetimes(datetime(1999, 1, 1), datetime(2101, 1, 1), timezones=st.timezones()).map(datetime.isoformat)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | TIMES
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted({*jsonl.KEYS, *jsonl.VISIT_KEYS, *jsonl.NOTICE_KEYS, *deadlines_jsonl.KEYS})


@MANY
@given(ANY_JSON | st.dictionaries(st.sampled_from(KEYS), ANY_JSON, max_size=4))
def test_no_json_whatever_gets_a_traceback(value: Any) -> None:
    line = json.dumps(value)
    for answers in (jsonl.answers, deadlines_jsonl.answers):
        [answer] = answers([line], MELTON)
        assert "error" in json.loads(answer)


@MANY
@given(st.sampled_from(jsonl.VISIT_KEYS), st.sampled_from(jsonl.NOTICE_KEYS), SCALARS, SCALARS)
def test_one_wrong_value_in_a_good_question_gets_an_answer_or_a_named_error(
    visit_key: str, notice_key: str, visit_value: Any, notice_value: Any
) -> None:
    asked = {"visit": VISIT | {visit_key: visit_value}, "notices": [TEXT | {notice_key: notice_value}]}
    answer = notice(json.dumps(asked))
    assert "result" in answer or answer["error"].startswith(("visit", "notices[0]", "the line"))


@MANY
@given(st.text(max_size=30) | st.binary(max_size=30))
def test_no_line_whatever_gets_a_traceback(line: str | bytes) -> None:
    assert all("error" in json.loads(answer) for answer in jsonl.answers([line], MELTON))
