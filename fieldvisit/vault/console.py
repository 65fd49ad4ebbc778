"""What `fieldvisit vault ...` does, at the vault's own console. No page does any of this."""

import argparse
import secrets
import sys
import time
from datetime import datetime
from importlib import import_module
from typing import Any

from sqlalchemy import select

from fieldvisit.config import Config, load_config, make_private
from fieldvisit.ground.clock import now
from fieldvisit.ground.roles import Role
from fieldvisit.vault import copies, setup
from fieldvisit.vault import watch as watching
from fieldvisit.vault.doors import end, enrol, reader_of
from fieldvisit.vault.naming import Known
from fieldvisit.vault.opening import open_vault
from fieldvisit.vault.record import note
from fieldvisit.vault.rules import Rank
from fieldvisit.vault.store import Vault, VaultError


def init(told: argparse.Namespace) -> None:
    config = load_config()
    if told.public:
        print(f"{setup.write_public(config)} is written. Copy it to the web server's keys folder.")
        return
    if told.if_missing and (setup.is_there(config) or config.vault_is_elsewhere):
        return
    setup.make(config, demo=told.demo)
    if not (config.keys / "session.key").exists():  # a home of its own: it signs its own cookies
        make_private(config.keys / "session.key", secrets.token_bytes(32))
    print(f"{config.vault_folder} is ready. {config.vault_public_key} is what the web server and phones seal to.")
    if told.demo:
        print("It is for trying things out: its periods and its contact outside are invented.")


def reader(told: argparse.Namespace) -> int:
    config, at = load_config(), now()
    vault = open_vault(config)
    person = _person(config, told.email)
    if person is None:
        raise VaultError(f"Nobody here has the e-mail address {told.email}.")
    known, role = person
    if told.end:
        return _end(vault, known, at)
    if told.rank is None:
        raise VaultError("Say what they are: --rank lead, deputy, director, outside or investigator.")
    wanted = Role.INVESTIGATOR if told.rank == Rank.INVESTIGATOR else Role.SAFEGUARDING_LEAD
    if role != wanted:
        raise VaultError(f"{told.email} signs in as {role}; a reader of this rank signs in as {wanted.value}.")
    _, uri = enrol(vault, known, Rank(told.rank), at)
    print(f"{known.name} is enrolled. Show this to their own phone now; it is not shown again.\n")
    show_qr(uri)
    print(f"\n{uri}")
    return 0


def _end(vault: Vault, known: Known, at: datetime) -> int:
    with vault.store.writing() as session:
        reader = reader_of(session, known.person_id)
        if reader is None:
            raise VaultError(f"{known.name} is not enrolled.")
        end(session, reader, at)
        note(session, vault, reader, "ended", "", at)
    print(f"{known.name} can read nothing here any more.")
    return 0


def _person(config: Config, email: str) -> tuple[Known, str] | None:
    """From the main database, which knows who signs in: this and the sign-in are all that the vault asks of it."""
    from fieldvisit.db import Database
    from fieldvisit.register.models import Person

    database = Database(config.url)
    with database.reading(None) as session:
        row = session.scalars(select(Person).where(Person.email == email.strip().lower())).first()
    database.dispose()
    return (Known(row.id, row.ref, row.name, row.email or "", row.phone), row.role) if row else None


def show_qr(text: str, out: Any = None) -> None:
    """Two rows of modules in one line of a terminal, dark on light whatever its colours are."""
    code: Any = import_module("qrcode").QRCode(border=2)
    code.add_data(text)
    code.print_ascii(out=out or sys.stdout, invert=True)


def code(told: argparse.Namespace) -> None:
    from fieldvisit.vault.demo import code_of

    print(code_of(load_config(), told.email.strip().lower(), now()))


def watch(told: argparse.Namespace) -> int:
    vault = open_vault(load_config())
    while True:
        called = watching.watch(vault, now())
        if called:
            print(f"{called} called.", flush=True)
        if told.once:
            return 0
        time.sleep(watching.EVERY_S)


def serve(told: argparse.Namespace) -> None:
    from fieldvisit.serving import serve

    config = load_config()
    serve(config, ("vault",), told.port or config.port)


def backup(told: argparse.Namespace) -> None:
    made = copies.backup(load_config(), told.folder, now())
    print(f"{made.folder} holds {made.boxes} sealed reports, read back and checked. It opens nothing by itself.")
    print(f"{made.keys} holds the vault's keys: keep it apart from the copy, where two people must agree to fetch it.")


def restore(told: argparse.Namespace) -> None:
    config = load_config()
    copies.restore(config, told.folder, told.keys or copies.keys_beside(told.folder))
    print(f"{config.vault_folder} is as it was in the backup. Run: fieldvisit check")
