"""A case whose time is over goes: its words and its key. The rows stay, and one more says that it was destroyed, by whom.

Never before the council's own schedule says so: the rules refuse it (`state.py`), and so does the database (`tables.py`).
"""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldvisit.vault import state
from fieldvisit.vault.models import Act, Box, Case, Destruction, Reader
from fieldvisit.vault.seeing import Seen
from fieldvisit.vault.store import Vault


def destroy(session: Session, vault: Vault, seen: Seen, asked: str, reader: Reader, at: datetime) -> None:
    """asked: the person who asked for it; reader: the second one, who agrees. In the caller's transaction.

    What readers wrote when they opened it is locked under the case's key too, and goes with it (`record.py`).
    """
    due = state.kept_until(seen.state, vault.policy)
    assert due and asked, "two people, after its time: may() has said so"
    first = next(act.by_id for act in reversed(seen.acts) if act.kind == "asked_destroy")
    case_id = seen.case.id
    session.add(Destruction(case_id=case_id, at=at, due=due, asked_by_id=first, agreed_by_id=reader.id))
    session.flush()
    session.execute(update(Act).where(Act.case_id == case_id, Act.words.is_not(None)).values(words=None))
    session.execute(update(Box).where(Box.case_id == case_id).values(jwe=""))
    session.execute(update(Case).where(Case.id == case_id).values(key=b""))
