"""No fault without a test: the table is whole, and every test that it names is there."""

import re
from collections import Counter
from pathlib import Path

from tests.faults.table import MATRIX, Printed, faults

ROOT = Path(__file__).absolute().parents[2]


def missing(tests: tuple[str, ...]) -> list[str]:
    """Those of the named tests that no file has."""
    return [test for test in tests if not _is_there(*test.split("::"))]


def _is_there(path: str, name: str) -> bool:
    file = ROOT / path
    return file.exists() and bool(re.search(rf"^def {re.escape(name)}\(", file.read_text(), re.MULTILINE))


def test_every_fault_of_the_matrix_has_a_test() -> None:
    rows = [row.id for row in faults() if row.tests]
    assert [row for row in rows if row in MATRIX] == list(MATRIX)


def test_every_named_test_is_there() -> None:
    gone = {row.id: missing(row.tests) for row in faults() if missing(row.tests)}
    assert gone == {}, "renamed or taken away: tell tests/faults/table.toml its new name"


def test_a_test_that_is_not_there_would_be_seen() -> None:
    assert missing(("tests/faults/test_table.py::test_that_nobody_wrote", "tests/nowhere.py::test_x")) != []


def test_a_fault_whose_test_failed_or_did_not_run_is_not_ok() -> None:
    row, printed = faults()[0], Printed()
    assert "NOT" in printed.lines(row)[0]
    printed.came = {test: Counter(passed=1) for test in row.tests}
    assert "ok" in printed.lines(row)[0]
    printed.came[row.tests[0]]["failed"] = 1
    assert "NOT" in printed.lines(row)[0]
