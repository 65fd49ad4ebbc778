"""The vault's own access record: one chain, each line's keyed hash over the line and the one before it (security.md 5.6)."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.db import canonical
from fieldvisit.failpoints import reach
from fieldvisit.vault.intake import known
from fieldvisit.vault.keys import VaultKeys, sealed_with
from fieldvisit.vault.models import About, Exclusion, Reader, Record
from fieldvisit.vault.naming import persons
from fieldvisit.vault.store import Store, Vault

ABSENT = "absent"  # a case was asked for that is not there, or not for whoever asked


def note(
    session: Session,
    vault: Vault,
    reader: Reader,
    action: str,
    object_id: str,
    at: datetime,
    *,
    reason: str = "",
    words: str = "",
    key: bytes | None = None,
) -> None:
    """In the caller's transaction. words: in the reader's own, locked under `key`, the case's: they go when that goes."""
    reach("vault_record")
    about = session.get_one(About, 1, populate_existing=True)
    line = Record(
        seq=about.seq + 1, at=at, reader_id=reader.id, action=action, object_id=object_id[:32], reason=reason,
        words=None, prev_hash=about.head, hash="",
    )  # fmt: skip
    if words:
        place = f"record|words|{line.seq}"
        line.words = sealed_with(key, words.encode(), place) if key else vault.keys.lock(words.encode(), place)
    line.hash = _hash(vault.keys, line)
    session.add(line)
    about.seq, about.head = line.seq, line.hash
    session.flush()


def _hash(keys: VaultKeys, line: Record) -> str:
    said = {
        "seq": line.seq, "at": line.at.astimezone(UTC).isoformat(timespec="microseconds"), "reader": line.reader_id,
        "action": line.action, "object": line.object_id, "reason": line.reason,
        "words": line.words.hex() if line.words else "", "prev": line.prev_hash,
    }  # fmt: skip
    return keys.chain(canonical(said).encode())


def own_lines(session: Session, reader: Reader, most: int = 200) -> list[Record]:
    """The latest first, of whoever asks, of their earlier enrolments too; none of a case that names them (N1).

    A line that says 'not there' stays whatever was asked for: it reads the same for a case and for no case.
    """
    rows = list(session.scalars(select(Reader)))
    who = persons({row.id: known(row) for row in rows})
    same = [row.id for row in rows if who[row.id] == who[reader.id]]
    lost = select(Exclusion.case_id).where(Exclusion.reader_id.in_(same))
    wanted = select(Record).where(Record.reader_id.in_(same))
    wanted = wanted.where((Record.action == ABSENT) | Record.object_id.not_in(lost))
    return list(session.scalars(wanted.order_by(Record.seq.desc()).limit(most)))


def problems(store: Store, keys: VaultKeys) -> Iterator[str]:
    """One sentence for what is not as it was written."""
    with store.reading() as session:
        about, before, count = session.get_one(About, 1), "", 0
        for line in session.scalars(select(Record).order_by(Record.seq)):
            count += 1
            if (line.seq, line.prev_hash, line.hash) != (count, before, _hash(keys, line)):
                yield f"The vault's access record: line {count} was changed, moved or lost."
                return
            before = line.hash
        if (about.seq, about.head) != (count, before):
            yield f"The vault's access record should have {about.seq} lines and has {count}."
