"""What a case rests on is said in words: no name of a field, no code of a time."""

from datetime import UTC, datetime

import pytest

from fieldvisit.breaches.evidence_words import lines, title


@pytest.mark.parametrize(
    ("kind", "what", "says"),
    [
        ("entry", "door.id_shown", "A line of the visit’s log: Showed ID"),
        ("entry", "notice.recorded", "A line of the visit’s log: notice recorded"),
        ("entry", "safety.panicked", "A line of the visit’s log: Check-in"),
        ("notice", "letter_first_class", "A notice to the tenant: letter first class"),
        ("scan", "old", "A check of the badge: old"),
    ],
)
def test_each_thing_has_a_name(kind: str, what: str, says: str):
    assert title(kind, what) == says


def test_a_line_says_its_facts_in_words_and_leaves_out_keys_and_what_is_not_there():
    body = {
        "notice": "2" * 32, "usable": True, "states_why": False, "sent_at": "2026-11-30T07:00:00Z", "spoke_to": "the_tenant",
        "delivered_at": None, "waited_min": 10, "others": ["a" * 32], "made": datetime(2026, 7, 1, 8, 30, tzinfo=UTC),
    }  # fmt: skip
    assert dict(lines(body)) == {
        "A way that this household can use": "Yes",
        "It says why": "No",
        "Sent or said": "Monday 30 November 2026, 7am",
        "Spoken to": "the tenant",
        "Waited min": "10",
        "Made": "Wednesday 1 July 2026, 9:30am",
    }
