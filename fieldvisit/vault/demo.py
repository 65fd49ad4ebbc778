"""Readers of a vault that is there to be tried out. Their secrets lie in its `demo` file: a real vault has no such file."""

import json
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
from sqlalchemy import select

from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.ground.roles import Role
from fieldvisit.register.models import Person
from fieldvisit.vault import setup
from fieldvisit.vault.doors import enrol, reader_of
from fieldvisit.vault.naming import Known
from fieldvisit.vault.opening import open_vault
from fieldvisit.vault.rules import Rank
from fieldvisit.vault.store import DEMO, VaultError


def enrolled(config: Config, database: Database, at: datetime) -> list[tuple[str, str, str]]:
    """Name, rank and e-mail of everybody who can come in; nobody, where this vault is not for trying out.

    The first lead by reference is the lead, the others are deputies; an investigator sees what they share.
    """
    if config.vault_is_elsewhere or not setup.is_there(config) or not _file(config).exists():
        return []
    vault, kept = open_vault(config), _kept(config)
    with database.reading(None) as session:
        wanted = select(Person).where(Person.role.in_((Role.SAFEGUARDING_LEAD, Role.INVESTIGATOR)))
        people = list(session.scalars(wanted.order_by(Person.role.desc(), Person.ref.desc())))
    lines = []
    for place, person in enumerate(people):
        rank = Rank.INVESTIGATOR if person.role == Role.INVESTIGATOR else Rank.LEAD if place == 0 else Rank.DEPUTY
        known = Known(person.id, person.ref, person.name, person.email or "", person.phone)
        with vault.store.reading() as inside:
            there = reader_of(inside, person.id) is not None and known.email in kept
        if not there:
            _, uri = enrol(vault, known, rank, at)
            kept[known.email] = parse_qs(urlsplit(uri).query)["secret"][0]
        lines.append((known.name, rank.value, known.email))
    _file(config).write_text(json.dumps(kept))
    vault.store.dispose()
    return lines


def code_of(config: Config, email: str, at: datetime) -> str:
    """What an app would show now. Raises VaultError where this vault is a real one."""
    kept = _kept(config) if _file(config).exists() else {}
    if email not in kept:
        raise VaultError(f"{email} is no reader of a vault to try out. A real reader's codes are on their own phone.")
    return pyotp.TOTP(kept[email]).at(at)


def _file(config: Config) -> Path:
    return config.vault_folder / DEMO


def _kept(config: Config) -> dict[str, str]:
    try:
        return dict(json.loads(_file(config).read_text()))
    except ValueError:
        return {}
