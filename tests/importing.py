"""Files from other systems, and how tests import them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from fieldvisit.db import Database
from fieldvisit.desk.imports import run
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import CHECKING
from tests.world import NOW

MESSAGES = Path(__file__).parent / "services" / "hact"
HOMES = "uprn,address_line,postcode,town,area\n"
PEOPLE = ("ref,role,name,company,email,phone,areas,badge_number,code_signed_on,training_until,insurance_until,uprn,"
          "language,unusable_channels\n")  # fmt: skip
JOBS = "ref,uprn,kind,reason,reported_at,hazard\n"
OPERATIVE = "P-1,operative,Nia Holt,Fenwick Gas,Nia@Fenwick.Example,7700 900555,North|South,"
OPERATIVE += "fg-1,2026-11-02,2027-03-31,31/05/2027,,,\n"
FILES = {
    "homes": HOMES + "900000001,9 Fir Lane,LE13 9ZZ,Melton Mowbray,West\n100030000001,1 Larch Close,LE13 9AA,,\n",
    "people": PEOPLE + OPERATIVE + "T-9,tenant,Ida Croft,,,01632 960123,,,,,,100030000001,pl,sms|email\n",
    "jobs": JOBS + "J-1,100030000001,Inspection,Damp in the hall,08/12/2026 08:00,damp_and_mould_growth\n",
    "hact": (MESSAGES / "list.json").read_text(),
}

Importing = Callable[..., list[str]]


@pytest.fixture
def importing(database: Database, policy: Policy, tmp_path: Path) -> Importing:
    """Imports some text as a file, and answers '2 imported' or '3 refused uprn' for each row."""

    def take(kind: str, text: str | bytes | Path, at: datetime = NOW, *, dry_run: bool = False) -> list[str]:
        path = text if isinstance(text, Path) else tmp_path / "file"
        if not isinstance(text, Path):
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        report = run(kind, path, database, policy, at, dry_run=dry_run)
        return [f"{one.line} {one.result.word} {one.result.column}".strip() for one in report]

    return take


@pytest.fixture
def find(database: Database) -> Callable[..., Any]:
    def one(model: type[Any], **facts: Any) -> Any:
        with database.reading(CHECKING) as session:
            return session.scalars(select(model).filter_by(**facts)).one_or_none()

    return one


@pytest.fixture
def count(database: Database) -> Callable[[type[Any]], int]:
    def rows(model: type[Any]) -> int:
        with database.reading(CHECKING) as session:
            return session.scalar(select(func.count()).select_from(select(model).subquery())) or 0

    return rows
