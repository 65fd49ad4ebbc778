"""An example of every (kind, version) that was ever issued is stored, and is accepted for ever."""

import json
from pathlib import Path

import pytest

from fieldvisit.visits.events import name_of, version_of
from fieldvisit.visits.wire import Unreadable, body_of, known, parse, read_back, words_of

EXAMPLES = json.loads((Path(__file__).parent / "wire_examples.json").read_text())


def test_every_kind_that_can_be_read_has_a_stored_example() -> None:
    assert {(example["kind"], example["kv"]) for example in EXAMPLES} == set(known())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example['kind']}-{example['kv']}")
def test_an_old_phones_event_is_still_read_and_comes_back_from_the_log_without_its_words(example: dict) -> None:
    event = parse(example["kind"], example["kv"], example["body"])
    assert (name_of(event), version_of(event)) == (example["kind"], example["kv"])
    words = words_of(event)
    assert body_of(event) | words == example["body"] | words
    assert not set(words) & set(body_of(event))
    assert body_of(read_back(example["kind"], example["kv"], body_of(event))) == body_of(event)


@pytest.mark.parametrize(
    "spoil", [{"surprise": 1}, {"minutes": "ten"}, {"minutes": True}, {"minutes": None}, {"minutes": 2**60}]
)
def test_a_body_of_another_shape_is_held_and_never_half_understood(spoil: dict) -> None:
    with pytest.raises(Unreadable, match=r"visit\.late"):
        parse("visit.late", 1, {"minutes": 10} | spoil)


@pytest.mark.parametrize("body", [None, [], "text", 3])
def test_a_body_that_is_no_object_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable):
        parse("visit.set_off", 1, body)


def test_a_time_without_its_zone_is_unreadable() -> None:
    planned = next(example["body"] for example in EXAMPLES if example["kind"] == "visit.planned")
    with pytest.raises(Unreadable, match="window_start"):
        parse("visit.planned", 1, planned | {"window_start": "2026-12-08T09:00:00"})
