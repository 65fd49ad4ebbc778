"""Files from other systems: every row is judged alone, and the same file twice changes nothing."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from fieldvisit.badges.models import Badge
from fieldvisit.badges.service import badge_of, standing
from fieldvisit.codes.models import Acknowledgement
from fieldvisit.db import Database
from fieldvisit.desk import imports
from fieldvisit.desk.import_badges import months_on
from fieldvisit.desk.imports import print_report, run
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import CHECKING
from fieldvisit.register.models import Area, Firm, Home, Household, ImportedRow, Person, PersonArea, Resident
from fieldvisit.visits.models import Job
from tests.stories import a_visit
from tests.world import NOW, World

MESSAGES = Path(__file__).parent / "hact"
HOMES = "uprn,address_line,postcode,town,area\n"
PEOPLE = ("ref,role,name,company,email,phone,areas,badge_number,code_signed_on,training_until,insurance_until,uprn,"
          "language,unusable_channels\n")  # fmt: skip
JOBS = "ref,uprn,kind,reason,reported_at,hazard\n"
OPERATIVE = "P-1,operative,Nia Holt,Fenwick Gas,Nia@Fenwick.Example,7700 900555,North|South,"
OPERATIVE += "fg-1,2026-11-02,2027-03-31,31/05/2027,,,\n"

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


def writes_of(database: Database) -> list[str]:
    found: list[str] = []

    @event.listens_for(database.writer, "before_cursor_execute")
    def _note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.split()[0].upper() in ("INSERT", "UPDATE", "DELETE"):
            found.append(statement)

    return found


# --- every kind ---------------------------------------------------------------------------------------------------

FILES = {
    "homes": HOMES + "900000001,9 Fir Lane,LE13 9ZZ,Melton Mowbray,West\n100030000001,1 Larch Close,LE13 9AA,,\n",
    "people": PEOPLE + OPERATIVE + "T-9,tenant,Ida Croft,,,01632 960123,,,,,,100030000001,pl,sms|email\n",
    "jobs": JOBS + "J-1,100030000001,Inspection,Damp in the hall,08/12/2026 08:00,damp_and_mould_growth\n",
    "hact": (MESSAGES / "list.json").read_text(),
}


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


# --- people -------------------------------------------------------------------------------------------------------


def test_an_operative_comes_with_firm_areas_badge_and_signed_code(
    importing: Importing, database: Database, find: Callable[..., Any]
) -> None:
    assert importing("people", PEOPLE + OPERATIVE) == ["2 imported"]
    with database.reading(CHECKING) as session:
        person = session.scalars(select(Person).where(Person.ref == "P-1")).one()
        facts = standing(session, person, badge_of(session, person.id), date(2026, 12, 8))
        assert len(person.areas) == 2
    assert (facts.state, facts.code_signed) == ("active", True)
    assert (facts.training_until, facts.insurance_until) == (date(2027, 3, 31), date(2027, 5, 31))
    assert (person.email, person.phone, person.password_hash) == ("nia@fenwick.example", "07700900555", None)
    assert find(Badge, number="FG-1").issued_on == date(2026, 12, 8)


def test_a_badge_lasts_as_many_months_as_the_policy_says() -> None:
    assert months_on(date(2026, 8, 30), 6) == date(2027, 2, 28)
    assert months_on(date(2026, 12, 8), 12) == date(2027, 12, 8)


def test_a_new_badge_number_suspends_the_old_badge(importing: Importing, find: Callable[..., Any]) -> None:
    importing("people", PEOPLE + OPERATIVE)
    assert importing("people", PEOPLE + OPERATIVE.replace("fg-1", "fg-2")) == ["2 changed"]
    assert (find(Badge, number="FG-1").state, find(Badge, number="FG-2").state) == ("suspended", "active")


@pytest.mark.parametrize("number", ["mb-1001", "MB1001"])
def test_somebody_elses_badge_number_is_refused(number: str, importing: Importing, find: Callable[..., Any]) -> None:
    assert importing("people", PEOPLE + OPERATIVE.replace("fg-1", number)) == ["2 refused badge_number"]
    assert find(Person, ref="P-1") is None


@pytest.mark.parametrize("signed", ["2025-06-01", ""])
def test_a_code_signed_before_it_came_into_force_is_not_signed(signed: str, importing: Importing, count: Any) -> None:
    before = count(Acknowledgement)
    assert importing("people", PEOPLE + OPERATIVE.replace("2026-11-02", signed)) == ["2 imported"]
    assert count(Acknowledgement) == before


def test_a_code_signed_tomorrow_is_refused(importing: Importing) -> None:
    assert importing("people", PEOPLE + OPERATIVE.replace("2026-11-02", "09/12/2026")) == ["2 refused code_signed_on"]


def test_an_area_that_the_file_no_longer_names_ends(importing: Importing, database: Database) -> None:
    importing("people", PEOPLE + OPERATIVE)
    importing("people", PEOPLE + OPERATIVE.replace("North|South", "South"))
    with database.reading(CHECKING) as session:
        rows = session.execute(
            select(Area.name, PersonArea.ends).join(Area, Area.id == PersonArea.area_id)
            .join(PersonArea.person).where(Person.ref == "P-1")
        )  # fmt: skip
        assert dict(rows.all()) == {"North": NOW, "South": None}


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("operative", "plumber", "role"),
        ("Fenwick Gas", "", "company"),
        ("Nia@Fenwick.Example", "asha@council.example", "email"),
        ("Nia@Fenwick.Example", "nia at fenwick", "email"),
        ("7700 900555", "7.70E+09", "phone"),
        ("fg-1", "a number far too long", "badge_number"),
        ("2027-03-31", "31/02/2027", "training_until"),
        ("31/05/2027", "5/31/2027", "insurance_until"),
        ("31/05/2027", "46538", "insurance_until"),
        ("P-1", "T-1", "ref"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_of_its_row_is_kept(
    old: str, new: str, column: str, importing: Importing, count: Callable[..., int]
) -> None:
    before = (count(Person), count(Firm))
    assert importing("people", PEOPLE + OPERATIVE.replace(old, new)) == [f"2 refused {column}"]
    assert (count(Person), count(Firm)) == before


def test_one_e_mail_address_is_one_person(importing: Importing) -> None:
    second = OPERATIVE.replace("P-1", "P-2").replace("fg-1", "fg-2")
    assert importing("people", PEOPLE + OPERATIVE + second) == ["2 imported", "3 refused email"]


def test_one_firm_has_one_insurance_date_in_one_file(importing: Importing) -> None:
    second = "P-2,operative,Joe Pike,FENWICK GAS,joe@fenwick.example,,,,,,2027-01-01,,,\n"
    assert importing("people", PEOPLE + OPERATIVE + second) == ["2 imported", "3 refused insurance_until"]


def test_a_tenant_is_found_by_uprn_and_their_needs_are_the_households(importing: Importing, database: Database) -> None:
    assert importing("people", FILES["people"])[1] == "3 imported"
    with database.reading(CHECKING) as session:
        home = select(Home.id).where(Home.uprn == "100030000001").scalar_subquery()
        needs = session.scalars(select(Household).where(Household.home_id == home)).one()
        assert (needs.language, needs.unusable_channels) == ("pl", ["email", "sms"])
        assert session.scalars(select(Resident).where(Resident.ref == "T-9")).one().phone == "01632960123"


def test_a_household_that_can_use_every_channel_again_says_none(importing: Importing, find: Callable[..., Any]) -> None:
    importing("people", FILES["people"])
    importing("people", FILES["people"].replace("sms|email", "none"))
    home = find(Home, uprn="100030000001")
    assert find(Household, home_id=home.id).unusable_channels == []


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("T-9,tenant,Ida Croft,,,,,,,,,,,", "uprn"),
        ("T-9,tenant,Ida Croft,,,,,,,,,999,,", "uprn"),
        ("T-9,tenant,Ida Croft,,,,,MB-9,,,,100030000001,,", "badge_number"),
        ("T-9,tenant,Ida Croft,,,,,,,,,100030000001,,pigeon", "unusable_channels"),
        ("asha,tenant,Ida Croft,,,,,,,,,100030000001,,", "ref"),
    ],
)
def test_a_tenant_row_that_cannot_be_is_refused(row: str, column: str, importing: Importing) -> None:
    assert importing("people", f"{PEOPLE}{row}\n") == [f"2 refused {column}"]


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
