"""Rows as a file for a spreadsheet, in which nothing can turn into a formula (threat T35)."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet reads ‘ and £ as two signs each
# What begins a formula, in ASCII, full width, small form, and the true minus sign that a keyboard may write.
FORMULA_SIGNS = frozenset("=+-@\t\r\n＝＋－＠﹦﹢﹣﹫−")


def sheet(rows: Iterable[Sequence[str]]) -> bytes:
    """CSV in UTF-8. The first row is its head."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return (BYTE_ORDER_MARK + written.getvalue()).encode()


def harmless(cell: str) -> str:
    """With an apostrophe before it where a spreadsheet might calculate with it. Blanks and invisible signs do not hide
    a formula: some spreadsheets drop them."""
    for sign in cell:
        if sign in FORMULA_SIGNS:
            return "'" + cell
        if unicodedata.category(sign)[0] not in "ZC":
            return cell
    return cell
