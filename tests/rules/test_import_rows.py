"""Reading CSV files as councils and their contractors really send them."""

import codecs
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldvisit.register.cells import BadCell, postcode_of
from fieldvisit.register.rows import MOST_LINES, BadRow, Columns, Row, UnreadableFile, read_rows

COLUMNS = Columns(("uprn", "address_line", "postcode"), ("town",))
HEADER = "uprn,address_line,postcode,town\n"


def rows(data: bytes | str) -> list[Row | BadRow]:
    return list(read_rows(BytesIO(data.encode() if isinstance(data, str) else data), COLUMNS))


def unreadable(data: bytes | str) -> str:
    with pytest.raises(UnreadableFile) as refused:
        rows(data)
    return str(refused.value)


PLAIN = HEADER + "1,1 Larch Close,LE13 9AA,Melton\n2,2 Larch Close,LE13 9AA,\n"
READ = [
    Row(2, {"uprn": "1", "address_line": "1 Larch Close", "postcode": "LE13 9AA", "town": "Melton"}),
    Row(3, {"uprn": "2", "address_line": "2 Larch Close", "postcode": "LE13 9AA"}),
]


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        codecs.BOM_UTF8 + PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.encode("utf-16"),
        PLAIN.rstrip("\n").encode(),
        PLAIN.replace("postcode", "Post Code").replace("address_line", " ADDRESS-LINE ").encode(),
        PLAIN.replace("uprn", '"uprn"').encode(),
    ],
    ids=["plain", "bom", "windows", "old-mac", "semicolons", "tabs", "utf-16", "no-last-end", "header-words", "quoted"],
)
def test_one_file_in_ten_dresses_is_one_file(data: bytes) -> None:
    assert rows(data) == READ


def test_a_line_break_in_quotation_marks_belongs_to_its_cell_and_the_next_row_knows_its_line() -> None:
    first, second = rows(HEADER + '1,"Flat 1\r\nMill House",LE13 9AA,\n2,2 Larch Close,LE13 9AA,\n')
    assert isinstance(first, Row) and first.cells["address_line"] == "Flat 1\r\nMill House"
    assert (first.line, second.line) == (2, 4)


def test_a_quotation_mark_never_closed_refuses_its_own_row_and_no_other() -> None:
    found = rows(HEADER + '1,"Flat 1,LE13 9AA,\n2,2 Larch Close,LE13 9AA,\n3,"Flat 3, Mill House",LE13 9AA,\n')
    assert [(type(row), row.line) for row in found] == [(BadRow, 2), (Row, 3), (Row, 4)]


@pytest.mark.parametrize(("lines", "kinds"), [(MOST_LINES, {Row}), (MOST_LINES + 1, {BadRow})])
def test_a_cell_may_have_so_many_lines_and_not_one_more(lines: int, kinds: set[type]) -> None:
    reason = "\n".join(["1,x,LE13 9AA"] * (lines - 1))
    found = rows(HEADER + f'7,"{reason}\n",LE13 9AA\n')
    assert {type(found[0])} == kinds


def test_empty_lines_are_no_rows_but_they_are_lines() -> None:
    assert [row.line for row in rows(HEADER + "\n,,,\n1,1 Larch Close,LE13 9AA,\n")] == [4]


def test_letters_that_are_not_utf_8_refuse_their_own_row_and_say_how_to_save_the_file() -> None:
    bad, good = rows(HEADER.encode() + b"1,Caf\xe9 Row,LE13 9AA,\n2,2 Larch Close,LE13 9AA,\n")
    assert isinstance(bad, BadRow) and isinstance(good, Row)
    assert (bad.line, bad.column) == (2, "address_line")
    assert "CSV UTF-8" in bad.reason


def test_a_row_with_more_cells_than_the_header_is_refused() -> None:
    bad, _ = rows(HEADER + "1,1 Larch Close, Melton,LE13 9AA,Melton\n2,2 Larch Close,LE13 9AA,\n")
    assert isinstance(bad, BadRow) and "5 cells and the header 4" in bad.reason


def test_columns_that_nobody_asked_for_are_left_alone() -> None:
    (row,) = rows("uprn,address_line,postcode,floor\n1,1 Larch Close,LE13 9AA,\x07\n")
    assert isinstance(row, Row) and "floor" not in row.cells


def test_a_missing_column_is_named() -> None:
    assert "does not name the column postcode" in unreadable("uprn,address_line\n1,x\n")


def test_a_column_named_twice_is_refused() -> None:
    assert "postcode more than once" in unreadable("uprn,address_line,postcode,post_code\n")


@pytest.mark.parametrize("data", [b"", b"\n\n\r\n", codecs.BOM_UTF8])
def test_an_empty_file_says_what_its_first_line_must_be(data: bytes) -> None:
    assert "empty" in unreadable(data)


@pytest.mark.parametrize("data", [b"PK\x03\x04 sheet", b"uprn\x00address", b"\xd0\xcf\x11\xe0old"])
def test_a_spreadsheet_is_told_from_a_csv_file(data: bytes) -> None:
    assert "CSV UTF-8" in unreadable(data)


@pytest.mark.parametrize("postcode", ["B1 2CD", "le131aa", "SW1A 2AA", "CF10 1SP", "M1 1AB", "W1T 3JH"])
def test_every_shape_of_postcode_is_taken(postcode: str) -> None:
    assert postcode_of({"postcode": postcode}).replace(" ", "") == postcode.replace(" ", "").upper()


@pytest.mark.parametrize("postcode", ["LE13", "LE13 AAA", "13LE 1AA", "LEX13 1AA", "LE13 1A", "75008"])
def test_no_other_shape_of_postcode_is(postcode: str) -> None:
    with pytest.raises(BadCell):
        postcode_of({"postcode": postcode})


@given(st.binary(max_size=400))
def test_no_bytes_whatever_break_the_reading(data: bytes) -> None:
    for start in (b"", HEADER.encode(), codecs.BOM_UTF16_LE + HEADER.encode("utf-16-le")):
        try:
            rows(start + data)
        except UnreadableFile as refused:
            assert str(refused).endswith(".")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30), min_size=1, max_size=5))
def test_good_rows_come_through_whatever_stands_between_them(rubbish: list[str]) -> None:
    between = "\n".join(line.replace("\n", "").replace("\r", "") for line in rubbish)
    found = rows(f"{HEADER}{between}\n9,9 Larch Close,LE13 9AA,\n")
    assert any(isinstance(row, Row) and row.cells.get("address_line") == "9 Larch Close" for row in found)
