"""How a page says an instant and a telephone number."""

from datetime import UTC, datetime

import pytest

from fieldvisit.ground.clock import say_instant
from fieldvisit.web.render import clock_time, moment, spaced_phone


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("01664502502", "01664 502 502"),
        ("01632 960101", "01632 960 101"),
        ("07700900123", "07700 900 123"),
        ("0808 1570123", "0808 157 0123"),
        ("0800111999", "0800 111 999"),
        ("03001231234", "0300 123 1234"),
        ("0116 305 0004", "0116 305 0004"),
        ("02079460000", "020 7946 0000"),
        ("999", "999"),
        ("105", "105"),
        ("+44 1632 960101", "+44 1632 960101"),
        ("077009001234", "077009001234"),
        ("", ""),
    ],
)
def test_a_number_stands_in_groups_as_people_read_it_out(kept: str, shown: str):
    assert spaced_phone(kept) == shown


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("minute", [0, 5, 30])
def test_a_page_and_a_rules_sentence_say_a_time_in_one_way(hour: int, minute: int):
    at = datetime(2026, 12, 8, hour, minute, tzinfo=UTC)
    assert say_instant(at) == f"Tuesday 8 December 2026, {clock_time(at)}"
    assert moment(at) == f"{clock_time(at)} on Tuesday 8 December 2026"


def test_a_page_says_the_end_of_a_day_in_words():
    assert moment(datetime(2026, 12, 8, 23, 59, 59, tzinfo=UTC)) == "the end of Tuesday 8 December 2026"
