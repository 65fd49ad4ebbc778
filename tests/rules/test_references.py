"""What people read out: no two kinds share a prefix, and what was given out before is still found."""

import re
from pathlib import Path

import pytest

from fieldvisit.ground.references import BEFORE, LENGTH, LETTERS, Kind, letters_of, new_reference, typed_as

SOURCE = Path(__file__).parents[2] / "fieldvisit"
# Letters whose names end alike, and letters that are drawn alike.
HEARD = ({*"BCDEGPTV"}, {*"AHJK"}, {*"FSX"}, {*"MN"}, {*"IY"}, {*"QUW"})
SEEN = ({*"VUYW"}, {*"HKN"}, {*"BDPR"}, {*"CGOQ"}, {*"IJLT"}, {*"EF"}, {*"MN"})


def test_no_two_kinds_share_a_prefix() -> None:
    assert len({kind.value for kind in Kind}) == len(Kind.__members__)


def test_a_complaint_is_told_from_every_other_by_ear_and_by_eye() -> None:
    others = {kind.value[0] for kind in Kind if kind is not Kind.COMPLAINT}
    for alike in (*HEARD, *SEEN):
        assert Kind.COMPLAINT not in alike or not alike & others


def test_a_prefix_is_written_nowhere_else() -> None:
    """A slice that made its own could take one that is in use."""
    made = re.compile(r"""f?["'][A-Z]{1,2}-["'{]""")
    own = {"NR-", "HS-", "ME-", "MO-", "DR-", "MR-", "AL-"}  # clauses
    found = [
        (path.name, line.strip())
        for path in SOURCE.rglob("*.py")
        if not {"migrations", "demo"} & set(path.parts)
        for line in path.read_text().splitlines()
        if any(hit.strip("f\"'{") not in own for hit in made.findall(line))
    ]
    assert found == []


@pytest.mark.parametrize("kind", Kind)
def test_a_reference_is_read_as_it_was_given(kind: Kind) -> None:
    ref = new_reference(kind)
    assert ref.startswith(f"{kind.value}-") and len(ref) == len(kind.value) + 1 + LENGTH
    assert set(ref.split("-")[1]) <= set(LETTERS)
    assert typed_as(kind, ref)[0] == ref


@pytest.mark.parametrize(
    "typed", ["M-7K2M9Q4RT", "m 7k2 m9q 4rt", "7K2M9Q4RT", " m7k2m9q4rt ", "C-7K2M9Q4RT", "c 7k2m9q4rt"]
)
def test_a_complaint_is_found_by_what_is_read_out_also_by_its_old_prefix(typed: str) -> None:
    assert typed_as(Kind.COMPLAINT, typed) == ("M-7K2M9Q4RT", "C-7K2M9Q4RT")


@pytest.mark.parametrize("typed", ["", "M", "M-7K2M9Q4RTT", "B-7K2M9Q4RT", "M-7K2M9Q4R0", "C-ABCD234", "٣" * 9])
def test_what_can_be_no_complaint_is_none(typed: str) -> None:
    assert typed_as(Kind.COMPLAINT, typed) == ()


def test_what_begins_like_a_prefix_is_not_cut_short() -> None:
    assert typed_as(Kind.COMPLAINT, "MMMMMMMMM") == ("M-MMMMMMMMM", "C-MMMMMMMMM")
    assert typed_as(Kind.VISIT, "MMMMMMMMMM") == ()
    assert {old for olds in BEFORE.values() for old in olds} <= {"C", "H", "FV"}
    assert letters_of([0, 29, 30]) == "2Z2"
