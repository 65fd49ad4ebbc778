"""A badge that is shown where it should not be: a dated task for the desk, after the answer has gone. It changes none.

Of the asker's network only a digest is kept, for an hour, under a key that is another one each day.
"""

import contextlib
import hmac
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.badges.models import RecentScan
from fieldvisit.doorway.rules import ABOUT_NOW, AT_ONCE, is_in_two_places, is_out_of_place
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits.models import Visit, VisitWorker
from fieldvisit.visits.state import Stage

KEPT = timedelta(hours=1)
MOST = 200  # scans of one badge in five minutes; more would tell nothing new


def network(address: str, secret: bytes, at: datetime) -> str:
    """The /24 or the /64 of that address, as 16 characters that lead back to nobody. Empty: no address was given."""
    try:
        asked_from = ip_address(address)
    except ValueError:
        return ""
    around = ip_network(f"{asked_from}/{24 if asked_from.version == 4 else 64}", strict=False)
    days_key = hmac.digest(secret, f"scans {london_date(at)}".encode(), "sha256")
    return hmac.digest(days_key, str(around).encode(), "sha256").hex()[:16]


def look_at(session: Session, badge_id: str, person_id: str, net: str, at: datetime, policy: Policy) -> None:
    """Keeps this scan of a good, fresh code for an hour, and raises the alert where something is wrong with it."""
    session.execute(delete(RecentScan).where(RecentScan.at < at - KEPT))
    if net:
        session.add(RecentScan(badge_id=badge_id, net=net, at=at))
        session.flush()
    if is_out_of_place(_windows(session, person_id, at), at) or is_in_two_places(_recent(session, badge_id, at), at):
        _alert(session, badge_id, at, policy)


def _windows(session: Session, person_id: str, at: datetime) -> list[tuple[datetime, datetime]]:
    sent = exists(
        select(VisitWorker.id).where(
            VisitWorker.visit_id == Visit.id, VisitWorker.person_id == person_id, VisitWorker.ends.is_(None)
        )
    )
    open_now = select(Visit.window_start, Visit.window_end).where(
        Visit.window_start <= at + ABOUT_NOW, Visit.window_end >= at - ABOUT_NOW, Visit.stage != Stage.CANCELLED, sent
    )
    return [(start, end) for start, end in session.execute(open_now)]


def _recent(session: Session, badge_id: str, at: datetime) -> list[tuple[str, datetime]]:
    recent = select(RecentScan.net, RecentScan.at).where(RecentScan.badge_id == badge_id, RecentScan.at >= at - AT_ONCE)
    return [(net, then) for net, then in session.execute(recent.limit(MOST))]


def _alert(session: Session, badge_id: str, at: datetime, policy: Policy) -> None:
    """Once a badge an hour: its cause says which hour."""
    cause = f"scan_alert:{badge_id}:{at:%Y%m%d%H}"
    if session.scalars(select(Task.id).where(Task.cause == cause)).first():
        return
    due = end_of_london_day(policy.working_days.after(london_date(at), policy.task.scan_alert_wd.value))
    with contextlib.suppress(IntegrityError), session.begin_nested():  # another scan of this instant was first
        raise_task(session, "scan_alert", cause=cause, about="badge", about_id=badge_id, area_id=None, at=at, due=due)
        session.flush()
