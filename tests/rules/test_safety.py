"""A watch over one worker (D10): what people say, what time does, and what the phone is never shown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fieldvisit.ground.policy import load_policy
from fieldvisit.safety import riddor, rules
from fieldvisit.safety.state import Deed, Stage, State, as_the_phone_sees_it, fold, lengths_of
from fieldvisit.visits.state import TRANSITIONS
from fieldvisit.visits.state import Stage as VisitStage
from fieldvisit.visits.wire import known

MELTON = load_policy("melton")
LENGTHS = lengths_of(MELTON)
NOON = datetime(2026, 12, 8, 12, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def deed(kind: str, minutes: float = 0, heard: float | None = None, by: str = "asha", **body: Any) -> Deed:
    return Deed(kind, at(minutes), at(minutes if heard is None else heard), by, body)


STARTED = deed("started", 0)


def after(minutes: float, *deeds: Deed) -> State:
    return fold((STARTED, *deeds), LENGTHS, at(minutes))


# --- time ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "stage"), [(30, Stage.DUE), (35, Stage.OVERDUE), (45, Stage.ALARM)])
def test_each_step_comes_on_the_second_and_not_before(minutes: int, stage: Stage) -> None:
    before = [Stage.ACTIVE, Stage.DUE, Stage.OVERDUE, Stage.ALARM]
    just = [fold([STARTED], LENGTHS, at(minutes) + moment).stage for moment in (-SECOND, timedelta(0), SECOND)]
    assert just == [before[before.index(stage) - 1], stage, stage]


def test_the_phone_says_so_five_minutes_before_it_is_due() -> None:
    assert rules.warns_at(after(1), LENGTHS) == at(25)
    assert rules.warns_at(after(31), LENGTHS) is None


def test_nobody_at_the_desk_still_makes_an_alarm() -> None:
    assert (after(45).stage, after(45).why) == (Stage.ALARM, "no_contact")
    assert after(45, deed("called", 36, by="olive")).stage is Stage.ALARM
    assert after(44.9, deed("called", 36, by="olive")).stage is Stage.CONTACTING


def test_not_home_by_then_is_overdue_at_once() -> None:
    home = Deed("started", at(0), at(0), "asha", {"home_by": at(60).isoformat()})
    closed = deed("visit_ended", 20)
    assert fold([home, closed], LENGTHS, at(59)).stage is Stage.ACTIVE
    assert fold([home, closed], LENGTHS, at(60)).stage is Stage.OVERDUE
    assert fold([home, closed], LENGTHS, at(70)).stage is Stage.ALARM
    assert fold([home, closed, deed("ended", 50)], LENGTHS, at(70)).stage is Stage.ENDED


# --- what the phone says ------------------------------------------------------------------------------------------


def test_a_check_in_counts_from_when_it_was_made() -> None:
    assert after(20, deed("checked_in", 20)).due_at == at(50)
    assert after(40, deed("checked_in", 25, heard=40)).due_at == at(55)


def test_a_check_in_that_comes_too_late_to_help_changes_nothing() -> None:
    assert after(41, deed("checked_in", 5, heard=41)).stage is Stage.OVERDUE


def test_a_tap_ends_neither_a_call_nor_an_alarm() -> None:
    called = deed("called", 36, by="olive")
    assert after(38, called, deed("checked_in", 37)).stage is Stage.CONTACTING
    assert after(50, deed("checked_in", 46)).stage is Stage.ALARM
    assert after(50, deed("ended", 46)).stage is Stage.ALARM
    assert after(50, deed("visit_ended", 46)).over


def test_the_office_watches_from_when_it_heard_of_it() -> None:
    late = deed("started", 0, heard=90)
    assert fold([late], LENGTHS, at(90)).due_at == at(120)
    batch = [late, deed("checked_in", 20, heard=90), deed("visit_ended", 60, heard=90)]
    assert fold(batch, LENGTHS, at(200)).stage is Stage.ENDED


@pytest.mark.parametrize(
    ("runs", "late", "is_over"),
    [
        ({}, 45 * MINUTE - SECOND, False), ({}, 45 * MINUTE, True), ({}, 45 * MINUTE + SECOND, True),
        ({"home_by": at(180).isoformat()}, 180 * MINUTE - SECOND, False),
        ({"home_by": at(180).isoformat()}, 180 * MINUTE, True),
        ({"home_by": at(180).isoformat()}, 180 * MINUTE + SECOND, True),
    ],
)  # fmt: skip
def test_what_was_held_is_over_when_silence_would_have_been_an_alarm(
    runs: dict[str, str], late: timedelta, is_over: bool
) -> None:
    body = {"interval_min": 30} | runs
    assert rules.is_long_over(NOON, NOON + late, body, LENGTHS, ended=False) == is_over
    assert rules.is_long_over(NOON, NOON + late, body, LENGTHS, ended=True) == (is_over or not runs)


def test_what_is_long_over_starts_no_watch_and_stops_none() -> None:
    held = deed("started", -300, heard=1, interval_min=30, long_over=True)
    assert fold([held], LENGTHS, at(900)).stage is Stage.PLANNED
    assert after(20, held).due_at == after(20).due_at


@pytest.mark.parametrize("kind", ["panicked", "aggression"])
def test_a_panic_and_an_attack_are_an_alarm_at_once_watched_or_not(kind: str) -> None:
    assert after(1, deed(kind, 1)).stage is Stage.ALARM
    assert fold([deed(kind, 1)], LENGTHS, at(1)).stage is Stage.ALARM
    assert after(3, deed("ended", 1), deed(kind, 2)).stage is Stage.ALARM


def test_a_closed_visit_ends_it() -> None:
    assert after(500, deed("visit_ended", 20)).stage is Stage.ENDED
    assert after(500, deed("visit_ended", 37)).stage is Stage.ENDED


@pytest.mark.parametrize(
    ("wanted", "stay", "minutes"),
    [(None, None, 30), (None, 10, 25), (60, 45, 60), (60, 44, 59), (1, None, 5), (-3, -3, 30), (9000, None, 255)],
)
def test_no_interval_is_longer_than_the_stay_and_a_quarter_of_an_hour(
    wanted: int | None, stay: int | None, minutes: int
) -> None:
    assert rules.interval_min(wanted, stay, MELTON) == minutes


def test_when_to_be_home_is_a_time_of_that_day_that_has_not_passed() -> None:
    assert rules.home_by("17:30", NOON) == datetime(2026, 12, 8, 17, 30, tzinfo=UTC)
    assert [rules.home_by(said, NOON) for said in ("11:59", "25:00", "half past", None, "")] == [None] * 5


# --- words --------------------------------------------------------------------------------------------------------


def spoke(word: str, minutes: float = 37, by: str = "olive") -> Deed:
    return deed("spoke", minutes, by=by, word=word)


def test_the_right_word_makes_safe_and_the_clock_begins_again() -> None:
    state = after(38, deed("called", 36, by="olive"), spoke("right"))
    assert (state.stage, state.due_at) == (Stage.SAFE, at(67))


def test_the_wrong_word_moves_nothing_and_is_counted() -> None:
    state = after(38, deed("called", 36, by="olive"), spoke("wrong"))
    assert (state.stage, state.wrong_words) == (Stage.CONTACTING, 1)
    assert after(46, deed("called", 36, by="olive"), spoke("wrong")).stage is Stage.ALARM


def test_a_word_of_somebody_who_has_set_none_proves_nothing_from_a_phone() -> None:
    called = deed("called", 36, by="olive")
    said = deed("spoke", 37, by="asha", word="none", **{"from": "phone"})
    assert (after(38, called, said).stage, after(46, called, said).stage) == (Stage.CONTACTING, Stage.ALARM)
    asked = deed("spoke", 37, by="olive", word="none", **{"from": "desk"})
    assert after(38, called, asked).stage is Stage.SAFE
    assert [rules.may_say_word(judged).code for judged in ("right", "wrong", "duress", "none")] == [
        "allowed", "allowed", "allowed", "no-words",
    ]  # fmt: skip


@pytest.mark.parametrize("minutes", [10, 32, 37, 46])
def test_the_word_under_duress_is_an_alarm_at_any_time(minutes: float) -> None:
    state = after(minutes, spoke("duress", minutes))
    assert (state.stage, state.why) == (Stage.ALARM, "duress")
    assert after(minutes + 400, spoke("duress", minutes), deed("visit_ended", minutes + 1)).stage is Stage.ALARM


@pytest.mark.parametrize("minutes", [10, 32, 37])
@pytest.mark.parametrize("later", [0, 5, 29, 31, 36])
def test_the_phone_sees_the_same_for_both_words_then_and_later(minutes: float, later: float) -> None:
    ends = [STARTED, deed("called", 36, by="olive")] if minutes > 36 else [STARTED]
    seen = [as_the_phone_sees_it([*ends, spoke(word, minutes)], LENGTHS, at(minutes + later)) for word in
            ("right", "duress")]  # fmt: skip
    assert seen[0] == seen[1]
    assert seen[0].stage is not Stage.ALARM


def test_the_phone_sees_nothing_of_a_silent_alarm() -> None:
    quiet = as_the_phone_sees_it([STARTED, deed("panicked", 3)], LENGTHS, at(4))
    assert quiet == as_the_phone_sees_it([STARTED], LENGTHS, at(4))
    assert as_the_phone_sees_it([STARTED, deed("aggression", 3)], LENGTHS, at(4)).stage is Stage.ENDED


@pytest.mark.parametrize(
    ("safe", "duress", "code"),
    [
        ("blue kettle", "grey heron", "allowed"), ("Tea", "grey heron", "length"), ("kettle", "KETTLE", "alike"),
        ("kettle", "kettledrum", "alike"), ("kettle", "kettering", "alike"), ("a" * 41, "grey heron", "length"),
        ("....", "grey heron", "length"),
    ],
)  # fmt: skip
def test_two_words_that_nobody_takes_for_each_other(safe: str, duress: str, code: str) -> None:
    assert rules.may_choose_words(safe, duress).code == code


def test_a_word_is_the_same_however_it_was_typed() -> None:
    assert {rules.as_said(word) for word in ("Blue Kettle", "blue-kettle ", "BLUEKETTLE")} == {"bluekettle"}


# --- the desk -----------------------------------------------------------------------------------------------------

WHY = "Her manager stands beside her."


def test_an_alarm_ends_when_somebody_found_them_safe_and_in_no_other_way() -> None:
    alarm = deed("panicked", 3)
    assert after(5, alarm, spoke("right", 4)).stage is Stage.ALARM
    assert not rules.may("closed", after(5, alarm), reason=WHY)
    found = after(500, alarm, deed("found_safe", 5, by="olive"))
    assert (found.stage, found.due_at) == (Stage.SAFE, None)
    assert after(500, alarm, deed("found_safe", 5, by="olive"), deed("closed", 6, by="olive")).stage is Stage.ENDED


FOUND = (deed("panicked", 3), deed("found_safe", 5, by="olive"))


@pytest.mark.parametrize(("said_s", "goes_on"), [(-1, False), (0, False), (1, True)])
def test_a_check_in_after_they_were_found_safe_is_heard_and_the_watch_goes_on(said_s: int, goes_on: bool) -> None:
    moment = at(5) + said_s * SECOND
    for kind, body in (("checked_in", {}), ("extended", {"minutes": 30})):
        state = fold((STARTED, *FOUND, Deed(kind, moment, at(6), "asha", body)), LENGTHS, at(7))
        expected = (Stage.ACTIVE, moment + 30 * MINUTE) if goes_on else (Stage.SAFE, None)
        assert (state.stage, state.due_at) == expected
    assert fold((STARTED, *FOUND, deed("checked_in", 10)), LENGTHS, at(40)).stage is Stage.DUE


def test_a_check_in_that_comes_after_the_visit_ended_starts_no_watch() -> None:
    over = (deed("panicked", 3), deed("ended", 4), deed("found_safe", 5, by="olive"))
    assert after(500, *over, deed("checked_in", 6)).stage is Stage.SAFE


@pytest.mark.parametrize(
    ("kind", "deeds", "facts", "code"),
    [
        ("called", (), {}, "allowed"),
        ("spoke", (), {"word": "kettle"}, "allowed"),
        ("spoke", (), {}, "no-word"),
        ("spoke", (), {"has_words": False}, "no-reason"),
        ("spoke", (), {"has_words": False, "reason": WHY}, "allowed"),
        ("no_contact", (), {}, "not-called"),
        ("no_contact", (deed("called", 1),), {}, "allowed"),
        ("no_contact", (deed("called", 1), deed("panicked", 1)), {}, "already"),
        ("alarm", (), {}, "no-reason"),
        ("alarm", (), {"reason": WHY}, "allowed"),
        ("decided", (), {"reason": WHY}, "no-alarm"),
        ("decided", (deed("panicked", 1),), {"reason": "because"}, "no-reason"),
        ("decided", (deed("panicked", 1),), {"reason": WHY}, "allowed"),
        ("found_safe", (), {"reason": WHY}, "no-alarm"),
        ("found_safe", (deed("panicked", 1),), {"reason": WHY}, "not-sure"),
        ("found_safe", (deed("panicked", 1),), {"reason": "so", "sure": True}, "no-reason"),
        ("found_safe", (deed("panicked", 1),), {"reason": WHY, "sure": True}, "allowed"),
        ("closed", (), {"reason": WHY}, "allowed"),
        ("called", (deed("ended", 1),), {}, "ended"),
    ],
)
def test_what_the_desk_may_do(kind: str, deeds: tuple[Deed, ...], facts: Any, code: str) -> None:
    assert rules.may(kind, after(2, *deeds), **facts).code == code


def test_who_decided_about_999_is_asked_again_after_the_next_alarm() -> None:
    decided = (deed("panicked", 1), deed("decided", 2, by="olive", what="not_now"))
    assert after(3, *decided).decided == "not_now"
    assert after(9, *decided, deed("found_safe", 4, by="olive"), deed("panicked", 5)).decided == ""


def test_what_is_said_of_safety_moves_no_visit_and_marks_none() -> None:
    kinds = [kind for kind, _version in known() if kind.startswith("safety.")]
    assert len(kinds) == 6
    assert [TRANSITIONS.get((stage, kind)) for stage in VisitStage for kind in kinds] == [
        stage for stage in VisitStage for _ in kinds
    ]


# --- what the law may ask -----------------------------------------------------------------------------------------


def asked(**facts: Any) -> list[tuple[str, str, bool]]:
    told = riddor.Facts("fall", NOON, **facts)
    return [(each.code, each.by.date().isoformat(), each.at_once) for each in riddor.prompts(told, MELTON)]


@pytest.mark.parametrize(
    ("facts", "prompts"),
    [
        ({}, []),
        ({"hurt": "worker", "injury": "minor"}, []),
        ({"hurt": "worker", "injury": "specified"}, [("specified", "2026-12-18", True)]),
        ({"hurt": "worker", "injury": "death"}, [("death", "2026-12-18", True)]),
        ({"hurt": "public", "injury": "death"}, [("death", "2026-12-18", True)]),
        ({"hurt": "public", "injury": "minor", "hospital": True}, [("public", "2026-12-18", True)]),
        ({"hurt": "worker", "injury": "minor", "hospital": True}, []),
        ({"hurt": "public", "injury": "minor", "days_off": 30}, []),
        ({"hurt": "worker", "injury": "minor", "days_off": 6}, []),
        ({"hurt": "worker", "injury": "minor", "days_off": 7}, []),
        ({"hurt": "worker", "injury": "minor", "days_off": 8}, [("over_7_days", "2026-12-23", False)]),
        ({"hurt": "worker", "injury": "specified", "days_off": 8}, [("specified", "2026-12-18", True)]),
        ({"dangerous_gas": True}, [("gas", "2026-12-22", False)]),
    ],
)
def test_what_an_accident_may_ask_of_us_and_by_when(facts: Any, prompts: list[Any]) -> None:
    assert asked(**facts) == prompts
