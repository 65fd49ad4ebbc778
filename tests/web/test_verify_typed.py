"""`/v` by hand: a badge number and six digits, and what wrong guesses close."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.badges.models import TypedTry
from tests.web.test_verify import FRESH, OLD, STATIC, badge_of, said, scan, shown, spoil, type_in, wrong_digits
from tests.world import NOW, World


@pytest.mark.parametrize("number", ["MB-1001", "mb 1001", " mb1001 ", "id"])
@pytest.mark.parametrize("spaced", [False, True])
def test_a_number_and_six_digits_are_as_good_as_a_scan(number, spaced, world, client):
    digits = shown(world).digits
    digits = f"{digits[:3]} {digits[3:]}" if spaced else digits
    assert said(type_in(client, digits, badge_of(world) if number == "id" else number)) == FRESH


def test_a_number_alone_is_a_printed_badge(world, client):
    assert said(type_in(client, "")) == STATIC


@pytest.mark.parametrize(
    ("number", "digits", "problem"),
    [("", "123456", "Type the badge number"), ("MB-1001", "12345", "Type all six numbers"),
     ("MB-1001", "abcdef", "Type all six numbers"), ("--", "", "Type the badge number")],
)  # fmt: skip
def test_what_is_missing_is_asked_for(number, digits, problem, client):
    answer = type_in(client, digits, number)
    assert answer.status_code == 422
    assert problem in answer.text


def test_a_form_far_too_long_is_asked_for_again(client):
    assert client.post("/v", data={"badge": "A" * 100_000}).status_code == 422


def guess_wrong(world: World, client: FlaskClient, times: int) -> None:
    for _ in range(times):
        assert said(type_in(client, wrong_digits(world))) == OLD


def test_four_wrong_guesses_close_nothing(world, client):
    guess_wrong(world, client, 4)
    assert said(type_in(client, shown(world).digits)) == FRESH


def test_five_wrong_guesses_close_typing_and_leave_scanning_open(world, client):
    guess_wrong(world, client, 5)
    assert said(type_in(client, shown(world).digits)) == OLD
    assert said(scan(client, badge_of(world), shown(world).code)) == FRESH
    assert said(type_in(client, shown(world, ref="ben").digits, "MB-1002")) == FRESH


@pytest.mark.parametrize(("seconds", "answer"), [(599, OLD), (600, FRESH), (601, FRESH)])
def test_typing_opens_again_after_ten_minutes(seconds, answer, world, client, clock):
    guess_wrong(world, client, 5)
    later = NOW + timedelta(seconds=seconds)
    clock.move_to(later)
    assert said(type_in(client, shown(world, later).digits)) == answer


def test_a_guess_while_typing_is_closed_does_not_keep_it_closed(world, client, clock):
    guess_wrong(world, client, 5)
    clock.move_to(NOW + timedelta(minutes=9))
    guess_wrong(world, client, 5)
    later = NOW + timedelta(minutes=10)
    clock.move_to(later)
    assert said(type_in(client, shown(world, later).digits)) == FRESH
    assert tries(world) == 5


def tries(world: World) -> int:
    with world.database.reading(None) as session:
        return len(session.scalars(select(TypedTry)).all())


def test_only_wrong_digits_of_a_good_badge_are_counted(world, client):
    type_in(client, shown(world).digits)
    type_in(client, "")
    type_in(client, "12")
    type_in(client, "123456", "MB-9999")
    scan(client, badge_of(world), "A" * 10)
    spoil(world, "suspended")
    type_in(client, wrong_digits(world))
    assert tries(world) == 0


def test_wrong_guesses_at_one_badge_are_forgotten_after_a_day(world, client, clock):
    guess_wrong(world, client, 2)
    clock.move_to(NOW + timedelta(days=1, seconds=1))
    type_in(client, "000000")
    assert tries(world) == 1
