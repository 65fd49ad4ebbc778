"""What involved residents and panel members sign by their own link: the confidentiality agreement and the conflicts form.

Each is signed on joining, gone through every year, and again when things change (MR-4b, MR-5f, AL-2.7, AL-4d).
"""

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.declarations import interests, ties
from fieldvisit.declarations.models import Declaration, Recusal, Undertaking
from fieldvisit.declarations.rules import SHORTEST_REASON, keep_until
from fieldvisit.declarations.service import subject_of_involved
from fieldvisit.declarations.ties import Interest
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict, insist
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.tasks import Task

KINDS = ("confidentiality", "conflicts")
SIGN = "sign_again"  # the task that asks for one
ABOUT = ("meeting", "case")
# What stands above the signature, in our own words; a council's own document is a version of its code (R21).
TEXTS = {
    "confidentiality": (
        "What I read or hear as an involved resident or panel member is private. I use it for this work alone, tell it to "
        "nobody outside the group, the press and other groups included, and hand back or destroy papers when they are no "
        "longer needed. If something gets out, I say so at once. This stays true after I stop."
    ),
    "conflicts": (
        "I have said whatever could sway me, or could seem to: family, friends, money, work, groups, politics, or anything "
        "else. When it changes I say so. I take no part in talk or decisions that touch it, and leave if I am asked to."
    ),
}
_CLAUSE = Clause("Milton Keynes", "MR-4b")


@dataclass(frozen=True, slots=True)
class Standing:
    """One thing to sign. renew_on: None, it was never signed. changed: another text stands above the signature now."""

    kind: str
    signed_at: datetime | None
    renew_on: date | None
    changed: bool = False

    def is_due(self, today: date) -> bool:
        return self.renew_on is None or self.changed or today >= self.renew_on


def standings(session: Session, involved_id: str) -> list[Standing]:
    return [_standing(session, involved_id, kind) for kind in KINDS]


def _standing(session: Session, involved_id: str, kind: str) -> Standing:
    newest = (
        select(Undertaking)
        .where(Undertaking.involved_id == involved_id, Undertaking.kind == kind)
        .order_by(Undertaking.signed_at.desc(), Undertaking.id)
        .limit(1)
    )
    found = session.scalars(newest).first()
    if found is None:
        return Standing(kind, None, None)
    return Standing(kind, found.signed_at, found.renew_on, changed=found.text_sha256 != text_digest(kind))


def text_digest(kind: str) -> str:
    return hashlib.sha256(TEXTS[kind].encode()).hexdigest()


def asked(kind: str, involved_id: str) -> str:
    """How the causes of the tasks begin that ask for it."""
    return f"{SIGN}:{kind[:8]}:{involved_id}:"


def open_interests(session: Session, involved_id: str) -> Sequence[Declaration]:
    wanted = select(Declaration).where(
        Declaration.subject_kind == "involved", Declaration.subject_id == involved_id, Declaration.kind == "interest",
        Declaration.closed_at.is_(None),
    )  # fmt: skip
    return session.scalars(wanted.order_by(Declaration.declared_at, Declaration.id)).all()


def may_sign(name: str, *, agrees: bool) -> Verdict:
    if not agrees:
        return Refused("not-agreed", "Tick the box to say that you agree.", _CLAUSE)
    if not name.strip():
        return Refused("no-name", "Write your name.", _CLAUSE)
    return Allowed()


def sign(
    session: Session, involved: InvolvedPerson, kind: str, name: str, *, agrees: bool, key: str, at: datetime,
    policy: Policy, declared: Sequence[Interest] = (),
) -> None:  # fmt: skip
    """With the conflicts form come the interests that it names, each a declaration of its own."""
    insist(may_sign(name, agrees=agrees))
    for one in declared:
        insist(interests.may_be_written_here(one.who, one.what))
    if session.scalars(select(Undertaking.id).where(Undertaking.form_key == key)).first():
        return
    for number, one in enumerate(declared):
        ties.declare(session, subject_of_involved(involved), one, key=f"{key}:{number}", by=None, at=at, policy=policy)
    today = london_date(at)
    renew_on = interests.review_on(today, policy)
    signed = Undertaking(
        id=new_id(), involved_id=involved.id, kind=kind, signed_at=at, name=name.strip(),
        text_sha256=text_digest(kind), interests=len(declared), renew_on=renew_on,
        keep_until=keep_until(renew_on, policy), form_key=key,
    )  # fmt: skip
    with contextlib.suppress(IntegrityError), session.begin_nested():  # of two presses at once the first stands
        session.add(signed)
    waiting = select(Task).where(
        Task.cause.startswith(asked(kind, involved.id), autoescape=True), Task.done_at.is_(None)
    )
    for task in session.scalars(waiting):
        task.done_at = at


# --- recusals -----------------------------------------------------------------------------------------------------


def may_record(held_on: date, words: str, today: date) -> Verdict:
    """MR-5h, MR-5i, AL-5c. Refuses: future, no-words."""
    if held_on > today:
        return Refused("future", "That day has not come yet. Record it once it has happened.")
    if len(words.strip()) < SHORTEST_REASON:
        return Refused("no-words", "Say which item or case it was, and what was done to keep it fair.")
    return Allowed()


def record_recusal(
    session: Session, subject_kind: str, subject_id: str, about: str, *, held_on: date, left: bool, words: str, key: str,
    by: str, at: datetime, policy: Policy,
) -> None:  # fmt: skip
    insist(may_record(held_on, words, london_date(at)))
    insist(interests.may_be_written_here(words))
    if session.scalars(select(Recusal.id).where(Recusal.form_key == key)).first():
        return
    session.add(
        Recusal(
            id=new_id(), subject_kind=subject_kind, subject_id=subject_id, about=about, held_on=held_on, left=left,
            words=words, recorded_by=by, recorded_at=at, keep_until=keep_until(held_on, policy), form_key=key,
        )
    )  # fmt: skip
    session.flush()


def recusals_of(session: Session, subject_id: str) -> Sequence[Recusal]:
    wanted = select(Recusal).where(Recusal.subject_id == subject_id)
    return session.scalars(wanted.order_by(Recusal.held_on.desc(), Recusal.id)).all()
