"""`fieldvisit worker`: sends what is due, hears what came back, and looks after the clocks. Safe to run several.

Each piece of work is leased, done, and settled in one transaction with what it changes. A worker that dies loses its
lease; whoever takes the work up again asks the provider first whether it has the message already, by our reference.
"""

import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from fieldvisit.badges.models import RecentScan, Scan, TypedTry
from fieldvisit.breaches import case_calls, case_came_back, case_keeps, case_purge, case_readers, danger, drafts
from fieldvisit.breaches import service as concerns
from fieldvisit.codes import training
from fieldvisit.complaints import calling as complaint_calls
from fieldvisit.complaints import chasing as complaints_due
from fieldvisit.complaints import looking as complaint_readers
from fieldvisit.complaints import sending as complaint_letters
from fieldvisit.complaints import service as complaints
from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.declarations import calling as declaration_calls
from fieldvisit.declarations import reviews
from fieldvisit.deployment import worker_is_here
from fieldvisit.doorway import tries
from fieldvisit.evidence.store import store_of
from fieldvisit.failpoints import reach
from fieldvisit.ground.clock import london_date, now
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import BOXES, DECLARING, INTAKE, SENDING, TAKING, WATCHING, SystemPrincipal
from fieldvisit.hazards import calling as hazard_calls
from fieldvisit.hazards import sending as summaries
from fieldvisit.jobs import GAVE_UP, Work, again, finish, still_ours, take, want
from fieldvisit.messages import code_calls, desk_calls
from fieldvisit.messages import service as messages
from fieldvisit.notices.links import LinkTry
from fieldvisit.outbox import pictures, purging
from fieldvisit.outbox.gaps import watch
from fieldvisit.register.needs_warnings import REVIEW, review_due
from fieldvisit.safeguarding import delivery
from fieldvisit.safeguarding import service as boxes
from fieldvisit.safeguarding.models import SealedBox
from fieldvisit.safeguarding.rules import try_again_in
from fieldvisit.safety import calling as watch_calls
from fieldvisit.safety import service as safety
from fieldvisit.visits import lawful_entry_service as lawful_entries
from fieldvisit.visits import notifying
from fieldvisit.worker_sending import Shop, done, poll, send

log = structlog.get_logger()
KEPT = ((Scan, Scan.hour, 30), (RecentScan, RecentScan.at, 1), (TypedTry, TypedTry.at, 1), (LinkTry, LinkTry.at, 1))
IDLE_S = 1.0
AWAY_S = 5.0
BEAT = timedelta(seconds=20)
ROUND = timedelta(minutes=10)  # how often phones that fell silent are looked for
MOST_TRIES = 20  # of work that breaks on our own mistake: then it stands in the log, and `fieldvisit check` names it


def run(database: Database, config: Config, policy: Policy, *, once: bool, stop: threading.Event | None = None) -> int:
    """Until stopped; with `once`, until nothing is due. How many pieces of work were done."""
    shop, stop = Shop(database, config, policy, config.links_base), stop or threading.Event()
    done, beat = 0, None
    while not stop.is_set() and not _alone(config.beside):
        at = now()
        try:
            if beat is None or at - beat >= BEAT:
                beat = _beat(shop, at)
                _call_about_alarms(shop, at)
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
        want(session, complaints_due.WORK, "all", due=at, dedupe=f"{complaints_due.WORK}:{london_date(at)}")
        want(session, hazard_calls.WORK, "all", due=at, dedupe=f"{hazard_calls.WORK}:{london_date(at)}")
        want(session, purging.WORK, "all", due=at, dedupe=f"{purging.WORK}:{london_date(at)}:")
        want(session, reviews.WORK, "all", due=at, dedupe=f"{reviews.WORK}:{london_date(at)}")
        want(session, "pictures", "all", due=at, dedupe=f"pictures:{stretch}")
        if morning := case_calls.in_the_morning(london_date(at), shop.policy):
            want(session, case_calls.WORK, "all", due=morning, dedupe=f"{case_calls.WORK}:{london_date(at)}")
    return at


def _call_about_alarms(shop: Shop, at: datetime) -> None:
    """A worker's alarm, danger at the phone line and an emergency hazard, before all else in a round; what breaks in one of
    them must not stop the others, the clocks and the post."""
    for name, call in (
        ("watch", watch_calls.call), ("line", danger.call_again), ("hazard", hazard_calls.call_at_once),
    ):  # fmt: skip
        try:
            call(shop.database, at, shop.policy, shop.config.sending.ways_out)
        except OperationalError:
            raise
        except Exception as error:
            log.error(f"{name}-calls-broke", exc_info=error)


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
        log.error("work-broke", kind=work.kind, tries=work.tries, exc_info=error)
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
    complaint_letters.hear(session, work.subject_id, at, shop.policy)
    desk_calls.hear(session, work.subject_id, at, shop.policy, shop.config.sending.ways_out)


def _hear_of_all(shop: Shop, work: Work) -> None:
    """A letter of a case in a transaction of its own: whoever sends sees no case. Heard twice is one step."""
    case_came_back.hear(shop.database, work.subject_id, now())
    _in_its_transaction(_hear)(shop, work)


def _complaint(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    complaints.follow(session, work.subject_id, at, shop.policy)


def _complaints_due(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    complaints_due.chase(session, at, shop.policy)


def _days_anew(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    hazard_calls.count_anew(session, shop.policy)
    lawful_entries.fold_anew(session, shop.policy)


def _remind(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    notifying.remind(session, work.subject_id, work.dedupe, at, shop.policy)


def _tell(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    notifying.tell_of_entry(session, work.subject_id, at, shop.policy)


def _review(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    review_due(session, work.subject_id, at)


def _declarations(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    reviews.daily(session, at)


def _box(shop: Shop, work: Work) -> None:
    """Hands a sealed report to the vault, and keeps what it signed. While it is away, the report waits (F44)."""
    with shop.database.reading(BOXES) as session:
        row = session.get(SealedBox, work.subject_id)
    if row is None or row.jwe is None:
        done(shop, work)
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
        tries.sweep(session, now())
    case_readers.settle(shop.database, now(), shop.policy, but_anonymous=True)
    case_calls.call_for_words(shop.database, now(), shop.policy)
    _hazard_clocks(shop, now())
    done(shop, work)


def _hazard_clocks(shop: Shop, at: datetime) -> None:
    """Those of hours at any hour; those of days, which may have begun today, once the morning's own round has been."""
    morning = case_calls.in_the_morning(london_date(at), shop.policy)
    at_desk = morning is not None and at >= morning + ROUND
    hazard_calls.call(shop.database, at, shop.policy, set(), shop.config.sending.ways_out, at_desk=at_desk)


def _desk_calls(shop: Shop, work: Work) -> None:
    """Twice is once for each who is called, of each clock: a worker that dies half way leaves the rest to the next."""
    told = set[str]()
    case_calls.call(shop.database, now(), shop.policy, told)
    complaint_calls.call(shop.database, now(), shop.policy, told)
    hazard_calls.call(shop.database, now(), shop.policy, told, shop.config.sending.ways_out)
    declaration_calls.call(shop.database, now(), shop.policy, told)
    code_calls.call(shop.database, now(), shop.policy, shop.config.sending.ways_out)
    done(shop, work)


def _watch(shop: Shop, work: Work) -> None:
    """D10: the server's own timer. It runs whatever became of the phone."""
    at = now()
    with shop.database.writing(WATCHING) as session:
        if ours := still_ours(session, work):
            safety.tick(session, work.subject_id, at, shop.policy)
            finish(ours, at)


def _tidy(session: Session, shop: Shop, work: Work, at: datetime) -> None:
    """Once a day: what is kept for so long and no longer (security.md 5.3), but for checks of a badge that a case of conduct
    rests on. Work that was done is of no use either."""
    held = case_keeps.scans(shop.database, at)
    for model, column, days in KEPT:
        gone = delete(model).where(column < at - timedelta(days=days))
        session.execute(gone.where(Scan.id.not_in(held)) if model is Scan else gone)
    session.execute(delete(Work).where(Work.done_at < at - timedelta(days=30)))
    training.day(session, at, shop.policy)


def _tidy_up(shop: Shop, work: Work) -> None:
    with shop.database.writing(BOXES) as session:
        boxes.forget_receipts(session, now())
    with shop.database.writing(TAKING) as session:
        drafts.sweep(session, now())
        concerns.forget_networks(session, now())
    case_readers.settle(shop.database, now(), shop.policy)
    case_purge.redact(shop.database, now(), shop.policy)
    case_readers.look_again(shop.database, now(), shop.policy)
    complaint_readers.look_again(shop.database, now(), shop.policy)
    _in_its_transaction(_tidy)(shop, work)


def _purge(shop: Shop, work: Work) -> None:
    """Once a day: photos and signatures whose day has come. A few at a time; the next few are work of their own, so that
    a message is never kept waiting."""
    at, day = now(), work.dedupe.split(":")[1]
    after = "" if work.subject_id == "all" else work.subject_id
    done = purging.purge_some(shop.database, shop.config.attachments, store_of(shop.config), shop.policy, at, after)
    if done.deleted:
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
        done(shop, work)

    return handle


HANDLERS: Mapping[str, Callable[[Shop, Work], None]] = {
    "send": send,
    "poll": poll,
    "hear": _hear_of_all,
    "remind": _in_its_transaction(_remind),
    "tell": _in_its_transaction(_tell),
    REVIEW: _in_its_transaction(_review),
    complaints.WORK: _in_its_transaction(_complaint),
    complaints_due.WORK: _in_its_transaction(_complaints_due),
    hazard_calls.WORK: _in_its_transaction(_days_anew),
    "phones": _phones,
    case_calls.WORK: _desk_calls,
    safety.TICK: _watch,
    "tidy": _tidy_up,
    reviews.WORK: _in_its_transaction(_declarations, DECLARING),
    purging.WORK: _purge,
    boxes.WORK: _box,
    pictures.WORK: _with_pictures(lambda room, work, at: pictures.make_ready(room, work.subject_id, at, work.tries)),
    pictures.FORGET: _with_pictures(lambda room, work, at: pictures.forget_sealed(room, work.subject_id, at)),
    "pictures": _in_its_transaction(lambda session, shop, work, at: pictures.wish_all(session, at), INTAKE),
}
SLOW = (pictures.WORK, pictures.FORGET, purging.WORK)  # nobody at a door waits for these
QUICK = tuple(kind for kind in HANDLERS if kind not in SLOW)
