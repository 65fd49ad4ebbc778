"""What a tenant's link opens, for how long, what may be done there, and which scans of a badge look wrong."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fieldvisit.doorway import rules
from fieldvisit.doorway.rules import Booked, Booking, half_day, is_booked, link_dies_at, may_open, must_wait
from fieldvisit.ground.policy import load_policy
from fieldvisit.notices.facts import NoticeAnswer
from fieldvisit.notices.signs import PICTURES
from fieldvisit.visits.state import Stage, VisitState

POLICY = load_policy("melton")
START, END = datetime(2026, 12, 8, 9, tzinfo=UTC), datetime(2026, 12, 8, 11, tzinfo=UTC)
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
THREE = [(-SECOND, True), (timedelta(), True), (SECOND, False)]


def opens(at: datetime, ended_at: datetime | None = None, *, cancelled: bool = False, protected: bool = False) -> bool:
    return bool(may_open(END, ended_at, at, cancelled=cancelled, protected=protected))


# --- T15 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "lives"), THREE)
def test_a_link_lives_a_day_after_its_window_closed(late: timedelta, lives: bool):
    assert opens(END + DAY + late) is lives


@pytest.mark.parametrize(("late", "lives"), THREE)
def test_a_visit_that_ended_early_counts_from_its_end(late: timedelta, lives: bool):
    assert opens(START + HOUR + DAY + late, START + HOUR) is lives


@pytest.mark.parametrize(("late", "lives"), THREE)
def test_and_one_that_took_longer_too(late: timedelta, lives: bool):
    assert opens(END + 3 * HOUR + DAY + late, END + 3 * HOUR) is lives


def test_a_cancelled_visit_says_so_until_a_day_after_it_would_have_been():
    assert link_dies_at(END, END - 5 * DAY, cancelled=True) == END + DAY
    assert opens(END - DAY, END - 5 * DAY, cancelled=True)


def test_a_protected_household_is_told_nothing_and_by_the_same_words_as_of_a_dead_link():
    protected = may_open(END, None, START, cancelled=False, protected=True)
    dead = may_open(END, None, END + 2 * DAY, cancelled=False, protected=False)
    assert not protected
    assert not dead
    assert protected.message == dead.message
    assert str(protected.clause) == "Security T15"


# --- guessing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wrong", "closed"), [(9, False), (10, True), (11, True)])
def test_ten_wrong_tries_close_one_word(wrong: int, closed: bool):
    assert must_wait([START] * wrong, START) is closed


@pytest.mark.parametrize(("later", "closed"), [(HOUR - SECOND, True), (HOUR, False), (HOUR + SECOND, False)])
def test_a_try_of_an_hour_ago_counts_no_more(later: timedelta, closed: bool):
    assert must_wait([START] * 10, START + later) is closed


def test_a_try_from_tomorrow_does_not_count():
    assert not must_wait([START + DAY] * 20, START)


# --- half a day -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "half"),
    [
        ((2026, 12, 8, 9), (2026, 12, 8, 11), "morning"),
        ((2026, 12, 8, 11), (2026, 12, 8, 13), "morning"),
        ((2026, 12, 8, 12), (2026, 12, 8, 14), "afternoon"),
        ((2026, 12, 8, 9), (2026, 12, 8, 17), "day"),
        ((2026, 12, 8, 16), (2026, 12, 8, 19), "day"),
        ((2026, 12, 8, 17), (2026, 12, 8, 20), "evening"),
        ((2026, 7, 7, 11), (2026, 7, 7, 13), "afternoon"),  # British Summer Time: midday to two
        ((2026, 12, 8, 22), (2026, 12, 9, 2), "day"),
    ],
)
def test_a_link_says_only_which_half_of_londons_day(start: tuple[int, ...], end: tuple[int, ...], half: str):
    assert half_day(datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC)) == half


# --- what may be done -----------------------------------------------------------------------------------------------

PLANNING = {"draft", "notice_pending", "notified", "confirmed", "rearranging"}
BEFORE = PLANNING | {"en_route", "at_door", "identified", "consented", "lawful_entry"}
OVER = {"closed", "refused", "no_access", "withdrawn", "cancelled"}
ALL = {stage.value for stage in Stage}


def state(stage: str) -> VisitState:
    return VisitState(stage=Stage(stage), window_start=START, window_end=END)


def answer(result: str) -> NoticeAnswer:
    return NoticeAnswer(result, result != "short", None, None, None, "", "ME-3.1a")  # type: ignore[arg-type]


def sooner(one: VisitState, result: str = "short", at: datetime = START - HOUR):
    return rules.may_agree_sooner(one, answer(result), at, POLICY)


MAY = {
    "confirm": (rules.may_confirm, {"notified"}),
    "ask for another time": (rules.may_ask_other_time, PLANNING),
    "agree to a sooner one": (sooner, PLANNING),
    "say who must be there": (rules.may_say_who, BEFORE),
    "say no": (rules.may_say_no, BEFORE),
    "say how it went": (rules.may_say_how_it_went, OVER - {"cancelled"}),
    "dispute": (rules.may_dispute, {"no_access", "refused"}),
    "complain": (rules.may_complain, ALL),
}


@pytest.mark.parametrize("act", MAY)
def test_each_act_may_be_done_in_these_stages_and_no_others(act: str):
    rule, allowed = MAY[act]
    assert {stage for stage in ALL if rule(state(stage))} == allowed


@pytest.mark.parametrize("act", MAY)
def test_every_no_is_a_sentence_with_its_clause(act: str):
    rule, _ = MAY[act]
    for stage in ALL:
        verdict = rule(state(stage))
        if not verdict:
            assert verdict.message.endswith(".")
            assert verdict.clause
            assert len(verdict.message) < 130


@pytest.mark.parametrize("result", ["full", "minimum", "agreed", "exempt_emergency", "exempt_investigation"])
def test_there_is_nothing_to_agree_to_where_the_notice_is_not_short(result: str):
    assert sooner(state("notified"), result).code == "not-short"


@pytest.mark.parametrize(("late", "may"), [(-SECOND, True), (timedelta(), False), (SECOND, False)])
def test_a_time_that_has_passed_cannot_be_agreed_to(late: timedelta, may: bool):
    assert bool(sooner(state("notified"), at=END + late)) is may


def test_a_council_may_keep_its_full_notice():
    from dataclasses import replace

    strict = replace(
        POLICY, notice=replace(POLICY.notice, waiver_allowed=replace(POLICY.notice.waiver_allowed, value=False))
    )
    assert rules.may_agree_sooner(state("notified"), answer("short"), START - HOUR, strict).code == "not-here"


# --- is this who was booked? ----------------------------------------------------------------------------------------


def booking(**facts: object) -> Booking:
    base = {"workers": frozenset({"asha"}), "window_start": START, "window_end": END, "stage": Stage.NOTIFIED,
            "ended_at": None, "protected": False}  # fmt: skip
    return Booking(**(base | facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "who", "at", "said"),
    [
        ({}, "asha", START, Booked.YES),
        ({}, "asha", datetime(2026, 12, 8, 0, 0, tzinfo=UTC), Booked.YES),
        ({}, "asha", datetime(2026, 12, 7, 23, 59, 59, tzinfo=UTC), Booked.NO),
        ({}, "asha", datetime(2026, 12, 8, 23, 59, 59, tzinfo=UTC), Booked.YES),
        ({}, "asha", datetime(2026, 12, 9, 0, 0, tzinfo=UTC), Booked.NO),
        ({}, "ben", START, Booked.NO),
        ({"workers": frozenset()}, "asha", START, Booked.NO),
        ({"stage": Stage.CLOSED, "ended_at": START}, "asha", START + HOUR, Booked.NO),
        ({"stage": Stage.CANCELLED, "ended_at": START - 3 * DAY}, "asha", START, Booked.NO),
        ({"stage": Stage.IN_HOME}, "asha", START + HOUR, Booked.YES),
        ({"protected": True}, "asha", START, Booked.CANNOT_SAY),
        ({}, "asha", END + DAY + SECOND, Booked.CANNOT_SAY),
    ],
)
def test_who_is_booked_today(facts: dict[str, object], who: str, at: datetime, said: Booked):
    assert is_booked(booking(**facts), who, at) is said


def test_of_a_reference_that_nobody_has_there_is_nothing_to_say():
    assert is_booked(None, "asha", START) is Booked.CANNOT_SAY


# --- scans that look wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "wrong"),
    [
        (START - 2 * HOUR - SECOND, True),
        (START - 2 * HOUR, False),
        (START - 2 * HOUR + SECOND, False),
        (END + 2 * HOUR - SECOND, False),
        (END + 2 * HOUR, False),
        (END + 2 * HOUR + SECOND, True),
    ],
)
def test_a_scan_is_out_of_place_more_than_two_hours_outside_every_window(at: datetime, wrong: bool):
    assert rules.is_out_of_place([(START, END)], at) is wrong


def test_without_any_visit_it_always_is():
    assert rules.is_out_of_place([], START)


@pytest.mark.parametrize(("apart", "alarm"), [(299, True), (300, True), (301, False)])
def test_two_networks_within_five_minutes_are_two_places(apart: int, alarm: bool):
    scans = [("a", START), ("b", START + timedelta(seconds=apart))]
    assert rules.is_in_two_places(scans, START + timedelta(seconds=apart)) is alarm


def test_one_network_is_one_place():
    assert not rules.is_in_two_places([("a", START), ("a", START + SECOND)], START + SECOND)


# --- the pictures ---------------------------------------------------------------------------------------------------

DRAWN = (Path(__file__).parents[2] / "templates" / "doorway" / "_picture.html").read_text()


def test_every_picture_that_may_be_a_doorstep_sign_is_drawn_in_few_bytes_and_like_no_other():
    paths = dict(re.findall(r'^"(\w+)": "([^"]+)"', DRAWN, re.MULTILINE))
    assert set(PICTURES) <= set(paths)
    assert max(len(path) for path in paths.values()) <= 200
    assert len(set(paths.values())) == len(paths)
