"""What a worker sends, and how it hears what became of it. Each piece is leased, done, and settled in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from fieldvisit.complaints import sending as complaint_letters
from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.failpoints import reach
from fieldvisit.ground.clock import now
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import SENDING
from fieldvisit.jobs import Work, again, finish, still_ours, want
from fieldvisit.messages import adapters
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.outgoing import NeverError, NotNowError, Outgoing
from fieldvisit.messages.rules import ask_again_at, try_again_at
from fieldvisit.messages.texts import fill_link
from fieldvisit.notices.links import link_key, link_of_visit, token_of
from fieldvisit.register import involved
from fieldvisit.visits import notifying, whom


@dataclass(frozen=True, slots=True)
class Shop:
    """What a worker works with. base: the address that tenants' links begin with, without a slash at its end."""

    database: Database
    config: Config
    policy: Policy
    base: str


def done(shop: Shop, work: Work) -> None:
    with shop.database.writing(SENDING) as session:
        if ours := still_ours(session, work):
            finish(ours, now())


# --- sending ------------------------------------------------------------------------------------------------------


def send(shop: Shop, work: Work) -> None:
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
    safe = complaint_letters.still_safe if message.kind == complaint_letters.KIND else notifying.still_safe
    if not safe(session, message, at):
        messages.withdraw(session, message)  # and its visit hears that this told nobody
        messages.receive(session, message, "technical-failure", at, by="provider", at=at)
        finish(ours, at, "unsafe")
        return None
    link = link_of_visit(session, message.visit_id or "")
    secret = shop.config.secret_key()
    address = f"{shop.base}/t/{token_of(link, link_key(secret))}" if link else shop.base
    address = whom.in_their_language(session, address, message)
    return Outgoing(
        reference=message.id,
        channel=message.channel,
        to=message.to,
        subject=fill_link(message.subject, address),
        body=involved.fill_code(fill_link(message.body, address), message.id, involved.key_of_links(secret)),
        language=message.language,
        look=message.look,
        again=work.tries > 1,
        headings=complaint_letters.headings_of(message),
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


def poll(shop: Shop, work: Work) -> None:
    """Asks what became of a message: a callback may be lost. Until something final is heard, or a week is over."""
    with shop.database.reading(SENDING) as session:
        message = session.get(Message, work.subject_id)
    if message is None or message.taken_at is None:
        done(shop, work)
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
