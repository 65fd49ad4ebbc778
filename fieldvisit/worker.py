"""`fieldvisit worker`: sends what is due, hears what came back, and looks after the clocks. Safe to run several.

Each piece of work is leased, done, and settled in one transaction with what it changes. A worker that dies loses its
lease; whoever takes the work up again asks the provider first whether it has the message already, by our reference.
"""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from fieldvisit.badges.models import RecentScan, Scan, TypedTry
from fieldvisit.codes import training
from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.deployment import worker_is_here
from fieldvisit.evidence.store import store_of
from fieldvisit.failpoints import reach
from fieldvisit.ground.clock import london_date, now
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import BOXES, INTAKE, SENDING, WATCHING, SystemPrincipal
from fieldvisit.hazards import sending as summaries
from fieldvisit.jobs import GAVE_UP, Work, again, finish, still_ours, take, want
from fieldvisit.messages import adapters
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.outgoing import NeverError, NotNowError, Outgoing
from fieldvisit.messages.rules import ask_again_at, try_again_at
from fieldvisit.messages.texts import fill_link
from fieldvisit.notices.links import LinkTry, link_key, link_of_visit, token_of
from fieldvisit.outbox import pictures, purging
from fieldvisit.outbox.gaps import watch
from fieldvisit.register.needs_warnings import REVIEW, review_due
from fieldvisit.safeguarding import delivery
from fieldvisit.safeguarding import service as boxes
from fieldvisit.safeguarding.models import SealedBox
from fieldvisit.safeguarding.rules import try_again_in
from fieldvisit.safety import service as safety
from fieldvisit.visits import notifying

log = structlog.get_logger()
KEPT = ((Scan, Scan.hour, 30), (RecentScan, RecentScan.at, 1), (TypedTry, TypedTry.at, 1), (LinkTry, LinkTry.at, 1))
IDLE_S = 1.0
AWAY_S = 5.0
BEAT = timedelta(seconds=20)
ROUND = timedelta(minutes=10)  # how often phones that fell silent are looked for
MOST_TRIES = 20  # of work that breaks on our own mistake: then it stands in the log, and `fieldvisit check` names it


@dataclass(frozen=True, slots=True)
class Shop:
    """What a worker works with. base: the address that tenants' links begin with, without a slash at its end."""

    database: Database
    config: Config
    policy: Policy
    base: str


def run(database: Database, config: Config, policy: Policy, *, once: bool, stop: threading.Event | None = None) -> int:
    """Until stopped; with `once`, until nothing is due. How many pieces of work were done."""
    shop, stop = Shop(database, config, policy, config.links_base), stop or threading.Event()
    done, beat = 0, None
    while not stop.is_set() and not _alone(config.beside):
        at = now()
        try:
            if beat is None or at - beat >= BEAT:
                beat = _beat(shop, at)
                _look_into_the_vault(shop, at)
            busy = _one(shop, at)
        except OperationalError as error:  # the database is away, or full: it comes back, and leases run out
            if once:
                raise
            log.error("worker-waits", error=type(error).__name__)
            stop.wait(AWAY_S)
            continue
        if busy:
            done += 1
        elif once:
            break
        else:
            stop.wait(IDLE_S)
    return done


def _alone(beside: int | None) -> bool:
    """Started beside a server that is no more: it would send on from a folder that nobody looks after."""
    return beside is not None and beside != os.getppid()


def _beat(shop: Shop, at: datetime) -> datetime:
    """The heartbeat, and the rounds that begin anew every so often: one wish for each stretch, whoever wishes it."""
    stretch = int(at.timestamp() // ROUND.total_seconds())
    with shop.database.writing(SENDING) as session:
        worker_is_here(session, at)
        want(session, "phones", "all", due=at, dedupe=f"phones:{stretch}")
        want(session, "tidy", "all", due=at, dedupe=f"tidy:{london_date(at)}")
        want(session, purging.WORK, "all", due=at, dedupe=f"{purging.WORK}:{london_date(at)}:")
        want(session, "pictures", "all", due=at, dedupe=f"pictures:{stretch}")
    return at


def _look_into_the_vault(shop: Shop, at: datetime) -> None:
    """Calls whoever must see what waits there, where the vault is in this home. It leaves nothing in our own database."""
    if shop.config.vault_is_elsewhere or not shop.config.vault_public_key.exists():
        return
    from fieldvisit.vault.watch import watch_here

    watch_here(shop.config, shop.policy, at)


def _one(shop: Shop, at: datetime) -> bool:
    with shop.database.writing(SENDING) as session:
        work = take(session, at, QUICK) or take(session, at, SLOW)
        if work is None:
            return False
        session.expunge(work)
    reach("work_taken")
    try:
        HANDLERS[work.kind](shop, work)
    except Exception as error:  # our own mistake: said loudly, tried again later, and the others go on
        log.error("work-broke", kind=work.kind, error=type(error).__name__, tries=work.tries)
        _put_back(shop, work, type(error).__name__)
    return True


FOR_EVER = (boxes.WORK, safety.TICK, pictures.WORK, pictures.FORGET)  # a report, a worker alone, a picture


def _put_back(shop: Shop, work: Work, trouble: str) -> None:
    at = now()
    with shop.database.writing(SENDING) as session:
        ours = still_ours(session, work)
        if ours and work.tries >= MOST_TRIES and work.kind not in FOR_EVER:
            finish(ours, at, f"{GAVE_UP}{trouble}")
            if work.kind == "send" and (message := messages.lock(session, work.subject_id)):
                messages.receive(session, message, "technical-failure", at, by="provider", at=at)  # a person must know
        elif ours:
            again(ours, at + timedelta(minutes=min(work.tries, 30)), trouble)


# --- sending ------------------------------------------------------------------------------------------------------


def _send(shop: Shop, work: Work) -> None:
    with shop.database.writing(SENDING) as session:
        outgoing = _ready(session, shop, work)
    if outgoing is None:
        return
    reach("before_provider")
    try:
        taken = adapters.send(outgoing, shop.config.sending, now())
    except NotNowError as error:
        _not_now(shop, work, str(error))
        return
    except NeverError as error:
        _settle(shop, work, error.status, now(), "")
        return
    reach("after_provider")
    _settle(shop, work, "taken", taken.at, taken.provider_id)


def _ready(session: Session, shop: Shop, work: Work) -> Outgoing | None:
    """The message as it goes out, its link put in; None, and the work is done, where it should go out no more."""
    ours, message, at = still_ours(session, work), messages.lock(session, work.subject_id), now()
    if ours is None:
        return None
    if message is None or message.state != messages.WAITING:
        finish(ours, at)
        return None
    if not notifying.still_true(session, message, at, shop.policy):
        messages.withdraw(session, message)
        if notifying.nobody_is_told(session, message, shop.policy):
            messages.receive(session, message, "technical-failure", at, by="provider", at=at)
        finish(ours, at)
        return None
    if not notifying.still_safe(session, message, at):
        messages.withdraw(session, message)  # and its visit hears that this told nobody
        messages.receive(session, message, "technical-failure", at, by="provider", at=at)
        finish(ours, at, "unsafe")
        return None
    link = link_of_visit(session, message.visit_id or "")
    address = f"{shop.base}/t/{token_of(link, link_key(shop.config.secret_key()))}" if link else shop.base
    return Outgoing(
        reference=message.id,
        channel=message.channel,
        to=message.to,
        subject=fill_link(message.subject, address),
        body=fill_link(message.body, address),
        language=message.language,
        look=message.look,
        again=work.tries > 1,
    )


def _settle(shop: Shop, work: Work, status: str, happened: datetime, provider_id: str) -> None:
    """What the provider said, and that the work is done: together, or it is asked again."""
    at = now()
    with shop.database.writing(SENDING) as session:
        ours, message = still_ours(session, work), messages.lock(session, work.subject_id)
        if ours is None or message is None:
            return  # another worker had the lease by then, and settles it
        message.provider = shop.config.sending.provider_of(message.channel)
        message.provider_id = provider_id or None
        messages.receive(session, message, status, happened, by="provider", at=at)
        finish(ours, at)
        if status == "taken" and (due := ask_again_at(at, at)):
            want(session, "poll", message.id, due=due)
        reach("before_settled")
    reach("after_settled")


def _not_now(shop: Shop, work: Work, why: str) -> None:
    at = now()
    with shop.database.writing(SENDING) as session:
        ours, message = still_ours(session, work), messages.lock(session, work.subject_id)
        if ours is None or message is None:
            return
        due = try_again_at(message.written_at, work.tries, at)
        if due is None:
            messages.receive(session, message, "technical-failure", at, by="provider", at=at)
            finish(ours, at, why)
        else:
            again(ours, due, why)


# --- hearing ------------------------------------------------------------------------------------------------------


def _poll(shop: Shop, work: Work) -> None:
    """Asks what became of a message: a callback may be lost. Until something final is heard, or a week is over."""
    with shop.database.reading(SENDING) as session:
        message = session.get(Message, work.subject_id)
    if message is None or message.taken_at is None:
        _done(shop, work)
        return
    try:
        heard = adapters.ask(message.id, message.provider_id or "", message.channel, shop.config.sending)
    except NotNowError:
        heard = []
    at = now()
    with shop.database.writing(SENDING) as session:
        ours, kept = still_ours(session, work), messages.lock(session, message.id)
        if ours is None or kept is None:
            return
        for one in heard:
            messages.receive(session, kept, one.status, one.at, by="poll", at=at)
        due = ask_again_at(message.taken_at, at)
        if due and messages.standing_of(session, kept).delivery == "pending":
            again(ours, due, "")
        else:
            finish(ours, at)


def _in_its_transaction(
    does: Callable[[Session, Shop, Work, datetime], object], asking: SystemPrincipal = SENDING
) -> Callable[[Shop, Work], None]:
    def handle(shop: Shop, work: Work) -> None:
        at = now()
        with shop.database.writing(asking) as session:
            ours = still_ours(session, work)
            if ours is not None:
                does(session, shop, work, at)
                finish(ours, at)
                reach("before_settled")

    return handle


def _hear(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    notifying.hear(session, work.subject_id, at, shop.policy)
    summaries.hear(session, work.subject_id, at, shop.policy)


def _remind(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    notifying.remind(session, work.subject_id, work.dedupe, at, shop.policy)


def _tell(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    notifying.tell_of_entry(session, work.subject_id, at, shop.policy)


def _review(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    review_due(session, work.subject_id, at)


def _done(shop: Shop, work: Work) -> None:
    with shop.database.writing(SENDING) as session:
        if ours := still_ours(session, work):
            finish(ours, now())


def _box(shop: Shop, work: Work) -> None:
    """Hands a sealed report to the vault, and keeps what it signed. While it is away, the report waits (F44)."""
    with shop.database.reading(BOXES) as session:
        row = session.get(SealedBox, work.subject_id)
    if row is None or row.jwe is None:
        _done(shop, work)
        return
    receipt, why = None, ""
    try:
        receipt = delivery.hand_over(shop.config, shop.policy, row.jwe, row.received_at)
    except delivery.VaultAwayError as error:
        why = str(error)
    reach("after_vault")
    at = now()
    with shop.database.writing(BOXES) as session:
        ours = still_ours(session, work)
        if ours is None:
            return
        if receipt is None:
            again(ours, at + try_again_in(work.tries), why)
        else:
            boxes.signed_for(session, row.id, receipt, at)
            finish(ours, at)


# --- clocks -------------------------------------------------------------------------------------------------------


def _phones(shop: Shop, work: Work) -> None:
    with shop.database.writing(INTAKE) as session:
        watch(session, now(), shop.policy)
    _done(shop, work)


def _watch(shop: Shop, work: Work) -> None:
    """D10: the server's own timer. It runs whatever became of the phone."""
    at = now()
    with shop.database.writing(WATCHING) as session:
        if ours := still_ours(session, work):
            safety.tick(session, work.subject_id, at, shop.policy)
            finish(ours, at)


def _tidy(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    """Once a day: what is kept for so long and no longer (security.md 5.3). Work that was done is of no use either."""
    for model, column, days in KEPT:
        session.execute(delete(model).where(column < at - timedelta(days=days)))
    session.execute(delete(Work).where(Work.done_at < at - timedelta(days=30)))
    training.day(session, at, shop.policy)


def _tidy_up(shop: Shop, work: Work) -> None:
    with shop.database.writing(BOXES) as session:
        boxes.forget_receipts(session, now())
    _in_its_transaction(_tidy)(shop, work)


def _purge(shop: Shop, work: Work) -> None:
    """Once a day: photos and signatures whose day has come. A few at a time; the next few are work of their own, so that
    a message is never kept waiting."""
    at, day = now(), work.dedupe.split(":")[1]
    after = "" if work.subject_id == "all" else work.subject_id
    done = purging.purge_some(shop.database, shop.config.attachments, store_of(shop.config), shop.policy, at, after)
    log.info("photos-deleted", count=done.deleted)
    with shop.database.writing(SENDING) as session:
        if ours := still_ours(session, work):
            finish(ours, now())
            if done.after:
                want(session, purging.WORK, done.after, due=at, dedupe=f"{purging.WORK}:{day}:{done.after}")


def _with_pictures(does: Callable[[pictures.Room, Work, datetime], object]) -> Callable[[Shop, Work], None]:
    """Where the store is away, or a child ended without an answer, it raises, and is put back like all that breaks."""

    def handle(shop: Shop, work: Work) -> None:
        does(pictures.room_of(shop.config, shop.database), work, now())
        _done(shop, work)

    return handle


HANDLERS: Mapping[str, Callable[[Shop, Work], None]] = {
    "send": _send,
    "poll": _poll,
    "hear": _in_its_transaction(_hear),
    "remind": _in_its_transaction(_remind),
    "tell": _in_its_transaction(_tell),
    REVIEW: _in_its_transaction(_review),
    "phones": _phones,
    safety.TICK: _watch,
    "tidy": _tidy_up,
    purging.WORK: _purge,
    boxes.WORK: _box,
    pictures.WORK: _with_pictures(lambda room, work, at: pictures.make_ready(room, work.subject_id, at, work.tries)),
    pictures.FORGET: _with_pictures(lambda room, work, at: pictures.forget_sealed(room, work.subject_id, at)),
    "pictures": _in_its_transaction(lambda session, shop, work, at: pictures.wish_all(session, at), INTAKE),
}
SLOW = (pictures.WORK, pictures.FORGET, purging.WORK)  # nobody at a door waits for these
QUICK = tuple(kind for kind in HANDLERS if kind not in SLOW)
