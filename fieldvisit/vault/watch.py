"""Somebody is called when a report waits: by the vault itself, and by a text that says nothing but 'sign in' (F45).

Nothing here goes through the messages of the main database: its rows, its senders and its backups know of no report.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.config import Config
from fieldvisit.ground.clock import say_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.messages.adapters import notify, smtp
from fieldvisit.messages.outgoing import NeverError, NotNowError, Outgoing
from fieldvisit.vault.models import About, Page, Reader
from fieldvisit.vault.opening import open_vault
from fieldvisit.vault.rules import OUTSIDE_CONTACT, called_again, to_page
from fieldvisit.vault.seeing import Everybody, Seen, everybody, look, who_can_read
from fieldvisit.vault.store import Vault

log = structlog.get_logger()
SUBJECT = "Please sign in"
TEXT = "Something waits for you. Please sign in to the safe now.\n"
TO_OUTSIDE = (
    "Something waits for you in the council's safe. Who can open it: {who}. Please telephone one of them now.\n"
)
NOBODY_CAN = (
    "Something waits for you in the council's safe, and nobody who has a code can open it. Please ask the council's chief "
    "executive or monitoring officer now to have you enrolled at its console.\n"
)
AGAIN = ":again:"  # in a cause: the same waiting, called about once more
SCREEN = "screen"  # a way that is none
EVERY_S = 30.0
SILENT = timedelta(minutes=5)  # from then on the vault's first page says that nobody is looking


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that somebody must see to. cause: what it is, once for each waiting; since: from when it counts.

    unopened: a report that nobody has read; danger: and it says that somebody is in danger now."""

    cause: str
    since: datetime
    unopened: bool = False
    danger: bool = False


def waits(seen: Seen, at: datetime) -> Iterator[Waiting]:
    """Reports that nobody has opened, and clocks that have run out."""
    for box in seen.unopened:
        yield Waiting(f"unopened:{box.id}", box.received_at, unopened=True, danger=box.danger)
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
    """Of those who must be called again, once more for the latest time alone: a watch that was away makes up for none."""
    settings = vault.policy.safeguarding
    for waiting in waits(seen, at):
        who = to_page(waiting.since, at, there.whos(), seen.excluded, settings, danger=waiting.danger)
        causes = [waiting.cause]
        if waiting.unopened and (again := called_again(waiting.since, at, settings, danger=waiting.danger)):
            causes.append(f"{waiting.cause}{AGAIN}{again}")
        for cause, reader_id in product(causes, sorted(who)):
            if (seen.case.id, cause, reader_id) not in called:
                yield Page(
                    case_id=seen.case.id, cause=cause, reader_id=reader_id, made_at=at, sent_at=None,
                    way=vault.config.vault_pager,
                )  # fmt: skip


def _call(vault: Vault, at: datetime) -> int:
    """Each until it has gone: a server that is away is asked again in the next round. From a vault to try out none goes."""
    if vault.config.vault_pager == SCREEN:
        return 0
    with vault.store.reading() as session:
        wanted = select(Page).where(Page.sent_at.is_(None), Page.way != SCREEN)
        open_ones = list(session.scalars(wanted.order_by(Page.made_at, Page.id)))
        there = everybody(session) if open_ones else Everybody((), {})
        rows = {row.id: row for row in session.scalars(select(Reader))} if open_ones else {}
        to = {page.id: _to(session, vault, there, rows, page) for page in open_ones}
    done = 0
    for page in open_ones:
        try:
            if not _send(vault, to[page.id], page, at):
                continue
        except NotNowError:  # the others would wait as long for the same server: timers and texts must go on
            log.error("vault-call-not-sent", error="NotNowError")
            break
        with vault.store.writing() as session:
            row = session.get_one(Page, page.id)
            row.sent_at, row.way = at, vault.config.vault_pager
        done += 1
    return done


@dataclass(frozen=True, slots=True)
class _Called:
    email: str
    phone: str
    words: str


def _to(session: Session, vault: Vault, there: Everybody, rows: Mapping[str, Reader], page: Page) -> _Called:
    if page.reader_id != OUTSIDE_CONTACT:
        row = rows[page.reader_id]
        return _Called(row.email, row.phone or "", TEXT)
    can = [", ".join(filter(None, (one.name, one.phone))) for one in who_can_read(session, there, page.case_id)]
    words = TO_OUTSIDE.format(who="; ".join(can)) if can else NOBODY_CAN
    return _Called(vault.policy.safeguarding.outside_email.value, "", words)  # whose telephone may stand on a desk


def _send(vault: Vault, to: _Called, page: Page, at: datetime) -> bool:
    """False: never to this person; it stands on the vault's first page. Raises NotNowError."""
    sending, made_before = vault.config.ways_of_sending(), page.made_at < at
    ways = [("sms", to.phone)] if vault.config.vault_pager == "notify" and to.phone else []
    for channel, address in [*ways, ("email", to.email)]:
        out = Outgoing(page.id, channel, address, SUBJECT, to.words, "en", again=made_before)
        by_smtp = channel == "email" and (vault.config.vault_pager == "smtp" or bool(sending.smtp.host))
        try:
            (smtp if by_smtp else notify).send(out, sending, at)
        except NeverError as error:
            log.error("vault-call-not-sent", error=type(error).__name__)
        else:
            return True
    return False


# --- what the pages and `fieldvisit check` say of it --------------------------------------------------------------


def calls_of(session: Session, reader: Reader, seen: list[Seen]) -> list[Page]:
    """Calls to this reader about what they may see and what still waits, the latest first; also those that never went."""
    waiting = {(one.case.id, f"unopened:{box.id}") for one in seen for box in one.unopened}
    waiting |= {(one.case.id, f"{c.name}:{c.due:%Y%m%dT%H%M%S}") for one in seen for c in one.clocks}
    rows = session.scalars(select(Page).where(Page.reader_id == reader.id).order_by(Page.made_at.desc(), Page.id))
    return [page for page in rows if (page.case_id, page.cause.partition(AGAIN)[0]) in waiting]


def say_calls(calls: Sequence[Page]) -> list[str]:
    """Sentences for the reader's first page. 'Called' is said of what went out, and of nothing else."""
    went = [page for page in calls if page.way != SCREEN and page.sent_at]
    shown, stuck = (
        [page for page in calls if page.way == SCREEN],
        [p for p in calls if p.way != SCREEN and not p.sent_at],
    )
    said = []
    if went:
        said.append(f"You were called {_times(went)} about what waits here, last on {_last(went)}.")
    if stuck:
        said.append(
            f"You should have been called {_times(stuck)}, last on {_last(stuck)}, and no call could be sent. Tell whoever "
            "looks after the server."
        )
    if shown:
        said.append(
            f"Nobody was called: a safe for trying things out calls nobody. In a real one you would have been called "
            f"{_times(shown)} about what waits here, last on {_last(shown)}."
        )
    return said


def _times(pages: Sequence[Page]) -> str:
    return "once" if len(pages) == 1 else f"{len(pages)} times"


def _last(pages: Sequence[Page]) -> str:
    return say_instant(pages[0].made_at)


def nobody_looks(session: Session, at: datetime) -> bool:
    watched = session.get_one(About, 1).watched_at
    return watched is None or at - watched > SILENT
