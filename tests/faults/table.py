"""The fault table as data, and as `make faults` prints it: each fault with its tests and what came of them."""

import textwrap
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("table.toml")
MATRIX = tuple(f"F{number:02}" for number in range(1, 42))


@dataclass(frozen=True, slots=True)
class Fault:
    id: str
    fault: str
    expected: str
    tests: tuple[str, ...]


def faults() -> list[Fault]:
    rows = tomllib.loads(TABLE.read_text())["fault"]
    return [Fault(row["id"], row["fault"], row["expected"], tuple(row["tests"])) for row in rows]


class Printed:
    """A pytest plugin: counts what came of each named test, and prints the table before pytest's own last line."""

    def __init__(self) -> None:
        self.came: dict[str, Counter[str]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            outcome = report.outcome if report.when == "call" or report.outcome == "skipped" else "error"
            self.came.setdefault(report.nodeid.partition("[")[0], Counter())[outcome] += 1

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.section("faults")
        for row in faults():
            for line in self.lines(row):
                terminalreporter.write_line(line)

    def lines(self, row: Fault) -> list[str]:
        came = [self.came.get(test, Counter()) for test in row.tests]
        whole = all(one["passed"] and not (one["failed"] or one["error"] or one["skipped"]) for one in came)
        first = f"{row.id:7}{'ok ' if whole else 'NOT'}  {row.fault}: {row.expected}"
        told = [f"{self._in_words(one):>12}  {test}" for test, one in zip(row.tests, came, strict=True)]
        return [*textwrap.wrap(first, 110, subsequent_indent=" " * 12), *told]

    def _in_words(self, came: Counter[str]) -> str:
        return ", ".join(f"{count} {what}" for what, count in sorted(came.items())) or "not run"
