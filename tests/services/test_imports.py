"""Files from other systems: every row is judged alone, and the same file twice changes nothing."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from fieldvisit.badges.models import Badge
from fieldvisit.db import Database
from fieldvisit.desk import imports
from fieldvisit.desk.imports import print_report, run
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import CHECKING
from fieldvisit.register.models import Area, Firm, Home, ImportedRow, Person, Resident
from fieldvisit.visits.models import Job
from tests.importing import FILES, HOMES, JOBS, MESSAGES, Importing
from tests.stories import a_visit
from tests.world import NOW, World


def writes_of(database: Database) -> list[str]:
    found: list[str] = []

    @event.listens_for(database.writer, "before_cursor_execute")
    def _note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.split()[0].upper() in ("INSERT", "UPDATE", "DELETE"):
            found.append(statement)

    return found


# --- every kind ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FILES)
def test_the_same_file_twice_writes_nothing(kind: str, importing: Importing, database: Database) -> None:
    first = importing(kind, FILES[kind])
    writes = writes_of(database)
    second = importing(kind, FILES[kind])
    assert writes == []
    assert second == [row.replace("imported", "unchanged") for row in first]


@pytest.mark.parametrize("kind", FILES)
def test_a_dry_run_says_the_same_and_keeps_nothing(kind: str, importing: Importing, count: Callable[..., int]) -> None:
    tables = (Home, Area, Person, Firm, Badge, Resident, Job, ImportedRow)
    before = [count(table) for table in tables]
    said = importing(kind, FILES[kind], dry_run=True)
    assert [count(table) for table in tables] == before
    assert importing(kind, FILES[kind]) == said


@pytest.mark.parametrize("kind", FILES)
def test_any_bytes_are_taken_or_refused_in_one_sentence(
    kind: str, database: Database, policy: Policy, tmp_path: Path
) -> None:
    for data in (b"", b"\x00\xff", b"[[[[", b'"', b"ref,uprn\n", b"\xff\xfeu\x00", b"{}", b"PK\x03\x04"):
        (tmp_path / "file").write_bytes(data)
        out, err = io.StringIO(), io.StringIO()
        assert print_report(run(kind, tmp_path / "file", database, policy, NOW), out=out, err=err) == 1
        assert err.getvalue().strip().endswith(".")


# --- homes --------------------------------------------------------------------------------------------------------


def test_a_bad_row_stops_no_good_one_and_names_line_and_column(importing: Importing, find: Callable[..., Any]) -> None:
    rows = ("1.00E+08,8 Fir Lane,LE13 9ZZ,,", "900000001,9 Fir Lane,LE13 9ZZ,,", "7,7 Fir Lane,13LE,,")
    said = importing("homes", HOMES + "\n".join(rows))
    assert said == ["2 refused uprn", "3 imported", "4 refused postcode"]
    assert find(Home, uprn="900000001").address == "9 Fir Lane, LE13 9ZZ"


def test_a_known_home_changes_only_what_the_file_carries(importing: Importing, find: Callable[..., Any]) -> None:
    said = importing("homes", "uprn;address_line;post code;town\n100030000001;1A Larch Close;le139aa;\n")
    home = find(Home, uprn="100030000001")
    assert said == ["2 changed"]
    assert (home.address_line, home.postcode, home.town) == ("1A Larch Close", "LE13 9AA", "Melton Mowbray")


def test_zeros_in_front_do_not_make_a_second_home(importing: Importing, count: Callable[..., int]) -> None:
    importing("homes", HOMES + "000900000001,9 Fir Lane,LE13 9ZZ,,\n")
    before = count(Home)
    assert importing("homes", HOMES + "900000001,9b Fir Lane,LE13 9ZZ,,\n") == ["2 changed"]
    assert count(Home) == before


def test_an_area_is_made_once_and_a_home_without_one_is_the_councils(importing: Importing, database: Database) -> None:
    importing("homes", HOMES + "1,1 Fir Lane,LE13 9ZZ,,West\n2,2 Fir Lane,LE13 9ZZ,,WEST\n3,3 Fir Lane,LE13 9ZZ,,\n")
    with database.reading(CHECKING) as session:
        areas = dict(session.execute(select(Home.uprn, Area.name).join(Home.area)).all())
    assert (areas["1"], areas["2"], areas["3"]) == ("West", "West", "Melton")


def test_what_the_office_changed_since_outlives_the_same_file(
    importing: Importing, database: Database, find: Callable[..., Any]
) -> None:
    importing("homes", FILES["homes"])
    with database.writing(CHECKING) as session:
        session.scalars(select(Home).where(Home.uprn == "900000001")).one().town = "Asfordby"
    assert importing("homes", FILES["homes"])[0] == "2 unchanged"
    assert find(Home, uprn="900000001").town == "Asfordby"


def test_two_rows_that_contradict_each_other_leave_the_first(importing: Importing, find: Callable[..., Any]) -> None:
    row = "900000001,9 Fir Lane,LE13 9ZZ,,\n"
    said = importing("homes", HOMES + row + row + row.replace("9 Fir", "8 Fir"))
    assert said == ["2 imported", "3 unchanged", "4 refused"]
    assert find(Home, uprn="900000001").address_line == "9 Fir Lane"


def test_many_batches_are_one_file(importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH", 3)
    text = HOMES + "".join(f"{n},{n} Fir Lane,LE13 9ZZ,,West\n" for n in range(1, 11)) + "4,Another,LE13 9ZZ,,\n"
    assert importing("homes", text) == [f"{line} imported" for line in range(2, 12)] + ["12 refused"]


def test_a_row_that_the_database_refuses_stops_no_other(importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when another import makes the same home between our looking and our writing."""
    monkeypatch.setattr("fieldvisit.register.imports.homes_by_uprn", lambda *_: {})
    said = importing("homes", HOMES + "100030000001,1 Larch Close,LE13 9AA,,\n900000001,9 Fir Lane,LE13 9ZZ,,\n")
    assert said == ["2 refused", "3 imported"]


# --- jobs and messages --------------------------------------------------------------------------------------------


def test_a_job_knows_its_home_and_a_time_without_offset_is_londons(importing: Importing, find: Any) -> None:
    assert importing("jobs", JOBS + "J-1,100030000001,safety check,Gas check,01/07/2026 09:00,\n") == ["2 imported"]
    job = find(Job, ref="J-1")
    assert (job.kind, job.reported_at) == ("safety_check", datetime(2026, 7, 1, 8, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("J-1,999,inspection,Damp,,", "uprn"),
        ("J-1,100030000001,party,Damp,,", "kind"),
        ("J-1,100030000001,inspection,,,", "reason"),
        ("J-1,100030000001,inspection,Damp,yesterday,", "reported_at"),
        ("J-1,100030000001,inspection,Damp,,ghosts", "hazard"),
    ],
)
def test_a_job_that_cannot_be_is_refused(row: str, column: str, importing: Importing) -> None:
    assert importing("jobs", f"{JOBS}{row}\n") == [f"2 refused {column}"]


def test_a_job_does_not_leave_the_home_that_a_visit_is_planned_at(importing: Importing, world: World) -> None:
    importing("jobs", FILES["jobs"])
    story = a_visit(world)
    with world.database.writing(CHECKING) as session:
        from fieldvisit.visits.models import Visit

        session.get_one(Visit, story.visit_id).job_id = session.scalars(select(Job.id).where(Job.ref == "J-1")).one()
    assert importing("jobs", FILES["jobs"].replace("100030000001", "100030000002")) == ["2 refused uprn"]


def test_a_message_becomes_a_repair_at_the_one_home_it_names(importing: Importing, find: Callable[..., Any]) -> None:
    assert importing("hact", MESSAGES / "good.json") == ["1 imported"]
    job = find(Job, reason="The kitchen tap drips")
    assert (job.home_id, job.kind) == (find(Home, uprn="100030000003").id, "responsive_repair")
    assert (job.priority, job.trade, job.reported_at) == ("2", "PL", datetime(2026, 12, 7, 8, 15, tzinfo=UTC))


def test_a_message_that_an_earlier_release_gave_another_number_is_known(
    importing: Importing, find: Callable[..., Any], world: World
) -> None:
    importing("hact", MESSAGES / "good.json")
    ref = find(Job, reason="The kitchen tap drips").ref
    assert ref.startswith("J-")
    with world.database.writing(CHECKING) as session:
        session.scalars(select(Job).where(Job.ref == ref)).one().ref = f"H-{ref[2:]}"
    assert importing("hact", MESSAGES / "good.json") == ["1 unchanged"]


def test_a_bad_message_stops_no_good_one(importing: Importing) -> None:
    said = [line.partition(" ")[2] for line in importing("hact", MESSAGES / "list.json")]
    wanted = "Priority.RequiredCompletionDateTime"
    assert said == ["imported", f"refused {wanted}", "refused SitePropertyUnit[0].Address", "imported"]


def test_two_homes_with_one_address_line_are_refused_with_their_number(
    importing: Importing, database: Database, policy: Policy
) -> None:
    importing("homes", HOMES + '8,"Flat 3, Mill House",LE13 9AB,,\n')
    (outcome,) = run("hact", MESSAGES / "good.json", database, policy, NOW)
    assert outcome.result.reason.startswith("2 candidates at LE13 9AB")


# --- what is printed ----------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(database: Database, policy: Policy, path: Path, out: io.StringIO) -> tuple[int, str, str]:
    err = type(out)()
    return print_report(run("homes", path, database, policy, NOW), out=out, err=err), out.getvalue(), err.getvalue()


def test_every_row_is_a_line_and_the_reason_is_on_standard_error(
    database: Database, policy: Policy, tmp_path: Path
) -> None:
    path = tmp_path / "homes.csv"
    path.write_text(HOMES + "1.00E+08,8 Fir Lane,LE13 9ZZ,,\n900000001,9 Fir Lane,LE13 9ZZ,,\n")
    code, out, err = printed(database, policy, path, io.StringIO())
    assert code == 1
    assert "line 2: refused 1.00E+08, uprn: A spreadsheet has shortened" in out
    assert "line 3: imported 900000001\n1 imported, 1 refused\n" in out
    assert err.startswith("1 row was refused. line 2: refused 1.00E+08, uprn:")


def test_a_terminal_shows_a_bar_and_counts_what_needs_no_line(
    database: Database, policy: Policy, tmp_path: Path
) -> None:
    path = tmp_path / "homes.csv"
    path.write_text(HOMES + "900000001,9 Fir Lane,LE13 9ZZ,,\n")
    code, out, err = printed(database, policy, path, Terminal())
    assert (code, out) == (0, "1 imported\n")
    assert "Importing [" in err and err.endswith("\r\x1b[K")


def test_a_file_that_is_not_there_is_one_sentence(database: Database, policy: Policy, tmp_path: Path) -> None:
    code, out, err = printed(database, policy, tmp_path / "none.csv", io.StringIO())
    assert (code, out, err) == (1, "", "none.csv cannot be opened: no such file or directory.\n")
