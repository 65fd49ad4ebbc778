"""People's own words, beside the log. The one function that writes them, so that encryption and erasure have one door."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.clock import years_on as years_on
from fieldvisit.ground.policy import Policy
from fieldvisit.visits.models import Entry, Words


def seal_for(
    session: Session, subject_id: str, entry: Entry, words: dict[str, str], at: datetime, policy: Policy
) -> None:
    """Keeps what was said about one subject (a home) with the entry that it belongs to, as long as the visit itself."""
    for field, text in words.items():
        session.add(
            Words(
                entry_id=entry.id,
                subject_id=subject_id,
                field=field,
                text=storable(text),
                keep_until=years_on(london_date(at), policy.keep.visit_years.value),
            )
        )


def storable(text: str) -> str:
    """A phone may cut a text in the middle of a picture, or send a NUL: no database keeps those, and the rest counts."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def words_of_visit(session: Session, visit_id: str) -> dict[str, dict[str, str]]:
    """Entry id -> field -> words, of every entry of the visit that the person asking may read."""
    found: dict[str, dict[str, str]] = {}
    entries = select(Entry.id).where(Entry.visit_id == visit_id)
    for words in session.scalars(select(Words).where(Words.entry_id.in_(entries))):
        found.setdefault(words.entry_id, {})[words.field] = words.text
    return found
