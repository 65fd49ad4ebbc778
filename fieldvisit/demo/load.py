"""Loading the demo council: into an empty database, and, on a later day, that day's round."""

import secrets
from collections.abc import Callable
from datetime import date, datetime, time
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.config import Config, make_private
from fieldvisit.db import Database
from fieldvisit.demo import bulk
from fieldvisit.demo.breaches import play_breaches
from fieldvisit.demo.complaints import play_complaints
from fieldvisit.demo.concerns import play_concerns
from fieldvisit.demo.declarations import play_declarations
from fieldvisit.demo.drive import Stage, device_of
from fieldvisit.demo.entries import play_entries
from fieldvisit.demo.hazards import play_hazards
from fieldvisit.demo.homes import places_of, seed_homes
from fieldvisit.demo.people import (
    PEOPLE,
    Cast,
    cast_of,
    email_of,
    let_standing_slip,
    renew,
    seed_people,
)
from fieldvisit.demo.rounds import PAST, finish_earlier, homes_in_turn, play_last_week, play_today
from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.policy import Policy, load_policy
from fieldvisit.ground.roles import DEMO, Duty, Role
from fieldvisit.ground.verdict import Allowed, Refused, RefusedError, Verdict, insist
from fieldvisit.outbox.envelope import IntakeKey
from fieldvisit.register.models import Area, Firm, Grant, Home, Person
from fieldvisit.register.service import hash_password, principal_by_id

MIDMORNING = time(10, 0)
ROUND_OF = "asha"  # whose phone shows that a day's round was loaded
_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"


class SignInLine(NamedTuple):
    role: str
    name: str
    email: str
    duties: tuple[str, ...] = ()


def is_empty(database: Database) -> bool:
    with database.reading(DEMO) as session:
        return bool(_may_load(session))


def _may_load(session: Session) -> Verdict:
    if any(session.scalars(select(model.id).limit(1)).first() for model in (Person, Area, Firm, Home)):
        return Refused("not-empty", "The database is not empty. The demo goes into an empty one only.")
    return Allowed()


def load(
    database: Database, config: Config, policy: Policy, *, seed: int, today: date, at: datetime, visits: int = 0,
    progress: Callable[[int, int | None], None] | None = None,
) -> list[SignInLine]:  # fmt: skip
    """Everything or nothing, in one transaction; then `visits` finished visits more. Raises RefusedError.

    at: aware UTC, the present; where it lies on another London day than `today`, ten in the morning of `today`.
    """
    with database.writing(DEMO) as session:
        insist(_may_load(session))
        cast = seed_people(session, policy, hash_password(_password(config)), today)
        places = seed_homes(session, cast, seed, today)
        stage = _stage(session, config, policy, cast, seed, today, at)
        past = play_last_week(stage, places)
        play_today(stage, places)
        home = homes_in_turn(stage, places)
        play_hazards(stage, home)
        play_entries(stage, home)
        play_complaints(stage, home)
        play_declarations(stage, home)
        play_breaches(stage)
        let_standing_slip(session, cast, today, stage.at)
        shares = [share for *_, share in PAST]
        originals = [
            bulk.original_of(session, driven.visit, driven.scheduler, share)
            for driven, share in zip(past, shares, strict=True)
        ]
        call_handler = principal_by_id(session, cast.people["hana"], stage.at)
    play_concerns(database, config.secret_key(), call_handler, policy)
    if visits:
        bulk.write_copies(database, originals, places, cast.areas, visits, seed=seed, progress=progress)
    return _lines(policy)


def add_todays_round(
    database: Database, config: Config, policy: Policy, *, seed: int, today: date, at: datetime
) -> bool:
    """The round of a later day, once a day; False where it is there already or this is not the demo council.

    What the demo's own workers left open on earlier days comes to its end first. False too, and nothing is written,
    where the office's rules refuse a visit by now: somebody may have stopped every badge to see what happens.
    """
    try:
        with database.writing(DEMO) as session:
            cast = cast_of(session)
            if cast is None or demo_password(config) is None or _has_round(session, today):
                return False
            renew(session, cast, today)
            stage = _stage(session, config, policy, cast, seed, today, at)
            stage.phone(ROUND_OF, london_instant(today))
            finish_earlier(stage)
            play_today(stage, places_of(session, cast))
    except RefusedError:
        return False
    return True


def _has_round(session: Session, day: date) -> bool:
    return session.scalars(select(Grant.id).where(Grant.device == device_of(ROUND_OF, day))).first() is not None


def _stage(session: Session, config: Config, policy: Policy, cast: Cast, seed: int, today: date, at: datetime) -> Stage:
    moment = at if london_date(at) == today else london_instant(today, MIDMORNING)
    intake = IntakeKey.from_file(config.keys / "intake.jwk")
    return Stage(session, policy, intake, cast, seed, today, moment.replace(microsecond=0))


# --- signing in ---------------------------------------------------------------------------------------------------


def demo_password(config: Config) -> str | None:
    """The one password of everybody in the demo of this home; None where no demo was loaded."""
    path = config.home / "demo-password"
    return path.read_text().strip() if path.exists() else None


def _password(config: Config) -> str:
    if found := demo_password(config):
        return found
    letters = "".join(secrets.choice(_LETTERS) for _ in range(15))
    made = "-".join((letters[:5], letters[5:10], letters[10:]))
    make_private(config.home / "demo-password", f"{made}\n".encode())
    return made


def _lines(policy: Policy) -> list[SignInLine]:
    return [SignInLine(one.role, one.name, email_of(one, policy), one.duties) for one in PEOPLE]


def sign_ins(database: Database, config: Config) -> list[tuple[str, str, str]]:
    """What is printed: the password of all of them first, then role with duties, name, e-mail. Empty: no demo here."""
    password = demo_password(config)
    with database.reading(DEMO) as session:
        if password is None or cast_of(session) is None:
            return []
    lines = _lines(load_policy(config.policy_name))
    said = [(_role(line), line.name, line.email) for line in lines]
    return [("Password of everybody below", password, ""), *said]


def _role(line: SignInLine) -> str:
    duties = ", ".join(Duty(duty).value.replace("_", " ") for duty in line.duties)
    return f"{Role(line.role).label}{f' ({duties})' if duties else ''}"
