"""The floors and the order of the slices, as `.importlinter` states them; and each contract seen to break."""

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / ".importlinter"

# What each contract forbids, written into a copy: (contract, module, the line that breaks it).
BREAKS = (
    ("The rules floor is pure", "badges/rules.py", "from sqlalchemy import select"),
    ("The rules floor is pure", "ground/clock.py", "import flask"),
    ("The rules floor is pure", "visits/consent.py", "import fieldvisit.web.access"),
    ("Models and services know no web", "register/service.py", "from flask import request"),
    ("Models and services know no web", "visits/models.py", "from fieldvisit.web import render"),
    ("Floors inside each slice", "badges/models.py", "from fieldvisit.badges import service"),
    ("Floors inside each slice", "breaches/service.py", "from fieldvisit.breaches import forms"),
    ("Slices look one way", "visits/service.py", "from fieldvisit.outbox import models"),
    ("Slices look one way", "web/access.py", "from fieldvisit.register import models"),
    ("Slices look one way", "doorway/routes.py", "from fieldvisit.desk import wording"),
    ("Nobody looks into the vault", "desk/routes.py", "from fieldvisit.vault import keys"),
    ("Nobody looks into the vault", "safeguarding/service.py", "from fieldvisit.vault import models"),
)
WHILE_TYPES_ARE_CHECKED = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from fieldvisit.desk import wording"


def judged(where: Path) -> subprocess.CompletedProcess[str]:
    judge = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(cache_dir=None, no_cache=True))"
    return subprocess.run([sys.executable, "-c", judge], cwd=where, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("floors")
    copytree(ROOT / "fieldvisit", folder / "fieldvisit", ignore=ignore_patterns("__pycache__", "*.toml"))
    (folder / ".importlinter").write_bytes(CONTRACTS.read_bytes())
    return folder


def names() -> set[str]:
    parser = ConfigParser()
    parser.read(CONTRACTS)
    return {parser[section]["name"] for section in parser.sections() if "contract" in section}


def test_the_code_keeps_every_contract():
    answer = judged(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"{len(names())} kept, 0 broken" in answer.stdout


def test_every_contract_is_seen_to_break():
    assert {contract for contract, _, _ in BREAKS} == names()


@pytest.mark.parametrize(("contract", "module", "line"), BREAKS, ids=[f"{m}: {line}" for _, m, line in BREAKS])
def test_a_line_that_breaks_a_contract_is_caught(copy: Path, contract: str, module: str, line: str):
    assert caught(copy, contract, module, line)


def test_a_type_checking_import_is_caught(copy: Path):
    assert caught(copy, "Slices look one way", "visits/rules.py", WHILE_TYPES_ARE_CHECKED)


def caught(copy: Path, contract: str, module: str, line: str) -> bool:
    path = copy / "fieldvisit" / module
    before = path.read_text()
    path.write_text(f"{before}\n{line}\n")
    try:
        answer = judged(copy)
    finally:
        path.write_text(before)
    return answer.returncode == 1 and f"{contract} BROKEN" in " ".join(answer.stdout.split())


def test_every_slice_stands_in_both_lists():
    """A new slice that nobody put in order would be free of it."""
    parser = ConfigParser()
    parser.read(CONTRACTS)
    floors = parser["importlinter:contract:floors"]["containers"].split()
    order = parser["importlinter:contract:slices"]["layers"].replace("|", " ").replace("(", "").replace(")", "").split()
    apart = {"migrations", "councils", "demo", "web", "ground"}
    slices = {f"fieldvisit.{path.parent.name}" for path in (ROOT / "fieldvisit").glob("*/__init__.py")}
    assert slices - {f"fieldvisit.{name}" for name in apart} == set(floors)
    assert slices - {"fieldvisit.migrations", "fieldvisit.councils"} <= set(order)
