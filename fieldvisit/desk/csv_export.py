"""The visit log's page as a file for a spreadsheet, in which nothing can turn into a formula (threat T35)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fieldvisit.desk.wording import Say
from fieldvisit.ground.clock import in_london
from fieldvisit.ground.sheet import BYTE_ORDER_MARK, FORMULA_SIGNS, harmless, sheet
from fieldvisit.visits.models import Visit

__all__ = ["BYTE_ORDER_MARK", "COLUMNS", "FORMULA_SIGNS", "as_csv", "file_name", "harmless", "uprn_as_text"]
WORDS = frozenset({"Reason"})  # the columns in which somebody wrote
COLUMNS = (
    "Visit", "UPRN", "Address", "Postcode", "Kind", "Reason", "Contractor", "Worker", "Date", "From", "To", "Stage",
    "Outcome", "Notice", "Exceptions",
)  # fmt: skip


def as_csv(visits: Sequence[Visit], firms: Mapping[str | None, str], say: Say, *, words: bool) -> bytes:
    """words: may the person who takes the file read what people wrote?"""
    shown = [place for place, column in enumerate(COLUMNS) if words or column not in WORDS]
    rows = (COLUMNS, *(_row(visit, firms, say) for visit in visits))
    return sheet([row[place] for place in shown] for row in rows)


def uprn_as_text(uprn: str) -> str:
    """With its name before it. A spreadsheet takes twelve bare digits for a number, quoted or not, and shows
    1.0003E+11. An apostrophe would stay in the cell, ="..." is itself a formula, and an invisible sign would break
    every later look-up unseen. A word before the digits is text in every spreadsheet and plain to everybody.
    """
    return f"UPRN {uprn}"


def file_name(at: datetime) -> str:
    """Says when and nothing of whom: names of files end up in mail subjects and on shared screens."""
    return f"visit-log-{in_london(at):%Y-%m-%d-%H%M}.csv"


def _row(visit: Visit, firms: Mapping[str | None, str], say: Say) -> list[str]:
    starts, ends = in_london(visit.window_start), in_london(visit.window_end)
    return [
        visit.ref,
        uprn_as_text(visit.home.uprn),
        ", ".join(part for part in (visit.home.address_line, visit.home.town) if part),
        visit.home.postcode,
        say("kind", visit.kind),
        visit.reason,
        firms.get(visit.firm_id, ""),
        visit.lead.name,
        f"{starts:%d/%m/%Y}",
        f"{starts:%H:%M}",
        f"{ends:%H:%M}",
        say("stage", visit.stage),
        say("outcome", visit.outcome or "open"),
        say("notice", visit.notice_result),
        "; ".join(say("exception", code) for code in visit.exceptions),
    ]
