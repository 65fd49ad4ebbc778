"""Somebody is called when a report waits: by the vault itself, and by a text that says nothing but 'sign in' (F45).

Nothing here goes through the messages of the main database: its rows, its senders and its backups know of no report.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.config import Config
from fieldvisit.ground.policy import Policy
from fieldvisit.messages.adapters import smtp
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.outgoing import NeverError, NotNowError, Outgoing
from fieldvisit.vault.models import About, Page, Reader
from fieldvisit.vault.opening import open_vault
from fieldvisit.vault.rules import OUTSIDE_CONTACT, to_page
from fieldvisit.vault.seeing import Everybody, Seen, everybody, look
from fieldvisit.vault.store import Vault

log = structlog.get_logger()
SUBJECT = "Please sign in"
TEXT = "Something waits for you. Please sign in to the safe now.\n"
TO_OUTSIDE = "Something waits for you. Please telephone the council's chief executive or monitoring officer now.\n"
EVERY_S = 30.0
SILENT = timedelta(minutes=5)  # from then on the vault's first page says that nobody is looking


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that somebody must see to. cause: what it is, once for each waiting; since: from when it counts."""

    cause: str
    since: datetime


def waits(seen: Seen, at: datetime) -> Iterator[Waiting]:
    """Reports that nobody has opened, and clocks that have run out."""
    for box in seen.unopened:
        yield Waiting(f"unopened:{box.id}", box.received_at)
    for clock in seen.clocks:
        if clock.due <= at:
            yield Waiting(f"{clock.name}:{clock.due:%Y%m%dT%H%M%S}", clock.due)


def watch(vault: Vault, at: datetime) -> int:
    """One round: writes down whom to call, then calls. How many were called. Safe to run several at once."""
    with vault.store.writing() as session:
        there = everybody(session)
        called = {(page.case_id, page.cause, page.reader_id) for page in session.scalars(select(Page))}
        for seen in look(session, vault, there, None):
            session.add_all(_of_case(vault, there, seen, called, at))
        session.get_one(About, 1).watched_at = at
    return _call(vault, at)


def watch_here(config: Config, policy: Policy, at: datetime) -> None:
    """For the worker of a home that holds its vault itself. A vault that does not open must not stop the post."""
    try:
        vault = open_vault(config, policy)
        try:
            watch(vault, at)
        finally:
            vault.store.dispose()
    except Exception as error:  # a worker does much else: texts and timers must go on
        log.error("vault-not-watched", error=type(error).__name__)


def _of_case(
    vault: Vault, there: Everybody, seen: Seen, called: Collection[tuple[str, str, str]], at: datetime
) -> Iterator[Page]:
    for waiting in waits(seen, at):
        for reader_id in to_page(waiting.since, at, there.whos(), seen.excluded, vault.policy.safeguarding):
            if (seen.case.id, waiting.cause, reader_id) not in called:
                yield Page(
                    case_id=seen.case.id, cause=waiting.cause, reader_id=reader_id, made_at=at, sent_at=None,
                    way=vault.config.vault_pager,
                )  # fmt: skip


def _call(vault: Vault, at: datetime) -> int:
    """Each until it has gone: a mail server that is away is asked again in the next round."""
    with vault.store.reading() as session:
        open_ones = list(session.scalars(select(Page).where(Page.sent_at.is_(None)).order_by(Page.made_at, Page.id)))
        emails = {row.id: row.email for row in session.scalars(select(Reader))} if open_ones else {}
        to = {page.id: _address(emails, vault, page) for page in open_ones}
    done = 0
    for page in open_ones:
        address, outside = to[page.id]
        try:
            if page.way == "smtp" and not _mail(vault.config.ways_of_sending(), address, outside, page, at):
                continue
        except NotNowError:  # the others would wait as long for the same server: timers and texts must go on
            log.error("vault-call-not-sent", error="NotNowError")
            break
        if page.way == "screen" and outside:
            log.warning("vault-call-outside")  # nobody outside looks at our screen: a person must telephone
        with vault.store.writing() as session:
            session.get_one(Page, page.id).sent_at = at
        done += 1
    return done


def _address(emails: Mapping[str, str], vault: Vault, page: Page) -> tuple[str, bool]:
    if page.reader_id == OUTSIDE_CONTACT:
        return vault.policy.safeguarding.outside_email.value, True
    return emails[page.reader_id], False


def _mail(sending: Sending, to: str, outside: bool, page: Page, at: datetime) -> bool:
    """False: never to this address; it stands on the vault's first page. Raises NotNowError."""
    words = TO_OUTSIDE if outside else TEXT
    try:
        smtp.send(Outgoing(page.id, "email", to, SUBJECT, words, "en"), sending, at)
    except NeverError as error:
        log.error("vault-call-not-sent", error=type(error).__name__)
        return False
    return True


# --- what the pages and `fieldvisit check` say of it --------------------------------------------------------------


def calls_of(session: Session, reader: Reader, seen: list[Seen]) -> list[Page]:
    """Calls to this reader about what they may see and what still waits, the latest first."""
    waiting = {(one.case.id, f"unopened:{box.id}") for one in seen for box in one.unopened}
    waiting |= {(one.case.id, f"{c.name}:{c.due:%Y%m%dT%H%M%S}") for one in seen for c in one.clocks}
    rows = session.scalars(select(Page).where(Page.reader_id == reader.id).order_by(Page.made_at.desc(), Page.id))
    return [page for page in rows if (page.case_id, page.cause) in waiting]


def nobody_looks(session: Session, at: datetime) -> bool:
    watched = session.get_one(About, 1).watched_at
    return watched is None or at - watched > SILENT
