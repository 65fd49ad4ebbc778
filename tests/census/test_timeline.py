"""Every kind of line that a log can hold has its own words, its clause is one we know, and a missing one is noticed."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from fieldvisit.codes.catalogue import all_clauses
from fieldvisit.desk import rules
from fieldvisit.visits.wire import known

FOLDER = Path(__file__).parents[2] / "templates" / "visits" / "timeline"
KINDS = {kind for kind, _version in known()} - {"box"}  # that is no line of any log (ruling R4)


def without_words(kinds: Iterable[str], folder: Path) -> set[str]:
    return set(kinds) - {path.stem for path in folder.glob("*.html")}


def test_every_kind_of_line_has_its_words():
    assert without_words(KINDS, FOLDER) == set()


def test_no_words_are_left_of_a_kind_that_is_gone():
    assert {path.stem for path in FOLDER.glob("*.html")} - KINDS == set()


def test_a_kind_without_words_is_noticed(tmp_path):
    for kind in KINDS - {"home.entered"}:
        (tmp_path / f"{kind}.html").touch()
    assert without_words(KINDS, tmp_path) == {"home.entered"}


def test_every_clause_of_a_line_is_one_that_a_code_or_our_notice_rules_have(policy):
    ids = {clause.id for clause in all_clauses()}
    shown = {rules.clause_of(kind, policy) for kind in KINDS} - {None}
    assert {clause for clause in shown if clause not in ids and not clause.endswith(", our notice rule")} == set()


@pytest.mark.parametrize("code", ["short-notice", "outside-window", "no-id-step", "clock", "out-of-order"])
def test_every_exception_has_a_sentence_and_a_clause(code, policy):
    (one,) = rules.exceptions_in_words([code], "responsive_repair", policy)
    assert one.sentence != code
    assert one.clause


def test_a_line_of_every_kind_has_a_clause_or_is_known_to_have_none():
    without = {kind for kind in KINDS if kind not in rules._CLAUSES}
    assert without == {"visit.noted", "visit.set_off", "visit.closing", "door.checking", "door.no_answer",
                       "entry.corrected"}  # fmt: skip
