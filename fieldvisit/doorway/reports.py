"""One report of the public form: taken, or turned to the phone line where too many came from one network (T40)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.breaches import rules, service
from fieldvisit.doorway import tries
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal
from fieldvisit.notices.links import LinkTry


def take(
    session: Session, told: rules.Told, *, form_key: str, net: str, counted: str, by: Principal, policy: Policy, key: bytes
) -> service.Taken | None:  # fmt: skip
    """None: whoever sends it is asked to ring. What was taken already is told so again. session: asks as TAKING.

    net, counted: digests of the asker's network, to link by and to count by. key: of receipts.
    """
    before = service.is_told(session, told, form_key)
    if not before and not rules.may_report(recent(session, counted, by.at), by.at):
        return None
    taken = service.take(session, told, form_key=form_key, by=by, policy=policy, key=key, net=net)
    if not before:
        tries.count_hour(session, counted, by.at)
    return taken


def recent(session: Session, counted: str, at: datetime) -> list[datetime]:
    found = select(LinkTry.at).where(LinkTry.key == counted, LinkTry.at > at - rules.HOUR)
    return list(session.scalars(found.limit(10 * rules.WRONG_RECEIPTS)))
