"""Involved residents and panel members: no sign-in (ruling R8), but a personal link `/p/<token>` and a word of their own.

The link is made of a handle, which is stored, and a digest of it under this home's key, which is not; the word is a
digest too, and stored nowhere: whoever copies the database opens no link and knows no word. A slice that has something
for such a person to sign, declare or answer adds its lines to `LINES`, and serves the page that a line leads to.
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import ForeignKey, Index, String, delete, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldvisit.db import Base, random_key
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy

KINDS = {"resident": "Involved resident", "panel": "Panel member"}
WORD_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U: read out and typed without mistakes
WORD_LENGTH = 8
CODE_LENGTH = 6
CODE = "((six characters))"  # where they stand in a paper, until it goes out
OPEN_AFTERWARDS = timedelta(days=180)  # somebody who was removed may still appeal, and read what they signed
WRONG_TRIES = 5
IN_AN_HOUR = timedelta(hours=1)
NOBODY = ""
_HANDLE = 11  # characters of base64url: 64 random bits
_DIGEST = 22  # 128 bits: what makes a token impossible to guess
_OURS = re.compile(r"[A-Za-z0-9_-]{1,64}")


class InvolvedPerson(Base):
    """kind: resident (of resident involvement), panel (of a scrutiny panel). ends_on: the last day; None, no end is known.

    link_number: a new one makes a new link and a new word, and the old ones open nothing.
    """

    __tablename__ = "involved_person"
    id: Mapped[str] = random_key()
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str]
    organisation: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    area_id: Mapped[str | None] = mapped_column(ForeignKey("area.id"), index=True)  # None: of the whole council
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    handle: Mapped[str] = mapped_column(String(12), unique=True)
    link_number: Mapped[int] = mapped_column(default=1)

    def is_involved(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    @property
    def kind_label(self) -> str:
        return KINDS[self.kind]


class InvolvedTry(Base):
    """A wrong word: counted for that one person alone."""

    __tablename__ = "involved_try"
    id: Mapped[str] = random_key()
    involved_id: Mapped[str] = mapped_column(ForeignKey("involved_person.id"))
    at: Mapped[datetime]
    __table_args__ = (Index(None, "involved_id", "at"),)


class InvolvedStop(Base):
    """They take no part from `starts` to `ends` (aware UTC; None: still), since a letter said so. Why is not here.

    kind: paused, ended. cause: what said it; one open row of each. was_until: their last day, as it was known before.
    """

    __tablename__ = "involved_stop"
    id: Mapped[str] = random_key()
    involved_id: Mapped[str] = mapped_column(ForeignKey("involved_person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    cause: Mapped[str] = mapped_column(String(40))
    starts: Mapped[datetime]
    ends: Mapped[datetime | None]
    was_until: Mapped[date | None]


@dataclass(frozen=True, slots=True)
class Line:
    """Something that this person must do, or may look at. path: what stands after `/p/<token>/` in its page's address."""

    title: str
    says: str
    path: str
    button: str
    due_on: date | None = None
    is_done: bool = False


Told = Callable[[Session, InvolvedPerson, str, datetime, Policy], None]
TELLING: list[Told] = []


def tells_of_a_new_link(function: Told) -> Told:
    """Whoever sends messages says so once, when the tables are loaded."""
    TELLING.append(function)
    return function


Lines = Callable[[Session, InvolvedPerson, datetime], Sequence[Line]]
LINES: list[Lines] = []
ALWAYS: list[Lines] = []  # also of whoever takes no part now: what was written to them


def adds_lines_always(function: Lines) -> Lines:
    ALWAYS.append(function)
    return function


def adds_lines(function: Lines) -> Lines:
    """A slice says so once, beside the routes that its lines lead to."""
    LINES.append(function)
    return function


def lines_of(session: Session, involved: InvolvedPerson, at: datetime) -> list[Line]:
    """What is still to do stands first, the soonest at the top."""
    open_to_them = ALWAYS if is_stopped(session, involved.id, at) else [*LINES, *ALWAYS]
    found = [line for of in open_to_them for line in of(session, involved, at)]
    return sorted(found, key=lambda line: (line.is_done, line.due_on or date.max, line.title))


# --- who there is -------------------------------------------------------------------------------------------------


def take_in(
    session: Session, kind: str, name: str, *, starts_on: date, area_id: str | None = None, organisation: str = "",
    email: str = "", phone: str = "", address: str = "", ends_on: date | None = None,
) -> InvolvedPerson:  # fmt: skip
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of involvement: {', '.join(KINDS)}")
    involved = InvolvedPerson(
        kind=kind, name=name, organisation=organisation, email=email, phone=phone, address=address, area_id=area_id,
        starts_on=starts_on, ends_on=ends_on, handle=secrets.token_urlsafe(8), link_number=1,
    )  # fmt: skip
    session.add(involved)
    session.flush()
    return involved


def involved_now(session: Session, day: date, areas: frozenset[str] | None = None) -> list[InvolvedPerson]:
    """areas: whose they are, and those of the whole council; None, all."""
    wanted = select(InvolvedPerson).where(
        InvolvedPerson.starts_on <= day, or_(InvolvedPerson.ends_on.is_(None), InvolvedPerson.ends_on >= day)
    )
    if areas is not None:
        wanted = wanted.where(or_(InvolvedPerson.area_id.is_(None), InvolvedPerson.area_id.in_(areas)))
    return list(session.scalars(wanted.order_by(InvolvedPerson.name, InvolvedPerson.id)))


# --- who takes no part now ----------------------------------------------------------------------------------------


def stop(session: Session, involved_id: str, kind: str, cause: str, at: datetime) -> None:
    """kind: paused, ended, or "" where this cause stops them no longer. Said again, it is as it was."""
    person = session.get_one(InvolvedPerson, involved_id)
    of_it = (InvolvedStop.involved_id == involved_id, InvolvedStop.cause == cause, InvolvedStop.ends.is_(None))
    row = session.scalars(select(InvolvedStop).where(*of_it)).first()
    if row is not None and row.kind == kind:
        return
    if row is not None:
        row.ends = at
        if row.kind == "ended" and person.ends_on == london_date(row.starts):  # nobody has said another day since
            person.ends_on = row.was_until
    if kind:
        new = InvolvedStop(involved_id=involved_id, kind=kind, cause=cause, starts=at, was_until=person.ends_on)
        session.add(new)
        if kind == "ended":
            person.ends_on = min(person.ends_on or date.max, london_date(at))
    session.flush()


def stopped(session: Session, involved_ids: Iterable[str], at: datetime) -> dict[str, str]:
    """Of these people, who takes no part now: "ended" outdoes "paused"."""
    wanted = select(InvolvedStop.involved_id, InvolvedStop.kind).where(
        InvolvedStop.involved_id.in_(list(involved_ids)), InvolvedStop.starts <= at,
        or_(InvolvedStop.ends.is_(None), InvolvedStop.ends > at),
    ).order_by(InvolvedStop.kind.desc())  # fmt: skip
    return dict(session.execute(wanted).all())


def is_stopped(session: Session, involved_id: str, at: datetime) -> bool:
    return bool(stopped(session, [involved_id], at))


# --- the link and the word ----------------------------------------------------------------------------------------


def key_of_links(secret: bytes) -> bytes:
    """The key of these links, from this home's secret."""
    return hmac.digest(secret, b"involved links 1", "sha256")


def token_of(involved: InvolvedPerson, key: bytes) -> str:
    return involved.handle + _digest(involved.handle, involved.link_number, key)


def word_of(involved: InvolvedPerson, key: bytes) -> str:
    """What they are told on paper or face to face, in two halves: 'K7PQ 4M2R'."""
    made = hmac.digest(key, f"word\n{involved.handle}\n{involved.link_number}".encode(), sha256)
    letters = "".join(WORD_LETTERS[byte % len(WORD_LETTERS)] for byte in made[:WORD_LENGTH])
    return f"{letters[:4]} {letters[4:]}"


def renew_link(session: Session, involved: InvolvedPerson, *, by: str, at: datetime, policy: Policy) -> None:
    """The old link and word open nothing from now on; and the person is told, so that nobody renews them behind their back."""
    involved.link_number += 1
    for tell in TELLING:
        tell(session, involved, by, at, policy)


def code_of(paper_id: str, key: bytes) -> str:
    """Six characters, printed on one paper that went to the person alone: 'K7P Q4M'. Whoever made the word has not read them."""
    made = hmac.digest(key, f"paper\n{paper_id}".encode(), sha256)
    letters = "".join(WORD_LETTERS[byte % len(WORD_LETTERS)] for byte in made[:CODE_LENGTH])
    return f"{letters[:3]} {letters[3:]}"


def fill_code(text: str, paper_id: str, key: bytes) -> str:
    """As it goes out. What is kept of it, and whoever wrote it reads, has the empty place."""
    return text.replace(CODE, code_of(paper_id, key))


def is_code_of(typed: str, paper_id: str, key: bytes) -> bool:
    return hmac.compare_digest(_typed(typed), _typed(code_of(paper_id, key)))


def note_wrong(session: Session, involved: InvolvedPerson, at: datetime) -> None:
    """Guesses of these characters count as guesses of the word do."""
    session.add(InvolvedTry(involved_id=involved.id, at=at))
    session.flush()


class Knock(StrEnum):
    NOBODY = "nobody"  # a link that opens nothing, whyever
    NO_WORD = "no-word"
    WRONG = "wrong"
    WAIT = "wait"


def behind(session: Session, token: str, key: bytes, at: datetime) -> InvolvedPerson | None:
    """Whom this link belongs to. What we never make costs the same look into the database as a wrong one."""
    token = token if _OURS.fullmatch(token) else NOBODY
    handle, given = token[:_HANDLE], token[_HANDLE:]
    found = session.scalars(select(InvolvedPerson).where(InvolvedPerson.handle == handle)).first()
    right = hmac.compare_digest(given.encode(), _digest(handle, found.link_number if found else 0, key).encode())
    if found is None or not right:
        return None
    day = london_date(at)
    over = found.ends_on is not None and day > found.ends_on + OPEN_AFTERWARDS
    return None if over or day < found.starts_on else found


def knock(session: Session, token: str, word: str, key: bytes, at: datetime) -> InvolvedPerson | Knock:
    """Opens with the person's own word. A wrong one counts against this link alone; none at all does not count.

    In a transaction that may write, and that is kept whatever comes back: a wrong word must stay counted.
    """
    found = behind(session, token, key, at)
    if found is None:
        return Knock.NOBODY
    session.scalars(select(InvolvedPerson).where(InvolvedPerson.id == found.id).with_for_update()).one()
    session.execute(delete(InvolvedTry).where(InvolvedTry.at <= at - IN_AN_HOUR))
    wrong = select(func.count()).select_from(InvolvedTry).where(InvolvedTry.involved_id == found.id)
    if (session.scalar(wrong) or 0) >= WRONG_TRIES:
        return Knock.WAIT
    if not word.strip():
        return Knock.NO_WORD
    if not hmac.compare_digest(_typed(word), _typed(word_of(found, key))):
        note_wrong(session, found, at)
        return Knock.WRONG
    return found


def _typed(word: str) -> bytes:
    """As typed by a person: blanks, hyphens and small letters are forgiven."""
    return "".join(letter for letter in word.upper() if letter.isalnum()).encode()


def _digest(handle: str, number: int, key: bytes) -> str:
    made = hmac.digest(key, f"{handle}\n{number}".encode(), sha256)
    return urlsafe_b64encode(made[:16]).decode().rstrip("=")
